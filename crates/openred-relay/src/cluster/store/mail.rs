//! Mail on its way out: fetched, acknowledged, and then deleted.

use bytes::Bytes;
use deadpool_postgres::Object;
use futures_util::future::{join, join3};
use openred_core::ids::QueueId;
use tokio_postgres::{Error, Row};

use crate::bounds::{MAX_FETCHED, MAX_FETCHED_BYTES};
use crate::cluster::pg_types::{Uuid, signed, timestamp, unix_secs, unsigned};
use crate::cluster::pool::{Database, whole, within};
use crate::mailbox::{Mail, Refusal};

const QUEUE: &str = "SELECT no, acked, last_seq, since FROM peers WHERE queue_id = $1";
const FETCH: &str = "SELECT seq, timestamp, encrypted_content FROM messages \
     WHERE id >= $1 AND id <= $2 AND timestamp >= $3 ORDER BY id";
/// Locks in the order of numbers, as all do.
const LOCK: &str = "SELECT u.n, p.no, p.last_seq, p.acked, p.total, p.since \
     FROM unnest($1::bytea[]) WITH ORDINALITY AS u(queue_id, n) JOIN peers p ON p.queue_id = u.queue_id \
     ORDER BY p.no FOR NO KEY UPDATE OF p";
const TOTALS: &str = "SELECT m.queue, m.total FROM unnest($1::uuid[], $2::timestamp[]) AS u(id, since) \
     JOIN messages m ON m.id = u.id AND m.timestamp >= u.since";
const ACK: &str = "UPDATE peers p SET acked = u.upto, acked_total = COALESCE(u.total, p.acked_total) \
     FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS u(no, upto, total) WHERE p.no = u.no";
const LEAVE: &str = "INSERT INTO sweeps (queue, after, upto, since) \
     SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::timestamp[])";
const LEFT: &str =
    "SELECT id, queue, after, upto, since FROM sweeps ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED";
const SWEEP: &str = "DELETE FROM messages m USING unnest($1::uuid[], $2::uuid[], $3::timestamp[]) AS u(after, upto, since) \
     WHERE m.id > u.after AND m.id <= u.upto AND m.timestamp >= u.since";
const SWEPT: &str = "DELETE FROM sweeps WHERE id = ANY($1)";

/// Acknowledgements whose mail is deleted in one transaction.
const SWEPT_AT_ONCE: i64 = 64;

/// Mail of one queue that is there: every seq from `first` to `last`.
struct Wanted {
    first: u64,
    last: u64,
    no: u64,
    since: u64,
}

