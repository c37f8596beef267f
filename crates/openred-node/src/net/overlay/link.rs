//! One neighbour's two directions. Must not know: the machine.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use openred_core::ids::NodeId;
use openred_proto::overlay::{Group, Via};
use tokio::sync::mpsc;

use super::driver::Event;

/// Frames that may wait for a link's writer. The machine bounds their bytes long before.
pub const PIECES: usize = 8_192;

/// How a session that stands becomes a link.
#[derive(Debug, Clone)]
pub struct Linked {
    /// Proven id of the peer.
    pub peer: NodeId,
    /// We dialled.
    pub outbound: bool,
    /// Address group of the other end.
    pub group: Group,
    /// Through what.
    pub via: Via,
}

/// Bytes that left a link's queue and that the task has not heard of. It asks when it has something to do anyway: before
/// that it sends nothing, so it need not know.
#[derive(Debug, Clone, Default)]
pub(super) struct Left(Arc<AtomicUsize>);

impl Left {
    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Relaxed);
    }

    pub(super) fn take(&self) -> usize {
        if self.0.load(Relaxed) == 0 { 0 } else { self.0.swap(0, Relaxed) }
    }
}

/// Frames for the peer, to be written by the session.
#[derive(Debug)]
pub struct Outgoing {
    pub(super) peer: NodeId,
    pub(super) frames: mpsc::Receiver<Arc<[u8]>>,
    pub(super) left: Left,
}

impl Outgoing {
    /// Waits for frames and takes up to `limit` at once; none when the overlay lets go of this link.
    pub async fn next(&mut self, into: &mut Vec<Arc<[u8]>>, limit: usize) -> usize {
        self.frames.recv_many(into, limit).await
    }

    /// These bytes of frames have left: the sum of the frames' lengths.
    pub fn sent(&self, bytes: usize) {
        self.left.add(bytes);
    }

    /// Who is at the other end.
    pub fn peer(&self) -> NodeId {
        self.peer
    }
}

/// Frames from the peer, to be fed by the session. Dropping it ends the link.
#[derive(Debug)]
pub struct Incoming {
    pub(super) peer: NodeId,
    pub(super) link: u64,
    pub(super) events: mpsc::Sender<Event>,
}

impl Incoming {
    /// Hands over what came, in order. Waits while the overlay is busy: that slows this peer alone down. False when
    /// the overlay has stopped.
    pub async fn received(&self, frames: Vec<Vec<u8>>) -> bool {
        self.events.send(Event::Received { peer: self.peer, link: self.link, frames }).await.is_ok()
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let event = Event::Closed { peer: self.peer, link: self.link };
        if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
            let events = self.events.clone();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { drop(events.send(event).await) });
            }
        }
    }
}
