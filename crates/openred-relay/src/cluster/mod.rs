//! The store of a relay that is several processes: mail in PostgreSQL, wake-ups and limits over Redis.
//!
//! - `store/`: all SQL, one file per concern. `pool`: connections, TLS, what errors mean. `pg_types copy`: values on the wire.
//! - `batch`: which deposits are taken, without IO. `writer`: all who wait in this process share a transaction.
//!   `acks sweeper`: the same for acknowledgements, and what deletes acknowledged mail.
//!   `followers`: reading elsewhere.
//! - `instances`: [`RedisInstances`].
//!
//! Any number of processes share one database. A queue's numbers follow from its row, and who writes mail holds the lock
//! of that row until its commit is on disk: numbers have no gaps and are never seen out of order. All transactions lock
//! rows of queues in the order of their numbers, in one statement, so none waits for another in a circle.
//!
//! Must not know: MACs, signatures, HTTP, any clock.

mod acks;
mod batch;
mod copy;
mod followers;
mod instances;
mod keys;
mod pg_types;
mod pool;
mod settings;
mod store;
mod sweeper;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use openred_core::ids::{DepositId, QueueId};
use openred_core::payload::Secret32;
use openred_service::lifecycle::{Clock, Lifecycle};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

pub use instances::{BadRedisUrl, RedisInstances, RedisSettings, RedisUrl};
pub use keys::ClusterKeys;
pub use pool::OpenError;
pub use settings::ClusterSettings;

use crate::bounds::{
    IDS_KEPT_SECS, MAIL_KEPT_SECS, MAX_WAIT_MS, MAX_WAITING_BYTES, MAX_WAITING_CALLS, QUEUE_KEPT_SECS,
};
use crate::mailbox::{Deposit, Mail, Queue, Quotas, Refusal, Stored};
use crate::store::{Counts, MailboxStore};
use pool::Database;

/// Deposits of one order: a longer call becomes several, which share transactions with those of others.
const ORDER_DEPOSITS: usize = 1_024;
const KIB: usize = 1_024;
const WAIT: Duration = Duration::from_millis(MAX_WAIT_MS);

type Answers = Vec<Result<Stored, Refusal>>;

/// Mail in PostgreSQL. Its tasks end with [`close`](MailboxStore::close), or when the store is dropped.
#[derive(Debug)]
pub struct ClusterStore {
    database: Arc<Database>,
    /// Who writes deposits; a queue's deposits always go to the same one.
    writers: Vec<mpsc::Sender<writer::Order>>,
    acks: mpsc::Sender<acks::Order>,
    /// Room for contents that wait, in KiB.
    room: Arc<Semaphore>,
    life: Lifecycle,
    tasks: Mutex<Vec<AbortOnDropHandle<Option<()>>>>,
}

impl ClusterStore {
    /// Connects, brings the tables up to date, and starts the tasks that write. Several may do so at once.
    ///
    /// # Errors
    /// [`OpenError`]: nothing was started.
    pub async fn open(settings: ClusterSettings) -> Result<Self, OpenError> {
        let database = Arc::new(Database::open(&settings).await?);
        let life = Lifecycle::new(Clock::System);
        let (mut writers, mut tasks) = (Vec::new(), Vec::new());
        for _ in 0..settings.writers.max(1) {
            let (sender, orders) = mpsc::channel(MAX_WAITING_CALLS);
            let task = writer::run(Arc::clone(&database), orders, life.clone());
            tasks.push(life.spawn_child("mail writer", task));
            writers.push(sender);
        }
        let (acks, orders) = mpsc::channel(MAX_WAITING_CALLS);
        let task = acks::run(Arc::clone(&database), orders, life.clone());
        tasks.push(life.spawn_child("mail acks", task));
        let task = sweeper::run(Arc::clone(&database), life.clone());
        tasks.push(life.spawn_child("mail sweeper", task));
        let task = followers::watch(Arc::clone(&database), life.clone());
        tasks.push(life.spawn_child("mail followers", task));
        let room = Arc::new(Semaphore::new(MAX_WAITING_BYTES / KIB));
        Ok(Self { database, writers, acks, room, life, tasks: Mutex::new(tasks) })
    }

    /// The keys of services in the same database.
    #[must_use]
    pub fn keys(&self) -> ClusterKeys {
        ClusterKeys::of(Arc::clone(&self.database))
    }

    /// Other quotas from the next call on. Every process of the relay has to be told.
    pub fn set_quotas(&self, quotas: Quotas) {
        self.database.set_quotas(quotas);
    }

    fn open_database(&self) -> Result<&Database, Refusal> {
        if self.life.is_stopping() { Err(Refusal::Busy) } else { Ok(&self.database) }
    }

    fn writer_of(&self, id: &DepositId) -> usize {
        usize::from(id.0[0]) % self.writers.len()
    }

