//! [`Instances`] of a relay that is one process: all of it in memory, bounded.
//!
//! Must not know: mail, HTTP.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use openred_core::ids::{DepositId, Id16, QueueId};
use openred_service::limits::{Limiter, Rate, Seen, SlowDown};
use tokio::sync::watch;

use crate::bounds::{MAX_LIMITED, MAX_PRESENT, MAX_REMEMBERED_CALLS, NONCE_KEPT_SECS};
use crate::instances::{Counted, Instances};

/// Waiters that have left are looked for when there are so many more of them than at the last look.
const LOOK_AFTER: usize = 1_024;

/// One process, which has nobody to tell.
#[derive(Debug)]
pub struct Alone {
    seen: Mutex<Seen>,
    limits: Mutex<HashMap<&'static str, Limit>>,
    waiting: Mutex<Waiting>,
    here: Mutex<HashMap<DepositId, u64>>,
}

/// One limit, at the rate that it was last asked with.
#[derive(Debug)]
struct Limit {
    per_minute: u32,
    limiter: Limiter<Vec<u8>>,
}

/// Who waits for mail. Queues nobody waits for are not in it, but for a while after the last one left.
#[derive(Debug, Default)]
struct Waiting {
    queues: HashMap<QueueId, watch::Sender<()>>,
    look_at: usize,
}

impl Default for Alone {
    fn default() -> Self {
        Self {
            seen: Mutex::new(Seen::new(MAX_REMEMBERED_CALLS, NONCE_KEPT_SECS * 1_000)),
            limits: Mutex::default(),
            waiting: Mutex::default(),
            here: Mutex::default(),
        }
    }
}

impl Instances for Alone {
    fn first_use<'a>(&'a self, fetch_key: &'a [u8; 32], nonce: &'a Id16, now: u64) -> BoxFuture<'a, bool> {
        let first = held(&self.seen).first_time(now * 1_000, fetch_key, &nonce.0).is_ok();
        ready(first).boxed()
    }

    fn take(&self, counted: Counted, count: u32, per_minute: u32, now: u64) -> Result<(), SlowDown> {
        let mut limits = held(&self.limits);
        let limit = limits.entry(counted.limit).or_insert_with(|| Limit::new(per_minute));
        if limit.per_minute != per_minute {
            *limit = Limit::new(per_minute);
        }
        limit.limiter.take_many(counted.of, count, now * 1_000)
    }

    fn arrived(&self, queues: &[QueueId]) {
        let waiting = held(&self.waiting);
        for sender in queues.iter().filter_map(|queue| waiting.queues.get(queue)) {
            sender.send_replace(());
        }
    }

    fn arrivals(&self, queue: QueueId) -> watch::Receiver<()> {
        let mut waiting = held(&self.waiting);
        if waiting.queues.len() >= waiting.look_at {
            waiting.queues.retain(|_, sender| sender.receiver_count() > 0);
            waiting.look_at = waiting.queues.len() + LOOK_AFTER;
        }
        waiting.queues.entry(queue).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    fn here(&self, deposit_id: DepositId, until: u64) {
        let mut here = held(&self.here);
        if until == 0 {
            here.remove(&deposit_id);
        } else if here.len() < MAX_PRESENT || here.contains_key(&deposit_id) {
            here.insert(deposit_id, until);
        } else {
            // Full: those whose time is over make room. Whoever finds none counts as away, which costs a look at most.
            let oldest = here.values().copied().min().unwrap_or_default();
            here.retain(|_, until| *until > oldest);
            here.insert(deposit_id, until);
        }
    }

    fn is_here(&self, deposit_id: DepositId, now: u64) -> BoxFuture<'_, bool> {
        let here = held(&self.here).get(&deposit_id).is_some_and(|until| *until > now);
        ready(here).boxed()
    }
}

impl Limit {
    fn new(per_minute: u32) -> Self {
        Self { per_minute, limiter: Limiter::new(Rate::per_minute(per_minute), MAX_LIMITED) }
    }
}

/// A panic elsewhere does not close the relay: every step leaves the tables whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: DepositId = DepositId([1; 16]);
    const QUEUE: QueueId = QueueId([1; 16]);

    fn counted(limit: &'static str, of: u8) -> Counted {
        Counted { limit, of: vec![of] }
    }

    #[tokio::test]
    async fn a_nonce_counts_once_for_twenty_minutes() {
        let alone = Alone::default();
        assert!(alone.first_use(&[1; 32], &Id16([7; 16]), 1_000).await);
        assert!(!alone.first_use(&[1; 32], &Id16([7; 16]), 1_000 + 1_200).await);
        assert!(alone.first_use(&[2; 32], &Id16([7; 16]), 1_000).await, "another owner's");
    }

    #[test]
    fn limits_are_apart_and_follow_their_rate() {
        let alone = Alone::default();
        assert_eq!(alone.take(counted("deposits", 1), 2, 2, 100), Ok(()));
        assert_eq!(alone.take(counted("deposits", 1), 1, 2, 100), Err(SlowDown { seconds: 30 }));
        assert_eq!(alone.take(counted("deposits", 2), 1, 2, 100), Ok(()), "somebody else");
        assert_eq!(alone.take(counted("calls", 1), 1, 2, 100), Ok(()), "another limit");
        assert_eq!(alone.take(counted("deposits", 1), 1, 60, 100), Ok(()), "the owner has raised it");
    }

    #[tokio::test]
    async fn who_waits_wakes_and_who_left_is_forgotten() {
        let alone = Alone::default();
        let mut ana = alone.arrivals(QUEUE);
        alone.arrived(&[QueueId([9; 16])]);
        assert!(!ana.has_changed().unwrap(), "mail of another queue");
        alone.arrived(&[QUEUE]);
        ana.changed().await.unwrap();
        drop(ana);
        for n in 0..5_000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            drop(alone.arrivals(QueueId(id)));
        }
        assert!(held(&alone.waiting).queues.len() <= 2 * LOOK_AFTER);
    }

    #[tokio::test]
    async fn presence_ends_with_its_time_and_at_once_when_told() {
        let alone = Alone::default();
        assert!(!alone.is_here(ANA, 100).await);
        alone.here(ANA, 190);
        assert!(alone.is_here(ANA, 189).await);
        assert!(!alone.is_here(ANA, 190).await);
        alone.here(ANA, 400);
        alone.here(ANA, 0);
        assert!(!alone.is_here(ANA, 200).await);
    }
}
