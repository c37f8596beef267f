//! Rows a second that survive a power cut: one writer, then 64 at once, 1 KiB a row.
//!
//! `cargo run --release -p openred-service --example database_rate [sqlite:PATH | postgres://…]`; without an address
//! a SQLite file in the temporary folder, then a private PostgreSQL if there is one.

#![expect(clippy::print_stdout, reason = "this program prints a table")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use openred_service::database::{Database, DatabaseUrl, DbError, Migration};
use openred_service::lifecycle::Clock;
use openred_service::testing;

const STEPS: &[Migration] = &[Migration {
    version: 1,
    name: "rows",
    sql: "CREATE TABLE rate_rows (id {id}, body {blob} NOT NULL) {strict}",
}];

const ROW_BYTES: usize = 1024;
const MEASURE: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(address) = std::env::args().nth(1) {
        return measure(&address.parse()?).await;
    }
    let path = std::env::temp_dir().join(format!("openred-rate-{}.db", std::process::id()));
    measure(&DatabaseUrl::file(&path)).await?;
    for end in ["", "-wal", "-shm"] {
        let _may_be_gone = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    match testing::postgres() {
        Some(server) => measure(&server.fresh_database()).await,
        None => Ok(()),
    }
}

async fn measure(url: &DatabaseUrl) -> Result<(), Box<dyn std::error::Error>> {
    let database = Database::open(url, STEPS).await?;
    println!("{url} synchronous={}", database.synchronous().await?);
    for writers in [1, 64, 512] {
        let rows_per_s = rate(&database, writers).await?;
        println!("  {writers:>4} writers  {rows_per_s:>8} rows/s");
    }
    database.close().await;
    Ok(())
}

async fn rate(database: &Database, writers: usize) -> Result<u64, DbError> {
    let clock = Clock::System;
    let (began_ms, rows) = (clock.monotonic_ms(), Arc::new(AtomicU64::new(0)));
    let until_ms = began_ms + MEASURE.as_millis() as u64;
    let writers = (0..writers).map(|writer| {
        let (database, rows, clock) = (database.clone(), Arc::clone(&rows), clock.clone());
        async move {
            while clock.monotonic_ms() < until_ms {
                let body = vec![writer as u8; ROW_BYTES];
                let sql = "INSERT INTO rate_rows (body) VALUES ($1)";
                database.write(move |tx| tx.execute(sql, &[(&body).into()])).await?;
                rows.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, DbError>(())
        }
    });
    futures_util::future::try_join_all(writers).await?;
    Ok(rows.load(Ordering::Relaxed) * 1000 / (clock.monotonic_ms() - began_ms))
}
