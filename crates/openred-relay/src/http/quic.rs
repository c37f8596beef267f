//! `GET /relay`, `GET /ping`: iroh's relay protocol; `POST /api/v1/quic/endpoint`: which endpoint is a node's own.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, StatusCode, header};
use iroh_relay::http::ProtocolVersion;
use openred_core::descriptor::Descriptor;
use openred_service::problem::Problem;
use openred_service::websocket;

use super::Parts;
use crate::bounds::MAX_QUIC_MESSAGE;
use crate::quic::{NotAdmitted, QuicRelay};

/// Say which QUIC endpoint is the node's own.
///
/// The body is the node's newest signed descriptor. Needed where the relay carries QUIC for named nodes only, and whenever
/// it has refused the endpoint: a relay forgets descriptors when it is started again. Nothing else proves the caller: the
/// node has signed the descriptor, and the endpoint proves its key when it connects.
#[utoipa::path(
    post, path = "/api/v1/quic/endpoint", tag = "quic",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "The endpoint that the descriptor names may connect"),
        (status = 400, description = "`malformed`: no descriptor, or one that names no endpoint", body = Problem,
         content_type = "application/problem+json"),
        (status = 403, description = "`refused`: the owner of the relay has not named this node", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`: this relay carries no QUIC", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`stale`: it has run out, or a newer one is known", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn present(State(parts): State<Arc<Parts>>, body: Bytes) -> Result<StatusCode, Problem> {
    let quic = relay(&parts)?;
    let descriptor =
        Descriptor::parse(&body).map_err(|error| Problem::malformed().detail(error.to_string()))?;
    quic.present(&descriptor)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A client of iroh's relay protocol: a WebSocket.
pub(super) async fn connect(
    State(parts): State<Arc<Parts>>,
    mut request: Request,
) -> Result<Response, Problem> {
    let quic = Arc::clone(relay(&parts)?);
    let busy = || Problem::busy().retry_after(5);
    if parts.gate.draining().is_cancelled() {
        return Err(busy().detail("this relay stops"));
    }
    if !speaks(&request) {
        return Err(Problem::malformed().detail("Sec-WebSocket-Protocol: iroh-relay-v2"));
    }
    let (response, opening) = websocket::accept(&mut request, MAX_QUIC_MESSAGE)?;
    let place = quic.place().ok_or_else(busy)?;
    parts.lifecycle.spawn_one_of_many("quic client", async move {
        if let Ok(socket) = opening.await {
            quic.serve(socket, place).await;
        }
    });
    let named = [(header::SEC_WEBSOCKET_PROTOCOL, ProtocolVersion::V2.to_header_value())];
    Ok((named, response.map(|()| axum::body::Body::empty())).into_response())
}

/// How far away the relay is: measured by clients that choose between several.
pub(super) async fn ping(
    State(parts): State<Arc<Parts>>,
) -> Result<[(HeaderName, &'static str); 1], Problem> {
    relay(&parts)?;
    Ok([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")])
}

fn relay(parts: &Parts) -> Result<&Arc<QuicRelay>, Problem> {
    parts.quic.as_ref().ok_or_else(|| Problem::unknown().detail("this relay carries no QUIC"))
}

/// Whether the client knows the version that is spoken here.
fn speaks(request: &Request) -> bool {
    let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = offered.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    offered.any(|version| version.trim() == ProtocolVersion::V2.to_str())
}

impl From<NotAdmitted> for Problem {
    fn from(why: NotAdmitted) -> Self {
        let problem = match why {
            NotAdmitted::Node => Self::refused(),
            NotAdmitted::NoEndpoint => Self::malformed(),
            NotAdmitted::Time | NotAdmitted::Older => Self::stale(),
        };
        problem.detail(why.to_string())
    }
}
