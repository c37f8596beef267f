//! WebSocket (RFC 6455) at both ends: over a request that our server took, and over a call of the checked client. Knows
//! the handshake and bounds; must not know what the messages say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_websockets::{ClientBuilder, Config, Limits, ServerBuilder, WebSocketStream};
use url::Url;

use crate::http_client::{HttpClient, HttpError, HttpRequest, HttpUpgraded};
use crate::problem::Problem;

pub use tokio_websockets::{CloseCode, Error, Message};

/// RFC 6455 §1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION: &str = "13";
/// What is written goes to the socket when so much of it waits, or at a flush.
const FLUSH_BYTES: usize = 64 * 1024;

/// The server's end.
pub type Accepted = WebSocketStream<TokioIo<Upgraded>>;
/// The server's end once the answer to the request is out.
pub type Opening = BoxFuture<'static, Result<Accepted, hyper::Error>>;
/// The client's end.
pub type Connected = WebSocketStream<HttpUpgraded>;

/// Answers a request to open a WebSocket. The second part yields it once the answer is out; messages of more than
/// `message_bytes_max` bytes end it.
///
/// # Errors
/// 400 `malformed`: the request asks for no WebSocket that we know.
pub fn accept<B>(
    request: &mut Request<B>,
    message_bytes_max: usize,
) -> Result<(Response<()>, Opening), Problem> {
    let refused = || Problem::malformed().detail("open a WebSocket of version 13 over HTTP/1.1 here");
    let headers = request.headers();
    let asks = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && names(headers, &header::CONNECTION, "upgrade")
        && names(headers, &header::UPGRADE, "websocket")
        && names(headers, &header::SEC_WEBSOCKET_VERSION, VERSION);
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asks).ok_or_else(refused)?;
    let accepted = HeaderValue::from_str(&accept_key(key.as_bytes())).map_err(|_| refused())?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>().ok_or_else(refused)?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accepted);
    let socket = async move {
        let server = ServerBuilder::new().limits(limits(message_bytes_max)).config(config());
        upgrade.await.map(|upgraded| server.serve(TokioIo::new(upgraded)))
    };
    Ok((response, Box::pin(socket)))
}

/// Opens a WebSocket at `url` (`https` or `http`, by the rules of `client`).
///
/// # Errors
/// [`HttpError`]: as for any call; [`HttpError::Malformed`] when something else than a WebSocket answers.
pub async fn connect(
    client: &HttpClient,
    url: Url,
    message_bytes_max: usize,
) -> Result<Connected, HttpError> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| HttpError::Setup)?;
    let key = STANDARD.encode(nonce);
    let value = HeaderValue::from_str(&key).map_err(|_| HttpError::Setup)?;
    let request = HttpRequest::get(url)
        .header(header::CONNECTION, HeaderValue::from_static("upgrade"))
        .header(header::UPGRADE, HeaderValue::from_static("websocket"))
        .header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION))
        .header(header::SEC_WEBSOCKET_KEY, value);
    let (headers, upgraded) = client.upgrade(request).await?;
    let right = accept_key(key.as_bytes());
    if headers.get(header::SEC_WEBSOCKET_ACCEPT).is_none_or(|answer| answer.as_bytes() != right.as_bytes()) {
        return Err(HttpError::Malformed);
    }
    Ok(ClientBuilder::new().limits(limits(message_bytes_max)).config(config()).take_over(upgraded))
}

fn limits(message_bytes_max: usize) -> Limits {
    Limits::default().max_payload_len(Some(message_bytes_max))
}

fn config() -> Config {
    Config::default().flush_threshold(FLUSH_BYTES)
}

/// Whether one of the comma-separated words of the header is `word`.
fn names(headers: &HeaderMap, name: &header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|found| found.trim().eq_ignore_ascii_case(word))
}

fn accept_key(key: &[u8]) -> String {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key);
    hash.update(GUID);
    STANDARD.encode(hash.digest().bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_key_is_that_of_the_rfc() {
        assert_eq!(accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn other_requests_are_refused() {
        for (name, value) in [("upgrade", "h2c"), ("connection", "close"), ("sec-websocket-version", "8")] {
            let mut request = Request::new(());
            for (name, value) in [
                ("connection", "keep-alive, Upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ] {
                request.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            request.headers_mut().insert(name, HeaderValue::from_static(value));
            let refused = accept(&mut request, 1024).map(|_| ()).unwrap_err();
            assert_eq!(refused.code, "malformed", "{name}: {value}");
        }
    }
}
