//! The store of a relay without a server: a log in files of its own, written by one thread, with the index in memory.
//!
//! - `record scan log disk`: lines, files, and when they are on disk. `batch committer`: what one flush holds, and the thread
//!   that makes it: all who wait share one write and one fdatasync. `reader`: the threads that fetch.
//! - `index`: queues and where their mail stands, 16 bytes per piece; it follows from the log alone. `ids`: which deposits
//!   were made, mostly in files.
//! - `snapshot checkpoint recovery`: the index as a file, so that a start reads little of the log. `compaction`: space back.
//!
//! Must not know: MACs, signatures, HTTP, any clock.

mod batch;
mod checkpoint;
mod committer;
mod compaction;
mod disk;
mod ids;
mod index;
mod log;
mod reader;
mod record;
mod recovery;
mod scan;
mod settings;
mod shared;
mod snapshot;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all, ready};
use openred_core::ids::{DepositId, QueueId};
use openred_core::payload::Secret32;
use tokio::sync::{Semaphore, mpsc, oneshot};

pub use recovery::OpenError;
pub use settings::Settings;

use crate::bounds::{
    IDS_KEPT_SECS, MAIL_KEPT_SECS, MAX_WAIT_MS, MAX_WAITING_BYTES, MAX_WAITING_CALLS, QUEUE_KEPT_SECS,
};
use crate::mailbox::{Deposit, Mail, Queue, Quotas, Refusal, Stored};
use crate::store::{Counts, MailboxStore};
use committer::{Change, Committer, Order};
use disk::Disk;
use index::Index;
use reader::Fetch;
use recovery::Segment;
use shared::{Held, Shared};

/// Deposits of one order: a longer call becomes several, which share flushes with those of others.
const ORDER_DEPOSITS: usize = 1_024;
const KIB: usize = 1_024;
const WAIT: Duration = Duration::from_millis(MAX_WAIT_MS);

/// Mail in a folder. Clones share it; its threads end with the last clone, or with `close`.
#[derive(Clone, Debug)]
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    fetches: mpsc::Sender<Fetch>,
    /// Room for contents that wait, in KiB.
    room: Arc<Semaphore>,
}

impl EmbeddedStore {
    /// Opens the store in a folder, or makes it. Of what was being written when it ended last, only what was acknowledged
    /// must be there, and nothing is there that was not sent.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let disk = Disk::new(&settings.folder);
        Self::open_on(disk, settings).await
    }

    /// Other limits from now on. What is over them stays; nothing is added until it is below.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub async fn set_quotas(&self, quotas: Quotas) -> Result<(), Refusal> {
        self.order(Order::Quotas(quotas)).await
    }

    async fn open_on(disk: Disk, settings: Settings) -> Result<Self, OpenError> {
        let folder = settings.folder.clone();
        let (reply, opened) = oneshot::channel();
        let run = move || match open(disk, settings) {
            Ok((store, committer, orders)) => {
                if reply.send(Ok(store)).is_ok() {
                    committer.run(orders);
                }
            }
            Err(error) => {
                let _caller_may_have_left = reply.send(Err(error));
            }
        };
        let io = |cause| OpenError::Io { folder, cause };
        match thread::Builder::new().name("mail-writer".to_owned()).spawn(run) {
            Ok(_runs_until_closed) => {
                opened.await.unwrap_or_else(|_| Err(io(io::Error::other("opening it panicked"))))
            }
            Err(cause) => Err(io(cause)),
        }
    }

    async fn order(&self, order: Order) -> Result<(), Refusal> {
        self.orders.send_timeout(order, WAIT).await.map_err(|_| Refusal::Busy)
    }

    fn change(&self, change: Change) -> BoxFuture<'_, Result<(), Refusal>> {
        async move {
            let (reply, answer) = oneshot::channel();
            self.order(Order::Change(change, reply)).await?;
            answer.await.unwrap_or(Err(Refusal::Busy))
        }
        .boxed()
    }

    async fn deposit_some(&self, deposits: Vec<Deposit>, now: u64) -> Vec<Result<Stored, Refusal>> {
        let count = deposits.len();
        self.ordered(deposits, now).await.unwrap_or_else(|refusal| vec![Err(refusal); count])
    }

    async fn ordered(
        &self,
        deposits: Vec<Deposit>,
        now: u64,
    ) -> Result<Vec<Result<Stored, Refusal>>, Refusal> {
        let bytes: usize = deposits.iter().map(|deposit| deposit.content.len()).sum();
        let kib = bytes.div_ceil(KIB).clamp(1, MAX_WAITING_BYTES / KIB) as u32;
        let room = Arc::clone(&self.room).acquire_many_owned(kib);
        let room = tokio::time::timeout(WAIT, room).await.map_err(|_| Refusal::Busy)?;
        let room = room.map_err(|_| Refusal::Busy)?;
        let (reply, answers) = oneshot::channel();
        self.order(Order::Deposit { deposits, now, reply, room }).await?;
        answers.await.map_err(|_| Refusal::Busy)
    }

    fn read<T>(&self, read: impl FnOnce(&Index) -> T) -> Result<T, Refusal> {
        if self.orders.is_closed() { Err(Refusal::Busy) } else { Ok(read(&self.shared.read().index)) }
    }
}

