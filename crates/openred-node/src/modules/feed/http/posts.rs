//! Posts and the feed.

#![expect(unused_qualifications, reason = "the macro of utoipa repeats the type of a query")]

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::{HeaderMap, StatusCode};
use openred_core::ids::{Hash, Id16, NodeId};
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::{
    audience::{Visibility, Whom},
    home::{
        self,
        store::{Filter, Place},
        view::PostView,
    },
    own,
    posts::store::OWN,
};
use crate::{
    api::Api,
    deps::Work,
    error::NodeError,
    modules::{contacts, network::tags},
};

/// Posts of a page unless the client says otherwise.
const PAGE: i64 = 20;
/// How long opening a post waits for the author's node.
const FETCH_WAIT: Duration = Duration::from_secs(6);
/// Longest Idempotency-Key, bytes.
const KEY_BYTES_MAX: usize = 128;

/// Whose posts.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// All that are held.
    #[default]
    Everyone,
    /// Of friends.
    Friends,
    /// The owner's.
    Mine,
}

/// Query of the feed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct FeedQuery {
    #[param(inline)]
    #[serde(default)]
    filter: Whose,
    /// Node id: only posts of this person.
    #[param(value_type = Option<String>)]
    author: Option<NodeId>,
    /// Only posts with this hashtag.
    tag: Option<String>,
    /// Words, 1 to 200 characters: posts that say all of them, in the order in which they came here. From three letters on a
    /// beginning is enough; case and accents do not count. Among all posts, or with `author` or `filter=mine`.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 100, usually 20.
    limit: Option<i64>,
}

/// Query for what is new.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NewQuery {
    /// `newest` of a page.
    since: String,
    #[param(inline)]
    #[serde(default)]
    filter: Whose,
}

/// A page of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedPage {
    items: Vec<PostView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Where counting what is new begins.
    newest: String,
}

/// How many posts are new.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewCount {
    /// At most 1,000 are counted.
    count: u64,
}

/// Who a post is for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ForWhom {
    /// Everybody.
    Public,
    /// Friends.
    Friends,
    /// Who is in `circle`.
    Circle,
    /// The owner alone.
    Private,
}

/// A new post.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPost {
    /// 1 to 20,000 characters.
    text: String,
    visibility: ForWhom,
    /// The owner's circle, where `visibility` is `circle`.
    #[schema(value_type = Option<String>)]
    circle: Option<Id16>,
}

/// Another text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The whole new text.
    pub(super) text: String,
}

impl NewPost {
    fn whom(&self) -> Result<Whom, NodeError> {
        Ok(match (self.visibility, self.circle) {
            (ForWhom::Circle, Some(circle)) => Whom::Circle(circle),
            (ForWhom::Circle, None) => return Err(NodeError::invalid("circle", "say which one")),
            (_, Some(_)) => return Err(NodeError::invalid("circle", "only where visibility is circle")),
            (ForWhom::Public, None) => Visibility::Public.into(),
            (ForWhom::Friends, None) => Visibility::Friends.into(),
            (ForWhom::Private, None) => Visibility::Private.into(),
        })
    }
}

/// The feed, newest first.
#[utoipa::path(get, path = "/feed", tag = "feed", params(FeedQuery), responses((status = 200, body = FeedPage)))]
pub async fn feed(State(api): State<Api>, Query(query): Query<FeedQuery>) -> Result<Json<FeedPage>, Problem> {
    let before = match query.after.as_deref() {
        None => Place::TOP,
        Some(cursor) => {
            Place::from_cursor(cursor).ok_or_else(|| NodeError::invalid("after", "not a cursor"))?
        }
    };
    let page = api.deps.read(move |w| {
        let filter = match &query.tag {
            Some(tag) => tagged(w, tag)?,
            None => filter(w, query.filter, query.author.as_ref())?,
        };
        let limit = query.limit.unwrap_or(PAGE);
        match &query.q {
            Some(words) => home::found(w, words, filter, before, limit),
            None => home::page(w, filter, before, limit),
        }
    });
    let page = page.await?;
    let next = page.next.map(|place| place.cursor());
    Ok(Json(FeedPage { items: page.items, next, newest: page.newest.to_string() }))
}

