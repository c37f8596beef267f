//! Those who write letters and those who fetch them, and the list of what they were told. Must not know: disks, files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::boxes::{Fate, Known, Letter, Mailbox};
use crate::driver::Driver;
use crate::trial::{Client, Died};

/// When it begins, unix seconds.
const START: u64 = 1_800_057_600;
const DAY: u64 = 86_400;
/// When nearly everything is sent: 20 days later.
const NOW: u64 = START + 20 * DAY;
/// Letters sent before are dropped by the expiry of day 31; that of day 33 also forgets that they came.
const OLD: u64 = START + DAY;
/// The queue of the old letters, and one that is deleted.
const FORGOTTEN: u8 = 4;
const DELETED: u8 = 3;
const ALL: [u8; 4] = [1, 2, DELETED, FORGOTTEN];

/// How often a busy store is asked again before that is a fault: far more often than a checkpoint takes.
const MAX_INSISTENCE: u32 = 20_000;

/// The list.
#[derive(Default)]
pub(crate) struct Correspondents {
    boxes: BTreeMap<u8, Mailbox>,
    next_letter: u32,
    expired: Known,
    may_refuse: bool,
}

impl Client for Correspondents {
    const KIND: &'static str = "mail";

    fn path(folder: &Path) -> PathBuf {
        folder.to_owned()
    }

    fn use_all(
        &mut self,
        driver: &mut Driver,
        may_refuse: bool,
        relieve: &mut dyn FnMut(),
    ) -> Result<(), Died> {
        self.may_refuse = may_refuse;
        for n in ALL {
            self.create(driver, n)?;
        }
        self.deposit(driver, &[(FORGOTTEN, 2, 1_024)], START)?;
        for round in 0..16 {
            self.deposit(driver, &[(2, 1, 1_024)], NOW)?;
            self.deposit(driver, &[(1, 5, if round % 3 == 0 { 4_096 } else { 1_024 })], NOW)?;
            self.deposit(driver, &[(1, 1, 1_024), (1, 2, 1_024), (DELETED, 1, 1_024)], NOW)?;
            self.fetch(driver, 1)?;
            let upto = self.boxes[&1].last();
            self.ack(driver, 1, upto.saturating_sub(round % 2))?;
            match round {
                2 => self.revoke(driver, 2, 77)?,
                3 => self.touch(driver, 1)?,
                4 => self.expire(driver, START + 31 * DAY)?,
                5 => self.reopen(driver, relieve)?,
                7 => self.delete(driver, DELETED)?,
                9 => self.expire(driver, START + 33 * DAY)?,
                11 => self.reopen(driver, relieve)?,
                _ => {}
            }
        }
        self.may_refuse = false;
        Ok(())
    }

    fn compare(&mut self, driver: &mut Driver) -> Result<(), Died> {
        for n in ALL {
            self.fetch(driver, n)?;
            self.compare_cap(driver, n)?;
        }
        for n in [1, 2] {
            self.send_again(driver, n)?;
            self.fetch(driver, n)?;
        }
        Ok(())
    }

    fn works(&mut self, driver: &mut Driver) -> Result<(), Died> {
        self.may_refuse = false;
        for n in [1, 2] {
            if self.boxes.entry(n).or_default().created != Known::Yes {
                self.create(driver, n)?;
            }
            self.deposit(driver, &[(n, 3, 1_024), (n, 1, 4_096)], NOW)?;
            self.fetch(driver, n)?;
        }
        let upto = self.boxes[&1].last();
        self.ack(driver, 1, upto)
    }

    fn stop(&mut self, driver: &mut Driver) -> Result<(), Died> {
        self.simple(driver, "close").map(drop)
    }
}

impl Correspondents {
    fn mailbox(&mut self, n: u8) -> &mut Mailbox {
        self.boxes.entry(n).or_default()
    }

    /// A call that says `ok` or is refused; whether it was done.
    fn simple(&self, driver: &mut Driver, call: &str) -> Result<bool, Died> {
        let answer = driver.call(&[call.to_owned()]).remove(0).ok_or(Died)?;
        let done = answer == "ok";
        assert!(done || self.is_allowed(&answer), "{call}: {answer}");
        Ok(done)
    }

    fn is_allowed(&self, answer: &str) -> bool {
        self.may_refuse && matches!(answer, "no:Busy" | "no:Full")
    }

    fn create(&mut self, driver: &mut Driver, n: u8) -> Result<(), Died> {
        self.mailbox(n).created = Known::Maybe;
        self.mailbox(n).caps = [n, n];
        let done = self.simple(driver, &format!("create {n} {NOW}"))?;
        self.mailbox(n).created = if done { Known::Yes } else { Known::No };
        Ok(())
    }

