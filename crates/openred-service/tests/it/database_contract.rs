//! What both engines promise alike. Each test runs on a SQLite file and on a private PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openred_service::database::{Database, DatabaseUrl, DbError, Migration, Tx};
use openred_service::testing::{PrivatePostgres, postgres};

const STEPS: &[Migration] = &[
    Migration {
        version: 1,
        name: "people",
        sql: "CREATE TABLE people (id {id}, name {text} NOT NULL UNIQUE, picture {blob}, age {int} CHECK (age >= 0)) {strict};
              CREATE TABLE posts (author {int} NOT NULL REFERENCES people (id), n {int} NOT NULL, body {text} NOT NULL,
                                  PRIMARY KEY (author, n)) {strict};",
    },
    Migration {
        version: 2,
        name: "heads",
        sql: "CREATE TABLE heads (id {int} PRIMARY KEY, seq {int} NOT NULL, body {text} NOT NULL) {strict}",
    },
];

/// A fresh database of one engine, and what must live as long.
struct Place {
    url: DatabaseUrl,
    _folder: Option<tempfile::TempDir>,
    _server: Option<Arc<PrivatePostgres>>,
}

fn places() -> Vec<Place> {
    let folder = tempfile::tempdir().unwrap();
    let file =
        Place { url: DatabaseUrl::file(folder.path().join("ana.db")), _folder: Some(folder), _server: None };
    let memory = Place { url: DatabaseUrl::memory(), _folder: None, _server: None };
    let server =
        postgres().map(|server| Place { url: server.fresh_database(), _folder: None, _server: Some(server) });
    [file, memory].into_iter().chain(server).collect()
}

async fn open(place: &Place) -> Database {
    Database::open(&place.url, STEPS).await.unwrap()
}

fn add(tx: &Tx<'_>, name: &str) -> Result<i64, DbError> {
    let row = tx.one("INSERT INTO people (name) VALUES ($1) RETURNING id", &[name.into()])?;
    row.ok_or(DbError::Gone)?.int(0)
}

async fn names(database: &Database) -> Vec<String> {
    let rows = database.read(|tx| tx.all("SELECT name FROM people ORDER BY name", &[])).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn values_come_back_as_they_were_given() {
    for place in places() {
        let database = open(&place).await;
        let row = database
            .write(|tx| {
                tx.execute(
                    "INSERT INTO people (name, picture, age) VALUES ($1, $2, $3)",
                    &["chloé".into(), vec![0u8, 255, 7].into(), 41i64.into()],
                )?;
                tx.one("SELECT name, picture, age, NULL, COUNT(*), SUM(age), id FROM people GROUP BY id", &[])
            })
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.text(0), Ok("chloé"));
        assert_eq!(row.blob(1), Ok(&[0u8, 255, 7][..]));
        assert_eq!(row.int(2), Ok(41));
        assert_eq!(row.opt_text(3), Ok(None));
        assert_eq!((row.int(4), row.int(5), row.int(6)), (Ok(1), Ok(41), Ok(1)));
        assert!(matches!(row.int(0), Err(DbError::Corrupt(_))));
    }
}

#[tokio::test]
async fn a_statement_may_name_its_second_value_first() {
    for place in places() {
        let database = open(&place).await;
        let swapped = database
            .write(|tx| {
                let id = add(tx, "ana")?;
                tx.execute(
                    "INSERT INTO posts (body, author, n) VALUES ($3, $2, $1)",
                    &[7i64.into(), id.into(), "x".into()],
                )?;
                tx.one("SELECT n FROM posts WHERE n = $2 AND author = $1", &[id.into(), 7i64.into()])
            })
            .await
            .unwrap();
        assert_eq!(swapped.unwrap().int(0), Ok(7), "values were swapped on {:?}", place.url);
    }
}

#[tokio::test]
async fn an_error_undoes_its_own_job_only() {
    for place in places() {
        let database = open(&place).await;
        let jobs = (0..40).map(|n| {
            let database = database.clone();
            async move {
                database
                    .write(move |tx| {
                        add(tx, &format!("guest {n:02}"))?;
                        if n % 4 == 0 { Err(DbError::Gone) } else { Ok(()) }
                    })
                    .await
            }
        });
        let results = futures_util::future::join_all(jobs).await;
        assert_eq!(results.iter().filter(|result| result.is_err()).count(), 10);
        let kept = names(&database).await;
        assert_eq!(kept.len(), 30, "on {:?}", place.url);
        assert!(!kept.contains(&"guest 04".to_owned()) && kept.contains(&"guest 05".to_owned()));
    }
}

