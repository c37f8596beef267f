//! Keys of services that call the relay, by their hashes.

use tokio_postgres::Row;

use crate::cluster::pg_types::{timestamp, unix_secs};
use crate::cluster::pool::{Database, within};
use crate::mailbox::Refusal;

const CREATE: &str = "INSERT INTO api_keys (hash, name, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const LIST: &str = "SELECT hash, name, created, revoked FROM api_keys ORDER BY created, hash LIMIT $1";
const REVOKE: &str = "UPDATE api_keys SET revoked = $2 WHERE hash = $1 AND revoked IS NULL";
const GOOD: &str = "SELECT EXISTS (SELECT 1 FROM api_keys WHERE hash = $1 AND revoked IS NULL)";

/// A row: hash, name, and unix seconds of its beginning and end.
type KeyRow = (Vec<u8>, String, u64, Option<u64>);

impl Database {
    /// Whether it is new.
    pub(in crate::cluster) async fn create_key(
        &self,
        hash: &[u8; 32],
        name: &str,
        now: u64,
    ) -> Result<bool, Refusal> {
        within(async {
            let connection = self.connection().await?;
            let made = connection.execute(CREATE, &[&hash.as_slice(), &name, &timestamp(now)]).await?;
            Ok(made == 1)
        })
        .await
    }

    pub(in crate::cluster) async fn list_keys(&self, max: usize) -> Result<Vec<KeyRow>, Refusal> {
        within(async {
            let connection = self.connection().await?;
            let rows = connection.query(LIST, &[&(max as i64)]).await?;
            Ok(rows.iter().map(key).collect())
        })
        .await
    }

    /// Whether there was one that was not revoked yet.
    pub(in crate::cluster) async fn revoke_key(&self, hash: &[u8; 32], now: u64) -> Result<bool, Refusal> {
        within(async {
            let connection = self.connection().await?;
            Ok(connection.execute(REVOKE, &[&hash.as_slice(), &timestamp(now)]).await? == 1)
        })
        .await
    }

    pub(in crate::cluster) async fn is_good_key(&self, hash: &[u8; 32]) -> Result<bool, Refusal> {
        within(async {
            let connection = self.connection().await?;
            let good = connection.prepare_cached(GOOD).await?;
            Ok(connection.query_one(&good, &[&hash.as_slice()]).await?.get(0))
        })
        .await
    }
}

fn key(row: &Row) -> KeyRow {
    let revoked: Option<std::time::SystemTime> = row.get(3);
    (row.get(0), row.get(1), unix_secs(row.get(2)), revoked.map(unix_secs))
}
