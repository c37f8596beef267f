//! What the processes of one relay tell one another, over Redis: [`RedisInstances`].
//!
//! - `names`: ids as they stand in Redis, hashed. `nonces limits waiters presence`: what this process knows by itself, without
//!   IO. `link`: the connections, and the tasks that exchange what changed.
//!
//! With Redis away each process goes on by what it knows itself: a call may then be repeated once at each process, limits
//! hold for each alone, who waits for mail looks every few seconds, and only a process's own callers are seen as here.
//!
//! Must not know: mail, HTTP, any clock.

mod limits;
mod link;
mod names;
mod nonces;
mod presence;
mod url;
mod waiters;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use openred_core::ids::{DepositId, Id16, NodeId, QueueId};
use openred_core::payload::Secret32;
use openred_service::lifecycle::{Clock, Lifecycle};
use openred_service::limits::SlowDown;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use crate::instances::{Counted, Instances};
use crate::mailbox::random;
use limits::Limits;
use link::Link;
use names::Names;
use nonces::Nonces;
use presence::Presence;
pub use url::{BadRedisUrl, RedisUrl};
use waiters::Waiters;

/// Where the processes of a relay meet.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Redis 6.2 or later, or what speaks as it does.
    pub url: RedisUrl,
    /// Which relay: several may share one Redis.
    pub relay_id: NodeId,
    /// The same in all processes of the relay and known to nobody else: ids in Redis are hashed with it.
    pub secret: Secret32,
}

/// The others, over Redis. Its tasks end with this value.
pub struct RedisInstances {
    shared: Arc<Shared>,
    _tasks: [AbortOnDropHandle<Option<()>>; 3],
}

/// What callers and tasks share.
struct Shared {
    /// By which this process knows its own announcements: random.
    mark: [u8; 8],
    names: Names,
    link: Link,
    nonces: Mutex<Nonces>,
    limits: Mutex<Limits>,
    waiters: Mutex<Waiters>,
    presence: Mutex<Presence>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RedisInstances {
    /// Begins to connect; does not wait for it. Must be called inside a runtime.
    ///
    /// # Errors
    /// [`BadRedisUrl`].
    pub fn start(settings: &RedisSettings) -> Result<Self, BadRedisUrl> {
        let client = settings.url.client()?;
        let shared = Arc::new(Shared {
            mark: random(),
            names: Names::new(&settings.relay_id, settings.secret.clone()),
            link: Link::default(),
            nonces: Mutex::default(),
            limits: Mutex::default(),
            waiters: Mutex::default(),
            presence: Mutex::default(),
        });
        let life = Lifecycle::new(Clock::System);
        let tasks = [
            life.spawn_child("relay listens", link::listen(Arc::clone(&shared), client)),
            life.spawn_child("relay announces", link::announce(Arc::clone(&shared))),
            life.spawn_child("relay exchanges", link::exchange(Arc::clone(&shared))),
        ];
        Ok(Self { shared, _tasks: tasks })
    }

    /// Whether the others can be heard at the moment.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.shared.link.connection().is_some()
    }
}

impl Instances for RedisInstances {
    /// Redis remembers a nonce for all; with Redis away, each process its own.
    fn first_use<'a>(&'a self, fetch_key: &'a [u8; 32], nonce: &'a Id16, now: u64) -> BoxFuture<'a, bool> {
        async move {
            let token = self.shared.names.token("nonce", &[fetch_key, &nonce.0]);
            if !locked(&self.shared.nonces).first_use(token, now) {
                return false;
            }
            let key = self.shared.names.key("nonce", &token);
            self.shared.link.first_use(&key).await.unwrap_or(true)
        }
        .boxed()
    }

    fn take(&self, counted: Counted, count: u32, per_minute: u32, now: u64) -> Result<(), SlowDown> {
        locked(&self.shared.limits).take(counted, count, per_minute, now)
    }

    fn arrived(&self, queues: &[QueueId]) {
        let tokens = queues.iter().map(|queue| self.shared.names.token("queue", &[&queue.0]));
        locked(&self.shared.waiters).arrived(tokens);
        self.shared.link.bell.notify_one();
    }

    fn arrivals(&self, queue: QueueId) -> watch::Receiver<()> {
        let token = self.shared.names.token("queue", &[&queue.0]);
        locked(&self.shared.waiters).wait(token)
    }

    fn here(&self, deposit_id: DepositId, until: u64) {
        let token = self.shared.names.token("here", &[&deposit_id.0]);
        locked(&self.shared.presence).here(token, until);
    }

    fn is_here(&self, deposit_id: DepositId, now: u64) -> BoxFuture<'_, bool> {
        async move {
            let token = self.shared.names.token("here", &[&deposit_id.0]);
            if let Some(until) = locked(&self.shared.presence).untold(&token) {
                return until > now;
            }
            let key = self.shared.names.key("here", &token);
            let told = self.shared.link.is_there(&key).await;
            told.unwrap_or_else(|| locked(&self.shared.presence).is_here(&token, now))
        }
        .boxed()
    }
}

impl fmt::Debug for RedisInstances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisInstances").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}
