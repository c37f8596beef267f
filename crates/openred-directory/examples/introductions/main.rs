//! Introductions per second of a directory process, with clients that signed everything beforehand.
//!
//! `cargo run --release -p openred-directory --example introductions [PAIRS] [PER_PAIR]`. Each introduction is what
//! two strangers' nodes do: A asks, B polls, A polls, three calls over kept HTTP/1.1 connections; the clock stops
//! when every A has its half. The directory is a process of its own, so its CPU time can be read.
//!
//! `… --example introductions lookups [NODES]` registers some thousand nodes, copies their rows until there are NODES, and
//! measures look-ups by id and by name, and introductions, among them.

mod connection;
mod lookups;
mod person;
mod store;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use openred_core::call::{Flags, PollCall, RegisterCall, RequestCall};
use openred_core::grant::Request;
use openred_core::ids::{Id16, NodeId};
use openred_directory::{Config, Directory, Limits};
use openred_service::lifecycle::Clock;

use connection::{Connection, post};
use person::Person;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: usize| {
        arguments.get(place).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let outcome = match arguments.first().map(String::as_str) {
        Some("serve") => serve(arguments.get(1).map(PathBuf::from)).await,
        Some("lookups") => lookups::measure(number(1, 1_000_000)).await,
        _ => measure(number(0, 32), number(1, 300)).await,
    };
    if let Err(error) = &outcome {
        say(&format!("introductions: {error}"));
    }
    ExitCode::from(u8::from(outcome.is_err()))
}

/// The directory process: prints its address, ends when its input does. Without a folder it has one of its own.
async fn serve(kept: Option<PathBuf>) -> Result<(), Failure> {
    let own = std::env::temp_dir().join(format!("openred-introductions-{}", std::process::id()));
    let folder = kept.clone().unwrap_or(own);
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:0".parse()?;
    config.storage.data = folder.clone();
    config.limits = Limits {
        registers_per_node: 1_000,
        requests_per_node: 10_000_000,
        polls_per_node: 10_000_000,
        calls_per_prefix: 50_000_000,
        calls: 50_000_000,
        ..Limits::default()
    };
    let running = Directory::start(config).await?;
    say(&format!("{} {}", running.addr, running.node_id));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    running.stop().await;
    if kept.is_none() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}

async fn measure(pairs: usize, per_pair: usize) -> Result<(), Failure> {
    let (mut child, address, dir_id) = start(None).await?;
    introductions(&child, &address, dir_id, (pairs, per_pair)).await?;
    drop(child.stdin.take());
    child.wait()?;
    Ok(())
}

/// Introductions at a directory that runs.
pub(crate) async fn introductions(
    child: &Child,
    address: &str,
    dir_id: NodeId,
    (pairs, per_pair): (usize, usize),
) -> Result<(), Failure> {
    let clock = Clock::System;
    let mut ready = Vec::new();
    for _ in 0..pairs {
        ready.push(Pair::prepare(address, dir_id, per_pair, clock.now_s()).await?);
    }
    let cpu_before = cpu_ms(child.id())?;
    let started = clock.monotonic_ms();
    let mut tasks = tokio::task::JoinSet::new();
    for pair in ready {
        tasks.spawn(pair.run());
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let took_ms = (clock.monotonic_ms() - started).max(1);
    let cpu = cpu_ms(child.id())? - cpu_before;
    times.sort_unstable();
    let count = times.len();
    let at = |percent: usize| times.get((count - 1) * percent / 100).copied().unwrap_or_default();
    say(&format!(
        "{count} introductions of {pairs} pairs in {took_ms} ms: {} per second; directory CPU {} µs each; \
         p50 {} ms, p99 {} ms",
        count as u64 * 1_000 / took_ms,
        cpu * 1_000 / count as u64,
        at(50),
        at(99),
    ));
    Ok(())
}

/// The directory process, on a folder that stays.
pub(crate) async fn start(folder: Option<&Path>) -> Result<(Child, String, NodeId), Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("serve")
        .args(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("no output")?;
    let line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).map(|_| line)
    });
    let line = line.await??;
    let (address, id) = line.trim().split_once(' ').ok_or("the directory did not start")?;
    Ok((child, address.to_owned(), id.parse()?))
}

/// Two nodes with everything signed, each poll and each request once.
struct Pair {
    asks: Connection,
    a: Connection,
    b: Connection,
    calls: Vec<[Vec<u8>; 3]>,
}

impl Pair {
    async fn prepare(address: &str, dir_id: NodeId, count: usize, now: u64) -> Result<Self, Failure> {
        let (a, b) = (Person::new("somebody", now)?, Person::new("somebody", now)?);
        let mut asks = Connection::open(address).await?;
        for person in [&a, &b] {
            let call = RegisterCall::sign(&person.signing, &dir_id, &person.descriptor, Flags(0), now);
            asks.send(&post("/api/v3/nodes/register", &call)?).await?;
            asks.expect(200).await?;
        }
        let poll = |person: &Person| {
            let call = PollCall::sign(&person.signing, &dir_id, person.id(), 25, Id16(random()), now);
            post("/api/v3/tokens/poll", &call)
        };
        let mut calls = Vec::new();
        for _ in 0..count {
            let request = Request::sign(&a.signing, &dir_id, &b.id(), Id16(random()), now);
            let call = RequestCall::of(&request, a.id(), b.id());
            calls.push([post("/api/v3/tokens/request-connection", &call)?, poll(&a)?, poll(&b)?]);
        }
        Ok(Self { asks, a: Connection::open(address).await?, b: Connection::open(address).await?, calls })
    }

    /// Milliseconds from asking to A's half, for each introduction.
    async fn run(mut self) -> Result<Vec<u64>, Failure> {
        let clock = Clock::System;
        let mut times = Vec::with_capacity(self.calls.len());
        for [request, poll_a, poll_b] in &self.calls {
            let began = clock.monotonic_ms();
            self.a.send(poll_a).await?;
            self.b.send(poll_b).await?;
            self.asks.send(request).await?;
            self.asks.expect(202).await?;
            self.b.expect(200).await?;
            self.a.expect(200).await?;
            times.push(clock.monotonic_ms() - began);
        }
        Ok(times)
    }
}

/// User and system time of a process, ms (fields 14 and 15 of /proc/PID/stat, in hundredths of a second).
pub(crate) fn cpu_ms(pid: u32) -> Result<u64, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<u64>().ok());
    Ok((ticks(11).ok_or("stat")? + ticks(12).ok_or("stat")?) * 10)
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap_or_default();
    bytes
}

pub(crate) fn say(line: &str) {
    let written = writeln!(std::io::stdout(), "{line}");
    debug_assert!(written.is_ok(), "somebody reads");
}
