//! OpenRed's overlay: the machine, the task and the QUIC links of a node, without the node around them. Every message
//! is signed by its origin and checked by every receiver. What a whole node adds is its store; its handshake proves
//! who is who before a link stands, here the harness knows.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt, ready};
use iroh::endpoint::Connection;
use openred_core::{
    frame::Frame as SessionFrame,
    identity::IdentityLog,
    ids::{Hash, NodeId},
    overlay::{Body, Bundle, Frame, PeerEntry},
    sign::{Signature, SigningKey},
};
use openred_node::net::{
    overlay::{Driver, Handle, Hands, Linked, Outgoing, Turned},
    quic::{Endpoint, EndpointConfig, Way, link, stream::Frames},
};
use openred_proto::overlay::{
    Config, Counters, Group, Input, Me, Overlay, Source, Via, peers::PeerState, store::Restored,
    trust::Bounded,
};
use openred_service::{
    http_client::AllowPrivate,
    lifecycle::{Clock, Lifecycle},
};
use serde::{Deserialize, Serialize};

use super::{
    apart,
    case::Case,
    harness::Harness,
    node::{Place, Publish, Started},
};

/// Whose messages are measured.
const APP: &str = "bench";
/// With fewer neighbours a node does not begin.
const NEIGHBOURS: usize = 3;
/// How often, and how many times, it is looked whether it has them.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 600;

/// Between the word to begin and the first message.
pub const SETTLES: Duration = Duration::from_secs(1);

/// Who a node is, as its handshake would prove.
#[derive(Clone, Serialize, Deserialize)]
pub struct Known {
    pub node_id: NodeId,
    pub entries: Vec<Vec<u8>>,
    pub endpoint_id: [u8; 32],
    pub address: SocketAddr,
}

/// A node that can be reached and is nobody yet.
pub struct Bound {
    pub endpoint: Endpoint,
    pub key: SigningKey,
    pub known: Known,
}

/// All nodes, each knowing a few others.
pub async fn start(case: &Case, harness: &Arc<Harness>) -> Result<Started, String> {
    let here = case.member.map_or(0..usize::from(case.nodes), |i| usize::from(i)..usize::from(i) + 1);
    let places: Vec<Place> = here.clone().map(|i| Place::of(case, i)).collect();
    let mut bound = Vec::new();
    for place in &places {
        bound.push(place.run(bind()).await?);
    }
    let mut everybody: Vec<Known> = bound.iter().map(|b| b.known.clone()).collect();
    if case.member.is_some() {
        let me = serde_json::to_string(&everybody[0]).map_err(|e| e.to_string())?;
        everybody = tokio::task::block_in_place(|| apart::exchange(&me))?;
    }
    let mut handles = Vec::new();
    for ((i, node), place) in here.clone().zip(bound).zip(&places) {
        let (harness, everybody, case) = (harness.clone(), everybody.clone(), case.clone());
        let mute = place.mute();
        let running = async move { run(i, node, &everybody, harness, &case, mute).await };
        handles.push(place.run(running).await?);
    }
    let enough = usize::from(case.nodes).saturating_sub(1).min(NEIGHBOURS);
    for (i, handle) in handles.iter().enumerate() {
        linked(handle, enough).await.map_err(|found| format!("node {i} found {found} neighbours"))?;
    }
    if case.member.is_some() {
        let _go: String = tokio::task::block_in_place(|| apart::exchange("\"ready\""))?;
    }
    tokio::time::sleep(SETTLES).await;
    let publish = handles.iter().cloned().map(publisher).collect();
    let counted: Arc<Mutex<Vec<Counters>>> = Arc::new(Mutex::new(vec![Counters::default(); handles.len()]));
    for (i, handle) in handles.into_iter().enumerate().filter(|(i, _)| !case.is_lost(*i)) {
        let counted = counted.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(LOOK);
            loop {
                ticks.tick().await;
                let Ok(counters) = handle.read(|machine, _| machine.counters().clone()).await else { return };
                counted.lock().unwrap_or_else(PoisonError::into_inner)[i] = counters;
            }
        });
    }
    let (all, read) = (counted.clone(), counted.clone());
    let sum = move |of: fn(&Counters) -> u64| {
        counted.lock().unwrap_or_else(PoisonError::into_inner).iter().map(of).sum::<u64>()
    };
    let told = move || {
        let all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|counters| format!("{counters:?}\n")).collect()
    };
    let receptions = move || sum(|counters| counters.received);
    let facts = move || {
        let all = read.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().flat_map(facts).fold(BTreeMap::new(), |mut sums, (name, count)| {
            *sums.entry(name).or_default() += count;
            sums
        })
    };
    let (receptions, told) = (Some(Box::new(receptions) as _), Some(Box::new(told) as _));
    Ok(Started { publish, places, receptions, told, facts: Some(Box::new(facts)) })
}

