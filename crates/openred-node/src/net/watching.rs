//! Watching the directories: one task for each meets, registers and polls, and brings the grants in. Must not know: what
//! a grant says.

use std::{sync::PoisonError, time::Duration};

use openred_core::ids::NodeId;
use openred_service::limits::SlowDown;
use tracing::debug;

use super::{Network, directories::Health, grants};
use crate::error::NodeError;

/// First pause after a directory failed; doubles to the longest.
const PAUSE_MS: u64 = 1_000;
const PAUSE_MAX_MS: u64 = 60_000;
/// A poll that took less was not held.
const HELD_MS: u64 = 1_000;

impl Network {
    /// Starts a poll for each directory of the table that has none yet.
    pub async fn watch_directories(&self) -> Result<(), NodeError> {
        for url in self.directories.load().await? {
            let is_new =
                self.shared.polled.lock().unwrap_or_else(PoisonError::into_inner).insert(url.clone());
            if is_new {
                let net = self.clone();
                self.deps.tasks.spawn_one_of_many("directory", async move { net.watch(&url).await });
            }
        }
        Ok(())
    }

    async fn watch(&self, url: &str) {
        let stop = self.deps.tasks.soft().clone();
        let (mut pause, mut changes) = (PAUSE_MS, self.own.changes());
        while self.directories.get(url).is_some() {
            let turn = tokio::select! {
                () = stop.cancelled() => return,
                turn = self.turn(url) => turn,
            };
            match turn {
                Ok(true) => {
                    pause = PAUSE_MS;
                    continue;
                }
                Ok(false) => debug!("a directory answers at once, with nothing of use"),
                Err(NodeError::Locked | NodeError::NotSetUp) => {
                    self.directories.note(url, Health::Off, "waits until you log in".to_owned());
                    pause = PAUSE_MS;
                }
                Err(error) => debug!(%error, "a directory failed"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(pause)) => {}
                Ok(()) = changes.changed() => {}
            }
            pause = (pause * 2).min(PAUSE_MAX_MS);
        }
        self.shared.polled.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
    }

    /// Meet, register, poll once. False when the poll was not held and brought nothing of use: no reason to hurry.
    async fn turn(&self, url: &str) -> Result<bool, NodeError> {
        self.deps.seal.get()?;
        if self.is_silent() {
            self.directories.note(url, Health::Off, "this identity is in use on another node".to_owned());
            return Ok(false);
        }
        let known = self.directories.get(url).ok_or(NodeError::Unknown("this directory"))?;
        if known.node_id.is_none() || known.health != Health::Ok || known.doubted {
            self.directories.compare_clock(url).await;
            self.directories.meet(url).await?;
        }
        let flags = *self.shared.flags.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = self.own.changes();
        self.directories.register(url, flags).await?;
        let begun = self.deps.clock.monotonic_ms();
        // A new descriptor is registered at once: under a new key nothing else counts there.
        let grants = tokio::select! {
            grants = self.directories.poll(url) => grants?,
            Ok(()) = changes.changed() => return Ok(true),
        };
        let mut is_useful = self.deps.clock.monotonic_ms().saturating_sub(begun) >= HELD_MS;
        let Some(directory) = self.directories.get(url) else { return Ok(false) };
        let mut lied = false;
        for sealed in grants {
            match grants::receive(self, &directory, sealed).await {
                Ok(()) => is_useful = true,
                Err(NodeError::Refused(grants::A_LIE)) => lied = true,
                Err(error) => debug!(%error, "a grant was refused"),
            }
        }
        if lied {
            return Err(self.directories.lies(url, grants::A_LIE));
        }
        Ok(is_useful)
    }

    /// A sealed grant was pushed. Anybody can push: a bad one says nothing about the directory.
    pub(super) async fn received(&self, dir_id: &NodeId, sealed: Vec<u8>) -> Result<(), SlowDown> {
        let Some(directory) = self.directories.by_id(dir_id) else {
            debug!("a grant of a directory that is not ours");
            return Ok(());
        };
        self.inflow.push_of(dir_id)?;
        if let Err(error) = grants::receive(self, &directory, sealed).await {
            debug!(%error, "a grant was refused");
        }
        Ok(())
    }
}