    /// Sends letters in as many calls as there are orders (queue, count, bytes of each), all at once.
    fn deposit(&mut self, driver: &mut Driver, orders: &[(u8, u32, u32)], now: u64) -> Result<(), Died> {
        let (mut calls, mut sent) = (Vec::new(), Vec::new());
        for (n, count, bytes) in orders.iter().copied() {
            if !self.mailbox(n).stands() {
                continue;
            }
            let first = self.next_letter;
            self.next_letter += count;
            let letters: Vec<u32> = (first..first + count).collect();
            calls.push(deposit(n, bytes, now, &letters));
            for no in letters.clone() {
                self.mailbox(n).letters.insert(no, Letter { bytes, sent: now, fate: Fate::Maybe });
            }
            sent.push((n, letters));
        }
        let answers = driver.call(&calls);
        let all = answers.iter().all(Option::is_some);
        for ((n, letters), answer) in sent.into_iter().zip(answers) {
            let Some(answer) = answer else { continue };
            for (no, word) in letters.into_iter().zip(answer.split(' ')) {
                let fate = self.fate(word);
                self.mailbox(n).letters.get_mut(&no).unwrap().fate = fate;
            }
        }
        if !all {
            return Err(Died);
        }
        if self.may_refuse { Ok(()) } else { self.insist(driver) }
    }

    fn fate(&self, word: &str) -> Fate {
        match word.strip_suffix(":new") {
            Some(seq) => Fate::Held(seq.parse().unwrap()),
            None if word == "no:Busy" && !self.may_refuse => Fate::Busy,
            None => {
                assert!(self.is_allowed(word), "a deposit: {word}");
                Fate::Refused
            }
        }
    }

    /// While a checkpoint is slow, a store without any fault is `busy` too: the same letters again, until they are taken.
    fn insist(&mut self, driver: &mut Driver) -> Result<(), Died> {
        for _ in 0..MAX_INSISTENCE {
            let Some((n, no)) = self.busy() else { return Ok(()) };
            let letter = self.mailbox(n).letters.get_mut(&no).unwrap();
            letter.fate = Fate::Maybe;
            let call = deposit(n, letter.bytes, letter.sent, &[no]);
            let answer = driver.call(&[call]).remove(0).ok_or(Died)?;
            let fate = self.fate(&answer);
            self.mailbox(n).letters.get_mut(&no).unwrap().fate = fate;
        }
        panic!("the store stays busy");
    }

    fn busy(&self) -> Option<(u8, u32)> {
        self.boxes.iter().find_map(|(n, mailbox)| {
            mailbox.letters.iter().find(|(_, letter)| letter.fate == Fate::Busy).map(|(no, _)| (*n, *no))
        })
    }

    /// The same letters again: those that were acknowledged are known by the same number, also when they were fetched.
    fn send_again(&mut self, driver: &mut Driver, n: u8) -> Result<(), Died> {
        let mailbox = self.mailbox(n);
        if !mailbox.stands() {
            return Ok(());
        }
        let mut sent: BTreeMap<(u32, u64), Vec<u32>> = BTreeMap::new();
        for (no, letter) in mailbox.letters.iter().filter(|(_, letter)| !letter.is_refused()) {
            sent.entry((letter.bytes, letter.sent)).or_default().push(*no);
        }
        let calls: Vec<String> =
            sent.iter().map(|((bytes, now), all)| deposit(n, *bytes, *now, all)).collect();
        for (letters, answer) in sent.into_values().zip(driver.call(&calls)) {
            let answer = answer.ok_or(Died)?;
            for (no, word) in letters.into_iter().zip(answer.split(' ')) {
                self.sent_again(n, no, word);
            }
        }
        self.insist(driver)
    }

    fn sent_again(&mut self, n: u8, no: u32, word: &str) {
        let letter = self.mailbox(n).letters.get_mut(&no).unwrap();
        if word == "no:Busy" && letter.fate == Fate::Maybe {
            letter.fate = Fate::Busy;
            return;
        }
        let answer = word.split_once(':').and_then(|(seq, new)| Some((seq.parse().ok()?, new)));
        let (seq, new): (u64, &str) = answer.unwrap_or_else(|| panic!("queue {n}: {no} again: {word}"));
        let mailbox = self.mailbox(n);
        let upto = mailbox.acked_maybe;
        let letter = mailbox.letters.get_mut(&no).unwrap();
        match letter.fate {
            Fate::Held(held) => assert_eq!((seq, new), (held, "known"), "queue {n}: {no} is recognised"),
            _ if new == "new" => {}
            _ => assert!(seq <= upto, "queue {n}: {no} is known, and not there"),
        }
        letter.fate = Fate::Held(seq);
    }

