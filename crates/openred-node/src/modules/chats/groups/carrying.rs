//! What a group sends: messages to all members, commits with their countersignatures and invitations, words about the order.
//! Must not know sessions: all of it is rows of the outbox.

use openred_chat::split;
use openred_core::{
    ids::{B64, Hash, Id16, NodeId},
    payload::{DirectMessage, MLS_BYTES_MAX, Order as Said, Payload},
};

use super::{
    commits::store::{self as commits, Commit},
    people,
    turn::Turn,
};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    modules::contacts::{self, person::Person},
};

/// Says something about the order to one node.
pub(super) fn say(work: &Work<'_, '_>, to: &Person, group: Id16, order: Said) -> Result<(), NodeError> {
    contacts::say(work, to, DirectMessage::Order { group, order }.into())
}

/// Queues an MLSMessage for each of these, in parts where it is long. `message` is the message of the conversation that it
/// carries.
pub(super) fn post(
    work: &Work<'_, '_>,
    to: &[Person],
    group: Id16,
    bytes: Vec<u8>,
    message: Option<i64>,
) -> Result<(), NodeError> {
    let pieces = if bytes.len() <= MLS_BYTES_MAX {
        vec![DirectMessage::Whole { group, mls: B64(bytes) }]
    } else {
        let parts = split(&bytes).ok_or(NodeError::TooLarge("a message of at most 2.8 MB"))?;
        parts.into_iter().map(|part| DirectMessage::Part { group, part }).collect()
    };
    let last = pieces.len() - 1;
    for (at, piece) in pieces.into_iter().enumerate() {
        let payload = Payload::from(piece);
        let value = payload.to_value()?;
        let message = message.filter(|_| at == last);
        for person in to {
            delivery::draft(work.tx, work.seal, person.id, payload.kind(), &value, message, work.now)?;
        }
    }
    work.wake();
    Ok(())
}

/// Sends an own commit to these, with the signatures there are, and the invitation to whom it adds.
pub(super) fn send(turn: &Turn<'_, '_, '_>, hash: &Hash, to: &[NodeId]) -> Result<(), NodeError> {
    let Some(commit) = kept(turn, hash)? else { return Ok(()) };
    let (work, group) = (turn.work, turn.id());
    let own = commit.own.clone().unwrap_or_default();
    let mut all = Vec::new();
    for id in to {
        let Some(person) = turn.person(id)? else { continue };
        people::introduce(work, &person, group, &own.added)?;
        all.push(person);
    }
    give_to(turn, hash, commit, &all)?;
    let Some(welcome) = own.welcome.clone() else { return Ok(()) };
    let everybody: Vec<NodeId> = turn.order.view().members.iter().copied().collect();
    let mut new = Vec::new();
    for id in own.added.iter().filter(|id| **id != work.me.node_id) {
        let Some(person) = turn.person(id)? else { continue };
        people::introduce(work, &person, group, &everybody)?;
        new.push(person);
    }
    post(work, &new, group, welcome, None)?;
    turn.spend(&own)?;
    Ok(commits::welcomed(work.tx, work.seal, turn.group.id, hash, &own)?)
}

/// Gives a commit to one who asked for it.
pub(super) fn give(turn: &Turn<'_, '_, '_>, hash: &Hash, to: &NodeId) -> Result<(), NodeError> {
    match (kept(turn, hash)?, turn.person(to)?) {
        (Some(commit), Some(person)) => give_to(turn, hash, commit, &[person]),
        _ => Ok(()),
    }
}

/// Signatures go before the commit: who gets it knows at once how much it counts.
fn give_to(turn: &Turn<'_, '_, '_>, hash: &Hash, commit: Commit, to: &[Person]) -> Result<(), NodeError> {
    let (work, group) = (turn.work, turn.id());
    let Some(openred_chat::Head::Group(head)) = openred_chat::Head::read(&commit.bytes) else {
        return Err(NodeError::Internal("a commit that is none".to_owned()));
    };
    for signed in commits::signatures(work.tx, work.seal, turn.group.id, hash)? {
        let (epoch, commit) = (head.epoch, *hash);
        for person in to {
            say(work, person, group, Said::Signed { epoch, commit, by: signed.by, sig: signed.sig })?;
        }
    }
    post(work, to, group, commit.bytes, None)
}

fn kept(turn: &Turn<'_, '_, '_>, hash: &Hash) -> Result<Option<Commit>, NodeError> {
    Ok(commits::get(turn.work.tx, turn.work.seal, turn.group.id, hash)?)
}
