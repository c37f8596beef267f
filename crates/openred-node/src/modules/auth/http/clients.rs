//! Endpoints for API clients and the command line.

use axum::{Json, extract::State};
use openred_keeper::ops::AuditKind;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{caller::Caller, guard::Owner, tokens},
    SecretText, slow,
};
use crate::{api::Api, error::NodeError, modules::audit};

/// Body of a new client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBody {
    /// For the list of devices, 1 to 64 characters.
    name: String,
}

/// Tokens for an API client.
#[utoipa::path(post, path = "/tokens", tag = "session", request_body = TokenBody, responses((status = 200, body = tokens::Pair)))]
pub async fn new_tokens(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<TokenBody>,
) -> Result<Json<tokens::Pair>, Problem> {
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 64 {
        return Err(NodeError::invalid("name", "a name has 1 to 64 characters").into());
    }
    let pair = tokens::create(&api, name).await?;
    audit::note(&api.deps, AuditKind::Token, None, "tokens for an API client were made").await;
    Ok(Json(pair))
}

/// Body of a refresh.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    refresh_token: SecretText,
}

/// The next tokens; the ones before end.
#[utoipa::path(post, path = "/tokens/refresh", tag = "session", request_body = RefreshBody, responses((status = 200, body = tokens::Pair)))]
pub async fn refresh_tokens(
    State(api): State<Api>,
    caller: Caller,
    ProblemJson(body): ProblemJson<RefreshBody>,
) -> Result<Json<tokens::Pair>, Problem> {
    caller.must_be_private(&api)?;
    slow(&api, &caller)?;
    Ok(Json(tokens::refresh(&api, body.refresh_token.text()).await?))
}

/// A link that logs one browser in.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginLink {
    /// `http://localhost:PORT/#l=KEY`, ten minutes, once.
    url: String,
}

/// Makes a one-time log-in link. Only for the command line and API clients.
#[utoipa::path(post, path = "/login-links", tag = "session", responses((status = 200, body = LoginLink)))]
pub async fn new_login_link(State(api): State<Api>, owner: Owner) -> Result<Json<LoginLink>, Problem> {
    if matches!(owner, Owner::Browser(_)) {
        return Err(NodeError::Refused("log-in links are made on the command line: openred link").into());
    }
    let key = api.auth.new_link(api.deps.clock.now_ms())?;
    audit::note(&api.deps, AuditKind::Login, None, "a one-time log-in link was made").await;
    Ok(Json(LoginLink { url: format!("http://localhost:{}/#l={}", api.place.port, *key) }))
}
