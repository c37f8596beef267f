//! The transaction handle that jobs get, and what an engine must offer to carry it. Knows no engine.

use std::cell::RefCell;

use super::error::DbError;
use super::value::{Row, Value};

/// Something to tell others once the rows are on disk.
pub(super) type Event = Box<dyn FnOnce() + Send>;

/// One transaction (or one savepoint of a shared one), lent to a job.
///
/// After a statement has failed every further statement answers the same error and the job counts as failed
/// whatever it returns: PostgreSQL ends a transaction at its first error, so SQLite must not allow more.
pub struct Tx<'a> {
    session: RefCell<&'a mut dyn Session>,
    failure: RefCell<Option<DbError>>,
    events: RefCell<Vec<Event>>,
}

/// One connection of one engine, on one thread.
pub(super) trait Session: Send {
    /// Begins a transaction, after connecting again if the connection was lost.
    fn begin(&mut self, kind: Kind) -> Result<(), DbError>;
    /// Runs a fixed statement without values: SAVEPOINT, RELEASE, COMMIT, ROLLBACK.
    fn control(&mut self, sql: &'static str) -> Result<(), DbError>;
    /// Runs several statements, separated by `;`, without values.
    fn script(&mut self, sql: &str) -> Result<(), DbError>;
    fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, DbError>;
    fn query(&mut self, sql: &'static str, values: &[Value], rows_max: usize) -> Result<Vec<Row>, DbError>;
    /// Whether the transaction has ended behind our back (disk full, connection lost).
    fn lost(&mut self) -> bool;
    /// Whether the last failure says "run the whole transaction again" (40001, 40P01, connection lost before
    /// COMMIT). Asking clears it.
    fn take_retry(&mut self) -> bool;
    /// The live durability setting.
    fn synchronous(&mut self) -> Result<String, DbError>;
    /// Leaves the data in one place, as far as the engine can.
    fn close(&mut self);
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

impl<'a> Tx<'a> {
    pub(super) fn new(session: &'a mut dyn Session) -> Self {
        Self { session: RefCell::new(session), failure: RefCell::default(), events: RefCell::default() }
    }

    /// Runs a statement that answers no rows; returns how many rows it changed.
    pub fn execute(&self, sql: &'static str, values: &[Value]) -> Result<u64, DbError> {
        self.guarded(|session| session.execute(sql, values))
    }

    /// The first row, or `None` when there is none.
    pub fn one(&self, sql: &'static str, values: &[Value]) -> Result<Option<Row>, DbError> {
        Ok(self.guarded(|session| session.query(sql, values, 1))?.pop())
    }

    /// All rows. Say `LIMIT`: they are all held in memory.
    pub fn all(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, DbError> {
        self.guarded(|session| session.query(sql, values, usize::MAX))
    }

    /// Calls `event` once the rows of this job are on disk, and not at all if they never get there.
    /// It runs on the writer's thread: wake somebody, do nothing else.
    pub fn after_commit(&self, event: impl FnOnce() + Send + 'static) {
        self.events.borrow_mut().push(Box::new(event));
    }

    /// The first failure of a statement, and the events of a job without one.
    pub(super) fn end(self) -> Result<Vec<Event>, DbError> {
        match self.failure.into_inner() {
            Some(failure) => Err(failure),
            None => Ok(self.events.into_inner()),
        }
    }

    fn guarded<T>(&self, run: impl FnOnce(&mut dyn Session) -> Result<T, DbError>) -> Result<T, DbError> {
        if let Some(failure) = &*self.failure.borrow() {
            return Err(failure.clone());
        }
        run(&mut **self.session.borrow_mut()).inspect_err(|error| {
            *self.failure.borrow_mut() = Some(error.clone());
        })
    }
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("failure", &self.failure).finish_non_exhaustive()
    }
}
