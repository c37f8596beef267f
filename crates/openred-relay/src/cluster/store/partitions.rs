//! Partitions of the two tables that grow by time: made before they are needed, dropped when they are too old.

use std::sync::PoisonError;

use deadpool_postgres::Object;

use crate::cluster::pg_types::timestamp;
use crate::cluster::pool::Database;
use crate::mailbox::Refusal;

const DAY_SECS: u64 = 86_400;
const MAKE: &str = "SELECT make_partition($1, $2, $3)";
const DROP: &str = "SELECT drop_partitions($1, $2, $3)";

/// A table and its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::cluster) struct Partition {
    table: &'static str,
    days: i32,
    /// Unix seconds.
    begins: u64,
}

impl Partition {
    /// Where mail lies that came at `secs`: a day.
    fn of_mail(secs: u64) -> Self {
        Self::of("messages", 1, secs)
    }

    /// Where deposits are remembered that came at `secs`: eight days.
    fn of_deposits(secs: u64) -> Self {
        Self::of("deposits", 8, secs)
    }

    fn of(table: &'static str, days: i32, secs: u64) -> Self {
        let length = u64::from(days.unsigned_abs()) * DAY_SECS;
        Self { table, days, begins: secs - secs % length }
    }
}

impl Database {
    /// Makes the partitions for these times, where they are not known to be there. Outside a transaction: making one
    /// locks its table.
    pub(in crate::cluster) async fn prepare(
        &self,
        connection: &Object,
        times: impl IntoIterator<Item = u64>,
    ) -> Result<(), Refusal> {
        for secs in times {
            for partition in [Partition::of_mail(secs), Partition::of_deposits(secs)] {
                if self.known().contains(&partition) {
                    continue;
                }
                let Partition { table, days, begins } = partition;
                connection.query_one(MAKE, &[&table, &timestamp(begins), &days]).await?;
                self.known().insert(partition);
            }
        }
        Ok(())
    }

    /// Drops the partitions whose whole time lies before.
    pub(in crate::cluster) async fn drop_old(
        &self,
        connection: &Object,
        mail_before: u64,
        ids_before: u64,
    ) -> Result<(), Refusal> {
        for (Partition { table, days, .. }, before) in
            [(Partition::of_mail(0), mail_before), (Partition::of_deposits(0), ids_before)]
        {
            connection.query_one(DROP, &[&table, &timestamp(before), &days]).await?;
        }
        self.forget_partitions();
        Ok(())
    }

    /// Partitions are asked for again: some may have gone.
    pub(in crate::cluster) fn forget_partitions(&self) {
        self.known().clear();
    }

    fn known(&self) -> std::sync::MutexGuard<'_, std::collections::HashSet<Partition>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
