//! The thread that writes ids and snapshots beside the committing one. One at a time; what it does not manage is tried again
//! later, and until then the log is kept.
//!
//! Must not know: queues, callers.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::WeakSender;

use super::committer::Order;
use super::disk::Disk;
use super::ids::{Run, Young, tidy};
use super::recovery::sweep;
use super::snapshot;

/// What stands before segment `from`.
pub(super) struct Checkpoint {
    pub(super) from: u32,
    pub(super) snapshot: Vec<u8>,
    pub(super) young: Arc<Young>,
    pub(super) runs: Vec<Arc<Run>>,
    /// Deposits before are forgotten, unix seconds.
    pub(super) ids_before: u64,
}

/// How it went.
pub(super) struct Written {
    pub(super) from: u32,
    /// All runs, the youngest first.
    pub(super) runs: io::Result<Vec<Arc<Run>>>,
}

/// The thread.
pub(super) struct Checkpoints {
    sender: SyncSender<Checkpoint>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// Starts it. What it has done goes to `committer`, if that is still there.
    pub(super) fn start(disk: Disk, committer: WeakSender<Order>) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(1);
        let run = move || run(&disk, &receiver, &committer);
        let thread = thread::Builder::new().name("mail-checkpoint".to_owned()).spawn(run)?;
        Ok(Self { sender, thread })
    }

    /// Gives it work; false when it has some.
    pub(super) fn begin(&self, checkpoint: Checkpoint) -> bool {
        self.sender.try_send(checkpoint).is_ok()
    }

    /// Waits until it has ended what it does: afterwards nothing is written.
    pub(super) fn finish(self) {
        drop(self.sender);
        let _panicked = self.thread.join();
    }
}

fn run(disk: &Disk, receiver: &Receiver<Checkpoint>, committer: &WeakSender<Order>) {
    while let Ok(checkpoint) = receiver.recv() {
        let from = checkpoint.from;
        let runs = write(disk, checkpoint);
        let Some(committer) = committer.upgrade() else { return };
        if committer.blocking_send(Order::Written(Written { from, runs })).is_err() {
            return;
        }
    }
}

/// Ids first: a snapshot says that the log before it is not needed for them.
fn write(disk: &Disk, checkpoint: Checkpoint) -> io::Result<Vec<Arc<Run>>> {
    let Checkpoint { from, snapshot, young, runs, ids_before } = checkpoint;
    let runs = tidy(disk, &runs, &young, from, ids_before)?;
    snapshot::write(disk, &snapshot)?;
    let spans: Vec<(u32, u32)> = runs.iter().map(|run| run.span()).collect();
    sweep(disk, &spans)?;
    Ok(runs)
}
