//! Statements of the trimming job: every table has an age or a row limit.
//!
//! Must not know: when the job runs.

use openred_service::database::{DbError, Row, Tx};

use crate::bounds::MAX_FORKS;

/// Deletes at most 500 nodes whose time is over; returns how many went.
pub(crate) fn trim_nodes(tx: &Tx<'_>, now: u64) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM words WHERE node_id IN \
           (SELECT node_id FROM nodes WHERE keep_until < $1 ORDER BY keep_until, node_id LIMIT 500)",
        &[now.into()],
    )?;
    tx.execute(
        "DELETE FROM nodes WHERE node_id IN \
           (SELECT node_id FROM nodes WHERE keep_until < $1 ORDER BY keep_until, node_id LIMIT 500)",
        &[now.into()],
    )
}

/// Deletes at most 500 logs of nodes that are not registered and were not seen since `seen_before`.
pub(crate) fn trim_logs(tx: &Tx<'_>, seen_before: u64) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM logs WHERE node_id IN (SELECT l.node_id FROM logs l WHERE l.seen < $1 \
           AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.node_id = l.node_id) ORDER BY l.seen LIMIT 500)",
        &[seen_before.into()],
    )
}

/// Deletes the oldest proofs of forks above [`MAX_FORKS`].
pub(crate) fn trim_forks(tx: &Tx<'_>) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM forks WHERE at < (SELECT COALESCE(MIN(at), 0) FROM \
           (SELECT at FROM forks ORDER BY at DESC LIMIT $1) AS newest)",
        &[MAX_FORKS.into()],
    )
}

/// Rows of `nodes` and of `logs`.
pub(crate) fn count(tx: &Tx<'_>) -> Result<(u64, u64), DbError> {
    let count = |row: Option<Row>| row.map_or(Ok(0), |row| row.uint(0));
    let nodes = count(tx.one("SELECT COUNT(*) FROM nodes", &[])?)?;
    Ok((nodes, count(tx.one("SELECT COUNT(*) FROM logs", &[])?)?))
}
