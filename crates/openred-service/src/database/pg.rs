//! PostgreSQL: a connection on a thread of its own and what its codes mean. Knows no queue and no job.

use std::collections::HashMap;
use std::time::Duration;

use postgres::error::{DbError as ServerError, SqlState};
use postgres::types::ToSql;
use postgres::{Client, Config, NoTls, Statement};

use super::error::DbError;
use super::pg_value;
use super::tx::{Kind, Session};
use super::value::{Row, Value};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Writers see each other as if one came after the other, as with SQLite's single writer; who meets another
/// process gets 40001 and runs again.
const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

const SETTINGS: &str = "SET synchronous_commit = on; SET lock_timeout = '5s'; SET statement_timeout = '60s'; \
                        SET idle_in_transaction_session_timeout = '60s'; SET TIME ZONE 'UTC'; \
                        SET client_min_messages = warning";

pub(super) struct Postgres {
    config: Config,
    client: Client,
    statements: HashMap<&'static str, Statement>,
    retry: bool,
    in_transaction: bool,
}

impl Postgres {
    /// Connects. The error is the server's sentence, which holds no password.
    pub(super) fn connect(url: &str) -> Result<Self, String> {
        let mut config: Config = url.parse().map_err(|_| "not a PostgreSQL address".to_owned())?;
        config.connect_timeout(CONNECT_TIMEOUT).application_name("openred");
        let client = open(&config).map_err(|error| reason(&error))?;
        Ok(Self { config, client, statements: HashMap::new(), retry: false, in_transaction: false })
    }

    fn reconnect(&mut self) -> Result<(), DbError> {
        tracing::warn!("The connection to PostgreSQL was lost; connecting again.");
        self.client = open(&self.config).map_err(|_| DbError::Gone)?;
        self.statements.clear();
        Ok(())
    }

    fn statement(&mut self, sql: &'static str) -> Result<Statement, DbError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(|error| self.failed(&error))?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    /// Whether this connection is of no more use: it broke, or the server said goodbye (57P01 to 57P05).
    fn is_cut_off(&self, error: &postgres::Error) -> bool {
        let goodbye = error.code().is_some_and(|code| code.code().starts_with("57P"));
        goodbye || error.is_closed() || self.client.is_closed()
    }

    /// Notes whether the transaction may run again, and says what the error means.
    fn failed(&mut self, error: &postgres::Error) -> DbError {
        let again = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        self.retry |= error.code().is_some_and(|code| again.contains(code));
        self.retry |= self.in_transaction && self.is_cut_off(error);
        meaning(error)
    }
}

impl Session for Postgres {
    fn begin(&mut self, kind: Kind) -> Result<(), DbError> {
        let sql = if kind == Kind::Write { BEGIN_WRITE } else { BEGIN_READ };
        self.retry = false;
        self.in_transaction = false;
        if let Err(error) = self.client.batch_execute(sql) {
            if !self.is_cut_off(&error) {
                return Err(meaning(&error));
            }
            self.reconnect()?;
            self.client.batch_execute(sql).map_err(|error| meaning(&error))?;
        }
        self.in_transaction = true;
        Ok(())
    }

    fn control(&mut self, sql: &'static str) -> Result<(), DbError> {
        let ends = matches!(sql, "COMMIT" | "ROLLBACK");
        // Whether a COMMIT whose answer never came was kept is not known: it must not run again by itself.
        self.in_transaction &= !ends;
        self.client.batch_execute(sql).map_err(|error| self.failed(&error))
    }

    fn script(&mut self, sql: &str) -> Result<(), DbError> {
        self.client.batch_execute(sql).map_err(|error| self.failed(&error))
    }

    fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, DbError> {
        let statement = self.statement(sql)?;
        self.client.execute(&statement, &parameters(values)).map_err(|error| self.failed(&error))
    }

    fn query(&mut self, sql: &'static str, values: &[Value], rows_max: usize) -> Result<Vec<Row>, DbError> {
        let statement = self.statement(sql)?;
        let rows = self.client.query(&statement, &parameters(values)).map_err(|error| self.failed(&error))?;
        rows.iter().take(rows_max).map(pg_value::row).collect()
    }

    fn lost(&mut self) -> bool {
        self.client.is_closed()
    }

    fn take_retry(&mut self) -> bool {
        std::mem::take(&mut self.retry)
    }

    fn synchronous(&mut self) -> Result<String, DbError> {
        let row = self.client.query_one("SHOW synchronous_commit", &[]).map_err(|error| meaning(&error))?;
        Ok(row.get(0))
    }

    fn close(&mut self) {}
}

fn open(config: &Config) -> Result<Client, postgres::Error> {
    let mut client = config.connect(NoTls)?;
    client.batch_execute(SETTINGS)?;
    Ok(client)
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// What an error of PostgreSQL means to a caller.
fn meaning(error: &postgres::Error) -> DbError {
    let Some(server) = error.as_db_error() else {
        return if error.is_closed()
            || std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
        {
            DbError::Gone
        } else {
            DbError::Corrupt(reason(error))
        };
    };
    let code = server.code().code();
    match code {
        "40001" | "40P01" | "55P03" | "57014" | "53300" | "53200" | "25P03" => DbError::Busy,
        "53100" => DbError::Full,
        "25006" | "42501" => DbError::ReadOnly,
        "57P01" | "57P02" | "57P03" | "58030" | "3D000" => DbError::Gone,
        _ if code.starts_with("23") => DbError::Conflict { constraint: constraint(server) },
        _ if code.starts_with("08") => DbError::Gone,
        _ => DbError::Corrupt(reason(error)),
    }
}

/// The same words as SQLite's: `table.column, …` for keys and NOT NULL, the name for CHECK.
fn constraint(server: &ServerError) -> String {
    let table = server.table().unwrap_or_default();
    match server.code().code() {
        "23503" => "foreign key".to_owned(),
        "23502" => format!("{table}.{}", server.column().unwrap_or_default()),
        "23505" => key_columns(server.detail().unwrap_or_default())
            .map(|columns| columns.split(", ").map(|column| format!("{table}.{column}")).collect::<Vec<_>>())
            .map_or_else(|| server.constraint().unwrap_or_default().to_owned(), |columns| columns.join(", ")),
        _ => server.constraint().unwrap_or_default().to_owned(),
    }
}

/// `Key (author, n)=(…) already exists.` → `author, n`, in any language of the server.
fn key_columns(detail: &str) -> Option<&str> {
    let (_, rest) = detail.split_once('(')?;
    rest.split_once(")=(").map(|(columns, _)| columns)
}

/// The server's sentence without its detail, which repeats values of the row.
fn reason(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => format!("{} ({})", server.message(), server.code().code()),
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_columns_are_found_in_any_language() {
        assert_eq!(key_columns("Key (author, n)=(a, 1) already exists."), Some("author, n"));
        assert_eq!(key_columns("La clé « (n)=(1) » existe déjà."), Some("n"));
        assert_eq!(key_columns(""), None);
    }
}
