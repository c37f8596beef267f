//! All routes of a relay, and what each handler is given.
//!
//! Must not know: rules. A handler reads, checks the caller, makes one or two calls, answers.

mod body;
mod caller;
mod deposit;
mod discover;
mod openapi;
mod queues;
mod quic;
mod register;
mod service;
mod stream;

pub(crate) use deposit::status;
pub(crate) use register::seen;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use openred_service::description::complete;
use openred_service::identity::Own;
use openred_service::lifecycle::Lifecycle;
use openred_service::problem::EdgeExt as _;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bounds::{MAX_BATCH_BODY, MAX_DESCRIPTOR_BODY, MAX_RELAY_BODY, MAX_SMALL_BODY};
use crate::counters::Counters;
use crate::gate::Gate;
use crate::instances::Instances;
use crate::intake::Intake;
use crate::keys::Keys;
use crate::presence::Presence;
use crate::quic::QuicRelay;
use crate::store::MailboxStore;

/// Members of problems beside the standard ones: none.
const FURTHER: &[(&str, &str)] = &[];

/// Everything that handlers and streams work with.
pub(crate) struct Parts {
    pub(crate) own: Arc<Own>,
    pub(crate) store: Arc<dyn MailboxStore>,
    pub(crate) instances: Arc<dyn Instances>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) intake: Intake,
    pub(crate) presence: Arc<Presence>,
    /// Mail lies in a database that other processes may share.
    pub(crate) shared_store: bool,
    /// Parent of the streams.
    pub(crate) lifecycle: Lifecycle,
    /// Places for streams.
    pub(crate) streams: Arc<Semaphore>,
    /// QUIC, where this relay carries it.
    pub(crate) quic: Option<Arc<QuicRelay>>,
    /// Places for fetches that wait.
    pub(crate) waiting: Semaphore,
}

/// Every URL of a relay.
pub(crate) fn router(parts: Parts) -> Router {
    let parts = Arc::new(parts);
    let (router, description) = described().split_for_parts();
    router
        .merge(openapi::router(complete(description, FURTHER)))
        .route("/", get(service::front))
        .route("/health", get(service::health))
        // As iroh's relay protocol names them.
        .route("/relay", get(quic::connect))
        .route("/ping", get(quic::ping))
        .problem_edge()
        .layer(middleware::from_fn_with_state(Arc::clone(&parts), caller::counted))
        .with_state(parts)
}

/// The described part: what nodes and people who run relays call.
fn described() -> OpenApiRouter<Arc<Parts>> {
    let limited = |bytes| DefaultBodyLimit::max(bytes);
    let small = OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(register::register))
        .routes(routes!(discover::discover))
        .routes(routes!(queues::fetch, queues::delete))
        .routes(routes!(queues::ack))
        .routes(routes!(queues::revoke))
        .layer(limited(MAX_SMALL_BODY));
    let relay = OpenApiRouter::new().routes(routes!(deposit::relay)).layer(limited(MAX_RELAY_BODY));
    let descriptor = OpenApiRouter::new().routes(routes!(quic::present)).layer(limited(MAX_DESCRIPTOR_BODY));
    let batch = OpenApiRouter::new().routes(routes!(deposit::batch)).layer(limited(MAX_BATCH_BODY));
    small
        .merge(relay)
        .merge(batch)
        .merge(descriptor)
        .routes(routes!(stream::stream))
        .routes(routes!(service::health_v1))
        .routes(routes!(service::well_known))
        .routes(routes!(service::descriptor))
        .routes(routes!(service::metrics))
}

/// The description of the API, as it is served.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    complete(described().split_for_parts().1, FURTHER)
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}
