//! What members of a circle say on the wall of its owner, acted on. It came by the circle's own group, so that its sender is
//! a member and its author; the same things said in the open are refused by `heard`. Knows no keys.

use openred_core::{
    envelope::{Age, Verified},
    ids::{Hash, NodeId},
    payload::{Comment, Payload, PostReaction, PostShare},
};

use super::{
    comments, heard,
    posts::{self, store::OWN},
    reactions::{self, Target},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        circles::{self, store::Circle},
        contacts::{person::Person, store as people},
    },
};

/// A thing that `from`, who signed it, says on the wall of the circle's owner.
pub fn on_wall_of_circle(
    work: &Work<'_, '_>,
    circle: &Circle,
    from: &Person,
    item: &Verified,
) -> Result<(), NodeError> {
    if item.envelope().to.node_id != wall_of(work, circle)? {
        return Err(NodeError::Refused("for another wall"));
    }
    if from.is_blocked() || item.envelope().age(work.now) == Age::Ahead {
        return Err(NodeError::Refused("blocked, or not yet"));
    }
    take(work, circle, from, item)
}

fn take(work: &Work<'_, '_>, circle: &Circle, from: &Person, item: &Verified) -> Result<(), NodeError> {
    match item.payload()? {
        Payload::PostShare(said) => on_post(work, circle, from, item, &said),
        Payload::Comment(said) => on_comment(work, circle, from, item, &said),
        Payload::PostReaction(said) => on_reaction(work, circle, from, item, &said),
        _ => Err(NodeError::Refused("this stands on no wall")),
    }
}

/// The owner of the wall. Somebody who is not wanted here has none.
fn wall_of(work: &Work<'_, '_>, circle: &Circle) -> Result<NodeId, NodeError> {
    if circle.owner == OWN {
        return if circle.ended {
            Err(NodeError::Refused("this circle was deleted"))
        } else {
            Ok(work.me.node_id)
        };
    }
    let owner = people::get(work.tx, work.seal, circle.owner)?.ok_or(NodeError::Unknown("its owner"))?;
    if heard::is_wanted(work, &owner)? {
        Ok(owner.node_id)
    } else {
        Err(NodeError::Refused("a circle of somebody who is no friend any more"))
    }
}

fn on_post(
    work: &Work<'_, '_>,
    circle: &Circle,
    from: &Person,
    item: &Verified,
    said: &PostShare,
) -> Result<(), NodeError> {
    if from.id != circle.owner {
        return Err(NodeError::Refused("the owner of a wall posts there"));
    }
    posts::take(work, (from.id, Some(circle.id)), item, said)?;
    go_on(work, circle, &item.message_id())
}

fn on_comment(
    work: &Work<'_, '_>,
    circle: &Circle,
    from: &Person,
    item: &Verified,
    said: &Comment,
) -> Result<(), NodeError> {
    if !is_here(work, circle, &said.post)? {
        return wait(work, circle, &said.post, item);
    }
    let changed = said.edits.or(said.deletes);
    if let Some(target) = changed
        && !comments::store::is_held(work.tx, &target)?
    {
        return wait(work, circle, &target, item);
    }
    if !comments::take(work, (from.id, circle.owner), item, said)? {
        return Ok(());
    }
    if changed.is_none() {
        comments::notify_owner(work, from, circle.owner, said)?;
        go_on(work, circle, &item.message_id())?;
    }
    Ok(())
}

fn on_reaction(
    work: &Work<'_, '_>,
    circle: &Circle,
    from: &Person,
    item: &Verified,
    said: &PostReaction,
) -> Result<(), NodeError> {
    let Some(target) = Target::find(work, &said.target)? else {
        return wait(work, circle, &said.target, item);
    };
    if !is_here(work, circle, &target.post_id())? {
        return Err(NodeError::Refused("this is in no circle of theirs"));
    }
    if reactions::take(work, (from.id, circle.owner), item, (&said.target, &said.reaction))? {
        heard::tell_of_reaction(work, from, said)?;
    }
    Ok(())
}

/// Whether a post is here; one that was said to others than this circle is refused.
fn is_here(work: &Work<'_, '_>, circle: &Circle, post: &Hash) -> Result<bool, NodeError> {
    match posts::store::find(work.tx, work.seal, post)? {
        None => Ok(false),
        Some(post) if post.circle == Some(circle.id) => Ok(true),
        Some(_) => Err(NodeError::Refused("this post is in no circle of theirs")),
    }
}

/// Keeps something until what it is about comes: members hear one another by different ways.
fn wait(work: &Work<'_, '_>, circle: &Circle, target: &Hash, item: &Verified) -> Result<(), NodeError> {
    if circles::waiting::store::put(work.tx, work.seal, (circle.id, target), item, work.now)? {
        Ok(())
    } else {
        Err(NodeError::Refused("too much waits for one thing"))
    }
}

/// Acts on what waited for something that has come.
fn go_on(work: &Work<'_, '_>, circle: &Circle, target: &Hash) -> Result<(), NodeError> {
    for item in circles::waited(work, circle.id, target)? {
        let Some(from) = people::find(work.tx, work.seal, &item.envelope().from.node_id)? else { continue };
        match take(work, circle, &from, &item) {
            Err(NodeError::Refused(_) | NodeError::Unknown(_) | NodeError::Gone(_)) => {}
            done => done?,
        }
    }
    Ok(())
}
