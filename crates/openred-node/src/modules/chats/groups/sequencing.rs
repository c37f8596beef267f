//! The countersigning side: this node puts commits of a group in order. Written before it is signed, in one transaction.
//! Must not know what is in commits.

use openred_core::{
    ids::{Hash, Id16, NodeId},
    payload::Order as Said,
    sign::{Label, Signature},
};
use openred_keeper::ops::CommitOrder;
use openred_proto::order::{
    bounds::{AHEAD_MAX, GROUP_SECS, GROUPS_MAX},
    sequencer::to_sign,
};

use super::{carrying, commits::store::Countersigned, store as groups};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        contacts::{person::Person, store as people},
        identity,
    },
};

/// An order of this node.
pub(super) struct Signed {
    pub(super) commit: Hash,
    pub(super) countersigned: Countersigned,
}

/// Says which commit is the one of this epoch; none for epochs that are forgotten.
pub(super) fn order(
    work: &Work<'_, '_>,
    group: Id16,
    epoch: u64,
    commit: Hash,
) -> Result<Option<Signed>, NodeError> {
    let held = groups::sequencer(work.tx, work.seal, group)?;
    if held.is_none() && groups::sequenced(work.tx)? >= GROUPS_MAX as u64 {
        return Ok(None);
    }
    let mut state = held.unwrap_or_default();
    let Ok(commit) = state.order(epoch, commit) else { return Ok(None) };
    groups::set_sequencer(work.tx, work.seal, group, &state, work.now)?;
    let sig = work.keys.keeper().sign_order(CommitOrder { group, epoch, commit }).wait()?;
    Ok(Some(Signed { commit, countersigned: Countersigned { by: work.me.node_id, sig } }))
}

/// Somebody asks for an order.
pub(super) fn on_ask(
    work: &Work<'_, '_>,
    from: &Person,
    group: Id16,
    epoch: u64,
    commit: Hash,
) -> Result<(), NodeError> {
    // Nobody makes this node forget what it ordered by naming an epoch far ahead.
    let far = match groups::find(work.tx, work.seal, group)? {
        Some(known) => epoch > known.facts.epoch + AHEAD_MAX,
        None => false,
    };
    let ordered = if far { None } else { order(work, group, epoch, commit)? };
    let answer = match ordered {
        Some(Signed { commit, countersigned: Countersigned { by, sig } }) => {
            Said::Signed { epoch, commit, by, sig }
        }
        None => Said::Gone { epoch },
    };
    carrying::say(work, from, group, answer)
}

/// Whether a sequencer signed this. Any key of its log counts: what it signed before a rotation stays signed.
pub(super) fn verify(
    work: &Work<'_, '_>,
    (group, epoch, commit): (Id16, u64, &Hash),
    by: &NodeId,
    sig: &Signature,
) -> Result<bool, NodeError> {
    let log = if *by == work.me.node_id {
        identity::log(work.tx)?
    } else {
        let Some(person) = people::find(work.tx, work.seal, by)? else { return Ok(false) };
        people::pin_of(work.tx, work.seal, &person)?.log().cloned()
    };
    let Some(log) = log else { return Ok(false) };
    let signed = to_sign(&group, epoch, commit);
    let mut keys = (0..=log.head_seq()).filter_map(|seq| log.key_at(seq));
    Ok(keys.any(|key| key.verify(Label::MlsOrder, &signed, sig).is_ok()))
}

/// Forgets groups of which nothing was heard for long.
pub(super) fn trim(work: &Work<'_, '_>) -> Result<(), NodeError> {
    Ok(groups::trim_sequenced(work.tx, work.now.saturating_sub(GROUP_SECS * 1_000))?)
}
