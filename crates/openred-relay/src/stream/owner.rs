//! What goes to the owner of mailboxes on one stream: the mail of the queues it has opened, in the order of each, as far as
//! its credit reaches.
//!
//! Must not know: sockets, deposits.

use std::sync::Arc;

use futures_util::future::{BoxFuture, pending};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use openred_core::ids::{Hash, QueueId};
use tokio::sync::watch;

use super::length_of;
use crate::bounds::{MAX_CREDIT, MAX_FETCHED, MAX_STREAM_MESSAGE, MAX_STREAM_QUEUES};
use crate::gate::Source;
use crate::http::{Parts, seen};
use crate::mailbox::{Mail, OwnerAuth, Refusal};
use crate::presence::Here;
use crate::wire::Frame;

const OK: u16 = 200;
const BAD_REQUEST: u16 = 400;
const TOO_MANY: u16 = 429;

/// Where the owner of a stream stands.
pub(super) struct Owned {
    parts: Arc<Parts>,
    credit: u64,
    queues: Vec<Opened>,
    /// The one fetch under way, if any.
    fetching: Option<BoxFuture<'static, Fetched>>,
    /// One for each queue: ends when mail comes.
    arrivals: FuturesUnordered<BoxFuture<'static, (QueueId, Option<watch::Receiver<()>>)>>,
}

struct Opened {
    id: QueueId,
    here: Here,
    /// Mail up to this seq was sent.
    sent: u64,
    /// There may be mail that was not sent.
    waits: bool,
}

struct Fetched {
    id: QueueId,
    mail: Result<Vec<Mail>, Refusal>,
}

impl Owned {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts, credit: 0, queues: Vec::new(), fetching: None, arrivals: FuturesUnordered::new() }
    }

    /// Opens a queue when `auth` proves its owner; the answer as an HTTP status.
    pub(super) async fn open(&mut self, id: QueueId, auth: &OwnerAuth, source: &Source) -> u16 {
        if self.queues.len() >= MAX_STREAM_QUEUES {
            return TOO_MANY;
        }
        if self.queues.iter().any(|queue| queue.id == id) {
            return BAD_REQUEST;
        }
        if self.parts.gate.by_source(source, 1).is_err() {
            return TOO_MANY;
        }
        let target = format!("/api/v1/queues/{id}");
        let call = ("OPEN", target.as_str(), &Hash::of(&[]));
        let queue = match self.parts.gate.owner(id, auth, call).await {
            Ok(queue) => queue,
            Err(problem) => return problem.status.as_u16(),
        };
        if let Err(problem) = seen(&self.parts, &queue).await {
            return problem.status.as_u16();
        }
        // Listened to before the first look, so that nothing comes between.
        self.arrivals.push(arrival(id, self.parts.instances.arrivals(id)));
        let here = self.parts.presence.enter(queue.deposit_id, self.parts.gate.now());
        self.queues.push(Opened { id, here, sent: 0, waits: true });
        OK
    }

    /// So many more pieces may be sent.
    pub(super) fn credit(&mut self, count: u64) {
        self.credit = self.credit.saturating_add(count).min(MAX_CREDIT);
    }

    /// Acknowledges; nothing is answered unless it fails.
    pub(super) fn ack(&self, id: QueueId, upto: u64) -> BoxFuture<'static, Vec<Frame>> {
        let opened = self.queues.iter().any(|queue| queue.id == id);
        let parts = Arc::clone(&self.parts);
        async move {
            let acknowledged = if opened { parts.store.ack(id, upto).await } else { Err(Refusal::Unknown) };
            match acknowledged {
                Ok(()) => {
                    parts.counters.acknowledged.add();
                    Vec::new()
                }
                Err(refusal) => vec![Frame::QueueResult(id, refusal.status())],
            }
        }
        .boxed()
    }

    /// The owner is still here.
    pub(super) fn refresh(&self) {
        let now = self.parts.gate.now();
        self.queues.iter().for_each(|queue| queue.here.refresh(now));
    }

    /// The next frames to send; waits until there are some. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Vec<Frame> {
        loop {
            self.look();
            tokio::select! {
                fetched = under_way(&mut self.fetching) => {
                    self.fetching = None;
                    let mut frames = self.fetched(fetched);
                    self.gather(&mut frames);
                    if !frames.is_empty() {
                        return frames;
                    }
                }
                Some((id, arrivals)) = self.arrivals.next() => self.arrived(id, arrivals),
                else => pending().await,
            }
        }
    }

    /// Adds what is there without waiting, so that small pieces of many queues leave together.
    fn gather(&mut self, frames: &mut Vec<Frame>) {
        while frames.iter().map(length_of).sum::<usize>() < MAX_STREAM_MESSAGE {
            for _ in 0..self.queues.len() {
                let Some(Some((id, arrivals))) = self.arrivals.next().now_or_never() else { break };
                self.arrived(id, arrivals);
            }
            self.look();
            let Some(fetched) = under_way(&mut self.fetching).now_or_never() else { return };
            self.fetching = None;
            frames.extend(self.fetched(fetched));
        }
    }

    /// Begins a fetch where there may be mail and credit is left. The queue that was looked at goes to the end.
    fn look(&mut self) {
        if self.fetching.is_some() || self.credit == 0 {
            return;
        }
        let Some(at) = self.queues.iter().position(|queue| queue.waits) else { return };
        let mut queue = self.queues.remove(at);
        // What comes while this is under way asks for another look.
        queue.waits = false;
        let (id, after, parts) = (queue.id, queue.sent, Arc::clone(&self.parts));
        let max = usize::try_from(self.credit).unwrap_or(MAX_FETCHED).min(MAX_FETCHED);
        self.queues.push(queue);
        let fetch = async move { Fetched { id, mail: parts.store.fetch(id, after, max).await } };
        self.fetching = Some(fetch.boxed());
    }

    fn fetched(&mut self, fetched: Fetched) -> Vec<Frame> {
        let Fetched { id, mail } = fetched;
        let Some(queue) = self.queues.iter_mut().find(|queue| queue.id == id) else { return Vec::new() };
        match mail {
            Ok(mail) => {
                queue.sent = mail.last().map_or(queue.sent, |last| last.seq);
                queue.waits |= !mail.is_empty();
                self.credit = self.credit.saturating_sub(mail.len() as u64);
                self.parts.counters.fetched.add_many(mail.len() as u64);
                mail.into_iter().map(|mail| Frame::Mail(id, mail)).collect()
            }
            Err(refusal) => {
                self.queues.retain(|queue| queue.id != id);
                vec![Frame::QueueResult(id, refusal.status())]
            }
        }
    }

    fn arrived(&mut self, id: QueueId, arrivals: Option<watch::Receiver<()>>) {
        let Some(queue) = self.queues.iter_mut().find(|queue| queue.id == id) else { return };
        queue.waits = true;
        if let Some(arrivals) = arrivals {
            self.arrivals.push(arrival(id, arrivals));
        }
    }
}

/// Ends when mail has come into the queue; without the receiver when none will be told of any more.
fn arrival(
    id: QueueId,
    mut arrivals: watch::Receiver<()>,
) -> BoxFuture<'static, (QueueId, Option<watch::Receiver<()>>)> {
    async move {
        let told = arrivals.changed().await.is_ok();
        (id, told.then_some(arrivals))
    }
    .boxed()
}

async fn under_way(fetching: &mut Option<BoxFuture<'static, Fetched>>) -> Fetched {
    match fetching {
        Some(fetching) => fetching.await,
        None => pending().await,
    }
}
