//! How much mail a relay's store takes and gives: durable deposits a second, how long one takes, mail fetched and
//! acknowledged a second, memory, and how long a start takes. Every deposit counted is on disk (fdatasync) before it counts.
//!
//! `cargo run --release -p openred-relay --example deposits [FOLDER [DEPOSITS [MAILBOXES]]]`; a folder of its own in the
//! temporary folder, 1,000,000 and 1,000 otherwise. Depositors and store share the processor.

#![expect(clippy::print_stdout, reason = "this program prints a table")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use openred_core::ids::ClientId;
use openred_core::sign::SigningKey;
use openred_relay::embedded::{EmbeddedStore, Settings};
use openred_relay::mailbox::{CapMac, Deposit, Queue, Quotas, Refusal, SizeClass};
use openred_relay::store::MailboxStore;
use openred_service::lifecycle::Clock;

const SIZE: SizeClass = SizeClass::K1;
/// Deposits of one call, and calls that wait at once.
const PER_CALL: usize = 1_000;
const AT_ONCE: usize = 8;
/// Deposits made one after another.
const SINGLE: usize = 2_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(own_folder, PathBuf::from);
    let deposits: usize = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let mailboxes: usize = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    println!("{deposits} deposits of {} bytes, {mailboxes} mailboxes, {}", SIZE.bytes(), folder.display());

    let store = open(&folder).await?;
    let queues = create(&store, mailboxes).await?;
    deposit_all(&store, &queues, deposits).await?;
    deposit_one_by_one(&store, &queues).await?;
    println!("memory                    {:>9} MB", resident_mb());
    let counts = store.counts().await?;
    store.close().await;

    let clock = Clock::System;
    let began = clock.monotonic_us();
    let store = open(&folder).await?;
    println!("start with {:>9} held {:>7} ms", counts.mail, (clock.monotonic_us() - began) / 1_000);
    assert_eq!(store.counts().await?, counts, "everything is there again");
    println!("memory after the start    {:>9} MB", resident_mb());
    fetch_all(&store, &queues, counts.mail).await?;
    store.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn own_folder() -> PathBuf {
    std::env::temp_dir().join(format!("openred-deposits-{}", std::process::id()))
}

async fn open(folder: &Path) -> Outcome<Arc<dyn MailboxStore>> {
    let quotas = Quotas {
        deposits_per_day: u32::MAX,
        mailbox_count: u32::MAX,
        mailbox_bytes: u64::MAX,
        ..Quotas::default()
    };
    let settings = Settings { quotas, ..Settings::new(folder) };
    Ok(Arc::new(EmbeddedStore::open(settings).await?))
}

async fn create(store: &Arc<dyn MailboxStore>, mailboxes: usize) -> Outcome<Vec<Queue>> {
    let now = Clock::System.now_s();
    let key = SigningKey::generate().public();
    let queues: Vec<Queue> = (0..mailboxes).map(|_| Queue::generate(&key, now)).collect();
    for some in queues.chunks(1_000) {
        try_join_all(some.iter().map(|queue| store.create(queue.clone()))).await?;
    }
    Ok(queues)
}

/// Calls of many deposits, some calls at once, as from several connections. Digests are made before the clock starts, and
/// MACs are not checked: both belong to who calls the store.
async fn deposit_all(store: &Arc<dyn MailboxStore>, queues: &[Queue], deposits: usize) -> Outcome<()> {
    let content = Bytes::from(vec![7; SIZE.bytes()]);
    let pattern = Deposit::new(queues[0].deposit_id, ClientId([0; 16]), content);
    let (clock, now) = (Clock::System, Clock::System.now_s());
    let began = clock.monotonic_us();
    let lanes = (0..AT_ONCE).map(|lane| {
        let (store, pattern, clock) = (Arc::clone(store), pattern.clone(), clock.clone());
        async move {
            let mut waits_us = Vec::new();
            for first in (lane * PER_CALL..deposits).step_by(AT_ONCE * PER_CALL) {
                let some = (first..deposits.min(first + PER_CALL)).map(|n| Deposit {
                    deposit_id: queues[n % queues.len()].deposit_id,
                    client_id: name(n),
                    ..pattern.clone()
                });
                let some = some.collect();
                let began = clock.monotonic_us();
                for stored in store.deposit(some, now).await {
                    stored?;
                }
                waits_us.push(clock.monotonic_us() - began);
            }
            Ok::<_, Refusal>(waits_us)
        }
    });
    let waits_us = try_join_all(lanes).await?.concat();
    report("durable deposits", deposits, clock.monotonic_us() - began);
    percentiles("a call of 1,000", waits_us);
    Ok(())
}

/// One depositor who waits for each answer; with digest and MAC.
async fn deposit_one_by_one(store: &Arc<dyn MailboxStore>, queues: &[Queue]) -> Outcome<()> {
    let (clock, now) = (Clock::System, Clock::System.now_s());
    let mut waits_us = Vec::new();
    let began = clock.monotonic_us();
    for n in 0..SINGLE {
        let queue = &queues[n % queues.len()];
        let content = Bytes::from(vec![n as u8; SIZE.bytes()]);
        let began = clock.monotonic_us();
        let deposit = Deposit::new(queue.deposit_id, name(usize::MAX - n), content);
        let mac = CapMac::of(&queue.cap, &deposit.deposit_id, &deposit.client_id, &deposit.digest);
        deposit.check(queue, &mac)?;
        store.deposit(vec![deposit], now).await.remove(0)?;
        waits_us.push(clock.monotonic_us() - began);
    }
    report("one by one, with MAC", SINGLE, clock.monotonic_us() - began);
    percentiles("one deposit", waits_us);
    Ok(())
}

async fn fetch_all(store: &Arc<dyn MailboxStore>, queues: &[Queue], mail: u64) -> Outcome<()> {
    let clock = Clock::System;
    let began = clock.monotonic_us();
    let owners = queues.chunks(queues.len().div_ceil(64)).map(|some| async move {
        for queue in some {
            let mut after = 0;
            while let Some(last) = store.fetch(queue.queue_id, after, 100).await?.last() {
                after = last.seq;
                store.ack(queue.queue_id, after).await?;
            }
        }
        Ok::<_, Refusal>(())
    });
    try_join_all(owners).await?;
    report("fetched and acknowledged", usize::try_from(mail)?, clock.monotonic_us() - began);
    assert_eq!(store.counts().await?.mail, 0);
    Ok(())
}

fn name(n: usize) -> ClientId {
    ClientId((n as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
}

fn report(what: &str, count: usize, took_us: u64) {
    println!("{what:<25} {:>9}/s", count as u64 * 1_000_000 / took_us.max(1));
}

fn percentiles(what: &str, mut waits_us: Vec<u64>) {
    waits_us.sort_unstable();
    let at = |part: usize| waits_us[(waits_us.len() - 1) * part / 100];
    println!("{what:<25} {:>9} µs p50, {} µs p99", at(50), at(99));
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
