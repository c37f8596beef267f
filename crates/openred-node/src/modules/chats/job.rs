//! The task of conversations: certifies the leaf, gives keys to friends, sends what may not be taken back any more, and
//! removes what is over.

use openred_service::lifecycle::Clock;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{groups, keys, messages::store as messages, requests, sending, timer};
use crate::{deps::Deps, error::NodeError, modules::search};

/// Without any sign, the task looks again after this long.
const LOOK_MS: u64 = 60_000;
/// After trouble.
const TROUBLE_MS: u64 = 2_000;

/// Runs until the node stops. While locked it waits for the next ring.
pub async fn run(deps: Deps, stop: CancellationToken) {
    let mut gathering = search::Gathering::default();
    loop {
        let wait_ms = match turn(&deps, &mut gathering).await {
            Ok(wait_ms) => wait_ms,
            Err(NodeError::Locked | NodeError::NotSetUp) => LOOK_MS,
            Err(error) => {
                warn!(%error, "conversations cannot go on; it is tried again");
                TROUBLE_MS
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = deps.wake.chats() => {}
            () = tokio::time::sleep(std::time::Duration::from_millis(wait_ms)) => {}
        }
    }
}

async fn turn(deps: &Deps, gathering: &mut search::Gathering) -> Result<u64, NodeError> {
    if deps.leaf.is_due(deps.clock.now_ms()) {
        super::certify(deps).await?;
    }
    keys::give_all(deps).await?;
    sending::send_all_due(deps).await?;
    timer::let_go(deps).await?;
    requests::let_go(deps).await?;
    groups::job::due(deps).await?;
    let search_at = gathering.catch_up(deps).await?;
    let next = deps.read(|w| {
        let next = [
            messages::next_due(w.tx)?,
            messages::next_over(w.tx)?,
            requests::next(w)?,
            groups::job::next(w)?,
        ];
        Ok(next.into_iter().flatten().min())
    });
    let next = next.await?.into_iter().chain(search_at).min();
    Ok(wait(&deps.clock, next))
}

fn wait(clock: &Clock, next: Option<u64>) -> u64 {
    next.map_or(LOOK_MS, |at| at.saturating_sub(clock.now_ms()).clamp(20, LOOK_MS))
}
