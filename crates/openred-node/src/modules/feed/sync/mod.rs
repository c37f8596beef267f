//! Keeping each other complete: what is on this wall, asked for and given (Annex A.2 `content_sync`). What is given
//! is verified item by item and acted on as if it had been delivered.

use std::collections::BTreeSet;

use openred_core::{
    envelope::{Age, Envelope, MessageType, Unverified, Verified},
    ids::{B64, Hash, NodeId},
    payload::{ContentSync, Payload, SYNC_BYTES_MAX},
};

use super::{access, again, comments, heard, missing, posts, things};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    modules::contacts::{self, person::Person, store as people},
};

/// Ids named as held (Annex A.2).
const HAVE_MAX: usize = 200;
/// Items asked for at once (Annex A.2).
pub(super) const LIMIT: u64 = 100;

/// An envelope on the owner's wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallItem {
    /// Its timestamp, unix ms.
    pub at: u64,
    /// Its message id.
    pub id: Hash,
    /// Canonical bytes.
    pub envelope: Vec<u8>,
}

/// Answers a question about the owner's wall: what the asker may see, oldest first.
pub(super) fn answer(
    work: &Work<'_, '_>,
    peer: &Person,
    (wall, after): (&NodeId, u64),
    have: &[Hash],
    limit: u64,
) -> Result<(), NodeError> {
    if *wall != work.me.node_id {
        return Err(NodeError::Unknown("this wall"));
    }
    if again::defers(work, peer.id, after)? {
        return Ok(());
    }
    give_wall(work, peer, (after, have, limit))
}

/// What a person may see of the owner's wall after a second (unix s), without what they have, at most `limit` items.
pub(super) fn give_wall(
    work: &Work<'_, '_>,
    peer: &Person,
    (after, have, limit): (u64, &[Hash], u64),
) -> Result<(), NodeError> {
    let (friends_too, from) = (peer.is_friend(), after.saturating_mul(1_000));
    // Each list has room for all that is held already, so that the merged beginning is right.
    let most = limit as i64 + have.len() as i64 + 1;
    let mut found = things::store::on_wall(work.tx, work.seal, from, friends_too, most)?;
    let have: BTreeSet<&Hash> = have.iter().collect();
    found.retain(|item| !have.contains(&item.id));
    found.sort_by_key(|item| (item.at, item.id));
    let (items, more) = fitting(found, limit as usize);
    contacts::say(work, peer, ContentSync::Give { items, more }.into())
}

/// As many from the front as one answer holds; whether some are left.
fn fitting(found: Vec<WallItem>, limit: usize) -> (Vec<B64>, bool) {
    let (mut items, mut room) = (Vec::new(), SYNC_BYTES_MAX);
    for item in found {
        let text_bytes = (item.envelope.len() * 4).div_ceil(3);
        if text_bytes > SYNC_BYTES_MAX {
            continue;
        }
        if items.len() == limit || text_bytes > room {
            return (items, true);
        }
        room -= text_bytes;
        items.push(B64(item.envelope));
    }
    (items, false)
}

/// Gives one person one post of the owner, with its newest change.
pub(super) fn give(work: &Work<'_, '_>, peer: &Person, post: &posts::store::Post) -> Result<(), NodeError> {
    let items = posts::store::envelopes(work.tx, work.seal, post)?.into_iter().map(B64).collect();
    contacts::say(work, peer, ContentSync::Give { items, more: false }.into())
}

/// Takes what a person gave of their own wall, and asks on while there is more.
pub(super) fn receive(
    work: &Work<'_, '_>,
    peer: &Person,
    items: &[B64],
    more: bool,
) -> Result<(), NodeError> {
    if !heard::is_wanted(work, peer)? {
        return Err(NodeError::Refused("nobody asked for this"));
    }
    let (mut fresh, mut last) = (false, Vec::new());
    for bytes in items {
        let Ok(item) = Envelope::parse(&bytes.0) else { continue };
        let envelope = item.envelope();
        let known_kind = matches!(
            envelope.kind,
            MessageType::PostShare | MessageType::Comment | MessageType::PostReaction
        );
        let ahead = envelope.age(work.now) == Age::Ahead;
        if !known_kind || ahead || envelope.to.node_id != peer.node_id {
            continue;
        }
        last.push((envelope.timestamp_ms, item.message_id()));
        access::given(work, peer, &item.message_id())?;
        fresh |= receive_one(work, peer, item)?;
    }
    if more && fresh { ask_on(work, peer, &last) } else { Ok(()) }
}

