//! What stands between a node and its directory and shows the node what a test wants: the directory as it is, another
//! one, nonsense, another time.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{Method, header};
use openred_service::http_client::{HttpClient, HttpRequest};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::caller::{RUNTIME, client};

/// What the node is shown.
#[derive(Clone, Debug)]
pub(crate) enum Show {
    /// The directory at this address.
    Directory(String),
    /// The same, by a clock that is so many seconds ahead.
    Ahead(String, u64),
    /// A page for people.
    Nonsense,
}

/// The mirror; when it is dropped, nothing answers there any more.
pub(crate) struct Mirror {
    pub(crate) url: String,
    show: watch::Sender<Show>,
    task: JoinHandle<()>,
}

impl Mirror {
    pub(crate) fn new(show: Show) -> Self {
        let listener = RUNTIME.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let (show, seen) = watch::channel(show);
        let app = Router::new().fallback(answer).with_state((seen, client()));
        let task = RUNTIME.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url: format!("http://{address}"), show, task }
    }

    /// From now on; calls that wait are answered by it too.
    pub(crate) fn shows(&self, show: Show) {
        self.show.send_replace(show);
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State((mut seen, client)): State<(watch::Receiver<Show>, HttpClient)>,
    call: Request,
) -> Response {
    let (head, body) = call.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    loop {
        let show = seen.borrow_and_update().clone();
        let told = tokio::select! {
            told = tell(&show, &client, &head.method, &path, body.clone()) => told,
            changed = seen.changed() => match changed {
                Ok(()) => continue,
                Err(_) => http::StatusCode::SERVICE_UNAVAILABLE.into_response(),
            },
        };
        return told;
    }
}

async fn tell(show: &Show, client: &HttpClient, method: &Method, path: &str, body: Bytes) -> Response {
    let (url, ahead_s) = match show {
        Show::Directory(url) => (url, 0),
        Show::Ahead(url, seconds) => (url, *seconds),
        Show::Nonsense => {
            return ([(header::CONTENT_TYPE, "text/html")], "<html>It works!</html>").into_response();
        }
    };
    let mut request = HttpRequest::new(method.clone(), format!("{url}{path}").parse().unwrap());
    if !body.is_empty() {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        request = request.json(&body).unwrap();
    }
    let Ok(answer) = client.send(request.timeout(Duration::from_secs(60))).await else {
        return http::StatusCode::BAD_GATEWAY.into_response();
    };
    let kind = answer.headers.get(header::CONTENT_TYPE).cloned();
    let mut body = answer.body.to_vec();
    if path == "/api/v3/health" {
        let mut health: serde_json::Value = serde_json::from_slice(&body).unwrap();
        health["time"] = (health["time"].as_u64().unwrap() + ahead_s).into();
        body = health.to_string().into_bytes();
    }
    let mut told = (answer.status, body).into_response();
    told.headers_mut().remove(header::CONTENT_TYPE);
    told.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
    told
}
