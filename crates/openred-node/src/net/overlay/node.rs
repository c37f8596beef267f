//! What the overlay's task asks of this node, done.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use openred_core::{
    descriptor::Descriptor,
    identity::IdentityLog,
    ids::{Hash, NodeId},
    overlay::PeerEntry,
    sign::Signature,
};
use openred_keeper::blob::Blob;
use tracing::{debug, warn};

use super::{Hands, Turned, https};
use crate::{
    error::NodeError,
    modules::{
        contacts::store as people,
        network::{heard, store},
    },
    net::{Network, dial, https as api, quic::socket::way_of},
};

/// Turns kept for the time after the next unlock.
const LATE_MAX: usize = 1_024;
/// Attempts at a turn that the database does not take.
const TRIES: u32 = 5;
/// First pause between them; doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// See the module.
pub(super) struct NodeHands {
    net: Network,
    /// What came out while the node was being locked.
    late: Mutex<VecDeque<Arc<Turned>>>,
}

impl NodeHands {
    pub(super) fn new(net: Network) -> Self {
        Self { net, late: Mutex::default() }
    }

    fn late(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Turned>>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, turns: &[Arc<Turned>]) -> Result<(), NodeError> {
        let turns = turns.to_vec();
        self.net
            .deps
            .write(move |w| {
                for turned in &turns {
                    for change in &turned.changes {
                        store::apply(w.tx, w.seal, change)?;
                    }
                    for delivery in &turned.deliveries {
                        heard::take(w, delivery)?;
                    }
                }
                Ok(())
            })
            .await
    }

    async fn keep(&self, turned: Turned) {
        let mut turns: Vec<Arc<Turned>> = self.late().drain(..).collect();
        turns.push(Arc::new(turned));
        let mut pause = PAUSE;
        for _ in 0..TRIES {
            match self.write(&turns).await {
                Ok(()) => return,
                Err(NodeError::Locked | NodeError::NotSetUp) => {
                    let mut late = self.late();
                    late.extend(turns);
                    while late.len() > LATE_MAX {
                        late.pop_front();
                    }
                    return;
                }
                Err(error) => warn!(%error, "what the overlay brings cannot be written"),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        warn!("what the overlay brought is given up; neighbours may bring it again after a restart");
    }
}

impl Hands for NodeHands {
    fn connect(&self, entry: PeerEntry) {
        let net = self.net.clone();
        self.net.deps.tasks.spawn_one_of_many("neighbour", async move {
            let id = entry.node_id;
            if let Err(error) = reach(&net, &entry).await {
                debug!(%error, "a neighbour is not reached");
                if let Some(handle) = net.overlay.handle() {
                    handle.connect_failed(id).await;
                }
            }
        });
    }

    fn disconnect(&self, _peer: NodeId, code: &'static str) {
        // The link ends by itself; its session goes on for what else it carries, and rests when it is idle.
        debug!(code, "a neighbour is let go");
    }

    fn sign(&self, messages: Vec<Vec<u8>>) -> BoxFuture<'static, Option<Signature>> {
        let keeper = self.net.deps.keys.keeper();
        Box::pin(async move {
            let signed = keeper.sign_overlay(messages.into_iter().map(Blob).collect()).await;
            signed.inspect_err(|error| debug!(%error, "messages of the overlay are not signed")).ok()
        })
    }

    fn fetch_log(&self, from: NodeId, origin: NodeId) -> BoxFuture<'static, Option<Arc<IdentityLog>>> {
        let net = self.net.clone();
        Box::pin(async move { net.log_from(from, origin).await.ok().map(Arc::new) })
    }

    fn turned(&self, turned: Turned) -> BoxFuture<'_, ()> {
        Box::pin(self.keep(turned))
    }

    fn published(&self, reference: u64, outcome: Result<Hash, &'static str>) {
        self.net.overlay.came_out(reference, outcome);
    }

    fn found(&self, entry: PeerEntry) {
        debug!(node = %entry.node_id, "a way to a node was found");
    }

    fn evidence(&self, peer: NodeId, what: &'static str) {
        warn!(%peer, what, "a neighbour sent what proves a fault");
        metrics::counter!("openred_node_overlay_faults_total", "what" => what).increment(1);
    }
}

/// A session with a neighbour, which makes itself a link. An open one is taken.
async fn reach(net: &Network, entry: &PeerEntry) -> Result<(), NodeError> {
    let id = entry.node_id;
    if let Some(live) = net.session_with(&id) {
        let linked = https::again(net, &live);
        return if linked { Ok(()) } else { Err(NodeError::Peer("no overlay in this session".to_owned())) };
    }
    if let Some(newer) = descriptor(net, entry).await {
        dial::adopt(net, id, &newer).await;
    }
    let person = net.deps.write(move |w| Ok(people::ensure(w.tx, w.seal, &id, w.now)?)).await?;
    if person.is_blocked() {
        return Err(NodeError::Refused("blocked"));
    }
    net.session(person.id).await.map(drop)
}

/// A descriptor of the neighbour other than the pinned one, if that will not do.
async fn descriptor(net: &Network, entry: &PeerEntry) -> Option<Descriptor> {
    let (id, now) = (entry.node_id, net.deps.clock.now_ms());
    let pinned = dial::held(net, id).await;
    let good = |held: &Descriptor| !held.is_expired(now) && held.body().log_seq >= entry.log_seq;
    if pinned.as_ref().is_some_and(good) {
        return None;
    }
    if let Some(announced) = net.announced(id).await {
        return Some(announced);
    }
    if let Some(url) = entry.api()
        && let Ok(found) = api::descriptor_of(&net.http, url, &id).await
    {
        return Some(found);
    }
    if let Some(way) = way_of(entry)
        && let Ok(found) = net.descriptor_at(&way, &id).await
    {
        return Some(found);
    }
    net.find_descriptor(&id).await.ok()
}
