//! What is held, in memory: queues, where their mail stands, and how much of each segment is in use. It follows from the
//! records alone: applying them again in their order gives the same.
//!
//! Must not know: files, threads.

use std::collections::{BTreeMap, HashMap, VecDeque};

use openred_core::ids::{DepositId, QueueId};

use super::record::{MAIL_HEAD, MailRecord, Record};
use crate::mailbox::{Queue, SizeClass};
use crate::store::Counts;

const DAY_SECS: u64 = 86_400;

/// One piece of mail in the log, 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u32,
    /// Where its record begins.
    pub(super) offset: u32,
    /// Unix seconds.
    pub(super) received: u32,
    pub(super) size: SizeClass,
}

impl Place {
    /// Bytes of its record.
    pub(super) fn record_bytes(&self) -> usize {
        MAIL_HEAD + self.size.bytes()
    }
}

/// A queue and its mail.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) queue: Queue,
    /// The seq of the next mail.
    pub(super) next: u64,
    /// The last mail before `next`, without gaps.
    pub(super) mail: VecDeque<Place>,
    /// Bytes of contents.
    pub(super) bytes: u64,
    /// The last day (UTC, since 1970) of a deposit, and how many there were on it.
    pub(super) day: u64,
    pub(super) of_day: u32,
}

impl Mailbox {
    pub(super) fn new(queue: Queue) -> Self {
        Self { queue, next: 1, mail: VecDeque::new(), bytes: 0, day: 0, of_day: 0 }
    }

    /// The seq of the oldest mail; of the next when there is none.
    pub(super) fn first(&self) -> u64 {
        self.next - self.mail.len() as u64
    }

    /// Deposits made on the day of `now`, or on a later one when the clock was set back.
    pub(super) fn deposits_today(&self, now: u64) -> u32 {
        if now / DAY_SECS > self.day { 0 } else { self.of_day }
    }

    fn count_deposit(&mut self, received: u64) {
        self.of_day = self.deposits_today(received) + 1;
        self.day = self.day.max(received / DAY_SECS);
    }

    fn place_mut(&mut self, seq: u64) -> Option<&mut Place> {
        let at = seq.checked_sub(self.first())?;
        self.mail.get_mut(usize::try_from(at).ok()?)
    }
}

/// Seconds until the next day (UTC) begins.
pub(super) fn rest_of_day(now: u64) -> u64 {
    DAY_SECS - now % DAY_SECS
}

/// Everything that is held.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By number; a number is used again after its queue has ended.
    mailboxes: Vec<Option<Box<Mailbox>>>,
    free: Vec<u32>,
    by_deposit: HashMap<DepositId, u32>,
    by_queue: HashMap<QueueId, u32>,
    /// Bytes of records of held mail, by segment.
    used: BTreeMap<u32, u64>,
    counts: Counts,
    /// Deposits before are forgotten, unix seconds.
    pub(super) ids_before: u64,
}

