//! `GET /api/v1/stream`: a WebSocket.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse as _, Response};
use openred_service::problem::Problem;
use openred_service::websocket;

use super::Parts;
use crate::bounds::MAX_STREAM_MESSAGE;
use crate::gate::Source;
use crate::stream;

/// Open a stream: mail as it comes, and deposits without a call for each.
///
/// A WebSocket (RFC 6455) over HTTP/1.1. Binary messages of at most 128 KiB hold whole frames
/// `[u32 length][type:u8 ‖ MessagePack]`, one after another.
#[utoipa::path(
    get, path = "/api/v1/stream", tag = "mail",
    responses(
        (status = 101, description = "The stream is open"),
        (status = 400, description = "`malformed`: no WebSocket", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`: too many streams, or the relay stops", body = Problem,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn stream(
    State(parts): State<Arc<Parts>>,
    Extension(source): Extension<Source>,
    mut request: Request,
) -> Result<Response, Problem> {
    let busy = || Problem::busy().retry_after(5);
    if parts.gate.draining().is_cancelled() {
        return Err(busy().detail("this relay stops"));
    }
    let place = Arc::clone(&parts.streams).try_acquire_owned().map_err(|_| busy())?;
    let (response, opening) = websocket::accept(&mut request, MAX_STREAM_MESSAGE)?;
    let lifecycle = parts.lifecycle.clone();
    lifecycle.spawn_one_of_many("stream", async move {
        if let Ok(socket) = opening.await {
            stream::run(parts, source, socket).await;
        }
        drop(place);
    });
    Ok(response.map(|()| axum::body::Body::empty()).into_response())
}
