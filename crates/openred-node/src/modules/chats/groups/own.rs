//! What the owner does with groups. Each deed is written down and given to the order, which makes a commit of it when it can.

use std::collections::BTreeSet;

use openred_chat::{ADMINS_MAX, HYBRID_MEMBERS_MAX, NAME_CHARS_MAX, Settings, Suite};
use openred_core::ids::{Id16, NodeId};
use openred_proto::order::Input;

use super::{
    PEOPLE_MAX,
    applying::{begin, internal},
    changes::store::{self as changes, New, What},
    heard::want,
    links::store::{self as links, Asking},
    said::store as said,
    store::{self as groups, Group},
    turn,
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::{changed, keys, messages::store::Note, mls, store as chats},
        contacts::{self, person::Person},
    },
};

/// Makes a group with friends of the owner, who is its administrator. Who has given no key yet comes in later.
///
/// # Errors
/// [`NodeError::Invalid`] for a name or people beyond their bounds; [`NodeError::Refused`] for people who are no friends.
pub fn create(work: &Work<'_, '_>, name: &str, people: &[NodeId]) -> Result<Id16, NodeError> {
    let name = line(name)?;
    let friends = friends(work, people)?;
    if friends.is_empty() || friends.len() >= PEOPLE_MAX {
        return Err(NodeError::invalid("people", "1 to 499 friends"));
    }
    let me = work.me.node_id;
    let settings =
        Settings { name: name.clone(), admins: vec![me], sequencers: vec![me], ..Settings::default() };
    let note = Note { what: "created".to_owned(), name: Some(name), ..Note::default() };
    let group = made(work, &settings, &friends, Some((0, me, note)))?;
    let id = group.group;
    put_in(work, group, &friends)?;
    Ok(id)
}

/// Makes the group of a circle, for these friends, who are yet to be added.
///
/// # Errors
/// [`NodeError::Refused`] for people who are no friends.
pub(in crate::modules) fn begin_circle(
    work: &Work<'_, '_>,
    people: &[NodeId],
    continues: Option<Id16>,
) -> Result<Group, NodeError> {
    let me = work.me.node_id;
    let (admins, sequencers) = (vec![me], vec![me]);
    let settings = Settings { admins, sequencers, continues, circle: true, ..Settings::default() };
    made(work, &settings, &friends(work, people)?, None)
}

/// A group with the owner alone in it, of a suite for those who are to come.
fn made(
    work: &Work<'_, '_>,
    settings: &Settings,
    friends: &[Person],
    line: Option<(u8, NodeId, Note)>,
) -> Result<Group, NodeError> {
    let suite = suite(work, friends)?;
    let mls = mls::with(work, |chat| chat.create(suite, settings))?.map_err(internal)?;
    begin(work, &mls, Some(work.me.node_id), line)
}

/// Adds friends of the owner. Who has given no key yet comes in later.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::Conflict`], [`NodeError::Invalid`].
pub fn add(work: &Work<'_, '_>, id: Id16, people: &[NodeId]) -> Result<(), NodeError> {
    add_to(work, changeable(work, id)?, people)
}

/// The same, for a group that the owner may change.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::Conflict`], [`NodeError::Invalid`].
pub(in crate::modules) fn add_to(
    work: &Work<'_, '_>,
    group: Group,
    people: &[NodeId],
) -> Result<(), NodeError> {
    let friends = friends(work, people)?;
    if friends.is_empty() {
        return Err(NodeError::invalid("people", "name somebody"));
    }
    let coming = coming(work, &group)?;
    for friend in &friends {
        if groups::is_in(work.tx, group.id, friend.id)? || coming.contains(&friend.node_id) {
            return Err(NodeError::Conflict("they are in it already"));
        }
    }
    let count = groups::count(work.tx, group.id)? as usize + coming.len() + friends.len();
    if count > PEOPLE_MAX {
        return Err(NodeError::invalid("people", "at most 500 people, you among them"));
    }
    put_in(work, group, &friends)
}

/// Removes somebody. Who was to be added and is not in yet is not added.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::Unknown`].
pub fn remove(work: &Work<'_, '_>, id: Id16, who: &NodeId) -> Result<(), NodeError> {
    remove_from(work, changeable(work, id)?, who)
}