/// How many posts came since a page was read.
#[utoipa::path(get, path = "/feed/new", tag = "feed", params(NewQuery), responses((status = 200, body = NewCount)))]
pub async fn new_posts(
    State(api): State<Api>,
    Query(query): Query<NewQuery>,
) -> Result<Json<NewCount>, Problem> {
    let since: i64 = query.since.parse().map_err(|_| NodeError::invalid("since", "not a mark of a page"))?;
    let count = api.deps.read(move |w| home::count_since(w, filter(w, query.filter, None)?, since));
    Ok(Json(NewCount { count: count.await? }))
}

fn filter(work: &Work<'_, '_>, whose: Whose, author: Option<&NodeId>) -> Result<Filter, NodeError> {
    Ok(match (author, whose) {
        (Some(id), _) if *id == work.me.node_id => Filter::Author(OWN),
        (Some(id), _) => Filter::Author(contacts::known(work, id)?.id),
        (None, Whose::Everyone) => Filter::Everyone,
        (None, Whose::Friends) => Filter::Friends,
        (None, Whose::Mine) => Filter::Author(OWN),
    })
}

fn tagged(work: &Work<'_, '_>, tag: &str) -> Result<Filter, NodeError> {
    let key = tags::store::key_of(work.seal, &tags::read(tag)?);
    let key = key.try_into().map_err(|_| NodeError::Internal("a tag's key".to_owned()))?;
    Ok(Filter::Tag(key))
}

/// Writes a post. With a header `Idempotency-Key` the same call within 24 hours makes no second one.
#[utoipa::path(post, path = "/posts", tag = "feed", request_body = NewPost, responses((status = 201, body = PostView)),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible characters")))]
pub async fn create(
    State(api): State<Api>,
    headers: HeaderMap,
    ProblemJson(new): ProblemJson<NewPost>,
) -> Result<(StatusCode, Json<PostView>), Problem> {
    let key = idempotency_key(&headers)?;
    let whom = new.whom()?;
    let post = own::posts::create(&api.deps, new.text, whom, key).await?;
    Ok((StatusCode::CREATED, Json(post)))
}

/// The header `Idempotency-Key`, if there is one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, NodeError> {
    let key = headers.get("idempotency-key").map(|value| {
        let text = value.to_str().ok().filter(|t| (1..=KEY_BYTES_MAX).contains(&t.len())).map(str::to_owned);
        text.ok_or_else(|| NodeError::invalid("Idempotency-Key", "1 to 128 visible characters"))
    });
    key.transpose()
}

/// One post, whole: a longer text is fetched from its author's node.
#[utoipa::path(get, path = "/posts/{id}", tag = "feed", params(("id" = String, Path)), responses((status = 200, body = PostView)))]
pub async fn one(State(api): State<Api>, Path(id): Path<Hash>) -> Result<Json<PostView>, Problem> {
    bring(&api, id).await?;
    Ok(Json(view(&api, id).await?))
}

/// Brings a longer text here, as far as the author's node answers soon.
pub(super) async fn bring(api: &Api, id: Hash) -> Result<(), NodeError> {
    let fetch = own::fetch::whole_text(&api.deps, &api.net, id);
    tokio::time::timeout(FETCH_WAIT, fetch).await.unwrap_or(Ok(()))
}

/// Changes a post of the owner; readers see that it was edited.
#[utoipa::path(patch, path = "/posts/{id}", tag = "feed", params(("id" = String, Path)), request_body = NewText, responses((status = 200, body = PostView)))]
pub async fn edit(
    State(api): State<Api>,
    Path(id): Path<Hash>,
    ProblemJson(new): ProblemJson<NewText>,
) -> Result<Json<PostView>, Problem> {
    own::posts::edit(&api.deps, id, new.text).await?;
    Ok(Json(view(&api, id).await?))
}

/// Deletes a post of the owner, here and at its readers.
#[utoipa::path(delete, path = "/posts/{id}", tag = "feed", params(("id" = String, Path)), responses((status = 204)))]
pub async fn remove(State(api): State<Api>, Path(id): Path<Hash>) -> Result<StatusCode, Problem> {
    own::posts::remove(&api.deps, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn view(api: &Api, id: Hash) -> Result<PostView, NodeError> {
    api.deps.read(move |w| home::post(w, &id)).await
}
