//! Public posts of the owner in the table `posts`: columns that are not sealed. The only SQL of this module.

use openred_service::database::{DbError, Tx, Value};

use super::After;

/// A post as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// Its place.
    pub at: After,
    /// Canonical envelope.
    pub envelope: Vec<u8>,
    /// Canonical envelope of the newest edit.
    pub change: Option<Vec<u8>>,
}

/// The owner's public posts, newest first; neither deleted nor past their time at `now` (unix ms).
pub fn public(tx: &Tx<'_>, after: After, limit: i64, now: u64) -> Result<Vec<Public>, DbError> {
    let sql = "SELECT id, created_at, envelope, change FROM posts WHERE author = 0 AND visibility = 'public' AND deleted = 0 AND envelope IS NOT NULL AND (expires_at IS NULL OR expires_at > $1) AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4";
    let values = [now.into(), after.at.into(), Value::Int(after.id), limit.into()];
    let read = |row: &openred_service::database::Row| {
        Ok(Public {
            at: After { at: row.uint(1)?, id: row.int(0)? },
            envelope: row.blob(2)?.to_vec(),
            change: row.opt_blob(3)?.map(<[u8]>::to_vec),
        })
    };
    tx.all(sql, &values)?.iter().map(read).collect()
}
