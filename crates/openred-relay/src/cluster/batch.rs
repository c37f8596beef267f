//! Which deposits of a transaction are taken, at which places. The rows of their queues are locked meanwhile, so what is
//! read here is what holds. Must not know: SQL.

use std::collections::HashMap;

use openred_core::ids::{ClientId, DepositId, Id16, QueueId};

use crate::mailbox::{Deposit, Quotas, Refusal, SizeClass, Stored};

const DAY_SECS: u64 = 86_400;

/// A queue as its locked row has it, and as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the queue, never used again.
    pub(super) no: u64,
    pub(super) queue_id: QueueId,
    /// The seq of the last mail, 0 before the first.
    pub(super) last_seq: u64,
    /// Bytes of contents of all mail that ever came.
    pub(super) total: u64,
    /// The seq up to which mail is gone.
    pub(super) acked: u64,
    /// `total` as it was after the mail `acked`.
    pub(super) acked_total: u64,
    /// No mail that waits came before, unix seconds.
    pub(super) since: u64,
    /// When the last mail came, unix seconds.
    pub(super) received: u64,
    /// Deposits on the day of `received`.
    pub(super) of_day: u32,
}

/// A deposit that was taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) seq: u64,
    pub(super) digest: Id16,
}

/// New mail to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Which of the transaction's deposits, from 0.
    pub(super) deposit: usize,
    pub(super) no: u64,
    pub(super) seq: u64,
    pub(super) total: u64,
    pub(super) received: u64,
}

/// One transaction in the making.
#[derive(Debug, Default)]
pub(super) struct Batch {
    places: Vec<Place>,
    by_deposit: HashMap<DepositId, usize>,
    known: HashMap<(u64, ClientId), Known>,
    /// Mail before is expired, unix seconds: none gets such a time, whatever the clock says.
    mail_before: u64,
    rows: Vec<Row>,
}

impl Batch {
    /// With the queues that were found.
    pub(super) fn new(found: Vec<(DepositId, Place)>, mail_before: u64) -> Self {
        let by_deposit = found.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
        let places = found.into_iter().map(|(_, place)| place).collect();
        Self { places, by_deposit, mail_before, ..Self::default() }
    }

    /// The number of the queue with this address.
    pub(super) fn number(&self, id: &DepositId) -> Option<u64> {
        self.by_deposit.get(id).map(|at| self.places[*at].no)
    }

    /// This name was used before in the queue of this number.
    pub(super) fn remember(&mut self, no: u64, client_id: ClientId, known: Known) {
        self.known.insert((no, client_id), known);
    }

    /// Judges the deposit with this position in the transaction.
    ///
    /// # Errors
    /// As [`MailboxStore::deposit`](crate::store::MailboxStore::deposit).
    pub(super) fn judge(
        &mut self,
        position: usize,
        deposit: &Deposit,
        quotas: &Quotas,
        now: u64,
    ) -> Result<Stored, Refusal> {
        let at = *self.by_deposit.get(&deposit.deposit_id).ok_or(Refusal::Unknown)?;
        let place = &mut self.places[at];
        let size = SizeClass::of(deposit.content.len())?;
        let digest = deposit.digest.short();
        let key = (place.no, deposit.client_id);
        match self.known.get(&key) {
            Some(known) if known.digest == digest => {
                return Ok(Stored { seq: known.seq, queue_id: place.queue_id, new: false });
            }
            Some(_) => return Err(Refusal::Conflict),
            None => {}
        }
        let received = now.max(place.received).max(self.mail_before);
        place.admit(size.bytes() as u64, received, now, quotas)?;
        place.take(size.bytes() as u64, received);
        self.known.insert(key, Known { seq: place.last_seq, digest });
        let Place { no, last_seq: seq, total, .. } = *place;
        self.rows.push(Row { deposit: position, no, seq, total, received });
        Ok(Stored { seq, queue_id: place.queue_id, new: true })
    }

    /// The new mail in the order of its ids, and the queues that have some, as they will be.
    pub(super) fn finish(mut self) -> (Vec<Row>, Vec<Place>) {
        self.rows.sort_unstable_by_key(|row| (row.no, row.seq));
        let changed =
            |place: &Place| self.rows.binary_search_by_key(&(place.no, place.last_seq), key).is_ok();
        let places = self.places.iter().filter(|place| changed(place)).cloned().collect();
        (self.rows, places)
    }
}

fn key(row: &Row) -> (u64, u64) {
    (row.no, row.seq)
}

impl Place {
    fn admit(&self, bytes: u64, received: u64, now: u64, quotas: &Quotas) -> Result<(), Refusal> {
        if self.deposits_on(received) >= quotas.deposits_per_day {
            return Err(Refusal::SlowDown { retry_secs: DAY_SECS - now % DAY_SECS });
        }
        let count = self.last_seq.saturating_sub(self.acked);
        let waiting = self.total.saturating_sub(self.acked_total);
        if count >= quotas.mailbox_count.into() || waiting + bytes > quotas.mailbox_bytes {
            return Err(Refusal::Full);
        }
        Ok(())
    }

    fn deposits_on(&self, received: u64) -> u32 {
        if received / DAY_SECS == self.received / DAY_SECS { self.of_day } else { 0 }
    }

    fn take(&mut self, bytes: u64, received: u64) {
        if self.acked == self.last_seq {
            self.since = received;
        }
        self.of_day = self.deposits_on(received) + 1;
        self.received = received;
        self.last_seq += 1;
        self.total += bytes;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn place() -> Place {
        Place {
            no: 7,
            queue_id: QueueId([9; 16]),
            last_seq: 4,
            total: 4_096,
            acked: 4,
            acked_total: 4_096,
            since: 0,
            received: 5_000,
            of_day: 4,
        }
    }

    fn mail(client: u8) -> Deposit {
        Deposit::new(DepositId([1; 16]), ClientId([client; 16]), Bytes::from(vec![client; 1_024]))
    }

    #[test]
    fn time_in_a_queue_never_goes_back() {
        let mut batch = Batch::new(vec![(DepositId([1; 16]), place())], 6_000);
        batch.judge(0, &mail(1), &Quotas::default(), 10).unwrap();
        batch.judge(1, &mail(2), &Quotas::default(), 9_000).unwrap();
        batch.judge(2, &mail(3), &Quotas::default(), 8_000).unwrap();
        let (rows, places) = batch.finish();
        assert_eq!(rows.iter().map(|row| row.received).collect::<Vec<_>>(), [6_000, 9_000, 9_000]);
        assert_eq!((places[0].since, places[0].received), (6_000, 9_000));
    }

    #[test]
    fn the_same_twice_in_one_transaction_is_one() {
        let mut batch = Batch::new(vec![(DepositId([1; 16]), place())], 0);
        let first = batch.judge(0, &mail(1), &Quotas::default(), 5_000).unwrap();
        let again = batch.judge(1, &mail(1), &Quotas::default(), 5_000).unwrap();
        assert_eq!((first.seq, first.new, again.seq, again.new), (5, true, 5, false));
        let (rows, places) = batch.finish();
        assert_eq!((rows.len(), places[0].last_seq, places[0].total), (1, 5, 5_120));
    }

    #[test]
    fn a_queue_without_new_mail_is_not_written() {
        let mut batch = Batch::new(vec![(DepositId([1; 16]), place())], 0);
        batch.remember(7, ClientId([1; 16]), Known { seq: 2, digest: mail(1).digest.short() });
        assert_eq!(batch.judge(0, &mail(1), &Quotas::default(), 5_000).map(|stored| stored.new), Ok(false));
        assert_eq!(batch.finish(), (vec![], vec![]));
    }
}
