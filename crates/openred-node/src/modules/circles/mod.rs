//! Circles: lists of friends, to whom alone some posts of the owner are. Each is a group of MLS that is no conversation; what
//! is said on its wall are the signed envelopes of walls, as messages of that group (docs/protocol.md §19).
//!
//! What the owner does with lists is in `own`, what comes for them in `heard`. Rules only. Must not know how the group
//! orders its changes, nor what a post is.

pub mod heard;
pub mod http;
pub mod own;
pub mod store;
pub mod view;
pub mod waiting;

pub use heard::{on_joined, on_wall};
use openred_core::{
    envelope::Verified,
    ids::{Hash, NodeId},
};
use serde_json::json;

use self::store::{Circle, OWN};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    events::Kind,
    modules::{
        chats::groups::{
            changes::store::{self as changes, What},
            said::store as said,
            store::{self as groups, Group},
            talk,
        },
        contacts::{person::Person, store as people},
        feed::things::{Thing, store as things},
    },
};

/// A circle (`circles.id`).
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn known(work: &Work<'_, '_>, id: i64) -> Result<Circle, NodeError> {
    store::get(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this circle"))
}

/// The group in which its members speak now.
fn group(work: &Work<'_, '_>, circle: &Circle) -> Result<Group, NodeError> {
    let group = groups::get(work.tx, work.seal, circle.group)?;
    group.ok_or_else(|| NodeError::Internal("a circle without its group".to_owned()))
}

/// Whether this person is in a circle of the owner's: who is about to be removed is not.
///
/// # Errors
/// What the tables say.
pub fn is_member(work: &Work<'_, '_>, id: i64, person: &Person) -> Result<bool, NodeError> {
    let circle = known(work, id)?;
    let listed = circle.owner == OWN && !circle.ended && person.is_friend();
    if !listed || !groups::is_in(work.tx, circle.group, person.id)? {
        return Ok(false);
    }
    let goes = |what: &What| matches!(what, What::Remove(who) if who.contains(&person.node_id));
    Ok(!changes::of(work.tx, work.seal, circle.group)?.iter().any(|change| goes(&change.what)))
}

/// Whether the owner may say something in a circle: to those on their own list, or as a member of another's.
///
/// # Errors
/// What the tables say.
pub fn may_speak(work: &Work<'_, '_>, id: i64) -> Result<bool, NodeError> {
    let circle = known(work, id)?;
    let facts = group(work, &circle)?.facts;
    Ok(!circle.ended && facts.member && !facts.leaving)
}

/// Says a thing on the wall of a circle to all who are in it. The thing itself was written before.
///
/// # Errors
/// [`NodeError::TooLarge`], and what the tables say.
pub fn say(work: &Work<'_, '_>, id: i64, item: &Verified) -> Result<(), NodeError> {
    let group = group(work, &known(work, id)?)?;
    let thing = things::find(work.tx, work.seal, item)?;
    let thing = thing.ok_or_else(|| NodeError::Internal("a thing that is on no wall".to_owned()))?;
    talk::say_on_wall(work, &group, item.canonical(), thing.carried())
}

/// Takes back what is not delivered yet of a thing, and says it no more.
///
/// # Errors
/// What the tables say.
pub fn unsay(work: &Work<'_, '_>, thing: Thing) -> Result<(), NodeError> {
    said::unsay(work.tx, thing.carried())?;
    Ok(delivery::take_back_carried(work.tx, thing.carried(), work.now)?)
}

/// Who came into a circle of the owner's is given the posts since the owner put them on the list: their keys may have come
/// later. `came` says since when, unix ms.
pub(super) fn came(work: &Work<'_, '_>, to: &Group, came: &[(NodeId, u64)]) -> Result<(), NodeError> {
    let Some(circle) = store::of_group(work.tx, work.seal, to.id)? else { return Ok(()) };
    if circle.owner != OWN {
        return Ok(());
    }
    for (id, since) in came {
        let Some(person) = people::find(work.tx, work.seal, id)? else { continue };
        for (thing, envelope) in things::in_circle(work.tx, work.seal, circle.id, *since)? {
            talk::give_on_wall(work, to, person.clone(), &envelope, thing.carried())?;
        }
    }
    Ok(())
}

/// Somebody is no friend any more: they are taken off all lists of the owner, and the owner leaves theirs.
///
/// # Errors
/// What the tables say.
pub fn parted(work: &Work<'_, '_>, person: &Person) -> Result<(), NodeError> {
    for circle in store::of(work.tx, work.seal, OWN, own::CIRCLES_MAX)? {
        own::take_off(work, &circle, &person.node_id)?;
    }
    for circle in store::of(work.tx, work.seal, person.id, heard::OF_ONE_MAX)? {
        heard::leave(work, &circle)?;
    }
    Ok(())
}

/// Tells the owner's apps that who is in a circle of theirs changed.
pub(super) fn changed(work: &Work<'_, '_>, group: &Group) -> Result<(), NodeError> {
    if let Some(circle) = store::of_group(work.tx, work.seal, group.id)?.filter(|one| one.owner == OWN) {
        tell(work, &circle);
    }
    Ok(())
}

fn tell(work: &Work<'_, '_>, circle: &Circle) {
    work.tell(Kind::Circle, json!({"id": circle.circle}));
}

/// What waits for a post or comment that has come now.
pub(super) fn waited(work: &Work<'_, '_>, id: i64, target: &Hash) -> Result<Vec<Verified>, NodeError> {
    let found = waiting::store::take(work.tx, work.seal, id, target)?;
    let read = |bytes: Vec<u8>| {
        Verified::from_trusted_store(&bytes).map_err(|e| NodeError::Internal(format!("what waits: {e}")))
    };
    found.into_iter().map(read).collect()
}
