//! The database of the services, over SQLite. Must not know: SQL, what should come out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use openred_service::database::{Database, DatabaseUrl, DbError, Row};
use tokio::sync::RwLock;

use super::{Refused, store};

/// The open database; `reopen` replaces it.
#[derive(Clone)]
pub(super) struct Rows {
    path: PathBuf,
    database: Arc<RwLock<Database>>,
}

/// Opens it, or makes it.
pub(super) async fn open(path: &Path) -> Result<Rows, Refused> {
    let database = Database::open(&DatabaseUrl::file(path), store::STEPS).await?;
    Ok(Rows { path: path.to_owned(), database: Arc::new(RwLock::new(database)) })
}

/// Carries out one call.
pub(super) async fn call(rows: Rows, words: Vec<String>) -> String {
    if words[0] == "reopen" {
        return rows.reopen().await;
    }
    let database = rows.database.read().await;
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<i64>().ok()).unwrap_or_default();
    match words[0].as_str() {
        "put" => {
            let (place, version) = (number(1), number(2));
            let body = body(place, version, number(3) as usize);
            told(database.write(move |tx| store::put(tx, place, &body)).await)
        }
        "all" => match database.read(store::all).await {
            Ok(found) => found.iter().fold("ok".to_owned(), |all, row| format!("{all} {}", shown(row))),
            Err(error) => code(&error),
        },
        other => format!("what is {other}?"),
    }
}

impl Rows {
    /// A stop, with what it does to the file, and a start.
    async fn reopen(&self) -> String {
        let mut database = self.database.write().await;
        database.close().await;
        match Database::open(&DatabaseUrl::file(&self.path), store::STEPS).await {
            Ok(opened) => {
                *database = opened;
                "ok".to_owned()
            }
            Err(error) => format!("no:{error}").replace(' ', "-"),
        }
    }
}

fn told(answer: Result<(), DbError>) -> String {
    answer.map_or_else(|error| code(&error), |()| "ok".to_owned())
}

fn code(error: &DbError) -> String {
    format!("no:{error:?}").replace(' ', "")
}

/// A body that says which it is, again and again.
fn body(place: i64, version: i64, bytes: usize) -> Vec<u8> {
    [place.to_be_bytes(), version.to_be_bytes()].concat().into_iter().cycle().take(bytes.max(16)).collect()
}

/// `PLACE:VERSION`, or `PLACE:torn` when the sides differ or one is not whole.
fn shown(row: &Row) -> String {
    let place = row.int(0).unwrap_or(-1);
    let (left, right) = (row.opt_blob(1).unwrap_or_default(), row.opt_blob(2).unwrap_or_default());
    let version = left.filter(|left| right == Some(*left)).and_then(|left| {
        let version = i64::from_be_bytes(*left.get(8..)?.first_chunk()?);
        (left == body(place, version, left.len())).then_some(version)
    });
    version.map_or_else(|| format!("{place}:torn"), |version| format!("{place}:{version}"))
}
