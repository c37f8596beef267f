//! The one way of mail into a mailbox, however it came: proof, limits, store, and the owner who waits is woken.
//!
//! Must not know: HTTP, frames, who deposits.

use std::sync::Arc;

use openred_core::ids::{DepositId, QueueId};

use crate::counters::Counters;
use crate::gate::Gate;
use crate::instances::Instances;
use crate::mailbox::{Deposit, Queue, Refusal, Stored};
use crate::store::MailboxStore;
use crate::waits::Waits;
use crate::wire::Offer;

/// Takes deposits.
#[derive(Clone)]
pub(crate) struct Intake {
    pub(crate) store: Arc<dyn MailboxStore>,
    pub(crate) instances: Arc<dyn Instances>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) waits: Arc<Waits>,
}

/// The mailboxes that some offers name: each once, in the order of their addresses.
struct Named {
    ids: Vec<DepositId>,
    queues: Vec<Option<Queue>>,
}

/// How many more deposits a mailbox takes now.
struct Allowed {
    left: u32,
    retry_secs: u64,
}

impl Allowed {
    fn next(&mut self) -> Result<(), Refusal> {
        let left = self.left.checked_sub(1).ok_or(Refusal::SlowDown { retry_secs: self.retry_secs })?;
        self.left = left;
        Ok(())
    }
}

impl Intake {
    /// Takes `offers` as one call to the store. As many answers, in their order, when all that were taken are on disk.
    pub(crate) async fn take(&self, offers: Vec<Offer>) -> Vec<Result<Stored, Refusal>> {
        let count = offers.len();
        let taken = match self.named(&offers).await {
            Ok(named) => self.take_named(offers, &named).await,
            Err(refusal) => vec![Err(refusal); count],
        };
        let stored = taken.iter().filter(|answer| answer.is_ok()).count();
        self.counters.deposited.add_many(stored as u64);
        self.counters.refused.add_many((count - stored) as u64);
        taken
    }

    async fn named(&self, offers: &[Offer]) -> Result<Named, Refusal> {
        let mut ids: Vec<DepositId> = offers.iter().map(|offer| offer.deposit_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let queues = self.store.by_deposit(&ids).await?;
        Ok(Named { ids, queues })
    }

    async fn take_named(&self, offers: Vec<Offer>, named: &Named) -> Vec<Result<Stored, Refusal>> {
        let proven: Vec<Result<(usize, Deposit), Refusal>> =
            offers.into_iter().map(|offer| self.proven(offer, named)).collect();
        let mut allowed = self.counted(&proven, named);
        let mut deposits = Vec::with_capacity(proven.len());
        let judged: Vec<Result<(), Refusal>> = proven
            .into_iter()
            .map(|proven| {
                let (at, deposit) = proven?;
                allowed[at].next()?;
                deposits.push(deposit);
                Ok(())
            })
            .collect();
        if deposits.is_empty() {
            return judged.into_iter().map(|judged| judged.and(Err(Refusal::Busy))).collect();
        }
        let wait = self.waits.begin();
        let mut stored = self.store.deposit(deposits, self.gate.now()).await.into_iter();
        drop(wait);
        let answers: Vec<Result<Stored, Refusal>> = judged
            .into_iter()
            .map(|judged| judged.and_then(|()| stored.next().unwrap_or(Err(Refusal::Busy))))
            .collect();
        self.wake(&answers);
        answers
    }

    /// Whether the depositor holds the capability, and the mailbox's place among those named.
    fn proven(&self, offer: Offer, named: &Named) -> Result<(usize, Deposit), Refusal> {
        let at = named.ids.binary_search(&offer.deposit_id).map_err(|_| Refusal::Unknown)?;
        let queue = named.queues.get(at).and_then(Option::as_ref).ok_or(Refusal::Unknown)?;
        let deposit = Deposit::new(offer.deposit_id, offer.client_id, offer.content);
        deposit.check(queue, &offer.mac).inspect_err(|_| self.counters.unsigned.add())?;
        Ok((at, deposit))
    }

    /// How much each mailbox may get. Only what is proven counts: nobody uses up what others may deposit.
    fn counted(&self, proven: &[Result<(usize, Deposit), Refusal>], named: &Named) -> Vec<Allowed> {
        let mut counts = vec![0_u32; named.ids.len()];
        for (at, _) in proven.iter().flatten() {
            counts[*at] += 1;
        }
        let allowed = named.ids.iter().zip(counts).map(|(id, count)| {
            let (left, slow) = if count == 0 { (0, None) } else { self.gate.by_depositor(id, count) };
            Allowed { left, retry_secs: slow.map_or(1, |slow| slow.seconds) }
        });
        allowed.collect()
    }

    fn wake(&self, answers: &[Result<Stored, Refusal>]) {
        let mut queues: Vec<QueueId> =
            answers.iter().flatten().filter(|stored| stored.new).map(|stored| stored.queue_id).collect();
        queues.sort_unstable();
        queues.dedup();
        if !queues.is_empty() {
            self.instances.arrived(&queues);
        }
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Intake")
    }
}
