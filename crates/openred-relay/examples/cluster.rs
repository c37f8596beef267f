//! How much mail the cluster store takes, beside what PostgreSQL itself takes of the same rows: durable deposits a second,
//! and what a row costs the server in processor time.
//!
//! `cargo run --release -p openred-relay --example cluster [DEPOSITS [MAILBOXES]]`, with a server of its own in the temporary
//! folder; 200,000 and 1,000 otherwise. Depositors, store and server share the processor.

#![expect(clippy::print_stdout, reason = "this program prints a table")]

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::try_join_all;
use openred_core::ids::ClientId;
use openred_core::sign::SigningKey;
use openred_relay::cluster::{ClusterSettings, ClusterStore};
use openred_relay::mailbox::{Deposit, Queue, Quotas, Refusal, SizeClass};
use openred_relay::store::MailboxStore;
use openred_service::database::DatabaseUrl;
use openred_service::lifecycle::{Clock, Lifecycle};
use openred_service::testing::{PrivatePostgres, postgres_alone};
use tokio_postgres::{Client, NoTls};

const SIZE: SizeClass = SizeClass::K1;
/// Deposits of one call, and calls that wait at once.
const PER_CALL: usize = 1_000;
const AT_ONCE: usize = 16;
/// Transactions under way at once, of the store and of the bare insert.
const WRITERS: usize = 4;
const SINGLE: usize = 500;
/// Rows of one bare insert: as many as wait for one writer of the store.
const BARE_ROWS: usize = AT_ONCE * PER_CALL / WRITERS;

/// The columns that any store of mail would write.
const BARE: &str = "CREATE TABLE messages (id UUID, sender_address VARCHAR(255), receiver_address VARCHAR(255), \
     encrypted_content BYTEA, message_type VARCHAR(50), timestamp TIMESTAMP, delivered BOOLEAN DEFAULT FALSE, \
     blockchain_txid VARCHAR(255), PRIMARY KEY (id))";
const BARE_INSERT: &str = "INSERT INTO messages (id, receiver_address, encrypted_content, message_type, timestamp) \
     SELECT gen_random_uuid(), u.a, u.c, 'sealed', $3 FROM unnest($1::text[], $2::bytea[]) AS u(a, c)";

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let deposits: usize = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let mailboxes: usize = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    let server = postgres_alone().ok_or("PostgreSQL is missing")?;
    println!("{deposits} deposits of {} bytes, {mailboxes} mailboxes", SIZE.bytes());

    bare(&server, deposits, mailboxes).await?;
    let url = server.fresh_database();
    let stores = [open(&url).await?, open(&url).await?, open(&url).await?];
    let queues = create(&stores[0], mailboxes).await?;
    measured(&server, "one process", deposits, deposit_all(&stores[..1], &queues, deposits, 0)).await?;
    measured(&server, "three processes", deposits, deposit_all(&stores, &queues, deposits, deposits)).await?;
    one_by_one(&stores[0], &queues).await?;
    fetch_all(&stores[0], &queues).await?;
    for store in stores {
        store.close().await;
    }
    Ok(())
}

/// Rows in arrays, a transaction per call, nothing judged, no place and no name remembered.
async fn bare(server: &PrivatePostgres, deposits: usize, mailboxes: usize) -> Outcome<()> {
    let url = server.fresh_database();
    let life = Lifecycle::new(Clock::System);
    client(&url, &life).await?.batch_execute(BARE).await?;
    let mut lanes = Vec::new();
    for _ in 0..WRITERS {
        lanes.push(client(&url, &life).await?);
    }
    let addresses: Vec<String> = (0..mailboxes).map(|n| format!("{n:022}")).collect();
    let content = vec![7_u8; SIZE.bytes()];
    let lanes = lanes.into_iter().enumerate().map(|(lane, client)| {
        let (addresses, content) = (&addresses, &content);
        async move {
            let statement = client.prepare(BARE_INSERT).await?;
            let now = UNIX_EPOCH + Duration::from_secs(Clock::System.now_s());
            for first in (lane * BARE_ROWS..deposits).step_by(WRITERS * BARE_ROWS) {
                let rows = first..deposits.min(first + BARE_ROWS);
                let to: Vec<&str> = rows.clone().map(|n| addresses[n % addresses.len()].as_str()).collect();
                let contents: Vec<&[u8]> = rows.map(|_| content.as_slice()).collect();
                client.execute(&statement, &[&to, &contents, &now]).await?;
            }
            Ok::<_, Box<dyn Error>>(())
        }
    });
    let all = async { try_join_all(lanes).await.map(drop) };
    measured(server, "bare insert", deposits, all).await
}

async fn client(url: &DatabaseUrl, life: &Lifecycle) -> Outcome<Client> {
    let address = url.server().ok_or("not a server")?;
    let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
    life.spawn_one_of_many("connection", async {
        let _ended = connection.await;
    });
    Ok(client)
}

