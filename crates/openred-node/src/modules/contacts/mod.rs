//! People: requests, friends, followers, blocking, introductions. Rules only; SQL is in `store`, HTTP in `http`.
//!
//! The owner's acts (`ask accept reject remove block unblock verify compare introduce`) and what peers say
//! (`on_request on_response on_descriptor on_profile on_heartbeat on_discovery`) change a person's row and
//! queue what must be said about it in the same transaction.

pub mod forks;
mod heard;
pub mod http;
pub mod person;
pub mod search;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;

pub use heard::{adopt, on_descriptor, on_discovery, on_heartbeat, on_profile, on_request, on_response};

use openred_core::{
    ids::{B64, Hash, NodeId},
    payload::{
        Answer, ConnectionResponse, ContentSync, FriendRequest, NodeDiscovery, Payload, Relationship as Asked,
    },
    safety::{Compared, SafetyCode},
};
use serde_json::json;

use self::person::{Following, Person, Relationship, Status};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    events::Kind,
    modules::{chats, circles, profile},
    net::relays::store as relays,
};

/// Posts that a new friend or follower asks for.
const BACKFILL: u64 = 50;

/// The person, or [`NodeError::Unknown`].
pub fn known(work: &Work<'_, '_>, id: &NodeId) -> Result<Person, NodeError> {
    store::find(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this person"))
}

/// Asks somebody to become friends, or follows them. Asking who has asked already is accepting.
pub fn ask(work: &Work<'_, '_>, id: &NodeId, what: Asked, note: &str) -> Result<Person, NodeError> {
    if *id == work.me.node_id {
        return Err(NodeError::Refused("that is your own node"));
    }
    let mut person = store::ensure(work.tx, work.seal, id, work.now)?;
    if person.is_blocked() {
        return Err(NodeError::Refused("you have blocked this person: unblock them first"));
    }
    if person.is_friend() {
        return Err(NodeError::Conflict("you are friends already"));
    }
    match what {
        Asked::Friend if person.status == Status::PendingIn => return accept(work, id),
        Asked::Friend => {
            person.relationship = Relationship::Friend;
            person.status = Status::PendingOut;
        }
        Asked::Follower if person.following == Following::Yes => {
            return Err(NodeError::Conflict("you follow them already"));
        }
        Asked::Follower => person.following = Following::Pending,
    }
    let invite_id = None;
    let payload = FriendRequest { relationship: what, note: note.to_owned(), invite_id, routes: None };
    say(work, &person, payload.into())?;
    changed(work, &person)?;
    Ok(person)
}

/// Accepts a request of friendship.
pub fn accept(work: &Work<'_, '_>, id: &NodeId) -> Result<Person, NodeError> {
    let mut person = known(work, id)?;
    if person.status != Status::PendingIn {
        return Err(NodeError::Conflict("there is no request of theirs to accept"));
    }
    person.relationship = Relationship::Friend;
    person.status = Status::Accepted;
    respond(work, &person, Answer::Accepted)?;
    welcome(work, &person)?;
    changed(work, &person)?;
    Ok(person)
}

/// Refuses a request of theirs, or takes the owner's own back.
pub fn reject(work: &Work<'_, '_>, id: &NodeId) -> Result<Person, NodeError> {
    let mut person = known(work, id)?;
    match person.status {
        Status::PendingIn => respond(work, &person, Answer::Rejected)?,
        Status::PendingOut => {
            delivery::withdraw_all(work.tx, person.id, work.now)?;
            relays::end_queues(work.tx, person.id)?;
        }
        Status::None | Status::Accepted | Status::Rejected => {
            return Err(NodeError::Conflict("there is no open request"));
        }
    }
    person.status = Status::Rejected;
    person.details.note.clear();
    changed(work, &person)?;
    Ok(person)
}

/// Ends a friendship, a following, or both. The other side is told; what still waits for them is withdrawn.
pub fn remove(work: &Work<'_, '_>, id: &NodeId) -> Result<Person, NodeError> {
    let mut person = known(work, id)?;
    if person.is_blocked() {
        return Err(NodeError::Conflict("blocked people are unblocked, not removed"));
    }
    delivery::withdraw_all(work.tx, person.id, work.now)?;
    if person.is_friend() || person.is_follower() || person.following == Following::Yes {
        respond(work, &person, Answer::Rejected)?;
    }
    circles::parted(work, &person)?;
    person.relationship = Relationship::None;
    person.status = Status::None;
    person.following = Following::No;
    relays::end_queues(work.tx, person.id)?;
    chats::requests::close(work, &person)?;
    changed(work, &person)?;
    Ok(person)
}

/// Refuses everything of theirs from now on, silently.
pub fn block(work: &Work<'_, '_>, id: &NodeId) -> Result<Person, NodeError> {
    if *id == work.me.node_id {
        return Err(NodeError::Refused("that is your own node"));
    }
    let mut person = store::ensure(work.tx, work.seal, id, work.now)?;
    circles::parted(work, &person)?;
    delivery::withdraw_all(work.tx, person.id, work.now)?;
    relays::end_queues(work.tx, person.id)?;
    person.relationship = Relationship::Blocked;
    person.status = Status::None;
    person.following = Following::No;
    person.details.note.clear();
    changed(work, &person)?;
    Ok(person)
}

/// Ends a block. Nothing else comes back by itself.
pub fn unblock(work: &Work<'_, '_>, id: &NodeId) -> Result<Person, NodeError> {
    let mut person = known(work, id)?;
    if !person.is_blocked() {
        return Err(NodeError::Conflict("this person is not blocked"));
    }
    person.relationship = Relationship::None;
    person.status = Status::None;
    changed(work, &person)?;
    Ok(person)
}

/// Notes that the owner compared the safety number (or did not).
pub fn verify(work: &Work<'_, '_>, id: &NodeId, verified: bool) -> Result<Person, NodeError> {
    let mut person = known(work, id)?;
    person.details.verified = verified;
    if verified {
        person.details.identity_changed_at = None;
    }
    changed(work, &person)?;
    Ok(person)
}

/// Compares what their node shows with what this one knows, and notes what comes of it: equal keys verify, others take a
/// verification back.
pub fn compare(work: &Work<'_, '_>, id: &NodeId, shown: &SafetyCode) -> Result<Compared, NodeError> {
    let person = known(work, id)?;
    let Some(own) = view::code(work, &person)? else {
        return Err(NodeError::Refused("their node has not been met yet: wait until it is seen"));
    };
    let compared = own.compare(shown);
    match compared {
        Compared::Same => verify(work, id, true).map(drop)?,
        Compared::Differ if person.details.verified => verify(work, id, false).map(drop)?,
        Compared::Differ | Compared::Others => {}
    }
    Ok(compared)
}

/// Introduces two friends to each other: each gets the other's newest descriptor, and the owner's few words.
pub fn introduce(work: &Work<'_, '_>, one: &NodeId, other: &NodeId, note: &str) -> Result<(), NodeError> {
    if one == other {
        return Err(NodeError::invalid("to", "introduce two different people"));
    }
    let pair = [known(work, one)?, known(work, other)?];
    if !pair.iter().all(Person::is_friend) {
        return Err(NodeError::Refused("only friends can be introduced to each other"));
    }
    for (to, of) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
        let pin = store::pin_of(work.tx, work.seal, of)?;
        let Some(descriptor) = pin.descriptor() else {
            return Err(NodeError::Refused("their node has not been met yet: wait until it is seen"));
        };
        let descriptors = vec![B64(descriptor.bytes().to_vec())];
        let note = Some(note.to_owned()).filter(|note| !note.is_empty());
        say(work, to, NodeDiscovery::Give { descriptors, note, group: None }.into())?;
    }
    Ok(())
}

