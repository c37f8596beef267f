//! What the instances of one relay must tell one another in the short run, as a trait: where mail has come, who is here,
//! what was called before, how often. All of it may be lost at any moment without any mail being lost: a relay is then
//! slower, or lets a little more through, and nothing else.
//!
//! Must not know: mail, HTTP, any clock: `now` is unix seconds of the caller.

use futures_util::future::BoxFuture;
use openred_core::ids::{DepositId, Id16, QueueId};
use openred_service::limits::SlowDown;
use tokio::sync::watch;

pub use openred_service::instances::Counted;

/// The others, whether there are any or not.
pub trait Instances: Send + Sync + std::fmt::Debug {
    /// Whether the owner with `fetch_key` has not used `nonce` in the last 20 minutes at any instance; from now on it has.
    /// To be asked after the signature was found good. `false` too when the memory is full.
    fn first_use<'a>(&'a self, fetch_key: &'a [u8; 32], nonce: &'a Id16, now: u64) -> BoxFuture<'a, bool>;

    /// Counts `count` more. Answers at once from what this instance knows; others hear of it within a second.
    ///
    /// # Errors
    /// [`SlowDown`]: `per_minute` are used up in all instances together.
    fn take(&self, counted: Counted, count: u32, per_minute: u32, now: u64) -> Result<(), SlowDown>;

    /// Mail has come into these queues: who waits for it, here or elsewhere, wakes.
    fn arrived(&self, queues: &[QueueId]);

    /// Changes whenever mail came into `queue`. It may change without mail; where the others cannot be heard it changes
    /// every few seconds, so that who waits on it and then fetches misses nothing.
    fn arrivals(&self, queue: QueueId) -> watch::Receiver<()>;

    /// The owner of the queue with this address is here until `until`, unix seconds; 0: has left.
    fn here(&self, deposit_id: DepositId, until: u64);

    /// Whether the owner is here, at any instance.
    fn is_here(&self, deposit_id: DepositId, now: u64) -> BoxFuture<'_, bool>;
}
