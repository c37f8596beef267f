//! What the owner does with circles: makes, names, fills and deletes them.

use openred_core::ids::{Id16, NodeId};
use tracing::info;

use super::{
    group,
    store::{self, Circle, OWN},
    tell,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::{
        chats::{groups::own as groups, groups::people_of, mls},
        contacts::store as people,
    },
};

/// Circles of the owner.
pub const CIRCLES_MAX: i64 = 100;
/// Longest name, characters.
pub const NAME_CHARS_MAX: usize = 60;
/// Most people in one.
pub const PEOPLE_MAX: usize = crate::modules::chats::groups::PEOPLE_MAX - 1;

/// Makes a circle of friends. Who has given no key yet comes in later.
///
/// # Errors
/// [`NodeError::Invalid`] for a name or people beyond their bounds, [`NodeError::Conflict`] for a name that another circle
/// has, [`NodeError::Refused`] for people who are no friends.
pub fn create(work: &Work<'_, '_>, name: &str, people: &[NodeId]) -> Result<Id16, NodeError> {
    let held = store::of(work.tx, work.seal, OWN, CIRCLES_MAX)?;
    if held.len() as i64 == CIRCLES_MAX {
        return Err(NodeError::Conflict("there are 100 circles already: delete one"));
    }
    let name = free_name(&held, None, name)?;
    if !(1..=PEOPLE_MAX).contains(&people.len()) {
        return Err(NodeError::invalid("people", "1 to 499 friends"));
    }
    let group = groups::begin_circle(work, people, None)?;
    let circle = group.group;
    store::insert(work.tx, work.seal, (circle, group.id), OWN, Some(&name), work.now)?;
    groups::add_to(work, group, people)?;
    tell(work, &own(work, circle)?);
    Ok(circle)
}

/// Gives a circle another name. Nobody else learns either.
///
/// # Errors
/// [`NodeError::Unknown`], [`NodeError::Invalid`], [`NodeError::Conflict`].
pub fn rename(work: &Work<'_, '_>, id: Id16, name: &str) -> Result<(), NodeError> {
    let circle = own(work, id)?;
    let name = free_name(&store::of(work.tx, work.seal, OWN, CIRCLES_MAX)?, Some(circle.id), name)?;
    store::rename(work.tx, work.seal, circle.id, &name)?;
    tell(work, &circle);
    Ok(())
}

/// Adds friends. They see what is posted from now on.
///
/// # Errors
/// [`NodeError::Unknown`], [`NodeError::Invalid`], [`NodeError::Conflict`] for who is in it, [`NodeError::Refused`] for people
/// who are no friends.
pub fn add(work: &Work<'_, '_>, id: Id16, people: &[NodeId]) -> Result<(), NodeError> {
    let circle = own(work, id)?;
    groups::add_to(work, group(work, &circle)?, people)?;
    tell(work, &circle);
    Ok(())
}

/// Removes somebody: they get nothing newer, and can fetch nothing.
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn remove(work: &Work<'_, '_>, id: Id16, who: &NodeId) -> Result<(), NodeError> {
    let circle = own(work, id)?;
    groups::remove_from(work, group(work, &circle)?, who)?;
    tell(work, &circle);
    Ok(())
}

/// Deletes a circle: nobody is in it any more. Who has posts to it keeps them.
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn end(work: &Work<'_, '_>, id: Id16) -> Result<(), NodeError> {
    let circle = own(work, id)?;
    store::end(work.tx, circle.id, work.now)?;
    groups::empty(work, group(work, &circle)?)?;
    tell(work, &circle);
    Ok(())
}

/// A circle of the owner's that is not deleted.
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn own(work: &Work<'_, '_>, id: Id16) -> Result<Circle, NodeError> {
    let circle = store::find(work.tx, work.seal, id)?.filter(|circle| circle.owner == OWN && !circle.ended);
    circle.ok_or(NodeError::Unknown("this circle"))
}

/// One to post to.
///
/// # Errors
/// [`NodeError::Unknown`], [`NodeError::Refused`] while nobody is in it.
pub fn open(work: &Work<'_, '_>, id: Id16) -> Result<Circle, NodeError> {
    let circle = own(work, id)?;
    if people_of(work, &group(work, &circle)?)?.is_empty() {
        return Err(NodeError::Refused("nobody is in this circle: add somebody first"));
    }
    Ok(circle)
}

/// Takes somebody off a list, if they are on it.
pub(super) fn take_off(work: &Work<'_, '_>, circle: &Circle, who: &NodeId) -> Result<(), NodeError> {
    match groups::remove_from(work, group(work, circle)?, who) {
        Ok(()) => {
            tell(work, circle);
            Ok(())
        }
        Err(NodeError::Unknown(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// After a rotation the owner cannot speak in their circles any more, and nobody else may let them in again: each goes on in
/// a new group with the same people.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub async fn make_anew(deps: &Deps) -> Result<(), NodeError> {
    let held = deps.read(|w| Ok(store::of(w.tx, w.seal, OWN, CIRCLES_MAX)?)).await?;
    for circle in held {
        deps.write(move |w| make_one_anew(w, &circle)).await?;
    }
    Ok(())
}

fn make_one_anew(work: &Work<'_, '_>, circle: &Circle) -> Result<(), NodeError> {
    let (old, key) = (group(work, circle)?, mls::key(work)?);
    let me = work.me.node_id;
    let speaks = match mls::with(work, |chat| chat.group(old.group))? {
        Ok(mls) => mls.members.iter().any(|leaf| leaf.node_id == me && leaf.key == key),
        Err(_) => false,
    };
    if speaks {
        return Ok(());
    }
    info!("a circle goes on in a new group, because the key of its owner is new");
    let mut friends = Vec::new();
    for id in people_of(work, &old)? {
        if people::find(work.tx, work.seal, &id)?.is_some_and(|person| person.is_friend()) {
            friends.push(id);
        }
    }
    let new = groups::begin_circle(work, &friends, Some(old.group))?;
    store::go_on_in(work.tx, circle.id, new.id)?;
    groups::hand_over(work, &old, &new)?;
    if !friends.is_empty() {
        groups::add_to(work, new, &friends)?;
    }
    tell(work, circle);
    Ok(())
}

/// A name in its bounds, which no other circle has.
fn free_name(held: &[Circle], but: Option<i64>, name: &str) -> Result<String, NodeError> {
    let name = name.trim();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(NodeError::invalid("name", "one line of 1 to 60 characters"));
    }
    let is_same = |circle: &&Circle| circle.name.to_lowercase() == name.to_lowercase();
    if held.iter().filter(|circle| Some(circle.id) != but).any(|circle| is_same(&circle)) {
        return Err(NodeError::Conflict("another circle of yours has this name"));
    }
    Ok(name.to_owned())
}
