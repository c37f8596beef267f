//! Endpoint of the set-up.

use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{caller::Caller, setup},
    SecretText, log_in, slow,
};
use crate::{api::Api, error::NodeError};

/// Body of the set-up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupBody {
    key: SecretText,
    display_name: String,
    passphrase: SecretText,
    invitation: Option<String>,
}

/// Answer to the set-up.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupAnswer {
    node_id: String,
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationAnswer>,
}

/// What came of the invitation that was given with the set-up.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationAnswer {
    /// `sent`, `waiting` or `failed`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// First run: makes the identity. Once, with the printed key, from this machine.
#[utoipa::path(post, path = "/setup", tag = "session", request_body = SetupBody, responses((status = 201, body = SetupAnswer)))]
pub async fn set_up(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    ProblemJson(body): ProblemJson<SetupBody>,
) -> Result<(StatusCode, HeaderMap, Json<SetupAnswer>), Problem> {
    if !caller.local {
        let words =
            "set-up works on the machine of the node only: open the printed link there, or through ssh -L";
        return Err(Problem::insecure_transport().detail(words));
    }
    slow(&api, &caller)?;
    let made = setup::run(&api, body.key.text(), &body.display_name, &body.passphrase.secret()).await;
    let made = made.map_err(|error| match error {
        NodeError::Gone(why) if why.contains("used") => Problem::used().detail(why),
        other => other.into(),
    })?;
    let cookie = log_in(&api, &caller, &headers).await?;
    let invitation = match body.invitation.as_deref().map(str::trim).filter(|link| !link.is_empty()) {
        Some(link) => Some(redeem(&api, link).await),
        None => None,
    };
    Ok((
        StatusCode::CREATED,
        cookie,
        Json(SetupAnswer { node_id: made.node_id, username: made.username, invitation }),
    ))
}

async fn redeem(api: &Api, link: &str) -> InvitationAnswer {
    match api.net.redeem(link).await {
        Ok((_, state)) => InvitationAnswer { state, detail: None },
        Err(error) => {
            let problem = Problem::from(error);
            InvitationAnswer { state: "failed", detail: problem.detail.or(Some(problem.title.into_owned())) }
        }
    }
}
