//! One identity, two nodes: a descriptor of the own id that is newer than the own one and was not made here says that
//! another copy of this node speaks. Then this one is silent and asks its owner (PROTOCOL §1). It looks before it speaks
//! for the first time, and every ten minutes.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use openred_core::{
    descriptor::Descriptor,
    frame::close,
    identity::{IdentityLog, LogOrder},
};
use openred_keeper::ops::{Request, Response};
use tracing::{debug, warn};

use super::{Network, store};
use crate::{
    delivery,
    deps::Deps,
    error::NodeError,
    events::Kind,
    modules::{
        chats, identity,
        notify::{self, What},
    },
};

/// Where it is kept: state ‖ seen (unix ms, 8 bytes) ‖ descriptor; empty when there is none.
const ELSEWHERE: &str = "own_descriptor_elsewhere";
const ASKING: u8 = 0;
const STOPPED: u8 = 1;
/// How long the first look may hold up an unlock; the directories are asked again when this node registers.
const PATIENCE: Duration = Duration::from_secs(3);

/// What another copy of this node says of itself.
#[derive(Debug, Clone)]
pub struct Other {
    /// Its descriptor, signed by the own key.
    pub descriptor: Descriptor,
    /// When it was seen first, unix ms.
    pub seen_at: u64,
    /// The owner said that the other one is in use; otherwise they are still asked.
    pub stopped: bool,
}

impl Other {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (&state, rest) = bytes.split_first()?;
        let (seen_at, descriptor) = rest.split_first_chunk::<8>()?;
        let descriptor = Descriptor::parse(descriptor).ok()?;
        Some(Self { descriptor, seen_at: u64::from_be_bytes(*seen_at), stopped: state == STOPPED })
    }

    fn bytes(&self) -> Vec<u8> {
        let state = if self.stopped { STOPPED } else { ASKING };
        [&[state][..], &self.seen_at.to_be_bytes(), self.descriptor.bytes()].concat()
    }

    /// Whether this node may go on in its place: not when the signing key was replaced there.
    pub fn can_continue(&self, own: &IdentityLog) -> bool {
        own.compare(&self.descriptor.body().log) == LogOrder::Same
    }
}

/// The other copy, if one was seen. Clones share it; readable while locked.
#[derive(Debug, Clone, Default)]
pub(super) struct Elsewhere(Arc<RwLock<Option<Other>>>);

impl Elsewhere {
    /// Reads what an earlier run stored.
    pub(super) async fn load(&self, deps: &Deps) -> Result<(), NodeError> {
        let bytes = deps.db.read(|tx| store::state(tx, ELSEWHERE)).await?;
        self.put(bytes.and_then(|bytes| Other::read(&bytes)));
        Ok(())
    }

    pub(super) fn get(&self) -> Option<Other> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn put(&self, other: Option<Other>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = other;
    }

    async fn keep(&self, deps: &Deps, other: Other) -> Result<(), NodeError> {
        let (bytes, now) = (other.bytes(), deps.clock.now_ms());
        deps.write_plain(move |tx| store::set_state(tx, ELSEWHERE, &bytes, now)).await?;
        self.put(Some(other));
        deps.events.send(Kind::Status, serde_json::json!({}));
        Ok(())
    }

    /// A descriptor of the own id came from outside. When it is newer than `own` (the present one and its log), this node
    /// falls silent. True when it has to.
    pub(super) async fn saw(
        &self,
        deps: &Deps,
        own: (Option<&Descriptor>, &IdentityLog),
        found: &Descriptor,
    ) -> Result<bool, NodeError> {
        let now = deps.clock.now_ms();
        if !is_newer(own, found, now) {
            return Ok(false);
        }
        let before = self.get();
        if before.as_ref().is_some_and(|other| other.descriptor.order() >= found.order()) {
            return Ok(true);
        }
        warn!("this identity is in use on another node: this node stops sending until its owner decides");
        let seen_at = before.as_ref().map_or(now, |other| other.seen_at);
        let stopped = before.as_ref().is_some_and(|other| other.stopped);
        self.keep(deps, Other { descriptor: found.clone(), seen_at, stopped }).await?;
        if before.is_none() {
            deps.write(|w| notify::add(w, What::IdentityElsewhere, None, None, "")).await?;
        }
        Ok(true)
    }
}

