//! What peers say about being connected, acted on. Each function runs inside the transaction that also
//! remembers the message's id; the caller has verified the signature and that the person is not blocked.

use openred_core::{
    descriptor::{Descriptor, Lane, PinOutcome},
    ids::{B64, Hash},
    payload::{
        Answer, ConnectionResponse, DescriptorUpdate, FriendRequest, Heartbeat, NodeDiscovery, Profile,
        Relationship as Asked, RelayRoute, Routes, Secret32,
    },
};

use super::{
    ask_wall, changed, forks,
    person::{Following, Person, Relationship, Status},
    respond, say, store, welcome,
};
use crate::{
    delivery::mail::store as mail,
    deps::Work,
    error::NodeError,
    modules::{
        circles, invitations,
        notify::{self, Params, What},
        settings,
    },
    net::relays::store as relays,
};

/// Somebody asks to become friends, or follows the owner. `welcome_in`: an invitation of the owner said yes already.
pub fn on_request(
    work: &Work<'_, '_>,
    mut person: Person,
    id: Hash,
    request: FriendRequest,
    welcome_in: bool,
) -> Result<(), NodeError> {
    take_routes(work, &person, request.routes)?;
    match request.relationship {
        Asked::Friend if person.is_friend() || person.status == Status::PendingOut || welcome_in => {
            let was_friend = person.is_friend();
            person.details.request = Some(id);
            person.relationship = Relationship::Friend;
            person.status = Status::Accepted;
            respond(work, &person, Answer::Accepted)?;
            if !was_friend {
                welcome(work, &person)?;
                notify::add(work, What::FriendAccepted, Some(person.id), None, "")?;
            }
        }
        Asked::Friend if !settings::store::get(work.tx)?.allow_requests => {
            return Err(NodeError::Refused("this person takes no requests"));
        }
        Asked::Friend => {
            person.details.request = Some(id);
            person.relationship = Relationship::Friend;
            person.status = Status::PendingIn;
            person.details.note = request.note;
            notify::add(work, What::FriendRequest, Some(person.id), None, &person.details.note)?;
        }
        // Public posts are public: followers need no permission.
        Asked::Follower => {
            if !person.is_friend() {
                person.details.request = Some(id);
                person.relationship = Relationship::Follower;
                person.status = Status::Accepted;
            }
            let answer = ConnectionResponse { request: id, status: Answer::Accepted, routes: None };
            say(work, &person, answer.into())?;
        }
    }
    changed(work, &person)
}

/// An answer to a request of the owner, or the end of a relation.
pub fn on_response(
    work: &Work<'_, '_>,
    mut person: Person,
    response: ConnectionResponse,
) -> Result<(), NodeError> {
    take_routes(work, &person, response.routes)?;
    invitations::store::drop_redeemed(work.tx, person.id)?;
    match response.status {
        Answer::Accepted if person.status == Status::PendingOut => {
            person.status = Status::Accepted;
            person.relationship = Relationship::Friend;
            person.following = Following::No;
            welcome(work, &person)?;
            notify::add(work, What::FriendAccepted, Some(person.id), None, "")?;
        }
        Answer::Accepted if person.following == Following::Pending => {
            person.following = Following::Yes;
            ask_wall(work, &person, 0)?;
        }
        // Not asked for, or answered before.
        Answer::Accepted => {}
        Answer::Rejected if person.status == Status::PendingOut => person.status = Status::Rejected,
        Answer::Rejected => {
            if person.is_friend() {
                circles::parted(work, &person)?;
            }
            if person.is_friend() || person.is_follower() {
                person.relationship = Relationship::None;
                person.status = Status::None;
            }
            person.following = Following::No;
            relays::end_queues(work.tx, person.id)?;
        }
    }
    changed(work, &person)
}

/// A newer descriptor of the sender.
pub fn on_descriptor(
    work: &Work<'_, '_>,
    mut person: Person,
    update: DescriptorUpdate,
) -> Result<(), NodeError> {
    let descriptor = Descriptor::parse(&update.descriptor.0)
        .map_err(|e| NodeError::invalid("descriptor", e.to_string()))?;
    if descriptor.node_id() != person.node_id {
        return Err(NodeError::Refused("a descriptor of somebody else"));
    }
    take_routes(work, &person, update.routes)?;
    adopt(work, &mut person, &descriptor)?;
    changed(work, &person)
}

/// Pins a descriptor if it is newer than the pinned one; notes names and a changed identity on the person.
/// The caller saves the person. True when it was newer or the same.
pub fn adopt(work: &Work<'_, '_>, person: &mut Person, descriptor: &Descriptor) -> Result<bool, NodeError> {
    if store::is_pinned(work.tx, work.seal, person.id, descriptor)? {
        return Ok(true);
    }
    let mut pin = store::pin_of(work.tx, work.seal, person)?;
    let before = pin.log_seq();
    let mail_key = pin.descriptor().map(|held| held.body().mail_key.clone());
    match pin.accept(descriptor, work.now) {
        PinOutcome::New => {}
        PinOutcome::Same => return Ok(true),
        PinOutcome::Older | PinOutcome::TooFarAhead | PinOutcome::Foreign => return Ok(false),
        PinOutcome::Fork { seq, entry } => {
            forks::keep(work, person, seq, &entry)?;
            return Ok(false);
        }
    }
    let body = descriptor.body();
    person.username.clone_from(&body.username);
    person.details.display_name.clone_from(&body.display_name);
    person.server_url = body.api_url.clone().unwrap_or_default();
    if before.is_some_and(|seq| pin.log_seq() > Some(seq)) {
        person.details.identity_changed_at = Some(work.now);
        person.details.verified = false;
        notify::add(work, What::IdentityChanged, Some(person.id), None, "")?;
    }
    store::save_pin(work.tx, work.seal, person.id, &pin)?;
    take_lane(work, person, body.lane.as_ref())?;
    if mail_key.is_some_and(|held| held != body.mail_key) || before != pin.log_seq() {
        mail::lay_again(work.tx, person.id)?;
    }
    Ok(true)
}

