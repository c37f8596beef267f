//! A problem as an HTTP answer. Knows axum's answer type and the log.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use super::Problem;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.log();
        metrics::counter!("openred_refusals_total", "code" => self.code).increment(1);
        let body = serde_json::to_vec(&self).unwrap_or_else(|_| b"{\"code\":\"internal\"}".to_vec());
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl Problem {
    fn log(&self) {
        let Some(cause) = &self.cause else { return };
        let status = self.status.as_u16();
        if self.status.is_server_error() {
            tracing::error!(status, code = self.code, cause = %cause.0, "A request failed.");
        } else {
            tracing::debug!(status, code = self.code, cause = %cause.0, "A request was refused.");
        }
    }
}
