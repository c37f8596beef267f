//! Real `kill -9` from outside, at moments that nobody has chosen, often in the middle of a call to the kernel.
//!
//! Must not know: what stores are asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use super::disk::{Dice, Loss};
use super::driver::{Fault, Place};
use super::mail::Correspondents;
use super::places::{now, number, report, said};
use super::rows::Clerk;
use super::trial::{Client, aftermath, begin};

/// Bytes of the journal of a life, about: somewhere before a process is killed.
const LIFE_BYTES: u64 = 400_000;

#[test]
fn mail_survives_kill_9() {
    kill_many::<Correspondents>(60, 200);
}

#[test]
fn rows_survive_kill_9() {
    kill_many::<Clerk>(20, 60);
}

/// `usually` in a run of all tests, at most `all` when the environment says how many.
fn kill_many<C: Client>(usually: usize, all: usize) {
    let times = number("OPENRED_CRASH_PLACES").unwrap_or(usually).min(all);
    let begun = now();
    let mut wrong = Vec::new();
    for n in 0..times as u64 {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| kill_one::<C>(n))) {
            wrong.push(format!("kill number {n}: {}", said(panic)));
        }
    }
    report(&[C::KIND, "kill-9"], times, wrong.len(), begun);
    assert!(wrong.is_empty(), "{} failures, the first: {}", wrong.len(), wrong[0]);
}

fn kill_one<C: Client>(n: u64) {
    let mut dice = Dice(n);
    let (mut place, mut client) = (Place::new(), C::default());
    let moment = dice.below(LIFE_BYTES);
    let mut driver = begin::<C>(&place, 0, Fault::Kill).unwrap();
    let (process, ended) = (driver.process(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| kill_when_journal_has(moment, &place, process, &ended));
        let _died = client.use_all(&mut driver, false, &mut || panic!("a start was refused"));
        ended.store(true, Ordering::Relaxed);
    });
    driver.dead();
    let loss = [Loss::Nothing, Loss::All, Loss::Torn(n)][dice.below(3) as usize];
    place.power_cut(loss, false);
    aftermath(&mut place, &mut client);
}

/// Also when the life has ended: then it is killed idle.
fn kill_when_journal_has(bytes: u64, place: &Place, process: Pid, ended: &AtomicBool) {
    let len = || std::fs::metadata(place.journal()).map_or(0, |meta| meta.len());
    while len() < bytes && !ended.load(Ordering::Relaxed) {
        std::thread::yield_now();
    }
    kill_process(process, Signal::KILL).unwrap();
}
