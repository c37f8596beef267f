//! Endpoints of log-in, recovery, log-out, the lock and the passphrase.

use axum::extract::State;
use http::{HeaderMap, StatusCode, header::SET_COOKIE};
use openred_keeper::ops::{AuditKind, UnlockWith};
use openred_service::problem::{Problem, ProblemJson};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    super::{
        caller::Caller,
        cookie,
        guard::{self, Owner},
        key_file, setup, store, unlock,
    },
    SecretText, log_in, log_in_alone, slow,
};
use crate::{api::Api, error::NodeError, http_problem::WRONG_PASSPHRASE, modules::audit};

/// Body of a log-in: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    passphrase: Option<SecretText>,
    key: Option<SecretText>,
}

/// Logs this browser in, by passphrase (which also unlocks the node) or by a one-time link.
#[utoipa::path(post, path = "/login", tag = "session", request_body = LoginBody, responses((status = 204)))]
pub async fn login(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    ProblemJson(body): ProblemJson<LoginBody>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    caller.must_be_private(&api)?;
    slow(&api, &caller)?;
    match (&body.passphrase, &body.key) {
        (Some(passphrase), None) => {
            let with = UnlockWith::Passphrase(passphrase.secret());
            if let Err(error) = unlock::run(&api, with).await {
                audit::note(&api.deps, AuditKind::Login, None, "a log-in failed").await;
                return Err(error.into());
            }
        }
        (None, Some(key)) => {
            api.deps.seal.get().map_err(NodeError::from)?;
            if !api.auth.take_link(key.text(), api.deps.clock.now_ms()) {
                return Err(Problem::used().detail("this link was used already or is older than ten minutes"));
            }
        }
        _ => return Err(NodeError::invalid("passphrase", "give a passphrase, or the key of a link").into()),
    }
    Ok((StatusCode::NO_CONTENT, log_in(&api, &caller, &headers).await?))
}

/// Body of the recovery.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverBody {
    words: SecretText,
    passphrase: SecretText,
}

/// Sets a new passphrase by the 24 recovery words. Other browsers and clients are logged out.
#[utoipa::path(post, path = "/recover", tag = "session", request_body = RecoverBody, responses((status = 204)))]
pub async fn recover(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    ProblemJson(body): ProblemJson<RecoverBody>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    caller.must_be_private(&api)?;
    slow(&api, &caller)?;
    let (words, new) = (body.words.secret(), body.passphrase.secret());
    setup::check_passphrase("passphrase", &new)?;
    let wrong = |error: NodeError| match error {
        NodeError::WrongPassphrase => {
            Problem::new(WRONG_PASSPHRASE).detail("these are not the recovery words of this node")
        }
        other => other.into(),
    };
    let reset = api.deps.keys.keeper().reset_passphrase(words.clone(), new).await;
    let bytes = reset.map_err(NodeError::from).map_err(wrong)?;
    key_file::write(&api.deps.keys, bytes.into_vec()).await?;
    unlock::run(&api, UnlockWith::Words(words)).await?;
    audit::note(&api.deps, AuditKind::Login, None, "the passphrase was reset by the recovery words").await;
    let cookie = log_in_alone(&api, &caller, &headers).await?;
    Ok((StatusCode::NO_CONTENT, cookie))
}

/// Body of a change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PassphraseBody {
    old: SecretText,
    new: SecretText,
}

/// Changes the passphrase. Other browsers and clients are logged out.
#[utoipa::path(post, path = "/passphrase", tag = "session", request_body = PassphraseBody, responses((status = 204)))]
pub async fn passphrase(
    State(api): State<Api>,
    owner: Owner,
    ProblemJson(body): ProblemJson<PassphraseBody>,
) -> Result<StatusCode, Problem> {
    setup::check_passphrase("new", &body.new.secret())?;
    let changed = api.deps.keys.keeper().change_passphrase(body.old.secret(), body.new.secret()).await;
    key_file::write(&api.deps.keys, changed.map_err(NodeError::from)?.into_vec()).await?;
    audit::keep(&api.deps).await;
    if let Some(id) = owner.device() {
        api.deps.write_plain(move |tx| store::remove_others(tx, id)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Logs this browser out.
#[utoipa::path(post, path = "/logout", tag = "session", responses((status = 204)))]
pub async fn logout(
    State(api): State<Api>,
    caller: Caller,
    owner: Owner,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let own = guard::device_of(&api, &headers, &caller).await?.map(|(_, token)| token);
    if let Some(id) = owner.device() {
        api.deps.write_plain(move |tx| store::remove(tx, id)).await?;
    }
    let left: Vec<String> =
        cookie::tokens(&headers, &caller).into_iter().filter(|t| Some(t) != own.as_ref()).collect();
    let mut answer = HeaderMap::new();
    answer.insert(SET_COOKIE, cookie::take_back(&left, &caller));
    Ok((StatusCode::NO_CONTENT, answer))
}

/// Locks the node: keys are wiped, sessions end. The passphrase opens it again.
#[utoipa::path(post, path = "/lock", tag = "session", responses((status = 204)))]
pub async fn lock(State(api): State<Api>) -> Result<StatusCode, Problem> {
    unlock::lock(&api).await?;
    Ok(StatusCode::NO_CONTENT)
}
