//! Envelopes from the future: signed more than ten minutes ahead of this clock, they are on disk and acknowledged, and
//! acted on when their time has come (PROTOCOL §2). What follows them in their stream does not wait for them.

use openred_core::envelope::{SKEW_MS, Verified};
use tracing::{debug, info, warn};

use super::{Place, Room, STALE, act, refuse, room_of, store};
use crate::{
    delivery::trouble::Trouble,
    deps::{Deps, Work},
    error::NodeError,
    modules::contacts::{person::Person, store as people},
};

/// Farther ahead is refused: longer than stored mail is good for, nothing is kept for anybody.
const AHEAD_MS_MAX: u64 = 60 * 86_400_000;
/// The job looks at least this often.
const LOOK_MS: u64 = 30_000;

/// Holds an envelope back. A refusal is a code for the sender: there is no room, or it is too far ahead.
pub(super) fn back(
    work: &Work<'_, '_>,
    peer: &Person,
    request_lane: bool,
    at: &Place,
    item: &Verified,
) -> Result<Option<&'static str>, NodeError> {
    if peer.is_blocked() {
        return Ok(Some("unknown"));
    }
    let due_at = item.envelope().timestamp_ms.saturating_sub(SKEW_MS);
    if due_at > work.now + AHEAD_MS_MAX {
        return Ok(Some(STALE));
    }
    let room: Room = room_of(peer, request_lane);
    let held = store::Held { at: *at, request_lane, body: item.canonical().to_vec() };
    let kept = store::hold(work.tx, work.seal, (&item.message_id(), due_at), &held, &room, work.now)?;
    debug!(kept, due_at, "an envelope is ahead of this clock");
    Ok((!kept).then_some(STALE))
}

/// Acts on all whose time has come. Returns when the next is due, unix ms.
pub async fn release(deps: &Deps) -> Result<Option<u64>, NodeError> {
    while release_one(deps).await? {}
    Ok(deps.db.read(store::next_due).await?)
}

/// What a rule refuses is rolled back whole, and told.
async fn release_one(deps: &Deps) -> Result<bool, NodeError> {
    let mut refused = None;
    loop {
        match deps.write(move |w| give(w, refused)).await {
            Err(NodeError::ItemRefused { code, .. }) if refused.is_none() => refused = Some(code),
            done => return done,
        }
    }
}

fn give(work: &Work<'_, '_>, refused: Option<&'static str>) -> Result<bool, NodeError> {
    let Some(held) = store::take_due(work.tx, work.seal, work.now)? else { return Ok(false) };
    let (Some(peer), Ok(item)) =
        (people::get(work.tx, work.seal, held.at.person)?, Verified::from_trusted_store(&held.body))
    else {
        return Ok(true);
    };
    if let Some(code) = refused {
        refuse(work, &peer, &held.at, code)?;
        return Ok(true);
    }
    match act::now(work, &peer, held.request_lane, &item)? {
        None => Ok(true),
        Some(code) => Err(NodeError::ItemRefused { n: held.at.n, code }),
    }
}

/// The job: acts on what is due until the node stops.
pub async fn run(deps: Deps) {
    let stop = deps.tasks.soft().clone();
    let mut trouble = Trouble::default();
    loop {
        let next = match release(&deps).await {
            Ok(next) => {
                if trouble.is_over() {
                    info!("what was held back is acted on again");
                }
                next
            }
            Err(NodeError::Locked | NodeError::NotSetUp) => None,
            Err(error) => {
                if trouble.is_new(&error) {
                    warn!(%error, "what was held back cannot be acted on; it is tried again");
                }
                None
            }
        };
        let now = deps.clock.now_ms();
        let wait = next.map_or(LOOK_MS, |at| at.saturating_sub(now).clamp(1_000, LOOK_MS));
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(std::time::Duration::from_millis(wait)) => {}
        }
    }
}
