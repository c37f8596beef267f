//! Grants for nodes that want them pushed: `POST {api_url}/tokens/receive` (PROTOCOL §3.2, Annex A.3).
//!
//! A directory calls only where a registered node asked it to, through the checked client, a bounded number of
//! times per host. Must not know: SQL, the directory's own routes.

use std::sync::Arc;

use openred_core::call::{ReceiveAnswer, ReceiveCall};
use openred_core::ids::{B64, NodeId};
use openred_service::http_client::{AllowPrivate, HttpError, HttpRequest};
use openred_service::lifecycle::Lifecycle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::Grants;
use super::boxed::Boxed;
use crate::bounds::{MAX_PUSH_QUEUE, MAX_PUSHES, MAX_PUSHES_PER_HOST_PER_MINUTE, PUSH_TIMEOUT_MS};
use crate::nodes::Node;
use crate::outward::Outward;

/// Something that may have to be pushed.
#[derive(Debug)]
pub(crate) enum PushJob {
    /// Wishes for this target wait, and it does not poll.
    Look(NodeId),
    /// The half of who asked; B has its own.
    Half {
        /// Who asked.
        node: Arc<Node>,
        /// Its half.
        boxed: Boxed,
    },
}

/// Where jobs are given; a full queue drops them, as if the node were away.
#[derive(Clone, Debug)]
pub(crate) struct PushQueue(mpsc::Sender<PushJob>);

/// A queue and its other end.
pub(crate) fn queue() -> (PushQueue, mpsc::Receiver<PushJob>) {
    let (sender, receiver) = mpsc::channel(MAX_PUSH_QUEUE);
    (PushQueue(sender), receiver)
}

impl PushQueue {
    pub(super) fn give(&self, job: PushJob) {
        if self.0.try_send(job).is_err() {
            tracing::debug!("The queue of pushes is full; a push was dropped.");
        }
    }
}

/// Who pushes.
#[derive(Debug)]
pub(crate) struct Pusher {
    dir_id: NodeId,
    grants: Arc<Grants>,
    outward: Outward,
}

impl Pusher {
    /// With a client of its own. The error is [`HttpError::Setup`].
    pub(crate) fn new(
        dir_id: NodeId,
        grants: &Arc<Grants>,
        allow_private: AllowPrivate,
    ) -> Result<Self, HttpError> {
        let outward = Outward::new(allow_private, PUSH_TIMEOUT_MS, MAX_PUSHES_PER_HOST_PER_MINUTE)?;
        Ok(Self { dir_id, grants: Arc::clone(grants), outward })
    }

    /// Works off the queue until the soft stop.
    pub(crate) async fn run(self, mut jobs: mpsc::Receiver<PushJob>, lifecycle: Lifecycle) {
        let pusher = Arc::new(self);
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                () = lifecycle.soft().cancelled() => return,
                Some(_ended) = running.join_next(), if !running.is_empty() => {}
                Some(job) = jobs.recv(), if running.len() < MAX_PUSHES => {
                    let pusher = Arc::clone(&pusher);
                    running.spawn(async move { pusher.work(job).await });
                }
            }
        }
    }

    async fn work(&self, job: PushJob) {
        match job {
            PushJob::Half { node, boxed } => {
                if self.push(&node, &boxed).await {
                    self.grants.counters.introduced.add();
                }
            }
            PushJob::Look(target) => self.look(target).await,
        }
    }

    /// Wishes for `target`, if it is registered and wants them pushed: B's half, then A's goes its way.
    async fn look(&self, target: NodeId) {
        let now = self.grants.lifecycle.clock().now_s();
        let Ok(Some(node)) = self.grants.nodes.get(&target, now).await else { return };
        if node.push_url().is_none() {
            return;
        }
        for asked in self.grants.take_for_push(&target) {
            let Some((for_b, for_a)) = self.grants.issue(&asked, &node).await else { continue };
            if self.push(&node, &for_b).await {
                self.grants.half_ready(for_a);
            }
        }
    }

    async fn push(&self, node: &Node, boxed: &Boxed) -> bool {
        let pushed = self.call(node, boxed).await;
        let counters = &self.grants.counters;
        if pushed.is_some() {
            counters.pushed.add()
        } else {
            counters.push_failed.add()
        }
        pushed.is_some()
    }

    async fn call(&self, node: &Node, boxed: &Boxed) -> Option<()> {
        let url = Url::parse(&format!("{}/tokens/receive", node.push_url()?.trim_end_matches('/'))).ok()?;
        let mono_ms = self.grants.lifecycle.clock().monotonic_ms();
        self.outward.admit(&url, mono_ms).ok()?;
        let call = ReceiveCall { from: self.dir_id, token: B64(boxed.bytes().to_vec()) };
        let request = HttpRequest::post(url).json(&call).ok()?;
        let answer = self.outward.send(request).await.and_then(|answer| answer.success()?.json());
        answer.ok().filter(|answer: &ReceiveAnswer| answer.received).map(drop)
    }
}
