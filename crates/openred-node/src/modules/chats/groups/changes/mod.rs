//! What is to be changed in groups: rows in `store`, and whose turn it is where several may make the same change.

pub mod store;

use openred_core::ids::NodeId;

use self::store::What;
use super::store::Group;
use crate::{deps::Work, error::NodeError};

/// Each waits so long for the one before.
const TURN_MS: u64 = 60_000;

/// Writes down a change that all who may change the group want: about somebody of the members, who does not make it. They take
/// turns in the order of their ids, so that mostly one commit is made. Its number, and whether this node is the first.
pub(super) fn in_turn<'m>(
    work: &Work<'_, '_>,
    group: &Group,
    members: impl IntoIterator<Item = &'m NodeId>,
    (what, about): (&What, &NodeId),
) -> Result<(i64, bool), NodeError> {
    let me = work.me.node_id;
    let is_before = |id: &&NodeId| group.facts.may_restore(id, about) && **id < me && *id != about;
    let rank = members.into_iter().filter(is_before).count() as u64;
    let not_before = if rank == 0 { 0 } else { work.now + rank * TURN_MS };
    let change = store::insert(work.tx, work.seal, group.id, what, false, (not_before, work.now))?;
    work.wake_chats();
    Ok((change, rank == 0))
}