/// Their profile changed; the newest by timestamp counts.
pub fn on_profile(
    work: &Work<'_, '_>,
    mut person: Person,
    at: u64,
    profile: Profile,
) -> Result<(), NodeError> {
    if at < person.details.profile_at {
        return Ok(());
    }
    person.details.profile_at = at;
    person.details.display_name = profile.display_name;
    person.details.bio = profile.bio;
    person.details.links = profile.links;
    person.details.avatar = profile.avatar;
    changed(work, &person)
}

/// A sign of life.
pub fn on_heartbeat(work: &Work<'_, '_>, person: &Person, _beat: &Heartbeat) -> Result<(), NodeError> {
    Ok(store::seen(work.tx, person.id, work.now)?)
}

/// A question for somebody's descriptor, or an introduction by a friend.
pub fn on_discovery(work: &Work<'_, '_>, from: &Person, message: NodeDiscovery) -> Result<(), NodeError> {
    match message {
        NodeDiscovery::Ask { node_id: Some(id), .. } => {
            let found = match store::find(work.tx, work.seal, &id)? {
                Some(person) if person.is_friend() => {
                    store::pin_of(work.tx, work.seal, &person)?.descriptor().cloned()
                }
                _ => None,
            };
            let descriptors = found.into_iter().map(|d| B64(d.bytes().to_vec())).collect();
            say(work, from, NodeDiscovery::Give { descriptors, note: None, group: None }.into())
        }
        // Names are the owner's to tell: a list of contacts is not given out.
        NodeDiscovery::Ask { .. } => {
            say(work, from, NodeDiscovery::Give { descriptors: Vec::new(), note: None, group: None }.into())
        }
        NodeDiscovery::Give { descriptors, group: Some(_), .. } => {
            descriptors.iter().try_for_each(|bytes| met(work, &bytes.0))
        }
        NodeDiscovery::Give { descriptors, note, group: None } => {
            let note = note.unwrap_or_default();
            descriptors.iter().try_for_each(|bytes| introduced(work, from, &bytes.0, &note))
        }
    }
}

/// Members of a private conversation: known from now on, and introduced to nobody.
fn met(work: &Work<'_, '_>, bytes: &[u8]) -> Result<(), NodeError> {
    let Ok(descriptor) = Descriptor::parse(bytes) else { return Ok(()) };
    if descriptor.node_id() == work.me.node_id {
        return Ok(());
    }
    let mut person = store::ensure(work.tx, work.seal, &descriptor.node_id(), work.now)?;
    if adopt(work, &mut person, &descriptor)? { changed(work, &person) } else { Ok(()) }
}

fn introduced(work: &Work<'_, '_>, by: &Person, bytes: &[u8], note: &str) -> Result<(), NodeError> {
    let Ok(descriptor) = Descriptor::parse(bytes) else { return Ok(()) };
    if descriptor.node_id() == work.me.node_id || descriptor.node_id() == by.node_id {
        return Ok(());
    }
    let mut person = store::ensure(work.tx, work.seal, &descriptor.node_id(), work.now)?;
    let is_new = person.relationship == Relationship::None && person.details.introduced_by.is_none();
    if !adopt(work, &mut person, &descriptor)? || person.is_blocked() {
        return Ok(());
    }
    if is_new && by.is_friend() {
        person.details.introduced_by = Some(by.node_id);
        note.clone_into(&mut person.details.note);
        let params = Params { by: Some(by.shown_name()), ..Params::words(note) };
        notify::add_with(work, What::Introduction, Some(person.id), None, &params)?;
    }
    changed(work, &person)
}

/// Where they take mail of this node alone. Addresses are in their descriptor.
fn take_routes(work: &Work<'_, '_>, person: &Person, routes: Option<Routes>) -> Result<(), NodeError> {
    let Some(routes) = routes else { return Ok(()) };
    mail::set_routes(work.tx, work.seal, person.id, false, &routes.relays)?;
    work.wake();
    Ok(())
}

/// Where everybody may leave them a request, as their newest descriptor says.
fn take_lane(work: &Work<'_, '_>, person: &Person, lane: Option<&Lane>) -> Result<(), NodeError> {
    let route = |lane: &Lane| RelayRoute {
        url: lane.relay_url.clone(),
        relay_id: lane.relay_id,
        deposit_id: lane.deposit_id,
        cap: Secret32::new(lane.cap),
    };
    let relays: Vec<_> = lane.map(route).into_iter().collect();
    Ok(mail::set_routes(work.tx, work.seal, person.id, true, &relays)?)
}
