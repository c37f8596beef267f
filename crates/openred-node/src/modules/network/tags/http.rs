//! Endpoints of hashtags.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::{FOLLOWED_MAX, read, store};
use crate::{api::Api, error::NodeError};

/// A hashtag that the owner follows.
#[derive(Debug, Serialize, ToSchema)]
pub struct HashtagView {
    /// Lower case, without `#`.
    tag: String,
    /// Unix ms.
    since_at: u64,
}

/// What is followed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hashtags {
    items: Vec<HashtagView>,
}

/// The hashtags that the owner follows.
#[utoipa::path(get, path = "/hashtags", tag = "feed", responses((status = 200, body = Hashtags)))]
pub async fn hashtags(State(api): State<Api>) -> Result<Json<Hashtags>, Problem> {
    let followed = api.deps.read(|w| Ok(store::followed(w.tx, w.seal)?)).await?;
    let items = followed.into_iter().map(|(tag, since_at)| HashtagView { tag, since_at }).collect();
    Ok(Json(Hashtags { items }))
}

/// Follows a hashtag: public posts with it, of whoever the network brings, come into the feed.
#[utoipa::path(put, path = "/hashtags/{tag}", tag = "feed", params(("tag" = String, Path)), responses((status = 204)))]
pub async fn follow_hashtag(State(api): State<Api>, Path(tag): Path<String>) -> Result<StatusCode, Problem> {
    let tag = read(&tag)?;
    let followed = api.deps.write(move |w| {
        if store::followed(w.tx, w.seal)?.len() >= FOLLOWED_MAX {
            return Err(NodeError::Refused("you follow 256 hashtags: leave one first"));
        }
        Ok(store::follow(w.tx, w.seal, &tag, w.now)?)
    });
    followed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Follows it no longer. Posts that came by it stay.
#[utoipa::path(delete, path = "/hashtags/{tag}", tag = "feed", params(("tag" = String, Path)), responses((status = 204)))]
pub async fn unfollow_hashtag(
    State(api): State<Api>,
    Path(tag): Path<String>,
) -> Result<StatusCode, Problem> {
    let tag = read(&tag)?;
    if api.deps.write(move |w| Ok(store::unfollow(w.tx, w.seal, &tag)?)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(NodeError::Unknown("this hashtag").into())
    }
}
