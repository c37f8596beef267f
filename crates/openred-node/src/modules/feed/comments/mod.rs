//! Comments as they come in, and their changes. A comment goes to the wall's owner, who decides and forwards it
//! verbatim; readers take it from the wall's owner alone. Knows no HTTP.

pub mod store;

use openred_core::{
    envelope::Verified,
    ids::Hash,
    payload::{Comment as Said, Payload},
};
use serde_json::json;

use self::store::Comment;
use super::{
    missing, posts, reactions,
    stamp::Stamp,
    things::{Column, Thing},
    waiting,
};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    events::Kind,
    modules::{
        circles,
        contacts::person::Person,
        notify::{self, What},
    },
};

/// Takes a comment, an edit or a deletion by `author` on the wall of `wall`. True when something changed.
pub(super) fn take(
    work: &Work<'_, '_>,
    (author, wall): (i64, i64),
    item: &Verified,
    said: &Said,
) -> Result<bool, NodeError> {
    let Some(target) = said.edits.or(said.deletes) else { return arrive(work, (author, wall), item, said) };
    let post = posts::store::find(work.tx, work.seal, &said.post)?;
    if post.is_some_and(|post| post.deleted) {
        return Ok(false);
    }
    match store::find(work.tx, work.seal, &target)? {
        None if wall == posts::store::OWN => Err(NodeError::Unknown("this comment")),
        None => waiting::keep(work, &target, author, item).map(|()| true),
        Some(comment) => change(work, &comment, author, item, said),
    }
}

fn arrive(
    work: &Work<'_, '_>,
    (author, wall): (i64, i64),
    item: &Verified,
    said: &Said,
) -> Result<bool, NodeError> {
    let id = item.message_id();
    let post = posts::store::find(work.tx, work.seal, &said.post)?;
    if post.as_ref().is_some_and(|post| post.author != wall) {
        return Err(NodeError::Refused("this post is on another wall"));
    }
    if post.as_ref().is_some_and(|post| post.deleted) {
        return too_late(work, (author, wall), item, said).map(|()| false);
    }
    let comment = Comment {
        id: 0,
        message_id: id,
        post_id: said.post,
        wall,
        author,
        text: said.text.clone(),
        parents: said.parents.clone(),
        created_at: item.envelope().timestamp_ms,
        edited_at: None,
        change_id: None,
        deleted: false,
        reactions: reactions::Summary::default(),
    };
    if !store::insert(work.tx, work.seal, &comment, item.canonical(), work.now)? {
        return Ok(false);
    }
    posts::store::count_comment(work.tx, &said.post, 1)?;
    missing::found(work, &id, &said.post)?;
    missing::note(work, &said.post, &said.parents)?;
    reactions::gather(work, &id, Some(&said.post))?;
    waited(work, &comment)?;
    tell(work, &id, &said.post);
    Ok(true)
}

/// A comment on a post that was deleted: a tombstone, so that nothing more is kept for it.
fn too_late(
    work: &Work<'_, '_>,
    (author, wall): (i64, i64),
    item: &Verified,
    said: &Said,
) -> Result<(), NodeError> {
    let id = item.message_id();
    store::insert_buried(work.tx, work.seal, (&id, &said.post), (author, wall), work.now)?;
    reactions::store::drop_on(work.tx, &id)?;
    for by in [author, wall] {
        waiting::take(work, &id, by)?;
    }
    Ok(())
}

/// Applies what came before its comment, by the comment's author or the wall's owner.
fn waited(work: &Work<'_, '_>, comment: &Comment) -> Result<(), NodeError> {
    for by in [comment.author, comment.wall] {
        let Some(item) = waiting::take(work, &comment.message_id, by)? else { continue };
        let Payload::Comment(said) = item.payload()? else { continue };
        if let Some(held) = store::find(work.tx, work.seal, &comment.message_id)? {
            change(work, &held, by, &item, &said)?;
        }
    }
    Ok(())
}

/// Applies an edit by the comment's author, or a deletion by the author or the wall's owner.
fn change(
    work: &Work<'_, '_>,
    comment: &Comment,
    by: i64,
    item: &Verified,
    said: &Said,
) -> Result<bool, NodeError> {
    let deletes = said.deletes.is_some();
    if by != comment.author && !(deletes && by == comment.wall) {
        return Err(NodeError::Refused("only its author changes a comment"));
    }
    let stamp = Stamp::of(item, deletes);
    if stamp <= comment.stamp() {
        return Ok(false);
    }
    let (id, post) = (&comment.message_id, &comment.post_id);
    if deletes {
        if !comment.deleted {
            posts::store::count_comment(work.tx, post, -1)?;
            notify::store::forget(work.tx, work.seal, comment.author, post)?;
            for column in [Column::Comment, Column::CommentChange] {
                let thing = Thing { column, row: comment.id };
                circles::unsay(work, thing)?;
                delivery::take_back(work.tx, thing, work.now)?;
            }
        }
        store::bury(work.tx, work.seal, id, (stamp, item.canonical()))?;
        reactions::store::drop_on(work.tx, id)?;
    } else {
        store::edit(work.tx, work.seal, id, &said.text, (stamp, item.canonical()))?;
    }
    tell(work, id, post);
    Ok(true)
}

/// Notifies the owner of a comment on their post, or of an answer to their comment.
pub(super) fn notify_owner(
    work: &Work<'_, '_>,
    from: &Person,
    wall: i64,
    said: &Said,
) -> Result<(), NodeError> {
    let answered = match said.parents.first() {
        Some(parent) if *parent != said.post => store::find(work.tx, work.seal, parent)?,
        _ => None,
    };
    if wall == posts::store::OWN || answered.is_some_and(|c| c.author == posts::store::OWN) {
        notify::add(work, What::Comment, Some(from.id), Some(said.post), &said.text)?;
    }
    Ok(())
}

/// Tells the owner's apps that a comment came, changed or went.
pub(super) fn tell(work: &Work<'_, '_>, id: &Hash, post: &Hash) {
    work.tell(Kind::Comment, json!({"id": id, "post": post}));
}
