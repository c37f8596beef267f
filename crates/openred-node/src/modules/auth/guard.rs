//! Who is the owner: middleware of all routes but the open ones, and the extractor for handlers that want to know
//! which device calls.

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header, request::Parts};
use openred_service::problem::Problem;

use super::{DEVICE_MS, caller, caller::Caller, cookie, hash_of, store, tokens};
use crate::{api::Api, error::NodeError};

/// The last sign of life is written at most this often.
const TOUCH_MS: u64 = 3_600_000;

/// The owner, proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// By cookie: `devices.id`.
    Browser(i64),
    /// By access token: `devices.id`.
    Client(i64),
    /// By the file that only the owner's account on this machine reads.
    CommandLine,
}

impl Owner {
    /// Number of the device; none for the command line.
    pub fn device(self) -> Option<i64> {
        match self {
            Self::Browser(id) | Self::Client(id) => Some(id),
            Self::CommandLine => None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(|| NodeError::LoginRequired.into())
    }
}

/// Lets only the owner through.
pub async fn require_owner(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match owner(&api, &parts).await {
        Ok(owner) => {
            parts.extensions.insert(owner);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Refuses writes of other sites at the open routes too (set-up, log-in).
pub async fn refuse_other_sites(request: Request, next: Next) -> Response {
    match caller::same_site(request.method(), request.headers(), false) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Names that this node does not answer to: a page of another site that points its name here gets nothing.
pub async fn refuse_other_names(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let host = caller::host_of(&parts).unwrap_or_default();
    if caller::is_loopback_name(&host) || api.place.names.contains(&host) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let detail =
        format!("this node does not answer to the name {host:?}: add it to the node's names to allow it");
    Problem::not_me().detail(detail).into_response()
}

/// The owner behind a request.
///
/// # Errors
/// 401 `login_required`, or why this owner may not call like this.
pub async fn owner(api: &Api, parts: &Parts) -> Result<Owner, Problem> {
    let caller = Caller::of(parts, api);
    if let Some(token) = bearer(&parts.headers) {
        caller.must_be_private(api)?;
        return by_bearer(api, token).await;
    }
    let owner = by_cookie(api, &parts.headers, &caller).await?.ok_or(NodeError::LoginRequired)?;
    caller.must_be_private(api)?;
    caller::same_site(&parts.method, &parts.headers, true)?;
    Ok(owner)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (kind, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn by_bearer(api: &Api, token: &str) -> Result<Owner, Problem> {
    if api.auth.is_cli(token) {
        return Ok(Owner::CommandLine);
    }
    let now = api.deps.clock.now_ms();
    let key = api.auth.signing()?;
    let id = tokens::client_of(&key, token, now).ok_or(NodeError::LoginRequired)?;
    let device = api.deps.db.read(move |tx| store::client(tx, id, now)).await?;
    device.map(|d| Owner::Client(d.id)).ok_or_else(|| NodeError::LoginRequired.into())
}

/// The browser behind a cookie of this node. Seen again, it may stay away for another 90 days.
pub async fn by_cookie(api: &Api, headers: &HeaderMap, caller: &Caller) -> Result<Option<Owner>, Problem> {
    let found = device_of(api, headers, caller).await?;
    let Some((device, _)) = found else { return Ok(None) };
    let now = api.deps.clock.now_ms();
    if now.saturating_sub(device.last_seen_at) > TOUCH_MS {
        let id = device.id;
        api.deps.write_plain(move |tx| store::touch(tx, id, now, now + DEVICE_MS)).await?;
    }
    Ok(Some(Owner::Browser(device.id)))
}

/// The browser and its token.
pub async fn device_of(
    api: &Api,
    headers: &HeaderMap,
    caller: &Caller,
) -> Result<Option<(store::Device, String)>, Problem> {
    let (sent, now) = (cookie::tokens(headers, caller), api.deps.clock.now_ms());
    if sent.is_empty() {
        return Ok(None);
    }
    let found = api.deps.db.read(move |tx| {
        for token in sent {
            if let Some(device) = store::browser(tx, &hash_of(&token), now)? {
                return Ok::<_, NodeError>(Some((device, token)));
            }
        }
        Ok(None)
    });
    Ok(found.await?)
}
