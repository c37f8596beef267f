//! Opening: connect, migrate, start the threads. Knows both engines; knows no job.

use std::path::Path;
use std::thread;

use tokio::sync::oneshot;

use super::Inner;
use super::error::{DbError, OpenError};
use super::migration::{Engine, Migration, apply};
use super::pg::Postgres;
use super::sqlite::{self, Sqlite};
use super::threads;
use super::tx::Session;
use super::url::{DatabaseUrl, Place};

const READERS_MAX: usize = 4;

/// Opens on a thread of its own: files and servers may let us wait.
pub(super) async fn open(url: DatabaseUrl, steps: &'static [Migration]) -> Result<Inner, OpenError> {
    let (reply, answer) = oneshot::channel();
    let file = url.to_string();
    let work = move || {
        let _caller_may_have_left = reply.send(open_here(&url, steps));
    };
    let lost = |reason: String| OpenError::Unreachable { file: file.clone(), reason };
    thread::Builder::new().name("db-open".to_owned()).spawn(work).map_err(|error| lost(error.to_string()))?;
    answer.await.unwrap_or_else(|_| Err(lost("opening was interrupted".to_owned())))
}

/// A migrated session in memory.
#[expect(clippy::panic, reason = "steps are constants of the program: wrong ones must be seen at once")]
pub(super) fn memory(steps: &'static [Migration]) -> Box<dyn Session> {
    match memory_session(steps) {
        Ok(session) => session,
        Err(error) => panic!("the database in memory cannot be made: {error}"),
    }
}

fn open_here(url: &DatabaseUrl, steps: &'static [Migration]) -> Result<Inner, OpenError> {
    let file = url.to_string();
    let unreachable = |reason: String| OpenError::Unreachable { file: file.clone(), reason };
    let (writer, readers) = match url.place() {
        Place::Memory => (memory_session(steps)?, Vec::new()),
        Place::File(path) => files(path, steps, &file)?,
        Place::Postgres(address) => {
            let connect = || -> Result<Box<dyn Session>, OpenError> {
                Ok(Box::new(Postgres::connect(address).map_err(unreachable)?))
            };
            let mut writer = connect()?;
            apply(writer.as_mut(), Engine::Postgres, steps, &file)?;
            (writer, (0..reader_count()).map(|_| connect()).collect::<Result<_, _>>()?)
        }
    };
    let failed = |error: std::io::Error| unreachable(error.to_string());
    let readers = if readers.is_empty() { None } else { Some(threads::readers(readers).map_err(failed)?) };
    Ok(Inner::Threads { writer: threads::writer(writer).map_err(failed)?, readers })
}

type Sessions = (Box<dyn Session>, Vec<Box<dyn Session>>);

fn files(path: &Path, steps: &'static [Migration], file: &str) -> Result<Sessions, OpenError> {
    let unreachable = |reason: String| OpenError::Unreachable { file: file.to_owned(), reason };
    sqlite::create(path).map_err(|error| unreachable(error.to_string()))?;
    let connect = || -> Result<Box<dyn Session>, OpenError> {
        Ok(Box::new(Sqlite::file(path).map_err(|error: DbError| unreachable(error.to_string()))?))
    };
    let mut writer = connect()?;
    apply(writer.as_mut(), Engine::Sqlite, steps, file)?;
    Ok((writer, (0..reader_count()).map(|_| connect()).collect::<Result<_, _>>()?))
}

fn memory_session(steps: &'static [Migration]) -> Result<Box<dyn Session>, OpenError> {
    let file = "sqlite::memory:".to_owned();
    let mut session: Box<dyn Session> = match Sqlite::memory() {
        Ok(session) => Box::new(session),
        Err(error) => return Err(OpenError::Unreachable { file, reason: error.to_string() }),
    };
    apply(session.as_mut(), Engine::Sqlite, steps, &file)?;
    Ok(session)
}

fn reader_count() -> usize {
    thread::available_parallelism().map_or(2, usize::from).clamp(2, READERS_MAX)
}
