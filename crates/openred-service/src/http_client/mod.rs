//! The one HTTP client: it calls addresses that others gave us. PROTOCOL §4 "Network safety": a name is resolved
//! once, refused unless global, and the checked address is dialled; no redirects, no proxies from the environment,
//! bounded time and size. Knows HTTP; must not know what is said over it.

mod address;
mod error;
mod request;
mod resolver;
mod response;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use url::{Host, Url};

pub use address::{AddressKind, AllowPrivate};
pub use error::HttpError;
pub use request::HttpRequest;
/// A connection that has become something else by an upgrade: bytes both ways.
pub use reqwest::Upgraded as HttpUpgraded;
pub use response::{HttpResponse, HttpStream};

use resolver::Checked;

/// An idle connection is given up before the other side closes it (our servers do after 30 s): a call on a closed
/// one would fail.
const IDLE: Duration = Duration::from_secs(20);

/// What the client admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpClientConfig {
    /// Private addresses that may be called, by `https://` and `http://`; global ones by `https://` always.
    pub allow_private: AllowPrivate,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// For a whole call, unless the call says otherwise.
    pub timeout: Duration,
    /// Bytes of an answer, unless the call says otherwise.
    pub response_bytes_max: usize,
}

impl Default for HttpClientConfig {
    fn default() -> Self {
        Self {
            allow_private: AllowPrivate::Off,
            connect_timeout: Duration::from_secs(8),
            timeout: Duration::from_secs(20),
            response_bytes_max: 1024 * 1024,
        }
    }
}

/// Calls other servers. Clones share connections, which are kept open between calls.
#[derive(Clone, Debug)]
pub struct HttpClient {
    config: HttpClientConfig,
    encrypted: reqwest::Client,
    plain: reqwest::Client,
    /// HTTP/1.1 alone, for what becomes something else: there is no upgrade in HTTP/2.
    upgrading: reqwest::Client,
}

impl HttpClient {
    /// A client; the error is [`HttpError::Setup`], and only when TLS cannot be set up at all.
    pub fn new(config: HttpClientConfig) -> Result<Self, HttpError> {
        let tls = tls::config()?;
        let build = |plain: bool, tls: &rustls::ClientConfig| {
            builder(&config)
                .dns_resolver(Arc::new(Checked { allow: config.allow_private, plain }))
                .tls_backend_preconfigured(tls.clone())
                .https_only(!plain)
        };
        let finished = |builder: reqwest::ClientBuilder| builder.build().map_err(|_| HttpError::Setup);
        Ok(Self {
            encrypted: finished(build(false, &tls))?,
            plain: finished(build(true, &tls))?,
            upgrading: finished(build(false, &tls::without_http2(&tls)).http1_only())?,
            config,
        })
    }

    /// Sends a request and reads the whole answer, whatever its status (see [`HttpResponse::success`]).
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.open(request).await?.collect().await
    }

    /// Sends a request and returns once the answer's head is there; the body comes in chunks.
    pub async fn open(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        let client = self.client_for(&request.url)?;
        let timeout = request.timeout.unwrap_or(self.config.timeout);
        let bytes_max = request.response_bytes_max.unwrap_or(self.config.response_bytes_max);
        let call = client.request(request.method, request.url).headers(request.headers).timeout(timeout);
        let response = call.body(request.body).send().await.map_err(|error| HttpError::of(&error))?;
        HttpStream::new(response, bytes_max)
    }

    /// Sends a request that asks for another protocol on the connection, and returns the head of the answer and the
    /// connection. It must be there within the time of the call; afterwards it has no limit of time or size.
    ///
    /// # Errors
    /// [`HttpError::Status`] when the other side answers without switching.
    pub async fn upgrade(&self, request: HttpRequest) -> Result<(HeaderMap, HttpUpgraded), HttpError> {
        let plain = request.url.scheme() == "http";
        let client = self.client_for(&request.url)?;
        let client = if plain { client } else { &self.upgrading };
        let timeout = request.timeout.unwrap_or(self.config.timeout);
        let call = client.request(request.method, request.url).headers(request.headers).send();
        let upgraded = async {
            let response = call.await.map_err(|error| HttpError::of(&error))?;
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let stream = HttpStream::new(response, self.config.response_bytes_max)?;
                return Err(stream.collect().await?.success().err().unwrap_or(HttpError::Malformed));
            }
            let headers = response.headers().clone();
            let upgraded = response.upgrade().await.map_err(|error| HttpError::of(&error))?;
            Ok((headers, upgraded))
        };
        tokio::time::timeout(timeout, upgraded).await.map_err(|_| HttpError::Timeout)?
    }

    /// Chooses by scheme, and checks addresses written as numbers: they never reach the resolver.
    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, HttpError> {
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(HttpError::Url),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpError::Url);
        }
        let literal = match url.host().ok_or(HttpError::Url)? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        };
        if let Some(address) = literal {
            self.config.allow_private.check(address, plain)?;
        }
        Ok(if plain { &self.plain } else { &self.encrypted })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the client the others are sent to")]
fn builder(config: &HttpClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent("openred")
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(4)
}
