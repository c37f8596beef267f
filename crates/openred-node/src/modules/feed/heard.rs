//! What peers say about posts, acted on. Each function runs inside the transaction that also remembers the
//! message's id; the caller has verified the signature. Refusals come before the first write.

use openred_core::{
    envelope::Verified,
    ids::Hash,
    payload::{AccessRequest, Comment, ConnectionResponse, ContentSync, PostReaction, PostShare},
};

use super::{
    access, comments, contents, missing,
    posts::{
        self,
        store::{OWN, Post},
    },
    reactions::{self, Target},
    sync,
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        contacts::{
            person::{Following, Person, Status},
            store as people,
        },
        notify::{self, What},
    },
};

/// A post, an edit or a deletion. Taken of friends and of those the owner follows, whoever brings it.
pub fn on_post(
    work: &Work<'_, '_>,
    _peer: &Person,
    item: &Verified,
    said: PostShare,
) -> Result<(), NodeError> {
    let Some(author) = signer(work, item)? else { return Ok(()) };
    if !is_wanted(work, &author)? {
        return Err(NodeError::Refused("neither a friend nor followed"));
    }
    posts::take(work, (author.id, None), item, &said)
}

/// A public post of whoever, because of a hashtag that the owner follows; an edit or a deletion of one that is here.
pub fn on_found_post(work: &Work<'_, '_>, item: &Verified, said: PostShare) -> Result<(), NodeError> {
    if let Some(target) = said.edits.or(said.deletes)
        && posts::store::find(work.tx, work.seal, &target)?.is_none()
    {
        return Err(NodeError::Refused("a change of what is not here"));
    }
    let Some(author) = signer(work, item)? else { return Ok(()) };
    if author.is_blocked() {
        return Err(NodeError::Refused("blocked"));
    }
    posts::take(work, (author.id, None), item, &said)
}

/// A comment, an edit or a deletion: on the owner's wall by somebody who may read the post, on another's wall as
/// forwarded by its owner.
pub fn on_comment(
    work: &Work<'_, '_>,
    peer: &Person,
    item: &Verified,
    said: Comment,
) -> Result<(), NodeError> {
    let Some(author) = signer(work, item)? else { return Ok(()) };
    let says_new = said.edits.or(said.deletes).is_none();
    if item.envelope().to.node_id != work.me.node_id {
        wall_owner(work, peer, item)?;
        in_no_circle(work, &said.post)?;
        let changed = comments::take(work, (author.id, peer.id), item, &said)?;
        if changed && says_new && !author.is_blocked() {
            comments::notify_owner(work, &author, peer.id, &said)?;
        }
        return missing::ask(work, &said.post, peer).map(|_| ());
    }
    let post = open_post(work, &said.post, peer, &author)?;
    if !comments::take(work, (author.id, OWN), item, &said)? {
        return Ok(());
    }
    if says_new {
        comments::notify_owner(work, &author, OWN, &said)?;
    }
    forward(work, &post, item, author.id)
}

/// A reaction: likewise.
pub fn on_reaction(
    work: &Work<'_, '_>,
    peer: &Person,
    item: &Verified,
    said: PostReaction,
) -> Result<(), NodeError> {
    let Some(author) = signer(work, item)? else { return Ok(()) };
    let what = (&said.target, said.reaction.as_str());
    if item.envelope().to.node_id != work.me.node_id {
        wall_owner(work, peer, item)?;
        if let Some(target) = Target::find(work, &said.target)? {
            in_no_circle(work, &target.post_id())?;
        }
        if reactions::take(work, (author.id, peer.id), item, what)? {
            tell_of_reaction(work, &author, &said)?;
        }
        return Ok(());
    }
    let target = Target::find(work, &said.target)?.ok_or(NodeError::Unknown("what is reacted to"))?;
    let post = open_post(work, &target.post_id(), peer, &author)?;
    if target.is_deleted() {
        return Err(NodeError::Gone("this comment was deleted"));
    }
    if reactions::take(work, (author.id, OWN), item, what)? {
        tell_of_reaction(work, &author, &said)?;
        forward(work, &post, item, author.id)?;
    }
    Ok(())
}

/// A question about the owner's wall, or what was asked of another.
pub fn on_sync(
    work: &Work<'_, '_>,
    peer: &Person,
    _item: &Verified,
    said: ContentSync,
) -> Result<(), NodeError> {
    match said {
        ContentSync::Ask { wall, after, have, limit } => {
            sync::answer(work, peer, (&wall, after), &have, limit)
        }
        ContentSync::Give { items, more } => sync::receive(work, peer, &items, more),
    }
}

