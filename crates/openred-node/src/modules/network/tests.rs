//! The rows of the overlay on both databases, and that they stop growing.

use std::{path::Path, sync::Arc};

use openred_core::ids::{Hash, NodeId};
use openred_proto::overlay::store::{
    Change, Counts, PEER_ROWS_MAX, PeerStore, Restored, SEEN_AGE_S, SEEN_ROWS_MAX, SeenRow, StoreError,
    TRUST_EVENT_ROWS_MAX, TrustEvent, TrustEventRow, TrustRow, contract,
};
use openred_service::{
    database::{Database, DatabaseUrl, DbError, Tx},
    testing::{PrivatePostgres, postgres},
};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::store;
use crate::{migrations::MIGRATIONS, seal::Sealer};

fn sealer() -> Sealer {
    Sealer::new(&[7; 32], Zeroizing::new([9; 32]))
}

/// The rows behind the contract's interface; each call is a transaction, waited for outside of the runtime's threads.
struct Rows {
    db: Database,
    seal: Arc<Sealer>,
    runtime: Handle,
}

impl Rows {
    fn open(url: &DatabaseUrl, runtime: &Handle) -> Self {
        let db = runtime.block_on(Database::open(url, MIGRATIONS)).unwrap();
        Self { db, seal: Arc::new(sealer()), runtime: runtime.clone() }
    }

    fn done<T>(outcome: Result<T, DbError>) -> Result<T, StoreError> {
        outcome.map_err(|error| StoreError(error.to_string()))
    }
}

impl PeerStore for Rows {
    fn load(&self) -> Result<Restored, StoreError> {
        let seal = Arc::clone(&self.seal);
        Self::done(self.runtime.block_on(self.db.read(move |tx| store::load(tx, &seal))))
    }

    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        let (seal, change) = (Arc::clone(&self.seal), change.clone());
        Self::done(self.runtime.block_on(self.db.write(move |tx| store::apply(tx, &seal, &change))))
    }

    fn trim(&mut self, now_s: u64) -> Result<(), StoreError> {
        Self::done(self.runtime.block_on(self.db.write(move |tx| store::trim(tx, now_s))))
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        Self::done(self.runtime.block_on(self.db.read(store::counts)))
    }

    fn trust_events(&self, node_id: &NodeId, max: usize) -> Result<Vec<TrustEventRow>, StoreError> {
        let (seal, id) = (Arc::clone(&self.seal), *node_id);
        Self::done(self.runtime.block_on(self.db.read(move |tx| store::trust_events(tx, &seal, &id, max))))
    }
}

