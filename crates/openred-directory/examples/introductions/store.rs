//! Rows of nodes that nobody has signed: copies of real ones under other ids and names. Must not know: HTTP.

use std::path::Path;

use crate::Failure;

/// Copies the rows of registered nodes until there are `nodes`. Sizes and indexes are those of real nodes; descriptors are
/// copies, so they carry another id than their row.
pub(crate) fn multiply(database: &Path, nodes: usize) -> Result<(), Failure> {
    let connection = rusqlite::Connection::open(database)?;
    connection.execute_batch("PRAGMA synchronous = OFF; BEGIN")?;
    let real: i64 = connection.query_row("SELECT COUNT(*) FROM nodes", [], |row| row.get(0))?;
    let copies = (nodes as u64).saturating_sub(real as u64).div_ceil(real.max(1) as u64) as i64;
    connection.execute_batch("CREATE TEMP TABLE copies (node_id BLOB, twin BLOB, name TEXT)")?;
    connection.execute(
        "WITH RECURSIVE n (copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM n WHERE copy < ?1) \
         INSERT INTO copies SELECT randomblob(32), node_id, username || '-' || copy FROM nodes, n",
        [copies],
    )?;
    connection.execute_batch(
        "INSERT INTO nodes (node_id, descriptor, desc_hash, log_seq, seq, expires, flags, time, username, display_name, \
           by_name, api_url, last_seen, recent, keep_until) \
         SELECT c.node_id, descriptor, desc_hash, log_seq, seq, expires, flags, time, c.name, display_name, by_name, \
           api_url, last_seen, recent, keep_until FROM copies c JOIN nodes n ON n.node_id = c.twin; \
         INSERT INTO logs (node_id, entries, seen) \
         SELECT c.node_id, entries, seen FROM copies c JOIN logs l ON l.node_id = c.twin; \
         COMMIT",
    )?;
    Ok(())
}

/// Some ids and names in no order.
pub(crate) fn some(database: &Path, count: usize) -> Result<Vec<(String, String)>, Failure> {
    let connection = rusqlite::Connection::open(database)?;
    let mut found = connection.prepare(
        "SELECT lower(hex(node_id)), username FROM nodes WHERE rowid IN \
           (SELECT abs(random()) % (SELECT MAX(rowid) FROM nodes) + 1 FROM \
             (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT i FROM n))",
    )?;
    let rows = found.query_map([count as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
