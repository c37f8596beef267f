//! Whether the library sees everything, and settles what it should: a disk that is not itself tested proves nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::Command;

use super::disk::Loss;
use super::driver::{Fault, Place, command};
use super::journal::Event;

/// Changes and syncs of `faultfs-driver calls`.
const CALLS: u64 = 26;

fn run(place: &Place, at: u64, fault: Fault) -> bool {
    command(place, "calls", &place.folder, at, fault).status().unwrap().success()
}

#[test]
fn every_call_is_counted_once_and_the_journal_says_what_is_there() {
    let mut place = Place::new();
    assert!(run(&place, 0, Fault::Kill));
    let entries = place.entries();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=CALLS).collect::<Vec<_>>());
    assert_eq!(fs::read(place.folder.join("two")).unwrap(), b"over two");
    assert!(place.folder.join("six").is_file());
    place.power_cut(Loss::All, true);
    let four = fs::read(place.folder.join("four")).unwrap();
    assert_eq!((four.len(), &four[..11]), (9_000, b"in orderin ".as_slice()));
    assert_eq!(four[100..700], [7; 600]);
    assert_eq!(fs::read(place.folder.join("two")).unwrap(), b"", "its name is durable, its content is not");
    assert!(!place.folder.join("six").exists(), "the folder was not brought to disk since");
}

/// What the kernel was asked for, told by somebody else.
#[test]
fn strace_counts_the_same_calls() {
    let place = Place::new();
    let trace = place.folder.with_file_name("trace");
    let driver = command(&place, "calls", &place.folder, 0, Fault::Kill);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-o"]).arg(&trace);
    strace.args(["-e", "trace=openat,write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat"]);
    // The library goes into the program that is traced, not into strace.
    for (name, value) in driver.get_envs() {
        let both = format!("{}={}", name.to_str().unwrap(), value.unwrap().to_str().unwrap());
        strace.args(["-E", &both]);
    }
    let ran = strace.arg(driver.get_program()).args(driver.get_args()).output();
    let Ok(ran) = ran else { return skipped("strace missing") };
    if !ran.status.success() {
        return skipped("strace may not trace here");
    }
    let inside = format!("{}", place.folder.display());
    let ours = |line: &&str| {
        let (call, rest) = line.split_once('(').unwrap_or_default();
        let call = call.rsplit(' ').next().unwrap_or_default();
        let first = rest.split(", ").take(2).collect::<String>();
        let beside = first.contains(&format!("{inside}.")) || line.contains(" = -1 ");
        let opened = call != "openat" || line.contains("O_CREAT") || line.contains("O_TRUNC");
        first.contains(&inside) && !beside && opened
    };
    let text = fs::read_to_string(&trace).unwrap();
    let counted = text.lines().filter(ours).count();
    assert_eq!(counted as u64, CALLS, "{text}");
}

#[test]
fn the_operation_with_the_number_meets_the_fault_and_the_ones_before_it_do_not() {
    for at in 1..=CALLS {
        for fault in [Fault::Kill, Fault::Eio] {
            let mut place = Place::new();
            assert!(!run(&place, at, fault), "{at}: it ends early");
            let entries = place.entries();
            let last = entries.iter().rposition(|entry| matches!(entry.event, Event::Fault)).unwrap();
            assert_eq!(entries[last].number, at);
            assert!(entries[..last].iter().map(|entry| entry.number).eq(1..at), "{at}: all before");
            let after = entries[last + 1..].iter().filter(|e| !matches!(e.event, Event::SyncFailed { .. }));
            assert_eq!(after.count(), 0, "{at}: and it did not happen");
            place.power_cut(Loss::All, true);
        }
    }
}

#[test]
fn a_full_disk_takes_half_of_a_write_and_then_nothing_until_there_is_space() {
    let place = Place::new();
    assert!(!run(&place, 5, Fault::Enospc));
    let written: Vec<usize> = place
        .entries()
        .iter()
        .filter_map(|entry| if let Event::Write { len, .. } = entry.event { Some(len) } else { None })
        .collect();
    // The fifth lies inside what is there; the sixth operation that needs space is the growing cut.
    assert_eq!(written, [8, 10, 3, 600]);
    let place = Place::new();
    assert!(!run(&place, 3, Fault::Enospc));
    let half = place.entries();
    assert!(
        half.iter().any(|entry| matches!(entry.event, Event::Write { at: 4_000, len: 5, .. })),
        "{half:?}"
    );
    let place = Place::new();
    place.give_space();
    assert!(run(&place, 3, Fault::Enospc), "there is space");
}

#[test]
fn a_torn_disk_keeps_any_sectors_and_the_first_names() {
    let mut sizes = BTreeMap::new();
    for seed in 0..60 {
        let mut place = Place::new();
        assert!(run(&place, 0, Fault::Kill));
        place.power_cut(Loss::Torn(seed), true);
        let six = fs::read(place.folder.join("six")).ok();
        let two = fs::read(place.folder.join("two")).unwrap();
        assert!(two.is_empty() || two == b"over two", "one sector is whole or not there");
        *sizes.entry((six.map(|six| six.len()), two.len())).or_insert(0) += 1;
    }
    for found in [(None, 0), (None, 8), (Some(0), 0), (Some(19), 8)] {
        assert!(sizes.contains_key(&found), "{found:?} may happen: {sizes:?}");
    }
}

/// Tells `cargo xtask test` that the test could not do its work. Not a print macro: the test harness would swallow it.
fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _terminal_may_be_closed = writeln!(std::io::stderr(), "SKIPPED ({why}): {test}");
}
