//! Endpoints of the identity.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use http::StatusCode;
use openred_core::identity::IdentityLog;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    api::Api, error::NodeError, http_problem::WRONG_PASSPHRASE, modules::auth::http::SecretText, net::Other,
};

/// An entry of the identity log.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyEntry {
    seq: u64,
    /// `created` or `rotated`.
    kind: &'static str,
    at: u64,
    hash: String,
}

/// The identity.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityView {
    node_id: String,
    log_seq: u32,
    head: String,
    created_at: u64,
    /// `unsaved` or `saved`.
    recovery: &'static str,
    incarnation: String,
    entries: Vec<KeyEntry>,
    api_url: Option<String>,
    /// Another node speaks as this identity; this one is silent until its owner decides.
    elsewhere: Option<ElsewhereView>,
}

/// Another copy of this node.
#[derive(Debug, Serialize, ToSchema)]
pub struct ElsewhereView {
    /// `asking`, or `stopped`: the owner uses the other one.
    state: &'static str,
    /// When it was seen first, unix ms.
    seen_at: u64,
    /// When it last said how it is reached, unix ms.
    issued_at: u64,
    /// Of the other installation.
    incarnation: String,
    /// Whether this node may go on in its place: not when the key was replaced there.
    can_continue: bool,
}

impl ElsewhereView {
    fn of(other: &Other, own: &IdentityLog) -> Self {
        let body = other.descriptor.body();
        Self {
            state: if other.stopped { "stopped" } else { "asking" },
            seen_at: other.seen_at,
            issued_at: body.issued * 1_000,
            incarnation: body.incarnation.to_string(),
            can_continue: other.can_continue(own),
        }
    }
}

/// Which node the owner uses.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Used {
    /// This one: it makes newer keys and speaks again; the other stops and asks.
    This,
    /// The other one: this one stays silent.
    Other,
}

/// The owner's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElsewhereBody {
    #[serde(rename = "use")]
    used: Used,
}

/// Says which of two nodes with one identity the owner uses (409 `conflict` when nothing is asked, or when this one can
/// never speak again).
#[utoipa::path(post, path = "/identity/elsewhere", tag = "identity", request_body = ElsewhereBody, responses((status = 200, body = IdentityView)))]
pub async fn elsewhere(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<ElsewhereBody>,
) -> Result<Json<IdentityView>, Problem> {
    match body.used {
        Used::This => super::use_this(&api).await?,
        Used::Other => api.net.use_other().await?,
    }
    view(&api).await
}

/// Who this node is.
#[utoipa::path(get, path = "/identity", tag = "identity", responses((status = 200, body = IdentityView)))]
pub async fn identity(State(api): State<Api>) -> Result<Json<IdentityView>, Problem> {
    view(&api).await
}

async fn view(api: &Api) -> Result<Json<IdentityView>, Problem> {
    let log = api.deps.db.read(super::log).await?.ok_or(NodeError::NotSetUp)?;
    let saved = super::words_saved(&api.deps).await?.ok_or(NodeError::Locked)?;
    let own = api.net.own_descriptor();
    let entry = |e: super::Entry| KeyEntry { seq: e.seq, kind: e.kind, at: e.at, hash: e.hash.to_string() };
    Ok(Json(IdentityView {
        node_id: log.node_id().to_string(),
        log_seq: log.head_seq(),
        head: log.head().to_string(),
        created_at: log.created() * 1_000,
        recovery: if saved { "saved" } else { "unsaved" },
        incarnation: own.as_ref().map(|d| d.body().incarnation.to_string()).unwrap_or_default(),
        entries: super::entries(&log).into_iter().map(entry).collect(),
        api_url: api.place.api_url.clone(),
        elsewhere: api.net.elsewhere().map(|other| ElsewhereView::of(&other, &log)),
    }))
}

/// Body that asks for the words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordsBody {
    passphrase: SecretText,
}

/// The 24 words.
#[derive(Serialize, ToSchema)]
pub struct Words {
    #[schema(value_type = Vec<String>)]
    #[serde(serialize_with = "texts")]
    words: Vec<Zeroizing<String>>,
}

fn texts<S: serde::Serializer>(words: &[Zeroizing<String>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(words.iter().map(|word| word.as_str()))
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(…)")
    }
}

/// Shows the recovery words, until they were confirmed (410 `gone` from then on).
#[utoipa::path(post, path = "/identity/words", tag = "identity", request_body = WordsBody, responses((status = 200, body = Words)))]
pub async fn words(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<WordsBody>,
) -> Result<Json<Words>, Problem> {
    Ok(Json(Words { words: super::words(&api, body.passphrase.secret()).await? }))
}

/// Three words by their places, from 1.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    #[schema(value_type = BTreeMap<String, String>)]
    answers: BTreeMap<String, SecretText>,
}

/// Confirms that the words were saved: they leave this machine for good.
#[utoipa::path(post, path = "/identity/words/confirm", tag = "identity", request_body = ConfirmBody, responses((status = 204)))]
pub async fn confirm_words(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<ConfirmBody>,
) -> Result<StatusCode, Problem> {
    let read = |(place, word): (&String, &SecretText)| {
        let place =
            place.parse().map_err(|_| NodeError::invalid("answers", "a place is a number from 1 to 24"))?;
        Ok((place, Zeroizing::new(word.text().to_owned())))
    };
    let answers = body.answers.iter().map(read).collect::<Result<Vec<_>, NodeError>>()?;
    super::confirm(&api.deps, &answers).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Body of a rotation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    words: SecretText,
}

/// Replaces the signing key by the recovery words.
#[utoipa::path(post, path = "/identity/rotate", tag = "identity", request_body = RotateBody, responses((status = 200, body = IdentityView)))]
pub async fn rotate(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<RotateBody>,
) -> Result<Json<IdentityView>, Problem> {
    super::rotate(&api, body.words.secret()).await.map_err(|error| match error {
        NodeError::WrongPassphrase => {
            Problem::new(WRONG_PASSPHRASE).detail("these are not the recovery words of this node")
        }
        other => other.into(),
    })?;
    view(&api).await
}
