//! A contact asks this node's owner to confirm something by hand (PROTOCOL §4, `/p2p/auth/challenge`). Open questions
//! live in memory: each ends by the owner's decision or after less than a minute. Knows no sessions and no signatures.

pub mod http;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use openred_core::ids::NodeId;
use openred_keeper::ops::AuditKind;
use openred_service::limits::{Limiter, Rate};
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    deps::Deps,
    error::NodeError,
    events::Kind,
    modules::{
        audit,
        contacts::store as people,
        notify::{self, What},
    },
};

/// How long the owner has: the asking node waits 60 s, its answer included.
pub const OWNER_WAIT: Duration = Duration::from_secs(55);
/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;
/// Questions that wait for the owner at once.
const OPEN_MAX: usize = 16;
/// Questions of one person: three at once, then one every five minutes.
const RATE: Rate = Rate::per_hour(12).burst(3);
/// People whose rate is remembered.
const PEOPLE_MAX: usize = 4_096;

/// What the owner said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is really them, and they agree.
    Confirm,
    /// No.
    Refuse,
}

/// A question that waits for the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names it while it waits; never used twice by one process.
    pub id: u64,
    /// Who asks (`connections.id`).
    pub person: i64,
    /// Their words, at most 200 characters.
    pub reason: String,
    /// Unix ms.
    pub asked_at: u64,
    /// Unix ms; later answers are of no use.
    pub until_at: u64,
}

struct Open {
    question: Question,
    decide: oneshot::Sender<Decision>,
}

/// The open questions. Clones share them.
#[derive(Clone)]
pub struct Challenges(Arc<Inner>);

struct Inner {
    table: Mutex<Table>,
    rate: Limiter<i64>,
}

#[derive(Default)]
struct Table {
    last_id: u64,
    open: BTreeMap<u64, Open>,
}

impl std::fmt::Debug for Challenges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Challenges({})", self.table().open.len())
    }
}

impl Default for Challenges {
    fn default() -> Self {
        Self(Arc::new(Inner { table: Mutex::default(), rate: Limiter::new(RATE, PEOPLE_MAX) }))
    }
}

impl Challenges {
    /// What waits for the owner, oldest first.
    pub fn list(&self) -> Vec<Question> {
        self.table().open.values().map(|open| open.question.clone()).collect()
    }

    /// The owner decides.
    ///
    /// # Errors
    /// [`NodeError::Gone`] when it does not wait any more.
    pub fn decide(&self, id: u64, decision: Decision) -> Result<(), NodeError> {
        let gone = NodeError::Gone("this question does not wait for an answer any more");
        let Some(open) = self.table().open.remove(&id) else { return Err(gone) };
        open.decide.send(decision).map_err(|_| gone)
    }

    /// Asks the owner and waits for the decision. `session_over` ends the waiting: an answer would reach nobody.
    ///
    /// # Errors
    /// [`NodeError::Refused`] for who is no contact, [`NodeError::Unknown`] for who is blocked,
    /// [`NodeError::SlowDown`] beyond the limits, [`NodeError::Gone`] when nobody decided in time.
    pub async fn ask_owner(
        &self,
        deps: &Deps,
        person: i64,
        reason: &str,
        session_over: impl Future<Output = ()> + Send,
    ) -> Result<Decision, NodeError> {
        let peer = may_ask(deps, person).await?;
        let (waiting, decided) = self.open(deps, person, reason)?;
        tell_owner(deps, person, reason.to_owned(), waiting.id).await?;
        let decision = tokio::select! {
            decided = decided => decided.ok(),
            () = tokio::time::sleep(OWNER_WAIT) => None,
            () = session_over => None,
        };
        let decision = decision.ok_or(NodeError::Gone("nobody decided in time"))?;
        let said = match decision {
            Decision::Confirm => "the owner confirmed to them by hand",
            Decision::Refuse => "the owner refused to confirm to them",
        };
        audit::note(deps, AuditKind::Identity, Some(peer), said).await;
        Ok(decision)
    }

    fn open(
        &self,
        deps: &Deps,
        person: i64,
        reason: &str,
    ) -> Result<(Waiting, oneshot::Receiver<Decision>), NodeError> {
        let slow = self.0.rate.take(person, deps.clock.monotonic_ms());
        slow.map_err(|slow| NodeError::SlowDown(slow.seconds))?;
        let now = deps.clock.now_ms();
        let (decide, decided) = oneshot::channel();
        let mut table = self.table();
        let is_waiting = table.open.values().any(|open| open.question.person == person);
        if is_waiting || table.open.len() >= OPEN_MAX {
            return Err(NodeError::SlowDown(OWNER_WAIT.as_secs()));
        }
        table.last_id += 1;
        let id = table.last_id;
        let until_at = now + OWNER_WAIT.as_millis() as u64;
        let question = Question { id, person, reason: reason.to_owned(), asked_at: now, until_at };
        table.open.insert(id, Open { question, decide });
        Ok((Waiting { challenges: self.clone(), deps: deps.clone(), id }, decided))
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question on its way; however its asking ends, it waits no longer and the owner's apps hear of it.
struct Waiting {
    challenges: Challenges,
    deps: Deps,
    id: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.challenges.table().open.remove(&self.id);
        self.deps.events.send(Kind::Challenge, json!({"id": self.id.to_string(), "waits": false}));
    }
}

/// Only contacts may ask; who is blocked learns nothing. Returns who it is.
async fn may_ask(deps: &Deps, person: i64) -> Result<NodeId, NodeError> {
    let peer = deps.read(move |w| Ok(people::get(w.tx, w.seal, person)?)).await?;
    match peer {
        Some(peer) if peer.is_contact() => Ok(peer.node_id),
        Some(peer) if !peer.is_blocked() => Err(NodeError::Refused("only contacts may ask this")),
        _ => Err(NodeError::Unknown("this person")),
    }
}

/// By an event to the open app, and by a notification that stays.
async fn tell_owner(deps: &Deps, person: i64, reason: String, id: u64) -> Result<(), NodeError> {
    deps.write(move |w| {
        notify::add(w, What::Challenge, Some(person), None, &reason)?;
        w.tell(Kind::Challenge, json!({"id": id.to_string(), "waits": true}));
        Ok(())
    })
    .await
}
