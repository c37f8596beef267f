//! Publishes, counts and checks. It believes nobody: a delivery counts when the right bytes came out at a node for
//! the first time. Must not know: any system.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use tokio::sync::Semaphore;

use super::{
    apart::Counted,
    case::Case,
    flood,
    machine::{self, Used},
    node::Started,
};

/// Messages that a run may publish where no rate says it.
const MESSAGES_MAX: usize = 4_000_000;
/// Seconds that a run with a rate may take beyond those asked for.
const BESIDES_S: u64 = 60;
/// A message that is not everywhere after this time is counted as not arrived.
const LOST_AFTER: Duration = Duration::from_secs(10);
/// Before measuring, while nodes still find each other, sooner.
const LOST_EARLY: Duration = Duration::from_secs(1);
/// index, origin, time of sending and whether it is measured, checksum.
const HEAD: usize = 8 + 2 + 8 + 8;
/// Set in the time of a message that was sent while measuring was on.
const MEASURED: u64 = 1 << 63;

struct Message {
    sent_us: AtomicU64,
    seen: [AtomicU64; 2],
    arrived: AtomicU32,
    measured: AtomicBool,
    done: AtomicBool,
}

/// The books of one run.
pub struct Harness {
    payload: usize,
    messages: Vec<Message>,
    /// The index of the next message from here; members of one case take every Nth each.
    next: AtomicU64,
    step: u64,
    is_member: bool,
    measuring: AtomicBool,
    stopped: AtomicBool,
    /// Nodes that are there, by number.
    live: [AtomicU64; 2],
    permits: Semaphore,
    delivered: AtomicU64,
    arrived: AtomicU64,
    twice: AtomicU64,
    wrong: AtomicU64,
    refused: AtomicU64,
    foreign: AtomicU64,
    /// Latencies in µs, by node.
    latencies: Vec<Mutex<Vec<u32>>>,
    last_us: AtomicU64,
    longest_pause_us: AtomicU64,
}

/// What one case showed.
#[derive(Default, serde::Serialize)]
pub struct Report {
    pub system: Option<super::case::System>,
    pub signed: bool,
    pub apart: bool,
    pub nodes: u16,
    pub live: usize,
    pub lost: Option<super::case::Lost>,
    pub in_flight: Option<usize>,
    pub rate: Option<u32>,
    pub messages: u64,
    pub deliveries_per_s: f64,
    pub cpu_us_per_delivery: f64,
    pub receptions_per_delivery: Option<f64>,
    pub wire_bytes_per_payload_byte: f64,
    pub reached_percent: f64,
    /// Of messages sent while measuring; none when none of them arrived in time.
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub last_ms: Option<f64>,
    pub longest_pause_ms: f64,
    pub twice: u64,
    pub wrong: u64,
    pub refused: u64,
    pub resident_mb: u64,
    /// How it went before, while and after somebody flooded; the figures above are those of the flood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flood: Option<flood::Flooded>,
}

impl Report {
    /// What is known of a case before it is run.
    pub fn of(case: &Case) -> Self {
        Self {
            system: Some(case.system),
            signed: case.signed || case.system != super::case::System::IrohGossip,
            apart: case.apart,
            nodes: case.nodes,
            live: usize::from(case.nodes),
            lost: (case.lose > 0).then_some(case.lost),
            in_flight: case.rate.is_none().then_some(case.in_flight),
            rate: case.rate,
            ..Self::default()
        }
    }
}

/// Times from sending to delivery, in order.
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Of these, in µs.
    pub fn of(mut us: Vec<u32>) -> Self {
        us.sort_unstable();
        Self(us)
    }

    /// The time in ms within which this share was delivered.
    pub fn at(&self, share: f64) -> Option<f64> {
        let i = (self.0.len().saturating_sub(1) as f64 * share) as usize;
        self.0.get(i).map(|took| f64::from(*took) / 1000.0)
    }
}

impl Harness {
    /// Books for a case.
    pub fn new(case: &Case) -> Self {
        let message = || Message {
            sent_us: AtomicU64::new(0),
            seen: [AtomicU64::new(0), AtomicU64::new(0)],
            arrived: AtomicU32::new(0),
            measured: AtomicBool::new(false),
            done: AtomicBool::new(false),
        };
        let mut live = [0u64; 2];
        for i in 0..usize::from(case.nodes) {
            live[i / 64] |= 1 << (i % 64);
        }
        Self {
            payload: case.payload.max(HEAD),
            messages: (0..messages_max(case)).map(|_| message()).collect(),
            next: AtomicU64::new(case.member.map_or(0, u64::from)),
            step: if case.member.is_some() { u64::from(case.nodes) } else { 1 },
            is_member: case.member.is_some(),
            measuring: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            live: live.map(AtomicU64::new),
            permits: Semaphore::new(case.in_flight),
            delivered: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
            twice: AtomicU64::new(0),
            wrong: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            foreign: AtomicU64::new(0),
            latencies: (0..case.nodes).map(|_| Mutex::default()).collect(),
            last_us: AtomicU64::new(0),
            longest_pause_us: AtomicU64::new(0),
        }
    }

