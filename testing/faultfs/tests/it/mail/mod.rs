//! The mail of a relay whose disk fails: nothing acknowledged is lost, given out twice, out of order, or made up.

mod boxes;
mod client;

use super::driver::{Fault, Place};
use super::journal::{Entry, Event};
use super::places::try_all;
use super::trial::{Client as _, begin};
pub(crate) use client::Correspondents;

/// Operations within which the store does everything that it does: the places that are tried.
const PLACES: u64 = 300;

#[test]
fn mail_survives_a_fault_at_every_operation() {
    let ops = what_a_quiet_life_does();
    let within: Vec<&Entry> = ops.iter().filter(|entry| entry.number <= PLACES).collect();
    assert!(ops.iter().any(|entry| entry.number > PLACES), "there are so many operations");
    let renamed = |name: &str| {
        within.iter().filter(|e| matches!(&e.event, Event::Rename { to, .. } if to.ends_with(name))).count()
    };
    assert!(renamed("snapshot") >= 2, "checkpoints are among them");
    let removed = |end: &str| {
        let gone =
            |e: &&&Entry| matches!(&e.event, Event::Unlink { path } if path.to_str().unwrap().ends_with(end));
        within.iter().filter(gone).count()
    };
    // The first letter to the second queue lies in the first segment and stays until the end: that the segment goes means
    // that the letter was written again.
    assert!(removed("0000000000.log") == 1, "and compaction");
    assert!(removed(".ids") >= 1, "and runs of ids that were merged");
    try_all::<Correspondents>(PLACES, PLACES as usize, 45);
}

/// The journal of a life without faults.
fn what_a_quiet_life_does() -> Vec<Entry> {
    let mut place = Place::new();
    let mut client = Correspondents::default();
    let mut driver = begin::<Correspondents>(&place, 0, Fault::Kill).unwrap();
    client.use_all(&mut driver, false, &mut || panic!("a start was refused")).unwrap();
    client.compare(&mut driver).unwrap();
    client.stop(&mut driver).unwrap();
    driver.kill();
    let entries = place.entries();
    place.power_cut(super::disk::Loss::All, true);
    super::trial::aftermath(&mut place, &mut client);
    entries
}
