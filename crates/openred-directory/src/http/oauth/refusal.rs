//! Refusals of a token in the form of OAuth (RFC 6749 §5.2): not a problem document, because clients look for `error`.
//!
//! Must not know: what is refused, beyond its words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::oauth::TokenRefusal;

/// Why there is no token.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct OauthError {
    /// `invalid_request`, `invalid_client`, `unsupported_grant_type` or `invalid_scope`.
    #[schema(value_type = String, example = "invalid_client")]
    pub(super) error: &'static str,
    /// An English sentence for who runs the node.
    pub(super) error_description: String,
}

/// A refusal by OAuth's rules, or a problem as everywhere: too often, busy, full.
#[derive(Debug)]
pub(in crate::http) enum NoToken {
    /// By OAuth's rules.
    Oauth(OauthError),
    /// As everywhere.
    Problem(Problem),
}

impl NoToken {
    pub(super) fn request(description: &str) -> Self {
        Self::oauth("invalid_request", description)
    }

    pub(super) fn oauth(error: &'static str, description: impl ToString) -> Self {
        Self::Oauth(OauthError { error, error_description: description.to_string() })
    }
}

impl From<TokenRefusal> for NoToken {
    fn from(refusal: TokenRefusal) -> Self {
        let client = |description: &str| Self::oauth("invalid_client", description);
        match refusal {
            TokenRefusal::Assertion(refusal) => client(&refusal.to_string()),
            TokenRefusal::Unknown => {
                client("this node is not registered: send its descriptor to register it")
            }
            TokenRefusal::Descriptor => client(
                "the descriptor is another's, has ended, or its identity log is not the newest one known",
            ),
            TokenRefusal::Used => client("this jti was here already"),
            TokenRefusal::Scope => Self::oauth("invalid_scope", "this client may have less"),
            TokenRefusal::Problem(problem) => Self::Problem(problem),
        }
    }
}

impl IntoResponse for NoToken {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Oauth(error) => error,
            Self::Problem(problem) => return problem.into_response(),
        };
        let is_client = error.error == "invalid_client";
        let status = if is_client { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        let mut response = (status, Json(error)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if is_client {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"openred\""));
        }
        response
    }
}
