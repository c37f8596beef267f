//! Several processes that take turns: each call goes to the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use openred_core::ids::{DepositId, QueueId};
use openred_core::payload::Secret32;
use openred_relay::cluster::ClusterStore;
use openred_relay::mailbox::{Deposit, Mail, Queue, Refusal, Stored};
use openred_relay::store::{Counts, MailboxStore};

pub(super) struct Alternating {
    stores: Vec<Arc<ClusterStore>>,
    calls: AtomicUsize,
}

impl Alternating {
    pub(super) fn new(stores: Vec<Arc<ClusterStore>>) -> Self {
        Self { stores, calls: AtomicUsize::new(0) }
    }

    fn next(&self) -> &ClusterStore {
        &self.stores[self.calls.fetch_add(1, Ordering::Relaxed) % self.stores.len()]
    }
}

impl MailboxStore for Alternating {
    fn create(&self, queue: Queue) -> BoxFuture<'_, Result<(), Refusal>> {
        self.next().create(queue)
    }

    fn by_deposit<'a>(&'a self, ids: &'a [DepositId]) -> BoxFuture<'a, Result<Vec<Option<Queue>>, Refusal>> {
        self.next().by_deposit(ids)
    }

    fn by_queue(&self, id: QueueId) -> BoxFuture<'_, Result<Option<Queue>, Refusal>> {
        self.next().by_queue(id)
    }

    fn deposit(&self, deposits: Vec<Deposit>, now: u64) -> BoxFuture<'_, Vec<Result<Stored, Refusal>>> {
        self.next().deposit(deposits, now)
    }

    fn fetch(&self, id: QueueId, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Mail>, Refusal>> {
        self.next().fetch(id, after, max)
    }

    fn ack(&self, id: QueueId, upto: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        self.next().ack(id, upto)
    }

    fn revoke(&self, id: QueueId, cap: Secret32) -> BoxFuture<'_, Result<(), Refusal>> {
        self.next().revoke(id, cap)
    }

    fn delete(&self, id: QueueId) -> BoxFuture<'_, Result<(), Refusal>> {
        self.next().delete(id)
    }

    fn touch(&self, id: QueueId, now: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        self.next().touch(id, now)
    }

    fn expire(&self, now: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        self.next().expire(now)
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, Refusal>> {
        self.next().counts()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        join_all(self.stores.iter().map(|store| store.close())).map(|_| ()).boxed()
    }
}
