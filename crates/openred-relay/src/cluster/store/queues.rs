//! Queues: S4's table of peers.

use std::collections::HashMap;

use openred_core::ids::{DepositId, QueueId, b64_decode, b64_encode};
use openred_core::payload::Secret32;
use tokio_postgres::Row;

use crate::cluster::pg_types::{timestamp, unix_secs, unsigned};
use crate::cluster::pool::{Database, within};
use crate::mailbox::{Queue, Refusal, whole_hour};
use crate::store::Counts;

const CREATE: &str = "INSERT INTO peers (address, public_key, last_seen, queue_id, cap) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT DO NOTHING";
const ONE_MORE: &str = "UPDATE relay SET peers = peers + 1 WHERE peers < $1";
const BY_ADDRESS: &str =
    "SELECT address, queue_id, public_key, cap, last_seen FROM peers WHERE address = ANY($1)";
const BY_QUEUE: &str = "SELECT address, queue_id, public_key, cap, last_seen FROM peers WHERE queue_id = $1";
const REVOKE: &str = "UPDATE peers SET cap = $2 WHERE queue_id = $1";
const TOUCH: &str = "WITH touched AS (UPDATE peers SET last_seen = $2 WHERE queue_id = $1 AND last_seen < $2) \
     SELECT EXISTS (SELECT 1 FROM peers WHERE queue_id = $1)";
/// Ends queues: their mail is swept later.
macro_rules! end_sql {
    ($which:literal) => {
        concat!(
            "WITH ended AS (DELETE FROM peers WHERE ",
            $which,
            " RETURNING no, acked, last_seq, since) \
             INSERT INTO sweeps (queue, after, upto, since) SELECT no, acked, last_seq, since FROM ended"
        )
    };
}
pub(super) use end_sql;

const DELETE: &str = end_sql!("queue_id = $1");
/// So many queues fewer.
pub(super) const LESS: &str = "UPDATE relay SET peers = peers - $1";
const COUNTS: &str = "SELECT count(*), COALESCE(sum(last_seq - acked), 0)::int8, \
     COALESCE(sum(total - acked_total), 0)::int8 FROM peers";

impl Database {
    pub(in crate::cluster) async fn create(&self, queue: &Queue) -> Result<(), Refusal> {
        within(async {
            let mut connection = self.connection().await?;
            let create = connection.prepare_cached(CREATE).await?;
            let transaction = connection.transaction().await?;
            let (address, key) = (queue.deposit_id.to_string(), b64_encode(queue.fetch_key));
            let last_seen = timestamp(queue.last_seen);
            let (id, cap) = (queue.queue_id.0.as_slice(), queue.cap.as_bytes().as_slice());
            if transaction.execute(&create, &[&address, &key, &last_seen, &id, &cap]).await? == 0 {
                return Err(Refusal::Conflict);
            }
            if transaction.execute(ONE_MORE, &[&i64::from(self.quotas().mailboxes)]).await? == 0 {
                return Err(Refusal::Full);
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Not from a follower of the server: what was revoked there would still be good here for a while.
    pub(in crate::cluster) async fn by_deposit(
        &self,
        ids: &[DepositId],
    ) -> Result<Vec<Option<Queue>>, Refusal> {
        within(async {
            let addresses: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let connection = self.connection().await?;
            let by_address = connection.prepare_cached(BY_ADDRESS).await?;
            let rows = connection.query(&by_address, &[&addresses]).await?;
            let found: HashMap<DepositId, Queue> =
                rows.iter().filter_map(queue).map(|queue| (queue.deposit_id, queue)).collect();
            Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
        })
        .await
    }

    pub(in crate::cluster) async fn by_queue(&self, id: &QueueId) -> Result<Option<Queue>, Refusal> {
        within(async {
            let connection = self.connection().await?;
            let by_queue = connection.prepare_cached(BY_QUEUE).await?;
            Ok(connection.query_opt(&by_queue, &[&id.0.as_slice()]).await?.as_ref().and_then(queue))
        })
        .await
    }

    pub(in crate::cluster) async fn revoke(&self, id: &QueueId, cap: &Secret32) -> Result<(), Refusal> {
        within(async {
            let connection = self.connection().await?;
            let revoke = connection.prepare_cached(REVOKE).await?;
            let changed =
                connection.execute(&revoke, &[&id.0.as_slice(), &cap.as_bytes().as_slice()]).await?;
            if changed == 0 { Err(Refusal::Unknown) } else { Ok(()) }
        })
        .await
    }

    pub(in crate::cluster) async fn touch(&self, id: &QueueId, now: u64) -> Result<(), Refusal> {
        within(async {
            let connection = self.connection().await?;
            let touch = connection.prepare_cached(TOUCH).await?;
            let hour = timestamp(whole_hour(now));
            let known: bool = connection.query_one(&touch, &[&id.0.as_slice(), &hour]).await?.get(0);
            if known { Ok(()) } else { Err(Refusal::Unknown) }
        })
        .await
    }

    /// Its mail is left to the sweep; what is remembered of its deposits goes by time, and leads to no queue any more.
    pub(in crate::cluster) async fn delete(&self, id: &QueueId) -> Result<(), Refusal> {
        within(async {
            let mut connection = self.connection().await?;
            let delete = connection.prepare_cached(DELETE).await?;
            let transaction = connection.transaction().await?;
            if transaction.execute(&delete, &[&id.0.as_slice()]).await? == 0 {
                return Err(Refusal::Unknown);
            }
            transaction.execute(LESS, &[&1_i64]).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// From a follower where there is one: sums may be some seconds old.
    pub(in crate::cluster) async fn counts(&self) -> Result<Counts, Refusal> {
        within(async {
            for follower in &self.followers {
                if let Some(connection) = follower.connection().await
                    && let Ok(row) = connection.query_one(COUNTS, &[]).await
                {
                    return Ok(counts(&row));
                }
            }
            Ok(counts(&self.connection().await?.query_one(COUNTS, &[]).await?))
        })
        .await
    }
}

fn counts(row: &Row) -> Counts {
    Counts { queues: unsigned(row.get(0)), mail: unsigned(row.get(1)), mail_bytes: unsigned(row.get(2)) }
}

/// `None` for a row that nobody of us has written.
fn queue(row: &Row) -> Option<Queue> {
    let cap: [u8; 32] = row.get::<_, &[u8]>(3).try_into().ok()?;
    Some(Queue {
        deposit_id: row.get::<_, &str>(0).parse().ok()?,
        queue_id: QueueId::from_slice(row.get(1))?,
        fetch_key: b64_decode(row.get(2)).ok()?.try_into().ok()?,
        cap: Secret32::new(cap),
        last_seen: unix_secs(row.get(4)),
    })
}
