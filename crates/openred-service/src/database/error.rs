//! What a database can answer instead of rows. Knows no engine: each engine maps its own codes here.

/// Why a statement or a transaction did not happen. Nothing of the job that got it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Others held the database for too long, or the queue stayed full. Try again later.
    #[error("the database is busy")]
    Busy,
    /// The disk is full. Reading still works; writing works again once there is space.
    #[error("the disk of the database is full")]
    Full,
    /// The file, the server or this transaction does not take writes.
    #[error("the database is read-only")]
    ReadOnly,
    /// A constraint refused the row. Say `ON CONFLICT` where this is expected.
    #[error("a constraint refused the row: {constraint}")]
    Conflict {
        /// `table.column[, table.column]` for keys and NOT NULL, the constraint's name or text for CHECK,
        /// `foreign key` for references; the same on both engines.
        constraint: String,
    },
    /// The file is damaged, or holds or answers what this program does not understand. Restore a backup.
    #[error("the database answered something unusable: {0}")]
    Corrupt(String),
    /// The database was closed, or its file or server cannot be reached.
    #[error("the database cannot be reached")]
    Gone,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer program has written this database. Update the program; the data is untouched.
    #[error("{file} was written by a newer version: its schema is {found}, this program knows {known}")]
    Newer {
        /// The database, without password.
        file: String,
        /// Schema number found.
        found: u32,
        /// Newest schema number this program knows.
        known: u32,
    },
    /// The numbers of the given migrations are not 1, 2, 3, …: a mistake in the program.
    #[error("migration {name} has number {found}, expected {expected}")]
    Numbering {
        /// Name of the migration.
        name: &'static str,
        /// Number it carries.
        found: u32,
        /// Number it should carry.
        expected: u32,
    },
    /// A migration failed and was rolled back; the database is as it was before this step.
    #[error("migration {version} ({name}) failed on {file}: {cause}")]
    Migration {
        /// The database, without password.
        file: String,
        /// Number of the migration.
        version: u32,
        /// Name of the migration.
        name: &'static str,
        /// What the engine said.
        cause: DbError,
    },
    /// The file or server cannot be opened.
    #[error("cannot open {file}: {reason}")]
    Unreachable {
        /// The database, without password.
        file: String,
        /// What the system or the server said.
        reason: String,
    },
}
