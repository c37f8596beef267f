//! What every call passes before it is acted on: limits, time, proof of the owner, once.
//!
//! Must not know: what the calls do, routes.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, PoisonError, RwLock};

use openred_core::ids::{DepositId, Hash, NodeId, QueueId};
use openred_core::sign::PublicKey;
use openred_service::lifecycle::Clock;
use openred_service::limits::{Prefix, SlowDown};
use openred_service::problem::Problem;
use tokio_util::sync::CancellationToken;

use crate::config::Limits;
use crate::counters::Counters;
use crate::instances::{Counted, Instances};
use crate::mailbox::{AuthRefusal, OwnerAuth, Queue};
use crate::store::MailboxStore;

const DEPOSITS: &str = "deposits";

/// Under what a caller's calls are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The address it calls from.
    Prefix(Prefix),
    /// The API key that it showed.
    Key(String),
}

/// The relay's gate.
pub(crate) struct Gate {
    relay_id: NodeId,
    clock: Clock,
    started_secs: u64,
    started_mono_ms: u64,
    limits: RwLock<Arc<Limits>>,
    store: Arc<dyn MailboxStore>,
    instances: Arc<dyn Instances>,
    counters: Arc<Counters>,
    draining: CancellationToken,
}

impl Gate {
    /// Open from now on, until `draining`.
    pub(crate) fn new(
        relay_id: NodeId,
        clock: Clock,
        limits: Limits,
        (store, instances): (Arc<dyn MailboxStore>, Arc<dyn Instances>),
        counters: Arc<Counters>,
        draining: CancellationToken,
    ) -> Self {
        let (started_secs, started_mono_ms) = (clock.now_s(), clock.monotonic_ms());
        let limits = RwLock::new(Arc::new(limits));
        Self { relay_id, clock, started_secs, started_mono_ms, limits, store, instances, counters, draining }
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now_s()
    }

    /// Seconds since the start.
    pub(crate) fn uptime_secs(&self) -> u64 {
        self.clock.monotonic_ms().saturating_sub(self.started_mono_ms) / 1_000
    }

    /// Cancelled when the relay was told to stop: who is here should go elsewhere.
    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Other limits from now on.
    pub(crate) fn set_limits(&self, limits: Limits) {
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(limits);
    }

    fn limits(&self) -> Arc<Limits> {
        Arc::clone(&self.limits.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts `count` calls from `source`, and all together; more than a minute's worth counts as a minute's worth.
    pub(crate) fn by_source(&self, source: &Source, count: u32) -> Result<(), SlowDown> {
        let limits = self.limits();
        match source {
            Source::Prefix(prefix) => {
                self.take("prefix", bytes_of(prefix), count, limits.calls_per_prefix)?;
            }
            Source::Key(name) => self.take("key", name.clone().into_bytes(), count, limits.calls_per_key)?,
        }
        self.take("all", Vec::new(), count, limits.calls)
    }

    /// Counts a new mailbox.
    pub(crate) fn by_registration(&self, source: &Source) -> Result<(), SlowDown> {
        match source {
            Source::Prefix(prefix) => {
                self.take("register", bytes_of(prefix), 1, self.limits().registers_per_prefix)
            }
            Source::Key(_) => Ok(()),
        }
    }

    /// Counts `count` (proven) deposits into a mailbox: how many of them may be made, and what is said to the others.
    pub(crate) fn by_depositor(&self, deposit_id: &DepositId, count: u32) -> (u32, Option<SlowDown>) {
        let limit = self.limits().deposits_per_mailbox;
        let of = || deposit_id.0.to_vec();
        let all = Counted { limit: DEPOSITS, of: of() };
        // More than a minute's worth would count as a minute's worth.
        if count <= limit && self.instances.take(all, count, limit, self.now()).is_ok() {
            return (count, None);
        }
        for taken in 0..count {
            if let Err(slow) = self.take(DEPOSITS, of(), 1, limit) {
                return (taken, Some(slow));
            }
        }
        (count, None)
    }

    fn take(&self, limit: &'static str, of: Vec<u8>, count: u32, per_minute: u32) -> Result<(), SlowDown> {
        let taken = self.instances.take(Counted { limit, of }, count, per_minute, self.now());
        taken.inspect_err(|_| self.counters.slowed.add())
    }

    /// The queue under `id` when `auth` proves that its owner makes this call now and for the first time. Before the proof
    /// nothing is counted under the owner: anybody could use up another's limit.
    pub(crate) async fn owner(
        &self,
        id: QueueId,
        auth: &OwnerAuth,
        call: (&str, &str, &Hash),
    ) -> Result<Queue, Problem> {
        let queue = self.store.by_queue(id).await?.ok_or_else(Problem::unknown)?;
        let key = PublicKey::from_bytes(&queue.fetch_key).map_err(|_| Problem::bad_signature())?;
        self.signed(&key, auth, call).await?;
        Ok(queue)
    }

    /// Whether the holder of `key` makes this call now and for the first time.
    pub(crate) async fn signed(
        &self,
        key: &PublicKey,
        auth: &OwnerAuth,
        call: (&str, &str, &Hash),
    ) -> Result<(), Problem> {
        let now = self.now();
        auth.verify(key, &self.relay_id, call, now).map_err(|refusal| self.refused(refusal, auth.time))?;
        self.take("owner", key.as_bytes().to_vec(), 1, self.limits().calls_per_owner)?;
        // What was called before the start may have been forgotten with the process.
        if auth.time < self.started_secs {
            return Err(Problem::busy()
                .retry_after(self.started_secs - auth.time + 1)
                .detail("signed before this relay started: sign again"));
        }
        if !self.instances.first_use(key.as_bytes(), &auth.nonce, now).await {
            self.counters.unsigned.add();
            return Err(Problem::used().detail("this nonce was here already"));
        }
        Ok(())
    }

    /// The answer to a proof that does not count.
    pub(crate) fn refused(&self, refusal: AuthRefusal, time: u64) -> Problem {
        self.counters.unsigned.add();
        match refusal {
            AuthRefusal::Signature => Problem::bad_signature(),
            AuthRefusal::Time => {
                let (here, way) = (self.now(), if time > self.now() { "ahead of" } else { "behind" });
                Problem::bad_signature().detail(format!(
                    "the call's time is {} s {way} this relay's clock; at most 600 s are accepted",
                    here.abs_diff(time)
                ))
            }
        }
    }
}

impl Source {
    /// An address; none counts as one of its own.
    pub(crate) fn of(address: Option<IpAddr>) -> Self {
        Self::Prefix(Prefix::of(address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))))
    }
}

fn bytes_of(prefix: &Prefix) -> Vec<u8> {
    match prefix {
        Prefix::V4(bytes) => bytes.to_vec(),
        Prefix::V6(bytes) => bytes.to_vec(),
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}
