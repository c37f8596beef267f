//! What comes in: each item is verified, applied once and in order, in one transaction, and only then acknowledged.
//!
//! Strangers may ask, answer and introduce themselves (the request lane); everything else is for contacts.

use std::collections::BTreeMap;

use openred_core::{
    envelope::{Age, Envelope, MessageType, Verified},
    frame::{Ack, Item, ItemKind},
    ids::{Hash, Id8, NodeId},
    payload::{Delivery, MessageStatus, Payload},
    sign::PublicKey,
};
use serde_json::json;
use tracing::debug;

use super::store;
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
    modules::{
        contacts::{self, person::Person, store as people},
        feed, invitations,
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

/// Parses an item and verifies it under `key`.
pub fn check(item: &Item, key: impl FnOnce(&NodeId) -> Option<PublicKey>) -> Checked {
    if item.kind == ItemKind::Tombstone {
        return Checked::Tombstone;
    }
    let unverified = match Envelope::parse(&item.body) {
        Ok(unverified) => unverified,
        Err(openred_core::envelope::EnvelopeError::TypeUnknown) => return Checked::Bad("type_unknown"),
        Err(_) => return Checked::Bad("malformed"),
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
    // All are handed to the writer before the first is awaited: one flush, in order, each with its own savepoint.
    let writes = items.into_iter().map(|(item, checked)| {
        let deps = deps.clone();
        async move { take_item(&deps, (person, request_lane), &item, &checked).await }
    });
    for result in futures_util::future::join_all(writes).await {
        result?;
    }
    deps.read(move |w| {
        let ack =
            |stream| Ok(Ack { stream, upto: store::inbound_upto(w.tx, person, &stream)?, also: Vec::new() });
        streams.into_iter().map(ack).collect()
    })
    .await
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
    let held = store::inbound_upto(work.tx, person, &item.stream)?;
    // Below `low` the sender has given up or was answered: nothing will come there any more.
    let mut upto = held.max(item.low.saturating_sub(1));
    if item.n <= upto {
        return Ok(());
    }
    if item.n > upto + 1 {
        let kept = match checked {
            Checked::Good(good) => (item.n, 1, good.canonical()),
            Checked::Tombstone | Checked::Bad(_) => (item.n, 2, &[][..]),
        };
        store::keep_gap(work.tx, work.seal, person, &item.stream, kept, work.now)?;
        return Ok(());
    }
    let override_of = |n: u64, checked: Checked| refused.get(&n).map_or(checked, |code| Checked::Bad(code));
    apply_one(work, (person, request_lane), item.stream, item.n, &override_of(item.n, checked.clone()))?;
    upto = item.n;
    while let Some((kind, body)) = store::take_gap(work.tx, work.seal, person, &item.stream, upto + 1)? {
        let next = match kind {
            1 => Verified::from_trusted_store(&body)
                .map_or(Checked::Bad("malformed"), |v| Checked::Good(Box::new(v))),
            _ => Checked::Tombstone,
        };
        upto += 1;
        apply_one(work, (person, request_lane), item.stream, upto, &override_of(upto, next))?;
    }
    Ok(store::set_inbound(work.tx, person, &item.stream, upto, work.now)?)
}

fn apply_one(
    work: &Work<'_, '_>,
    (person, request_lane): (i64, bool),
    stream: Id8,
    n: u64,
    checked: &Checked,
) -> Result<(), NodeError> {
    let peer = people::get(work.tx, work.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
    let code = match checked {
        Checked::Tombstone => return Ok(()),
        Checked::Bad(code) => *code,
        Checked::Good(item) => match act_once(work, &peer, request_lane, item)? {
            Some(code) => return Err(NodeError::ItemRefused { n, code }),
            None => return Ok(()),
        },
    };
    debug!(code, "an item of a peer is refused");
    if peer.is_blocked() {
        return Ok(());
    }
    let (upto, also, status) = (0, vec![n], Delivery::Failed);
    let said = MessageStatus { stream, upto, also, status, code: Some(code.to_owned()) };
    contacts::say(work, &peer, said.into())
}

/// Acts on an envelope unless its id was acted on before. A refusal is a code for the sender, not an error.
fn act_once(
    work: &Work<'_, '_>,
    peer: &Person,
    request_lane: bool,
    item: &Verified,
) -> Result<Option<&'static str>, NodeError> {
    if matches!(item.envelope().age(work.now), Age::Ahead | Age::Expired) {
        return Ok(Some("stale"));
    }
    if !store::first_time(work.tx, &item.message_id(), item.envelope().remember_until_ms(work.now))? {
        return Ok(None);
    }
    match act(work, peer, request_lane, item) {
        Ok(()) => Ok(None),
        Err(NodeError::Refused(_) | NodeError::Conflict(_)) => Ok(Some("refused")),
        Err(NodeError::Unknown(_)) => Ok(Some("unknown")),
        Err(NodeError::Gone(_)) => Ok(Some("gone")),
        Err(NodeError::Invalid { .. }) => Ok(Some("malformed")),
        Err(NodeError::TooLarge(_)) => Ok(Some("too_large")),
        Err(error) => Err(error),
    }
}

/// The table of message types. Wall types may be signed by others than the peer; all else is the peer's own.
fn act(work: &Work<'_, '_>, peer: &Person, request_lane: bool, item: &Verified) -> Result<(), NodeError> {
    let (kind, from) = (item.envelope().kind, item.envelope().from.node_id);
    if peer.is_blocked() {
        return Err(NodeError::Unknown("this person"));
    }
    if !kind.is_wall() && (from != peer.node_id || item.envelope().to.node_id != work.me.node_id) {
        return Err(NodeError::Refused("not from the one who brought it, or not for this node"));
    }
    let payload = item.payload()?;
    let open = (peer.is_contact() && !request_lane) || in_request_lane(kind);
    if !(open || feed::access::is_expected(work, peer, &payload)?) {
        return Err(NodeError::Refused("strangers may only ask"));
    }
    people::seen(work.tx, peer.id, work.now)?;
    match payload {
        Payload::FriendRequest(p) => {
            let welcome = invitations::welcomes(work, peer, p.invite_id.as_ref())?;
            contacts::on_request(work, peer.clone(), item.message_id(), p, welcome)
        }
        Payload::ConnectionResponse(p) => {
            // An answer about a post says nothing about the relation.
            if feed::on_refused_access(work, peer, &p)? {
                Ok(())
            } else {
                contacts::on_response(work, peer.clone(), p)
            }
        }
        Payload::DescriptorUpdate(p) => contacts::on_descriptor(work, peer.clone(), p),
        Payload::Heartbeat(p) => contacts::on_heartbeat(work, peer, &p),
        Payload::NodeDiscovery(p) => contacts::on_discovery(work, peer, p),
        Payload::ActivityUpdate(openred_core::payload::ActivityUpdate::Profile(p))
            if from == peer.node_id =>
        {
            contacts::on_profile(work, peer.clone(), item.envelope().timestamp_ms, p)
        }
        Payload::ActivityUpdate(_) => Ok(()),
        Payload::PostShare(p) => feed::on_post(work, peer, item, p),
        Payload::Comment(p) => feed::on_comment(work, peer, item, p),
        Payload::PostReaction(p) => feed::on_reaction(work, peer, item, p),
        Payload::ContentSync(p) => feed::on_sync(work, peer, item, p),
        Payload::AccessRequest(p) => feed::on_access(work, peer, item, p),
        Payload::MessageStatus(p) => on_status(work, peer, &p),
        // Chats and files are a later version's: the sender keeps the item.
        Payload::DirectMessage(_) | Payload::FileOffer(_) => {
            Err(NodeError::Refused("not supported by this node yet"))
        }
    }
}

/// What strangers may say.
fn in_request_lane(kind: MessageType) -> bool {
    matches!(
        kind,
        MessageType::FriendRequest
            | MessageType::ConnectionResponse
            | MessageType::DescriptorUpdate
            | MessageType::Heartbeat
            | MessageType::MessageStatus
    )
}

/// What became of things that this node sent.
fn on_status(work: &Work<'_, '_>, peer: &Person, status: &MessageStatus) -> Result<(), NodeError> {
    if store::stream_of(work.tx, peer.id)? != Some(status.stream) {
        return Ok(());
    }
    match status.status {
        Delivery::Delivered | Delivery::Read => {
            let ids = store::delivered(work.tx, peer.id, status.upto, &status.also, work.now)?;
            tell_delivered(work, &ids);
        }
        Delivery::Failed => {
            let code = status.code.as_deref().unwrap_or("refused");
            for &n in &status.also {
                store::fail(work.tx, peer.id, n, code, work.now)?;
            }
            work.tell(Kind::Outbox, json!({"node_id": peer.node_id}));
        }
    }
    Ok(())
}

/// Acknowledgements of a session, written down.
pub async fn acknowledged(deps: &Deps, person: i64, acks: Vec<Ack>) -> Result<(), NodeError> {
    deps.write(move |w| {
        let Some(stream) = store::stream_of(w.tx, person)? else { return Ok(()) };
        for ack in acks.iter().filter(|ack| ack.stream == stream) {
            let ids = store::delivered(w.tx, person, ack.upto, &ack.also, w.now)?;
            tell_delivered(w, &ids);
        }
        Ok(people::seen(w.tx, person, w.now)?)
    })
    .await
}

fn tell_delivered(work: &Work<'_, '_>, ids: &[Hash]) {
    if !ids.is_empty() {
        work.tell(Kind::Outbox, json!({"ids": ids}));
    }
}
