//! Where a database lies. Knows the two address forms; opens nothing and shows no password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zeroize::Zeroizing;

/// Address of a database: `sqlite:PATH`, `sqlite::memory:` or `postgres://USER[:PASSWORD]@HOST[:PORT]/NAME[?…]`.
///
/// `Display` and `Debug` never show a password, so the value may be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Place);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    File(PathBuf),
    Memory,
    Postgres(Zeroizing<String>),
}

/// The text is none of the three forms. The text itself is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a database address: expected sqlite:PATH, sqlite::memory: or postgres://user@host/name")]
pub struct BadDatabaseUrl;

impl DatabaseUrl {
    /// A SQLite file at `path`; it is created, readable by its owner only, when it does not exist.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Place::File(path.into()))
    }

    /// A SQLite database that lives in memory and ends with its [`Database`](super::Database).
    pub fn memory() -> Self {
        Self(Place::Memory)
    }

    /// Path of the SQLite file; `None` for the other two forms.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            Place::Memory | Place::Postgres(_) => None,
        }
    }

    /// Whether the server of this address is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Place::Postgres(_))
    }

    /// The whole address of a server, password included: for who connects, never for who writes it down. `None` for SQLite.
    pub fn server(&self) -> Option<&str> {
        match &self.0 {
            Place::Postgres(url) => Some(url),
            Place::File(_) | Place::Memory => None,
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = BadDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, BadDatabaseUrl> {
        if text == "sqlite::memory:" {
            return Ok(Self(Place::Memory));
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(BadDatabaseUrl) } else { Ok(Self::file(path)) };
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(BadDatabaseUrl);
        }
        text.parse::<postgres::Config>().map_err(|_| BadDatabaseUrl)?;
        Ok(Self(Place::Postgres(Zeroizing::new(text.to_owned()))))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(path) => write!(f, "sqlite:{}", path.display()),
            Place::Memory => f.write_str("sqlite::memory:"),
            Place::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl<'de> serde::Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Built from the parsed parts, so that no unforeseen spelling can carry the password through.
fn without_password(url: &str) -> String {
    let Ok(config) = url.parse::<postgres::Config>() else {
        return "postgres://…".to_owned();
    };
    let host = match config.get_hosts().first() {
        Some(postgres::config::Host::Tcp(name)) => name.clone(),
        Some(postgres::config::Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let user = config.get_user().unwrap_or("");
    let name = config.get_dbname().unwrap_or(user);
    format!("postgres://{user}@{host}:{port}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_are_read_and_others_refused() {
        let file: DatabaseUrl = "sqlite:/var/ana.db".parse().unwrap();
        assert_eq!(file.path(), Some(Path::new("/var/ana.db")));
        assert_eq!("sqlite::memory:".parse(), Ok(DatabaseUrl::memory()));
        assert!("postgres://ana@db.example/openred".parse::<DatabaseUrl>().unwrap().is_postgres());
        for wrong in ["", "sqlite:", "mysql://x", "/var/ana.db", "postgres://ana@host:notaport/x"] {
            assert_eq!(wrong.parse::<DatabaseUrl>(), Err(BadDatabaseUrl), "{wrong:?} was accepted");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://ana:s3cret@db.example:5433/openred",
            "postgres://ana@db.example:5433/openred?password=s3cret",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), "postgres://ana@db.example:5433/openred");
            assert!(!format!("{url:?}").contains("s3cret"));
        }
    }
}
