//! One neighbour's two directions. Must not know: the machine.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use openred_core::ids::NodeId;
use openred_proto::overlay::{Group, Via};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::driver::Event;

/// Frames that may wait for a link's writer. The machine bounds their bytes long before.
pub const PIECES: usize = 8_192;

/// Bytes of one neighbour's frames that may wait for the task: as many as it looks at in a few milliseconds, even where
/// each needs its signature checked. What more a neighbour sends waits at its own end.
const SHARE: u32 = 64 << 10;

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

/// The task's end of a neighbour's share of its queue. Nothing more is taken from the neighbour once it is dropped.
#[derive(Debug)]
pub(super) struct Share(Arc<Semaphore>);

impl Share {
    pub(super) fn new() -> (Self, Waiting) {
        let places = Arc::new(Semaphore::new(SHARE as usize));
        (Self(Arc::clone(&places)), Waiting(places))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The link's end of it.
#[derive(Debug)]
pub(super) struct Waiting(Arc<Semaphore>);

impl Waiting {
    /// Waits for room; none when the task has let go of the link. One piece may always wait, however large it is.
    async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let places = u32::try_from(bytes).unwrap_or(SHARE).clamp(1, SHARE);
        Arc::clone(&self.0).acquire_many_owned(places).await.ok()
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
    pub(super) waiting: Waiting,
}

impl Incoming {
    /// Hands over what came, in order. Waits while the overlay is busy, or has more of this peer than its share: that
    /// slows this peer alone down. False when the overlay has stopped, or let go of this link: nothing more is to be
    /// read then.
    pub async fn received(&self, frames: Vec<Vec<u8>>) -> bool {
        let bytes = frames.iter().map(Vec::len).sum();
        let Some(room) = self.waiting.room(bytes).await else { return false };
        self.events.send(Event::Received { peer: self.peer, link: self.link, frames, room }).await.is_ok()
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

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, poll};
    use openred_core::ids::NodeId;
    use tokio::task::unconstrained;

    use super::*;
    use crate::net::overlay::{Driver, Handle};

    async fn linked(handle: &Handle, number: u8) -> Incoming {
        let group = Group::Relay("here".into());
        let linked = Linked { peer: NodeId([number; 32]), outbound: false, group, via: Via::Direct };
        handle.link(linked).await.unwrap().1
    }

    /// Hands a frame of 1 KiB over; never held up by the runtime's share for each task.
    fn hands_over(incoming: &Incoming) -> impl Future<Output = bool> + '_ {
        unconstrained(incoming.received(vec![vec![0; 1024]]))
    }

    /// Frames that are taken before the link has to wait.
    fn taken(incoming: &Incoming) -> usize {
        (0..10_000).take_while(|_| hands_over(incoming).now_or_never() == Some(true)).count()
    }

    #[tokio::test]
    async fn who_floods_waits_at_its_own_end_and_nobody_else_does() {
        let (handle, inbox) = Driver::handle();
        let mut inbox = inbox.into_events();
        let (eve, ben) = (linked(&handle, 1).await, linked(&handle, 2).await);
        let places = [inbox.recv().await.unwrap(), inbox.recv().await.unwrap()];
        assert_eq!(taken(&eve), 64, "eve has her share of the queue and no more");
        assert_eq!(taken(&ben), 64, "ben has his all the same");
        let more = hands_over(&eve);
        tokio::pin!(more);
        assert!(poll!(more.as_mut()).is_pending(), "eve waits");
        drop(inbox.recv().await);
        assert_eq!(poll!(more.as_mut()), std::task::Poll::Ready(true), "until one of hers was looked at");
        drop(places);
    }

    #[tokio::test]
    async fn a_piece_larger_than_the_share_goes_alone() {
        let (handle, inbox) = Driver::handle();
        let mut inbox = inbox.into_events();
        let ben = linked(&handle, 2).await;
        let _place = inbox.recv().await.unwrap();
        assert!(ben.received(vec![vec![0; 4 << 20]]).await);
        assert_eq!(taken(&ben), 0);
        drop(inbox.recv().await);
        assert_eq!(taken(&ben), 64);
    }

    #[tokio::test]
    async fn of_who_was_let_go_nothing_more_is_read() {
        let (handle, inbox) = Driver::handle();
        let mut inbox = inbox.into_events();
        let eve = linked(&handle, 1).await;
        let place = inbox.recv().await.unwrap();
        taken(&eve);
        let more = hands_over(&eve);
        tokio::pin!(more);
        assert!(poll!(more.as_mut()).is_pending());
        drop(place);
        assert!(!more.await, "the session reads no further");
        assert!(!hands_over(&eve).await);
    }
}
