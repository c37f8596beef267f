//! Rows of `mls_state`: bytes of the library, sealed.

use openred_chat::Row as Held;
use openred_service::database::{DbError, Row, Tx};

use crate::{modules::contacts::store::StoreError, seal::Sealer};

const VALUE: &str = "mls_state.value";

/// The value of a key.
pub fn read(tx: &Tx<'_>, seal: &Sealer, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.one("SELECT value FROM mls_state WHERE key = $1", &[key.to_vec().into()])?;
    row.map(|row| Ok(seal.open(VALUE, row.blob(0)?)?)).transpose()
}

/// Puts a value in place.
pub fn write(tx: &Tx<'_>, seal: &Sealer, key: &[u8], value: &[u8]) -> Result<(), DbError> {
    let sql = "INSERT INTO mls_state (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = $2";
    tx.execute(sql, &[key.to_vec().into(), seal.seal(VALUE, value).into()]).map(drop)
}

/// Removes a row.
pub fn delete(tx: &Tx<'_>, key: &[u8]) -> Result<(), DbError> {
    tx.execute("DELETE FROM mls_state WHERE key = $1", &[key.to_vec().into()]).map(drop)
}

/// The rows whose keys begin with `prefix`, in their order.
pub fn list(tx: &Tx<'_>, seal: &Sealer, prefix: &[u8]) -> Result<Vec<Held>, StoreError> {
    let rows = match end(prefix) {
        Some(end) => {
            let sql = "SELECT key, value FROM mls_state WHERE key >= $1 AND key < $2 ORDER BY key";
            tx.all(sql, &[prefix.to_vec().into(), end.into()])?
        }
        None => {
            let sql = "SELECT key, value FROM mls_state WHERE key >= $1 ORDER BY key";
            tx.all(sql, &[prefix.to_vec().into()])?
        }
    };
    let read = |row: &Row| Ok((row.blob(0)?.to_vec(), seal.open(VALUE, row.blob(1)?)?));
    rows.iter().map(read).collect()
}

/// The first key after all those that begin with `prefix`; none when there is no such.
fn end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_another_begins() {
        assert_eq!(end(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(end(&[1, 255]), Some(vec![2]));
        assert_eq!(end(&[255, 255]), None);
        assert_eq!(end(&[]), None);
    }
}
