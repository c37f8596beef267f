//! The one thread that writes. It takes all orders that wait, judges them, appends what they change by one write and one
//! flush, applies it, and only then answers. While one flush runs the next orders gather: nobody waits for a timer.
//!
//! Must not know: MACs, the network.

use std::io;
use std::sync::Arc;

use openred_core::ids::QueueId;
use openred_core::payload::Secret32;
use openred_service::lifecycle::FolderLock;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::batch::Batch;
use super::checkpoint::{Checkpoint, Checkpoints, Written};
use super::compaction::Compaction;
use super::disk::{Disk, refusal};
use super::ids::Ids;
use super::log::{self, Log};
use super::recovery::Segment;
use super::settings::Settings;
use super::shared::Shared;
use super::snapshot;
use crate::mailbox::{Deposit, Queue, Quotas, Refusal, Stored};

/// Bytes of contents of one flush; one order may go beyond it.
const BATCH_BYTES: usize = 4 << 20;
/// Orders of one flush.
const BATCH_ORDERS: usize = 4_096;

/// How many times the ids of a checkpoint may be in memory while one is being written; then deposits are `busy`.
const YOUNG_TIMES_MAX: usize = 4;

/// How an order is answered.
pub(super) type Reply<T> = oneshot::Sender<T>;

/// What the thread can be asked for.
pub(super) enum Order {
    Deposit {
        deposits: Vec<Deposit>,
        now: u64,
        reply: Reply<Vec<Result<Stored, Refusal>>>,
        /// Its share of the memory for what waits.
        room: OwnedSemaphorePermit,
    },
    Change(Change, Reply<Result<(), Refusal>>),
    /// A checkpoint is done, or failed.
    Written(Written),
    /// Other limits from now on.
    Quotas(Quotas),
    Close(Reply<()>),
}

/// Everything that changes and is no mail.
pub(super) enum Change {
    Create(Box<Queue>),
    Ack(QueueId, u64),
    Revoke(QueueId, Secret32),
    Delete(QueueId),
    Touch(QueueId, u64),
    Expire { mail_before: u64, ids_before: u64, seen_before: u64 },
}

/// The thread's own.
pub(super) struct Committer {
    pub(super) settings: Settings,
    pub(super) disk: Disk,
    pub(super) shared: Arc<Shared>,
    pub(super) ids: Ids,
    pub(super) log: Log,
    /// The log is read from this segment at the next start; those before are there for their mail.
    pub(super) from: u32,
    pub(super) checkpoints: Checkpoints,
    pub(super) compaction: Compaction,
    /// Bytes appended since the last checkpoint began.
    pub(super) since_checkpoint: u64,
    pub(super) checkpoint_runs: bool,
    pub(super) batch: Batch,
    /// Held until the thread ends.
    pub(super) lock: FolderLock,
}

