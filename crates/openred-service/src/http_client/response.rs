//! An answer, whole or in chunks, never longer than allowed. Knows HTTP and problem documents.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::HttpError;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, at most as long as the call allowed.
    pub body: Bytes,
}

/// An answer whose body is still coming.
#[derive(Debug)]
pub struct HttpStream {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
    bytes_left: usize,
    bytes_max: usize,
}

impl HttpResponse {
    /// The answer itself when its status is 2xx, else [`HttpError::Status`].
    pub fn success(self) -> Result<Self, HttpError> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(HttpError::Status { status: self.status, code: self.code(), retry_after: self.retry_after() })
    }

    /// The body as JSON; [`HttpError::Malformed`] when it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|_| HttpError::Malformed)
    }

    /// `code` of a problem document, when it looks like one of ours.
    pub fn code(&self) -> Option<String> {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let code = problem.get("code")?.as_str()?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        (code.len() <= 64 && code.bytes().all(plain)).then(|| code.to_owned())
    }

    /// `Retry-After` in seconds; the form with a date is not used here.
    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
    }
}

impl HttpStream {
    pub(super) fn new(response: reqwest::Response, bytes_max: usize) -> Result<Self, HttpError> {
        if response.content_length().is_some_and(|length| length > bytes_max as u64) {
            return Err(HttpError::TooLarge { bytes_max });
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self { status, headers, response, bytes_left: bytes_max, bytes_max })
    }

    /// The next piece of the body, `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        let chunk = self.response.chunk().await.map_err(|error| HttpError::of(&error))?;
        let Some(chunk) = chunk else { return Ok(None) };
        let left = self.bytes_left.checked_sub(chunk.len());
        self.bytes_left = left.ok_or(HttpError::TooLarge { bytes_max: self.bytes_max })?;
        Ok(Some(chunk))
    }

    /// Reads the rest.
    pub async fn collect(mut self) -> Result<HttpResponse, HttpError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status: self.status, headers: self.headers, body: body.freeze() })
    }
}
