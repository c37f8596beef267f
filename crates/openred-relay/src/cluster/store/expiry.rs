//! What is too old: mail of 30 days, the memory of deposits of 32, queues that nobody has come to for 366.

use crate::cluster::pg_types::timestamp;
use crate::cluster::pool::{Database, within};
use crate::mailbox::Refusal;

use super::queues::{LESS, end_sql};

const BOUNDS: &str =
    "UPDATE relay SET mail_before = GREATEST(mail_before, $1), ids_before = GREATEST(ids_before, $2)";
/// The oldest days are read as they lie.
const READ_ALL: &str = "SET LOCAL enable_seqscan = on";
/// Times in a queue never go back, so what is too old is what its mail begins with.
const OLD: &str = "SELECT m.queue, max(m.seq), max(m.total) FROM messages m \
     JOIN peers p ON p.no = m.queue AND m.seq > p.acked \
     WHERE m.timestamp < $1 GROUP BY m.queue ORDER BY m.queue LIMIT $2";
/// Locks in the order of numbers, as all do.
const LOCK: &str = "SELECT no FROM peers WHERE no = ANY($1) ORDER BY no FOR NO KEY UPDATE";
const EXPIRE: &str = "UPDATE peers p SET acked = GREATEST(p.acked, u.upto), acked_total = GREATEST(p.acked_total, u.total) \
     FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS u(no, upto, total) WHERE p.no = u.no";

const ABANDONED: &str = "SELECT no FROM peers WHERE last_seen < $1 ORDER BY no LIMIT $2 FOR UPDATE";
const END: &str = end_sql!("no = ANY($1) AND last_seen < $2");

/// Queues of one transaction.
const QUEUES_AT_ONCE: i64 = 1_000;
const DAY_SECS: u64 = 86_400;

impl Database {
    /// Drops mail that came before `mail_before`, forgets deposits before `ids_before`, ends queues whose owner was not seen since
    /// `seen_before`, and makes the partitions of the day after `now`; all unix seconds. Mail is out of sight at once; its bytes
    /// go with the partition of its day.
    pub(in crate::cluster) async fn expire(
        &self,
        [mail_before, ids_before, seen_before]: [u64; 3],
        now: u64,
    ) -> Result<(), Refusal> {
        let bounds = [timestamp(mail_before), timestamp(ids_before)];
        within(async {
            let connection = self.connection().await?;
            connection.execute(BOUNDS, &[&bounds[0], &bounds[1]]).await?;
            self.prepare(&connection, [now + DAY_SECS]).await
        })
        .await?;
        while within(self.end_abandoned(seen_before)).await? {}
        while within(self.expire_some(mail_before)).await? {}
        within(async {
            let connection = self.connection().await?;
            self.drop_old(&connection, mail_before, ids_before).await
        })
        .await?;
        while self.sweep_some().await? {}
        Ok(())
    }

    /// Whether there was any.
    async fn end_abandoned(&self, seen_before: u64) -> Result<bool, Refusal> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let before = timestamp(seen_before);
        let rows = transaction.query(ABANDONED, &[&before, &QUEUES_AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let no: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        let ended = transaction.execute(END, &[&no, &before]).await?;
        transaction.execute(LESS, &[&i64::try_from(ended).unwrap_or(i64::MAX)]).await?;
        transaction.commit().await?;
        tracing::info!(queues = ended, "Queues whose owners have not come for a year have ended.");
        Ok(true)
    }

    /// Whether there was any.
    async fn expire_some(&self, mail_before: u64) -> Result<bool, Refusal> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        transaction.batch_execute(READ_ALL).await?;
        let rows = transaction.query(OLD, &[&timestamp(mail_before), &QUEUES_AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let column = |at| rows.iter().map(|row| row.get::<_, i64>(at)).collect::<Vec<_>>();
        let (no, upto, total) = (column(0), column(1), column(2));
        let locked = transaction.query(LOCK, &[&no]).await?;
        transaction.execute(EXPIRE, &[&no, &upto, &total]).await?;
        transaction.commit().await?;
        tracing::debug!(queues = locked.len(), "Mail has expired.");
        Ok(true)
    }
}
