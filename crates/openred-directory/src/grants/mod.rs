//! Introductions: wishes, the making of grants, and their handing over — B's half first, then A's (PROTOCOL §3).
//!
//! Nothing of this is ever written anywhere. Must not know: HTTP requests and their signatures, SQL.

mod answer;
mod boxed;
mod exchange;
mod issuer;
mod others;
pub(crate) mod push;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::Response;
use openred_core::grant::Request;
use openred_core::ids::NodeId;
use openred_service::lifecycle::Lifecycle;

use self::exchange::{Asked, Exchange, Handout};
use self::push::{PushJob, PushQueue};
use crate::counters::Counters;
use crate::instances::{Instances, Saying};
use crate::nodes::{Node, Nodes};

pub(crate) use self::boxed::Boxed;
pub(crate) use self::exchange::Crowded;
pub(crate) use self::issuer::Issuer;

/// The counter at which nodes meet.
pub(crate) struct Grants {
    exchange: Mutex<Exchange>,
    issuer: Issuer,
    nodes: Arc<Nodes>,
    counters: Arc<Counters>,
    pushes: PushQueue,
    instances: Option<Arc<Instances>>,
    lifecycle: Lifecycle,
}

/// A half that may go to its asker once B's is delivered.
struct HalfOfA {
    asker: Arc<Node>,
    boxed: Boxed,
    until_ms: u64,
}

impl Grants {
    /// Nobody waits yet. `instances`: the other processes of this directory, if there may be some.
    pub(crate) fn new(
        issuer: Issuer,
        nodes: Arc<Nodes>,
        counters: Arc<Counters>,
        pushes: PushQueue,
        instances: Option<Arc<Instances>>,
        lifecycle: Lifecycle,
    ) -> Self {
        Self { exchange: Mutex::default(), issuer, nodes, counters, pushes, instances, lifecycle }
    }

    /// Takes the (verified) wish of `asker` to meet `target`. Takes the same steps whether `target` exists or not.
    pub(crate) fn ask(&self, asker: Arc<Node>, target: NodeId, request: Request) -> Result<(), Crowded> {
        let polls = self.step(|exchange, now_ms| exchange.ask(now_ms, asker, target, request))?;
        self.counters.asked.add();
        if !polls {
            self.pushes.give(PushJob::Look(target));
        }
        Ok(())
    }

    /// What there is for `node`, waiting for it as long as it wants; `None` is 204.
    pub(crate) async fn poll(
        self: &Arc<Self>,
        node: Arc<Node>,
        wait: Duration,
    ) -> Result<Option<Response>, Crowded> {
        let (ticket, mut receiver) =
            self.step(|exchange, now_ms| exchange.wait(now_ms, Arc::clone(&node)))?;
        let leaving = Leaving { grants: self, id: node.id(), ticket };
        self.tell(Saying::Here(node.id()));
        self.look_for_absent(&node.id());
        let given = tokio::select! {
            biased;
            given = &mut receiver => given.ok(),
            () = tokio::time::sleep(wait) => None,
            () = self.lifecycle.soft().cancelled() => None,
        };
        drop(leaving);
        // Whoever hands out does it under the lock, so after leaving nothing more can come.
        let handouts = given.or_else(|| receiver.try_recv().ok()).unwrap_or_default();
        Ok(self.answer(&node, handouts).await)
    }

    /// Wishes for `target` whose askers are there, taken out to be pushed.
    fn take_for_push(&self, target: &NodeId) -> Vec<Asked> {
        self.step(|exchange, now_ms| exchange.take_for_push(now_ms, target))
    }

    /// Old wishes and halves go: called once a second.
    pub(crate) fn expire(&self) {
        let now_ms = self.mono_ms();
        let mut exchange = self.exchange();
        exchange.expire(now_ms);
        exchange.expire_halves(now_ms);
    }

    /// Polls, wishes and halves waiting, and polls known elsewhere.
    pub(crate) fn sizes(&self) -> (usize, usize, usize, usize) {
        self.exchange().sizes()
    }

    async fn answer(self: &Arc<Self>, node: &Arc<Node>, handouts: Vec<Handout>) -> Option<Response> {
        let mut boxes = Vec::with_capacity(handouts.len());
        let mut next = Vec::new();
        for handout in handouts {
            match handout {
                Handout::Half(boxed) => {
                    self.counters.introduced.add();
                    boxes.push(boxed);
                }
                Handout::Issue(asked) => {
                    if let Some((for_b, for_a)) = self.issue(&asked, node).await {
                        boxes.push(for_b);
                        next.push(for_a);
                    }
                }
            }
        }
        if boxes.is_empty() {
            return None;
        }
        let grants = Arc::clone(self);
        Some(answer::response(&boxes, move || next.into_iter().for_each(|half| grants.half_ready(half))))
    }

    /// Both halves for a wish, with the newest descriptors known; `None` if one of the two is gone meanwhile.
    async fn issue(&self, asked: &Asked, target: &Node) -> Option<(Boxed, HalfOfA)> {
        let now = self.lifecycle.clock().now_s();
        let asker = self.nodes.newest(&asked.asker, now).await?;
        let target = self.nodes.newest(target, now).await?;
        let pair = self.issuer.issue(&asker.descriptor, &target.descriptor, &asked.request, now)?;
        self.counters.issued.add();
        Some((pair.b, HalfOfA { asker, boxed: pair.a, until_ms: asked.until_ms }))
    }

    /// B has its half.
    fn half_ready(&self, half: HalfOfA) {
        let id = half.asker.id();
        if half.asker.push_url().is_some() && !self.exchange().is_there(self.mono_ms(), &id) {
            self.pushes.give(PushJob::Half { node: half.asker, boxed: half.boxed });
        } else {
            self.step(|exchange, now_ms| exchange.half_ready(now_ms, id, half.boxed, half.until_ms));
        }
    }

    /// A is there now: targets that take pushes need not be.
    fn look_for_absent(&self, asker: &NodeId) {
        let absent = self.exchange().absent_targets_of(self.mono_ms(), asker);
        for target in absent {
            if self.nodes.peek(&target).is_some_and(|node| node.push_url().is_some()) {
                self.pushes.give(PushJob::Look(target));
            }
        }
    }

    fn mono_ms(&self) -> u64 {
        self.lifecycle.clock().monotonic_ms()
    }

    /// One step at the counter; what it has for other processes goes on its way.
    fn step<T>(&self, step: impl FnOnce(&mut Exchange, u64) -> T) -> T {
        let mut exchange = self.exchange();
        let done = step(&mut exchange, self.mono_ms());
        let errands = exchange.take_errands();
        drop(exchange);
        if let Some(instances) = &self.instances {
            errands.into_iter().for_each(|(mark, saying)| instances.give(mark, saying));
        }
        done
    }

    fn tell(&self, saying: Saying) {
        if let Some(instances) = &self.instances {
            instances.tell(saying);
        }
    }

    /// A panic elsewhere does not end all introductions: every step leaves the tables whole.
    fn exchange(&self) -> MutexGuard<'_, Exchange> {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Grants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (polls, asked, halves, _) = self.sizes();
        write!(f, "Grants({polls} polls, {asked} wishes, {halves} halves)")
    }
}

/// Ends a poll in the tables, also when its caller hangs up and the future is dropped.
struct Leaving<'a> {
    grants: &'a Grants,
    id: NodeId,
    ticket: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut exchange = self.grants.exchange();
        exchange.leave(&self.id, self.ticket);
        let newer_waits = exchange.is_waiting(&self.id);
        drop(exchange);
        if !newer_waits {
            self.grants.tell(Saying::Gone(self.id));
        }
    }
}
