//! Calls to other nodes' P2P API over HTTPS: hello, bodies, descriptors. Knows no rules.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use openred_core::{
    descriptor::Descriptor,
    frame::close,
    hello::{HelloRefusal, HelloReply, RefusalBody},
    ids::{Id16, NodeId},
    session_keys::HttpsBody,
};
use openred_service::http_client::{HttpClient, HttpError, HttpRequest};
use url::Url;

use super::live::POLL_S;
use crate::error::NodeError;

const OCTETS: &str = "application/octet-stream";
/// An ordinary call.
const CALL: Duration = Duration::from_secs(10);
/// Attempts to bring one body; each repeats the same bytes.
const ATTEMPTS: u32 = 3;
const DESCRIPTOR_MAX: usize = 20 << 10;

/// Why a session's body was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PostFailed {
    /// The other side does not know the session any more.
    Lost,
    /// Not reachable after several attempts.
    Unreachable,
    /// The answer is no body.
    Malformed,
}

impl PostFailed {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Lost => "session_lost",
            Self::Unreachable => "unreachable",
            Self::Malformed => close::MALFORMED,
        }
    }
}

/// Brings bodies of one session.
#[derive(Debug, Clone)]
pub(super) struct Poster {
    pub(super) http: HttpClient,
    pub(super) url: Url,
    pub(super) session_id: Id16,
}

impl Poster {
    /// Posts a body and reads the answer; network errors repeat the same bytes.
    pub(super) async fn post(&self, bytes: Vec<u8>, wait: bool) -> Result<HttpsBody, PostFailed> {
        let bytes = bytes::Bytes::from(bytes);
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(250 << (2 * attempt))).await;
            }
            match self.once(bytes.clone(), wait).await {
                Err(PostFailed::Unreachable) => {}
                done => return done,
            }
        }
        Err(PostFailed::Unreachable)
    }

    async fn once(&self, bytes: bytes::Bytes, wait: bool) -> Result<HttpsBody, PostFailed> {
        let mut request = HttpRequest::post(self.url.clone()).body(OCTETS, bytes).response_bytes_max(1 << 20);
        request = request.timeout(CALL + if wait { Duration::from_secs(POLL_S) } else { Duration::ZERO });
        if wait {
            request = request.header(HeaderName::from_static("prefer"), HeaderValue::from_static("wait=25"));
        }
        let answer = self.http.send(request).await.map_err(|_| PostFailed::Unreachable)?;
        match answer.status.as_u16() {
            200 => {}
            409 | 404 | 410 | 421 => return Err(PostFailed::Lost),
            _ => return Err(PostFailed::Unreachable),
        }
        let body = HttpsBody::decode(&answer.body).map_err(|_| PostFailed::Malformed)?;
        if body.session_id == self.session_id { Ok(body) } else { Err(PostFailed::Malformed) }
    }
}

/// What came of a hello.
#[derive(Debug)]
pub(super) enum Hail {
    /// Message 2.
    Reply(HelloReply),
    /// Refused, by name.
    Refused(HelloRefusal),
}

/// A path of a node's API.
pub(super) fn at(api_url: &str, path: &str) -> Result<Url, NodeError> {
    Url::parse(&format!("{}{path}", api_url.trim_end_matches('/')))
        .map_err(|_| NodeError::Peer("their address cannot be called".to_owned()))
}

/// Sends a hello.
pub(super) async fn hail(http: &HttpClient, api_url: &str, hello: &[u8]) -> Result<Hail, NodeError> {
    let url = at(api_url, "/p2p/handshake")?;
    let request = HttpRequest::post(url).body("application/json", hello.to_vec()).timeout(CALL);
    let answer = http.send(request).await.map_err(unreachable)?;
    if answer.status.as_u16() == 200 {
        return Ok(Hail::Reply(answer.json().map_err(unreachable)?));
    }
    let body: RefusalBody = answer.json().unwrap_or_default();
    let refusal = HelloRefusal::read(answer.status.as_u16(), body);
    refusal.map(Hail::Refused).ok_or_else(|| NodeError::Peer("their node answered something else".to_owned()))
}

/// Fetches the descriptor that answers at an address; it must be of `id`.
pub(super) async fn descriptor_of(
    http: &HttpClient,
    api_url: &str,
    id: &NodeId,
) -> Result<Descriptor, NodeError> {
    let request =
        HttpRequest::get(at(api_url, "/p2p/descriptor")?).timeout(CALL).response_bytes_max(DESCRIPTOR_MAX);
    let answer = http.send(request).await.map_err(unreachable)?.success().map_err(unreachable)?;
    descriptor_in(&answer.body, id)
}

/// The descriptor that a node answered with, which must be of `id`.
pub(super) fn descriptor_in(bytes: &[u8], id: &NodeId) -> Result<Descriptor, NodeError> {
    let descriptor = Descriptor::parse(bytes)
        .map_err(|_| NodeError::Peer("what answers there is no OpenRed node".to_owned()))?;
    if descriptor.node_id() == *id {
        Ok(descriptor)
    } else {
        Err(NodeError::Peer("somebody else answers at that address".to_owned()))
    }
}

/// Reads JSON at a path of a node's API.
pub(super) async fn json_at<T: serde::de::DeserializeOwned>(
    http: &HttpClient,
    api_url: &str,
    path: &str,
    bytes_max: usize,
) -> Result<T, NodeError> {
    let request = HttpRequest::get(at(api_url, path)?).timeout(CALL).response_bytes_max(bytes_max);
    let answer = http.send(request).await.map_err(unreachable)?.success().map_err(unreachable)?;
    answer.json().map_err(unreachable)
}

/// A failed call, in words for the owner.
#[expect(clippy::needless_pass_by_value, reason = "shape of map_err")]
pub(super) fn unreachable(error: HttpError) -> NodeError {
    NodeError::Peer(error.to_string())
}
