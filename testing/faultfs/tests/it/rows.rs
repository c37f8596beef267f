//! The database of the node and the directory, over SQLite, on a disk that fails: acknowledged rows stay, refused ones are
//! not there, and no transaction is there by half.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::disk::Loss;
use super::driver::{Driver, Fault, Place};
use super::places::try_all;
use super::trial::{Client, Died, aftermath, begin};

/// Keys in use.
const KEYS: u64 = 60;

/// What may and must be there.
#[derive(Default)]
pub(crate) struct Clerk {
    rows: BTreeMap<u64, Row>,
    version: u64,
    may_refuse: bool,
}

#[derive(Default)]
struct Row {
    /// The last version that was acknowledged.
    held: Option<u64>,
    /// Younger ones that nobody answered.
    maybe: BTreeSet<u64>,
}

#[test]
fn rows_survive_a_fault_at_operations_from_the_first_to_the_last() {
    let operations = operations_of_a_quiet_life();
    assert!(operations > 300, "{operations}");
    // How many there are depends on which transactions met in one commit.
    try_all::<Clerk>(operations * 9 / 10, 300, 25);
}

fn operations_of_a_quiet_life() -> u64 {
    let mut place = Place::new();
    let mut client = Clerk::default();
    let mut driver = begin::<Clerk>(&place, 0, Fault::Kill).unwrap();
    client.use_all(&mut driver, false, &mut || panic!("a start was refused")).unwrap();
    let operations = place.entries().last().unwrap().number;
    client.stop(&mut driver).unwrap();
    client.compare(&mut driver).unwrap();
    driver.kill();
    place.power_cut(Loss::All, true);
    aftermath(&mut place, &mut client);
    operations
}

impl Client for Clerk {
    const KIND: &'static str = "rows";

    fn path(folder: &Path) -> PathBuf {
        folder.join("rows.db")
    }

    fn use_all(
        &mut self,
        driver: &mut Driver,
        may_refuse: bool,
        relieve: &mut dyn FnMut(),
    ) -> Result<(), Died> {
        self.may_refuse = may_refuse;
        for round in 0..40_u64 {
            // One alone, then several that may meet in one commit; now and then a large one.
            self.put(driver, &[(round * 7 % KEYS, 40)])?;
            let several: Vec<(u64, u64)> = (0..6).map(|n| ((round * 6 + n) % KEYS, 60 + n)).collect();
            self.put(driver, &several)?;
            if round % 5 == 4 {
                self.put(driver, &[(round % KEYS, 9_000)])?;
            }
            if round % 13 == 12 {
                self.reopen(driver, relieve)?;
            }
        }
        self.may_refuse = false;
        Ok(())
    }

    fn compare(&mut self, driver: &mut Driver) -> Result<(), Died> {
        let answer = driver.call(&["all".to_owned()]).remove(0).ok_or(Died)?;
        let words = answer.strip_prefix("ok").unwrap_or_else(|| panic!("reading: {answer}"));
        let mut found = BTreeMap::new();
        for word in words.split_whitespace() {
            let (key, version) = word.split_once(':').unwrap();
            let version: u64 = version.parse().unwrap_or_else(|_| panic!("half of a transaction: {word}"));
            found.insert(key.parse::<u64>().unwrap(), version);
        }
        for (key, version) in &found {
            let row = self.rows.get_mut(key).unwrap_or_else(|| panic!("key {key} was never written"));
            assert!(
                row.held == Some(*version) || row.maybe.contains(version),
                "key {key} has version {version}, and {:?} was acknowledged, {:?} may be",
                row.held,
                row.maybe
            );
            (row.held, row.maybe) = (Some(*version), BTreeSet::new());
        }
        for (key, row) in &mut self.rows {
            assert!(row.held.is_none() || found.contains_key(key), "key {key}, acknowledged, is lost");
            row.maybe.clear();
        }
        Ok(())
    }

    fn works(&mut self, driver: &mut Driver) -> Result<(), Died> {
        self.put(driver, &[(1, 50)])?;
        let many: Vec<(u64, u64)> = (0..KEYS).map(|key| (key, 50)).collect();
        self.put(driver, &many)
    }

    fn stop(&mut self, driver: &mut Driver) -> Result<(), Died> {
        self.reopen(driver, &mut || panic!("a start was refused"))
    }
}

impl Clerk {
    /// Writes keys with so many bytes each, all at once, each in a transaction of its own.
    fn put(&mut self, driver: &mut Driver, rows: &[(u64, u64)]) -> Result<(), Died> {
        let mut calls = Vec::new();
        for (key, bytes) in rows {
            self.version += 1;
            self.rows.entry(*key).or_default().maybe.insert(self.version);
            calls.push((*key, self.version, format!("put {key} {} {bytes}", self.version)));
        }
        let lines: Vec<String> = calls.iter().map(|(.., line)| line.clone()).collect();
        let answers = driver.call(&lines);
        for ((key, version, line), answer) in calls.into_iter().zip(&answers) {
            let Some(answer) = answer else { continue };
            let row = self.rows.get_mut(&key).unwrap();
            row.maybe.remove(&version);
            if answer == "ok" {
                row.held = Some(version);
            } else {
                let told = matches!(answer.as_str(), "no:Gone" | "no:Full" | "no:Busy");
                assert!(self.may_refuse && told, "{line}: {answer}");
            }
        }
        if answers.iter().all(Option::is_some) { Ok(()) } else { Err(Died) }
    }

    fn reopen(&self, driver: &mut Driver, relieve: &mut dyn FnMut()) -> Result<(), Died> {
        let answer = driver.call(&["reopen".to_owned()]).remove(0).ok_or(Died)?;
        if answer != "ok" {
            assert!(self.may_refuse, "a start: {answer}");
            relieve();
            let again = driver.call(&["reopen".to_owned()]).remove(0).ok_or(Died)?;
            assert_eq!(again, "ok", "a start after {answer}");
        }
        Ok(())
    }
}