/// Whether another copy made this: it continues what is held, and comes after it. A second history of the own keys is
/// not followed, and what lies more than a day ahead is believed by nobody.
fn is_newer((own, log): (Option<&Descriptor>, &IdentityLog), found: &Descriptor, now: u64) -> bool {
    if found.check_time(now).is_err() {
        return false;
    }
    match log.compare(&found.body().log) {
        LogOrder::Grown => true,
        LogOrder::Same => own.is_some_and(|own| found.order() > own.order()),
        LogOrder::Older | LogOrder::Foreign | LogOrder::Fork { .. } => false,
    }
}

impl Network {
    /// The other copy of this node, if one was seen.
    pub fn elsewhere(&self) -> Option<Other> {
        self.own.elsewhere.get()
    }

    /// This node may not speak: another copy of it does.
    pub(super) fn is_silent(&self) -> bool {
        self.own.elsewhere.is_there()
    }

    /// Asks the directories for the own newest descriptor. Returns it when this node has none of its own yet (it was
    /// restored), so that the next one comes after it.
    pub(super) async fn look_for_myself(&self) -> Result<Option<Descriptor>, NodeError> {
        let me = self.deps.me.get()?.node_id;
        let urls: Vec<String> = self.directories.all().into_iter().map(|known| known.url).collect();
        let asked = urls.iter().map(|url| async {
            let asked = tokio::time::timeout(PATIENCE, self.directories.descriptor(url, &me)).await;
            asked.ok().and_then(Result::ok)
        });
        let mut newest: Option<Descriptor> = None;
        for found in futures_util::future::join_all(asked).await.into_iter().flatten() {
            self.saw_own(&found).await?;
            if newest.as_ref().is_none_or(|held| held.order() < found.order()) {
                newest = Some(found);
            }
        }
        Ok(newest.filter(|_| self.own.current().is_none()))
    }

    /// Somebody shows a descriptor of the own id. True when this node has to be silent.
    pub(super) async fn saw_own(&self, found: &Descriptor) -> Result<bool, NodeError> {
        if !self.own.saw(&self.deps, found).await? {
            return Ok(false);
        }
        self.pool.close_all(close::SUPERSEDED);
        Ok(true)
    }

    /// "This is the node I use": a new incarnation with new keys and streams, and a descriptor that comes after the other
    /// one's. The other copy sees it, stops and asks in its turn.
    pub async fn use_this(&self) -> Result<(), NodeError> {
        let other = self.elsewhere().ok_or(NodeError::Conflict(NOTHING_ASKED))?;
        let log = self.deps.db.read(identity::log).await?.ok_or(NodeError::NotSetUp)?;
        if !other.can_continue(&log) {
            return Err(NodeError::Conflict(KEY_REPLACED));
        }
        let Response::State(_) = self.deps.keys.ask(Request::Renew).await? else {
            return Err(NodeError::Internal("the keeper made no new incarnation".to_owned()));
        };
        self.deps.write_plain(delivery::streams::store::rename_all).await?;
        chats::renewed(&self.deps).await?;
        self.renew_socket().await?;
        self.refresh_after(Some(&other.descriptor), true).await?;
        let now = self.deps.clock.now_ms();
        self.deps.write_plain(move |tx| store::set_state(tx, ELSEWHERE, &[], now)).await?;
        self.own.elsewhere.put(None);
        self.own.tell_again();
        self.deps.events.send(Kind::Status, serde_json::json!({}));
        self.pool.close_all(close::SUPERSEDED);
        self.watch_directories().await?;
        self.announce().await?;
        self.greet().await?;
        self.deps.wake.ring();
        Ok(())
    }

    /// "The other one": this node stays silent.
    pub async fn use_other(&self) -> Result<(), NodeError> {
        let other = self.elsewhere().ok_or(NodeError::Conflict(NOTHING_ASKED))?;
        self.own.elsewhere.keep(&self.deps, Other { stopped: true, ..other }).await
    }

    /// Looks again; for the job.
    pub(super) async fn look_again(&self) {
        if let Err(error) = self.look_for_myself().await {
            debug!(%error, "the own descriptor was not looked for");
        }
    }
}

const NOTHING_ASKED: &str = "no other node with your identity was seen";
const KEY_REPLACED: &str =
    "your key was replaced on the other node: this copy cannot speak for you any more; use the other one";
