//! The writer's rule: all who wait share one transaction, and all are answered after COMMIT. When one of them fails, all
//! run a second time, each in its own savepoint: a savepoint costs a copy of every page that is written (SQLite), or
//! three round trips instead of one (PostgreSQL), and few jobs fail. Knows sessions and jobs, neither engines nor threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use super::error::DbError;
use super::job::{ReadJob, WriteJob};
use super::tx::{Event, Kind, Session, Tx};

/// How often a transaction that met another process's (40001, 40P01) is run again before its jobs get `Busy`.
const ATTEMPTS_MAX: u32 = 40;
const BACKOFF_MS_MAX: u32 = 50;

type Jobs = Vec<Box<dyn WriteJob>>;

enum Outcome {
    /// On disk.
    Committed(Vec<Event>),
    /// Run the whole transaction again.
    Again,
    /// A job failed and there were no savepoints: run all again with savepoints.
    WithSavepoints,
    /// The job at this place ended the transaction of all; the others run again without it.
    Broken(usize),
    /// Nothing was kept.
    Failed(DbError),
}

/// Runs `jobs` in one transaction and answers each of them.
pub(super) fn write(session: &mut dyn Session, mut jobs: Jobs) {
    let mut attempt = 0;
    let mut savepoints = false;
    while !jobs.is_empty() {
        let shared = jobs.len() > 1;
        match transaction(session, &mut jobs, savepoints && shared) {
            Outcome::Committed(events) => {
                tell(events);
                return finish(jobs, &Ok(()));
            }
            Outcome::Again if attempt < ATTEMPTS_MAX => {
                attempt += 1;
                back_off(attempt);
            }
            Outcome::Again => return finish(jobs, &Err(DbError::Busy)),
            Outcome::WithSavepoints => savepoints = true,
            Outcome::Broken(place) => jobs.remove(place).finish(Err(DbError::Gone)),
            Outcome::Failed(DbError::Conflict { .. }) if shared => return one_by_one(session, jobs),
            Outcome::Failed(error) => return finish(jobs, &Err(error)),
        }
    }
}

/// Runs one reading job in a snapshot of its own.
pub(super) fn read(session: &mut dyn Session, job: Box<dyn ReadJob>) {
    if let Err(error) = session.begin(Kind::Read) {
        return job.run(Err(error));
    }
    let work = AssertUnwindSafe(|| job.run(Ok(Tx::new(&mut *session))));
    if catch_unwind(work).is_err() {
        tracing::error!("A reading job panicked.");
    }
    let _nothing_to_lose = session.control("ROLLBACK");
}

/// A constraint checked at COMMIT fails everybody: find out whose it is.
fn one_by_one(session: &mut dyn Session, jobs: Jobs) {
    for job in jobs {
        write(session, vec![job]);
    }
}

fn transaction(session: &mut dyn Session, jobs: &mut Jobs, savepoints: bool) -> Outcome {
    if let Err(error) = session.begin(Kind::Write) {
        return again_or_failed(session, error);
    }
    let outcome = run_all(session, jobs, savepoints);
    if let Outcome::Committed(_) = outcome {
        return match session.control("COMMIT") {
            Ok(()) => outcome,
            Err(error) => {
                let again = session.take_retry();
                let _may_be_gone = session.control("ROLLBACK");
                if again { Outcome::Again } else { Outcome::Failed(error) }
            }
        };
    }
    let _may_be_gone = session.control("ROLLBACK");
    outcome
}

/// Runs each job, in its savepoint if told so; a job alone needs none.
fn run_all(session: &mut dyn Session, jobs: &mut Jobs, savepoints: bool) -> Outcome {
    let alone = jobs.len() == 1;
    let mut told = Vec::new();
    for (place, job) in jobs.iter_mut().enumerate() {
        if savepoints && let Err(error) = session.control("SAVEPOINT job") {
            return again_or_failed(session, error);
        }
        let kept = match run(session, job.as_mut()) {
            Ok(events) => {
                told.extend(events);
                true
            }
            Err(()) => false,
        };
        if session.take_retry() {
            return Outcome::Again;
        }
        if session.lost() || (!kept && alone) {
            return Outcome::Broken(place);
        }
        if !savepoints {
            if kept {
                continue;
            }
            return Outcome::WithSavepoints;
        }
        let undone = if kept { Ok(()) } else { session.control("ROLLBACK TO SAVEPOINT job") };
        if let Err(error) = undone.and_then(|()| session.control("RELEASE SAVEPOINT job")) {
            return again_or_failed(session, error);
        }
    }
    Outcome::Committed(told)
}

fn again_or_failed(session: &mut dyn Session, error: DbError) -> Outcome {
    if session.take_retry() { Outcome::Again } else { Outcome::Failed(error) }
}

/// A job that panics counts as failed; its caller gets `Gone`.
fn run(session: &mut dyn Session, job: &mut dyn WriteJob) -> Result<Vec<Event>, ()> {
    let work = AssertUnwindSafe(|| job.run(Tx::new(session)));
    catch_unwind(work).unwrap_or_else(|_| {
        tracing::error!("A writing job panicked and was rolled back.");
        Err(())
    })
}

fn finish(jobs: Jobs, commit: &Result<(), DbError>) {
    for job in jobs {
        job.finish(commit.clone());
    }
}

fn tell(events: Vec<Event>) {
    for event in events {
        if catch_unwind(AssertUnwindSafe(event)).is_err() {
            tracing::error!("An after-commit event panicked; the rows are on disk.");
        }
    }
}

/// Longer with each attempt and different for each process, so that two do not meet for ever.
fn back_off(attempt: u32) {
    let own = std::process::id() % 7 + 1;
    thread::sleep(Duration::from_millis((attempt * own).min(BACKOFF_MS_MAX).into()));
}
