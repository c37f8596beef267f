//! The same rules once more, as plainly as possible: lists in memory, nothing is ever on a disk.

use openred_core::ids::{ClientId, DepositId, Hash};
use openred_core::payload::Secret32;
use openred_relay::mailbox::{Deposit, Mail, Queue, Quotas, Refusal, SizeClass, Stored, whole_hour};
use openred_relay::store::Counts;

use super::operations::{Answer, Operation, Piece};
use crate::people;

const DAY: u64 = 86_400;

/// What a store should hold.
pub(super) struct Reference {
    quotas: Quotas,
    boxes: Vec<Held>,
    /// Whose name, which, when, for what, answered by which seq.
    names: Vec<(DepositId, ClientId, u64, Hash, u64)>,
    ended: Vec<u8>,
}

struct Held {
    queue: Queue,
    mail: Vec<Mail>,
    /// How much there ever was.
    ever: u64,
    /// Days of deposits.
    days: Vec<u64>,
}

impl Reference {
    pub(super) fn new(quotas: Quotas) -> Self {
        Self { quotas, boxes: Vec::new(), names: Vec::new(), ended: Vec::new() }
    }

    pub(super) fn has_ended(&self, queue: u8) -> bool {
        self.ended.contains(&queue)
    }

    pub(super) fn counts(&self) -> Counts {
        let mail = || self.boxes.iter().flat_map(|held| &held.mail);
        Counts {
            queues: self.boxes.len() as u64,
            mail: mail().count() as u64,
            mail_bytes: mail().map(|mail| mail.content.len() as u64).sum(),
        }
    }

    pub(super) fn answer(&mut self, operation: &Operation, now: u64) -> Answer {
        match operation {
            Operation::Create { queue } => Answer::Done(self.create(people::queue(*queue))),
            Operation::Deposit { mail } => {
                Answer::Stored(mail.iter().map(Piece::deposit).map(|d| self.deposit(&d, now)).collect())
            }
            Operation::Fetch { queue, after, max } => {
                Answer::Fetched(self.held(*queue).map(|held| {
                    held.mail.iter().filter(|mail| mail.seq > *after).take(*max).cloned().collect()
                }))
            }
            Operation::Ack { queue, upto } => {
                Answer::Done(self.held(*queue).map(|held| held.mail.retain(|mail| mail.seq > *upto)))
            }
            Operation::Revoke { queue, cap } => {
                Answer::Done(self.held(*queue).map(|held| held.queue.cap = Secret32::new([*cap; 32])))
            }
            Operation::Delete { queue } => Answer::Done(self.held(*queue).map(drop).map(|()| {
                let id = people::queue(*queue).queue_id;
                self.boxes.retain(|held| held.queue.queue_id != id);
                self.ended.push(*queue);
            })),
            Operation::Touch { queue } => Answer::Done(self.held(*queue).map(|held| {
                held.queue.last_seen = held.queue.last_seen.max(whole_hour(now));
            })),
            Operation::LookUp { queue } => {
                Answer::Found(self.held(*queue).ok().map(|held| held.queue.clone()))
            }
            Operation::Expire => {
                self.expire(now);
                Answer::Done(Ok(()))
            }
            Operation::Later { .. } | Operation::OpenAgain => Answer::Done(Ok(())),
        }
    }

    fn held(&mut self, n: u8) -> Result<&mut Held, Refusal> {
        let id = people::queue(n).queue_id;
        self.boxes.iter_mut().find(|held| held.queue.queue_id == id).ok_or(Refusal::Unknown)
    }

    fn create(&mut self, queue: Queue) -> Result<(), Refusal> {
        if self.boxes.iter().any(|held| held.queue.queue_id == queue.queue_id) {
            return Err(Refusal::Conflict);
        }
        if self.boxes.len() >= self.quotas.mailboxes as usize {
            return Err(Refusal::Full);
        }
        self.boxes.push(Held { queue, mail: Vec::new(), ever: 0, days: Vec::new() });
        Ok(())
    }

    fn deposit(&mut self, deposit: &Deposit, now: u64) -> Result<Stored, Refusal> {
        let quotas = self.quotas.clone();
        let held = self.boxes.iter_mut().find(|held| held.queue.deposit_id == deposit.deposit_id);
        let held = held.ok_or(Refusal::Unknown)?;
        let queue_id = held.queue.queue_id;
        SizeClass::of(deposit.content.len())?;
        let same = |name: &&(DepositId, ClientId, u64, Hash, u64)| {
            name.0 == deposit.deposit_id && name.1 == deposit.client_id
        };
        if let Some((.., digest, seq)) = self.names.iter().find(same) {
            let equal = *digest == deposit.digest;
            return if equal {
                Ok(Stored { seq: *seq, queue_id, new: false })
            } else {
                Err(Refusal::Conflict)
            };
        }
        if held.days.iter().filter(|day| **day == now / DAY).count() >= quotas.deposits_per_day as usize {
            return Err(Refusal::SlowDown { retry_secs: DAY - now % DAY });
        }
        let bytes: usize = held.mail.iter().map(|mail| mail.content.len()).sum();
        let full = held.mail.len() >= quotas.mailbox_count as usize
            || (bytes + deposit.content.len()) as u64 > quotas.mailbox_bytes;
        if full {
            return Err(Refusal::Full);
        }
        held.ever += 1;
        held.days.push(now / DAY);
        let (seq, content) = (held.ever, deposit.content.clone());
        held.mail.push(Mail { seq, received: now, content });
        self.names.push((deposit.deposit_id, deposit.client_id, now, deposit.digest, seq));
        Ok(Stored { seq, queue_id, new: true })
    }

    fn expire(&mut self, now: u64) {
        let is_kept = |held: &Held| held.queue.last_seen + 366 * DAY >= now;
        self.ended
            .extend(self.boxes.iter().filter(|held| !is_kept(held)).map(|held| held.queue.fetch_key[0]));
        self.boxes.retain(is_kept);
        for held in &mut self.boxes {
            held.mail.retain(|mail| mail.received + 30 * DAY >= now);
        }
        self.names.retain(|name| name.2 + 32 * DAY >= now);
    }
}
