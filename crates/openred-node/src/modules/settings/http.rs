//! Endpoints of the settings.

use axum::{Json, extract::State};
use openred_core::ids::NodeId;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    DIRECTORIES_MAX, Discoverable, Language, MessageRequests, RELAYS_MAX, Settings, Theme, UNDO_SEND_S_MAX,
    Visibility, server_address, store,
};
use crate::{
    api::Api,
    error::NodeError,
    net::{relays::store as relays, store as net},
};

/// All settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    language: Language,
    theme: Theme,
    default_visibility: Visibility,
    discoverable: Discoverable,
    directories: Vec<String>,
    /// Where mail for this node is kept while it is away.
    relays: Vec<String>,
    allow_requests: bool,
    allow_message_requests: MessageRequests,
    /// Seconds, at most 30.
    undo_send_s: u8,
    read_receipts: bool,
    /// Bytes.
    fetch_pictures_max: u64,
    typing_signs: bool,
    /// Whether you are told of being named in a muted conversation.
    mention_notices: bool,
}

/// What is to change; absent members stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    language: Option<Language>,
    theme: Option<Theme>,
    default_visibility: Option<Visibility>,
    discoverable: Option<Discoverable>,
    /// `https://…`, with `#node_id` to pin whom to expect there; at most 16.
    directories: Option<Vec<String>>,
    /// The same, at most 4.
    relays: Option<Vec<String>>,
    allow_requests: Option<bool>,
    /// Who may write to the owner without being a friend: it waits among the requests.
    allow_message_requests: Option<MessageRequests>,
    /// How long a message of a conversation may be taken back before it leaves: seconds, at most 30.
    #[schema(maximum = 30)]
    undo_send_s: Option<u8>,
    /// Whether others are told what you have read.
    read_receipts: Option<bool>,
    /// Pictures and recordings of messages up to this size are fetched unasked, bytes; 0: none.
    fetch_pictures_max: Option<u64>,
    /// Whether friends see that you are writing, and you that they are.
    typing_signs: Option<bool>,
    /// Whether you are told of being named in a muted conversation.
    mention_notices: Option<bool>,
}

/// The settings.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = SettingsView)))]
pub async fn settings(State(api): State<Api>) -> Result<Json<SettingsView>, Problem> {
    view(&api).await
}

/// Changes settings.
#[utoipa::path(patch, path = "/settings", tag = "settings", request_body = SettingsChange, responses((status = 200, body = SettingsView)))]
pub async fn change_settings(
    State(api): State<Api>,
    ProblemJson(change): ProblemJson<SettingsChange>,
) -> Result<Json<SettingsView>, Problem> {
    if change.undo_send_s.is_some_and(|seconds| seconds > UNDO_SEND_S_MAX) {
        return Err(NodeError::invalid("undo_send_s", "at most 30 seconds").into());
    }
    let directories = change.directories.as_deref();
    let directories = directories.map(|all| addresses("directories", all, DIRECTORIES_MAX)).transpose()?;
    let wanted_relays = change.relays.as_deref();
    let wanted_relays = wanted_relays.map(|all| addresses("relays", all, RELAYS_MAX)).transpose()?;
    let relays_change = wanted_relays.is_some();
    let now = api.deps.clock.now_ms();
    let settings = api
        .deps
        .write_plain(move |tx| {
            let settings = merged(store::get(tx)?, &change);
            store::set(tx, &settings, now)?;
            if let Some(wanted) = &directories {
                for old in net::directories(tx)?.iter().filter(|old| wanted.iter().all(|w| w.0 != old.url)) {
                    net::remove_directory(tx, &old.url)?;
                }
                for (at, (url, pin)) in wanted.iter().enumerate() {
                    net::add_directory(tx, url, pin.as_ref(), now + at as u64)?;
                }
            }
            if let Some(wanted) = &wanted_relays {
                for old in relays::relays(tx)?.iter().filter(|old| wanted.iter().all(|w| w.0 != old.url)) {
                    relays::remove(tx, &old.url)?;
                }
                for (at, (url, pin)) in wanted.iter().enumerate() {
                    relays::add(tx, url, pin.as_ref(), now + at as u64)?;
                }
            }
            Ok(settings)
        })
        .await?;
    api.net.set_flags(settings.discoverable.flags());
    api.net.watch_directories().await?;
    api.net.watch_relays().await?;
    if relays_change {
        // Who gets no new queue hears of those that are no more.
        api.net.announce().await?;
    }
    view(&api).await
}

