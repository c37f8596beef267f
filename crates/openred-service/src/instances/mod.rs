//! What the processes of one service tell one another, over Redis: [`RedisLink`].
//!
//! - `names`: ids as they stand in Redis, hashed. `counts`: how often, by what this process knows, without IO. `link`: the
//!   connections, and the tasks on them.
//!
//! Nothing of it is needed for what was acknowledged: with Redis away each process goes on by what it knows itself.
//! Must not know: what is said, what is counted, any clock: `now` is unix seconds of the caller.

mod counts;
mod link;
mod names;
mod url;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openred_core::ids::NodeId;
use openred_core::payload::Secret32;
use redis::{Cmd, Pipeline, Value, cmd};
use tokio_util::task::AbortOnDropHandle;

use crate::identity::random;
use crate::lifecycle::{Clock, Lifecycle};
use crate::limits::{NotFirst, SlowDown};
use counts::Counts;
use link::Link;

pub use counts::Counted;
pub use names::{Names, Token};
pub use url::{BadRedisUrl, RedisUrl};

/// Names one process of a service: random, drawn at its start.
pub type Mark = [u8; 8];

/// Where the processes of a service meet.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Redis 6.2 or later, or what speaks as it does.
    pub url: RedisUrl,
    /// Which service: several may share one Redis.
    pub service_id: NodeId,
    /// The same in all processes of the service and known to nobody else: ids in Redis are hashed with it.
    pub secret: Secret32,
}

/// Something that another process said.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Who said it.
    pub from: Mark,
    /// What. Whoever can write to Redis can say anything: seal what must be believed.
    pub said: &'a [u8],
}

/// Who hears what the others say. Called by the task that hears, so it must not wait for anything.
pub trait Listener: Send + Sync + 'static {
    /// Another process said something, to all or to this one.
    fn heard(&self, heard: &Heard<'_>);

    /// Redis is there, for the first time or again: what others said meanwhile was not heard, and Redis may have
    /// forgotten everything.
    fn connected(&self);

    /// Redis went away, or still is; called every 2 seconds until it is there.
    fn away(&self);
}

/// The others, over Redis. Its tasks end with this value.
pub struct RedisLink {
    shared: Arc<Shared>,
    _tasks: [AbortOnDropHandle<Option<()>>; 2],
}

/// What callers and tasks share.
struct Shared {
    mark: Mark,
    names: Names,
    link: Link,
    counts: Mutex<Counts>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RedisLink {
    /// Begins to connect; does not wait for it. Must be called inside a runtime.
    ///
    /// # Errors
    /// [`BadRedisUrl`].
    pub fn start(settings: &RedisSettings, listener: Arc<dyn Listener>) -> Result<Self, BadRedisUrl> {
        let client = settings.url.client()?;
        let shared = Arc::new(Shared {
            mark: random(),
            names: Names::new(&settings.service_id, settings.secret.clone()),
            link: Link::default(),
            counts: Mutex::default(),
        });
        let life = Lifecycle::new(Clock::System);
        let tasks = [
            life.spawn_child("instances listen", link::listen(Arc::clone(&shared), client, listener)),
            life.spawn_child("instances count", link::exchange(Arc::clone(&shared))),
        ];
        Ok(Self { shared, _tasks: tasks })
    }

    /// Whether the others can be heard at the moment.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.shared.link.connection().is_some()
    }

    /// How ids are hashed, and what keys begin with.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.shared.names
    }

    /// Whether no process has set `key` in the last `secs` seconds; it is set now. `None`: Redis is away.
    pub async fn first_use(&self, key: &str, secs: u64) -> Option<Result<(), NotFirst>> {
        let mut set = cmd("SET");
        set.arg(key).arg(1).arg("NX").arg("EX").arg(secs);
        match self.shared.link.ask::<Value>(&set).await? {
            Ok(Value::Okay) => Some(Ok(())),
            Ok(_) => Some(Err(NotFirst::Seen)),
            Err(error) if error.code() == Some("OOM") => Some(Err(NotFirst::Full)),
            Err(_) => None,
        }
    }

    /// Whether there is such a key. `None`: Redis is away.
    pub async fn is_there(&self, key: &str) -> Option<bool> {
        self.shared.link.ask(Cmd::new().arg("EXISTS").arg(key)).await?.ok()
    }

    /// Counts `count` more. Answers at once from what this process knows; the others hear of it within a second.
    ///
    /// # Errors
    /// [`SlowDown`]: `per_minute` are used up in all processes together.
    pub fn take(&self, counted: Counted, count: u32, per_minute: u32, now: u64) -> Result<(), SlowDown> {
        locked(&self.shared.counts).take(counted, count, per_minute, now)
    }

    /// Says something to all other processes. `None`: Redis is away, nobody has heard it.
    pub async fn say_to_all(&self, said: &[u8]) -> Option<()> {
        self.publish(self.shared.names.all(), said).await.map(drop)
    }

    /// Says something to one process; whether it was there to hear it. `None`: Redis is away.
    pub async fn say_to(&self, mark: &Mark, said: &[u8]) -> Option<bool> {
        self.publish(self.shared.names.one(mark), said).await.map(|receivers| receivers > 0)
    }

    /// Commands in one round trip. `None`: Redis is away, or refused one of them.
    pub async fn tell<T: redis::FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        self.shared.link.tell(commands).await
    }

    async fn publish(&self, channel: String, said: &[u8]) -> Option<u64> {
        let mut publish = cmd("PUBLISH");
        publish.arg(channel).arg([&self.shared.mark, said].concat());
        self.shared.link.ask(&publish).await?.ok()
    }
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLink").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}
