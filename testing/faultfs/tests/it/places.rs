//! Which places are tried, and what is told of it. Must not know: stores.
//!
//! | Variable | Meaning |
//! |---|---|
//! | `OPENRED_CRASH_PLACES` | Places for each fault of each store; not set: what fits into the time of all tests. |
//! | `OPENRED_CRASH_ONLY` | `FAULT PLACE`: that one alone, and the files are kept when it fails. |
//! | `OPENRED_CRASH_REPORT` | File to which a line per store and fault is appended: store, fault, places, failures, milliseconds. |

use std::any::Any;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::disk::Dice;
use super::driver::{Fault, Place};
use super::trial::{Client, Hit, trial};

/// Trials that run at a time.
const WORKERS: usize = 2;

/// Tries all faults at `of` operations from the first to the `last`, or at as many as the environment says; `usually`
/// when it says nothing.
pub(crate) fn try_all<C: Client>(last: u64, of: usize, usually: usize) {
    if let Some((fault, at)) = only() {
        return assert_eq!(one::<C>(fault, at, true, &AtomicUsize::new(0)), None);
    }
    let count = number("OPENRED_CRASH_PLACES").unwrap_or(usually).min(of);
    let failures: Vec<String> = Fault::ALL
        .into_iter()
        .flat_map(|fault| try_fault::<C>(fault, &sample(fault, last, of, count)))
        .collect();
    assert!(failures.is_empty(), "{} failures, the first:\n{}", failures.len(), failures[0]);
}

fn try_fault<C: Client>(fault: Fault, places: &[u64]) -> Vec<String> {
    let (next, missed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    let begun = now();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(at) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    failures.lock().unwrap().extend(one::<C>(fault, *at, false, &missed));
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let hit = places.len() - missed.into_inner();
    report(&[C::KIND, fault.name()], hit, failures.len(), begun);
    assert!(hit * 10 >= places.len() * 9, "only {hit} of {} operations happened", places.len());
    failures
}

/// What went wrong, and how to see it again. A place that this life did not come to is counted in `missed`.
fn one<C: Client>(fault: Fault, at: u64, keep: bool, missed: &AtomicUsize) -> Option<String> {
    let mut place = Place::new();
    let tried = catch_unwind(AssertUnwindSafe(|| trial::<C>(&mut place, fault, at)));
    let wrong = match tried {
        Ok(Hit::Yes) => return None,
        Ok(Hit::No) => {
            missed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Err(panic) => said(panic),
    };
    let kept = if keep { format!(" (files in {})", place.keep().display()) } else { String::new() };
    let (kind, fault) = (C::KIND, fault.name());
    Some(format!("OPENRED_CRASH_ONLY=\"{fault} {at}\" cargo test -p faultfs {kind}: {wrong}{kept}"))
}

/// The text of a panic.
pub(crate) fn said(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("it panicked").to_owned(),
    }
}

/// `count` of `of` places that lie evenly from 1 to `last`; others for each fault, the same in each run.
fn sample(fault: Fault, last: u64, of: usize, count: usize) -> Vec<u64> {
    let mut dice = Dice(fault as u64);
    let mut places: Vec<u64> = (0..of as u64).map(|n| 1 + n * last / of as u64).collect();
    while places.len() > count {
        places.swap_remove(dice.below(places.len() as u64) as usize);
    }
    places.sort_unstable();
    places
}

/// The number in a variable of the environment.
pub(crate) fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn only() -> Option<(Fault, u64)> {
    let text = std::env::var("OPENRED_CRASH_ONLY").ok()?;
    let (fault, at) = text.split_once(' ').unwrap();
    Some((Fault::ALL.into_iter().find(|known| known.name() == fault).unwrap(), at.parse().unwrap()))
}

#[expect(clippy::disallowed_methods, reason = "how long it took is told, and nothing depends on it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Tells how trials went.
pub(crate) fn report(what: &[&str; 2], places: usize, failures: usize, begun: Instant) {
    let [store, fault] = what;
    let line = format!("{store} {fault} {places} {failures} {}\n", begun.elapsed().as_millis());
    if let Ok(path) = std::env::var("OPENRED_CRASH_REPORT") {
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}
