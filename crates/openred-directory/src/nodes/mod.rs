//! Registered nodes: who may replace which registration, and who is found by what (PROTOCOL §1, Annex A.3).
//!
//! Must not know: HTTP, grants.

pub(crate) mod flags;
pub(crate) mod listing;
mod memory;
mod register;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod words;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openred_core::descriptor::Descriptor;
use openred_core::identity::IdentityLog;
use openred_core::ids::NodeId;
use openred_service::database::{Database, DbError};
use openred_service::lifecycle::Clock;

use self::flags::Flags;
use self::listing::{Cursor, Listed, Search};
use self::memory::{Known, Memory};
use crate::bounds::{
    ACTIVE_FOR_MS, LOG_KEPT_SECS, MAX_NODE_BYTES_IN_MEMORY, MEMORY_AGE_HEARD_MS, MEMORY_AGE_UNHEARD_MS,
};
use crate::instances::{Instances, Saying};

pub(crate) use self::register::{RegisterError, Registration, Stale};
pub(crate) use self::store::NODES;
pub(crate) use self::words::of_query;

/// A registered node, as memory holds it.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its newest descriptor.
    pub(crate) descriptor: Descriptor,
    /// What it lets be shown.
    pub(crate) flags: Flags,
    /// Time of its registration as signed, unix seconds.
    pub(crate) time: u64,
    /// Monotonic time of its last signed call, ms; 0 before the first one to this process.
    seen_mono_ms: AtomicU64,
    /// `last_seen` as written, unix seconds.
    seen_hour: AtomicU64,
}

impl Node {
    /// A registration at `time` that nobody has called for yet.
    #[cfg(test)]
    pub(crate) fn of(descriptor: Descriptor, flags: u8, time: u64) -> Self {
        node(descriptor.bytes(), flags, time, 0).unwrap()
    }

    /// Its id.
    pub(crate) fn id(&self) -> NodeId {
        self.descriptor.node_id()
    }

    /// Whether its registration holds at `now`, unix seconds.
    pub(crate) fn is_live(&self, now: u64) -> bool {
        self.descriptor.body().expires > now
    }

    /// Where grants are pushed, if it wants that.
    pub(crate) fn push_url(&self) -> Option<&str> {
        if self.flags.push() { self.descriptor.body().api_url.as_deref() } else { None }
    }

    /// What decides between two registrations: the rotated key first, then the time.
    fn age(&self) -> (u32, u64) {
        (self.descriptor.order().0, self.time)
    }

    /// Its last signed call, unix seconds cut to the hour.
    pub(crate) fn last_seen(&self) -> u64 {
        self.seen_hour.load(Ordering::Relaxed)
    }

    /// Whether it called in the last minutes.
    pub(crate) fn is_active(&self, mono_ms: u64) -> bool {
        let seen = self.seen_mono_ms.load(Ordering::Relaxed);
        seen != 0 && seen + ACTIVE_FOR_MS > mono_ms
    }
}

/// One page of an answer to discover.
#[derive(Debug)]
pub(crate) struct Page {
    /// Nodes, each with whether it is active.
    pub(crate) nodes: Vec<(Listed, bool)>,
    /// Where the next page begins.
    pub(crate) next: Option<Cursor>,
}

/// Who else writes to the database.
#[derive(Clone, Debug)]
pub(crate) enum Writers {
    /// Nobody: what memory holds is true.
    ThisProcess,
    /// Maybe other processes of this directory, which say so if they can be heard.
    Several(Option<Arc<Instances>>),
}

/// The registered nodes: a database, and those in use in memory.
#[derive(Debug)]
pub(crate) struct Nodes {
    database: Database,
    writers: Writers,
    clock: Clock,
    memory: Mutex<Memory>,
    unwritten: Mutex<HashMap<NodeId, u64>>,
    rows: AtomicU64,
}

impl Nodes {
    /// Over an open database with the step [`NODES`].
    pub(crate) async fn open(database: Database, writers: Writers, clock: Clock) -> Result<Self, DbError> {
        let nodes = Self {
            database,
            writers,
            clock,
            memory: Mutex::new(Memory::new(MAX_NODE_BYTES_IN_MEMORY)),
            unwritten: Mutex::default(),
            rows: AtomicU64::new(0),
        };
        nodes.recount().await?;
        Ok(nodes)
    }

    /// The node registered under `id` at `now` (unix seconds).
    pub(crate) async fn get(&self, id: &NodeId, now: u64) -> Result<Option<Arc<Node>>, DbError> {
        let since_ms = self.believed_since_ms();
        let known = self.memory().get(id, since_ms);
        let known = match known {
            Some(known) => known,
            None => self.load(*id).await?,
        };
        Ok(known.filter(|node| node.is_live(now)))
    }

    /// The node as memory holds it, without asking the database.
    pub(crate) fn peek(&self, id: &NodeId) -> Option<Arc<Node>> {
        self.memory().get(id, 0).flatten()
    }

    /// The registration that has replaced `node` meanwhile, `node` itself if none has; `None` if it was removed or has
    /// ended at `now` (unix seconds), or the database does not answer.
    pub(crate) async fn newest(&self, node: &Node, now: u64) -> Option<Arc<Node>> {
        self.get(&node.id(), now).await.ok().flatten()
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now_s()
    }

    /// Another process has taken a registration of `id`.
    pub(crate) fn forget(&self, id: &NodeId) {
        self.memory().doubt(id);
    }

    /// Other processes were not heard for a while.
    pub(crate) fn forget_all(&self) {
        self.memory().doubt_all();
    }

