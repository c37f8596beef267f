//! PostgreSQL, a server of its own, with the table of the specification (S4): one row per statement, or many, each statement
//! a transaction, several under way on a connection.
//!
//! Changed from its defaults: memory for pages and for the log, and checkpoints only when much was written, so that neither
//! is what is measured. `synchronous_commit` and `fsync` stay on.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use openred_service::testing::{PrivatePostgres, postgres_alone};
use tokio_postgres::{Client, NoTls, Statement};

use super::calls::Calls;
use super::load::Line;
use super::measure::{Run, Shown};
use super::message::{self, MAILBOXES, mailbox};
use super::{Case, missing, openred};

const SETTINGS: [&str; 4] = [
    "ALTER SYSTEM SET shared_buffers = '1GB'",
    "ALTER SYSTEM SET wal_buffers = '64MB'",
    "ALTER SYSTEM SET max_wal_size = '16GB'",
    "ALTER SYSTEM SET checkpoint_timeout = '30min'",
];
const TABLE: &str = "CREATE TABLE messages (id UUID PRIMARY KEY, sender_address VARCHAR(255), \
     receiver_address VARCHAR(255), encrypted_content BYTEA, message_type VARCHAR(50), timestamp TIMESTAMP, \
     delivered BOOLEAN DEFAULT FALSE, blockchain_txid VARCHAR(255))";
const INSERT: &str = "INSERT INTO messages (id, receiver_address, encrypted_content, message_type, timestamp) \
     SELECT gen_random_uuid(), u.a, u.c, 'sealed', $3 FROM unnest($1::text[], $2::bytea[]) AS u(a, c)";
const INSERT_ONE: &str = "INSERT INTO messages (id, receiver_address, encrypted_content, message_type, timestamp) \
     VALUES (gen_random_uuid(), $1::text, $2::bytea, 'sealed', $3)";

/// Runs a case with so many rows per statement.
pub async fn run(case: &Case, rows: usize) -> Result<Shown, String> {
    let Some(server) = start().await? else { return Ok(missing("PostgreSQL")) };
    let url = server.fresh_database();
    let address = url.server().ok_or("not the address of a server")?;
    let client = connect(address).await?;
    client.batch_execute(TABLE).await.map_err(|e| e.to_string())?;
    // Commits of many connections share a flush; few that insert many rows need no more.
    let (count, window) = if rows == 1 { (64, 4) } else { (4, 4 * rows as u64) };
    let addresses: Arc<Vec<String>> = Arc::new((0..MAILBOXES).map(|m| format!("{m:022}")).collect());
    let mut lines = Vec::new();
    for _ in 0..count {
        let client = connect(address).await?;
        let insert =
            client.prepare(if rows == 1 { INSERT_ONE } else { INSERT }).await.map_err(|e| e.to_string())?;
        lines.push(line(Arc::new(client), insert, Arc::clone(&addresses), case.size, rows));
    }
    let process = server.process().map_err(|e| e.to_string())?;
    let ran = Run::of(process, case.plan(window)).deposits(lines).await?;
    let of = async |mailbox: usize| -> Result<Vec<Bytes>, String> {
        let ask = "SELECT encrypted_content FROM messages WHERE receiver_address = $1";
        let found = client.query(ask, &[&addresses[mailbox]]).await.map_err(|e| e.to_string())?;
        Ok(found.iter().map(|row| row.get::<_, Vec<u8>>(0).into()).collect())
    };
    openred::finish(ran, case, "answered after the commit (synchronous_commit = on)", of).await
}

/// A server with these settings; `None` when it is not installed.
pub async fn start() -> Result<Option<PrivatePostgres>, String> {
    let Some(server) = postgres_alone() else { return Ok(None) };
    let url = server.fresh_database();
    let client = connect(url.server().ok_or("not the address of a server")?).await?;
    for setting in SETTINGS {
        client.execute(setting, &[]).await.map_err(|e| e.to_string())?;
    }
    drop(client);
    server.stop();
    server.start();
    Ok(Some(server))
}

async fn connect(address: &str) -> Result<Client, String> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.map_err(|e| e.to_string())?;
    tokio::spawn(connection);
    Ok(client)
}

fn line(
    client: Arc<Client>,
    insert: Statement,
    addresses: Arc<Vec<String>>,
    size: usize,
    rows: usize,
) -> impl Line {
    Calls::new(rows, move |messages| {
        let (client, insert, addresses) = (Arc::clone(&client), insert.clone(), Arc::clone(&addresses));
        let messages = messages.to_vec();
        Box::pin(async move {
            let to = messages.iter().map(|(n, _)| addresses[mailbox(*n)].as_str());
            let contents: Vec<Bytes> = messages.iter().map(|(n, at)| message::write(*n, *at, size)).collect();
            let contents: Vec<&[u8]> = contents.iter().map(Bytes::as_ref).collect();
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
            let done = match to.collect::<Vec<_>>().as_slice() {
                [one] => client.execute(&insert, &[one, &contents[0], &now]).await,
                many => client.execute(&insert, &[&many, &contents, &now]).await,
            };
            done.map(drop).map_err(|e| e.to_string())
        })
    })
}
