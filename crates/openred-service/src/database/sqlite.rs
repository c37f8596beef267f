//! SQLite: how a connection is opened and what its codes mean. Knows no queue and no job.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, StatementStatus, ffi};

use super::error::DbError;
use super::placeholder;
use super::tx::{Kind, Session};
use super::value::{Row, Value};

/// Other processes (a backup, `sqlite3`) may hold the file this long before a caller gets `Busy`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const STATEMENTS_CACHED_MAX: usize = 256;
/// Rows that a statement may look at without an index before that is told.
const SCAN_ROWS: i32 = 100;

/// Every commit is synced (`FULL`), deleted rows are overwritten, temporary data stays in memory.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cache_size = -8192;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 67108864;
";

pub(super) struct Sqlite {
    connection: Connection,
    rewritten: HashMap<&'static str, String>,
    query_only: Option<bool>,
}

impl Sqlite {
    pub(super) fn memory() -> Result<Self, DbError> {
        Self::set_up(Connection::open_in_memory().map_err(|error| meaning(&error))?)
    }

    /// Opens the file at `path`, which exists (see [`create`]).
    pub(super) fn file(path: &Path) -> Result<Self, DbError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::set_up(Connection::open_with_flags(path, flags).map_err(|error| meaning(&error))?)
    }

    fn set_up(connection: Connection) -> Result<Self, DbError> {
        connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| meaning(&error))?;
        connection.execute_batch(SETTINGS).map_err(|error| meaning(&error))?;
        // Without this a statement whose plan looked at a value is prepared again for every other value.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(|error| meaning(&error))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
        Ok(Self { connection, rewritten: HashMap::new(), query_only: None })
    }

    fn text(&mut self, sql: &'static str) -> &str {
        self.rewritten.entry(sql).or_insert_with(|| placeholder::for_sqlite(sql))
    }

    fn set_query_only(&mut self, wanted: bool) -> Result<(), DbError> {
        if self.query_only != Some(wanted) {
            let switch = if wanted { "PRAGMA query_only = ON" } else { "PRAGMA query_only = OFF" };
            self.control(switch)?;
            self.query_only = Some(wanted);
        }
        Ok(())
    }
}

/// Makes the file, readable by its owner only, and its entry in the folder durable.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => file.sync_all()?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()?;
    }
    Ok(())
}

impl Session for Sqlite {
    fn begin(&mut self, kind: Kind) -> Result<(), DbError> {
        self.set_query_only(kind == Kind::Read)?;
        self.control(if kind == Kind::Write { "BEGIN IMMEDIATE" } else { "BEGIN" })
    }

    fn control(&mut self, sql: &'static str) -> Result<(), DbError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| meaning(&error))?;
        statement.raw_execute().map(drop).map_err(|error| meaning(&error))
    }

    fn script(&mut self, sql: &str) -> Result<(), DbError> {
        self.connection.execute_batch(sql).map_err(|error| meaning(&error))
    }

    fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, DbError> {
        self.text(sql);
        let mut statement =
            self.connection.prepare_cached(&self.rewritten[sql]).map_err(|error| meaning(&error))?;
        let changed =
            statement.execute(rusqlite::params_from_iter(values)).map_err(|error| meaning(&error))?;
        note_scan(sql, &statement);
        Ok(changed as u64)
    }

    fn query(&mut self, sql: &'static str, values: &[Value], rows_max: usize) -> Result<Vec<Row>, DbError> {
        self.text(sql);
        let mut statement =
            self.connection.prepare_cached(&self.rewritten[sql]).map_err(|error| meaning(&error))?;
        let columns = statement.column_count();
        let mut rows =
            statement.query(rusqlite::params_from_iter(values)).map_err(|error| meaning(&error))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|error| meaning(&error))? {
            if found.len() < rows_max {
                found.push(read(row, columns)?);
            }
        }
        drop(rows);
        note_scan(sql, &statement);
        Ok(found)
    }

    fn lost(&mut self) -> bool {
        self.connection.is_autocommit()
    }

    fn take_retry(&mut self) -> bool {
        false
    }

    fn synchronous(&mut self) -> Result<String, DbError> {
        let level = self
            .connection
            .pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))
            .map_err(|error| meaning(&error))?;
        Ok(["OFF", "NORMAL", "FULL", "EXTRA"].get(level as usize).copied().unwrap_or("unknown").to_owned())
    }

    fn close(&mut self) {
        let _best_effort = self.script("PRAGMA query_only = OFF; PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

fn read(row: &rusqlite::Row<'_>, columns: usize) -> Result<Row, DbError> {
    let mut values = Vec::with_capacity(columns);
    for column in 0..columns {
        values.push(match row.get_ref(column).map_err(|error| meaning(&error))? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(value) => Value::Int(value),
            ValueRef::Text(bytes) => Value::Text(
                String::from_utf8(bytes.to_vec())
                    .map_err(|_| DbError::Corrupt(format!("column {column} is not UTF-8")))?,
            ),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            ValueRef::Real(_) => return Err(DbError::Corrupt(format!("column {column} is a float"))),
        });
    }
    Ok(Row(values))
}

/// Says which statements look at a whole table, row by row: each costs more with every row that is ever written.
fn note_scan(sql: &'static str, statement: &Statement<'_>) {
    let rows = statement.reset_status(StatementStatus::FullscanStep);
    if rows >= SCAN_ROWS {
        metrics::counter!("openred_database_scans_total").increment(1);
        tracing::debug!(rows, sql, "A statement has looked at a table row by row.");
    }
}

/// What an error of SQLite means to a caller.
pub(super) fn meaning(error: &rusqlite::Error) -> DbError {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return DbError::Corrupt(error.to_string());
    };
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DbError::Busy,
        ErrorCode::DiskFull => DbError::Full,
        ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => DbError::Full,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => DbError::ReadOnly,
        ErrorCode::ConstraintViolation => {
            DbError::Conflict { constraint: constraint(message.as_deref().unwrap_or_default()) }
        }
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OperationInterrupted => {
            tracing::error!(code = failure.extended_code, "SQLite cannot use its file.");
            DbError::Gone
        }
        _ => DbError::Corrupt(error.to_string()),
    }
}

/// `UNIQUE constraint failed: posts.author, posts.n` → `posts.author, posts.n`.
fn constraint(message: &str) -> String {
    if message.starts_with("FOREIGN KEY") {
        return "foreign key".to_owned();
    }
    message.split_once(": ").map_or(message, |(_, what)| what).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_not_prepared_again_for_other_values() {
        const SQL: &str = "SELECT n FROM waiting WHERE state = $1 AND n > $2 ORDER BY n LIMIT $3";
        let mut sqlite = Sqlite::memory().unwrap();
        sqlite.script("CREATE TABLE waiting (n INTEGER, state INTEGER); CREATE INDEX open ON waiting (n) WHERE state = 0;").unwrap();
        for n in 0..10 {
            sqlite.query(SQL, &[Value::Int(n % 3), Value::Int(n), Value::Int(8)], 8).unwrap();
        }
        let statement = sqlite.connection.prepare_cached(&sqlite.rewritten[SQL]).unwrap();
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        assert_eq!(statement.get_status(StatementStatus::Run), 10);
    }
}
