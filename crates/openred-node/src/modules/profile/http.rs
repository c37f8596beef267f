//! Endpoints of the owner's profile and of pictures.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::header;
use openred_core::ids::Hash;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, Profile, avatar, store};
use crate::{
    api::Api,
    error::NodeError,
    modules::auth::unlock,
    modules::contacts::view::{self, LinkView},
};

/// Longest text about the owner, in characters (Annex A.2).
const BIO_CHARS_MAX: usize = 500;
/// Links at most.
const LINKS_MAX: usize = 8;

/// The owner's profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileView {
    node_id: String,
    username: String,
    display_name: String,
    bio: String,
    avatar_url: Option<String>,
    links: Vec<LinkView>,
    email: Option<String>,
    created_at: u64,
}

/// What is to change; absent members stay, `email: null` or an empty text removes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    display_name: Option<String>,
    bio: Option<String>,
    links: Option<Vec<LinkView>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
}

/// Tells `null` from absent.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// The profile.
#[utoipa::path(get, path = "/profile", tag = "profile", responses((status = 200, body = ProfileView)))]
pub async fn profile(State(api): State<Api>) -> Result<Json<ProfileView>, Problem> {
    let profile = api.deps.read(|w| store::get(w.tx, w.seal)?.ok_or(NodeError::NotSetUp));
    Ok(Json(shown(profile.await?)))
}

/// Changes the profile and tells friends and followers.
#[utoipa::path(patch, path = "/profile", tag = "profile", request_body = ProfileChange, responses((status = 200, body = ProfileView)))]
pub async fn change_profile(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<ProfileChange>,
) -> Result<Json<ProfileView>, Problem> {
    let change = checked(body)?;
    let renamed = change.display_name.is_some();
    let profile = super::change(&api.deps, change).await?;
    if renamed && let Err(error) = rename(&api).await {
        tracing::warn!(%error, "the descriptor with the new name comes later");
    }
    Ok(Json(shown(profile)))
}

/// Sets the picture: JPEG, PNG, WebP or GIF, at most 8 MiB.
#[utoipa::path(put, path = "/profile/avatar", tag = "profile", request_body(content = Vec<u8>, content_type = "image/*"), responses((status = 200, body = ProfileView)))]
pub async fn set_avatar(State(api): State<Api>, body: Bytes) -> Result<Json<ProfileView>, Problem> {
    let content = avatar::keep(&api, body.into()).await?;
    let change = Change { avatar: Some(Some(content)), ..Change::default() };
    Ok(Json(shown(super::change(&api.deps, change).await?)))
}

/// Removes the picture.
#[utoipa::path(delete, path = "/profile/avatar", tag = "profile", responses((status = 200, body = ProfileView)))]
pub async fn remove_avatar(State(api): State<Api>) -> Result<Json<ProfileView>, Problem> {
    let change = Change { avatar: Some(None), ..Change::default() };
    Ok(Json(shown(super::change(&api.deps, change).await?)))
}

/// A picture of the owner or of somebody known.
#[utoipa::path(get, path = "/avatars/{content_id}", tag = "profile", params(("content_id" = String, Path)), responses((status = 200, content_type = "image/jpeg", body = Vec<u8>)))]
pub async fn avatar(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: Hash = id.parse().map_err(|_| NodeError::Unknown("this picture"))?;
    let (bytes, media_type) = avatar::read(&api, id).await?;
    let cache = "private, max-age=31536000, immutable".to_owned();
    Ok(([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, cache)], bytes).into_response())
}

/// The descriptor carries the name too.
async fn rename(api: &Api) -> Result<(), NodeError> {
    unlock::network(api).await?;
    api.net.announce().await
}

fn shown(profile: Profile) -> ProfileView {
    ProfileView {
        node_id: profile.node_id,
        username: profile.username,
        display_name: profile.display_name,
        bio: profile.bio,
        avatar_url: profile.avatar.as_ref().map(view::avatar_url),
        links: profile.links.iter().map(|url| view::link(url)).collect(),
        email: profile.email,
        created_at: profile.created_at,
    }
}

fn checked(body: ProfileChange) -> Result<Change, NodeError> {
    let display_name =
        body.display_name.map(|name| crate::modules::auth::setup::check_name(&name)).transpose()?;
    if body.bio.as_ref().is_some_and(|bio| bio.chars().count() > BIO_CHARS_MAX) {
        return Err(NodeError::invalid("bio", "at most 500 characters"));
    }
    let links =
        body.links.map(|links| links.into_iter().map(|l| l.url.trim().to_owned()).collect::<Vec<_>>());
    if let Some(links) = &links {
        let good =
            |url: &String| url.len() <= 255 && url::Url::parse(url).is_ok_and(|u| u.scheme() == "https");
        if links.len() > LINKS_MAX || !links.iter().all(good) {
            return Err(NodeError::invalid("links", "at most 8 links that begin with https://"));
        }
    }
    let email = body.email.map(|email| email.unwrap_or_default().trim().to_owned());
    Ok(Change { display_name, bio: body.bio, links, email, avatar: None })
}