    /// Sends deposits to their writers, in their order, and puts the answers back in order.
    async fn deposit_all(&self, deposits: Vec<Deposit>, now: u64) -> Answers {
        let mut lanes: Vec<(Vec<usize>, Vec<Deposit>)> = vec![Default::default(); self.writers.len()];
        let mut answers = vec![Err(Refusal::Busy); deposits.len()];
        for (at, deposit) in deposits.into_iter().enumerate() {
            let lane = &mut lanes[self.writer_of(&deposit.deposit_id)];
            lane.0.push(at);
            lane.1.push(deposit);
        }
        let mut orders = Vec::new();
        for (writer, (places, deposits)) in lanes.into_iter().enumerate() {
            let mut deposits = deposits.into_iter();
            for some in places.chunks(ORDER_DEPOSITS) {
                let order: Vec<_> = deposits.by_ref().take(ORDER_DEPOSITS).collect();
                let places = some.to_vec();
                orders.push(async move { (places, self.ordered(writer, order, now).await) });
            }
        }
        for (places, some) in join_all(orders).await {
            let Ok(some) = some else { continue };
            for (at, answer) in places.into_iter().zip(some) {
                answers[at] = answer;
            }
        }
        answers
    }

    async fn ordered(&self, writer: usize, deposits: Vec<Deposit>, now: u64) -> Result<Answers, Refusal> {
        self.open_database()?;
        let bytes: usize = deposits.iter().map(|deposit| deposit.content.len()).sum();
        let kib = bytes.div_ceil(KIB).clamp(1, MAX_WAITING_BYTES / KIB) as u32;
        let room = Arc::clone(&self.room).acquire_many_owned(kib);
        let room = tokio::time::timeout(WAIT, room).await.map_err(|_| Refusal::Busy)?;
        let room = room.map_err(|_| Refusal::Busy)?;
        let (reply, answers) = oneshot::channel();
        let order = writer::Order { deposits, now, reply, room };
        self.writers[writer].send_timeout(order, WAIT).await.map_err(|_| Refusal::Busy)?;
        answers.await.map_err(|_| Refusal::Busy)
    }
}

impl MailboxStore for ClusterStore {
    fn create(&self, queue: Queue) -> BoxFuture<'_, Result<(), Refusal>> {
        async move { self.open_database()?.create(&queue).await }.boxed()
    }

    fn by_deposit<'a>(&'a self, ids: &'a [DepositId]) -> BoxFuture<'a, Result<Vec<Option<Queue>>, Refusal>> {
        async move { self.open_database()?.by_deposit(ids).await }.boxed()
    }

    fn by_queue(&self, id: QueueId) -> BoxFuture<'_, Result<Option<Queue>, Refusal>> {
        async move { self.open_database()?.by_queue(&id).await }.boxed()
    }

    fn deposit(&self, deposits: Vec<Deposit>, now: u64) -> BoxFuture<'_, Answers> {
        self.deposit_all(deposits, now).boxed()
    }

    fn fetch(&self, id: QueueId, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Mail>, Refusal>> {
        async move { self.open_database()?.fetch(&id, after, max).await }.boxed()
    }

    fn ack(&self, id: QueueId, upto: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        async move {
            self.open_database()?;
            let (reply, answer) = oneshot::channel();
            let order = acks::Order { id, upto, reply };
            self.acks.send_timeout(order, WAIT).await.map_err(|_| Refusal::Busy)?;
            answer.await.unwrap_or(Err(Refusal::Busy))
        }
        .boxed()
    }

    fn revoke(&self, id: QueueId, cap: Secret32) -> BoxFuture<'_, Result<(), Refusal>> {
        async move { self.open_database()?.revoke(&id, &cap).await }.boxed()
    }

    fn delete(&self, id: QueueId) -> BoxFuture<'_, Result<(), Refusal>> {
        async move {
            let database = self.open_database()?;
            database.delete(&id).await?;
            database.sweep.notify_one();
            Ok(())
        }
        .boxed()
    }

    fn touch(&self, id: QueueId, now: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        async move { self.open_database()?.touch(&id, now).await }.boxed()
    }

    fn expire(&self, now: u64) -> BoxFuture<'_, Result<(), Refusal>> {
        async move {
            let before =
                [MAIL_KEPT_SECS, IDS_KEPT_SECS, QUEUE_KEPT_SECS].map(|kept| now.saturating_sub(kept));
            self.open_database()?.expire(before, now).await
        }
        .boxed()
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, Refusal>> {
        async move { self.open_database()?.counts().await }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            self.life.stop();
            let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
            join_all(tasks).await;
        }
        .boxed()
    }
}

/// What waits next; after the soft stop no more is let in, and after the last there is none.
async fn next_order<T>(orders: &mut mpsc::Receiver<T>, life: &Lifecycle) -> Option<T> {
    tokio::select! {
        order = orders.recv() => return order,
        () = life.soft().cancelled() => orders.close(),
    }
    orders.recv().await
}