/// What tells how a flood was met.
fn facts(counters: &Counters) -> Vec<(String, u64)> {
    let named = [
        ("frames in", counters.frames_in),
        ("signatures checked", counters.checks),
        ("taken in", counters.delivered),
        ("were here already", counters.duplicates),
        ("withheld of slow neighbours", counters.withheld),
    ];
    let named = named.into_iter().map(|(name, count)| (name.to_owned(), count));
    let dropped = counters.dropped.iter().map(|(why, count)| (format!("dropped: {why}"), *count));
    let invalid = counters.invalid.iter().map(|(what, count)| (format!("invalid: {what}"), *count));
    named.chain(dropped).chain(invalid).collect()
}

/// Waits until a node has so many neighbours; the number it has after [`LOOKS`].
async fn linked(handle: &Handle, enough: usize) -> Result<(), usize> {
    let mut found = 0;
    for _ in 0..LOOKS {
        let active = handle.read(|machine, now| {
            machine.peers(now).iter().filter(|peer| peer.state == PeerState::Active).count()
        });
        found = active.await.map_err(|_| 0usize)?;
        if found >= enough {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(found)
}

/// Opens a socket under a new identity.
pub async fn bind() -> Result<Bound, String> {
    let (root, signing, rotation) = (key()?, key()?, key()?);
    let next = Hash::of(&[rotation.public().as_bytes()]);
    let log = IdentityLog::inception(&root, &signing, next, 1_795_000_000);
    let secret = zeroize::Zeroizing::new(random()?);
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = EndpointConfig { secret, listen, relay: None, allow_private: AllowPrivate::Loopback };
    let endpoint = Endpoint::bind(config).await.map_err(|e| e.to_string())?;
    let address = *endpoint.sockets().first().ok_or("no socket")?;
    let (node_id, entries) = (log.node_id(), log.entries().to_vec());
    let known = Known { node_id, entries, endpoint_id: endpoint.id(), address };
    Ok(Bound { endpoint, key: signing, known })
}

fn random() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}

fn key() -> Result<SigningKey, String> {
    Ok(SigningKey::from_seed(random()?))
}

async fn run(
    i: usize,
    node: Bound,
    everybody: &[Known],
    harness: Arc<Harness>,
    case: &Case,
    mute: Option<Arc<AtomicBool>>,
) -> Result<Handle, String> {
    let log = Arc::new(IdentityLog::parse(&node.known.entries).map_err(|e| e.to_string())?);
    let me = Me { node_id: node.known.node_id, log };
    let mut config = Config::standard();
    // One origin sends as much here as the harness lets through; a person does not.
    config.peers.allow_private = true;
    config.trust.min_trust_threshold = 0;
    if !case.standard_limits {
        config.limits.origin_per_s = 100_000;
        config.limits.peer_per_s = 200_000;
        config.limits.frames_per_s = 400_000;
    }
    let verifier = Box::<openred_proto::overlay::RealVerifier>::default();
    let machine = Overlay::new(me, config, random()?, Restored::default(), verifier, Box::new(Bounded));
    let clock = Clock::System;
    let tasks = Lifecycle::new(clock.clone());
    let (handle, inbox) = Driver::handle();
    let endpoints = everybody.iter().map(|k| (k.endpoint_id, (k.node_id, k.address))).collect();
    let links = Arc::new(Links {
        me: node.known.node_id,
        endpoint: node.endpoint,
        handle: handle.clone(),
        endpoints,
        open: Mutex::default(),
        mute,
    });
    let hands = Arc::new(Bench { node: i, key: node.key, links: links.clone(), harness });
    tokio::spawn(Driver::new(machine, clock, tasks, hands, (handle.clone(), inbox)).run());
    tokio::spawn(async move { links.accept().await });
    for known in everybody.iter().filter(|k| k.node_id != node.known.node_id) {
        let log = IdentityLog::parse(&known.entries).map_err(|e| e.to_string())?;
        let input = Input::LogFetched { origin: known.node_id, log: Some(Arc::new(log)) };
        handle.input(input).await.map_err(|e| e.to_string())?;
    }
    for j in case.knows(i) {
        let known = &everybody[j];
        let entry = PeerEntry {
            node_id: known.node_id,
            log_seq: 0,
            desc_hash: Hash([0; 32]),
            endpoint_id: Some(known.endpoint_id),
            addresses: vec![known.address],
            quic_relay: None,
        };
        let known = Input::Known { entry, source: Source::Bootstrap };
        handle.input(known).await.map_err(|e| e.to_string())?;
    }
    Ok(handle)
}

struct Links {
    me: NodeId,
    endpoint: Endpoint,
    handle: Handle,
    endpoints: BTreeMap<[u8; 32], (NodeId, SocketAddr)>,
    /// By peer: who began the connection that stays.
    open: Mutex<BTreeMap<NodeId, (NodeId, Connection)>>,
    mute: Option<Arc<AtomicBool>>,
}

impl Links {
    async fn accept(self: Arc<Self>) {
        while let Some(incoming) = self.endpoint.accept().await {
            let links = self.clone();
            tokio::spawn(async move {
                if let Ok(connection) = incoming.await {
                    links.stand(connection, false).await;
                }
            });
        }
    }

    async fn dial(self: Arc<Self>, entry: PeerEntry) {
        let Some(endpoint_id) = entry.endpoint_id else { return };
        let way = Way { endpoint_id, addresses: entry.addresses, near: Vec::new(), relay: None };
        match self.endpoint.dial(&way).await {
            Ok(connection) => self.stand(connection, true).await,
            Err(_) => self.handle.connect_failed(entry.node_id).await,
        }
    }

    /// Of two connections the one whose initiator has the lower id stays, as for sessions.
    async fn stand(self: Arc<Self>, connection: Connection, outbound: bool) {
        let Some(&(peer, address)) = self.endpoints.get(connection.remote_id().as_bytes()) else { return };
        let initiator = if outbound { self.me } else { peer };
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let lower = self.me.min(peer);
            let kept = open.get(&peer).is_some_and(|(by, old)| old.close_reason().is_none() && *by == lower);
            if kept && initiator != lower {
                connection.close(0u32.into(), b"replaced");
                return;
            }
            open.insert(peer, (initiator, connection.clone()));
        }
        let Some(group) = Group::of(&address) else { return };
        let linked = Linked { peer, outbound, group, via: Via::Direct };
        let Ok((outgoing, incoming)) = self.handle.link(linked).await else { return };
        let writing = connection.clone();
        match self.mute.clone() {
            None => drop(tokio::spawn(async move { drop(link::write(&writing, outgoing).await) })),
            Some(mute) => drop(tokio::spawn(async move { mutely(&writing, outgoing, &mute).await })),
        }
        while let Ok((_, receive)) = connection.accept_bi().await {
            let mut frames = Frames::new(receive);
            let Ok(first) = frames.next().await else { return };
            if link::read(frames, first, &incoming).await.is_err() {
                return;
            }
        }
    }
}

