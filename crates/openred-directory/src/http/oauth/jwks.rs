//! `GET /.well-known/jwks.json`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::oauth::Guard;

/// Public keys of access tokens (RFC 7517).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Jwks {
    /// First the one that signs now; the one before it is good for what it signed.
    keys: Vec<Jwk>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Jwk {
    /// `OKP`.
    #[schema(value_type = String, example = "OKP")]
    kty: &'static str,
    /// `Ed25519`.
    #[schema(value_type = String, example = "Ed25519")]
    crv: &'static str,
    /// `EdDSA`.
    #[schema(value_type = String, example = "EdDSA")]
    alg: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    #[schema(value_type = String, example = "sig")]
    usage: &'static str,
    /// As in the head of a token.
    kid: String,
    /// The key, base64url.
    x: String,
}

/// The keys that sign access tokens; a new one each day.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "oauth",
    responses(
        (status = 200, description = "Public keys", body = Jwks),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn jwks(State(guard): State<Arc<Guard>>) -> Result<Json<Jwks>, Problem> {
    let ring = guard.keys().await?;
    let key = |key: &crate::oauth::TokenKey| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        usage: "sig",
        kid: key.kid.clone(),
        x: key.x.clone(),
    };
    Ok(Json(Jwks { keys: ring.all().map(key).collect() }))
}
