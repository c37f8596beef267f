//! Deposits into the tables: one transaction for all that wait.

use std::collections::{BTreeSet, HashSet};
use std::pin::pin;

use bytes::Bytes;
use deadpool_postgres::Object;
use futures_util::SinkExt as _;
use futures_util::future::{join, join3};
use openred_core::ids::{DepositId, Id16, QueueId};
use tokio_postgres::{Error, Row as PgRow};

use crate::cluster::Answers;
use crate::cluster::batch::{Batch, Known, Place, Row};
use crate::cluster::copy::CopyRows;
use crate::cluster::pg_types::{Uuid, signed, timestamp, unix_secs, unsigned};
use crate::cluster::pool::{Database, whole, within};
use crate::mailbox::{Deposit, Refusal};

/// Locks the queues in the order of their numbers: nobody ever waits in a circle.
const LOCK: &str = "SELECT u.n, p.no, p.queue_id, p.last_seq, p.total, p.acked, p.acked_total, p.since, p.received, p.of_day \
     FROM unnest($1::text[]) WITH ORDINALITY AS u(address, n) JOIN peers p ON p.address = u.address \
     ORDER BY p.no FOR NO KEY UPDATE OF p";
const BOUNDS: &str = "SELECT mail_before, ids_before FROM relay";
const KNOWN: &str = "SELECT u.n, d.seq, d.digest \
     FROM unnest($1::int8[], $2::uuid[]) WITH ORDINALITY AS u(queue, client_id, n) \
     JOIN deposits d ON d.queue = u.queue AND d.client_id = u.client_id AND d.received >= $3";
const COPY_MAIL: &str = "COPY messages (id, receiver_address, encrypted_content, message_type, timestamp, queue, seq, total) \
     FROM STDIN BINARY";
const COPY_DEPOSITS: &str = "COPY deposits (queue, client_id, digest, seq, received) FROM STDIN BINARY";
const UPDATE: &str = "UPDATE peers p SET last_seq = u.last_seq, total = u.total, since = u.since, received = u.received, \
     of_day = u.of_day \
     FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::timestamp[], $5::timestamp[], $6::int4[]) \
     AS u(no, last_seq, total, since, received, of_day) WHERE p.no = u.no";

/// Bytes of a row beside its content, about.
const ROW_BYTES: usize = 128;
const COPY_CHUNK: usize = 256 << 10;

impl Database {
    /// Stores deposits, each with its time in unix seconds; answers in their order when those taken are on disk.
    pub(in crate::cluster) async fn deposit(&self, deposits: &[(&Deposit, u64)]) -> Result<Answers, Refusal> {
        let connection = self.connection().await?;
        within(self.prepare(&connection, times(deposits))).await?;
        let written = whole(connection, async |connection| Ok(self.deposit_on(connection, deposits).await?));
        // A partition that has gone meanwhile is made again with the next.
        written.await.inspect_err(|_| self.forget_partitions())
    }

    async fn deposit_on(&self, connection: &Object, deposits: &[(&Deposit, u64)]) -> Result<Answers, Error> {
        let (mut batch, ids_before) = lock(connection, deposits).await?;
        recognise(connection, &mut batch, deposits, ids_before).await?;
        let quotas = self.quotas();
        let answers = deposits
            .iter()
            .enumerate()
            .map(|(at, (deposit, now))| batch.judge(at, deposit, &quotas, *now))
            .collect();
        let (rows, places) = batch.finish();
        if rows.is_empty() {
            connection.batch_execute("ROLLBACK").await?;
            return Ok(answers);
        }
        copy(connection, COPY_MAIL, mail_rows(&rows, deposits)).await?;
        copy(connection, COPY_DEPOSITS, deposit_rows(&rows, deposits)).await?;
        commit(connection, &places).await?;
        Ok(answers)
    }
}

/// The days of deposits; mostly one.
fn times(deposits: &[(&Deposit, u64)]) -> BTreeSet<u64> {
    deposits.iter().map(|(_, now)| now - now % 86_400).collect()
}

/// Begins the transaction.
async fn lock(connection: &Object, deposits: &[(&Deposit, u64)]) -> Result<(Batch, u64), Error> {
    let ids: Vec<DepositId> = {
        let mut seen = HashSet::new();
        deposits.iter().map(|(deposit, _)| deposit.deposit_id).filter(|id| seen.insert(*id)).collect()
    };
    let addresses: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let lock = connection.prepare_cached(LOCK).await?;
    let bounds = connection.prepare_cached(BOUNDS).await?;
    let (begun, rows, bounds) = join3(
        connection.batch_execute("BEGIN"),
        connection.query(&lock, &[&addresses]),
        connection.query_one(&bounds, &[]),
    )
    .await;
    begun?;
    let (rows, bounds) = (rows?, bounds?);
    let found = rows.iter().filter_map(|row| {
        let at = usize::try_from(row.get::<_, i64>(0)).ok()?.checked_sub(1)?;
        Some((*ids.get(at)?, place(row)))
    });
    Ok((Batch::new(found.collect(), unix_secs(bounds.get(0))), unix_secs(bounds.get(1))))
}