    /// Starts publishing from every node that stays.
    pub fn publishers(self: &Arc<Self>, nodes: &Started, case: &Case) {
        let staying = usize::from(case.nodes) - case.losing();
        let each = case.in_flight.div_ceil(staying).max(1);
        let here = case.member.map_or(0, usize::from);
        for (origin, publish) in nodes.publish.iter().enumerate().take(staying).map(|(i, p)| (i + here, p)) {
            for _ in 0..if case.rate.is_some() { 1 } else { each } {
                let (harness, publish) = (self.clone(), publish.clone());
                let pause = case.rate.map(|rate| Duration::from_secs_f64(staying as f64 / f64::from(rate)));
                tokio::spawn(async move {
                    if let Some(pause) = pause {
                        tokio::time::sleep(pause.mul_f64(origin as f64 / staying as f64)).await;
                    }
                    let mut ticks = pause.map(tokio::time::interval);
                    while !harness.stopped.load(Relaxed) {
                        match &mut ticks {
                            Some(ticks) => drop(ticks.tick().await),
                            None => harness.permits.acquire().await.expect("never closed").forget(),
                        }
                        let bytes = harness.message(origin as u16);
                        if !publish(bytes).await {
                            harness.refused.fetch_add(1, Relaxed);
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                    }
                });
            }
        }
        let (harness, closed_loop) = (self.clone(), case.rate.is_none());
        tokio::spawn(async move { harness.reap(closed_loop).await });
    }

    /// Messages that are nowhere to be seen give their place free.
    async fn reap(&self, closed_loop: bool) {
        let mut from = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let (until, now) = (self.next.load(Relaxed), self.now_us());
            while from < until {
                let message = &self.messages[from as usize];
                let sent = message.sent_us.load(Relaxed);
                let waited = if sent == 0 { 0 } else { now.saturating_sub(sent) };
                let after = if self.measuring.load(Relaxed) { LOST_AFTER } else { LOST_EARLY };
                if !message.done.load(Relaxed) && waited < after.as_micros() as u64 {
                    break;
                }
                if !message.done.swap(true, Relaxed) && closed_loop {
                    self.permits.add_permits(1);
                }
                from += 1;
            }
        }
    }

    fn message(&self, origin: u16) -> Vec<u8> {
        let index = self.next.fetch_add(self.step, Relaxed);
        let message = &self.messages[index as usize];
        let mut bytes = vec![0; self.payload];
        bytes[..8].copy_from_slice(&index.to_be_bytes());
        let (measured, sent_us) = (self.measuring.load(Relaxed), self.now_us());
        let marked = if measured { sent_us | MEASURED } else { sent_us };
        bytes[8..10].copy_from_slice(&origin.to_be_bytes());
        bytes[10..18].copy_from_slice(&marked.to_be_bytes());
        for (i, byte) in bytes[HEAD..].iter_mut().enumerate() {
            *byte = (index as usize * 31 + i * 7) as u8;
        }
        let sum = checksum(index, &bytes[HEAD..]);
        bytes[18..26].copy_from_slice(&sum.to_be_bytes());
        message.measured.store(measured, Relaxed);
        message.sent_us.store(sent_us, Relaxed);
        bytes
    }

    /// A node gives out what nobody here published.
    pub fn came_besides(&self) {
        self.foreign.fetch_add(1, Relaxed);
    }

    /// How often.
    pub fn foreign(&self) -> u64 {
        self.foreign.load(Relaxed)
    }

    /// A node gives out what it received.
    pub fn delivered(&self, node: usize, bytes: &[u8]) {
        let Some((index, origin, marked)) = self.read(bytes) else {
            self.wrong.fetch_add(1, Relaxed);
            return;
        };
        if usize::from(origin) == node {
            return;
        }
        let message = &self.messages[index as usize];
        let bit = 1 << (node % 64);
        if message.seen[node / 64].fetch_or(bit, Relaxed) & bit != 0 {
            self.twice.fetch_add(1, Relaxed);
            return;
        }
        let now = self.now_us();
        let pause = now.saturating_sub(self.last_us.swap(now, Relaxed));
        if self.measuring.load(Relaxed) {
            self.delivered.fetch_add(1, Relaxed);
            self.longest_pause_us.fetch_max(pause, Relaxed);
        }
        if !self.is_live(node) {
            return;
        }
        self.arrived.fetch_add(1, Relaxed);
        if marked & MEASURED != 0 {
            let took = now.saturating_sub(marked & !MEASURED);
            self.latencies[node].lock().unwrap_or_else(PoisonError::into_inner).push(took as u32);
        }
        if self.is_member {
            return;
        }
        let arrived = message.arrived.fetch_add(1, Relaxed) + 1;
        if arrived as usize >= self.live_nodes() - 1 && !message.done.swap(true, Relaxed) {
            self.permits.add_permits(1);
        }
    }

