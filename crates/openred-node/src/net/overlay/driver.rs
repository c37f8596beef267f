//! The task that owns the machine: reads the clock, hands in what happened, does what comes out.
//!
//! It never waits for a neighbour. It waits for the node's storage, so that nothing is handed on that is not written.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use openred_core::{identity::IdentityLog, ids::NodeId, sign::Signature};
use openred_proto::{
    now::Now,
    overlay::{Effect, Effects, Input, Overlay},
};
use openred_service::lifecycle::{Clock, Lifecycle};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tracing::debug;

use super::{
    hands::{Delivery, Hands, Turned},
    link::{Incoming, Left, Linked, Outgoing, PIECES, Share},
};

/// Events that may wait. Who brings them waits beyond that.
const EVENTS: usize = 1_024;
/// Events of one turn.
const TURN: usize = 128;

/// A look into the machine.
type Look = Box<dyn FnOnce(&mut Overlay, Now) + Send>;

/// What the task is told.
pub(super) enum Event {
    Linked { linked: Linked, link: u64, frames: mpsc::Sender<Arc<[u8]>>, left: Left, share: Share },
    Closed { peer: NodeId, link: u64 },
    Received { peer: NodeId, link: u64, frames: Vec<Vec<u8>>, room: OwnedSemaphorePermit },
    Signed { batch: u64, signature: Option<Signature> },
    Input(Input),
    Read(Look),
}

/// The overlay has stopped; so has the node, or it was never started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the overlay does not run")]
pub struct OverlayGone;

/// Speaks to the overlay's task. Clones share it.
#[derive(Clone)]
pub struct Handle {
    events: mpsc::Sender<Event>,
    links: Arc<std::sync::atomic::AtomicU64>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle(overlay)")
    }
}

impl Handle {
    /// A session with a proven peer carries overlay frames from now on.
    ///
    /// # Errors
    /// [`OverlayGone`].
    pub async fn link(&self, linked: Linked) -> Result<(Outgoing, Incoming), OverlayGone> {
        let (send, receive) = mpsc::channel(PIECES);
        let link = self.links.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let (peer, events) = (linked.peer, self.events.clone());
        let (left, (share, waiting)) = (Left::default(), Share::new());
        self.tell(Event::Linked { linked, link, frames: send, left: left.clone(), share }).await?;
        let outgoing = Outgoing { peer, frames: receive, left };
        Ok((outgoing, Incoming { peer, link, events, waiting }))
    }

    /// A dial that the overlay asked for led nowhere.
    pub async fn connect_failed(&self, peer: NodeId) {
        let _ = self.input(Input::ConnectFailed { peer }).await;
    }

    /// Something happened.
    ///
    /// # Errors
    /// [`OverlayGone`].
    pub async fn input(&self, input: Input) -> Result<(), OverlayGone> {
        self.tell(Event::Input(input)).await
    }

    /// Looks into the machine.
    ///
    /// # Errors
    /// [`OverlayGone`].
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Overlay, Now) -> T + Send + 'static,
    ) -> Result<T, OverlayGone> {
        let (reply, answer) = oneshot::channel();
        let look = move |machine: &mut Overlay, now| {
            let _ = reply.send(look(machine, now));
        };
        self.tell(Event::Read(Box::new(look))).await?;
        answer.await.map_err(|_| OverlayGone)
    }

    async fn tell(&self, event: Event) -> Result<(), OverlayGone> {
        self.events.send(event).await.map_err(|_| OverlayGone)
    }
}

/// The task.
pub struct Driver {
    machine: Overlay,
    clock: Clock,
    tasks: Lifecycle,
    hands: Arc<dyn Hands>,
    handle: Handle,
    inbox: mpsc::Receiver<Event>,
    links: BTreeMap<NodeId, Link>,
    fx: Effects,
}

struct Link {
    link: u64,
    frames: mpsc::Sender<Arc<[u8]>>,
    left: Left,
    _share: Share,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("links", &self.links.len()).finish_non_exhaustive()
    }
}

impl Driver {
    /// The way to a task that does not run yet: give the handle to whoever makes the hands, then [`Self::new`].
    pub fn handle() -> (Handle, DriverInbox) {
        let (events, inbox) = mpsc::channel(EVENTS);
        (Handle { events, links: Arc::default() }, DriverInbox(inbox))
    }

    /// A task for this machine.
    pub fn new(
        machine: Overlay,
        clock: Clock,
        tasks: Lifecycle,
        hands: Arc<dyn Hands>,
        (handle, inbox): (Handle, DriverInbox),
    ) -> Self {
        let (links, fx) = (BTreeMap::new(), Effects::new());
        Self { machine, clock, tasks, hands, handle, inbox: inbox.0, links, fx }
    }