#[tokio::test]
async fn a_conflict_is_named_alike_and_ends_its_job() {
    for place in places() {
        let database = open(&place).await;
        database.write(|tx| add(tx, "ana")).await.unwrap();
        let conflict = |what: &str| Err(DbError::Conflict { constraint: what.to_owned() });
        let twice = database.write(|tx| add(tx, "ana").map(drop)).await;
        assert_eq!(twice, conflict("people.name"), "on {:?}", place.url);
        let sql = "INSERT INTO posts (author, n, body) VALUES ($1, $2, $3)";
        let nobody =
            database.write(move |tx| tx.execute(sql, &[99i64.into(), 1i64.into(), "x".into()])).await;
        assert_eq!(nobody.map(drop), conflict("foreign key"));
        let again = database
            .write(move |tx| {
                tx.execute(sql, &[1i64.into(), 1i64.into(), "x".into()])?;
                tx.execute(sql, &[1i64.into(), 1i64.into(), "y".into()])
            })
            .await;
        assert_eq!(again.map(drop), conflict("posts.author, posts.n"));
        let swallowed = database
            .write(|tx| {
                let _ignored = add(tx, "ana");
                Ok::<(), DbError>(())
            })
            .await;
        assert_eq!(swallowed, conflict("people.name"), "a job must not hide a failed statement");
        assert_eq!(names(&database).await, ["ana"]);
    }
}

#[tokio::test]
async fn reading_jobs_cannot_write() {
    for place in places() {
        let database = open(&place).await;
        let refused = database.read(|tx| add(tx, "eve")).await;
        assert_eq!(refused, Err(DbError::ReadOnly), "on {:?}", place.url);
        database.write(|tx| add(tx, "ana")).await.unwrap();
        assert_eq!(names(&database).await, ["ana"]);
    }
}