fn place(row: &PgRow) -> Place {
    Place {
        no: unsigned(row.get(1)),
        queue_id: QueueId::from_slice(row.get(2)).unwrap_or(QueueId([0; 16])),
        last_seq: unsigned(row.get(3)),
        total: unsigned(row.get(4)),
        acked: unsigned(row.get(5)),
        acked_total: unsigned(row.get(6)),
        since: unix_secs(row.get(7)),
        received: unix_secs(row.get(8)),
        of_day: row.get::<_, i32>(9).unsigned_abs(),
    }
}

/// Finds which deposits were taken before. With the locks held, nobody else can add one.
async fn recognise(
    connection: &Object,
    batch: &mut Batch,
    deposits: &[(&Deposit, u64)],
    ids_before: u64,
) -> Result<(), Error> {
    let (mut queues, mut clients, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for (deposit, _) in deposits {
        if let Some(no) = batch.number(&deposit.deposit_id) {
            queues.push(signed(no));
            clients.push(Uuid(deposit.client_id.0));
            asked.push((no, deposit.client_id));
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let known = connection.prepare_cached(KNOWN).await?;
    for row in connection.query(&known, &[&queues, &clients, &timestamp(ids_before)]).await? {
        let at = usize::try_from(row.get::<_, i64>(0)).unwrap_or(0);
        let (Some((no, client)), Some(digest)) =
            (at.checked_sub(1).and_then(|at| asked.get(at)), Id16::from_slice(row.get(2)))
        else {
            continue;
        };
        batch.remember(*no, *client, Known { seq: unsigned(row.get(1)), digest });
    }
    Ok(())
}

fn mail_rows(rows: &[Row], deposits: &[(&Deposit, u64)]) -> Bytes {
    let contents: usize = rows.iter().map(|row| deposits[row.deposit].0.content.len()).sum();
    let mut out = CopyRows::new(contents + rows.len() * ROW_BYTES);
    for row in rows {
        let deposit = deposits[row.deposit].0;
        out.row(8);
        out.bytes(&Uuid::of_mail(row.no, row.seq).0);
        out.bytes(deposit.deposit_id.to_string().as_bytes());
        out.bytes(&deposit.content);
        out.bytes(b"sealed");
        out.time(row.received);
        out.number(signed(row.no));
        out.number(signed(row.seq));
        out.number(signed(row.total));
    }
    out.end()
}

fn deposit_rows(rows: &[Row], deposits: &[(&Deposit, u64)]) -> Bytes {
    let mut out = CopyRows::new(rows.len() * ROW_BYTES);
    for row in rows {
        let deposit = deposits[row.deposit].0;
        out.row(5);
        out.number(signed(row.no));
        out.bytes(&deposit.client_id.0);
        out.bytes(&deposit.digest.short().0);
        out.number(signed(row.seq));
        out.time(row.received);
    }
    out.end()
}

async fn copy(connection: &Object, sql: &str, mut rows: Bytes) -> Result<(), Error> {
    let statement = connection.prepare_cached(sql).await?;
    let mut sink = pin!(connection.copy_in(&statement).await?);
    while !rows.is_empty() {
        sink.feed(rows.split_to(COPY_CHUNK.min(rows.len()))).await?;
    }
    sink.finish().await.map(drop)
}

/// Ends the transaction: the queues as they are now, then COMMIT, which answers when all is on disk. When the first fails,
/// the server makes a ROLLBACK of the second, without an error of its own.
async fn commit(connection: &Object, places: &[Place]) -> Result<(), Error> {
    let numbers = |of: fn(&Place) -> u64| places.iter().map(|place| signed(of(place))).collect::<Vec<i64>>();
    let times = |of: fn(&Place) -> u64| places.iter().map(|place| timestamp(of(place))).collect::<Vec<_>>();
    let of_day: Vec<i32> =
        places.iter().map(|place| i32::try_from(place.of_day).unwrap_or(i32::MAX)).collect();
    let update = connection.prepare_cached(UPDATE).await?;
    let (no, last_seq, total) =
        (numbers(|place| place.no), numbers(|place| place.last_seq), numbers(|place| place.total));
    let (since, received) = (times(|place| place.since), times(|place| place.received));
    let (updated, committed) = join(
        connection.execute(&update, &[&no, &last_seq, &total, &since, &received, &of_day]),
        connection.batch_execute("COMMIT"),
    )
    .await;
    updated.and(committed)
}
