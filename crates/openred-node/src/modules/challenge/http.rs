//! Endpoints of confirmations: what contacts ask of the owner, and asking a contact.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Decision, REASON_CHARS_MAX};
use crate::{
    api::Api,
    error::NodeError,
    modules::contacts::{
        store as people,
        view::{self, PersonView},
    },
    net::Confirmation,
};

/// A contact's node asks the owner to confirm.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeView {
    id: String,
    /// Whose node asks.
    from: PersonView,
    /// Their words, at most 200 characters.
    reason: String,
    /// Unix ms.
    asked_at: u64,
    /// Unix ms; later answers are of no use.
    until_at: u64,
}

/// What waits for the owner, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeList {
    items: Vec<ChallengeView>,
}

/// What contacts ask the owner to confirm. Each waits for less than a minute; the event `challenge` says when one
/// comes or ends.
#[utoipa::path(get, path = "/challenges", tag = "people", responses((status = 200, body = ChallengeList)))]
pub async fn challenges(State(api): State<Api>) -> Result<Json<ChallengeList>, Problem> {
    let net = api.net.clone();
    let items = api.deps.read(move |w| {
        let mut items = Vec::new();
        for question in net.challenges.list() {
            let Some(person) = people::get(w.tx, w.seal, question.person)? else { continue };
            items.push(ChallengeView {
                id: question.id.to_string(),
                from: view::person(w, &net, &person)?,
                reason: question.reason,
                asked_at: question.asked_at,
                until_at: question.until_at,
            });
        }
        Ok(items)
    });
    Ok(Json(ChallengeList { items: items.await? }))
}

/// The owner's answer.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// It is really the owner, who agrees: signed by the keeper.
    Confirm,
    /// No.
    Refuse,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideChallenge {
    decision: Said,
}

/// Answers a contact's question.
#[utoipa::path(post, path = "/challenges/{id}", tag = "people", params(("id" = String, Path)), request_body = DecideChallenge, responses((status = 204)))]
pub async fn decide_challenge(
    State(api): State<Api>,
    Path(id): Path<u64>,
    ProblemJson(body): ProblemJson<DecideChallenge>,
) -> Result<StatusCode, Problem> {
    let decision = match body.decision {
        Said::Confirm => Decision::Confirm,
        Said::Refuse => Decision::Refuse,
    };
    api.net.challenges.decide(id, decision)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why their owner is to confirm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskChallenge {
    /// Shown to them; 1 to 200 characters.
    reason: String,
}

/// What their owner said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeOutcome {
    /// `confirmed refused unanswered`.
    answer: &'static str,
    /// Unix seconds at which their keeper signed; only when confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
}

/// Asks a contact to confirm that it is really them. Waits for their answer, up to a minute.
#[utoipa::path(post, path = "/people/{node_id}/challenge", tag = "people", params(("node_id" = String, Path)), request_body = AskChallenge, responses((status = 200, body = ChallengeOutcome)))]
pub async fn ask_challenge(
    State(api): State<Api>,
    Path(id): Path<String>,
    ProblemJson(body): ProblemJson<AskChallenge>,
) -> Result<Json<ChallengeOutcome>, Problem> {
    let id = id.parse().map_err(|_| NodeError::Unknown("this person"))?;
    let reason = reason(&body.reason)?;
    let (answer, time) = match api.net.confirm(&id, reason).await? {
        Confirmation::Confirmed { time } => ("confirmed", Some(time)),
        Confirmation::Refused => ("refused", None),
        Confirmation::Unanswered => ("unanswered", None),
    };
    Ok(Json(ChallengeOutcome { answer, time }))
}

/// One line of 1 to 200 characters.
fn reason(text: &str) -> Result<String, NodeError> {
    let text = text.trim();
    let length = text.chars().count();
    if (1..=REASON_CHARS_MAX).contains(&length) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(NodeError::invalid("reason", "a reason is one line of 1 to 200 characters"))
    }
}
