//! Servers that follow the one that is written to. One that fails is left alone until it answers again, so that nobody waits
//! for it twice. Must not know: tables.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};

use openred_service::lifecycle::Lifecycle;

use super::pool::Database;

/// How often those that failed are tried again.
const AGAIN: Duration = Duration::from_secs(15);

/// One of them.
#[derive(Debug)]
pub(super) struct Follower {
    pool: Pool,
    away: AtomicBool,
}

impl Follower {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, away: AtomicBool::new(false) }
    }

    /// A connection; `None` when it is away.
    pub(super) async fn connection(&self) -> Option<Object> {
        if self.away.load(Ordering::Relaxed) { None } else { self.try_again().await }
    }

    async fn try_again(&self) -> Option<Object> {
        let connection = self.pool.get().await.ok();
        let was_away = self.away.swap(connection.is_none(), Ordering::Relaxed);
        if connection.is_none() && !was_away {
            tracing::warn!("A follower of PostgreSQL is away: reading from the first server.");
        }
        connection
    }
}

/// Tries those that failed; runs until the store is closed or dropped.
pub(super) async fn watch(database: Arc<Database>, life: Lifecycle) {
    while life.soft().run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_some() {
        for follower in &database.followers {
            let _noted_there = follower.try_again().await;
        }
    }
}
