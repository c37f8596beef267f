//! Posts as they come in, and their changes: newest timestamp wins, a deletion for good. Knows no HTTP.

pub mod store;

use openred_core::{envelope::Verified, ids::Hash, payload::PostShare};
use serde_json::json;

use self::store::{Details, New, Post};
use super::{
    access,
    audience::Visibility,
    comments, contents, missing, reactions,
    stamp::Stamp,
    things::{Column, Thing},
    waiting,
};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    events::Kind,
    modules::{circles, notify, search},
};

/// Takes a post, an edit or a deletion by `author`, said in this circle (`circles.id`) or in none. Asking twice changes
/// nothing more.
pub(super) fn take(
    work: &Work<'_, '_>,
    (author, circle): (i64, Option<i64>),
    item: &Verified,
    said: &PostShare,
) -> Result<(), NodeError> {
    if circle.is_some() != (said.visibility == openred_core::payload::Visibility::Circle) {
        return Err(NodeError::Refused("what is for a circle is said in it alone"));
    }
    let Some(target) = said.edits.or(said.deletes) else { return arrive(work, (author, circle), item, said) };
    match store::find(work.tx, work.seal, &target)? {
        None => waiting::keep(work, &target, author, item),
        Some(post) if post.circle != circle => Err(NodeError::Refused("this post was said elsewhere")),
        Some(post) if post.author != author => Err(NodeError::Refused("only its author changes a post")),
        Some(post) => change(work, &post, item, said),
    }
}

fn arrive(
    work: &Work<'_, '_>,
    (author, circle): (i64, Option<i64>),
    item: &Verified,
    said: &PostShare,
) -> Result<(), NodeError> {
    let expires_at = said.expires.map(|s| s.saturating_mul(1_000));
    if expires_at.is_some_and(|at| at <= work.now) {
        return Ok(());
    }
    let id = item.message_id();
    let details = Details { content: said.content.clone(), asked: None };
    let post = New {
        message_id: id,
        author,
        visibility: said.visibility.into(),
        circle,
        text: &said.text,
        details: &details,
        envelope: Some(item.canonical()),
        created_at: item.envelope().timestamp_ms,
        expires_at,
    };
    if store::insert(work.tx, work.seal, &post, work.now)?.is_none() {
        return Ok(());
    }
    reactions::gather(work, &id, Some(&id))?;
    if let Some(waited) = waiting::take(work, &id, author)? {
        let openred_core::payload::Payload::PostShare(said) = waited.payload()? else { return Ok(()) };
        if let Some(post) = store::find(work.tx, work.seal, &id)? {
            change(work, &post, &waited, &said)?;
        }
    }
    tell(work, &id);
    Ok(())
}

/// Applies an edit or a deletion of the post's author.
fn change(work: &Work<'_, '_>, post: &Post, item: &Verified, said: &PostShare) -> Result<(), NodeError> {
    let stamp = Stamp::of(item, said.deletes.is_some());
    if stamp <= post.stamp() || (post.deleted && !stamp.deletes) {
        return Ok(());
    }
    if stamp.deletes {
        return bury(work, post, stamp, Some(item.canonical()));
    }
    let details = Details { content: said.content.clone(), asked: None };
    contents::forget_post(work, &post.message_id)?;
    search::posts::changed(work, post, &said.text)?;
    store::edit(work.tx, work.seal, post, (&said.text, &details), (stamp, Some(item.canonical())), work.now)?;
    tell(work, &post.message_id);
    Ok(())
}

/// Wipes a post and all that hangs on it; a tombstone stays.
pub(super) fn bury(
    work: &Work<'_, '_>,
    post: &Post,
    stamp: Stamp,
    change: Option<&[u8]>,
) -> Result<(), NodeError> {
    let id = &post.message_id;
    unsay(work, post)?;
    search::posts::changed(work, post, "")?;
    store::bury(work.tx, work.seal, post, (stamp, change), work.now)?;
    comments::store::bury_all(work.tx, work.seal, id)?;
    reactions::store::drop_of(work.tx, id)?;
    missing::store::drop_of(work.tx, id)?;
    contents::forget_post(work, id)?;
    access::store::drop_of(work.tx, id)?;
    notify::store::drop_of(work.tx, id)?;
    tell(work, id);
    Ok(())
}

/// Takes back what still waits to be said of a post of the owner, and of its thread.
fn unsay(work: &Work<'_, '_>, post: &Post) -> Result<(), NodeError> {
    if !post.is_own() {
        return Ok(());
    }
    let take_back = |column, row| -> Result<(), NodeError> {
        let thing = Thing { column, row };
        if post.circle.is_some() {
            circles::unsay(work, thing)?;
        }
        Ok(delivery::take_back(work.tx, thing, work.now)?)
    };
    for row in comments::store::rows_of(work.tx, &post.message_id)? {
        take_back(Column::Comment, row)?;
        take_back(Column::CommentChange, row)?;
    }
    take_back(Column::Post, post.id)?;
    take_back(Column::PostChange, post.id)
}

/// Tells the owner's apps that a post came, changed or went.
pub(super) fn tell(work: &Work<'_, '_>, id: &Hash) {
    work.tell(Kind::Post, json!({"id": id}));
}

/// Whether a person may see a post of the owner: as its audience, or because access was granted.
pub(super) fn may_read(
    work: &Work<'_, '_>,
    post: &Post,
    person: &crate::modules::contacts::person::Person,
) -> Result<bool, NodeError> {
    if person.is_blocked() {
        return Ok(false);
    }
    Ok(match post.visibility {
        Visibility::Public => true,
        Visibility::Friends => {
            person.is_friend() || access::store::is_granted(work.tx, &post.message_id, person.id)?
        }
        Visibility::Circle => match post.circle {
            Some(circle) => circles::is_member(work, circle, person)?,
            None => false,
        },
        Visibility::Private => false,
    })
}
