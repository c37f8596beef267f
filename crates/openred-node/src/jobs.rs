//! What runs by itself: the keeper is restarted, tables are trimmed, what was held back or kept is tried, the descriptor
//! is renewed.

use std::time::Duration;

use tracing::{error, info, warn};

use crate::{
    delivery,
    events::Kind,
    modules::{auth, chats, contacts, feed, files, invitations, network, notify},
    node::Parts,
};

const KEEPER_LOOK: Duration = Duration::from_millis(500);
const TRIM: Duration = Duration::from_secs(3_600);

/// Starts them all.
pub(crate) fn spawn(parts: &Parts) {
    let tasks = &parts.deps.tasks;
    tasks.spawn("keeper", watch_keeper(parts.clone()));
    tasks.spawn("trim", trim(parts.clone()));
    tasks.spawn("held back", delivery::inbox::held::run(parts.deps.clone()));
    tasks.spawn("audit", auth::unlock::checkpoint_at_stop(parts.deps.clone()));
    tasks.spawn("descriptor", parts.net.clone().refresh_loop());
    tasks.spawn("mail", parts.net.clone().mail_loop());
}

/// A keeper that ended is replaced; the node is locked then.
async fn watch_keeper(parts: Parts) {
    let stop = parts.deps.tasks.soft().clone();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(KEEPER_LOOK) => {}
        }
        match parts.deps.keys.restart_if_gone() {
            Ok(false) => {}
            Ok(true) => {
                warn!("the keeper ended and was started again: the node is locked until its owner logs in");
                parts.deps.seal.lock();
                parts.deps.leaf.lock();
                parts.net.lock();
                parts.deps.events.send(Kind::Status, serde_json::json!({}));
            }
            Err(error) => error!(%error, "the keeper cannot be started again"),
        }
    }
}

async fn trim(parts: Parts) {
    let stop = parts.deps.tasks.soft().clone();
    loop {
        let now = parts.deps.clock.now_ms();
        let trimmed = parts.deps.write_plain(move |tx| {
            delivery::store::trim(tx, now)?;
            delivery::inbox::store::trim(tx, now)?;
            delivery::later::store::again_daily(tx, now)?;
            delivery::mail::store::trim(tx, now)?;
            contacts::store::trim(tx, now)?;
            invitations::store::trim(tx, now)?;
            chats::groups::links::store::trim(tx, now)?;
            notify::store::trim(tx, now)?;
            network::store::trim(tx, now / 1_000)?;
            network::tags::store::trim(tx)?;
            feed::store::trim(tx, now)
        });
        match trimmed.await {
            Ok(()) => {
                info!("old rows were trimmed");
                parts.deps.wake.ring();
            }
            Err(error) => warn!(%error, "old rows could not be trimmed"),
        }
        if let Err(error) = files::trim(&parts.deps).await {
            warn!(%error, "old files could not be trimmed");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TRIM) => {}
        }
    }
}
