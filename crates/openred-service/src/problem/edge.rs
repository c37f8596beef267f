//! Where axum would answer in its own words: unknown paths, wrong methods, unreadable bodies, panics. All of them
//! become problems here. Knows axum; knows no route.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, OptionalFromRequest, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::Problem;

/// Bodies are at most this long unless a route sets another limit (PROTOCOL Annex A.0).
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// What every router of a daemon gets last.
pub trait EdgeExt {
    /// Adds the fallbacks for unknown paths and methods, the body limit and the catcher of panics.
    #[must_use]
    fn problem_edge(self) -> Self;
}

impl<S: Clone + Send + Sync + 'static> EdgeExt for Router<S> {
    fn problem_edge(self) -> Self {
        self.fallback(not_found)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(middleware::from_fn(catch_panics))
    }
}

/// Fallback for paths that do not exist.
pub async fn not_found() -> Problem {
    Problem::unknown()
}

/// Fallback for methods that a path does not take.
pub async fn method_not_allowed() -> Problem {
    Problem::method_not_allowed()
}

/// Middleware: a handler that panics answers 500 `internal`, and the text of the panic goes to the log. Answers
/// that axum words itself (a body that is too long, a wrong query) become problems.
pub async fn catch_panics(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => reworded(response),
        Err(panic) => {
            tracing::error!(panic = text(panic.as_ref()), "A handler panicked.");
            Problem::internal().into_response()
        }
    }
}

/// A JSON body, refused as a problem: 400 `malformed`, 413 `too_large` or 415 `unsupported_media_type`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ProblemJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::unsupported_media_type().detail("expected application/json"));
        }
        let body = <Bytes as FromRequest<S>>::from_request(request, state).await.map_err(|refusal| {
            if refusal.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::too_large()
            } else {
                Problem::malformed().cause(refusal)
            }
        })?;
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(Problem::malformed().detail(error.to_string())),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for ProblemJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// Error answers in plain text are axum's own; their status says which problem it is.
fn reworded(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let worded_by_axum = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    if !worded_by_axum || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    match status {
        StatusCode::NOT_FOUND => Problem::unknown(),
        StatusCode::METHOD_NOT_ALLOWED => Problem::method_not_allowed(),
        StatusCode::REQUEST_TIMEOUT => Problem::timeout(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::unsupported_media_type(),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Problem::malformed(),
        _ if status.is_server_error() => Problem::internal(),
        _ => return response,
    }
    .into_response()
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let fixed = panic.downcast_ref::<&'static str>().copied();
    fixed.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}