    fn fetch(&mut self, driver: &mut Driver, n: u8) -> Result<(), Died> {
        let answer = driver.call(&[format!("fetch {n}")]).remove(0).ok_or(Died)?;
        let expired = (self.expired, OLD);
        let mailbox = self.mailbox(n);
        if answer.starts_with("ok") {
            assert!(mailbox.created != Known::No, "queue {n} was not made and is there");
            assert!(mailbox.deleted != Known::Yes, "queue {n} was deleted and is there");
            (mailbox.created, mailbox.deleted) = (Known::Yes, Known::No);
            mailbox.compare(n, &answer, expired);
        } else {
            assert_eq!(answer, "no:Unknown", "queue {n}");
            assert!(!mailbox.stands(), "queue {n} is lost");
            if mailbox.deleted == Known::Maybe {
                mailbox.deleted = Known::Yes;
            } else if mailbox.deleted == Known::No {
                mailbox.created = Known::No;
            }
        }
        Ok(())
    }

    fn ack(&mut self, driver: &mut Driver, n: u8, upto: u64) -> Result<(), Died> {
        if !self.boxes[&n].stands() {
            return Ok(());
        }
        let before = self.mailbox(n).acked_maybe;
        self.mailbox(n).acked_maybe = before.max(upto);
        if self.simple(driver, &format!("ack {n} {upto}"))? {
            self.mailbox(n).acked = self.mailbox(n).acked.max(upto);
        } else {
            self.mailbox(n).acked_maybe = before;
        }
        Ok(())
    }

    fn revoke(&mut self, driver: &mut Driver, n: u8, cap: u8) -> Result<(), Died> {
        if !self.boxes[&n].stands() {
            return Ok(());
        }
        let before = self.mailbox(n).caps[0];
        self.mailbox(n).caps[1] = cap;
        let done = self.simple(driver, &format!("revoke {n} {cap}"))?;
        self.mailbox(n).caps = if done { [cap, cap] } else { [before, before] };
        Ok(())
    }

    fn compare_cap(&mut self, driver: &mut Driver, n: u8) -> Result<(), Died> {
        let answer = driver.call(&[format!("cap {n}")]).remove(0).ok_or(Died)?;
        let mailbox = self.mailbox(n);
        if mailbox.stands() {
            let cap = answer.strip_prefix("ok ").and_then(|cap| cap.parse().ok());
            let cap = cap.unwrap_or_else(|| panic!("queue {n}: {answer}"));
            assert!(mailbox.caps.contains(&cap), "queue {n} has capability {cap} of {:?}", mailbox.caps);
            mailbox.caps = [cap, cap];
        } else {
            assert_eq!(answer, "none", "queue {n}");
        }
        Ok(())
    }

    fn touch(&self, driver: &mut Driver, n: u8) -> Result<(), Died> {
        if self.boxes[&n].stands() {
            self.simple(driver, &format!("touch {n} {}", NOW + 7_200))?;
        }
        Ok(())
    }

    fn delete(&mut self, driver: &mut Driver, n: u8) -> Result<(), Died> {
        if !self.boxes[&n].stands() {
            return Ok(());
        }
        self.mailbox(n).deleted = Known::Maybe;
        let done = self.simple(driver, &format!("delete {n}"))?;
        self.mailbox(n).deleted = if done { Known::Yes } else { Known::No };
        Ok(())
    }

    fn expire(&mut self, driver: &mut Driver, now: u64) -> Result<(), Died> {
        let before = self.expired;
        self.expired = before.max(Known::Maybe);
        let done = self.simple(driver, &format!("expire {now}"))?;
        self.expired = if done { Known::Yes } else { before };
        Ok(())
    }

    fn reopen(&self, driver: &mut Driver, relieve: &mut dyn FnMut()) -> Result<(), Died> {
        let answer = driver.call(&["reopen".to_owned()]).remove(0).ok_or(Died)?;
        if answer == "ok" {
            return Ok(());
        }
        assert!(self.may_refuse, "a start: {answer}");
        relieve();
        let again = driver.call(&["reopen".to_owned()]).remove(0).ok_or(Died)?;
        assert_eq!(again, "ok", "a start after {answer}");
        Ok(())
    }
}

/// A call that sends these letters.
fn deposit(n: u8, bytes: u32, now: u64, letters: &[u32]) -> String {
    letters.iter().fold(format!("deposit {n} {bytes} {now}"), |call, no| format!("{call} {no}"))
}
