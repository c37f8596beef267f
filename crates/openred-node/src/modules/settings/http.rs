//! Endpoints of the settings.

use axum::{Json, extract::State};
use openred_core::ids::NodeId;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DIRECTORIES_MAX, Discoverable, Language, Settings, Theme, Visibility, directory_address, store};
use crate::{api::Api, error::NodeError, net::store as net};

/// All settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    language: Language,
    theme: Theme,
    default_visibility: Visibility,
    discoverable: Discoverable,
    directories: Vec<String>,
    allow_requests: bool,
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
    allow_requests: Option<bool>,
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
    let directories = change.directories.as_deref().map(addresses).transpose()?;
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
            Ok(settings)
        })
        .await?;
    api.net.set_flags(settings.discoverable.flags());
    api.net.watch_directories().await?;
    view(&api).await
}

/// Address of a directory.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectoryBody {
    url: String,
}

/// What answers there.
#[derive(Debug, Serialize, ToSchema)]
pub struct DirectoryTest {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<String>,
    detail: String,
}

/// Asks an address whether a directory answers there. Nothing is kept.
#[utoipa::path(post, path = "/directories/test", tag = "settings", request_body = DirectoryBody, responses((status = 200, body = DirectoryTest)))]
pub async fn test_directory(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<DirectoryBody>,
) -> Result<Json<DirectoryTest>, Problem> {
    let (url, pin) = directory_address(&body.url).map_err(|error| match error {
        NodeError::Invalid { detail, .. } => NodeError::Invalid { field: "url", detail },
        other => other,
    })?;
    let answer = match api.net.directories.probe(&url).await {
        Ok(id) if pin.is_some_and(|pin| pin != id) => {
            let detail = "another directory answers there than the one you named after #".to_owned();
            DirectoryTest { ok: false, node_id: Some(id.to_string()), detail }
        }
        Ok(id) => DirectoryTest {
            ok: true,
            node_id: Some(id.to_string()),
            detail: "a directory answers".to_owned(),
        },
        Err(error) => DirectoryTest { ok: false, node_id: None, detail: error.to_string() },
    };
    Ok(Json(answer))
}

async fn view(api: &Api) -> Result<Json<SettingsView>, Problem> {
    let (settings, directories) =
        api.deps.db.read(|tx| Ok::<_, NodeError>((store::get(tx)?, net::directories(tx)?))).await?;
    Ok(Json(SettingsView {
        language: settings.language,
        theme: settings.theme,
        default_visibility: settings.default_visibility,
        discoverable: settings.discoverable,
        directories: directories.into_iter().map(|row| row.url).collect(),
        allow_requests: settings.allow_requests,
    }))
}

fn merged(old: Settings, change: &SettingsChange) -> Settings {
    Settings {
        language: change.language.unwrap_or(old.language),
        theme: change.theme.unwrap_or(old.theme),
        default_visibility: change.default_visibility.unwrap_or(old.default_visibility),
        discoverable: change.discoverable.unwrap_or(old.discoverable),
        allow_requests: change.allow_requests.unwrap_or(old.allow_requests),
    }
}

fn addresses(texts: &[String]) -> Result<Vec<(String, Option<NodeId>)>, NodeError> {
    if texts.len() > DIRECTORIES_MAX {
        return Err(NodeError::invalid("directories", "at most 16 directories"));
    }
    texts.iter().map(|text| directory_address(text)).collect()
}