async fn keeps_the_contract(mut url: impl FnMut() -> DatabaseUrl + Send + 'static) {
    let runtime = Handle::current();
    let checked = tokio::task::spawn_blocking(move || {
        contract::check(&mut || Box::new(Rows::open(&url(), &runtime)));
    });
    checked.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_keep_the_contract_on_sqlite() {
    keeps_the_contract(DatabaseUrl::memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_keep_the_contract_on_postgresql() {
    let Some(server) = postgres() else { return };
    keeps_the_contract(move || server.fresh_database()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_table_keeps_to_its_row_limit() {
    let runtime = Handle::current();
    let checked = tokio::task::spawn_blocking(move || {
        contract::check_row_limits(&mut || Box::new(Rows::open(&DatabaseUrl::memory(), &runtime)));
    });
    checked.await.unwrap();
}

/// Rows of a round in tables that one round makes overfull, and in the one that is filled once.
const EVENTS: u64 = 60_000;
const PEERS: u64 = 10_000;
const SEEN: u64 = SEEN_ROWS_MAX as u64 + 10;
const NOON_S: u64 = 1_795_219_200;

/// What came by while a node ran, in one transaction: events and peers, each dated a second after the one before.
fn a_run(tx: &Tx<'_>, round: u64) -> Result<(), DbError> {
    let seal = sealer();
    for n in round * EVENTS..(round + 1) * EVENTS {
        let event = TrustEventRow {
            node_id: NodeId([(n % 200) as u8; 32]),
            event_type: TrustEvent::Valid,
            detail: "".into(),
            trust_delta: 1_000,
            timestamp: NOON_S + n,
        };
        store::apply(tx, &seal, &Change::TrustEvent(event))?;
    }
    for n in round * PEERS..(round + 1) * PEERS {
        let row = TrustRow {
            node_id: NodeId(Hash::of(&[&n.to_be_bytes()]).0),
            direct: 500_000,
            decayed_at: NOON_S + n,
            week: [500_000; 7],
            valid: 0,
            invalid: 0,
            credit_day: 0,
            credits: 0,
            timeout_at: 0,
            first_seen: NOON_S,
            group: None,
            introducer: None,
            outbound: false,
        };
        store::apply(tx, &seal, &Change::Trust(row))?;
    }
    Ok(())
}

/// A run of a node and the job that trims; as many rows stay as may.
async fn after_a_run(db: &Database, round: u64) {
    let trimmed = db.write(move |tx| {
        a_run(tx, round)?;
        store::trim(tx, NOON_S + (round + 1) * EVENTS)
    });
    trimmed.await.unwrap();
    let counts = db.read(store::counts).await.unwrap();
    assert_eq!((counts.trust_events, counts.peers), (TRUST_EVENT_ROWS_MAX, PEER_ROWS_MAX));
}

/// The size of the file after one more run of a node.
async fn file_after(file: &Path, round: u64) -> u64 {
    let db = Database::open(&DatabaseUrl::file(file.to_owned()), MIGRATIONS).await.unwrap();
    after_a_run(&db, round).await;
    // Closing moves the log of writes into the file.
    db.close().await;
    std::fs::metadata(file).unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_stops_growing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node.db");
    let first = file_after(&file, 0).await;
    let second = file_after(&file, 1).await;
    let third = file_after(&file, 2).await;
    assert!(first > 1 << 20, "{first} bytes");
    // A round of events that stayed would add half of it.
    assert!(third <= second + second / 10, "{first}, {second}, {third} bytes");
}

/// Bytes of the database after one more run of a node. Rows that were trimmed keep their places until the server gives
/// them to others, which it does by itself when a fifth of a table is such; here it is told to.
async fn database_after(server: &PrivatePostgres, url: &DatabaseUrl, db: &Database, round: u64) -> u64 {
    after_a_run(db, round).await;
    server.vacuum(url);
    let size = db.read(|tx| tx.one("SELECT pg_database_size(current_database())", &[])?.unwrap().uint(0));
    size.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_stops_growing_on_postgresql() {
    let Some(server) = postgres() else { return };
    let url = server.fresh_database();
    let db = Database::open(&url, MIGRATIONS).await.unwrap();
    let first = database_after(&server, &url, &db, 0).await;
    let second = database_after(&server, &url, &db, 1).await;
    let third = database_after(&server, &url, &db, 2).await;
    assert!(first > 1 << 20, "{first} bytes");
    assert!(third <= second + second / 10, "{first}, {second}, {third} bytes");
}

/// More ids than may be remembered, then trimming: the oldest went, and those that are too old go however few they are.
async fn ids_are_forgotten(url: DatabaseUrl) {
    let db = Database::open(&url, MIGRATIONS).await.unwrap();
    let filled = db.write(|tx| {
        let seal = sealer();
        for n in 0..SEEN {
            let row = SeenRow {
                message_id: Hash::of(&[&n.to_be_bytes()]),
                timestamp: NOON_S + n,
                sender_id: NodeId([7; 32]),
                not_after: NOON_S + n + 60,
            };
            store::apply(tx, &seal, &Change::Seen(row))?;
        }
        store::trim(tx, NOON_S + SEEN)
    });
    filled.await.unwrap();
    let oldest = |tx: &Tx<'_>| {
        let row = tx.one("SELECT count(*), min(timestamp) FROM messages_seen", &[])?.unwrap();
        Ok::<_, DbError>((row.uint(0)?, row.uint(1)?))
    };
    assert_eq!(db.read(oldest).await.unwrap(), (SEEN_ROWS_MAX as u64, NOON_S + 10));
    let young = NOON_S + SEEN - 100;
    db.write(move |tx| store::trim(tx, young + SEEN_AGE_S)).await.unwrap();
    assert_eq!(db.read(oldest).await.unwrap(), (100, young));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_forgotten_by_number_and_age() {
    ids_are_forgotten(DatabaseUrl::memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_forgotten_by_number_and_age_on_postgresql_too() {
    let Some(server) = postgres() else { return };
    ids_are_forgotten(server.fresh_database()).await;
}