/// Writes as [`link::write`] does, but no signed message once `mute` is set: ids, heartbeats and answers go on.
async fn mutely(connection: &Connection, mut outgoing: Outgoing, mute: &AtomicBool) -> Option<()> {
    let mut stream = connection.open_bi().await.ok()?.0;
    let mut frames = Vec::new();
    while outgoing.next(&mut frames, 64).await > 0 {
        let sum = frames.iter().map(|frame| frame.len()).sum();
        let silent = mute.load(Relaxed);
        let said =
            frames.drain(..).filter(|frame| !silent || !matches!(Frame::decode(frame), Ok(Frame::Signed(_))));
        let bytes: Vec<u8> = said.flat_map(|frame| SessionFrame::Overlay(frame.to_vec()).encode()).collect();
        stream.write_all(&bytes).await.ok()?;
        outgoing.sent(sum);
    }
    Some(())
}

struct Bench {
    node: usize,
    key: SigningKey,
    links: Arc<Links>,
    harness: Arc<Harness>,
}

impl Hands for Bench {
    fn connect(&self, entry: PeerEntry) {
        tokio::spawn(self.links.clone().dial(entry));
    }

    fn disconnect(&self, peer: NodeId, _code: &'static str) {
        let open = self.links.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer);
        if let Some((_, connection)) = open {
            connection.close(0u32.into(), b"done");
        }
    }

    /// As the keeper does: it reads the messages and makes their tree itself.
    fn sign(&self, messages: Vec<Vec<u8>>) -> BoxFuture<'static, Option<Signature>> {
        let to_sign = Bundle::of(messages).ok().map(|bundle| bundle.to_sign());
        ready(to_sign.map(|(label, bytes)| self.key.sign(label, &bytes))).boxed()
    }

    fn fetch_log(&self, _: NodeId, _: NodeId) -> BoxFuture<'static, Option<Arc<IdentityLog>>> {
        ready(None).boxed()
    }

    fn turned(&self, turned: Turned) -> BoxFuture<'_, ()> {
        for delivery in turned.deliveries {
            match (&delivery.body, delivery.from) {
                (Body::Custom { app, bytes }, Some(_)) if app == APP => {
                    self.harness.delivered(self.node, bytes)
                }
                (Body::Custom { .. }, Some(_)) => self.harness.came_besides(),
                _ => {}
            }
        }
        ready(()).boxed()
    }

    fn published(&self, _: u64, outcome: Result<Hash, &'static str>) {
        if let Err(why) = outcome {
            eprintln!("refused: {why}");
        }
    }

    fn found(&self, _: PeerEntry) {}

    fn evidence(&self, _: NodeId, what: &'static str) {
        eprintln!("evidence: {what}");
    }
}

fn publisher(handle: Handle) -> Publish {
    Arc::new(move |bytes| {
        let handle = handle.clone();
        let body = Body::Custom { app: APP.to_owned(), bytes };
        Box::pin(
            async move { handle.input(Input::Publish { reference: 0, body, life_s: 3_600 }).await.is_ok() },
        )
    })
}