async fn open(url: &DatabaseUrl) -> Outcome<Arc<ClusterStore>> {
    let quotas = Quotas {
        deposits_per_day: u32::MAX,
        mailbox_count: u32::MAX,
        mailbox_bytes: u64::MAX,
        ..Quotas::default()
    };
    let settings = ClusterSettings { quotas, writers: WRITERS, ..ClusterSettings::new(url.clone()) };
    Ok(Arc::new(ClusterStore::open(settings).await?))
}

async fn create(store: &ClusterStore, mailboxes: usize) -> Outcome<Vec<Queue>> {
    let now = Clock::System.now_s();
    let key = SigningKey::generate().public();
    let queues: Vec<Queue> = (0..mailboxes).map(|_| Queue::generate(&key, now)).collect();
    for some in queues.chunks(100) {
        try_join_all(some.iter().map(|queue| store.create(queue.clone()))).await?;
    }
    Ok(queues)
}

/// Calls of many deposits, some at once at each process. Digests are made before the clock starts.
async fn deposit_all(
    stores: &[Arc<ClusterStore>],
    queues: &[Queue],
    deposits: usize,
    from: usize,
) -> Outcome<()> {
    let content = Bytes::from(vec![7; SIZE.bytes()]);
    let pattern = Deposit::new(queues[0].deposit_id, ClientId([0; 16]), content);
    let now = Clock::System.now_s();
    let lanes = (0..AT_ONCE).map(|lane| {
        let (store, pattern) = (&stores[lane % stores.len()], pattern.clone());
        async move {
            for first in (lane * PER_CALL..deposits).step_by(AT_ONCE * PER_CALL) {
                let some = (first..deposits.min(first + PER_CALL)).map(|n| Deposit {
                    deposit_id: queues[n % queues.len()].deposit_id,
                    client_id: name(from + n),
                    ..pattern.clone()
                });
                for stored in store.deposit(some.collect(), now).await {
                    stored?;
                }
            }
            Ok::<_, Refusal>(())
        }
    });
    try_join_all(lanes).await?;
    Ok(())
}

/// One depositor who waits for each answer.
async fn one_by_one(store: &ClusterStore, queues: &[Queue]) -> Outcome<()> {
    let (clock, now) = (Clock::System, Clock::System.now_s());
    let mut waits_us = Vec::new();
    for n in 0..SINGLE {
        let content = Bytes::from(vec![n as u8; SIZE.bytes()]);
        let deposit = Deposit::new(queues[n % queues.len()].deposit_id, name(usize::MAX - n), content);
        let began = clock.monotonic_us();
        store.deposit(vec![deposit], now).await.remove(0)?;
        waits_us.push(clock.monotonic_us() - began);
    }
    waits_us.sort_unstable();
    println!("one alone: {} µs p50, {} µs p99", waits_us[SINGLE / 2], waits_us[SINGLE * 99 / 100]);
    Ok(())
}

async fn fetch_all(store: &ClusterStore, queues: &[Queue]) -> Outcome<()> {
    let clock = Clock::System;
    let mail = store.counts().await?.mail;
    let began = clock.monotonic_us();
    let owners = queues.chunks(queues.len().div_ceil(16)).map(|some| async move {
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
    println!("fetched and acknowledged: {}/s", mail * 1_000_000 / (clock.monotonic_us() - began).max(1));
    Ok(())
}

fn name(n: usize) -> ClientId {
    ClientId((n as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
}

/// Runs it and says how many rows a second, and what one cost the server.
async fn measured(
    server: &PrivatePostgres,
    what: &str,
    rows: usize,
    work: impl Future<Output = Outcome<()>>,
) -> Outcome<()> {
    let clock = Clock::System;
    let (began, cpu_ticks) = (clock.monotonic_us(), ticks(server.process()?)?);
    work.await?;
    let took_us = (clock.monotonic_us() - began).max(1);
    let cpu_us = (ticks(server.process()?)? - cpu_ticks) * 10_000 / rows as u64;
    println!(
        "{what:<16} {:>8}/s, {cpu_us:>3} µs of the server's processor per row",
        rows as u64 * 1_000_000 / took_us
    );
    Ok(())
}

/// Processor time of the server, its children that live and those that ended, in hundredths of a second.
fn ticks(server: u32) -> Outcome<u64> {
    let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children"))?;
    let mut sum = times(server, 4)?;
    for child in children.split_whitespace() {
        // One may have ended meanwhile; it is counted with the server then.
        sum += times(child.parse()?, 2).unwrap_or(0);
    }
    Ok(sum)
}

/// The first `count` of: user, system, user of ended children, system of ended children (proc(5), fields 14 to 17).
fn times(process: u32, count: usize) -> Outcome<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(')').ok_or("no such process")?.1.split_whitespace().skip(11).take(count);
    Ok(fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?)
}
