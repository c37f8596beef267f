//! What one flush brings to disk: orders judged one after another, their records, and the answers that wait for the flush.
//!
//! Nothing is applied before it is on disk. So what a batch has promised of numbers, places and quotas is counted here, and
//! what it has told the memory of ids is taken back when the flush fails. Must not know: the disk.

use std::collections::HashMap;

use openred_core::ids::{DepositId, QueueId};

use super::committer::{Change, Reply};
use super::ids::{self, Ids, Key, Row};
use super::index::{Index, Mailbox, rest_of_day};
use super::record::{self, MailRecord, Record};
use super::shared::Shared;
use crate::mailbox::{Deposit, Queue, Quotas, Refusal, SizeClass, Stored, whole_hour};

/// One flush in the making.
#[derive(Default)]
pub(super) struct Batch {
    /// Where its first record will stand.
    segment: u32,
    offset: u64,
    records: Vec<u8>,
    /// Why nothing is taken at all.
    closed: Option<Refusal>,
    /// Why no new mail is taken.
    no_mail: Option<Refusal>,
    promised: HashMap<u32, Promised>,
    created: Vec<(DepositId, QueueId)>,
    remembered: Vec<(Key, Option<Row>)>,
    mail_replies: Vec<(Reply<Answers>, Answers)>,
    change_replies: Vec<(Reply<Done>, Done)>,
    expires: bool,
}

type Answers = Vec<Result<Stored, Refusal>>;
type Done = Result<(), Refusal>;

/// New mail of one queue in this batch.
#[derive(Clone, Copy, Default)]
struct Promised {
    count: u32,
    bytes: u64,
}

impl Batch {
    /// Empties it; its records will stand in `segment` from `offset`. `no_mail` refuses all new mail.
    pub(super) fn begin(&mut self, segment: u32, offset: u64, no_mail: Option<Refusal>) {
        (self.segment, self.offset, self.no_mail, self.closed) = (segment, offset, no_mail, None);
    }

    /// Empties it; everything is refused.
    pub(super) fn begin_closed(&mut self, why: Refusal) {
        (self.no_mail, self.closed) = (Some(why), Some(why));
    }

    /// Whether nothing changes.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether anything may be put in.
    pub(super) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether it makes mail expire.
    pub(super) fn expires(&self) -> bool {
        self.expires
    }

    /// Its records.
    pub(super) fn records(&mut self) -> &mut Vec<u8> {
        &mut self.records
    }

    /// Judges deposits; they are answered with the batch.
    pub(super) fn deposits(
        &mut self,
        index: &Index,
        ids: &mut Ids,
        quotas: &Quotas,
        deposits: &[Deposit],
        now: u64,
        reply: Reply<Answers>,
    ) {
        let answers = deposits.iter().map(|deposit| self.deposit(index, ids, quotas, deposit, now)).collect();
        self.mail_replies.push((reply, answers));
    }

    fn deposit(
        &mut self,
        index: &Index,
        ids: &mut Ids,
        quotas: &Quotas,
        deposit: &Deposit,
        now: u64,
    ) -> Result<Stored, Refusal> {
        let (no, mailbox) = index.by_deposit(&deposit.deposit_id).ok_or(Refusal::Unknown)?;
        let queue_id = mailbox.queue.queue_id;
        let size = SizeClass::of(deposit.content.len())?;
        let key = ids::key(&deposit.deposit_id, &deposit.client_id);
        let digest = deposit.digest.short().0;
        let known = ids.get(&key, index.ids_before).map_err(|error| {
            tracing::error!(%error, "Remembered deposits cannot be read.");
            Refusal::Busy
        })?;
        match known {
            Some(row) if row.digest == digest => return Ok(Stored { seq: row.seq, queue_id, new: false }),
            Some(_) => return Err(Refusal::Conflict),
            None => {}
        }
        let promised = self.promised.entry(no).or_default();
        admit(mailbox, *promised, size, quotas, now)?;
        if let Some(refusal) = self.no_mail {
            return Err(refusal);
        }
        let seq = mailbox.next + u64::from(promised.count);
        promised.count += 1;
        promised.bytes += size.bytes() as u64;
        let received = u32::try_from(now).unwrap_or(u32::MAX);
        self.remembered.push((key, ids.insert(key, Row { seq, received, digest })));
        let record = MailRecord {
            moved: false,
            no,
            seq,
            received: received.into(),
            client_id: deposit.client_id,
            digest,
            content: &deposit.content,
        };
        self.push(&Record::Mail(record));
        Ok(Stored { seq, queue_id, new: true })
    }

    /// Judges a change; it is answered with the batch.
    pub(super) fn change(&mut self, index: &Index, quotas: &Quotas, change: Change, reply: Reply<Done>) {
        let answer = match self.closed {
            Some(refusal) => Err(refusal),
            None => self.changed(index, quotas, change),
        };
        self.change_replies.push((reply, answer));
    }

