//! Calls to nodes that asked for them: through the checked client, a bounded number of times per host.
//!
//! Must not know: what is said, SQL, the directory's own routes.

use std::time::Duration;

use openred_service::http_client::{
    AllowPrivate, HttpClient, HttpClientConfig, HttpError, HttpRequest, HttpResponse,
};
use openred_service::limits::{Limiter, Rate, SlowDown};
use url::Url;

const ANSWER_BYTES_MAX: usize = 4 * 1024;
const HOSTS_REMEMBERED: usize = 10_000;

/// Who calls.
#[derive(Debug)]
pub(crate) struct Outward {
    client: HttpClient,
    hosts: Limiter<String>,
}

impl Outward {
    /// With a client of its own that waits `timeout_ms` for an answer. The error is [`HttpError::Setup`].
    pub(crate) fn new(
        allow_private: AllowPrivate,
        timeout_ms: u64,
        per_host_per_minute: u32,
    ) -> Result<Self, HttpError> {
        let timeout = Duration::from_millis(timeout_ms);
        let client = HttpClient::new(HttpClientConfig {
            allow_private,
            connect_timeout: timeout,
            timeout,
            response_bytes_max: ANSWER_BYTES_MAX,
        })?;
        Ok(Self { client, hosts: Limiter::new(Rate::per_minute(per_host_per_minute), HOSTS_REMEMBERED) })
    }

    /// Takes one call to the host of `url` out of its budget.
    pub(crate) fn admit(&self, url: &Url, mono_ms: u64) -> Result<(), SlowDown> {
        self.hosts.take(url.host_str().unwrap_or_default().to_owned(), mono_ms)
    }

    /// Sends a request and waits for the answer.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.client.send(request).await
    }
}