/// Everything but the threads' own loops.
fn open(
    disk: Disk,
    settings: Settings,
) -> Result<(EmbeddedStore, Committer, mpsc::Receiver<Order>), OpenError> {
    let io = |cause| OpenError::Io { folder: settings.folder.clone(), cause };
    let recovered = recovery::recover(&disk, settings.segment_bytes)?;
    let mut segments = recovered.segments;
    let writing = Segment { file: Arc::clone(recovered.log.file()), bytes: 0 };
    segments.insert(recovered.log.segment(), writing);
    let shared = Arc::new(Shared::new(Held { index: recovered.index, segments }));
    let (sender, orders) = mpsc::channel(MAX_WAITING_CALLS);
    let fetches = reader::start(&shared).map_err(io)?;
    let checkpoints = checkpoint::Checkpoints::start(disk.clone(), sender.downgrade()).map_err(io)?;
    let committer = Committer {
        settings,
        disk,
        shared: Arc::clone(&shared),
        ids: recovered.ids,
        log: recovered.log,
        from: recovered.from,
        checkpoints,
        compaction: compaction::Compaction::default(),
        since_checkpoint: recovered.replayed_bytes,
        checkpoint_runs: false,
        batch: batch::Batch::default(),
        lock: recovered.lock,
    };
    let room = Arc::new(Semaphore::new(MAX_WAITING_BYTES / KIB));
    Ok((EmbeddedStore { shared, orders: sender, fetches, room }, committer, orders))
}

impl MailboxStore for EmbeddedStore {
    fn create(&self, queue: Queue) -> BoxFuture<'_, Result<(), Refusal>> {
        self.change(Change::Create(Box::new(queue)))
    }

    fn by_deposit<'a>(&'a self, ids: &'a [DepositId]) -> BoxFuture<'a, Result<Vec<Option<Queue>>, Refusal>> {
        let found = self.read(|index| {
            let queue = |id| index.by_deposit(id).map(|(_, mailbox)| mailbox.queue.clone());
            ids.iter().map(queue).collect()
        });
        ready(found).boxed()
    }

    fn by_queue(&self, id: QueueId) -> BoxFuture<'_, Result<Option<Queue>, Refusal>> {
        ready(self.read(|index| index.by_queue(&id).map(|(_, mailbox)| mailbox.queue.clone()))).boxed()
    }

    fn deposit(&self, deposits: Vec<Deposit>, now: u64) -> BoxFuture<'_, Vec<Result<Stored, Refusal>>> {
        async move {
            if deposits.len() <= ORDER_DEPOSITS {
                return self.deposit_some(deposits, now).await;
            }
            let mut orders = Vec::new();
            let mut deposits = deposits.into_iter();
            while deposits.len() > 0 {
                orders.push(self.deposit_some(deposits.by_ref().take(ORDER_DEPOSITS).collect(), now));
            }
            join_all(orders).await.concat()
        }
        .boxed()
    }

    fn fetch(&self, id: QueueId, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Mail>, Refusal>> {
        async move {
            self.read(|_| ())?;
            if let Some(mails) = reader::at_once(&self.shared, &id, after, max) {
                return mails;
            }
            let (reply, mails) = oneshot::channel();
            let fetch = Fetch { id, after, max, reply };
            self.fetches.send_timeout(fetch, WAIT).await.map_err(|_| Refusal::Busy)?;
            mails.await.unwrap_or(Err(Refusal::Busy))
        }
        .boxed()
    }

    fn ack(&self, id: QueueId, upto: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        self.change(Change::Ack(id, upto))
    }

    fn revoke(&self, id: QueueId, cap: Secret32) -> BoxFuture<'_, Result<(), Refusal>> {
        self.change(Change::Revoke(id, cap))
    }

    fn delete(&self, id: QueueId) -> BoxFuture<'_, Result<(), Refusal>> {
        self.change(Change::Delete(id))
    }

    fn touch(&self, id: QueueId, now: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        self.change(Change::Touch(id, now))
    }

    fn expire(&self, now: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        let [mail_before, ids_before, seen_before] =
            [MAIL_KEPT_SECS, IDS_KEPT_SECS, QUEUE_KEPT_SECS].map(|kept| now.saturating_sub(kept));
        self.change(Change::Expire { mail_before, ids_before, seen_before })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, Refusal>> {
        ready(self.read(Index::counts)).boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            let (reply, closed) = oneshot::channel();
            if self.order(Order::Close(reply)).await.is_ok() {
                let _closed_or_gone = closed.await;
            }
        }
        .boxed()
    }
}