impl Database {
    /// What there is to fetch is asked of the server that is written to; the contents of a follower, if it has all of them.
    pub(in crate::cluster) async fn fetch(
        &self,
        id: &QueueId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Mail>, Refusal> {
        within(async {
            let Some(wanted) = self.wanted(id, after, max).await? else { return Ok(Vec::new()) };
            for follower in &self.followers {
                if let Some(connection) = follower.connection().await
                    && let Ok(mail) = read(&connection, &wanted).await
                    && mail.len() as u64 == wanted.last - wanted.first + 1
                {
                    return Ok(cut(mail));
                }
            }
            Ok(cut(read(&self.connection().await?, &wanted).await?))
        })
        .await
    }

    async fn wanted(&self, id: &QueueId, after: u64, max: usize) -> Result<Option<Wanted>, Refusal> {
        let connection = self.connection().await?;
        let queue = connection.prepare_cached(QUEUE).await?;
        let row = connection.query_opt(&queue, &[&id.0.as_slice()]).await?.ok_or(Refusal::Unknown)?;
        let first = after.max(unsigned(row.get(1))).saturating_add(1);
        let last = unsigned(row.get(2)).min(first.saturating_add(max.min(MAX_FETCHED) as u64) - 1);
        let wanted = Wanted { first, last, no: unsigned(row.get(0)), since: unix_secs(row.get(3)) };
        Ok((last >= first).then_some(wanted))
    }

    /// Drops mail up to a seq, for each of these queues; which of them there are.
    pub(in crate::cluster) async fn ack(&self, wanted: &[(QueueId, u64)]) -> Result<Vec<QueueId>, Refusal> {
        let connection = self.connection().await?;
        whole(connection, async |connection| Ok(ack_on(connection, wanted).await?)).await
    }

    /// Deletes some of the mail that was acknowledged, but not what another process is deleting; whether there may be more.
    pub(in crate::cluster) async fn sweep_some(&self) -> Result<bool, Refusal> {
        within(async {
            let mut connection = self.connection().await?;
            let transaction = connection.transaction().await?;
            let rows = transaction.query(LEFT, &[&SWEPT_AT_ONCE]).await?;
            if rows.is_empty() {
                return Ok(false);
            }
            let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
            let place = |row: &Row, column| Uuid::of_mail(unsigned(row.get(1)), unsigned(row.get(column)));
            let after: Vec<Uuid> = rows.iter().map(|row| place(row, 2)).collect();
            let upto: Vec<Uuid> = rows.iter().map(|row| place(row, 3)).collect();
            let since: Vec<std::time::SystemTime> = rows.iter().map(|row| row.get(4)).collect();
            transaction.execute(SWEEP, &[&after, &upto, &since]).await?;
            transaction.execute(SWEPT, &[&ids]).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }
}

async fn read(connection: &Object, wanted: &Wanted) -> Result<Vec<Mail>, Error> {
    let fetch = connection.prepare_cached(FETCH).await?;
    let (from, to) = (Uuid::of_mail(wanted.no, wanted.first), Uuid::of_mail(wanted.no, wanted.last));
    let rows = connection.query(&fetch, &[&from, &to, &timestamp(wanted.since)]).await?;
    let mail = |row: &Row| Mail {
        seq: unsigned(row.get(0)),
        received: unix_secs(row.get(1)),
        content: Bytes::copy_from_slice(row.get(2)),
    };
    Ok(rows.iter().map(mail).collect())
}

/// As much as one answer may hold.
fn cut(mut mail: Vec<Mail>) -> Vec<Mail> {
    let mut bytes = 0;
    let fits = mail.iter().take_while(|mail| {
        bytes += mail.content.len();
        bytes <= MAX_FETCHED_BYTES
    });
    let count = fits.count();
    mail.truncate(count);
    mail
}

/// A queue that is to be changed.
struct Acked {
    no: u64,
    before: u64,
    upto: u64,
    /// `None`: is asked of the mail.
    total: Option<u64>,
    since: u64,
}

async fn ack_on(connection: &Object, wanted: &[(QueueId, u64)]) -> Result<Vec<QueueId>, Error> {
    let ids: Vec<&[u8]> = wanted.iter().map(|(id, _)| id.0.as_slice()).collect();
    let lock = connection.prepare_cached(LOCK).await?;
    let (begun, rows) = join(connection.batch_execute("BEGIN"), connection.query(&lock, &[&ids])).await;
    begun?;
    let (mut found, mut changed) = (Vec::new(), Vec::new());
    for row in rows? {
        let at = usize::try_from(row.get::<_, i64>(0)).unwrap_or(0);
        let Some((id, upto)) = at.checked_sub(1).and_then(|at| wanted.get(at)) else { continue };
        found.push(*id);
        let (last, before) = (unsigned(row.get(2)), unsigned(row.get(3)));
        let upto = last.min(*upto);
        if upto > before {
            let total = (upto == last).then(|| unsigned(row.get(4)));
            changed.push(Acked {
                no: unsigned(row.get(1)),
                before,
                upto,
                total,
                since: unix_secs(row.get(5)),
            });
        }
    }
    if changed.is_empty() {
        connection.batch_execute("ROLLBACK").await?;
        return Ok(found);
    }
    complete(connection, &mut changed).await?;
    write(connection, &changed).await?;
    Ok(found)
}

/// Asks the mail for the totals that are missing.
async fn complete(connection: &Object, changed: &mut [Acked]) -> Result<(), Error> {
    let missing: Vec<&Acked> = changed.iter().filter(|acked| acked.total.is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = missing.iter().map(|acked| Uuid::of_mail(acked.no, acked.upto)).collect();
    let since: Vec<_> = missing.iter().map(|acked| timestamp(acked.since)).collect();
    let totals = connection.prepare_cached(TOTALS).await?;
    for row in connection.query(&totals, &[&ids, &since]).await? {
        let no = unsigned(row.get(0));
        if let Some(acked) = changed.iter_mut().find(|acked| acked.no == no) {
            acked.total = Some(unsigned(row.get(1)));
        }
    }
    Ok(())
}

async fn write(connection: &Object, changed: &[Acked]) -> Result<(), Error> {
    let numbers = |of: fn(&Acked) -> u64| changed.iter().map(|acked| signed(of(acked))).collect::<Vec<i64>>();
    let (no, before, upto) =
        (numbers(|acked| acked.no), numbers(|acked| acked.before), numbers(|acked| acked.upto));
    let totals: Vec<Option<i64>> = changed.iter().map(|acked| acked.total.map(signed)).collect();
    let since: Vec<_> = changed.iter().map(|acked| timestamp(acked.since)).collect();
    let ack = connection.prepare_cached(ACK).await?;
    let leave = connection.prepare_cached(LEAVE).await?;
    let (acked, left, committed) = join3(
        connection.execute(&ack, &[&no, &upto, &totals]),
        connection.execute(&leave, &[&no, &before, &upto, &since]),
        connection.batch_execute("COMMIT"),
    )
    .await;
    acked.and(left).and(committed)
}
