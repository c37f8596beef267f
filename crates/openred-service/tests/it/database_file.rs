//! What only a SQLite file can show: durability of a commit, permissions, damage, a full disk, the inline mode.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use openred_service::database::{Database, DatabaseUrl, DbError, Migration, OpenError};

const STEPS: &[Migration] = &[Migration {
    version: 1,
    name: "notes",
    sql: "CREATE TABLE notes (id {id}, body {blob} NOT NULL) {strict}",
}];

async fn write(database: &Database, body: Vec<u8>) -> Result<u64, DbError> {
    let sql = "INSERT INTO notes (body) VALUES ($1)";
    database.write(move |tx| tx.execute(sql, &[body.as_slice().into()])).await
}

async fn count(database: &Database) -> i64 {
    let row = database.read(|tx| tx.one("SELECT COUNT(*) FROM notes", &[])).await.unwrap();
    row.unwrap().int(0).unwrap()
}

#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ana.db");
    let database = Database::open(&DatabaseUrl::file(&path), STEPS).await.unwrap();
    write(&database, vec![1]).await.unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?} is open to others", entry.path());
    }
}

#[tokio::test]
async fn what_was_committed_is_in_the_files_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ana.db");
    let database = Database::open(&DatabaseUrl::file(&path), STEPS).await.unwrap();
    for n in 0..20 {
        write(&database, vec![n]).await.unwrap();
    }
    let copy = folder.path().join("after-the-crash");
    fs::create_dir(&copy).unwrap();
    for name in ["ana.db", "ana.db-wal"] {
        fs::copy(folder.path().join(name), copy.join(name)).unwrap();
    }
    let found = Database::open(&DatabaseUrl::file(copy.join("ana.db")), STEPS).await.unwrap();
    assert_eq!(count(&found).await, 20);
}

#[tokio::test]
async fn damage_is_corrupt_and_a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ana.db");
    fs::write(&path, vec![0x5a; 8192]).unwrap();
    let refused = Database::open(&DatabaseUrl::file(&path), STEPS).await.unwrap_err();
    assert!(
        matches!(&refused, OpenError::Unreachable { reason, .. } if reason.contains("not a database")),
        "{refused}"
    );
    let nowhere = folder.path().join("missing/ben.db");
    let refused = Database::open(&DatabaseUrl::file(&nowhere), STEPS).await.unwrap_err().to_string();
    assert!(refused.contains("missing/ben.db"), "{refused}");
}

#[tokio::test]
async fn a_full_disk_refuses_one_and_serves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&DatabaseUrl::file(folder.path().join("ana.db")), STEPS).await.unwrap();
    // A limit of pages answers as a full disk does: SQLITE_FULL, and the whole transaction is rolled back.
    database.write(|tx| tx.one("PRAGMA max_page_count = 40", &[])).await.unwrap();
    let (small, large, other) = tokio::join!(
        write(&database, vec![1; 100]),
        write(&database, vec![2; 1 << 20]),
        write(&database, vec![3; 100])
    );
    assert_eq!((small, large, other), (Ok(1), Err(DbError::Full), Ok(1)));
    assert_eq!(count(&database).await, 2);
}

#[tokio::test]
async fn another_process_that_holds_the_file_makes_it_busy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ana.db");
    let database = Database::open(&DatabaseUrl::file(&path), STEPS).await.unwrap();
    let backup = rusqlite::Connection::open(&path).unwrap();
    backup.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(write(&database, vec![1]).await, Err(DbError::Busy));
    backup.execute_batch("ROLLBACK").unwrap();
    assert_eq!(write(&database, vec![1]).await, Ok(1));
}

#[test]
fn inline_jobs_are_done_when_the_future_is_first_asked() {
    let database = Database::inline(STEPS);
    let waker = Waker::noop();
    let mut written = pin!(write(&database, vec![1]));
    assert_eq!(written.as_mut().poll(&mut Context::from_waker(waker)), Poll::Ready(Ok(1)));
    let mut counted = pin!(count(&database));
    assert_eq!(counted.as_mut().poll(&mut Context::from_waker(waker)), Poll::Ready(1));
}
