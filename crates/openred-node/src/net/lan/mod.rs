//! Friends in the same local network (PROTOCOL §4): this node shows itself by mDNS under a random name of the day, with a
//! mark for each friend that nobody else can read, and looks for theirs. What is found is an address to dial, no more:
//! who answers there proves itself as everywhere. `mdns` speaks to the network, `marks` makes and reads marks, `near` is
//! what the rest of the node asks.
//!
//! Must not know: sessions, handshakes, what waits for a friend.

mod marks;
mod mdns;
mod near;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use openred_core::{ids::NodeId, overlay::PeerEntry};
use openred_proto::overlay::{Input, Source};
use tokio::sync::broadcast;
use tracing::{debug, warn};

use self::{
    marks::{MARKS_MAX, Mark, Marks},
    mdns::{News, Radio, Sighting},
};
use super::{Network, dial, quic::Endpoint};
use crate::{
    delivery,
    error::NodeError,
    events::{Event, Kind},
    modules::contacts::store as people,
};
pub(super) use near::Near;

/// Friends and their secrets are read again this often.
const LOOK_MS: u64 = 30_000;
/// Several things change at once: a change is looked at after this pause.
const SETTLE_MS: u64 = 1_000;
/// Nodes of the local network that are remembered.
const SIGHTINGS_MAX: usize = 64;
/// Addresses of one friend.
const ADDRESSES_MAX: usize = 4;
const DAY_S: u64 = 86_400;

/// Shows this node and looks for friends, until its endpoint is closed or the node stops.
pub(super) async fn run(net: Network, endpoint: Endpoint) {
    let stop = net.deps.tasks.soft().clone();
    let Some(listen) = endpoint.sockets().first().copied() else { return };
    let radio = match Radio::open(listen.ip()) {
        Ok(radio) => radio,
        Err(error) => {
            warn!(%error, "friends in the local network are not looked for");
            return;
        }
    };
    let mut lan = Lan::new(net.clone(), radio, listen.port());
    loop {
        match lan.look().await {
            Ok(()) => {}
            Err(NodeError::Locked | NodeError::NotSetUp) => lan.rest(),
            Err(error) => debug!(%error, "friends in the local network were not looked for"),
        }
        if !lan.listen(&stop, &endpoint).await {
            break;
        }
    }
    net.near.set(BTreeMap::new());
}

/// What is shown, and what was seen.
struct Lan {
    net: Network,
    radio: Radio,
    port: u16,
    marks: Marks,
    /// The name under which this node is shown, with its day and marks.
    shown: Option<(String, u64, BTreeSet<Mark>)>,
    seen: BTreeMap<String, Sighting>,
    changes: broadcast::Receiver<Event>,
}

impl Lan {
    fn new(net: Network, radio: Radio, port: u16) -> Self {
        let changes = net.deps.events.listen(None).1;
        Self { net, radio, port, marks: Marks::default(), shown: None, seen: BTreeMap::new(), changes }
    }

    /// Hears what goes on until it is time to look again. False when all is over.
    async fn listen(&mut self, stop: &tokio_util::sync::CancellationToken, endpoint: &Endpoint) -> bool {
        let (near, clock) = (self.net.near.clone(), self.net.deps.clock.clone());
        let mut due = clock.monotonic_ms() + LOOK_MS;
        loop {
            let pause = Duration::from_millis(due.saturating_sub(clock.monotonic_ms()));
            let news = tokio::select! {
                () = stop.cancelled() => return false,
                () = endpoint.closed() => return false,
                () = tokio::time::sleep(pause) => return true,
                () = near.looked_for() => {
                    due = due.min(clock.monotonic_ms() + SETTLE_MS);
                    continue;
                }
                changed = self.changes.recv() => {
                    // Who is a friend, and which secret is the newest; or the node was locked.
                    let is_other = |event: Event| !matches!(event.kind, Kind::Person | Kind::Status);
                    if !changed.is_ok_and(is_other) {
                        due = due.min(clock.monotonic_ms() + SETTLE_MS);
                    }
                    continue;
                }
                news = self.radio.next() => news,
            };
            match news {
                None => return false,
                Some(News::Gone(name)) => drop(self.seen.remove(&name)),
                Some(News::Seen(name, sighting)) => {
                    if self.seen.len() < SIGHTINGS_MAX || self.seen.contains_key(&name) {
                        self.seen.insert(name, sighting);
                    }
                }
            }
            self.compare().await;
        }
    }

