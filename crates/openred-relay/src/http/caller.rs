//! Who calls: an address that is looked at and forgotten, a service with a key, the owner of a mailbox.
//!
//! Must not know: what the calls do.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, Uri, header};
use openred_core::ids::{Hash, QueueId};
use openred_service::problem::Problem;

use super::Parts;
use crate::gate::Source;
use crate::mailbox::{OwnerAuth, Queue};

/// The header of an API key.
pub(super) const API_KEY: &str = "x-api-key";

/// Middleware: counts every call under its source, and all together, and tells the handler which it is. The address is
/// looked at here, never kept or logged.
pub(super) async fn counted(State(parts): State<Arc<Parts>>, mut request: Request, next: Next) -> Response {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = Source::of(connected.map(|info| info.0.ip()));
    let named = request.headers().get(API_KEY).map(|key| parts.keys.find(key.to_str().ok()?));
    // Who shows a key that is none is counted by its address.
    let source = named.clone().flatten().map_or(address, Source::Key);
    if let Err(slow) = parts.gate.by_source(&source, 1) {
        return Problem::from(slow).into_response();
    }
    if named == Some(None) {
        let problem = Problem::bad_presentation().detail("this X-API-Key is not known here");
        return problem.into_response();
    }
    request.extensions_mut().insert(source);
    next.run(request).await
}

/// The proof in the header of a call: 401 `bad_presentation` when there is none.
pub(super) fn owner_auth(headers: &HeaderMap) -> Result<OwnerAuth, Problem> {
    authorization(headers)
        .and_then(OwnerAuth::from_header)
        .ok_or_else(|| Problem::bad_presentation().detail("needed here: Authorization: OpenRed …"))
}

/// The one `Authorization` of a call.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// The mailbox that `id` names, when this call is its owner's.
pub(super) async fn owner(
    parts: &Parts,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    id: &str,
    body: &[u8],
) -> Result<Queue, Problem> {
    let auth = owner_auth(headers)?;
    let id: QueueId = id.parse().map_err(|_| Problem::malformed().detail("queue_id: 22 characters"))?;
    parts.gate.owner(id, &auth, (method.as_str(), target(uri), &Hash::of(&[body]))).await
}

/// Path and query as they were sent.
pub(super) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
}
