//! Where a node runs, and what the harness holds of it. Must not know: any system.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread,
};

use super::case::{Case, Lost};

/// Publishes one message; resolves when the system took it.
pub type Publish = Arc<dyn Fn(Vec<u8>) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;
/// Payloads that all nodes received so far, duplicates too.
pub type Receptions = Box<dyn Fn() -> u64 + Send + Sync>;

/// What the nodes have counted so far, by name, summed.
pub type Facts = Box<dyn Fn() -> BTreeMap<String, u64> + Send + Sync>;

/// All nodes of a case, connected.
pub struct Started {
    /// By number of node.
    pub publish: Vec<Publish>,
    /// Where each runs.
    pub places: Vec<Place>,
    /// None where a system does not count them.
    pub receptions: Option<Receptions>,
    /// What a system tells of itself, a line for each node.
    pub told: Option<Box<dyn Fn() -> String + Send + Sync>>,
    /// None where a system counts nothing.
    pub facts: Option<Facts>,
}

impl Started {
    /// The sum over all nodes.
    pub fn counters(&self) -> Option<u64> {
        self.receptions.as_ref().map(|count| count())
    }
}

/// Where a node runs.
pub enum Place {
    /// On the runtime of all.
    Shared,
    /// On a thread of its own, which can be stopped with everything on it.
    Own(Own),
    /// On the runtime of all; the system keeps silent once this is set.
    Muting(Arc<AtomicBool>),
}

/// A thread with a runtime of its own.
pub struct Own {
    handle: tokio::runtime::Handle,
    stop: mpsc::SyncSender<()>,
}

impl Place {
    /// Where node `i` of a case runs.
    pub fn of(case: &Case, i: usize) -> Self {
        if !case.is_lost(i) {
            return Self::Shared;
        }
        if case.lost == Lost::Mute {
            return Self::Muting(Arc::default());
        }
        let (stop, stopped) = mpsc::sync_channel(1);
        let (tell, told) = mpsc::sync_channel(1);
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            tell.send(runtime.handle().clone()).expect("somebody waits");
            runtime.block_on(async move {
                while stopped.try_recv().is_err() {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            });
            runtime.shutdown_background();
        });
        Self::Own(Own { handle: told.recv().expect("the thread started"), stop })
    }

    /// Runs a future there.
    pub async fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        match self {
            Self::Shared | Self::Muting(_) => tokio::spawn(future).await.expect("the task ended well"),
            Self::Own(own) => own.handle.spawn(future).await.expect("the task ended well"),
        }
    }

    /// Set once what runs there has to keep silent; `None` where it never has to.
    pub fn mute(&self) -> Option<Arc<AtomicBool>> {
        match self {
            Self::Muting(mute) => Some(mute.clone()),
            Self::Shared | Self::Own(_) => None,
        }
    }

    /// Loses what runs there.
    pub fn lose(&self, how: Lost) {
        let own = match self {
            Self::Shared => return,
            Self::Muting(mute) => return mute.store(true, Relaxed),
            Self::Own(own) => own,
        };
        match how {
            Lost::Mute => {}
            Lost::Killed => own.stop.send(()).expect("the thread runs"),
            Lost::Frozen => {
                own.handle.spawn(async {
                    let never = (Mutex::new(()), Condvar::new());
                    let mut guard = never.0.lock().unwrap_or_else(PoisonError::into_inner);
                    loop {
                        guard = never.1.wait(guard).unwrap_or_else(PoisonError::into_inner);
                    }
                });
            }
        }
    }
}
