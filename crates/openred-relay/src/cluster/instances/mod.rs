//! What the processes of one relay tell one another, over Redis: [`RedisInstances`].
//!
//! `nonces waiters presence` are what this process knows by itself, without IO; connections, names and counts are
//! `openred_service::instances`.
//!
//! With Redis away each process goes on by what it knows itself: a call may then be repeated once at each process, limits
//! hold for each alone, who waits for mail looks every few seconds, and only a process's own callers are seen as here.
//!
//! Must not know: mail, HTTP, any clock.

mod nonces;
mod presence;
mod waiters;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use openred_core::ids::{DepositId, Id16, NodeId, QueueId};
use openred_core::payload::Secret32;
use openred_service::instances::{self, Heard, Listener, RedisLink, Token};
use openred_service::lifecycle::{Clock, Lifecycle};
use openred_service::limits::SlowDown;
use redis::Pipeline;
use tokio::sync::{Notify, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::instances::{Counted, Instances};
use nonces::{Nonces, REMEMBERED_SECS};
use presence::Presence;
use waiters::{Announcement, Waiters};

pub use openred_service::instances::{BadRedisUrl, RedisUrl};

/// How often Redis is told who is here: others hear of it within a second.
const TELL: Duration = Duration::from_millis(200);

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
    link: Arc<RedisLink>,
    own: Arc<Own>,
    _tasks: [AbortOnDropHandle<Option<()>>; 2],
}

/// What this process knows.
#[derive(Default)]
struct Own {
    nonces: Mutex<Nonces>,
    waiters: Mutex<Waiters>,
    presence: Mutex<Presence>,
    /// Somebody is to be told where mail came.
    bell: Notify,
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
        let own = Arc::new(Own::default());
        let settings = instances::RedisSettings {
            url: settings.url.clone(),
            service_id: settings.relay_id,
            secret: settings.secret.clone(),
        };
        let listener = Arc::clone(&own);
        let link = Arc::new(RedisLink::start(&settings, listener)?);
        let life = Lifecycle::new(Clock::System);
        let tasks = [
            life.spawn_child("relay announces", announce(Arc::clone(&own), Arc::clone(&link))),
            life.spawn_child("relay tells who is here", tell(Arc::clone(&own), Arc::clone(&link))),
        ];
        Ok(Self { link, own, _tasks: tasks })
    }

    /// Whether the others can be heard at the moment.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.link.is_connected()
    }
}

impl Listener for Own {
    /// Where mail came: hashed queues, none for everywhere.
    fn heard(&self, heard: &Heard<'_>) {
        let waiters = locked(&self.waiters);
        if heard.said.is_empty() {
            waiters.wake_all();
        }
        for token in heard.said.as_chunks::<16>().0 {
            waiters.wake(token);
        }
    }

    fn connected(&self) {
        locked(&self.presence).tell_again();
        // What came before we could hear it.
        locked(&self.waiters).wake_all();
    }

    fn away(&self) {
        locked(&self.waiters).wake_all();
    }
}

/// Tells others where mail came: all that came while the last announcement was on its way.
async fn announce(own: Arc<Own>, link: Arc<RedisLink>) {
    loop {
        own.bell.notified().await;
        let Some(announcement) = locked(&own.waiters).announcement() else { continue };
        let tokens: Vec<Token> = match announcement {
            Announcement::Some(tokens) => tokens,
            Announcement::All => Vec::new(),
        };
        let _away_then_others_look_by_themselves = link.say_to_all(tokens.as_flattened()).await;
    }
}

/// Tells Redis who is here.
async fn tell(own: Arc<Own>, link: Arc<RedisLink>) {
    loop {
        tokio::time::sleep(TELL).await;
        if !link.is_connected() {
            continue;
        }
        let present = locked(&own.presence).changes();
        if present.is_empty() {
            continue;
        }
        let mut commands = Pipeline::new();
        for (token, until) in present {
            let key = link.names().key("here", &token);
            if until == 0 {
                commands.cmd("DEL").arg(&key).ignore();
            } else {
                commands.cmd("SET").arg(&key).arg(1).arg("EXAT").arg(until).ignore();
            }
        }
        let _away_then_all_is_told_again: Option<()> = link.tell(&commands).await;
    }
}

impl Instances for RedisInstances {
    /// Redis remembers a nonce for all; with Redis away, each process its own.
    fn first_use<'a>(&'a self, fetch_key: &'a [u8; 32], nonce: &'a Id16, now: u64) -> BoxFuture<'a, bool> {
        async move {
            let token = self.link.names().token("nonce", &[fetch_key, &nonce.0]);
            if !locked(&self.own.nonces).first_use(token, now) {
                return false;
            }
            let key = self.link.names().key("nonce", &token);
            self.link.first_use(&key, REMEMBERED_SECS).await.is_none_or(|first| first.is_ok())
        }
        .boxed()
    }

    fn take(&self, counted: Counted, count: u32, per_minute: u32, now: u64) -> Result<(), SlowDown> {
        self.link.take(counted, count, per_minute, now)
    }

    fn arrived(&self, queues: &[QueueId]) {
        let tokens = queues.iter().map(|queue| self.link.names().token("queue", &[&queue.0]));
        locked(&self.own.waiters).arrived(tokens);
        self.own.bell.notify_one();
    }

    fn arrivals(&self, queue: QueueId) -> watch::Receiver<()> {
        let token = self.link.names().token("queue", &[&queue.0]);
        locked(&self.own.waiters).wait(token)
    }

    fn here(&self, deposit_id: DepositId, until: u64) {
        let token = self.link.names().token("here", &[&deposit_id.0]);
        locked(&self.own.presence).here(token, until);
    }

    fn is_here(&self, deposit_id: DepositId, now: u64) -> BoxFuture<'_, bool> {
        async move {
            let token = self.link.names().token("here", &[&deposit_id.0]);
            if let Some(until) = locked(&self.own.presence).untold(&token) {
                return until > now;
            }
            let key = self.link.names().key("here", &token);
            let told = self.link.is_there(&key).await;
            told.unwrap_or_else(|| locked(&self.own.presence).is_here(&token, now))
        }
        .boxed()
    }
}

impl fmt::Debug for RedisInstances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisInstances").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}