    /// Index, origin, time of sending with its mark.
    fn read(&self, bytes: &[u8]) -> Option<(u64, u16, u64)> {
        if bytes.len() != self.payload {
            return None;
        }
        let index = u64::from_be_bytes(bytes[..8].try_into().ok()?);
        let origin = u16::from_be_bytes(bytes[8..10].try_into().ok()?);
        let sent_us = u64::from_be_bytes(bytes[10..18].try_into().ok()?);
        let sum = u64::from_be_bytes(bytes[18..26].try_into().ok()?);
        let end = if self.is_member { self.messages.len() as u64 } else { self.next.load(Relaxed) };
        (index < end && sum == checksum(index, &bytes[HEAD..])).then_some((index, origin, sent_us))
    }

    /// Loses a part of the nodes.
    pub fn lose(&self, nodes: &Started, case: &Case) {
        for (i, place) in nodes.places.iter().enumerate().filter(|(i, _)| case.is_lost(*i)) {
            self.live[i / 64].fetch_and(!(1 << (i % 64)), Relaxed);
            place.lose(case.lost);
        }
    }

    /// Begins or ends measuring.
    pub fn measure(&self, on: bool) {
        self.measuring.store(on, Relaxed);
    }

    /// Nothing more is published.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Measured messages that this process published, and how late others' came here, in µs; from the beginning or since
    /// this was asked last.
    pub fn take_measured(&self) -> (u64, Vec<u32>) {
        let until = (self.next.load(Relaxed) as usize).min(self.messages.len());
        let published = self.messages[..until].iter().filter(|m| m.measured.swap(false, Relaxed)).count();
        let each = |node: &Mutex<Vec<u32>>| {
            std::mem::take(&mut *node.lock().unwrap_or_else(PoisonError::into_inner))
        };
        (published as u64, self.latencies.iter().flat_map(each).collect())
    }

    fn is_live(&self, node: usize) -> bool {
        self.live[node / 64].load(Relaxed) & (1 << (node % 64)) != 0
    }

    fn live_nodes(&self) -> usize {
        self.live.iter().map(|bits| bits.load(Relaxed).count_ones() as usize).sum()
    }

    fn now_us(&self) -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
    }

    fn latencies(&self) -> Vec<u32> {
        let each = |node: &Mutex<Vec<u32>>| node.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.latencies.iter().flat_map(each).collect()
    }

    /// What was seen.
    pub fn report(&self, case: &Case, used: &Used, receptions: Option<u64>) -> Report {
        let latencies = self.latencies();
        let published = self.next.load(Relaxed) as usize;
        let measured = self.messages[..published].iter().filter(|m| m.measured.load(Relaxed)).count() as u64;
        let delivered = self.delivered.load(Relaxed) as f64;
        let expected = measured as f64 * (self.live_nodes() - 1) as f64;
        let reached_percent = 100.0 * latencies.len() as f64 / expected.max(1.0);
        let latencies = Latencies::of(latencies);
        Report {
            live: self.live_nodes(),
            messages: measured,
            deliveries_per_s: delivered / used.seconds,
            cpu_us_per_delivery: used.cpu_us as f64 / delivered,
            receptions_per_delivery: receptions.map(|all| all as f64 / delivered),
            wire_bytes_per_payload_byte: used.wire as f64 / (delivered * case.payload as f64),
            reached_percent,
            p50_ms: latencies.at(0.5),
            p99_ms: latencies.at(0.99),
            last_ms: latencies.at(1.0),
            longest_pause_ms: self.longest_pause_us.load(Relaxed) as f64 / 1000.0,
            twice: self.twice.load(Relaxed),
            wrong: self.wrong.load(Relaxed),
            refused: self.refused.load(Relaxed),
            resident_mb: machine::resident() / 1_000_000,
            ..Report::of(case)
        }
    }

    /// What a member saw.
    pub fn counted(&self, used: &Used, received: u64) -> Counted {
        Counted {
            published: self.next.load(Relaxed) / self.step,
            arrived: self.arrived.load(Relaxed),
            delivered: self.delivered.load(Relaxed),
            received,
            twice: self.twice.load(Relaxed),
            wrong: self.wrong.load(Relaxed),
            refused: self.refused.load(Relaxed),
            seconds: used.seconds,
            cpu_us: used.cpu_us,
            wire: used.wire,
            resident: machine::resident(),
            latencies_us: self.latencies(),
        }
    }
}

/// What a member of a rate publishes has an index of all.
fn messages_max(case: &Case) -> usize {
    let measured_s = if case.flood.is_some() { flood::lasts_s(case) } else { case.seconds };
    let seconds = case.warm_s + measured_s;
    let of = |rate: u32| u64::from(rate) * (seconds + BESIDES_S) + u64::from(case.nodes);
    case.rate.map_or(MESSAGES_MAX, |rate| of(rate) as usize)
}

/// FNV-1a over eight bytes at a time: enough to see a mistake, cheap enough not to be measured.
fn checksum(index: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325 ^ index, |sum, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3)
    })
}