impl Committer {
    /// Serves orders until it is told to close or nobody can give any.
    pub(super) fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let closed = self.serve(&mut orders);
        orders.close();
        if let Err(error) = self.log.seal() {
            tracing::warn!(%error, "The log of the mail store could not be cut to its length.");
        }
        self.checkpoints.finish();
        drop(self.lock);
        if let Some(reply) = closed {
            let _caller_may_have_left = reply.send(());
        }
    }

    fn serve(&mut self, orders: &mut mpsc::Receiver<Order>) -> Option<Reply<()>> {
        loop {
            // Making room waits for nobody, and everybody waits for one step of it at most.
            let order = if self.compaction.is_due() {
                match orders.try_recv() {
                    Err(TryRecvError::Disconnected) => return None,
                    order => order.ok(),
                }
            } else {
                Some(orders.blocking_recv()?)
            };
            let closed = self.gather(order, orders);
            self.commit();
            if closed.is_some() {
                return closed;
            }
        }
    }

    /// Takes what waits into the batch.
    fn gather(&mut self, order: Option<Order>, orders: &mut mpsc::Receiver<Order>) -> Option<Reply<()>> {
        self.begin_batch();
        let mut next = order;
        for _ in 0..BATCH_ORDERS {
            match next? {
                Order::Close(reply) => return Some(reply),
                Order::Written(written) => self.written(written),
                Order::Quotas(quotas) => self.settings.quotas = quotas,
                Order::Change(change, reply) => {
                    self.batch.change(&self.shared.read().index, &self.settings.quotas, change, reply);
                }
                Order::Deposit { deposits, now, reply, room } => {
                    let held = self.shared.read();
                    let (ids, quotas) = (&mut self.ids, &self.settings.quotas);
                    self.batch.deposits(&held.index, ids, quotas, &deposits, now, reply);
                    drop(room);
                }
            }
            if self.batch.records().len() >= BATCH_BYTES {
                return None;
            }
            next = orders.try_recv().ok();
        }
        None
    }

    fn begin_batch(&mut self) {
        if self.log.is_torn()
            && let Err(error) = self.next_segment()
        {
            tracing::error!(%error, "The mail store cannot be written.");
            self.compaction.abandon();
            return self.batch.begin_closed(refusal(&error));
        }
        let no_mail = if self.disk.free_bytes() < self.settings.free_bytes_min {
            Some(Refusal::Full)
        } else if self.ids.young() >= YOUNG_TIMES_MAX * self.settings.checkpoint_ids {
            Some(Refusal::Busy)
        } else {
            None
        };
        self.batch.begin(self.log.segment(), self.log.end(), no_mail);
    }

    /// Brings the batch to disk, applies it and answers.
    fn commit(&mut self) {
        if let Err(error) = self.compaction.step(&self.shared, &mut self.batch) {
            tracing::error!(%error, "A segment of the log cannot be read; it is kept as it is.");
        }
        let expires = self.batch.expires();
        match self.append() {
            Ok(()) => self.batch.applied(&self.shared),
            Err(error) => {
                tracing::error!(%error, "The disk did not take mail; those who wait are refused.");
                self.compaction.abandon();
                self.batch.refused(&mut self.ids, refusal(&error));
            }
        }
        if self.compaction.stepped() || expires {
            self.reclaim();
        }
        if let Err(error) = self.turn() {
            tracing::error!(%error, "The log of the mail store cannot go on in a new file.");
        }
    }

    fn append(&mut self) -> io::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let records = self.batch.records();
        self.since_checkpoint += records.len() as u64;
        self.log.append(records)
    }

    /// Begins a segment or a checkpoint when one is due, and gives back space.
    fn turn(&mut self) -> io::Result<()> {
        let ids = self.ids.young() / self.settings.checkpoint_ids;
        // After one that failed the next waits for some more log, unless memory is at its bound.
        let due = self.since_checkpoint >= self.settings.checkpoint_bytes
            || (ids >= 1 && self.since_checkpoint >= self.settings.checkpoint_bytes / 32)
            || ids >= YOUNG_TIMES_MAX;
        if due && !self.checkpoint_runs {
            self.next_segment()?;
            self.begin_checkpoint();
        } else if self.log.end() >= u64::from(self.settings.segment_bytes) {
            self.next_segment()?;
            self.reclaim();
        }
        Ok(())
    }

    fn next_segment(&mut self) -> io::Result<()> {
        self.log.next_segment()?;
        let segment = Segment { file: Arc::clone(self.log.file()), bytes: 0 };
        self.shared.write().segments.insert(self.log.segment(), segment);
        Ok(())
    }

    fn begin_checkpoint(&mut self) {
        let held = self.shared.read();
        let checkpoint = Checkpoint {
            from: self.log.segment(),
            snapshot: snapshot::encode(&held.index, self.log.segment()),
            runs: self.ids.runs().to_vec(),
            young: self.ids.freeze(),
            ids_before: held.index.ids_before,
        };
        drop(held);
        self.since_checkpoint = 0;
        self.checkpoint_runs = self.checkpoints.begin(checkpoint);
        if !self.checkpoint_runs {
            self.ids.thaw();
        }
    }

    fn written(&mut self, written: Written) {
        self.checkpoint_runs = false;
        match written.runs {
            Ok(runs) => {
                self.ids.written(runs);
                self.from = written.from;
                self.reclaim();
            }
            Err(error) => {
                tracing::error!(%error, "A snapshot of the mail store cannot be written; the log is kept.");
                self.ids.thaw();
            }
        }
    }

    /// Removes segments that hold nothing, and chooses one to be emptied.
    fn reclaim(&mut self) {
        let mut held = self.shared.write();
        let empty: Vec<u32> = held
            .segments
            .range(..self.from)
            .map(|(no, _)| *no)
            .filter(|no| held.index.used(*no) == 0)
            .collect();
        for number in empty {
            held.segments.remove(&number);
            self.disk.remove(&log::name(number));
        }
        self.compaction.choose(&held, self.from, self.settings.segment_bytes);
    }
}