impl Index {
    /// Nothing, but that deposits before `ids_before` are forgotten, unix seconds.
    pub(super) fn new(ids_before: u64) -> Self {
        Self { ids_before, ..Self::default() }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Bytes of records in `segment` that are still needed.
    pub(super) fn used(&self, segment: u32) -> u64 {
        self.used.get(&segment).copied().unwrap_or(0)
    }

    /// The segments that hold mail.
    pub(super) fn used_segments(&self) -> impl Iterator<Item = u32> {
        self.used.keys().copied()
    }

    pub(super) fn by_deposit(&self, id: &DepositId) -> Option<(u32, &Mailbox)> {
        let no = *self.by_deposit.get(id)?;
        Some((no, self.mailbox(no)?))
    }

    pub(super) fn by_queue(&self, id: &QueueId) -> Option<(u32, &Mailbox)> {
        let no = *self.by_queue.get(id)?;
        Some((no, self.mailbox(no)?))
    }

    pub(super) fn mailbox(&self, no: u32) -> Option<&Mailbox> {
        self.mailboxes.get(no as usize)?.as_deref()
    }

    fn mailbox_mut(&mut self, no: u32) -> Option<&mut Mailbox> {
        self.mailboxes.get_mut(no as usize)?.as_deref_mut()
    }

    /// Queues with their numbers.
    pub(super) fn mailboxes(&self) -> impl Iterator<Item = (u32, &Mailbox)> {
        self.mailboxes.iter().enumerate().filter_map(|(no, held)| Some((no as u32, held.as_deref()?)))
    }

    /// The `ahead`-th number that no queue has.
    pub(super) fn free_number(&self, ahead: usize) -> u32 {
        match self.free.len().checked_sub(ahead + 1) {
            Some(at) => self.free[at],
            None => (self.mailboxes.len() + ahead - self.free.len()) as u32,
        }
    }

    /// Whether the record at this place is the one that holds mail `seq`.
    pub(super) fn holds(&self, no: u32, seq: u64, segment: u32, offset: u32) -> bool {
        let place = self.mailbox(no).and_then(|held| {
            let at = usize::try_from(seq.checked_sub(held.first())?).ok()?;
            held.mail.get(at)
        });
        place.is_some_and(|place| place.segment == segment && place.offset == offset)
    }

    /// Does what the record at this place says.
    pub(super) fn apply(&mut self, record: &Record<'_>, segment: u32, offset: u32) {
        match record {
            Record::Create { no, queue } => self.insert(*no, Mailbox::new((**queue).clone())),
            Record::Mail(mail) => self.mail(mail, segment, offset),
            Record::Ack { no, upto } => self.drop_front(*no, |_, seq| seq <= *upto),
            Record::Revoke { no, cap } => {
                if let Some(mailbox) = self.mailbox_mut(*no) {
                    mailbox.queue.cap = cap.clone();
                }
            }
            Record::Delete { no } => self.delete(*no),
            Record::Touch { no, hour } => {
                if let Some(mailbox) = self.mailbox_mut(*no) {
                    mailbox.queue.last_seen = mailbox.queue.last_seen.max(*hour);
                }
            }
            Record::Expire { mail_before, ids_before } => {
                for no in 0..self.mailboxes.len() as u32 {
                    self.drop_front(no, |place, _| u64::from(place.received) < *mail_before);
                }
                self.ids_before = self.ids_before.max(*ids_before);
            }
        }
    }

    /// Takes a queue with what it holds.
    pub(super) fn insert(&mut self, no: u32, mailbox: Mailbox) {
        let at = no as usize;
        while self.mailboxes.len() <= at {
            self.free.push(self.mailboxes.len() as u32);
            self.mailboxes.push(None);
        }
        if self.free.last() == Some(&no) {
            self.free.pop();
        } else {
            self.free.retain(|free| *free != no);
        }
        self.by_deposit.insert(mailbox.queue.deposit_id, no);
        self.by_queue.insert(mailbox.queue.queue_id, no);
        self.counts.queues += 1;
        for place in &mailbox.mail {
            hold(&mut self.used, &mut self.counts, place);
        }
        self.mailboxes[at] = Some(Box::new(mailbox));
    }

    fn mail(&mut self, mail: &MailRecord<'_>, segment: u32, offset: u32) {
        let Ok(size) = SizeClass::of(mail.content.len()) else { return };
        let received = u32::try_from(mail.received).unwrap_or(u32::MAX);
        let place = Place { segment, offset, received, size };
        let Some(mailbox) = self.mailboxes.get_mut(mail.no as usize).and_then(Option::as_deref_mut) else {
            return;
        };
        if mail.seq == mailbox.next && !mail.moved {
            mailbox.next += 1;
            mailbox.bytes += size.bytes() as u64;
            mailbox.count_deposit(mail.received);
            mailbox.mail.push_back(place);
            hold(&mut self.used, &mut self.counts, &place);
        } else if mail.moved
            && let Some(old) = mailbox.place_mut(mail.seq)
        {
            let old = std::mem::replace(old, place);
            release(&mut self.used, &mut self.counts, &old);
            hold(&mut self.used, &mut self.counts, &place);
        }
    }

    /// Drops the oldest mail for as long as `goes` says so of its place and seq.
    fn drop_front(&mut self, no: u32, goes: impl Fn(&Place, u64) -> bool) {
        let Some(mailbox) = self.mailboxes.get_mut(no as usize).and_then(Option::as_deref_mut) else {
            return;
        };
        while let Some(place) = mailbox.mail.front().copied()
            && goes(&place, mailbox.first())
        {
            mailbox.mail.pop_front();
            mailbox.bytes -= place.size.bytes() as u64;
            release(&mut self.used, &mut self.counts, &place);
        }
        if mailbox.mail.is_empty() {
            mailbox.mail.shrink_to(0);
        }
    }

    fn delete(&mut self, no: u32) {
        let Some(mailbox) = self.mailboxes.get_mut(no as usize).and_then(Option::take) else { return };
        self.by_deposit.remove(&mailbox.queue.deposit_id);
        self.by_queue.remove(&mailbox.queue.queue_id);
        self.counts.queues -= 1;
        for place in &mailbox.mail {
            release(&mut self.used, &mut self.counts, place);
        }
        self.free.push(no);
    }
}

fn hold(used: &mut BTreeMap<u32, u64>, counts: &mut Counts, place: &Place) {
    *used.entry(place.segment).or_default() += place.record_bytes() as u64;
    counts.mail += 1;
    counts.mail_bytes += place.size.bytes() as u64;
}

fn release(used: &mut BTreeMap<u32, u64>, counts: &mut Counts, place: &Place) {
    if let Some(bytes) = used.get_mut(&place.segment) {
        *bytes -= place.record_bytes() as u64;
        if *bytes == 0 {
            used.remove(&place.segment);
        }
    }
    counts.mail -= 1;
    counts.mail_bytes -= place.size.bytes() as u64;
}
