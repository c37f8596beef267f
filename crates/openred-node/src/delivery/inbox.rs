//! What comes in: each item is verified, applied once and in order, in one transaction, and only then acknowledged.
//!
//! Strangers may ask, answer and introduce themselves (the request lane); everything else is for contacts.

mod act;
mod alone;
pub mod held;
mod receipts;
pub mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use openred_core::{
    envelope::{Envelope, EnvelopeError, Verified},
    frame::{Ack, Item, ItemKind},
    ids::{Id8, NodeId},
    payload::{Delivery, MessageStatus},
    sign::PublicKey,
};
use tracing::debug;

use self::store::{Place, Room};
pub use self::{alone::take_alone, receipts::acknowledged};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::{
        chats,
        contacts::{self, person::Person, store as people},
    },
};

/// The key that a person's envelopes must verify under, as far as this node knows.
pub fn key_of(work: &Work<'_, '_>, id: &NodeId) -> Result<Option<PublicKey>, NodeError> {
    let Some(person) = people::find(work.tx, work.seal, id)? else { return Ok(None) };
    let pin = people::pin_of(work.tx, work.seal, &person)?;
    Ok(pin.log().map(|log| *log.current_key()))
}

/// The code of an item that does not verify under the newest log known of its signer.
pub const BAD_SIGNATURE: &str = "bad_signature";
/// The code of a type that this node does not know: the sender keeps the item and tries again daily.
pub const TYPE_UNKNOWN: &str = "type_unknown";
/// The code of a message whose keys are not here: the sender says it again in a new group.
pub const UNREADABLE: &str = "unreadable";
/// The code of an item that is no item.
const MALFORMED: &str = "malformed";
/// The code of what is too old, or too far ahead to be held back.
const STALE: &str = "stale";

/// An item whose signature has been looked at.
#[derive(Debug, Clone)]
pub enum Checked {
    /// Verified.
    Good(Box<Verified>),
    /// A tombstone.
    Tombstone,
    /// Refused, with a stable code for the sender.
    Bad(&'static str),
}

impl Checked {
    /// What is kept of an item ahead of its turn: kind and body.
    fn to_keep(&self) -> (i64, &[u8]) {
        match self {
            Self::Good(good) => (1, good.canonical()),
            Self::Tombstone => (2, &[]),
            Self::Bad(code) => (3, code.as_bytes()),
        }
    }

