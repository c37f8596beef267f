//! What stands in front of a relay: the relay as it is, nothing at all, or everything twice. Knows where a frame's type stands;
//! must not know what it carries.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use openred_service::http_client::{HttpClient, HttpRequest, HttpResponse};
use openred_service::websocket::{self, Accepted, Connected, Message};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::caller::{RUNTIME, client};

const BODY_MAX: usize = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(60);
/// A message of the stream: `[u32 length][type:u8 ‖ …]`, more frames of that type behind it (docs/protocol.md, the relay's stream).
const TYPE_AT: usize = 4;
const MAIL: u8 = 3;
const ACK: u8 = 4;

/// How the relay looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is.
    Straight,
    /// Connections stand, and nothing ever comes back.
    Hole,
    /// Each deposit goes in twice, each piece of mail comes out twice, and every second acknowledgement never arrives.
    Twice,
}

/// The door; when it is dropped, nothing answers there any more.
pub(super) struct Crooked {
    pub(super) url: String,
    way: watch::Sender<Way>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Behind {
    relay: String,
    way: watch::Receiver<Way>,
    client: HttpClient,
}

impl Crooked {
    pub(super) fn new(relay: &str, way: Way) -> Self {
        let listener = RUNTIME.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let (way, seen) = watch::channel(way);
        let behind = Behind { relay: relay.to_owned(), way: seen, client: client() };
        let app = Router::new().fallback(answer).with_state(behind);
        let task = RUNTIME.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url: format!("http://{address}"), way, task }
    }

    /// From now on.
    pub(super) fn goes(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Crooked {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Behind {
    /// Waits while there is nothing but a hole.
    async fn open(&mut self) -> Way {
        *self.way.wait_for(|way| *way != Way::Hole).await.expect("the door outlives its calls")
    }

    async fn call(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<HttpResponse> {
        let mut call = HttpRequest::new(method.clone(), format!("{}{path}", self.relay).parse().unwrap());
        let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
        let kind = if is_json { "application/json" } else { "application/octet-stream" };
        if !body.is_empty() {
            call = call.body(kind, body.to_vec());
        }
        let own = |name: &&HeaderName| *name == header::AUTHORIZATION || name.as_str().starts_with("x-");
        for name in headers.keys().filter(own) {
            call = call.header(name.clone(), headers[name].clone());
        }
        self.client.send(call.timeout(PATIENCE)).await.ok()
    }
}

async fn answer(State(mut behind): State<Behind>, mut request: Request) -> Response {
    let way = behind.open().await;
    if request.headers().contains_key(header::UPGRADE) {
        return stream(behind, &mut request).unwrap_or_else(|| StatusCode::BAD_REQUEST.into_response());
    }
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let Ok(body) = to_bytes(body, BODY_MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    let told = behind.call(&head.method, &path, &head.headers, &body).await;
    if way == Way::Twice && head.method == Method::POST {
        behind.call(&head.method, &path, &head.headers, &body).await;
    }
    behind.open().await;
    let Some(told) = told else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut response = (told.status, Body::from(told.body)).into_response();
    for name in [header::CONTENT_TYPE, header::RETRY_AFTER] {
        response.headers_mut().remove(&name);
        response.headers_mut().extend(told.headers.get(&name).map(|value| (name, value.clone())));
    }
    response
}

/// A stream of mail or deposits, with another one behind it.
fn stream(behind: Behind, request: &mut Request) -> Option<Response> {
    let (response, opening) = websocket::accept(request, BODY_MAX).ok()?;
    RUNTIME.spawn(async move {
        let url = format!("{}/api/v1/stream", behind.relay).parse().unwrap();
        if let (Ok(outer), Ok(inner)) =
            (opening.await, websocket::connect(&behind.client, url, BODY_MAX).await)
        {
            carry(behind, outer, inner).await;
        }
    });
    Some(response.map(|()| Body::empty()).into_response())
}

/// Until one end is gone.
async fn carry(mut behind: Behind, mut outer: Accepted, mut inner: Connected) {
    let mut acks = 0_u32;
    loop {
        let (from_outside, message) = tokio::select! {
            told = outer.next() => (true, told),
            told = inner.next() => (false, told),
        };
        let Some(Ok(message)) = message else { return };
        let twice = behind.open().await == Way::Twice;
        let kind = kind(&message);
        let sent = if from_outside {
            acks += u32::from(kind == Some(ACK));
            let lost = twice && kind == Some(ACK) && acks.is_multiple_of(2);
            if lost { Ok(()) } else { inner.send(message).await }
        } else {
            let again = (twice && kind == Some(MAIL)).then(|| message.clone());
            match (outer.send(message).await, again) {
                (Ok(()), Some(again)) => outer.send(again).await,
                (sent, _) => sent,
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn kind(message: &Message) -> Option<u8> {
    message.is_binary().then(|| message.as_payload().get(TYPE_AT).copied()).flatten()
}