/// The same, from a group that the owner may change.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::Unknown`].
pub(in crate::modules) fn remove_from(
    work: &Work<'_, '_>,
    group: Group,
    who: &NodeId,
) -> Result<(), NodeError> {
    if *who == work.me.node_id {
        return Err(NodeError::Refused("nobody removes themselves: leave the group"));
    }
    let person = contacts::known(work, who)?;
    // No link of the owner's leads them back.
    links::ask(work.tx, (group.id, person.id), Id16([0; 16]), Asking::Refused, work.now)?;
    if groups::is_in(work.tx, group.id, person.id)? {
        return wish(work, group, &What::Remove(vec![*who]), true);
    }
    for change in changes::of(work.tx, work.seal, group.id)? {
        let What::Add(new) = &change.what else { continue };
        if !change.waits || new.iter().all(|one| one.person != *who) {
            continue;
        }
        let rest: Vec<New> = new.iter().filter(|one| one.person != *who).cloned().collect();
        if rest.is_empty() {
            changes::forget(work.tx, change.id)?;
        } else {
            changes::set(work.tx, work.seal, change.id, &What::Add(rest), true)?;
        }
        return changed(work, group.partner());
    }
    Err(NodeError::Unknown("this member"))
}

/// Gives the group another name.
///
/// # Errors
/// [`NodeError::Invalid`], [`NodeError::Refused`].
pub fn rename(work: &Work<'_, '_>, id: Id16, name: &str) -> Result<(), NodeError> {
    let (group, name) = (changeable(work, id)?, line(name)?);
    if group.facts.name == name {
        return Ok(());
    }
    wish(work, group, &What::Rename(name), false)
}

/// Makes somebody administrator, or a member like others.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::Unknown`], [`NodeError::Conflict`] beyond 32 administrators.
pub fn set_role(work: &Work<'_, '_>, id: Id16, who: &NodeId, admin: bool) -> Result<(), NodeError> {
    let group = changeable(work, id)?;
    let is_in = *who == work.me.node_id || {
        let person = contacts::known(work, who)?;
        groups::is_in(work.tx, group.id, person.id)?
    };
    if !is_in {
        return Err(NodeError::Unknown("this member"));
    }
    if group.facts.admins.contains(who) == admin {
        return Ok(());
    }
    if admin && group.facts.admins.len() >= ADMINS_MAX {
        return Err(NodeError::Conflict("a group has at most 32 administrators"));
    }
    wish(work, group, &What::Role { person: *who, admin }, false)
}

/// Leaves the group: the others are asked to remove this node. What was said stays readable.
///
/// # Errors
/// [`NodeError::Conflict`] when the owner is in it no more.
pub fn leave(work: &Work<'_, '_>, id: Id16) -> Result<(), NodeError> {
    let group = known(work, id)?;
    if !group.facts.member {
        return Err(NodeError::Conflict("you are not in this group any more"));
    }
    leave_from(work, group)
}

/// The same; who is in it no more has left.
///
/// # Errors
/// What the tables say.
pub(in crate::modules) fn leave_from(work: &Work<'_, '_>, mut group: Group) -> Result<(), NodeError> {
    if !group.facts.member || group.facts.leaving {
        return Ok(());
    }
    let me = work.me.node_id;
    group.facts.leaving = true;
    groups::set_facts(work.tx, work.seal, group.id, &group.facts)?;
    changed(work, group.partner())?;
    if group.facts.admins.contains(&me) {
        return wish(work, group, &What::Role { person: me, admin: false }, false);
    }
    turn::run(work, group, Input::Tick, None)
}

/// A group of the owner.
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn known(work: &Work<'_, '_>, id: Id16) -> Result<Group, NodeError> {
    let group = groups::find(work.tx, work.seal, id)?.filter(|group| !group.facts.circle);
    group.ok_or(NodeError::Unknown("this group"))
}

