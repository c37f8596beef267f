//! HTTP as a browser speaks it to a node: one origin, one cookie.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use openred_service::http_client::{
    AllowPrivate, HttpClient, HttpClientConfig, HttpError, HttpRequest, HttpResponse,
};
use serde_json::Value;
use tokio::runtime::Runtime;

/// One runtime for all callers of the tests.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

/// One browser.
pub(crate) struct Caller {
    origin: String,
    cookie: Mutex<String>,
    client: HttpClient,
}

/// An answer: status and JSON (null when empty).
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Caller {
    /// A browser at `http://localhost:PORT` that nobody logged in.
    pub(crate) fn new(port: u16) -> Self {
        Self { origin: format!("http://localhost:{port}"), cookie: Mutex::default(), client: client() }
    }

    /// Another browser at the same address.
    pub(crate) fn another(&self) -> Self {
        Self { origin: self.origin.clone(), cookie: Mutex::default(), client: client() }
    }

    /// One call below `/api/v1`; an error is one of the transport.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, HttpError> {
        self.call_with(method, path, body, &[])
    }

    /// The same with headers of one's own.
    pub(crate) fn call_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, HttpError> {
        let mut request = self.request(method, &format!("/api/v1{path}"));
        if let Some(body) = body {
            request = request.json(body).unwrap();
        }
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let again = (method == "GET").then(|| request.clone());
        let answer = match (RUNTIME.block_on(self.client.send(request)), again) {
            // A kept connection may end the moment it is used again: browsers ask once more, too.
            (Err(HttpError::Unreachable), Some(again)) => RUNTIME.block_on(self.client.send(again))?,
            (answer, _) => answer?,
        };
        self.keep_cookie(&answer);
        let json = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(Answer { status: answer.status.as_u16(), json })
    }

    /// All posts that the node shows, every page.
    #[track_caller]
    pub(crate) fn whole_feed(&self) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page =
                self.call("GET", &format!("/feed?filter=everyone&limit=50{after}"), None).unwrap().json;
            let items = page["items"].as_array().unwrap_or_else(|| panic!("no page of the feed: {page}"));
            all.extend(items.iter().cloned());
            let Some(next) = page["next"].as_str() else { return all };
            after = format!("&after={next}");
        }
    }

    /// Brings bytes to a path below `/api/v1`.
    pub(crate) fn put(&self, path: &str, bytes: &[u8]) -> Answer {
        let request = self.request("PUT", &format!("/api/v1{path}"));
        let request = request.body("application/octet-stream", bytes.to_vec());
        let answer = RUNTIME.block_on(self.client.send(request)).unwrap();
        let json = serde_json::from_slice(&answer.body).unwrap_or_default();
        Answer { status: answer.status.as_u16(), json }
    }

    /// The bytes at a path below `/api/v1`.
    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        let request = self.request("GET", &format!("/api/v1{path}")).response_bytes_max(64 << 20);
        RUNTIME.block_on(self.client.send(request)).unwrap().success().unwrap().body.to_vec()
    }

    /// The data lines of `/events` with their types, until the receiver is dropped. Returns once the stream stands.
    pub(crate) fn events(&self) -> Receiver<(String, String)> {
        let request = self.request("GET", "/api/v1/events").timeout(Duration::from_secs(600));
        let request = request.response_bytes_max(usize::MAX);
        let mut stream = RUNTIME.block_on(self.client.open(request)).unwrap();
        assert_eq!(stream.status.as_u16(), 200, "the stream of events opens");
        let (events, inbox) = sync_channel(4096);
        RUNTIME.spawn(async move {
            let (mut text, mut kind) = (String::new(), String::new());
            while let Ok(Some(chunk)) = stream.chunk().await {
                text.push_str(&String::from_utf8_lossy(&chunk));
                while let Some((line, rest)) = text.split_once('\n') {
                    if let Some(name) = line.strip_prefix("event:") {
                        kind = name.trim().to_owned();
                    } else if let Some(data) = line.strip_prefix("data:")
                        && events.try_send((kind.clone(), data.trim().to_owned())).is_err()
                    {
                        return;
                    }
                    text = rest.to_owned();
                }
            }
        });
        inbox
    }

    fn request(&self, method: &str, path: &str) -> HttpRequest {
        let url = format!("{}{path}", self.origin).parse().unwrap();
        let request = HttpRequest::new(method.parse::<Method>().unwrap(), url);
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        let cookie = self.cookie.lock().unwrap().clone();
        request.header(header::ORIGIN, value(&self.origin)).header(header::COOKIE, value(&cookie))
    }

    fn keep_cookie(&self, answer: &HttpResponse) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap_or_default();
            *self.cookie.lock().unwrap() = pair.to_owned();
        }
    }
}

/// A client for loopback.
pub(crate) fn client() -> HttpClient {
    let config = HttpClientConfig {
        allow_private: AllowPrivate::Loopback,
        timeout: Duration::from_secs(40),
        response_bytes_max: 16 << 20,
        ..HttpClientConfig::default()
    };
    HttpClient::new(config).unwrap()
}