/// True when it was new and acted on.
fn receive_one(work: &Work<'_, '_>, peer: &Person, item: Unverified) -> Result<bool, NodeError> {
    let Some(item) = verified(work, item)? else { return Ok(false) };
    let until = item.envelope().remember_until_ms(work.now);
    if !delivery::first_time(work.tx, &item.message_id(), until)? {
        return Ok(false);
    }
    let done = match item.payload() {
        Ok(Payload::PostShare(said)) => heard::on_post(work, peer, &item, said),
        Ok(Payload::Comment(said)) => heard::on_comment(work, peer, &item, said),
        Ok(Payload::PostReaction(said)) => heard::on_reaction(work, peer, &item, said),
        _ => return Ok(false),
    };
    match done {
        Ok(()) => Ok(true),
        // One bad item spoils no others: rules refuse before they write.
        Err(
            NodeError::Refused(_)
            | NodeError::Unknown(_)
            | NodeError::Gone(_)
            | NodeError::Conflict(_)
            | NodeError::Invalid { .. },
        ) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Verifies under the author's newest log held. A comment of somebody unknown counts as missing.
fn verified(work: &Work<'_, '_>, item: Unverified) -> Result<Option<Verified>, NodeError> {
    let (id, envelope) = (item.message_id(), item.envelope().clone());
    if envelope.from.node_id == work.me.node_id {
        return Ok(None);
    }
    if let Some(author) = people::find(work.tx, work.seal, &envelope.from.node_id)? {
        let pin = people::pin_of(work.tx, work.seal, &author)?;
        if let Some(good) = pin.log().and_then(|log| item.verify_under(log).ok()) {
            return Ok(Some(good));
        }
    }
    if let Ok(Payload::Comment(said)) = Payload::parse(envelope.kind, &envelope.payload)
        && said.edits.or(said.deletes).is_none()
    {
        missing::note(work, &said.post, &[id])?;
    }
    Ok(None)
}

/// Goes on where the last answer ended: at its last second, naming what is held of it.
fn ask_on(work: &Work<'_, '_>, peer: &Person, last: &[(u64, Hash)]) -> Result<(), NodeError> {
    let Some(second) = last.iter().map(|(at, _)| at / 1_000).max() else { return Ok(()) };
    let mut have: BTreeSet<Hash> =
        last.iter().filter(|(at, _)| at / 1_000 == second).map(|(_, id)| *id).collect();
    let most = HAVE_MAX as i64 + 1;
    have.extend(posts::store::of_second(work.tx, peer.id, second, most)?);
    have.extend(comments::store::of_second(work.tx, peer.id, second, most)?);
    // A second with more than can be named is left behind whole.
    let (after, have) =
        if have.len() > HAVE_MAX { (second + 1, Vec::new()) } else { (second, have.into_iter().collect()) };
    contacts::say(work, peer, ContentSync::Ask { wall: peer.node_id, after, have, limit: LIMIT }.into())
}

/// Who signed what is inside a `content_sync`: the network fetches the logs of those it does not know, before the
/// item is applied.
pub fn authors(envelope: &Envelope) -> BTreeSet<NodeId> {
    if envelope.kind != MessageType::ContentSync {
        return BTreeSet::new();
    }
    match Payload::parse(envelope.kind, &envelope.payload) {
        Ok(Payload::ContentSync(ContentSync::Give { items, .. })) => items
            .iter()
            .filter_map(|b| Envelope::parse(&b.0).ok())
            .map(|item| item.envelope().from.node_id)
            .collect(),
        _ => BTreeSet::new(),
    }
}