/// Address of a directory or relay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerBody {
    url: String,
}

/// What answers there.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerTest {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<String>,
    detail: String,
}

/// Asks an address whether a directory answers there. Nothing is kept.
#[utoipa::path(post, path = "/directories/test", tag = "settings", request_body = ServerBody, responses((status = 200, body = ServerTest)))]
pub async fn test_directory(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<ServerBody>,
) -> Result<Json<ServerTest>, Problem> {
    let (url, pin) = server_address("url", &body.url)?;
    Ok(Json(tested("directory", pin, api.net.directories.probe(&url).await)))
}

/// Asks an address whether a relay answers there. Nothing is kept.
#[utoipa::path(post, path = "/relays/test", tag = "settings", request_body = ServerBody, responses((status = 200, body = ServerTest)))]
pub async fn test_relay(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<ServerBody>,
) -> Result<Json<ServerTest>, Problem> {
    let (url, pin) = server_address("url", &body.url)?;
    Ok(Json(tested("relay", pin, api.net.probe_relay(&url).await)))
}

fn tested(what: &str, pin: Option<NodeId>, answer: Result<NodeId, NodeError>) -> ServerTest {
    match answer {
        Ok(id) if pin.is_some_and(|pin| pin != id) => {
            let detail = format!("another {what} answers there than the one you named after #");
            ServerTest { ok: false, node_id: Some(id.to_string()), detail }
        }
        Ok(id) => ServerTest { ok: true, node_id: Some(id.to_string()), detail: format!("a {what} answers") },
        Err(error) => ServerTest { ok: false, node_id: None, detail: error.to_string() },
    }
}

async fn view(api: &Api) -> Result<Json<SettingsView>, Problem> {
    let read = api
        .deps
        .db
        .read(|tx| Ok::<_, NodeError>((store::get(tx)?, net::directories(tx)?, relays::relays(tx)?)));
    let (settings, directories, relays) = read.await?;
    Ok(Json(SettingsView {
        language: settings.language,
        theme: settings.theme,
        default_visibility: settings.default_visibility,
        discoverable: settings.discoverable,
        directories: directories.into_iter().map(|row| row.url).collect(),
        relays: relays.into_iter().map(|row| row.url).collect(),
        allow_requests: settings.allow_requests,
        allow_message_requests: settings.allow_message_requests,
        undo_send_s: settings.undo_send_s,
        read_receipts: settings.read_receipts,
        fetch_pictures_max: settings.fetch_pictures_max,
        typing_signs: settings.typing_signs,
        mention_notices: settings.mention_notices,
    }))
}

fn merged(old: Settings, change: &SettingsChange) -> Settings {
    Settings {
        language: change.language.unwrap_or(old.language),
        theme: change.theme.unwrap_or(old.theme),
        default_visibility: change.default_visibility.unwrap_or(old.default_visibility),
        discoverable: change.discoverable.unwrap_or(old.discoverable),
        allow_requests: change.allow_requests.unwrap_or(old.allow_requests),
        allow_message_requests: change.allow_message_requests.unwrap_or(old.allow_message_requests),
        undo_send_s: change.undo_send_s.unwrap_or(old.undo_send_s),
        read_receipts: change.read_receipts.unwrap_or(old.read_receipts),
        fetch_pictures_max: change.fetch_pictures_max.unwrap_or(old.fetch_pictures_max),
        typing_signs: change.typing_signs.unwrap_or(old.typing_signs),
        mention_notices: change.mention_notices.unwrap_or(old.mention_notices),
    }
}

fn addresses(
    field: &'static str,
    texts: &[String],
    most: usize,
) -> Result<Vec<(String, Option<NodeId>)>, NodeError> {
    if texts.len() > most {
        return Err(NodeError::invalid(field, format!("at most {most} of these")));
    }
    texts.iter().map(|text| server_address(field, text)).collect()
}
