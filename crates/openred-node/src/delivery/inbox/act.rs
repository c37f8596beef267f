//! The table of message types: what is done with an envelope that is verified, new and in time.

use openred_core::{
    envelope::{Age, MessageType, Verified},
    payload::{ActivityUpdate, Payload},
};

use super::{Place, held, receipts};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    modules::{
        chats,
        contacts::{self, person::Person, store as people},
        feed, files, invitations,
    },
};

/// Acts on an envelope unless its id was acted on before; holds it back when its time has not come. A refusal is a code
/// for the sender, not an error.
pub(super) fn once(
    work: &Work<'_, '_>,
    peer: &Person,
    request_lane: bool,
    at: &Place,
    item: &Verified,
) -> Result<Option<&'static str>, NodeError> {
    let age = item.envelope().age(work.now);
    if age == Age::Expired {
        return Ok(Some(super::STALE));
    }
    let until = item.envelope().remember_until_ms(work.now);
    if !delivery::first_time(work.tx, &item.message_id(), until)? {
        return Ok(None);
    }
    if age == Age::Ahead {
        return held::back(work, peer, request_lane, at, item);
    }
    now(work, peer, request_lane, item)
}

/// Acts on an envelope whose id is remembered.
pub(super) fn now(
    work: &Work<'_, '_>,
    peer: &Person,
    request_lane: bool,
    item: &Verified,
) -> Result<Option<&'static str>, NodeError> {
    match act(work, peer, request_lane, item) {
        Ok(()) => Ok(None),
        Err(NodeError::Refused(_) | NodeError::Conflict(_)) => Ok(Some("refused")),
        Err(NodeError::Unknown(_)) => Ok(Some("unknown")),
        Err(NodeError::Gone(_)) => Ok(Some("gone")),
        Err(NodeError::Invalid { .. }) => Ok(Some("malformed")),
        Err(NodeError::TooLarge(_)) => Ok(Some("too_large")),
        Err(NodeError::SlowDown(_)) => Ok(Some("slow_down")),
        // By a rule that names its code.
        Err(NodeError::ItemRefused { code, .. }) => Ok(Some(code)),
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
    let expected = || -> Result<bool, NodeError> {
        Ok(feed::access::is_expected(work, peer, &payload)? || chats::is_expected(work, peer, &payload)?)
    };
    if !(open || expected()?) {
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
        Payload::ActivityUpdate(ActivityUpdate::Profile(p)) if from == peer.node_id => {
            contacts::on_profile(work, peer.clone(), item.envelope().timestamp_ms, p)
        }
        Payload::ActivityUpdate(_) => Ok(()),
        Payload::PostShare(p) => feed::on_post(work, peer, item, p),
        Payload::Comment(p) => feed::on_comment(work, peer, item, p),
        Payload::PostReaction(p) => feed::on_reaction(work, peer, item, p),
        Payload::ContentSync(p) => feed::on_sync(work, peer, item, p),
        Payload::AccessRequest(p) => feed::on_access(work, peer, item, p),
        Payload::MessageStatus(p) => receipts::on_status(work, peer, &p),
        Payload::DirectMessage(p) => chats::on_direct(work, peer, item, p),
        Payload::FileOffer(p) => files::offers::on_offer(work, peer, &p),
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
