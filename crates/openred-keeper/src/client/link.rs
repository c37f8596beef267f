//! The connection to a key process: requests carry ids, many are under way, one thread writes and one
//! reads. It must not know what is asked.

use std::collections::HashMap;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::{Zeroize, Zeroizing};

use super::KeeperError;
use super::reply::Promise;
use crate::ops::{Refusal, Request, Response};
use crate::wire::{self, WireError};

/// Requests that may wait to be written.
const MAX_WAITING: usize = 4096;
/// Bytes that are written in one go.
const WRITE_BYTES: usize = 128 * 1024;

type Frame = Zeroizing<Vec<u8>>;

/// Requests without an answer yet; none once the process is gone.
#[derive(Debug, Clone)]
pub(super) struct Pending(Arc<Mutex<Option<HashMap<u64, Promise>>>>);

/// The node's end of the socket.
#[derive(Debug)]
pub(super) struct Link {
    socket: UnixStream,
    queue: SyncSender<Frame>,
    pending: Pending,
    next: AtomicU64,
    process_id: u32,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(HashMap::new()))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<u64, Promise>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the promise until its answer; gives it back when nobody will answer any more.
    fn insert(&self, id: u64, promise: Promise) -> Result<(), Promise> {
        match self.lock().as_mut() {
            Some(waiting) => {
                waiting.insert(id, promise);
                Ok(())
            }
            None => Err(promise),
        }
    }

    fn remove(&self, id: u64) -> Option<Promise> {
        self.lock().as_mut()?.remove(&id)
    }

    /// Reads answers until the socket ends, then breaks every promise left.
    pub(super) fn read_answers(&self, mut socket: UnixStream) {
        while let Ok(Some(frame)) = wire::read(&mut socket) {
            let Ok((id, answer)) = wire::decode::<(u64, Result<Response, Refusal>)>(&frame) else {
                break;
            };
            if let Some(promise) = self.remove(id) {
                promise.keep(answer);
            }
        }
        drop(self.lock().take());
    }
}

impl Link {
    /// Takes over a connected socket; the caller runs [`Pending::read_answers`] on a thread of its own.
    pub(super) fn new(socket: UnixStream, pending: Pending, process_id: u32) -> std::io::Result<Self> {
        let (queue, frames) = sync_channel(MAX_WAITING);
        let out = socket.try_clone()?;
        std::thread::Builder::new()
            .name("keeper-writer".to_owned())
            .spawn(move || write_frames(&frames, out))?;
        Ok(Self { socket, queue, pending, next: AtomicU64::new(1), process_id })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.pending.lock().is_some()
    }

    pub(super) const fn process_id(&self) -> u32 {
        self.process_id
    }

    pub(super) fn send(&self, request: &Request, promise: Promise) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let frame = match wire::encode(&(id, request)) {
            Ok(frame) => frame,
            Err(WireError::TooLong(_)) => return promise.fail(KeeperError::TooLong),
            Err(_) => return promise.fail(KeeperError::Gone),
        };
        if let Err(promise) = self.pending.insert(id, promise) {
            return promise.fail(KeeperError::Gone);
        }
        if let Err(error) = self.queue.try_send(frame)
            && let Some(promise) = self.pending.remove(id)
        {
            promise.fail(match error {
                TrySendError::Full(_) => KeeperError::Busy,
                TrySendError::Disconnected(_) => KeeperError::Gone,
            });
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // An error means that the process is gone already, which is what is wanted.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Writes what waits, several frames at once, until the last handle is gone or the socket breaks.
fn write_frames(frames: &Receiver<Frame>, mut socket: UnixStream) {
    let mut batch = Zeroizing::new(Vec::with_capacity(WRITE_BYTES + wire::MAX_FRAME + 4));
    while let Ok(first) = frames.recv() {
        batch.extend_from_slice(&first);
        while batch.len() < WRITE_BYTES
            && let Ok(next) = frames.try_recv()
        {
            batch.extend_from_slice(&next);
        }
        if socket.write_all(&batch).is_err() {
            return;
        }
        batch.as_mut_slice().zeroize();
        batch.clear();
    }
}
