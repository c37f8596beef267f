//! One neighbour's two directions. Must not know: the machine.

use std::sync::Arc;

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

/// Frames for the peer, to be written by the session.
#[derive(Debug)]
pub struct Outgoing {
    pub(super) peer: NodeId,
    pub(super) link: u64,
    pub(super) frames: mpsc::Receiver<Arc<[u8]>>,
    pub(super) events: mpsc::Sender<Event>,
}

impl Outgoing {
    /// Waits for frames and takes up to `limit` at once; none when the overlay lets go of this link.
    pub async fn next(&mut self, into: &mut Vec<Arc<[u8]>>, limit: usize) -> usize {
        self.frames.recv_many(into, limit).await
    }

    /// These bytes of frames have left: the sum of the frames' lengths.
    pub async fn sent(&self, bytes: usize) {
        let _ = self.events.send(Event::Sent { peer: self.peer, link: self.link, bytes }).await;
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