    /// Drives until the node stops.
    pub async fn run(mut self) {
        let stop = self.tasks.soft().clone();
        let mut events = Vec::with_capacity(TURN);
        loop {
            let wake = self.machine.next_wake();
            let pause = wake.map(|at| Duration::from_millis(at.saturating_sub(self.clock.monotonic_ms())));
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                count = self.inbox.recv_many(&mut events, TURN) => if count == 0 { return },
                () = tokio::time::sleep(pause.unwrap_or(Duration::MAX)), if pause.is_some() => {
                    let now = self.now();
                    self.machine.handle(now, Input::Tick, &mut self.fx);
                }
            }
            self.count_sent();
            for event in events.drain(..) {
                self.on(event);
            }
            self.act().await;
        }
    }

    fn now(&self) -> Now {
        Now { mono_ms: self.clock.monotonic_ms(), unix_ms: self.clock.now_ms() }
    }

    fn on(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Linked { linked, link, frames, left, share } => {
                self.on_linked(now, linked, Link { link, frames, left, _share: share });
            }
            Event::Closed { peer, link } => {
                if self.is_current(&peer, link) {
                    self.links.remove(&peer);
                    self.machine.handle(now, Input::Closed { peer }, &mut self.fx);
                }
            }
            Event::Received { peer, link, frames, room } => {
                if self.is_current(&peer, link) {
                    for bytes in frames {
                        self.machine.handle(now, Input::Received { peer, bytes: bytes.into() }, &mut self.fx);
                    }
                }
                drop(room);
            }
            Event::Signed { batch, signature } => {
                self.machine.handle(now, Input::Signed { batch, signature }, &mut self.fx);
            }
            Event::Input(input) => self.machine.handle(now, input, &mut self.fx),
            Event::Read(look) => look(&mut self.machine, now),
        }
    }

    /// Tells the machine what left its queues since the last turn.
    fn count_sent(&mut self) {
        let now = self.now();
        for (peer, link) in &self.links {
            let bytes = link.left.take();
            if bytes > 0 {
                self.machine.handle(now, Input::Sent { peer: *peer, bytes }, &mut self.fx);
            }
        }
    }

    fn on_linked(&mut self, now: Now, linked: Linked, link: Link) {
        let Linked { peer, outbound, group, via } = linked;
        self.links.insert(peer, link);
        self.machine.handle(now, Input::Connected { peer, outbound, group, via }, &mut self.fx);
    }

    fn is_current(&self, peer: &NodeId, link: u64) -> bool {
        self.links.get(peer).is_some_and(|one| one.link == link)
    }

    /// Does what the machine asked for; what is to be written goes in one piece.
    async fn act(&mut self) {
        let mut turned = Turned::default();
        while !self.fx.is_empty() {
            for effect in self.fx.take() {
                self.effect(effect, &mut turned);
            }
        }
        if !turned.changes.is_empty() || !turned.deliveries.is_empty() {
            self.hands.turned(turned).await;
        }
    }

    fn effect(&mut self, effect: Effect, turned: &mut Turned) {
        match effect {
            Effect::Send { peer, frame } => self.send(peer, frame),
            Effect::Connect { entry } => self.hands.connect(entry),
            Effect::Disconnect { peer, code } => {
                // The writer ends when it has written what is queued; the session's end is told as Closed.
                if self.links.remove(&peer).is_some() {
                    self.hands.disconnect(peer, code);
                    let now = self.now();
                    self.machine.handle(now, Input::Closed { peer }, &mut self.fx);
                }
            }
            Effect::Sign { batch, .. } => {
                let messages = self.machine.batch(batch).unwrap_or_default().to_vec();
                let (signing, events) = (self.hands.sign(messages), self.handle.events.clone());
                self.tasks.spawn_one_of_many("overlay signature", async move {
                    let signature = signing.await;
                    let _ = events.send(Event::Signed { batch, signature }).await;
                });
            }
            Effect::FetchLog { from, origin } => self.fetch(from, origin),
            Effect::Deliver { message, from } => {
                // A message that was read has a payload that can be read.
                let delivery = message.body().map(|body| Delivery { message, body, from });
                turned.deliveries.extend(delivery);
            }
            Effect::Store(change) => turned.changes.push(change),
            Effect::Published { reference, id } => self.hands.published(reference, Ok(id)),
            Effect::Refused { reference, why } => self.hands.published(reference, Err(why)),
            Effect::Found { entry } => self.hands.found(entry),
            Effect::Evidence { peer, what } => {
                debug!(what, "a neighbour sent what proves a fault");
                self.hands.evidence(peer, what);
            }
        }
    }

    /// Never waits. A queue with no place left is one that the machine was about to give up anyway.
    fn send(&mut self, peer: NodeId, frame: Arc<[u8]>) {
        let bytes = frame.len();
        let taken = self.links.get(&peer).is_some_and(|link| link.frames.try_send(frame).is_ok());
        if !taken {
            let now = self.now();
            self.machine.handle(now, Input::Sent { peer, bytes }, &mut self.fx);
        }
    }

    fn fetch(&self, from: NodeId, origin: NodeId) {
        let (fetching, events) = (self.hands.fetch_log(from, origin), self.handle.events.clone());
        self.tasks.spawn_one_of_many("overlay log", async move {
            let log: Option<Arc<IdentityLog>> = fetching.await;
            let _ = events.send(Event::Input(Input::LogFetched { origin, log })).await;
        });
    }
}

/// What [`Driver::handle`] made for [`Driver::new`].
pub struct DriverInbox(mpsc::Receiver<Event>);

#[cfg(test)]
impl DriverInbox {
    pub(super) fn into_events(self) -> mpsc::Receiver<Event> {
        self.0
    }
}

impl std::fmt::Debug for DriverInbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DriverInbox(…)")
    }
}
