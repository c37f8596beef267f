//! What anybody may know: how far the node is, and whether this browser is logged in.

use axum::{Json, extract::State};
use http::{HeaderMap, header::SET_COOKIE};
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{caller::Caller, cookie, guard, setup::PASSPHRASE_CHARS_MIN};
use crate::{api::Api, error::NodeError, modules::profile};

/// How far the node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No identity yet.
    Setup,
    /// The passphrase opens it.
    Locked,
    /// Open.
    Ready,
}

/// The phase and the names of the owner.
pub async fn phase(api: &Api) -> Result<(Phase, Option<(String, String, String)>), NodeError> {
    let names = api.deps.db.read(profile::store::names).await?;
    let phase = match &names {
        None => Phase::Setup,
        Some(_) if api.deps.seal.get().is_err() => Phase::Locked,
        Some(_) => Phase::Ready,
    };
    Ok((phase, names))
}

/// What anybody may know.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    phase: Phase,
    logged_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<String>,
    version: &'static str,
    /// Shortest passphrase that a node takes, in characters.
    passphrase_min: usize,
}

/// Phase of the node and whether this browser is logged in.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session)))]
pub async fn session(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<(HeaderMap, Json<Session>), Problem> {
    let (phase, names) = phase(&api).await?;
    let mut answer = HeaderMap::new();
    let device = guard::device_of(&api, &headers, &caller).await?;
    if let Some((_, token)) = &device {
        guard::by_cookie(&api, &headers, &caller).await?;
        answer.insert(SET_COOKIE, cookie::give(token, &cookie::tokens(&headers, &caller), &caller));
    }
    // On an open network a stranger learns the phase and nothing else.
    let names = names.filter(|_| device.is_some() || caller.local);
    let body = Session {
        phase,
        logged_in: device.is_some(),
        display_name: names.as_ref().map(|n| n.2.clone()),
        node_id: names.map(|n| n.0),
        version: api.place.version,
        passphrase_min: PASSPHRASE_CHARS_MIN,
    };
    Ok((answer, Json(body)))
}