    fn changed(&mut self, index: &Index, quotas: &Quotas, change: Change) -> Result<(), Refusal> {
        let number = |id: &QueueId| index.by_queue(id).ok_or(Refusal::Unknown);
        let record = match change {
            Change::Create(queue) => self.create(index, quotas, queue)?,
            Change::Ack(id, upto) => {
                let (no, mailbox) = number(&id)?;
                let upto = upto.min(mailbox.next - 1);
                if upto < mailbox.first() {
                    return Ok(());
                }
                Record::Ack { no, upto }
            }
            Change::Revoke(id, cap) => Record::Revoke { no: number(&id)?.0, cap },
            Change::Delete(id) => Record::Delete { no: number(&id)?.0 },
            Change::Touch(id, now) => {
                let (no, mailbox) = number(&id)?;
                let hour = whole_hour(now);
                if hour <= mailbox.queue.last_seen {
                    return Ok(());
                }
                Record::Touch { no, hour }
            }
            Change::Expire { mail_before, ids_before, seen_before } => {
                self.expires = true;
                let abandoned =
                    index.mailboxes().filter(|(_, mailbox)| mailbox.queue.last_seen < seen_before);
                for (no, _) in abandoned {
                    self.push(&Record::Delete { no });
                }
                Record::Expire { mail_before, ids_before }
            }
        };
        self.push(&record);
        Ok(())
    }

    fn create(
        &mut self,
        index: &Index,
        quotas: &Quotas,
        queue: Box<Queue>,
    ) -> Result<Record<'static>, Refusal> {
        let ids = (queue.deposit_id, queue.queue_id);
        let taken = index.by_deposit(&ids.0).is_some() || index.by_queue(&ids.1).is_some();
        if taken || self.created.iter().any(|(deposit, fetch)| *deposit == ids.0 || *fetch == ids.1) {
            return Err(Refusal::Conflict);
        }
        if index.counts().queues + self.created.len() as u64 >= quotas.mailboxes.into() {
            return Err(Refusal::Full);
        }
        let no = index.free_number(self.created.len());
        self.created.push(ids);
        Ok(Record::Create { no, queue })
    }

    /// Keeps mail at a new place: part of making room.
    pub(super) fn keep(&mut self, mail: &MailRecord<'_>) {
        self.push(&Record::Mail(MailRecord { moved: true, ..*mail }));
    }

    fn push(&mut self, record: &Record<'_>) {
        record.write(self.segment, &mut self.records);
    }

    /// It is on disk: applies what its records say, as a start would, and answers.
    pub(super) fn applied(&mut self, shared: &Shared) {
        if !self.records.is_empty() {
            let mut held = shared.write();
            let mut at = 0;
            while let Some((record, len)) = record::read_own(&self.records[at..]) {
                held.index.apply(&record, self.segment, (self.offset + at as u64) as u32);
                at += len;
            }
            if let Some(segment) = held.segments.get_mut(&self.segment) {
                segment.bytes = self.offset + at as u64;
            }
        }
        for (reply, answers) in self.mail_replies.drain(..) {
            let _caller_may_have_left = reply.send(answers);
        }
        for (reply, answer) in self.change_replies.drain(..) {
            let _caller_may_have_left = reply.send(answer);
        }
        self.clear();
    }

    /// It is not on disk: nothing of it was kept, and whatever was to be answered as done is refused.
    pub(super) fn refused(&mut self, ids: &mut Ids, why: Refusal) {
        for (key, old) in self.remembered.drain(..).rev() {
            ids.undo(&key, old);
        }
        for (reply, mut answers) in self.mail_replies.drain(..) {
            answers.iter_mut().filter(|answer| answer.is_ok()).for_each(|answer| *answer = Err(why));
            let _caller_may_have_left = reply.send(answers);
        }
        for (reply, answer) in self.change_replies.drain(..) {
            let _caller_may_have_left = reply.send(answer.and(Err(why)));
        }
        self.clear();
    }

    fn clear(&mut self) {
        self.records.clear();
        self.promised.clear();
        self.created.clear();
        self.remembered.clear();
        self.expires = false;
    }
}

/// Whether a mailbox takes one more.
fn admit(
    mailbox: &Mailbox,
    promised: Promised,
    size: SizeClass,
    quotas: &Quotas,
    now: u64,
) -> Result<(), Refusal> {
    if mailbox.deposits_today(now).saturating_add(promised.count) >= quotas.deposits_per_day {
        return Err(Refusal::SlowDown { retry_secs: rest_of_day(now) });
    }
    let count = mailbox.mail.len() as u64 + u64::from(promised.count);
    let bytes = mailbox.bytes + promised.bytes + size.bytes() as u64;
    if count >= quotas.mailbox_count.into() || bytes > quotas.mailbox_bytes {
        Err(Refusal::Full)
    } else {
        Ok(())
    }
}
