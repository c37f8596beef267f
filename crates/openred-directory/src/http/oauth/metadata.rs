//! `GET /.well-known/oauth-authorization-server` (RFC 8414).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use openred_service::identity::Own;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::oauth::SCOPES;

/// How tokens are asked for here.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Metadata {
    /// URL of this directory, as its owner has set it.
    issuer: String,
    /// Where tokens are given.
    token_endpoint: String,
    /// The keys that sign them.
    jwks_uri: String,
    /// `client_credentials`.
    #[schema(value_type = Vec<String>)]
    grant_types_supported: [&'static str; 1],
    /// None: nobody is sent to a page.
    #[schema(value_type = Vec<String>)]
    response_types_supported: [&'static str; 0],
    /// `private_key_jwt`.
    #[schema(value_type = Vec<String>)]
    token_endpoint_auth_methods_supported: [&'static str; 1],
    /// `EdDSA`.
    #[schema(value_type = Vec<String>)]
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
    /// `register`, `read`, `route`.
    #[schema(value_type = Vec<String>)]
    scopes_supported: Vec<&'static str>,
    /// What `aud` of an assertion has to be: the id of this directory, hex.
    openred_audience: String,
}

/// Where and how a client gets a token.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = "oauth",
    responses(
        (status = 200, description = "Metadata of the authorization server", body = Metadata),
        (status = 404, description = "`unknown`: the owner has not said under which URL this directory is reached",
         body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn metadata(State(own): State<Arc<Own>>) -> Result<Json<Metadata>, Problem> {
    let descriptor = own.descriptor();
    let url = descriptor.body().api_url.as_deref().map(|url| url.trim_end_matches('/'));
    let url = url.ok_or_else(|| Problem::unknown().detail("this directory has no public_url"))?;
    Ok(Json(Metadata {
        issuer: url.to_owned(),
        token_endpoint: format!("{url}/oauth/token"),
        jwks_uri: format!("{url}/.well-known/jwks.json"),
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["EdDSA"],
        scopes_supported: SCOPES.iter().map(|scope| scope.as_str()).collect(),
        openred_audience: own.node_id().to_string(),
    }))
}
