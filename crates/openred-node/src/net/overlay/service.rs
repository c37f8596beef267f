//! The overlay as the rest of the node sees it: started at the first unlock, read and spoken to by its handle. Decides
//! nothing.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use openred_core::ids::{Hash, Id16};
use openred_proto::{
    now::Now,
    overlay::{self as machine, Me, RealVerifier},
};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{Driver, Handle, OverlayConfig, OverlayGone, around, node::NodeHands, publishing};
use crate::{error::NodeError, modules::network::store, net::Network};

/// What came of something published.
pub(super) type Outcome = Result<Hash, &'static str>;
/// Where a session's frames go.
pub(super) type Feed = mpsc::Sender<Vec<u8>>;

/// The overlay of a node, whether it runs or not. Clones share it.
#[derive(Clone, Default)]
pub struct Overlay(Arc<Inner>);

#[derive(Default)]
struct Inner {
    config: RwLock<OverlayConfig>,
    handle: RwLock<Option<Handle>>,
    starting: tokio::sync::Mutex<()>,
    feeds: Mutex<BTreeMap<Id16, Feed>>,
    /// Who waits for what came of something published.
    outcomes: Mutex<BTreeMap<u64, oneshot::Sender<Outcome>>>,
    look: Notify,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.handle().is_some() { "Overlay(runs)" } else { "Overlay(rests)" })
    }
}

fn held<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Overlay {
    /// What the owner chose. Counts when set before the first unlock.
    pub fn configure(&self, config: OverlayConfig) {
        *self.0.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// What the owner chose.
    pub fn config(&self) -> OverlayConfig {
        self.0.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The way to the task; none before the first unlock, or when it is off.
    pub fn handle(&self) -> Option<Handle> {
        self.0.handle.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks into the machine.
    ///
    /// # Errors
    /// [`OverlayGone`] also before the first unlock and when it is off.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&machine::Overlay, Now) -> T + Send + 'static,
    ) -> Result<T, OverlayGone> {
        match self.handle() {
            Some(handle) => handle.read(look).await,
            None => Err(OverlayGone),
        }
    }

    /// Starts the tasks, once per process; needs what is sealed and the own descriptor.
    pub(in crate::net) async fn start(&self, net: &Network) -> Result<(), NodeError> {
        let _one = self.0.starting.lock().await;
        let config = self.config();
        let Some(own) = net.own.current().filter(|_| !config.off && self.handle().is_none()) else {
            return Ok(());
        };
        let deps = &net.deps;
        let restored = deps
            .write(|w| {
                store::trim(w.tx, w.now / 1_000)?;
                Ok(store::load(w.tx, w.seal)?)
            })
            .await?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let me = Me { node_id: own.node_id(), log: Arc::new(own.body().log.clone()) };
        let (verifier, metric) = (Box::new(RealVerifier::default()), config.metric.metric());
        let machine = machine::Overlay::new(me, config.numbers(), seed, restored, verifier, metric);
        let (handle, inbox) = Driver::handle();
        *self.0.handle.write().unwrap_or_else(PoisonError::into_inner) = Some(handle.clone());
        let hands = Arc::new(NodeHands::new(net.clone()));
        let driver =
            Driver::new(machine, deps.clock.clone(), deps.tasks.clone(), hands, (handle.clone(), inbox));
        deps.tasks.spawn("overlay", driver.run());
        deps.tasks.spawn("overlay around", around::run(net.clone(), handle.clone(), own.body().log_seq));
        deps.tasks.spawn("overlay publishing", publishing::run(net.clone(), handle));
        Ok(())
    }

    /// People, ways or the own descriptor changed: looks at once.
    pub fn look(&self) {
        self.0.look.notify_one();
    }

    pub(super) async fn looked_for(&self) {
        self.0.look.notified().await;
    }

    /// A frame of a session over HTTPS. What does not fit is dropped: ids announced and reconciliation bring it again.
    pub(in crate::net) fn feed(&self, session: &Id16, frame: Vec<u8>) {
        let feed = held(&self.0.feeds).get(session).cloned();
        if feed.is_none_or(|feed| feed.try_send(frame).is_err()) {
            metrics::counter!("openred_node_overlay_frames_dropped_total").increment(1);
        }
    }

    /// False when the session's frames have a way already.
    pub(super) fn open_feed(&self, session: Id16, feed: Feed) -> bool {
        match held(&self.0.feeds).entry(session) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(feed);
                true
            }
        }
    }

    pub(super) fn close_feed(&self, session: &Id16) {
        held(&self.0.feeds).remove(session);
    }

    /// Something published came out.
    pub(super) fn came_out(&self, reference: u64, outcome: Outcome) {
        if let Some(waits) = held(&self.0.outcomes).remove(&reference) {
            let _ = waits.send(outcome);
        }
    }

    /// Where the outcome of something comes that is about to be published.
    pub(super) fn outcome_of(&self, reference: u64) -> oneshot::Receiver<Outcome> {
        let (sender, outcome) = oneshot::channel();
        held(&self.0.outcomes).insert(reference, sender);
        outcome
    }
}
