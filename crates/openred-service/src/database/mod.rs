//! One SQL text for SQLite and PostgreSQL, one writer, group commit. Knows no table of the product.
//!
//! Rules for those who write `store.rs`:
//! - `$1`, `$2`, … mark values, on both engines.
//! - `INSERT … ON CONFLICT` or `WHERE seq < $n`, never read-then-write across two calls.
//! - Flags are 0 and 1, times are integers. After a statement failed the job is over: return the error.
//! - A job has no effect but SQL: it may run again. What others must hear goes through [`Tx::after_commit`].
//!
//! ```
//! # use openred_service::database::{Database, DatabaseUrl, DbError, Migration};
//! const STEPS: &[Migration] = &[Migration {
//!     version: 1,
//!     name: "posts",
//!     sql: "CREATE TABLE posts (id {id}, body {text} NOT NULL) {strict}",
//! }];
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let database = Database::open(&DatabaseUrl::memory(), STEPS).await?;
//! let id: i64 = database
//!     .write(|tx| match tx.one("INSERT INTO posts (body) VALUES ($1) RETURNING id", &["Salut".into()])? {
//!         Some(row) => row.int(0),
//!         None => Err(DbError::Gone),
//!     })
//!     .await?;
//! assert_eq!(id, 1);
//! # Ok(()) }
//! ```

mod error;
mod group_commit;
mod job;
mod migration;
mod open;
mod pg;
mod pg_value;
mod placeholder;
mod sqlite;
mod threads;
mod tx;
mod url;
mod value;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

pub use error::{DbError, OpenError};
pub use migration::Migration;
pub use tx::Tx;
pub use url::{BadDatabaseUrl, DatabaseUrl};
pub use value::{Row, Value};

use threads::{Order, Queue};
use tx::Session;

/// A database: 1 writer thread, some reader threads, bounded queues. Clones share it; the threads end with the
/// last clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

enum Inner {
    Threads {
        writer: Queue,
        /// `None`: the data is in memory of one connection, which the writer owns.
        readers: Option<Queue>,
    },
    Inline(Mutex<Box<dyn Session>>),
}

impl Database {
    /// Opens the database at `url`, creates it when it is a SQLite file that does not exist, and brings its schema
    /// up to the last of `steps`.
    pub async fn open(url: &DatabaseUrl, steps: &'static [Migration]) -> Result<Self, OpenError> {
        open::open(url.clone(), steps).await.map(|inner| Self(Arc::new(inner)))
    }

    /// A SQLite database in memory whose jobs run on the caller's thread, in the order of their calls: for the
    /// simulator. The futures of `read` and `write` are ready at once.
    ///
    /// # Panics
    /// When `steps` do not apply to an empty database, which is a mistake in the program.
    pub fn inline(steps: &'static [Migration]) -> Self {
        Self(Arc::new(Inner::Inline(Mutex::new(open::memory(steps)))))
    }

    /// Runs `f` in a snapshot that does not change meanwhile. A writing statement in it is `ReadOnly`.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (job, answer) = job::Read::new(f);
        match &*self.0 {
            Inner::Threads { writer, readers } => {
                readers.as_ref().unwrap_or(writer).order(Order::Read(job)).await?;
            }
            Inner::Inline(session) => group_commit::read(held(session).as_mut(), job),
        }
        answer.await.unwrap_or_else(|_| Err(DbError::Gone.into()))
    }

    /// Runs `f` in a transaction shared with whoever waits, and resolves after COMMIT is on disk. An error rolls back
    /// what `f` did and nothing else.
    ///
    /// `f` may run again (PostgreSQL 40001, a group in which another job failed, a disk that became full): it must
    /// have no effect but SQL, and must not use up what it captured.
    /// A future dropped early does not stop the job.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnMut(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (job, answer) = job::Write::new(f);
        match &*self.0 {
            Inner::Threads { writer, .. } => writer.order(Order::Write(job)).await?,
            Inner::Inline(session) => group_commit::write(held(session).as_mut(), vec![job]),
        }
        answer.await.unwrap_or_else(|_| Err(DbError::Gone.into()))
    }

    /// The live durability setting of the writer: `FULL` on SQLite, `on` on PostgreSQL.
    pub async fn synchronous(&self) -> Result<String, DbError> {
        match &*self.0 {
            Inner::Threads { writer, .. } => {
                let (reply, answer) = oneshot::channel();
                writer.order(Order::Synchronous(reply)).await?;
                answer.await.unwrap_or(Err(DbError::Gone))
            }
            Inner::Inline(session) => held(session).synchronous(),
        }
    }

    /// Jobs that wait for the writer, at most 1,024; 0 for a database in memory of its caller.
    pub fn waiting(&self) -> usize {
        match &*self.0 {
            Inner::Threads { writer, .. } => writer.waiting(),
            Inner::Inline(_) => 0,
        }
    }

    /// Finishes what waits, moves the write-ahead log into the file and stops the threads: the last step of a stop.
    /// Later calls get `Gone`.
    pub async fn close(&self) {
        let Inner::Threads { writer, readers } = &*self.0 else { return };
        if let Some(readers) = readers {
            readers.close().await;
        }
        writer.close().await;
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}

fn held(session: &Mutex<Box<dyn Session>>) -> std::sync::MutexGuard<'_, Box<dyn Session>> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}
