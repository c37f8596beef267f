//! What the owner reads: the feed in order of time, a post, its thread. Changes nothing.

mod faces;
pub mod store;
mod thread;
pub mod view;

use std::collections::BTreeMap;

use openred_core::ids::Hash;

use self::{
    faces::Faces,
    store::{Filter, Place, Progress},
    view::{Can, CircleName, CommentCount, DeliveryView, PostView, ReactionView, RecipientView},
};
use super::{
    contents,
    posts::{self, store::Post},
    reactions::{Summary, Target},
    things::Thing,
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{circles, search},
};

pub use thread::{comment, thread};

/// Most posts of a page.
pub const PAGE_MAX: i64 = 100;

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub items: Vec<PostView>,
    /// Where the next page begins; none at the end.
    pub next: Option<Place>,
    /// Number of the newest post held, for [`count_since`].
    pub newest: i64,
}

impl Place {
    /// Before all posts.
    pub const TOP: Self = Self { created_at: i64::MAX as u64, id: i64::MAX };

    /// The text form, opaque to clients.
    pub fn cursor(&self) -> String {
        format!("{:x}.{:x}", self.created_at, self.id)
    }

    /// Reads [`Place::cursor`].
    pub fn from_cursor(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let created_at = u64::from_str_radix(at, 16).ok().filter(|at| i64::try_from(*at).is_ok())?;
        Some(Self { created_at, id: i64::from_str_radix(id, 16).ok().filter(|id| *id >= 0)? })
    }
}

/// A page of the feed, at most [`PAGE_MAX`] posts.
pub fn page(work: &Work<'_, '_>, filter: Filter, before: Place, limit: i64) -> Result<Page, NodeError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let posts = store::page(work.tx, work.seal, filter, (before, limit), work.now)?;
    let last = posts.last().filter(|_| posts.len() as i64 == limit);
    let next = last.map(|post| Place { created_at: post.created_at, id: post.id });
    Ok(Page { items: show(work, &posts)?, next, newest: store::newest(work.tx)? })
}

/// A page of the posts that say all words of a question, of everybody or of one author, in the order in which they came.
///
/// # Errors
/// [`NodeError::Invalid`] for a question without words, a longer one than 200 characters, or another filter.
pub fn found(
    work: &Work<'_, '_>,
    query: &str,
    filter: Filter,
    before: Place,
    limit: i64,
) -> Result<Page, NodeError> {
    if matches!(filter, Filter::Friends | Filter::Tag(_)) {
        return Err(NodeError::invalid("q", "looks among all posts, or those of one author"));
    }
    let limit = limit.clamp(1, PAGE_MAX) as usize;
    let answer = search::posts::find(work, query, filter, (before.id, limit))?;
    let next = answer.next.map(|id| Place { created_at: 0, id });
    Ok(Page { items: show(work, &answer.posts)?, next, newest: store::newest(work.tx)? })
}

/// How many posts came since the newest was `since`.
pub fn count_since(work: &Work<'_, '_>, filter: Filter, since: i64) -> Result<u64, NodeError> {
    Ok(store::count_since(work.tx, filter, since)?)
}

/// One post, with its whole text as far as it is here. A deleted one is `Gone`.
pub fn post(work: &Work<'_, '_>, id: &Hash) -> Result<PostView, NodeError> {
    let mut post = posts::store::find(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this post"))?;
    if post.deleted {
        return Err(NodeError::Gone("this post was deleted"));
    }
    if let Some(content) = &post.details.content
        && let Some(whole) = contents::held_text(work, content)?
    {
        post.text = whole;
        post.details.content = None;
    }
    show(work, &[post])?.pop().ok_or(NodeError::Unknown("this post"))
}

/// Reactions of a post or comment.
pub fn reactions(work: &Work<'_, '_>, id: &Hash) -> Result<Vec<ReactionView>, NodeError> {
    let target = Target::find(work, id)?.ok_or(NodeError::Unknown("what is reacted to"))?;
    Ok(counted(match &target {
        Target::Post(post) => &post.reactions,
        Target::Comment(comment) => &comment.reactions,
    }))
}

fn show(work: &Work<'_, '_>, posts: &[Post]) -> Result<Vec<PostView>, NodeError> {
    let own: Vec<Thing> =
        posts.iter().filter(|post| post.is_own()).map(|post| Thing::post(post.id)).collect();
    let progress = store::progress(work.tx, &own)?;
    let mut faces = Faces::default();
    posts.iter().map(|post| view_of(work, &mut faces, post, &progress)).collect()
}

fn view_of(
    work: &Work<'_, '_>,
    faces: &mut Faces,
    post: &Post,
    progress: &BTreeMap<Thing, Progress>,
) -> Result<PostView, NodeError> {
    let delivery = delivery(work, faces, Thing::post(post.id), progress)?;
    let open = is_open(work, post)?;
    let face = faces.get(work, post.author)?;
    let answer = !post.deleted && open && face.may_answer(post.visibility);
    let own = post.is_own() && !post.deleted;
    Ok(PostView {
        id: post.message_id,
        author: face.author.clone(),
        text: post.text.clone(),
        more: post.details.content.is_some(),
        visibility: post.visibility.as_str(),
        circle: circle_of(work, post)?,
        created_at: post.created_at,
        received_at: Some(post.received_at).filter(|at| *at != post.created_at),
        edited_at: post.edited_at,
        deleted: post.deleted,
        reactions: counted(&post.reactions),
        comments: CommentCount { known: post.comments_known, missing: post.comments_missing },
        access: post.access.as_str(),
        delivery,
        can: Can { edit: own, delete: own, comment: answer, react: answer },
    })
}

/// Whether those in the circle of a post may still say something there.
pub(super) fn is_open(work: &Work<'_, '_>, post: &Post) -> Result<bool, NodeError> {
    post.circle.map_or(Ok(true), |circle| circles::may_speak(work, circle))
}

fn circle_of(work: &Work<'_, '_>, post: &Post) -> Result<Option<CircleName>, NodeError> {
    let Some(circle) = post.circle.filter(|_| post.is_own()) else { return Ok(None) };
    let circle = circles::known(work, circle)?;
    Ok(Some(CircleName { id: circle.circle.to_string(), name: circle.name, deleted: circle.ended }))
}

fn delivery(
    work: &Work<'_, '_>,
    faces: &mut Faces,
    thing: Thing,
    progress: &BTreeMap<Thing, Progress>,
) -> Result<Option<DeliveryView>, NodeError> {
    let Some(progress) = progress.get(&thing) else { return Ok(None) };
    let mut named = |some: u64, failed: bool| -> Result<Vec<RecipientView>, NodeError> {
        if some == 0 {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for (person, reason) in store::recipients(work.tx, thing, failed)? {
            let author = &faces.get(work, person)?.author;
            let (node_id, display_name) = (author.node_id.clone(), author.display_name.clone());
            found.push(RecipientView { node_id, display_name, reason });
        }
        Ok(found)
    };
    let (waiting, failed) = (named(progress.waiting, false)?, named(progress.failed, true)?);
    Ok(Some(DeliveryView { total: progress.total, delivered: progress.delivered, waiting, failed }))
}

/// Most frequent first.
fn counted(summary: &Summary) -> Vec<ReactionView> {
    let view = |(reaction, count): (&String, &u64)| ReactionView {
        reaction: reaction.clone(),
        count: *count,
        mine: summary.mine.as_ref() == Some(reaction),
    };
    let mut all: Vec<ReactionView> = summary.counts.iter().map(view).collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reaction.cmp(&b.reaction)));
    all
}