    /// A node has called at another process. Only what memory holds is marked as active: the hour is written there.
    pub(crate) fn called_elsewhere(&self, id: &NodeId) {
        if let Some(node) = self.peek(id) {
            node.seen_mono_ms.store(self.clock.monotonic_ms().max(1), Ordering::Relaxed);
        }
    }

    /// What was read or written before is not believed without asking the database.
    fn believed_since_ms(&self) -> u64 {
        let age_ms = match &self.writers {
            Writers::ThisProcess => return 0,
            Writers::Several(Some(others)) if others.is_connected() => MEMORY_AGE_HEARD_MS,
            Writers::Several(_) => MEMORY_AGE_UNHEARD_MS,
        };
        // 0 is what is doubted.
        self.clock.monotonic_ms().saturating_sub(age_ms).max(1)
    }

    /// Others hear that the registration of `id` is another one.
    fn say_changed(&self, id: NodeId) {
        if let Writers::Several(Some(others)) = &self.writers {
            others.tell(Saying::Changed(id));
        }
    }

    /// The newest identity log known of `id`, registered or not.
    pub(crate) async fn log(&self, id: &NodeId) -> Result<Option<IdentityLog>, DbError> {
        let id = *id;
        let bytes = self.database.read(move |tx| store::log(tx, &id)).await?;
        bytes.as_deref().map(register::log_of).transpose()
    }

    /// Whether another entry for a place of the log of `id` was presented.
    pub(crate) async fn is_contested(&self, id: &NodeId) -> Result<bool, DbError> {
        let id = *id;
        self.database.read(move |tx| store::is_forked(tx, &id)).await
    }

    /// Notes a signed call of `node`; the hour is written by [`Self::write_seen`].
    pub(crate) fn seen(&self, node: &Node, now: u64, mono_ms: u64) {
        node.seen_mono_ms.store(mono_ms.max(1), Ordering::Relaxed);
        let hour = hour_of(now);
        if node.seen_hour.swap(hour, Ordering::Relaxed) < hour {
            held(&self.unwritten).insert(node.id(), hour);
        }
    }

    /// Writes who was seen in a new hour.
    pub(crate) async fn write_seen(&self) -> Result<(), DbError> {
        let seen: Vec<_> = std::mem::take(&mut *held(&self.unwritten)).into_iter().collect();
        for chunk in seen.chunks(500) {
            let chunk = chunk.to_vec();
            self.database
                .write(move |tx| chunk.iter().try_for_each(|(id, hour)| store::seen(tx, id, *hour)))
                .await?;
        }
        Ok(())
    }

    /// One page of nodes found by `search`.
    pub(crate) async fn discover(
        &self,
        search: Search,
        after: Option<Cursor>,
        limit: u32,
        now: u64,
        mono_ms: u64,
    ) -> Result<Page, DbError> {
        let mut found =
            self.database.read(move |tx| store::list(tx, &search, after.as_ref(), limit, now)).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(Cursor::behind);
        let mut memory = self.memory();
        let nodes = found.into_iter().map(|listed| {
            let node = memory.get(&listed.node_id, 0).flatten();
            let active = node.is_some_and(|node| node.is_active(mono_ms));
            (listed, active)
        });
        Ok(Page { nodes: nodes.collect(), next })
    }

    /// Deletes what is over: registrations, removals, old logs, surplus proofs. Works in small steps.
    pub(crate) async fn trim(&self, now: u64) -> Result<(), DbError> {
        while self.database.write(move |tx| store::trim_nodes(tx, now)).await? > 0 {}
        let seen_before = now.saturating_sub(LOG_KEPT_SECS);
        while self.database.write(move |tx| store::trim_logs(tx, seen_before)).await? > 0 {}
        self.database.write(store::trim_forks).await?;
        self.recount().await
    }

    /// Whether the database answers.
    pub(crate) async fn answers(&self) -> Result<(), DbError> {
        self.database.read(store::answers).await
    }

    /// Rows of nodes, and nodes in memory.
    pub(crate) fn sizes(&self) -> (u64, usize) {
        (self.rows.load(Ordering::Relaxed), self.memory().len())
    }

    async fn recount(&self) -> Result<(), DbError> {
        let (nodes, logs) = self.database.read(store::count).await?;
        self.rows.store(nodes.max(logs), Ordering::Relaxed);
        Ok(())
    }

    async fn load(&self, id: NodeId) -> Result<Known, DbError> {
        let began = self.memory().begin(self.clock.monotonic_ms().max(1));
        let held = self.database.read(move |tx| store::held(tx, &id)).await?;
        let known = match held {
            Some(store::Held { descriptor: Some(descriptor), flags, time, last_seen }) => {
                Some(Arc::new(node(&descriptor, flags, time, last_seen)?))
            }
            _ => None,
        };
        Ok(self.memory().fill(id, known, began))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        held(&self.memory)
    }
}

/// Unix seconds cut to the hour: more is nobody's business.
pub(crate) fn hour_of(unix_secs: u64) -> u64 {
    unix_secs - unix_secs % 3_600
}

fn node(descriptor: &[u8], flags: u8, time: u64, last_seen: u64) -> Result<Node, DbError> {
    let corrupt = |what: &str| DbError::Corrupt(format!("nodes.{what}"));
    Ok(Node {
        descriptor: Descriptor::parse(descriptor).map_err(|_| corrupt("descriptor"))?,
        flags: Flags::from_byte(flags).ok_or_else(|| corrupt("flags"))?,
        time,
        seen_mono_ms: AtomicU64::new(0),
        seen_hour: AtomicU64::new(last_seen),
    })
}

/// A panic elsewhere does not make the map unusable: every step leaves it whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
