//! One case: the load on a server, what it took of whom, and what is told of it. Must not know: any system.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::load::{Counted, Line, Owner, Plan, Taking, deposit, quantile_ms};
use super::message::MAILBOXES;
use super::{message, server};

/// Mailboxes whose messages are all fetched afterwards.
const SAMPLED: u64 = 5;

/// What a case showed. Times in milliseconds.
#[derive(Debug, Default, Serialize)]
pub struct Shown {
    /// Why there are no figures; nothing else counts then.
    pub skipped: Option<String>,
    /// When an answer, or a delivery, counts, and what survives what.
    pub durability: String,
    /// Messages a second: stored, or delivered and acknowledged.
    pub per_s: f64,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    /// From when it was meant to be sent until it was taken and acknowledged.
    pub delivery_p50_ms: Option<f64>,
    pub delivery_p99_ms: Option<f64>,
    /// Processor seconds while measuring, and for each message.
    pub server_cpu_s: f64,
    pub server_cpu_us_each: f64,
    pub load_cpu_s: f64,
    pub load_cpu_us_each: f64,
    /// That of the processes between load and server, if any.
    pub between_cpu_us_each: f64,
    /// The server's, at the end, MB.
    pub resident_mb: f64,
    /// Messages whose every byte was looked at when they came out.
    pub checked: u64,
    /// Start of a server that holds what the case says, milliseconds to its first answer.
    pub start_ms: Option<f64>,
    /// What it held then.
    pub held: Option<String>,
}

/// A run under way: whose processor time counts as the server's.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Process of the server.
    pub server: u32,
    /// The process between load and server, if any.
    pub between: Option<u32>,
    /// The load.
    pub plan: Plan,
}

/// A run that ended.
#[derive(Debug)]
pub struct Ran {
    /// What was sent.
    pub counted: Counted,
    /// What is known so far.
    pub shown: Shown,
}

impl Run {
    /// This load on this process.
    pub fn of(server: u32, plan: Plan) -> Self {
        Self { server, between: None, plan }
    }

    /// Deposits alone: they are what counts.
    pub async fn deposits<L: Line>(self, lines: Vec<L>) -> Result<Ran, String> {
        let mut meter = Meter::of(self);
        let mut counted = deposit(lines, self.plan, None, || meter.mark()).await?;
        let mut shown = meter.shown(counted.measured, counted.ended_us - counted.began_us);
        shown.p50_ms = quantile_ms(&mut counted.times_us, 0.5);
        shown.p99_ms = quantile_ms(&mut counted.times_us, 0.99);
        Ok(Ran { counted, shown })
    }

    /// Deposits that others take meanwhile: what these acknowledged counts, and all of it is looked at.
    pub async fn deliveries<L: Line, O: Owner>(self, lines: Vec<L>, owners: Vec<O>) -> Result<Ran, String> {
        let mut meter = Meter::of(self);
        let taking = Taking::begin(owners, self.plan);
        let taken = Arc::clone(&taking.taken);
        let mut counted = deposit(lines, self.plan, Some(taken), || meter.mark()).await?;
        let mut times_us = taking.end(counted.all()).await?;
        let mut shown = meter.shown(times_us.len() as u64, counted.ended_us - counted.began_us);
        shown.p50_ms = quantile_ms(&mut counted.times_us, 0.5);
        shown.p99_ms = quantile_ms(&mut counted.times_us, 0.99);
        shown.delivery_p50_ms = quantile_ms(&mut times_us, 0.5);
        shown.delivery_p99_ms = quantile_ms(&mut times_us, 0.99);
        shown.checked = counted.all();
        Ok(Ran { counted, shown })
    }
}

impl Ran {
    /// Fetches all messages of some mailboxes, by `fetch`, and compares them with what was acknowledged.
    pub async fn checked(
        mut self,
        size: usize,
        mut fetch: impl AsyncFnMut(usize) -> Result<Vec<bytes::Bytes>, String>,
    ) -> Result<Shown, String> {
        for mailbox in (0..SAMPLED).map(|i| i * (MAILBOXES / SAMPLED)) {
            let expected = self.counted.of_mailbox(mailbox, MAILBOXES);
            let fetched = fetch(mailbox as usize).await?;
            let numbers: Result<Vec<u64>, String> =
                fetched.iter().map(|bytes| message::read(bytes, size).map(|(n, _)| n)).collect();
            let mut numbers = numbers?;
            numbers.sort_unstable();
            if numbers != expected {
                let (stored, found) = (expected.len(), numbers.len());
                return Err(format!(
                    "mailbox {mailbox}: {stored} were acknowledged, {found} or others are there"
                ));
            }
            self.shown.checked += numbers.len() as u64;
        }
        Ok(self.shown)
    }
}

/// Processor time at the beginning and the end of measuring: of the server, of the load, of what is between.
#[derive(Debug)]
struct Meter {
    run: Run,
    marks: Vec<[u64; 3]>,
}

impl Meter {
    fn of(run: Run) -> Self {
        Self { run, marks: Vec::new() }
    }

    fn mark(&mut self) {
        let between = self.run.between.map_or(0, server::cpu_us);
        self.marks.push([server::cpu_us(self.run.server), own_cpu_us(), between]);
    }

    fn shown(&self, messages: u64, took_us: u64) -> Shown {
        let spent = |i: usize| self.marks[1][i].saturating_sub(self.marks[0][i]);
        let (server_us, load_us) = (spent(0), spent(1));
        let each = |us: u64| us as f64 / messages.max(1) as f64;
        Shown {
            per_s: messages as f64 / Duration::from_micros(took_us).as_secs_f64(),
            server_cpu_s: server_us as f64 / 1e6,
            server_cpu_us_each: each(server_us),
            load_cpu_s: load_us as f64 / 1e6,
            load_cpu_us_each: each(load_us),
            between_cpu_us_each: each(spent(2)),
            resident_mb: server::resident(self.run.server) as f64 / 1e6,
            ..Shown::default()
        }
    }
}

/// Processor time of this process alone, without its children, microseconds.
fn own_cpu_us() -> u64 {
    // SAFETY: getrusage fills the struct it is given; all-zero is a valid value of it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let us = |t: libc::timeval| t.tv_sec as u64 * 1_000_000 + t.tv_usec as u64;
    us(usage.ru_utime) + us(usage.ru_stime)
}