pub(super) fn changeable(work: &Work<'_, '_>, id: Id16) -> Result<Group, NodeError> {
    let group = known(work, id)?;
    if !group.facts.member || group.facts.leaving {
        return Err(NodeError::Refused("you are not in this group any more"));
    }
    if !group.facts.may_change(&work.me.node_id) {
        return Err(NodeError::Refused("only administrators change this group"));
    }
    Ok(group)
}

/// Writes a change down and tells the order.
fn wish(work: &Work<'_, '_>, group: Group, what: &What, urgent: bool) -> Result<(), NodeError> {
    if groups::order(work.tx, work.seal, group.id)?.wants_left() == 0 {
        return Err(NodeError::Conflict("too many changes of this group wait: try again later"));
    }
    let (partner, times) = (group.partner(), (0, work.now));
    let change = changes::insert(work.tx, work.seal, group.id, what, false, times)?;
    want(work, group, change, urgent)?;
    changed(work, partner)
}

/// Removes everybody, and adds nobody who was to come.
///
/// # Errors
/// [`NodeError::Conflict`] when too many changes wait.
pub(in crate::modules) fn empty(work: &Work<'_, '_>, group: Group) -> Result<(), NodeError> {
    for change in changes::of(work.tx, work.seal, group.id)? {
        if change.waits && matches!(change.what, What::Add(_)) {
            changes::forget(work.tx, change.id)?;
        }
    }
    let who: Vec<NodeId> =
        super::people::others(work, group.id)?.into_iter().map(|one| one.node_id).collect();
    if who.is_empty() { Ok(()) } else { wish(work, group, &What::Remove(who), true) }
}

/// What could not be said in one group of a circle is said in the next.
///
/// # Errors
/// What the tables say.
pub(in crate::modules) fn hand_over(work: &Work<'_, '_>, from: &Group, to: &Group) -> Result<(), NodeError> {
    let chat = |group: &Group| chats::ensure(work.tx, work.seal, group.partner(), work.now);
    Ok(said::hand_over(work.tx, chat(from)?.id, chat(to)?.id)?)
}

pub(super) fn put_in(work: &Work<'_, '_>, group: Group, friends: &[Person]) -> Result<(), NodeError> {
    let new = friends.iter().map(|friend| New::by_any_key(friend.node_id));
    wish(work, group, &What::Add(new.collect()), false)
}

/// Who is to be added and is not in yet.
pub(in crate::modules) fn coming(work: &Work<'_, '_>, group: &Group) -> Result<BTreeSet<NodeId>, NodeError> {
    let mut coming = BTreeSet::new();
    for change in changes::of(work.tx, work.seal, group.id)? {
        let What::Add(new) = change.what else { continue };
        for one in new {
            let is_in = match contacts::known(work, &one.person) {
                Ok(person) => groups::is_in(work.tx, group.id, person.id)?,
                Err(_) => false,
            };
            if !is_in {
                coming.insert(one.person);
            }
        }
    }
    Ok(coming)
}

fn friends(work: &Work<'_, '_>, people: &[NodeId]) -> Result<Vec<Person>, NodeError> {
    if people.len() >= PEOPLE_MAX {
        return Err(NodeError::invalid("people", "1 to 499 friends"));
    }
    let people: BTreeSet<NodeId> = people.iter().copied().collect();
    let mut friends = Vec::with_capacity(people.len());
    for id in people {
        let person = contacts::known(work, &id)?;
        if !person.is_friend() {
            return Err(NodeError::Refused("only your friends can be added: ask them to become one"));
        }
        friends.push(person);
    }
    Ok(friends)
}

/// The hybrid suite, where the group begins small and all have it.
fn suite(work: &Work<'_, '_>, friends: &[Person]) -> Result<Suite, NodeError> {
    let mut all = friends.len() < HYBRID_MEMBERS_MAX;
    for friend in friends {
        all = all && keys::store::has(work.tx, friend.id, Suite::Hybrid.code())?;
    }
    Ok(if all { Suite::Hybrid } else { Suite::Classic })
}

fn line(name: &str) -> Result<String, NodeError> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits {
        Ok(name.to_owned())
    } else {
        Err(NodeError::invalid("name", "one line of 1 to 120 characters"))
    }
}