    /// Reads whose marks count now, shows the own ones, and compares.
    async fn look(&mut self) -> Result<(), NodeError> {
        self.net.deps.seal.get()?;
        if self.net.is_silent() {
            self.rest();
            return Ok(());
        }
        let day = self.net.deps.clock.now_s() / DAY_S;
        let own = self.marks.refresh(&self.net.deps, day).await?;
        self.show(day, own);
        self.compare().await;
        Ok(())
    }

    fn show(&mut self, day: u64, marks: BTreeSet<Mark>) {
        let is_same = |(_, of, shown): &(String, u64, BTreeSet<Mark>)| *of == day && *shown == marks;
        if self.shown.as_ref().is_some_and(is_same) {
            return;
        }
        // A new name each day: nobody follows a node from one to the next.
        if self.shown.as_ref().is_some_and(|(_, of, _)| *of != day) || marks.is_empty() {
            self.hide();
        }
        if marks.is_empty() {
            return;
        }
        let name = self.shown.take().map(|(name, ..)| name);
        let shown = name.map_or_else(random_name, Ok).and_then(|name| {
            self.radio.show(&name, self.port, &marks).map_err(|e| NodeError::Internal(e.to_string()))?;
            Ok(name)
        });
        match shown {
            Ok(name) => self.shown = Some((name, day, marks)),
            Err(error) => debug!(%error, "this node is not shown in the local network"),
        }
    }

    fn hide(&mut self) {
        if let Some((name, ..)) = self.shown.take() {
            self.radio.hide(&name);
        }
    }

    /// The owner locked the node, or another copy of it speaks: nothing is shown, and nobody known to be near.
    fn rest(&mut self) {
        self.hide();
        self.marks = Marks::default();
        self.net.near.set(BTreeMap::new());
    }

    /// Holds what was seen against the marks of friends.
    async fn compare(&self) {
        let own = self.shown.as_ref().map(|(name, ..)| name);
        let mut found = BTreeMap::<NodeId, Vec<SocketAddr>>::new();
        for sighting in self.seen.iter().filter(|(name, _)| Some(*name) != own).map(|(_, seen)| seen) {
            let friends: BTreeSet<_> =
                sighting.marks.iter().take(MARKS_MAX).filter_map(|mark| self.marks.friend(mark)).collect();
            for friend in friends {
                found.entry(friend).or_default().extend(&sighting.addresses);
            }
        }
        for addresses in found.values_mut() {
            addresses.sort_unstable();
            addresses.dedup();
            addresses.truncate(ADDRESSES_MAX);
        }
        for friend in self.net.near.set(found) {
            if let Err(error) = came_near(&self.net, friend).await {
                debug!(%error, "a friend in the local network was not met");
            }
        }
    }
}

/// A friend is near: what waits for them goes at once, and the overlay has a way more.
async fn came_near(net: &Network, friend: NodeId) -> Result<(), NodeError> {
    debug!("a friend is in the local network");
    metrics::counter!("openred_node_lan_friends_total").increment(1);
    if let (Some(handle), Some(descriptor)) = (net.overlay.handle(), dial::held(net, friend).await)
        && descriptor.body().transport_key.is_some()
    {
        let entry = PeerEntry { addresses: net.near.of(&friend), ..PeerEntry::of(&descriptor) };
        handle.input(Input::Known { entry, source: Source::Lan }).await?;
    }
    net.deps
        .write(move |w| {
            if let Some(person) = people::find(w.tx, w.seal, &friend)? {
                delivery::store::hasten(w.tx, person.id, w.now)?;
                w.wake();
            }
            Ok(())
        })
        .await
}

fn random_name() -> Result<String, NodeError> {
    let mut name = [0; 8];
    getrandom::fill(&mut name)?;
    Ok(hex::encode(name))
}
