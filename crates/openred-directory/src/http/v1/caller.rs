//! Who calls: the bearer of a token (RFC 6750). Looked at before the body is read.
//!
//! Must not know: what the calls do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts as Head;
use http::{HeaderMap, HeaderValue, header};
use openred_service::problem::Problem;

use crate::http::Parts;
use crate::nodes::Node;
use crate::oauth::{AccessRefusal, Caller, Scope};

/// Somebody who may register, registered or not.
pub(in crate::http) struct Registering(pub(in crate::http) Caller);

/// A registered node that may find others.
pub(in crate::http) struct Reading;

/// A registered node that may have envelopes forwarded.
pub(in crate::http) struct Routing(pub(in crate::http) Arc<Node>);

impl FromRequestParts<Parts> for Registering {
    type Rejection = Unauthorized;

    async fn from_request_parts(head: &mut Head, parts: &Parts) -> Result<Self, Unauthorized> {
        let token = bearer(&head.headers).ok_or(Unauthorized(None))?;
        Ok(Self(parts.guard.admit(token, Scope::Register).await?))
    }
}

impl FromRequestParts<Parts> for Reading {
    type Rejection = Unauthorized;

    async fn from_request_parts(head: &mut Head, parts: &Parts) -> Result<Self, Unauthorized> {
        let token = bearer(&head.headers).ok_or(Unauthorized(None))?;
        parts.guard.admit_node(token, Scope::Read).await?;
        Ok(Self)
    }
}

impl FromRequestParts<Parts> for Routing {
    type Rejection = Unauthorized;

    async fn from_request_parts(head: &mut Head, parts: &Parts) -> Result<Self, Unauthorized> {
        let token = bearer(&head.headers).ok_or(Unauthorized(None))?;
        Ok(Self(parts.guard.admit_node(token, Scope::Route).await?))
    }
}

/// A call without a token (`None`), or with one that does not open this.
pub(in crate::http) struct Unauthorized(Option<AccessRefusal>);

impl From<AccessRefusal> for Unauthorized {
    fn from(refusal: AccessRefusal) -> Self {
        Self(Some(refusal))
    }
}

impl IntoResponse for Unauthorized {
    fn into_response(self) -> Response {
        let (problem, challenge) = match self.0 {
            None => (
                Problem::bad_presentation().detail("a token is needed: POST /oauth/token"),
                "Bearer realm=\"openred\"".to_owned(),
            ),
            Some(AccessRefusal::Invalid) => (
                Problem::bad_presentation()
                    .detail("the token has ended, or is not good here: POST /oauth/token"),
                "Bearer realm=\"openred\", error=\"invalid_token\"".to_owned(),
            ),
            Some(AccessRefusal::Scope(scope)) => (
                Problem::refused().detail(format!("the token does not allow {}", scope.as_str())),
                format!(
                    "Bearer realm=\"openred\", error=\"insufficient_scope\", scope=\"{}\"",
                    scope.as_str()
                ),
            ),
            Some(AccessRefusal::Database(error)) => return Problem::from(error).into_response(),
        };
        let mut response = problem.into_response();
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}