/// A question for access to a post of the owner.
pub fn on_access(
    work: &Work<'_, '_>,
    peer: &Person,
    item: &Verified,
    said: AccessRequest,
) -> Result<(), NodeError> {
    access::on_access(work, peer, item, &said)
}

/// True when this rejection answers a question for access: then it is not about the relation and goes no further.
pub fn on_refused_access(
    work: &Work<'_, '_>,
    peer: &Person,
    said: &ConnectionResponse,
) -> Result<bool, NodeError> {
    access::on_refused(work, peer, said)
}

/// The ciphertext of a content of the owner, if this peer may have it.
///
/// # Errors
/// `Unknown`, `Gone` when its post was deleted, `Refused` when it is not for this peer.
pub fn content(work: &Work<'_, '_>, peer: &Person, id: &Hash) -> Result<Vec<u8>, NodeError> {
    contents::serve(work, peer, id)
}

/// Whether the owner wants a person's posts: friends, followed, asked to become either, or asked for a post.
pub fn is_wanted(work: &Work<'_, '_>, author: &Person) -> Result<bool, NodeError> {
    if author.is_blocked() {
        return Ok(false);
    }
    let related =
        author.is_friend() || author.following != Following::No || author.status == Status::PendingOut;
    Ok(related || access::is_waiting(work, author)?)
}

/// The one who signed, known from now on. None for the owner: what is own is held already.
fn signer(work: &Work<'_, '_>, item: &Verified) -> Result<Option<Person>, NodeError> {
    let from = &item.envelope().from;
    if from.node_id == work.me.node_id {
        return Ok(None);
    }
    let mut person = people::ensure(work.tx, work.seal, &from.node_id, work.now)?;
    if person.username.is_empty() {
        person.username.clone_from(&from.username);
        people::save(work.tx, work.seal, &person, work.now)?;
    }
    Ok(Some(person))
}

/// Things on another's wall are taken from its owner alone, who decides what stands there.
fn wall_owner(work: &Work<'_, '_>, peer: &Person, item: &Verified) -> Result<(), NodeError> {
    if item.envelope().to.node_id != peer.node_id {
        return Err(NodeError::Refused("only the owner of a wall forwards what is on it"));
    }
    if is_wanted(work, peer)? { Ok(()) } else { Err(NodeError::Refused("neither a friend nor followed")) }
}

/// What is for a circle comes in it alone.
fn in_no_circle(work: &Work<'_, '_>, post: &Hash) -> Result<(), NodeError> {
    match posts::store::find(work.tx, work.seal, post)? {
        Some(post) if post.circle.is_some() => Err(NodeError::Refused("this post is in a circle")),
        _ => Ok(()),
    }
}

/// A post of the owner that `author`, who brings it in person, may comment on and react to.
fn open_post(work: &Work<'_, '_>, id: &Hash, peer: &Person, author: &Person) -> Result<Post, NodeError> {
    if author.is_blocked() {
        return Err(NodeError::Unknown("this post"));
    }
    if peer.id != author.id {
        return Err(NodeError::Refused("what is for this wall comes from its author"));
    }
    let post = posts::store::find(work.tx, work.seal, id)?
        .filter(|post| post.is_own() && post.audience().is_some() && post.circle.is_none())
        .ok_or(NodeError::Unknown("this post"))?;
    if post.deleted {
        return Err(NodeError::Gone("this post was deleted"));
    }
    if posts::may_read(work, &post, author)? {
        Ok(post)
    } else {
        Err(NodeError::Refused("this post is not for you"))
    }
}

/// To everybody who has the post, but for the sender.
fn forward(work: &Work<'_, '_>, post: &Post, item: &Verified, sender: i64) -> Result<(), NodeError> {
    match post.audience() {
        Some(audience) => audience.seal(item).say(work, Some(sender)),
        None => Ok(()),
    }
}

pub(super) fn tell_of_reaction(
    work: &Work<'_, '_>,
    from: &Person,
    said: &PostReaction,
) -> Result<(), NodeError> {
    let Some(target) = Target::find(work, &said.target)? else { return Ok(()) };
    if said.reaction.is_empty() || target.author() != OWN || from.is_blocked() {
        return Ok(());
    }
    notify::add(work, What::Reaction, Some(from.id), Some(target.post_id()), &said.reaction)
}
