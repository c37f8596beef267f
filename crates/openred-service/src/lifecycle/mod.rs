//! Beginning and end of a daemon: every task has a parent, every stop has two steps. Knows tasks, signals, clocks
//! and the data folder's lock; must not know what the tasks do.

mod clock;
mod folder_lock;
mod notify;
mod port;
mod signals;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::Instrument;

pub use clock::{Clock, ManualClock};
pub use folder_lock::{FolderLock, FolderLockError};
pub use notify::systemd_ready;
pub use port::{PortError, listen};
pub use signals::Hangups;

/// How long tasks may take to end by themselves after the soft stop.
pub const SOFT_STOP: Duration = Duration::from_secs(20);
/// How long they may take after the hard stop.
pub const HARD_STOP: Duration = Duration::from_secs(5);

/// The parent of all tasks of one daemon. Clones share it.
///
/// *Soft*: take nothing new, finish what is begun. *Hard*: let go now; spawned tasks are dropped at their next await.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    clock: Clock,
}

impl Lifecycle {
    /// A lifecycle whose tasks read the time from `clock`.
    pub fn new(clock: Clock) -> Self {
        let hard = CancellationToken::new();
        Self { soft: hard.child_token(), hard, tasks: TaskTracker::new(), clock }
    }

    /// The clock of this daemon.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Cancelled at the soft stop (and then at the hard stop too). Give it to whoever waits for new work.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled at the hard stop.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Runs `task` until it ends or the hard stop. A panic in it is logged and begins the soft stop: a daemon
    /// without one of its parts must not go on as if nothing were missing.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let soft = self.soft.clone();
        self.spawn_watched(name, task, move || soft.cancel());
    }

    /// Runs one task of many alike (a connection, a delivery): a panic in it is logged and ends nothing else.
    pub fn spawn_one_of_many(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_watched(name, task, || ());
    }

    /// Runs `task` like [`spawn`](Self::spawn) and hands its result to whoever awaits; dropping the handle ends the
    /// task. `None` after a hard stop. A panic comes out as an error of the handle and stops nothing else.
    pub fn spawn_child<T: Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = T> + Send + 'static,
    ) -> AbortOnDropHandle<Option<T>> {
        let hard = self.hard.clone();
        let task = async move { hard.run_until_cancelled_owned(task).await };
        AbortOnDropHandle::new(self.tasks.spawn(task.instrument(tracing::debug_span!("task", name))))
    }

    fn spawn_watched(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
        after_panic: impl FnOnce() + Send + 'static,
    ) {
        let hard = self.hard.clone();
        let watched = async move {
            let ended = hard.run_until_cancelled(AssertUnwindSafe(task).catch_unwind()).await;
            if let Some(Err(_panic)) = ended {
                tracing::error!(task = name, "A task panicked.");
                after_panic();
            }
        };
        self.tasks.spawn(watched.instrument(tracing::debug_span!("task", name)));
    }

    /// Begins the soft stop.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Begins the hard stop.
    pub fn stop_now(&self) {
        self.hard.cancel();
    }

    /// Whether a stop has begun.
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Waits for the first signal (or a stop), then for the tasks; a second signal or `soft_max` escalates to the
    /// hard stop. Returns when all tasks have ended, or [`HARD_STOP`] after the hard stop: `true` says that all did.
    pub async fn run_until_stopped(&self, soft_max: Duration) -> bool {
        let mut signals = signals::Signals::listen();
        tokio::select! {
            name = signals.next() => tracing::info!(signal = name, "Stopping; the same signal again stops at once."),
            () = self.soft.cancelled() => tracing::info!("Stopping."),
        }
        self.soft.cancel();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => return true,
            name = signals.next() => tracing::warn!(signal = name, "Stopping at once."),
            () = self.hard.cancelled() => {}
            () = tokio::time::sleep(soft_max) => tracing::warn!("Some tasks did not end in time; stopping them."),
        }
        self.hard.cancel();
        tokio::time::timeout(HARD_STOP, self.tasks.wait()).await.is_ok()
    }

    /// Stops softly and waits as [`run_until_stopped`](Self::run_until_stopped) does: for tests and short commands.
    pub async fn shut_down(&self) -> bool {
        self.stop();
        self.run_until_stopped(SOFT_STOP).await
    }
}
