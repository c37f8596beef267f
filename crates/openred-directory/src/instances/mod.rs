//! The other processes of this directory, heard over Redis: what was called before, how often, who polls where, whose
//! registration changed, and wishes and sealed halves on their way to where somebody waits for them.
//!
//! Nothing is kept there but hashed names of calls (20 minutes) and of callers with a count (2 minutes); the rest is said
//! once and heard or lost. With Redis away each process goes on by itself
//! (docs/decisions/0019-directories-behind-a-balancer.md). Must not know: HTTP, SQL.

mod message;
mod sealed;
mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use openred_core::ids::NodeId;
use openred_service::identity::Own;
use openred_service::instances::{BadRedisUrl, Counted, Heard, Listener, RedisLink, RedisSettings, RedisUrl};
use openred_service::lifecycle::Clock;
use openred_service::limits::{NotFirst, SlowDown};
use tokio::sync::{Notify, mpsc};

use self::sealed::Sealed;
use crate::bounds::{MAX_HEARD, MAX_UNSAID, REPLAY_MEMORY_MS};

pub(crate) use self::message::{Half, Saying, Wish};
pub(crate) use self::work::{deliver, receive};
pub(crate) use openred_service::instances::Mark;

/// The others.
pub(crate) struct Instances {
    link: RedisLink,
    sealed: Arc<Sealed>,
    clock: Clock,
    outbox: Mutex<Outbox>,
    bell: Notify,
}

/// What is to be said, in order.
#[derive(Debug, Default)]
struct Outbox {
    to_all: Vec<Saying>,
    to_one: BTreeMap<Mark, Vec<Saying>>,
    len: usize,
}

/// What was heard.
#[derive(Debug)]
pub(crate) enum Event {
    /// From one process.
    Said(Mark, Vec<Saying>),
    /// Redis is there: what was said before was not heard.
    Connected,
    /// Redis is away.
    Away,
}

/// What the connection calls.
struct Ears {
    sealed: Arc<Sealed>,
    clock: Clock,
    events: mpsc::Sender<Event>,
}

impl Instances {
    /// Begins to connect; does not wait for it. What is heard comes out of the receiver.
    pub(crate) fn start(
        url: &RedisUrl,
        own: &Own,
        clock: &Clock,
    ) -> Result<(Arc<Self>, mpsc::Receiver<Event>), BadRedisUrl> {
        let (secret, sealed) = sealed::secrets(own.signing());
        let sealed = Arc::new(sealed);
        let (events, heard) = mpsc::channel(MAX_HEARD);
        let ears = Ears { sealed: Arc::clone(&sealed), clock: clock.clone(), events };
        let settings = RedisSettings { url: url.clone(), service_id: own.node_id(), secret };
        let link = RedisLink::start(&settings, Arc::new(ears))?;
        let (outbox, bell) = (Mutex::default(), Notify::new());
        Ok((Arc::new(Self { link, sealed, clock: clock.clone(), outbox, bell }), heard))
    }

    /// Whether the others can be heard at the moment.
    pub(crate) fn is_connected(&self) -> bool {
        self.link.is_connected()
    }

    /// Whether the call `name` of `signer` was at no process before. With Redis away nobody knows, and it counts as new.
    pub(crate) async fn first_use(&self, signer: &NodeId, name: &[u8; 16]) -> Result<(), NotFirst> {
        let token = self.link.names().token("call", &[&signer.0, name]);
        let key = self.link.names().key("call", &token);
        self.link.first_use(&key, REPLAY_MEMORY_MS / 1_000).await.unwrap_or(Ok(()))
    }

    /// Counts one call of `of` against what all processes together allow a minute.
    pub(crate) fn take(&self, limit: &'static str, of: &[u8], per_minute: u32) -> Result<(), SlowDown> {
        self.link.take(Counted { limit, of: of.to_vec() }, 1, per_minute, self.clock.now_s())
    }

    /// Says something to all, soon.
    pub(crate) fn tell(&self, saying: Saying) {
        self.put(|outbox| outbox.to_all.push(saying));
    }

    /// Says something to one, soon; a wish or half comes back when that one is gone.
    pub(crate) fn give(&self, to: Mark, saying: Saying) {
        self.put(|outbox| outbox.to_one.entry(to).or_default().push(saying));
    }

    fn put(&self, put: impl FnOnce(&mut Outbox)) {
        let mut outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
        if outbox.len < MAX_UNSAID {
            put(&mut outbox);
            outbox.len += 1;
        }
        drop(outbox);
        self.bell.notify_one();
    }

    fn unsaid(&self) -> Outbox {
        std::mem::take(&mut *self.outbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sealed(&self, sayings: &[Saying]) -> Option<Vec<u8>> {
        self.sealed.seal(&message::write(sayings), self.clock.now_ms())
    }
}

impl Ears {
    /// Whoever is too slow to hear all misses some of it, as if Redis had been away.
    fn pass_on(&self, event: Event) {
        if self.events.try_send(event).is_err() {
            tracing::debug!("Too much was said at once; some of it was not heard.");
        }
    }
}

impl Listener for Ears {
    fn heard(&self, heard: &Heard<'_>) {
        let said = self.sealed.open(heard.said, self.clock.now_ms());
        match said.map(|said| message::read(&said)) {
            Some(Ok(sayings)) => self.pass_on(Event::Said(heard.from, sayings)),
            _ => {
                tracing::warn!("Somebody else writes to the channel of this directory, or a clock is wrong.")
            }
        }
    }

    fn connected(&self) {
        self.pass_on(Event::Connected);
    }

    fn away(&self) {
        self.pass_on(Event::Away);
    }
}

impl fmt::Debug for Instances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instances").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}
