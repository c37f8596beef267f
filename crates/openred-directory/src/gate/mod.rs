//! What every call passes before it is acted on: limits by prefix and node, time, replay.
//!
//! Must not know: what the calls do.

mod limiter;
mod replay;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use openred_core::call::CallRefusal;
use openred_core::ids::{Hash, Id16, NodeId};
use openred_service::lifecycle::Clock;
use openred_service::limits::{Prefix, SlowDown};
use openred_service::problem::Problem;

use self::limiter::Limiters;
use self::replay::{NotNow, Replay};
use crate::bounds::ASSERTION_LIFE_SECS;
use crate::config::Limits;
use crate::counters::Counters;
use crate::grants::Crowded;
use crate::instances::Instances;

pub(crate) use self::replay::Moment;

/// The calls by which a node proves who it is, each with its own limit per node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Register,
    Request,
    Poll,
    Token,
    Route,
}

/// The directory's gate.
#[derive(Debug)]
pub(crate) struct Gate {
    clock: Clock,
    started_mono_ms: u64,
    limiters: RwLock<Limiters>,
    replay: Mutex<Replay>,
    instances: Option<Arc<Instances>>,
    counters: Arc<Counters>,
}

impl Gate {
    /// Open from now on. `instances`: the other processes of this directory, if there may be some.
    pub(crate) fn new(
        clock: Clock,
        limits: &Limits,
        instances: Option<Arc<Instances>>,
        counters: Arc<Counters>,
    ) -> Self {
        let started_mono_ms = clock.monotonic_ms();
        Self {
            clock,
            started_mono_ms,
            limiters: RwLock::new(Limiters::new(limits, instances.clone())),
            replay: Mutex::default(),
            instances,
            counters,
        }
    }

    /// Other limits from now on; everybody starts anew.
    pub(crate) fn set_limits(&self, limits: &Limits) {
        let limiters = Limiters::new(limits, self.instances.clone());
        *self.limiters.write().unwrap_or_else(PoisonError::into_inner) = limiters;
    }

    fn limiters(&self) -> RwLockReadGuard<'_, Limiters> {
        self.limiters.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Both clocks.
    pub(crate) fn now(&self) -> Moment {
        let mono_ms = self.clock.monotonic_ms();
        let unix_ms = self.clock.now_ms();
        Moment { unix_ms, unix_secs: unix_ms / 1_000, mono_ms, uptime_ms: mono_ms - self.started_mono_ms }
    }

    /// Whether a call signed at `time` is near enough to this clock. Enough for a registration: its time is kept
    /// durably and the newest wins, so an old one does no harm after a restart.
    pub(crate) fn in_window(&self, at: Moment, time: u64) -> Result<(), Problem> {
        replay::in_window(at, time).map_err(|refusal| self.not_now(refusal, at, time))
    }

    /// Whether it was also signed since this process started.
    pub(crate) fn in_time(&self, at: Moment, time: u64) -> Result<(), Problem> {
        replay::in_time(at, time).map_err(|refusal| self.not_now(refusal, at, time))
    }

    /// Lets a (verified) call of `signer` through once, at whichever process of this directory.
    pub(crate) async fn once(
        &self,
        at: Moment,
        signer: &NodeId,
        nonce: &Id16,
        time: u64,
    ) -> Result<(), Problem> {
        let passed = self.first_time(at, signer, &nonce.0, time).await;
        passed.map_err(|refusal| self.not_now(refusal, at, time))
    }

    /// Whether the (verified) assertion of `signer` named `jti`, good until `ends` (unix seconds), is here for the first
    /// time. It counts as signed when it began at the earliest, so that none is taken again after a restart.
    pub(crate) async fn once_by_jti(
        &self,
        at: Moment,
        signer: &NodeId,
        jti: &str,
        ends: u64,
    ) -> Result<bool, Problem> {
        let (name, time) =
            (Hash::of(&[b"jti", jti.as_bytes()]).short(), ends.saturating_sub(ASSERTION_LIFE_SECS));
        match self.first_time(at, signer, &name.0, time).await {
            Ok(()) => Ok(true),
            Err(NotNow::Seen) => Ok(false),
            Err(refusal) => Err(self.not_now(refusal, at, time)),
        }
    }

    /// This process first: who repeats a call here does not get as far as Redis.
    async fn first_time(
        &self,
        at: Moment,
        signer: &NodeId,
        name: &[u8; 16],
        time: u64,
    ) -> Result<(), NotNow> {
        held(&self.replay).first_time(at, signer, name, time)?;
        match &self.instances {
            Some(instances) => Ok(instances.first_use(signer, name).await?),
            None => Ok(()),
        }
    }

    /// Counts a (verified) call of `node`.
    pub(crate) fn by_node(&self, at: Moment, call: Call, node: &NodeId) -> Result<(), Problem> {
        self.limiters().by_node(at.mono_ms, call, *node).map_err(|refusal| self.slow_down(refusal))
    }

    /// The answer to a call that does not verify.
    pub(crate) fn refused(&self, refusal: CallRefusal) -> Problem {
        self.counters.unsigned.add();
        match refusal {
            CallRefusal::Malformed => Problem::malformed().detail("a field is out of its bounds"),
            CallRefusal::Time | CallRefusal::Signature => Problem::bad_signature(),
        }
    }

    /// The answer when too many wait.
    pub(crate) fn crowded(&self, crowded: Crowded) -> Problem {
        self.counters.slowed.add();
        match crowded {
            Crowded::Asker => {
                Problem::slow_down().retry_after(10).detail("too many requests of this node wait")
            }
            Crowded::Directory => Problem::slow_down().retry_after(30).detail("too many wait here"),
        }
    }

    /// Forgets old calls: called each minute.
    pub(crate) fn trim(&self) {
        held(&self.replay).trim(self.clock.monotonic_ms());
    }

    /// Whether there may be other processes of this directory, and they can be heard.
    pub(crate) fn hears_others(&self) -> bool {
        self.instances.as_ref().is_some_and(|instances| instances.is_connected())
    }

    /// Calls remembered against replay.
    pub(crate) fn remembered(&self) -> usize {
        held(&self.replay).len()
    }

    fn slow_down(&self, refusal: SlowDown) -> Problem {
        self.counters.slowed.add();
        refusal.into()
    }

    fn not_now(&self, refusal: NotNow, at: Moment, time: u64) -> Problem {
        self.counters.unsigned.add();
        match refusal {
            NotNow::Time => Problem::bad_signature().detail(clock_detail(at.unix_secs, time)),
            NotNow::BeforeStart { retry_secs } => Problem::busy()
                .retry_after(retry_secs)
                .detail("signed before this directory started: sign again"),
            NotNow::Seen => Problem::used().detail("this nonce or grant_id was here already"),
            NotNow::Full => Problem::busy().retry_after(60),
        }
    }
}

/// Middleware: counts every call under the prefix of its caller, and all together. The address is looked at here,
/// never kept or logged.
pub(crate) async fn by_prefix(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let prefix = Prefix::of(caller.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
    let counted = gate.limiters().by_prefix(gate.clock.monotonic_ms(), prefix);
    match counted {
        Ok(()) => next.run(request).await,
        Err(refusal) => gate.slow_down(refusal).into_response(),
    }
}

fn clock_detail(here: u64, time: u64) -> String {
    let off = here.abs_diff(time);
    let way = if time > here { "ahead of" } else { "behind" };
    format!("the call's time is {off} s {way} this directory's clock; at most 600 s are accepted")
}

/// A panic elsewhere does not close the gate: every step leaves the tables whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