    /// Reads what was kept.
    fn of_kept(kind: i64, body: &[u8]) -> Self {
        let codes = [TYPE_UNKNOWN, BAD_SIGNATURE];
        match kind {
            1 => Verified::from_trusted_store(body).map_or(Self::Bad(MALFORMED), |v| Self::Good(Box::new(v))),
            2 => Self::Tombstone,
            _ => Self::Bad(codes.into_iter().find(|code| code.as_bytes() == body).unwrap_or(MALFORMED)),
        }
    }
}

/// Parses an item and verifies it under `key`.
pub fn check(item: &Item, key: impl FnOnce(&NodeId) -> Option<PublicKey>) -> Checked {
    if item.kind == ItemKind::Tombstone {
        return Checked::Tombstone;
    }
    let unverified = match Envelope::parse(&item.body) {
        Ok(unverified) => unverified,
        Err(EnvelopeError::TypeUnknown) => return Checked::Bad(TYPE_UNKNOWN),
        Err(_) => return Checked::Bad(MALFORMED),
    };
    let Some(key) = key(&unverified.envelope().from.node_id) else { return Checked::Bad(BAD_SIGNATURE) };
    unverified.verify(&key).map_or(Checked::Bad(BAD_SIGNATURE), |good| Checked::Good(Box::new(good)))
}

/// Applies items of one person in order and says how far their stream has come. Resolves after the rows are on disk.
/// `request_lane`: the peer is to be treated as a stranger whatever it is.
pub async fn apply(
    deps: &Deps,
    person: i64,
    request_lane: bool,
    items: Vec<(Item, Checked)>,
) -> Result<Vec<Ack>, NodeError> {
    let mut streams: Vec<Id8> = items.iter().map(|(item, _)| item.stream).collect();
    streams.sort_unstable();
    streams.dedup();
    let mut left = items;
    loop {
        // All are handed to the writer before the first is awaited: one flush, in order, each with its own savepoint.
        let writes =
            left.iter().map(|(item, checked)| take_item(deps, (person, request_lane), item, checked));
        for result in futures_util::future::join_all(writes).await {
            result?;
        }
        let streams = streams.clone();
        let places = deps.read(move |w| {
            let ack =
                |stream| Ok(Ack { stream, upto: store::upto(w.tx, person, &stream)?, also: Vec::new() });
            streams.into_iter().map(ack).collect::<Result<Vec<_>, _>>()
        });
        let acks = places.await?;
        let upto = |item: &Item| acks.iter().find(|ack| ack.stream == item.stream).map_or(0, |ack| ack.upto);
        left.retain(|(item, _)| item.n > upto(item));
        // While one that was refused went a second time, there may have been no room for those behind it.
        if !left.iter().any(|(item, _)| item.n == upto(item) + 1) {
            return Ok(acks);
        }
    }
}

/// One item, and those that waited for it. What a rule refuses is rolled back whole and then noted as refused.
async fn take_item(deps: &Deps, from: (i64, bool), item: &Item, checked: &Checked) -> Result<(), NodeError> {
    let mut refused = BTreeMap::new();
    loop {
        let (item, checked, known) = (item.clone(), checked.clone(), refused.clone());
        match deps.write(move |w| take(w, from, &item, &checked, &known)).await {
            Err(NodeError::ItemRefused { n, code }) => refused.insert(n, code),
            done => return done,
        };
    }
}

fn take(
    work: &Work<'_, '_>,
    (person, request_lane): (i64, bool),
    item: &Item,
    checked: &Checked,
    refused: &BTreeMap<u64, &'static str>,
) -> Result<(), NodeError> {
    let sender = || people::get(work.tx, work.seal, person)?.ok_or(NodeError::Unknown("this person"));
    let mut peer = sender()?;
    let room = room_of(&peer, request_lane);
    let mut at = Place { person, stream: item.stream, n: item.n };
    let held = store::upto(work.tx, person, &item.stream)?;
    // Below `low` the sender has given up or was answered: nothing will come there any more.
    let upto = held.max(item.low.saturating_sub(1));
    if item.n <= upto {
        return Ok(());
    }
    if item.n > upto + 1 {
        if !store::keep_gap(work.tx, work.seal, &at, checked.to_keep(), &room, work.now)? {
            debug!(n = item.n, "no room for an item ahead of its turn");
        }
        return Ok(());
    }
    if upto > held {
        store::drop_gaps_below(work.tx, &at)?;
    }
    let mut next = Some(checked.clone());
    while let Some(checked) = next {
        let checked = refused.get(&at.n).map_or(checked, |code| Checked::Bad(code));
        apply_one(work, &peer, request_lane, &at, &checked)?;
        store::move_on(work.tx, &at, &room, work.now)?;
        at.n += 1;
        next = store::take_gap(work.tx, work.seal, &at, work.now)?
            .map(|(kind, body)| Checked::of_kept(kind, &body));
        if next.is_some() {
            // What was applied may have changed what they are to the owner.
            peer = sender()?;
        }
    }
    Ok(())
}

/// What this peer may let lie here.
fn room_of(peer: &Person, request_lane: bool) -> Room {
    if peer.is_contact() && !request_lane { Room::CONTACT } else { Room::STRANGER }
}

fn apply_one(
    work: &Work<'_, '_>,
    peer: &Person,
    request_lane: bool,
    at: &Place,
    checked: &Checked,
) -> Result<(), NodeError> {
    match checked {
        Checked::Tombstone => Ok(()),
        Checked::Bad(code) => refuse(work, peer, at, code),
        Checked::Good(item) => match act::once(work, peer, request_lane, at, item)? {
            Some(code) => Err(NodeError::ItemRefused { n: at.n, code }),
            None => Ok(()),
        },
    }
}

/// Tells the sender that an item was not taken, and why. Blocked people are told nothing.
fn refuse(work: &Work<'_, '_>, peer: &Person, at: &Place, code: &str) -> Result<(), NodeError> {
    debug!(code, "an item of a peer is refused");
    if peer.is_blocked() {
        return Ok(());
    }
    let (upto, also, status) = (0, vec![at.n], Delivery::Failed);
    let said = MessageStatus { stream: at.stream, upto, also, status, code: Some(code.to_owned()) };
    contacts::say(work, peer, said.into())?;
    if code == UNREADABLE {
        chats::unreadable_here(work, peer)?;
    }
    Ok(())
}
