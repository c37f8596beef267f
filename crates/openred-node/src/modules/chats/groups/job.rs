//! What comes with time: the order's own wake-ups, changes that others had time to make first, what is dropped. Must not know
//! rules of the order.

use openred_chat::LEAF_S_MAX;
use openred_core::ids::Id16;
use openred_proto::order::Input;
use tracing::warn;

use super::{
    applying::{internal, look_if_there},
    changes::store::{self as changes, What},
    commits::store as commits,
    heard::want,
    said::store as said,
    sequencing, store as groups, turn,
};
use crate::{
    delivery::store as delivery,
    deps::{Deps, Work},
    error::NodeError,
    modules::chats::mls,
};

/// Groups of one step.
const STEP: i64 = 10;
/// What may still be said again, and invitations, are kept so long; longer than a branch may lose.
const KEPT_MS: u64 = 26 * 3_600_000;
/// Own keys in a group are renewed when less than this is left of their certificate, seconds.
const RENEW_S: u64 = LEAF_S_MAX / 2;
/// A message that a member refused is sent to them again after this: their invitation may have come later.
const REFUSED_MS: u64 = 30_000;
/// A group that cannot go on is looked at again after this.
const LATER_MS: u64 = 60_000;
/// The shortest rest between two turns of the same group.
const REST_MS: u64 = 500;

/// Does what is due.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub(in super::super) async fn due(deps: &Deps) -> Result<(), NodeError> {
    let due = deps.read(|w| Ok((groups::due(w.tx, w.now, 200)?, changes::due(w.tx, w.seal, w.now)?))).await?;
    for group in due.0 {
        // Whatever comes of it, it is not asked again at once.
        deps.write(move |w| Ok(groups::rest(w.tx, group, w.now + LATER_MS)?)).await?;
        alone(deps.write(move |w| tick(w, group)).await)?;
    }
    for change in due.1 {
        alone(deps.write(move |w| begin(w, &change)).await)?;
    }
    let refused = deps.read(refused).await?;
    if refused.is_empty() {
        return Ok(());
    }
    deps.write(move |w| retry(w, &refused)).await
}

/// One damaged group must not stop all others.
fn alone(done: Result<(), NodeError>) -> Result<(), NodeError> {
    match done {
        Err(NodeError::Internal(error)) => {
            warn!(error, "a group cannot go on");
            Ok(())
        }
        done => done,
    }
}

/// When to look again, unix ms.
///
/// # Errors
/// What the tables say.
pub(in super::super) fn next(work: &Work<'_, '_>) -> Result<Option<u64>, NodeError> {
    Ok(groups::next_due(work.tx)?.map(|at| at.max(work.now + REST_MS)))
}

fn tick(work: &Work<'_, '_>, group: Id16) -> Result<(), NodeError> {
    match groups::find(work.tx, work.seal, group)? {
        Some(group) => turn::run(work, group, Input::Tick, None),
        None => Ok(()),
    }
}

fn begin(work: &Work<'_, '_>, change: &changes::Change) -> Result<(), NodeError> {
    match groups::get(work.tx, work.seal, change.group)? {
        Some(group) => {
            let urgent = matches!(change.what, What::Remove(_));
            want(work, group, change.id, urgent)
        }
        None => Ok(changes::forget(work.tx, change.id)?),
    }
}

/// Messages that a member refused a while ago.
fn refused(work: &Work<'_, '_>) -> Result<Vec<(i64, i64)>, NodeError> {
    let before = work.now.saturating_sub(REFUSED_MS);
    Ok(said::refused(work.tx, before, work.now.saturating_sub(KEPT_MS))?)
}

fn retry(work: &Work<'_, '_>, refused: &[(i64, i64)]) -> Result<(), NodeError> {
    for &delivery in refused {
        delivery::retry(work.tx, delivery, work.now)?;
    }
    work.wake();
    Ok(())
}

/// Drops what is over, and renews own keys. For an hourly job.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub(in super::super) async fn look_through(deps: &Deps) -> Result<(), NodeError> {
    deps.write(|w| {
        let before = w.now.saturating_sub(KEPT_MS);
        said::trim(w.tx, before)?;
        commits::trim_kept(w.tx, before)?;
        sequencing::trim(w)?;
        mls::with(w, |chat| chat.drop_old_parts())?.map_err(internal).map(drop)
    })
    .await?;
    let mut after = 0;
    loop {
        let page = deps.read(move |w| Ok(groups::page(w.tx, after, STEP)?)).await?;
        let Some((last, _)) = page.last().copied() else { return Ok(()) };
        after = last;
        for (id, _) in page {
            alone(deps.write(move |w| tend(w, id)).await)?;
        }
    }
}

fn tend(work: &Work<'_, '_>, id: i64) -> Result<(), NodeError> {
    let Some(group) = groups::get(work.tx, work.seal, id)?.filter(|group| group.facts.member) else {
        return Ok(());
    };
    let Some(now) = look_if_there(work, group.group)? else { return Ok(()) };
    mls::with(work, |chat| chat.trim(group.group))?.map_err(internal)?;
    let me = work.me.node_id;
    let own = now.members.into_iter().find(|leaf| leaf.node_id == me);
    let is_old = own.is_some_and(|leaf| leaf.not_after < work.now / 1_000 + RENEW_S);
    let waits = changes::of(work.tx, work.seal, id)?.iter().any(|change| change.what == What::Update);
    if !is_old || waits {
        return Ok(());
    }
    let change = changes::insert(work.tx, work.seal, id, &What::Update, false, (0, work.now))?;
    want(work, group, change, false)
}
