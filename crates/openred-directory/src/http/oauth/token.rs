//! `POST /oauth/token`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use openred_core::descriptor::Descriptor;
use openred_core::ids::b64_decode;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::refusal::{NoToken, OauthError};
use crate::bounds::ACCESS_TOKEN_SECS;
use crate::oauth::{Asked, Guard};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A node asks for an access token. What is not named here is ignored (RFC 6749 §3.2).
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "described, never made: a form is read name by name")]
pub(in crate::http) struct TokenForm {
    /// `client_credentials`.
    #[schema(pattern = "^client_credentials$", example = "client_credentials")]
    grant_type: String,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    #[schema(
        pattern = "^urn:ietf:params:oauth:client-assertion-type:jwt-bearer$",
        example = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    )]
    client_assertion_type: String,
    /// A JWT signed by the node's current key (EdDSA): `iss` and `sub` its node id, `aud` the id of this directory as one
    /// text, `exp` at most 60 s ahead, `jti` (at most 128 bytes) never used before.
    #[schema(example = "eyJhbGciOiJFZERTQSJ9.e30.AA")]
    client_assertion: String,
    /// The node id, if given.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    client_id: Option<String>,
    /// Of `register`, `read`, `route`, separated by spaces; all that it may have if absent.
    scope: Option<String>,
    /// Signed descriptor, base64url: for who is not registered here, or has a newer key. The token is then for `register`
    /// alone.
    #[schema(pattern = "^[A-Za-z0-9_-]+$")]
    descriptor: Option<String>,
}

/// A token that was given.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TokenAnswer {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// What it allows.
    scope: String,
}

/// Ask for an access token (RFC 6749 §4.4, RFC 7523).
///
/// Client credentials with `private_key_jwt`: the client id is the node id, and no secret is shared.
#[utoipa::path(
    post, path = "/oauth/token", tag = "oauth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token for ten minutes", body = TokenAnswer),
        (status = 400, description = "`invalid_request`, `unsupported_grant_type`, `invalid_scope`", body = OauthError),
        (status = 401, description = "`invalid_client`: the assertion does not prove who the client is, the client is \
         not registered, or the jti was used", body = OauthError),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`: also for an assertion from before the start", body = Problem,
         content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn token(
    State(guard): State<Arc<Guard>>,
    body: Bytes,
) -> Result<Response, NoToken> {
    let form = form(&body)?;
    let member = |name: &str| form.get(name).map(String::as_str);
    let needed = |name: &str| member(name).ok_or_else(|| NoToken::request(&format!("{name} is missing")));
    if needed("grant_type")? != "client_credentials" {
        return Err(NoToken::oauth("unsupported_grant_type", "client_credentials is the only one"));
    }
    if needed("client_assertion_type")? != ASSERTION_TYPE {
        return Err(NoToken::request("client_assertion_type: a JWT is the only one"));
    }
    let client = member("client_id").map(str::parse).transpose();
    let asked = Asked {
        assertion: needed("client_assertion")?,
        client: client.map_err(|_| NoToken::request("client_id: 64 lowercase hex digits"))?,
        descriptor: member("descriptor").map(descriptor).transpose()?,
        scope: member("scope"),
    };
    let given = guard.give(&asked).await?;
    let answer = TokenAnswer {
        access_token: given.token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_SECS,
        scope: given.scope,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn form(body: &[u8]) -> Result<BTreeMap<String, String>, NoToken> {
    let mut form = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if form.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(NoToken::request("a name is there twice"));
        }
    }
    Ok(form)
}

fn descriptor(text: &str) -> Result<Descriptor, NoToken> {
    let parsed = b64_decode(text).ok().and_then(|bytes| Descriptor::parse(&bytes).ok());
    parsed.ok_or_else(|| NoToken::request("descriptor: a signed descriptor in base64url"))
}
