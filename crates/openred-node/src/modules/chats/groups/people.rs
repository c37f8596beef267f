//! Who the members are: they need not be friends of one another. Whoever adds somebody tells all what they must know to reach
//! and to believe each other: the newest descriptors, which bring the identity logs.

use std::collections::BTreeSet;

use openred_chat::Head;
use openred_core::{
    ids::{B64, Id16, NodeId},
    payload::{DirectMessage, NodeDiscovery, Order as Said, Payload},
};

use super::{
    changes::store::{self as changes, What},
    links, own as own_deeds,
    store::{self as groups, Group},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::keys,
        contacts::{self, person::Person, store as people},
    },
    net::{own, store as state},
};

/// Bytes and number of descriptors in one message: as base64url they fit into an envelope.
const GIVEN_BYTES_MAX: usize = 40_000;
const GIVEN_MAX: usize = 32;

/// Tells somebody how to reach these members, where they may not know it.
pub(super) fn introduce(
    work: &Work<'_, '_>,
    to: &Person,
    group: Id16,
    who: &[NodeId],
) -> Result<(), NodeError> {
    let (mut given, mut bytes) = (Vec::new(), 0);
    for id in who.iter().filter(|id| **id != to.node_id) {
        let Some(descriptor) = descriptor(work, id)? else { continue };
        bytes += descriptor.0.len();
        if !given.is_empty() && (bytes > GIVEN_BYTES_MAX || given.len() == GIVEN_MAX) {
            give(work, to, group, std::mem::take(&mut given))?;
            bytes = descriptor.0.len();
        }
        given.push(descriptor);
    }
    if given.is_empty() { Ok(()) } else { give(work, to, group, given) }
}

fn give(work: &Work<'_, '_>, to: &Person, group: Id16, descriptors: Vec<B64>) -> Result<(), NodeError> {
    contacts::say(work, to, NodeDiscovery::Give { descriptors, note: None, group: Some(group) }.into())
}

fn descriptor(work: &Work<'_, '_>, id: &NodeId) -> Result<Option<B64>, NodeError> {
    if *id == work.me.node_id {
        return Ok(state::state(work.tx, own::CURRENT)?.map(B64));
    }
    let Some(person) = people::find(work.tx, work.seal, id)? else { return Ok(None) };
    let pin = people::pin_of(work.tx, work.seal, &person)?;
    Ok(pin.descriptor().map(|descriptor| B64(descriptor.bytes().to_vec())))
}

/// The members of a group but the owner (`mls_groups.id`).
pub(in crate::modules::chats) fn others(work: &Work<'_, '_>, group: i64) -> Result<Vec<Person>, NodeError> {
    let mut others = Vec::new();
    for member in groups::members(work.tx, group)? {
        if let Some(person) = people::get(work.tx, work.seal, member.person)? {
            others.push(person);
        }
    }
    Ok(others)
}

/// Who is in a group but the owner, or is to come; not who is about to be removed.
pub(in crate::modules) fn people_of(
    work: &Work<'_, '_>,
    group: &Group,
) -> Result<BTreeSet<NodeId>, NodeError> {
    let mut all = own_deeds::coming(work, group)?;
    all.extend(others(work, group.id)?.into_iter().map(|person| person.node_id));
    for change in changes::of(work.tx, work.seal, group.id)? {
        if let What::Remove(who) = change.what {
            all.retain(|id| !who.contains(id));
        }
    }
    Ok(all)
}

/// Whether somebody is in a group with the owner.
///
/// # Errors
/// What the tables say.
pub fn is_companion(work: &Work<'_, '_>, person: &Person) -> Result<bool, NodeError> {
    Ok(groups::is_companion(work.tx, person.id)?)
}

/// Whether this is about a group of the owner's, so that it is taken from people who are no contacts. Group ids are random:
/// who names one was told it by a member.
///
/// # Errors
/// What the tables say.
pub fn is_expected(work: &Work<'_, '_>, from: &Person, said: &Payload) -> Result<bool, NodeError> {
    let known = |group: Id16| Ok(groups::find(work.tx, work.seal, group)?.is_some());
    if links::is_expected(work, from, said)? {
        return Ok(true);
    }
    match said {
        Payload::DirectMessage(DirectMessage::Whole { group: keys::NO_GROUP, mls }) => {
            Ok(Head::read(&mls.0) == Some(Head::KeyPackage) && is_companion(work, from)?)
        }
        Payload::DirectMessage(DirectMessage::Order { group, order: Said::Ask { .. } }) => {
            Ok(known(*group)? || is_companion(work, from)?)
        }
        Payload::DirectMessage(
            DirectMessage::Whole { group, .. }
            | DirectMessage::Part { group, .. }
            | DirectMessage::Order { group, .. },
        ) => known(*group),
        Payload::NodeDiscovery(NodeDiscovery::Give { group: Some(group), .. }) => {
            Ok(known(*group)? && is_companion(work, from)?)
        }
        _ => Ok(false),
    }
}
