//! What comes for circles: invitations by their owners, and what members say on the wall.

use openred_chat::Message as Opened;
use openred_core::{
    envelope::{Envelope, Verified},
    ids::Id16,
    payload::{Talk, TalkKind},
};

use super::store::{self, Circle, OWN};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::groups::{
            own as groups,
            store::{self as rows, Group},
        },
        contacts::{person::Person, store as people},
        feed,
    },
};

/// Circles of one friend that the owner is in.
pub(super) const OF_ONE_MAX: i64 = 200;

/// A friend has put the owner into a circle of theirs. It may go on from an earlier group.
pub fn on_joined(
    work: &Work<'_, '_>,
    from: &Person,
    group: &Group,
    continues: Option<Id16>,
) -> Result<(), NodeError> {
    if group.facts.admins != [from.node_id] {
        return Err(NodeError::Refused("a circle is its owner's"));
    }
    let before = match continues {
        Some(before) => rows::find(work.tx, work.seal, before)?,
        None => None,
    };
    let circle = match before {
        Some(before) => store::of_group(work.tx, work.seal, before.id)?,
        None => None,
    };
    if let Some(circle) = circle.filter(|circle| circle.owner == from.id) {
        return Ok(store::go_on_in(work.tx, circle.id, group.id)?);
    }
    if store::of(work.tx, work.seal, from.id, OF_ONE_MAX)?.len() as i64 == OF_ONE_MAX {
        return Err(NodeError::Refused("too many circles of one friend"));
    }
    store::insert(work.tx, work.seal, (group.group, group.id), from.id, None, work.now)?;
    Ok(())
}

/// What a member says on the wall of a circle: an envelope that they signed.
pub fn on_wall(work: &Work<'_, '_>, group: &Group, from: &Person, opened: &Opened) -> Result<(), NodeError> {
    if opened.from != from.node_id {
        return Err(NodeError::Refused("a message of somebody else"));
    }
    let talk = Talk::parse(&opened.content)?;
    let (TalkKind::Wall, Some(item)) = (talk.kind, talk.item) else {
        return Err(NodeError::Refused("a circle is no conversation"));
    };
    let circle = store::of_group(work.tx, work.seal, group.id)?.ok_or(NodeError::Unknown("this circle"))?;
    // In a group that the owner has left behind, nobody is removed any more.
    let is_here = |id: i64| rows::is_in(work.tx, circle.group, id);
    if group.id != circle.group && !is_here(from.id)? {
        return Err(NodeError::Refused("not in this circle any more"));
    }
    let item = signed_by(work, from, &item.0)?;
    feed::on_wall_of_circle(work, &circle, from, &item)
}

/// Any key of the sender's log counts: the group proves who sends it, and what is on its way cannot be signed again after a
/// rotation.
fn signed_by(work: &Work<'_, '_>, from: &Person, bytes: &[u8]) -> Result<Verified, NodeError> {
    let item = Envelope::parse(bytes).map_err(|e| NodeError::invalid("item", e.to_string()))?;
    if item.envelope().from.node_id != from.node_id {
        return Err(NodeError::Refused("members say what is theirs"));
    }
    let pin = people::pin_of(work.tx, work.seal, from)?;
    let log = pin.log().ok_or(NodeError::Refused("nobody whose key is known"))?;
    let keys = (0..=log.head_seq()).rev().filter_map(|seq| log.key_at(seq));
    keys.into_iter()
        .find_map(|key| item.clone().verify(key).ok())
        .ok_or(NodeError::Refused("a signature that is not theirs"))
}

/// The owner leaves a circle of somebody else.
pub(super) fn leave(work: &Work<'_, '_>, circle: &Circle) -> Result<(), NodeError> {
    debug_assert_ne!(circle.owner, OWN, "nobody leaves their own");
    match rows::get(work.tx, work.seal, circle.group)? {
        Some(group) => groups::leave_from(work, group),
        None => Ok(()),
    }
}
