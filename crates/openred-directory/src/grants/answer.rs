//! The answer to a poll: written once into one buffer, wiped when it has left, and then A's halves may go.
//!
//! Must not know: who waits, what is in the boxes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use zeroize::Zeroizing;

use super::boxed::Boxed;

const HEAD: &[u8] = br#"{"grants":["#;
const TAIL: &[u8] = b"]}";

/// 200 `{grants: […]}`. `sent` runs once when the body has been given to the connection and written out; not
/// if the connection broke before.
pub(crate) fn response(boxes: &[Boxed], sent: impl FnOnce() + Send + 'static) -> Response {
    let bytes = json(boxes);
    let length = bytes.len();
    let taken = Arc::new(AtomicBool::new(false));
    let owner = Leaving { bytes, taken: Arc::clone(&taken), sent: Some(Box::new(sent)) };
    let body = Bytes::from_owner(owner);
    let once = futures_util::stream::once(async move {
        taken.store(true, Ordering::Release);
        Ok::<_, std::convert::Infallible>(body)
    });
    let mut response = Response::new(Body::from_stream(once));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The body, in a buffer of exactly its length: growing would leave copies behind.
fn json(boxes: &[Boxed]) -> Zeroizing<Vec<u8>> {
    let texts = boxes.iter().map(|boxed| text_len(boxed) + 2).sum::<usize>();
    let length = HEAD.len() + texts + boxes.len().saturating_sub(1) + TAIL.len();
    let mut body = Zeroizing::new(Vec::with_capacity(length));
    body.extend_from_slice(HEAD);
    for (place, boxed) in boxes.iter().enumerate() {
        body.extend_from_slice(if place == 0 { b"\"" } else { b",\"" });
        let from = body.len();
        body.resize(from + text_len(boxed), 0);
        let written = URL_SAFE_NO_PAD.encode_slice(boxed.bytes(), &mut body[from..]);
        debug_assert_eq!(written.ok(), Some(text_len(boxed)));
        body.push(b'"');
    }
    body.extend_from_slice(TAIL);
    debug_assert_eq!(body.len(), length);
    body
}

fn text_len(boxed: &Boxed) -> usize {
    (boxed.bytes().len() * 4).div_ceil(3)
}

/// A body on its way out: dropped by the connection when its last byte is written.
struct Leaving {
    bytes: Zeroizing<Vec<u8>>,
    taken: Arc<AtomicBool>,
    sent: Option<Box<dyn FnOnce() + Send>>,
}

impl AsRef<[u8]> for Leaving {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if self.taken.load(Ordering::Acquire)
            && let Some(sent) = self.sent.take()
        {
            sent();
        }
    }
}

impl fmt::Debug for Leaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaving({} bytes)", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[test]
    fn the_body_is_the_json_it_should_be() {
        for count in [0, 1, 3] {
            let boxes: Vec<_> = (0..count).map(|n| Boxed::new(vec![n as u8; 10 + n])).collect();
            let value: serde_json::Value = serde_json::from_slice(&json(&boxes)).unwrap();
            let grants = value["grants"].as_array().unwrap();
            assert_eq!(grants.len(), count);
            for (text, boxed) in grants.iter().zip(&boxes) {
                let bytes = URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
                assert_eq!(bytes, boxed.bytes());
            }
        }
    }

    #[tokio::test]
    async fn sent_runs_after_the_body_was_taken_and_dropped() {
        let sent = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&sent);
        let answer = response(&[Boxed::new(vec![1; 9])], move || mark.store(true, Ordering::SeqCst));
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(!sent.load(Ordering::SeqCst), "somebody still holds the bytes");
        assert_eq!(&*bytes, br#"{"grants":["AQEBAQEBAQEB"]}"#);
        drop(bytes);
        assert!(sent.load(Ordering::SeqCst));
    }

    #[test]
    fn sent_never_runs_for_a_body_that_nobody_took() {
        let sent = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&sent);
        drop(response(&[Boxed::new(vec![1; 9])], move || mark.store(true, Ordering::SeqCst)));
        assert!(!sent.load(Ordering::SeqCst));
    }
}
