//! What the overlay brings, acted on inside the transaction that also remembers the message (see
//! `openred_proto::overlay::Effect::Deliver`). Signature and origin of the message are proven; an envelope inside is
//! verified here like one that came in a session.
//!
//! Wanted are things of friends and of those the owner follows, and new posts with a hashtag that the owner follows.
//! Everything else is only passed on. What a session has brought already changes nothing more.

use openred_core::{
    descriptor::Descriptor,
    envelope::{Age, Envelope, MessageType, Verified},
    ids::NodeId,
    overlay::{Body, Head},
    payload::{ActivityUpdate, Payload, PostShare, Visibility},
    sign::PublicKey,
};
use tracing::debug;

use super::{store, tags};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    modules::{
        contacts::{self, person::Person, store as people},
        feed,
    },
    net::overlay::Delivery,
};

/// Name of the application whose messages are envelopes.
pub const APP: &str = "orf";

/// Takes one message.
///
/// # Errors
/// Those of the database: nothing of the transaction was done. What rules refuse is no error.
pub fn take(work: &Work<'_, '_>, delivery: &Delivery) -> Result<(), NodeError> {
    match &delivery.body {
        Body::Gossip { app, bytes, .. } if app == APP && delivery.from.is_none() => {
            match Verified::from_trusted_store(bytes) {
                Ok(own) => Ok(store::published(work.tx, &own.message_id())?),
                Err(_) => Ok(()),
            }
        }
        Body::Gossip { app, topics, bytes } if app == APP => {
            calm(take_envelope(work, delivery.message.head(), topics, bytes))
        }
        Body::PeerAnnouncement(descriptor) if delivery.from.is_some() => calm(adopt(work, descriptor)),
        _ => Ok(()),
    }
}

/// A rule's no is not an error here: nobody waits for an answer.
fn calm(done: Result<(), NodeError>) -> Result<(), NodeError> {
    match done {
        Err(
            error @ (NodeError::Database(_)
            | NodeError::Sealed(_)
            | NodeError::Internal(_)
            | NodeError::Locked
            | NodeError::NotSetUp),
        ) => Err(error),
        Err(refused) => {
            debug!(%refused, "a message of the overlay is not acted on");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// A newer descriptor of somebody whom the owner knows.
fn adopt(work: &Work<'_, '_>, signed: &[u8]) -> Result<(), NodeError> {
    let Ok(descriptor) = Descriptor::parse(signed) else { return Ok(()) };
    let Some(mut person) = people::find(work.tx, work.seal, &descriptor.node_id())? else { return Ok(()) };
    if person.is_blocked() || people::is_pinned(work.tx, work.seal, person.id, &descriptor)? {
        return Ok(());
    }
    contacts::adopt(work, &mut person, &descriptor)?;
    contacts::changed(work, &person)
}

fn take_envelope(work: &Work<'_, '_>, head: &Head, topics: &[String], bytes: &[u8]) -> Result<(), NodeError> {
    let Ok(unverified) = Envelope::parse(bytes) else { return Ok(()) };
    let (kind, author, wall) = {
        let envelope = unverified.envelope();
        (envelope.kind, envelope.from.node_id, envelope.to.node_id)
    };
    let me = work.me.node_id;
    // Only the owner of a wall spreads what is on it; the own wall's is here already.
    if wall != head.node_id || author == me || wall == me || !kind.is_wall() {
        return Ok(());
    }
    let known = people::find(work.tx, work.seal, &wall)?;
    if known.as_ref().is_some_and(Person::is_blocked) {
        return Ok(());
    }
    let wanted = match &known {
        Some(person) => feed::is_wanted(work, person)?,
        None => false,
    };
    // Somebody known may change a post that came by its hashtag.
    let may_be_about = known.is_some() || is_followed(work, topics)?;
    let may_be_found = author == wall && kind == MessageType::PostShare && may_be_about;
    if !wanted && !may_be_found {
        return Ok(());
    }
    let Some(key) = key_of(work, head, &author)? else { return Ok(()) };
    let Ok(item) = unverified.verify(&key) else {
        debug!("an envelope of the overlay does not verify");
        return Ok(());
    };
    if matches!(item.envelope().age(work.now), Age::Expired | Age::Ahead) {
        return Ok(());
    }
    let until = item.envelope().remember_until_ms(work.now);
    if !delivery::first_time(work.tx, &item.message_id(), until)? {
        return Ok(());
    }
    let done = match known {
        Some(person) if wanted => act(work, &person, &item),
        _ => by_hashtag(work, &item),
    };
    if done.is_err() {
        // It may come again by a session, when it is welcome.
        delivery::forget(work.tx, &item.message_id())?;
    }
    done
}

fn is_followed(work: &Work<'_, '_>, topics: &[String]) -> Result<bool, NodeError> {
    for topic in topics {
        if tags::store::is_followed(work.tx, work.seal, topic)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The key that an author's envelopes must verify under. The origin's own stands in the message, proven by the log that
/// the overlay holds; it counts unless another log is pinned. Other authors' must be known.
fn key_of(work: &Work<'_, '_>, head: &Head, author: &NodeId) -> Result<Option<PublicKey>, NodeError> {
    let person = people::find(work.tx, work.seal, author)?;
    let pin = person.map(|person| people::pin_of(work.tx, work.seal, &person)).transpose()?;
    let log = pin.as_ref().and_then(|pin| pin.log());
    let of_message = || PublicKey::from_bytes(&head.signing_key).ok();
    Ok(match log {
        Some(log) if *author == head.node_id && head.log_seq > log.head_seq() => of_message(),
        Some(log) => Some(*log.current_key()),
        None if *author == head.node_id => of_message(),
        None => None,
    })
}

/// A thing on the wall of somebody whose things are wanted.
fn act(work: &Work<'_, '_>, wall: &Person, item: &Verified) -> Result<(), NodeError> {
    let from = item.envelope().from.node_id;
    match item.payload()? {
        Payload::PostShare(said) if from == wall.node_id && said.visibility == Visibility::Public => {
            feed::on_post(work, wall, item, said)
        }
        Payload::Comment(said) => feed::on_comment(work, wall, item, said),
        Payload::PostReaction(said) => feed::on_reaction(work, wall, item, said),
        Payload::ActivityUpdate(ActivityUpdate::Profile(card)) if from == wall.node_id => {
            contacts::on_profile(work, wall.clone(), item.envelope().timestamp_ms, card)
        }
        _ => Ok(()),
    }
}

/// A post of whoever, because of what it is about.
fn by_hashtag(work: &Work<'_, '_>, item: &Verified) -> Result<(), NodeError> {
    let Payload::PostShare(said) = item.payload()? else { return Ok(()) };
    if said.visibility != Visibility::Public || !is_about(work, &said)? {
        return Err(NodeError::Refused("not about what is followed"));
    }
    feed::on_found_post(work, item, said)
}

/// Topics are what the origin says; the text decides. Edits and deletions have no say in it: they follow their post.
fn is_about(work: &Work<'_, '_>, said: &PostShare) -> Result<bool, NodeError> {
    Ok(said.edits.or(said.deletes).is_some() || is_followed(work, &tags::of(&said.text))?)
}
