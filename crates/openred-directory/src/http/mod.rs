//! All routes of a directory, and what each handler is given.
//!
//! Must not know: rules. A handler reads, checks the caller, makes one or two calls, answers.

mod body;
mod descriptor;
mod discover;
mod front;
mod health;
mod metrics;
mod oauth;
mod openapi;
mod poll;
mod register;
mod request;
mod signed;
mod v1;
mod well_known;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware;
use axum::routing::get;
use openred_service::description::complete;
use openred_service::identity::Own;
use openred_service::problem::EdgeExt as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::TokenMode;
use crate::counters::Counters;
use crate::gate::{self, Gate};
use crate::grants::Grants;
use crate::nodes::Nodes;
use crate::oauth::Guard;
use crate::routes::Courier;

/// Members of problems beside the standard ones.
const FURTHER: &[(&str, &str)] = &[
    ("descriptor", "With `stale`: the newer signed descriptor that is held, base64url."),
    ("reason", "With `refused` of a route: `sessions_only`."),
    ("target_code", "With `upstream`: the code that the target gave."),
];

/// The handles that handlers may ask for; each names those it uses.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) own: Arc<Own>,
    pub(crate) nodes: Arc<Nodes>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) courier: Arc<Courier>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) mode: TokenMode,
}

/// Every URL of a directory.
pub(crate) fn router(parts: Parts) -> Router {
    let gate = Arc::clone(&parts.gate);
    let (router, description) = described().split_for_parts();
    router
        .merge(openapi::router(complete(description, FURTHER)))
        .route("/", get(front::front))
        .problem_edge()
        .layer(middleware::from_fn_with_state(gate, gate::by_prefix))
        .with_state(parts)
}

/// The described part: what nodes and people who run directories call.
fn described() -> OpenApiRouter<Parts> {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(register::register))
        .routes(routes!(discover::discover))
        .routes(routes!(descriptor::node_descriptor))
        .routes(routes!(request::request_connection))
        .routes(routes!(poll::poll))
        .routes(routes!(oauth::token::token))
        .routes(routes!(oauth::jwks::jwks))
        .routes(routes!(oauth::metadata::metadata))
        .routes(routes!(v1::register::register))
        .routes(routes!(v1::discover::discover))
        .routes(routes!(v1::status::status))
        .routes(routes!(v1::route::route))
        .routes(routes!(health::health))
        .routes(routes!(well_known::well_known))
        .routes(routes!(descriptor::own_descriptor))
        .routes(routes!(metrics::metrics))
}

/// The description of the API, as it is served.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    complete(described().split_for_parts().1, FURTHER)
}

macro_rules! part {
    ($part:ident, $of:ty) => {
        impl FromRef<Parts> for $of {
            fn from_ref(parts: &Parts) -> Self {
                parts.$part.clone()
            }
        }
    };
}

part!(own, Arc<Own>);
part!(nodes, Arc<Nodes>);
part!(grants, Arc<Grants>);
part!(gate, Arc<Gate>);
part!(guard, Arc<Guard>);
part!(courier, Arc<Courier>);
part!(counters, Arc<Counters>);
part!(mode, TokenMode);
