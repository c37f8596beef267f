//! The rows of the overlay on both databases, and that they stop growing.

use std::{path::Path, sync::Arc};

use openred_core::ids::NodeId;
use openred_proto::overlay::store::{
    Change, Counts, PeerStore, Restored, StoreError, TRUST_EVENT_ROWS_MAX, TrustEvent, TrustEventRow,
    contract,
};
use openred_service::{
    database::{Database, DatabaseUrl, DbError},
    testing::postgres,
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

/// So many events, and trimming, as one run of a node; the size of the file afterwards.
async fn size_after(file: &Path, round: u64) -> u64 {
    const EVENTS: u64 = 60_000;
    let db = Database::open(&DatabaseUrl::file(file.to_owned()), MIGRATIONS).await.unwrap();
    let written = db.write(move |tx| {
        let seal = sealer();
        for n in 0..EVENTS {
            let event = TrustEventRow {
                node_id: NodeId([(n % 200) as u8; 32]),
                event_type: TrustEvent::Valid,
                detail: "".into(),
                trust_delta: 1_000,
                timestamp: 1_795_219_200 + round * EVENTS + n,
            };
            store::apply(tx, &seal, &Change::TrustEvent(event))?;
        }
        store::trim(tx, 1_795_219_200 + (round + 1) * EVENTS)
    });
    written.await.unwrap();
    assert_eq!(db.read(store::counts).await.unwrap().trust_events, TRUST_EVENT_ROWS_MAX);
    // Closing moves the log of writes into the file.
    db.close().await;
    std::fs::metadata(file).unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_stops_growing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node.db");
    let first = size_after(&file, 0).await;
    let second = size_after(&file, 1).await;
    let third = size_after(&file, 2).await;
    assert!(first > 1 << 20, "{first} bytes");
    // A round of events that stayed would add half of it.
    assert!(third <= second + second / 10, "{first}, {second}, {third} bytes");
}