/// Queues a thing to say to one person, signed by the delivery job.
pub fn say(work: &Work<'_, '_>, to: &Person, payload: Payload) -> Result<(), NodeError> {
    say_for(work, to, payload, None)
}

/// The same, for a message of a conversation (`chat_messages.id`).
pub fn say_for(
    work: &Work<'_, '_>,
    to: &Person,
    payload: Payload,
    chat_message: Option<i64>,
) -> Result<(), NodeError> {
    let value = payload.to_value()?;
    delivery::draft(work.tx, work.seal, to.id, payload.kind(), &value, chat_message, work.now)?;
    work.wake();
    Ok(())
}

/// Saves a person and tells the owner's apps.
pub fn changed(work: &Work<'_, '_>, person: &Person) -> Result<(), NodeError> {
    store::save(work.tx, work.seal, person, work.now)?;
    chats::requests::settle(work, person)?;
    work.tell(Kind::Person, json!({"node_id": person.node_id}));
    work.wake_chats();
    Ok(())
}

/// What a new friend gets at once: the profile, and the question for what was posted before.
fn welcome(work: &Work<'_, '_>, person: &Person) -> Result<(), NodeError> {
    say(work, person, profile::card(work)?.into())?;
    ask_wall(work, person, 0)
}

/// Asks a person for the posts of their wall since `after` (unix seconds).
pub fn ask_wall(work: &Work<'_, '_>, person: &Person, after: u64) -> Result<(), NodeError> {
    let have = Vec::new();
    say(work, person, ContentSync::Ask { wall: person.node_id, after, have, limit: BACKFILL }.into())
}

fn respond(work: &Work<'_, '_>, person: &Person, status: Answer) -> Result<(), NodeError> {
    let request = person.details.request.unwrap_or(Hash([0; 32]));
    say(work, person, ConnectionResponse { request, status, routes: None }.into())
}
