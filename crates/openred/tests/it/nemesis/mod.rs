//! Several processes that are one relay, while somebody kills them, their database and their Redis; and while an owner
//! restarts all of them with care. Thirty clients keep lists of their own of what was acknowledged to them.
//!
//! `OPENRED_NEMESIS_MINUTES` says how long each trial takes (1 otherwise); with `OPENRED_NEMESIS_REPORT` each adds a line of
//! JSON to that file. Must not know: how a relay keeps mail.

mod clients;
mod faults;
mod figures;
mod letters;
mod servers;
mod verdict;

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use clients::{Depositor, Owner};
use faults::Blows;
use figures::Figures;
use servers::Servers;
use verdict::Verdict;

use crate::trial::{alone, minutes_or, tell};

/// Who puts mail in, and who takes it out: thirty in all.
const DEPOSITORS: u32 = 20;
const MAILBOXES: u32 = 10;
const MINUTE_MS: f64 = 60_000.0;
/// Share of calls that a retrying client must get through within five seconds while all is restarted with care.
const AVAILABLE: f64 = 0.999;

/// What a trial brought.
struct Outcome {
    blows: Blows,
    figures: Figures,
    verdict: Verdict,
}

#[test]
fn what_a_relay_of_several_processes_acknowledged_survives_all_kills() {
    let Some(outcome) = tried("kills", faults::kills) else { return };
    let Outcome { blows, figures, verdict } = outcome;
    assert!(blows.relays > 0 && blows.redis > 0 && blows.postgres > 0, "{blows:?}");
    assert!(figures.retries() > 0, "the blows are felt");
    assert!(
        verdict.acknowledged > 100 && verdict.acked > 100,
        "there is mail, and some is fetched meanwhile"
    );
    assert_eq!(verdict.faults(), [0; 4], "lost, doubled, out of order, never sent: {verdict:?}");
}

#[test]
fn who_tries_again_is_served_within_five_seconds_while_everything_is_restarted() {
    let Some(outcome) = tried("rolling", faults::rolling) else { return };
    let Outcome { blows, figures, verdict } = outcome;
    assert!(blows.relays >= 3 && blows.postgres > 0, "{blows:?}");
    assert_eq!(verdict.faults(), [0; 4], "lost, doubled, out of order, never sent: {verdict:?}");
    assert!(figures.requests() > 1_000, "{figures:?}");
    assert!(figures.available() >= AVAILABLE, "{figures:?}");
}

#[test]
fn the_door_speaks_tls_1_3_and_nothing_older() {
    let Some(told) = servers::shakes_hands(["-tls1_3", "-tls1_2"]) else { return };
    assert_eq!(told, [true, false]);
}

/// Lets thirty clients work while `trouble` is made, and looks afterwards. `None`: something that is needed is missing.
fn tried(mode: &str, trouble: fn(&mut Servers, u64) -> Blows) -> Option<Outcome> {
    let _alone = alone();
    let mut servers = Servers::start()?;
    let minutes = minutes_or(1.0);
    let owners: Vec<Owner> = (0..MAILBOXES).map(|no| Owner::register(&servers, no)).collect();
    let depositors: Vec<Depositor> = (0..DEPOSITORS)
        .map(|no| Depositor::new(&servers, no, owners[(no % MAILBOXES) as usize].lane()))
        .collect();
    let (figures, over) = (Figures::default(), AtomicBool::new(false));
    let (blows, sent, read) = std::thread::scope(|scope| {
        let (figures, over) = (&figures, &over);
        let until_the_end = Over(over);
        let read = |owner| scope.spawn(move || Owner::work(owner, figures, over));
        let send = |depositor| scope.spawn(move || Depositor::work(depositor, figures, over));
        let reading: Vec<_> = owners.iter().map(read).collect();
        let sending: Vec<_> = depositors.iter().map(send).collect();
        let blows = trouble(&mut servers, (minutes * MINUTE_MS) as u64);
        servers.recover();
        drop(until_the_end);
        let sent: Vec<_> = sending.into_iter().map(|client| client.join().unwrap()).collect();
        let read: Vec<_> = reading.into_iter().map(|client| client.join().unwrap()).collect();
        (blows, sent, read)
    });
    let mut verdict = Verdict::default();
    for (owner, read) in owners.iter().zip(&read) {
        let sent = sent.iter().filter(|sent| sent.depositor % MAILBOXES == owner.no);
        verdict.look(&sent.collect::<Vec<_>>(), read, &owner.left(&servers));
    }
    let outcome = Outcome { blows, figures, verdict };
    tell(&outcome.line(mode, minutes));
    Some(outcome)
}

/// Ends the clients' work, however the trouble ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Outcome {
    fn line(&self, mode: &str, minutes: f64) -> Value {
        let (Self { blows, figures, verdict }, clients) = (self, DEPOSITORS + MAILBOXES);
        let [lost, doubled, disordered, phantom] = verdict.faults();
        json!({
            "mode": mode, "minutes": minutes, "clients": clients,
            "relays_restarted": blows.relays, "redis_restarted": blows.redis, "postgres_restarted": blows.postgres,
            "acknowledged": verdict.acknowledged, "read_and_acked": verdict.acked,
            "lost": lost, "doubled": doubled, "disordered": disordered, "phantom": phantom,
            "requests": figures.requests(), "retries": figures.retries(), "available": figures.available(),
            "deposit_p50_ms": figures.deposit_ms(50), "deposit_p99_ms": figures.deposit_ms(99),
            "slowest_ms": figures.slowest_ms(),
        })
    }
}
