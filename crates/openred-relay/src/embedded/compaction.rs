//! Getting space back from segments of which little is in use: their mail is written again at the end of the log, one
//! mebibyte with each flush, and then they are empty. Deposits wait for one such step at most.
//!
//! Must not know: callers.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::batch::Batch;
use super::record::Record;
use super::recovery::Segment;
use super::scan::Scan;
use super::shared::{Held, Shared};

/// Bytes of a segment looked at with each flush.
const STEP_BYTES: u64 = 1 << 20;

/// Which segment is being emptied.
#[derive(Default)]
pub(super) struct Compaction {
    victim: Option<Victim>,
    /// Segments that cannot be read through: they stay until their mail is gone.
    damaged: BTreeSet<u32>,
}

struct Victim {
    number: u32,
    segment: Segment,
    /// What is before was looked at.
    offset: u64,
}

impl Compaction {
    /// Whether there is something to do.
    pub(super) fn is_due(&self) -> bool {
        self.victim.is_some()
    }

    /// Looks for a segment before `from` to be emptied: when more than half of the log, and two segments besides, are not in
    /// use, the one with the least in use.
    pub(super) fn choose(&mut self, held: &Held, from: u32, segment_bytes: u32) {
        if self.victim.is_some() {
            return;
        }
        let old = || held.segments.range(..from).map(|(number, segment)| (*number, segment));
        let bytes: u64 = old().map(|(_, segment)| segment.bytes).sum();
        let used: u64 = old().map(|(number, _)| held.index.used(number)).sum();
        if bytes <= 2 * used + 2 * u64::from(segment_bytes) {
            return;
        }
        let readable = old().filter(|(number, _)| !self.damaged.contains(number));
        let least =
            readable.min_by_key(|(number, segment)| held.index.used(*number) * 1_000 / segment.bytes.max(1));
        self.victim = least.map(|(number, segment)| Victim { number, segment: segment.clone(), offset: 0 });
    }

    /// Puts the next mail to be kept into `batch`.
    pub(super) fn step(&mut self, shared: &Shared, batch: &mut Batch) -> io::Result<()> {
        let Some(victim) = self.victim.as_mut().filter(|_| batch.is_open()) else { return Ok(()) };
        let file = Arc::clone(&victim.segment.file);
        let mut scan = Scan::new(&file, victim.number, victim.offset, victim.segment.bytes);
        let until = victim.segment.bytes.min(victim.offset + STEP_BYTES);
        let held = shared.read();
        while scan.offset() < until {
            match scan.next() {
                Ok(Some((offset, Record::Mail(mail)))) => {
                    if held.index.holds(mail.no, mail.seq, victim.number, offset) {
                        batch.keep(&mail);
                    }
                }
                Ok(Some(_)) => {}
                unreadable => {
                    self.damaged.insert(victim.number);
                    self.victim = None;
                    return unreadable.and(Err(io::ErrorKind::InvalidData.into()));
                }
            }
        }
        victim.offset = scan.offset();
        Ok(())
    }

    /// The step is on disk. True when its segment is empty now.
    pub(super) fn stepped(&mut self) -> bool {
        let done = self.victim.as_ref().is_some_and(|victim| victim.offset >= victim.segment.bytes);
        if done {
            self.victim = None;
        }
        done
    }

    /// The step is not on disk: the segment is left, and may be chosen again.
    pub(super) fn abandon(&mut self) {
        self.victim = None;
    }
}
