//! What a relay remembers, as a trait: [`EmbeddedStore`](crate::embedded::EmbeddedStore) keeps it in files of one process,
//! others in a server that several relays share. One test of the model holds for all.
//!
//! Must not know: how it is kept, who may ask (the caller has checked MACs and signatures), any clock: `now` is unix
//! seconds of the caller.

use futures_util::future::BoxFuture;
use openred_core::ids::{DepositId, QueueId};
use openred_core::payload::Secret32;

use crate::mailbox::{Deposit, Mail, Queue, Refusal, Stored};

/// The memory of a relay. What a call has answered with `Ok` is on disk, whatever happens next; of what it has refused
/// nothing was kept. A future that is dropped early may or may not have happened.
///
/// Any call may be refused with [`Refusal::Busy`] (too much waits; closed; the disk cannot be written or read) and any
/// that writes with [`Refusal::Full`] (no space left): afterwards the store works as before, once there is space again.
pub trait MailboxStore: Send + Sync {
    /// Makes `queue`, empty. Its ids are random and new.
    ///
    /// # Errors
    /// [`Refusal::Full`] also when there are as many queues as the quotas allow; [`Refusal::Conflict`] when one of its ids
    /// is taken.
    fn create(&self, queue: Queue) -> BoxFuture<'_, Result<(), Refusal>>;

    /// The queues behind these addresses, in their order; `None` where there is none.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    fn by_deposit<'a>(&'a self, ids: &'a [DepositId]) -> BoxFuture<'a, Result<Vec<Option<Queue>>, Refusal>>;

    /// The queue that its owner fetches under `id`.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    fn by_queue(&self, id: QueueId) -> BoxFuture<'_, Result<Option<Queue>, Refusal>>;

    /// Stores mail; as many answers as deposits, in their order, when all that were taken are on disk. Each is judged alone:
    /// a refused one refuses no other.
    ///
    /// A deposit whose (deposit_id, client_id) was stored within the last 32 days is answered as it was then, for equal
    /// bytes, and is not stored again, whether its mail is still there or not; this uses up no quota.
    ///
    /// # Errors
    /// Per deposit: [`Refusal::Unknown`], [`Refusal::Malformed`] and [`Refusal::TooLarge`] for its length,
    /// [`Refusal::Conflict`] for other bytes under a used name, [`Refusal::SlowDown`], [`Refusal::Full`],
    /// [`Refusal::Busy`]; the first that applies, in this order.
    fn deposit(&self, deposits: Vec<Deposit>, now: u64) -> BoxFuture<'_, Vec<Result<Stored, Refusal>>>;

    /// The oldest mail with a seq above `after`, in order; at most `max` pieces, 100, and 4 MiB.
    /// Mail with a lower seq never appears later.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    fn fetch(&self, id: QueueId, after: u64, max: usize) -> BoxFuture<'_, Result<Vec<Mail>, Refusal>>;

    /// Drops mail up to and including `upto`. Mail that comes later is never dropped by it, however large `upto` is; a
    /// smaller one than before changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    fn ack(&self, id: QueueId, upto: u64) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Replaces the capability: who holds the old one deposits no more. Mail stays.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    fn revoke(&self, id: QueueId, cap: Secret32) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Ends the queue, with its mail and its ids.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    fn delete(&self, id: QueueId) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Its owner is here: remembered to the hour, and never set back.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    fn touch(&self, id: QueueId, now: u64) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Drops mail that came more than 30 days before `now`, and forgets deposits that came more than 32 days before. A
    /// queue's mail goes in order, so mail behind younger mail waits for it. Ends queues whose owner was not here for 366 days.
    /// Called about hourly.
    ///
    /// # Errors
    /// Those of any call.
    fn expire(&self, now: u64) -> BoxFuture<'_, Result<(), Refusal>>;

    /// What stands at this moment.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    fn counts(&self) -> BoxFuture<'_, Result<Counts, Refusal>>;

    /// Finishes what waits and stops; later calls are `busy`. The last step of a stop; without it nothing that was
    /// acknowledged is lost either.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// What a store holds. Sums only: no id, no queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Queues.
    pub queues: u64,
    /// Pieces of mail that wait.
    pub mail: u64,
    /// Bytes of their contents.
    pub mail_bytes: u64,
}