#[tokio::test]
async fn events_are_told_after_commit_and_only_then() {
    for place in places() {
        let database = open(&place).await;
        let told = Arc::new(AtomicUsize::new(0));
        for (name, works) in [("ana", true), ("ana", false), ("ben", true)] {
            let told = Arc::clone(&told);
            let written = database
                .write(move |tx| {
                    let told = Arc::clone(&told);
                    tx.after_commit(move || {
                        told.fetch_add(1, Ordering::SeqCst);
                    });
                    add(tx, name)
                })
                .await;
            assert_eq!(written.is_ok(), works);
        }
        assert_eq!(told.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_panicking_job_harms_nobody_else() {
    for place in places() {
        let database = open(&place).await;
        let calm = database.write(|tx| add(tx, "ana"));
        let wild = database.write(|tx| -> Result<(), DbError> {
            add(tx, "eve")?;
            panic!("eve's job panics on purpose")
        });
        let (calm, wild) = tokio::join!(calm, wild);
        assert!(calm.is_ok());
        assert_eq!(wild, Err(DbError::Gone));
        assert_eq!(names(&database).await, ["ana"]);
    }
}

/// Eight writers offer the numbers 1…40 in different orders to one row: the highest stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_leave_the_newest_head() {
    for place in places() {
        let databases = sharing(&place).await;
        let writers = (0..8u64).map(|writer| {
            let database = databases[writer as usize % databases.len()].clone();
            async move {
                let mut accepted = 0;
                for step in 0..40u64 {
                    let seq = (step * (2 * writer + 1) + writer) % 40 + 1;
                    accepted += database.write(move |tx| offer(tx, seq)).await.unwrap();
                }
                accepted
            }
        });
        let accepted: u64 = futures_util::future::join_all(writers).await.into_iter().sum();
        let head = databases[0].read(|tx| tx.one("SELECT seq, body FROM heads WHERE id = 1", &[])).await;
        let head = head.unwrap().unwrap();
        assert_eq!((head.int(0), head.text(1)), (Ok(40), Ok("head 40")), "on {:?}", place.url);
        assert!((1..=40).contains(&accepted), "each number is accepted at most once, not {accepted} times");
    }
}

fn offer(tx: &Tx<'_>, seq: u64) -> Result<u64, DbError> {
    tx.execute(
        "INSERT INTO heads (id, seq, body) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, body = excluded.body WHERE heads.seq < excluded.seq",
        &[seq.into(), format!("head {seq}").into()],
    )
}

/// Eight writers read a counter and write it back in one job: none is lost, because writers come one after another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_count_together() {
    for place in places() {
        let databases = sharing(&place).await;
        databases[0]
            .write(|tx| tx.execute("INSERT INTO heads (id, seq, body) VALUES (2, 0, '')", &[]))
            .await
            .unwrap();
        let writers = (0..8usize).map(|writer| {
            let database = databases[writer % databases.len()].clone();
            async move {
                for _ in 0..15 {
                    database.write(count_one).await.unwrap();
                }
            }
        });
        futures_util::future::join_all(writers).await;
        let count = databases[0].read(|tx| tx.one("SELECT seq FROM heads WHERE id = 2", &[])).await;
        assert_eq!(count.unwrap().unwrap().int(0), Ok(120), "on {:?}", place.url);
    }
}

fn count_one(tx: &Tx<'_>) -> Result<(), DbError> {
    let row = tx.one("SELECT seq FROM heads WHERE id = 2", &[])?.ok_or(DbError::Gone)?;
    let next = row.int(0)? + 1;
    tx.execute("UPDATE heads SET seq = $1 WHERE id = 2", &[next.into()]).map(drop)
}

/// On PostgreSQL two daemons share the data, so that their transactions really meet.
async fn sharing(place: &Place) -> Vec<Database> {
    let mut databases = vec![open(place).await];
    if place.url.is_postgres() {
        databases.push(open(place).await);
    }
    databases
}

/// Eight writers insert the same names with `ON CONFLICT DO NOTHING`: each name is inserted by exactly one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_insert_each_name_once() {
    for place in places() {
        let databases = sharing(&place).await;
        let writers = (0..8usize).map(|writer| {
            let database = databases[writer % databases.len()].clone();
            async move {
                let mut inserted = 0;
                for n in 0..25 {
                    let name = format!("guest {:02}", (n * 3 + writer) % 25);
                    let sql = "INSERT INTO people (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
                    inserted +=
                        database.write(move |tx| tx.execute(sql, &[name.as_str().into()])).await.unwrap();
                }
                inserted
            }
        });
        let inserted: u64 = futures_util::future::join_all(writers).await.into_iter().sum();
        assert_eq!((inserted, names(&databases[0]).await.len()), (25, 25), "on {:?}", place.url);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_name_and_an_older_one_grows() {
    for place in places().into_iter().filter(|place| place.url != DatabaseUrl::memory()) {
        let old = Database::open(&place.url, &STEPS[..1]).await.unwrap();
        old.write(|tx| add(tx, "ana")).await.unwrap();
        old.close().await;
        let new = open(&place).await;
        assert_eq!(names(&new).await, ["ana"]);
        new.write(|tx| offer(tx, 1)).await.unwrap();
        new.close().await;
        let refused = Database::open(&place.url, &STEPS[..1]).await.unwrap_err().to_string();
        assert!(refused.contains(&place.url.to_string()) && refused.contains("newer"), "{refused}");
    }
}

#[tokio::test]
async fn a_failing_step_leaves_the_schema_as_it_was() {
    const BROKEN: &[Migration] = &[
        STEPS[0],
        Migration {
            version: 2,
            name: "half",
            sql: "CREATE TABLE half (id {int}); CREATE TABLE half (id {int})",
        },
    ];
    for place in places().into_iter().filter(|place| place.url != DatabaseUrl::memory()) {
        let failed = Database::open(&place.url, BROKEN).await.unwrap_err().to_string();
        assert!(failed.contains("migration 2 (half)"), "{failed}");
        let database = open(&place).await;
        assert_eq!(names(&database).await, [""; 0]);
    }
}

#[tokio::test]
async fn durability_is_what_it_says() {
    for place in places() {
        let setting = open(&place).await.synchronous().await.unwrap();
        assert_eq!(setting, if place.url.is_postgres() { "on" } else { "FULL" });
    }
}

#[tokio::test]
async fn a_closed_database_says_so() {
    for place in places() {
        let database = open(&place).await;
        database.write(|tx| add(tx, "ana")).await.unwrap();
        database.close().await;
        assert_eq!(database.write(|tx| add(tx, "ben")).await, Err(DbError::Gone));
        assert_eq!(database.read(|tx| tx.one("SELECT 1", &[])).await, Err(DbError::Gone));
    }
}

/// PostgreSQL only: the server restarts, or an administrator ends every connection.
#[tokio::test]
async fn lost_connections_are_made_again() {
    for place in places().into_iter().filter(|place| place.url.is_postgres()) {
        let (database, administrator) = (open(&place).await, open(&place).await);
        database.write(|tx| add(tx, "ana")).await.unwrap();
        for round in 0..3 {
            let ended = administrator
                .write(|tx| {
                    tx.all(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                         WHERE datname = current_database() AND pid <> pg_backend_pid()",
                        &[],
                    )
                })
                .await
                .unwrap();
            assert!(!ended.is_empty());
            let name = format!("guest {round}");
            database.write(move |tx| add(tx, &name)).await.unwrap();
            assert_eq!(names(&database).await.len(), round + 2);
        }
    }
}
