//! Endpoints of set-up, log-in, devices and tokens.

use axum::{
    Json,
    extract::{Path, State},
};
use http::{HeaderMap, StatusCode, header::SET_COOKIE};
use openred_keeper::{
    ops::{AuditKind, UnlockWith},
    secret::Secret,
};
use openred_service::{
    limits::Prefix,
    problem::{Problem, ProblemJson},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    DEVICE_MS,
    caller::Caller,
    cookie,
    guard::{self, Owner},
    hash_of, key_file, secret_text, setup, store, tokens, unlock,
};
use crate::{
    api::Api,
    error::NodeError,
    http_problem::WRONG_PASSPHRASE,
    modules::{audit, profile},
};

/// A secret in a body: a text that is wiped and never printed.
#[derive(ToSchema)]
#[schema(value_type = String)]
pub struct SecretText(Zeroizing<String>);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl SecretText {
    /// For the keeper.
    pub fn secret(&self) -> Secret {
        Secret::text(&self.0)
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// How far the node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No identity yet.
    Setup,
    /// The passphrase opens it.
    Locked,
    /// Open.
    Ready,
}

/// The phase and the names of the owner.
pub async fn phase(api: &Api) -> Result<(Phase, Option<(String, String, String)>), NodeError> {
    let names = api.deps.db.read(profile::store::names).await?;
    let phase = match &names {
        None => Phase::Setup,
        Some(_) if api.deps.seal.get().is_err() => Phase::Locked,
        Some(_) => Phase::Ready,
    };
    Ok((phase, names))
}

/// What anybody may know.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    phase: Phase,
    logged_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<String>,
    version: &'static str,
}

/// Phase of the node and whether this browser is logged in.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session)))]
pub async fn session(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<(HeaderMap, Json<Session>), Problem> {
    let (phase, names) = phase(&api).await?;
    let mut answer = HeaderMap::new();
    let device = guard::device_of(&api, &headers, &caller).await?;
    if let Some((_, token)) = &device {
        guard::by_cookie(&api, &headers, &caller).await?;
        answer.insert(SET_COOKIE, cookie::give(token, &cookie::tokens(&headers, &caller), &caller));
    }
    // On an open network a stranger learns the phase and nothing else.
    let names = names.filter(|_| device.is_some() || caller.local);
    let body = Session {
        phase,
        logged_in: device.is_some(),
        display_name: names.as_ref().map(|n| n.2.clone()),
        node_id: names.map(|n| n.0),
        version: api.place.version,
    };
    Ok((answer, Json(body)))
}

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
pub async fn setup(
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

/// A browser or an API client.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceView {
    id: String,
    name: String,
    created_at: u64,
    last_seen_at: u64,
    current: bool,
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Devices {
    items: Vec<DeviceView>,
}

/// Browsers and API clients that are logged in.
#[utoipa::path(get, path = "/devices", tag = "session", responses((status = 200, body = Devices)))]
pub async fn devices(State(api): State<Api>, owner: Owner) -> Result<Json<Devices>, Problem> {
    let now = api.deps.clock.now_ms();
    let rows = api.deps.db.read(move |tx| store::list(tx, now)).await?;
    let view = |d: store::Device| DeviceView {
        current: Some(d.id) == owner.device(),
        id: d.id.to_string(),
        name: d.name,
        created_at: d.created_at,
        last_seen_at: d.last_seen_at,
    };
    Ok(Json(Devices { items: rows.into_iter().map(view).collect() }))
}

/// Logs one out.
#[utoipa::path(delete, path = "/devices/{id}", tag = "session", params(("id" = String, Path)), responses((status = 204)))]
pub async fn remove_device(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id: i64 = id.parse().map_err(|_| NodeError::Unknown("this device"))?;
    if !api.deps.write_plain(move |tx| store::remove(tx, id)).await? {
        return Err(NodeError::Unknown("this device").into());
    }
    audit::note(&api.deps, AuditKind::Login, None, "a device was logged out").await;
    Ok(StatusCode::NO_CONTENT)
}

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

/// Adds this browser to the devices; the cookie to give it.
async fn log_in(api: &Api, caller: &Caller, headers: &HeaderMap) -> Result<HeaderMap, Problem> {
    let (token, now) = (secret_text()?, api.deps.clock.now_ms());
    let (hash, name) = (hash_of(&token), caller.device.clone());
    let replaced = guard::device_of(api, headers, caller).await?;
    let old = replaced.as_ref().map(|(device, _)| device.id);
    api.deps
        .write_plain(move |tx| {
            if let Some(old) = old {
                store::remove(tx, old)?;
            }
            store::add(tx, store::Kind::Browser, &hash, &name, now, now + DEVICE_MS)
        })
        .await?;
    audit::note(&api.deps, AuditKind::Login, None, "a browser logged in").await;
    let others: Vec<String> = cookie::tokens(headers, caller)
        .into_iter()
        .filter(|t| replaced.as_ref().is_none_or(|(_, own)| own != t))
        .collect();
    let mut answer = HeaderMap::new();
    answer.insert(SET_COOKIE, cookie::give(&token, &others, caller));
    Ok(answer)
}

/// The same, and every other device is logged out.
async fn log_in_alone(api: &Api, caller: &Caller, headers: &HeaderMap) -> Result<HeaderMap, Problem> {
    api.deps.write_plain(|tx| store::remove_others(tx, 0)).await?;
    log_in(api, caller, headers).await
}

/// Guessing is slowed down by address; the machine itself shares one place.
fn slow(api: &Api, caller: &Caller) -> Result<(), Problem> {
    let place = caller.address.filter(|a| !a.is_loopback()).map(Prefix::of);
    api.auth.0.tries.take(place, api.deps.clock.monotonic_ms())?;
    Ok(())
}
