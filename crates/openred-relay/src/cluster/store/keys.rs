//! Keys of services that call the relay, by their hashes.

use tokio_postgres::Row;

use crate::cluster::pg_types::{timestamp, unix_secs};
use crate::cluster::pool::{Database, within};
use crate::mailbox::Refusal;

const ADD: &str = "INSERT INTO api_keys (name, hash, created) SELECT $1::text, $2::bytea, $3::timestamp \
     WHERE (SELECT COUNT(*) FROM api_keys) < $4 ON CONFLICT DO NOTHING";
const LIST: &str = "SELECT name, hash, created FROM api_keys ORDER BY name";
const REVOKE: &str = "DELETE FROM api_keys WHERE name = $1";

/// A row: name, hash, and when it was made, unix seconds.
pub(in crate::cluster) type KeyRow = (String, Vec<u8>, u64);

impl Database {
    /// Whether it was added: there was none of this name, and fewer than `max` in all.
    pub(in crate::cluster) async fn add_key(
        &self,
        name: &str,
        hash: &[u8; 32],
        created: u64,
        max: usize,
    ) -> Result<bool, Refusal> {
        within(async {
            let connection = self.connection().await?;
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                [&name, &hash.as_slice(), &timestamp(created), &(max as i64)];
            Ok(connection.execute(ADD, &values).await? == 1)
        })
        .await
    }

    /// All keys, in the order of their names.
    pub(in crate::cluster) async fn list_keys(&self) -> Result<Vec<KeyRow>, Refusal> {
        within(async {
            let connection = self.connection().await?;
            Ok(connection.query(LIST, &[]).await?.iter().map(key).collect())
        })
        .await
    }

    /// Whether there was one of this name.
    pub(in crate::cluster) async fn revoke_key(&self, name: &str) -> Result<bool, Refusal> {
        within(async {
            let connection = self.connection().await?;
            Ok(connection.execute(REVOKE, &[&name]).await? == 1)
        })
        .await
    }
}

fn key(row: &Row) -> KeyRow {
    (row.get(0), row.get(1), unix_secs(row.get(2)))
}
