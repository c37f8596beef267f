//! Who asked for whom, who is there to take a grant, and which sealed halves wait for their node.
//!
//! A wish holds no secret: S and the tokens are drawn only when both nodes are there ([`Handout::Issue`] goes
//! to B's poll, which issues). What waits afterwards is A's sealed half, until B's is on its way and A polls.
//!
//! A directory may be several processes. A wish and a half are at one of them at a time: they wait where they came in, and
//! move to where the poll of the node that they are for waits.
//!
//! Must not know: HTTP, SQL, keys, how things move. Every step is O(16); it is used under a lock that is never held over an
//! await.

mod elsewhere;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use openred_core::grant::Request;
use openred_core::ids::NodeId;
use tokio::sync::oneshot;

use self::elsewhere::Elsewhere;
use super::boxed::Boxed;
use crate::bounds::{
    MAX_ASKED, MAX_ASKED_PER_ASKER, MAX_ASKED_PER_TARGET, MAX_GRANT_LIFE_MS, MAX_GRANTS_PER_POLL, MAX_HALVES,
    MAX_HALVES_PER_NODE, MAX_POLLS,
};
use crate::instances::{Mark, Saying};
use crate::nodes::Node;

/// One wish: A asks to be introduced to B.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// A, as registered when it asked; replaced by what A's poll shows.
    pub(crate) asker: Arc<Node>,
    /// B's id; whether B is registered is not known here.
    pub(crate) target: NodeId,
    /// A's signed request, for B to check.
    pub(crate) request: Request,
    /// Monotonic end of life, ms.
    pub(crate) until_ms: u64,
}

/// What a poll that waited is given.
#[derive(Debug)]
pub(crate) enum Handout {
    /// Both are there: make the grant, take B's half, hand A's over afterwards.
    Issue(Asked),
    /// A's half; B's has been delivered.
    Half(Boxed),
}

/// Why a wish or a poll is not taken; both are answered 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// The asker has too many wishes waiting.
    Asker,
    /// The directory has.
    Directory,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    node: Arc<Node>,
    sender: oneshot::Sender<Vec<Handout>>,
}

#[derive(Debug)]
struct Half {
    boxed: Boxed,
    until_ms: u64,
}

/// All wishes, waiting polls and waiting halves.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    next: u64,
    asked: BTreeMap<u64, Asked>,
    by_asker: HashMap<NodeId, VecDeque<u64>>,
    by_target: HashMap<NodeId, VecDeque<u64>>,
    halves: HashMap<NodeId, VecDeque<Half>>,
    halves_len: usize,
    waiting: HashMap<NodeId, Waiting>,
    elsewhere: HashMap<NodeId, Elsewhere>,
    errands: Vec<(Mark, Saying)>,
}

impl Exchange {
    /// Takes a wish. `Ok(true)`: B's poll waits (and has been woken if A is there too).
    pub(crate) fn ask(
        &mut self,
        now_ms: u64,
        asker: Arc<Node>,
        target: NodeId,
        request: Request,
    ) -> Result<bool, Crowded> {
        self.expire(now_ms);
        let asker_id = asker.id();
        if self.by_asker.get(&asker_id).is_some_and(|own| own.len() >= MAX_ASKED_PER_ASKER) {
            return Err(Crowded::Asker);
        }
        if self.asked.len() >= MAX_ASKED {
            return Err(Crowded::Directory);
        }
        let polls = self.is_there(now_ms, &target);
        if self.by_target.get(&target).is_some_and(|to| to.len() >= MAX_ASKED_PER_TARGET) {
            return Ok(polls);
        }
        let until_ms = now_ms + MAX_GRANT_LIFE_MS;
        self.insert(Asked { asker, target, request, until_ms });
        self.hand_out(now_ms, target);
        Ok(polls)
    }

    /// `node` polls: its older poll ends with nothing, and the receiver gets what there is, now or later.
    pub(crate) fn wait(
        &mut self,
        now_ms: u64,
        node: Arc<Node>,
    ) -> Result<(u64, oneshot::Receiver<Vec<Handout>>), Crowded> {
        self.expire(now_ms);
        let id = node.id();
        if self.waiting.len() >= MAX_POLLS && !self.waiting.contains_key(&id) {
            return Err(Crowded::Directory);
        }
        let (sender, receiver) = oneshot::channel();
        let ticket = self.fresh();
        self.elsewhere.remove(&id);
        self.waiting.insert(id, Waiting { ticket, node, sender });
        self.came(now_ms, id);
        Ok((ticket, receiver))
    }

    /// The poll with this ticket is over.
    pub(crate) fn leave(&mut self, id: &NodeId, ticket: u64) {
        if self.waiting.get(id).is_some_and(|waiting| waiting.ticket == ticket) {
            self.waiting.remove(id);
        }
    }

    /// B's half has been delivered: A's may go. Dropped when it is too old or too many wait.
    pub(crate) fn half_ready(&mut self, now_ms: u64, asker: NodeId, boxed: Boxed, until_ms: u64) {
        self.expire(now_ms);
        let queue = self.halves.entry(asker).or_default();
        if until_ms > now_ms && queue.len() < MAX_HALVES_PER_NODE && self.halves_len < MAX_HALVES {
            queue.push_back(Half { boxed, until_ms });
            self.halves_len += 1;
        }
        self.hand_out(now_ms, asker);
    }

    /// Takes out the wishes for `target` whose askers are there, to be pushed to it.
    pub(crate) fn take_for_push(&mut self, now_ms: u64, target: &NodeId) -> Vec<Asked> {
        self.expire(now_ms);
        self.take_asked(now_ms, target, MAX_GRANTS_PER_POLL)
    }

    /// Targets of the wishes of `asker`, each once, without those whose own poll waits.
    pub(crate) fn absent_targets_of(&self, now_ms: u64, asker: &NodeId) -> Vec<NodeId> {
        self.targets_of(asker).into_iter().filter(|target| !self.is_there(now_ms, target)).collect()
    }

    /// Drops and wipes what is older than 30 s.
    pub(crate) fn expire(&mut self, now_ms: u64) {
        while let Some((&key, asked)) = self.asked.first_key_value() {
            if asked.until_ms > now_ms {
                break;
            }
            self.remove(key);
        }
    }

    /// Drops and wipes old halves, and forgets polls elsewhere; walks all of them, so it is called once a second.
    pub(crate) fn expire_halves(&mut self, now_ms: u64) {
        self.elsewhere.retain(|_, elsewhere| elsewhere.until_ms > now_ms);
        self.halves.retain(|_, queue| {
            queue.retain(|half| half.until_ms > now_ms);
            !queue.is_empty()
        });
        self.halves_len = self.halves.values().map(VecDeque::len).sum();
    }

    /// Polls, wishes and halves waiting now, and polls known elsewhere.
    pub(crate) fn sizes(&self) -> (usize, usize, usize, usize) {
        (self.waiting.len(), self.asked.len(), self.halves_len, self.elsewhere.len())
    }

    /// Whether a poll of this node waits here.
    pub(crate) fn is_waiting(&self, id: &NodeId) -> bool {
        self.waiting.get(id).is_some_and(|waiting| !waiting.sender.is_closed())
    }

    /// A poll of `id` waits now: others may be waiting for it, and it for what there is.
    fn came(&mut self, now_ms: u64, id: NodeId) {
        for target in self.targets_of(&id) {
            self.hand_out(now_ms, target);
        }
        self.hand_out(now_ms, id);
    }

    /// Gives the waiting poll of `id` what there is for it, or sends it to where that poll waits.
    fn hand_out(&mut self, now_ms: u64, id: NodeId) {
        if !self.is_waiting(&id) {
            if let Some(mark) = self.place_of(now_ms, &id) {
                self.send(now_ms, id, mark);
            }
            return;
        }
        let halves = self.take_halves(now_ms, &id);
        let mut handouts: Vec<_> = halves.into_iter().map(|half| Handout::Half(half.boxed)).collect();
        let room = MAX_GRANTS_PER_POLL - handouts.len();
        handouts.extend(self.take_asked(now_ms, &id, room).into_iter().map(Handout::Issue));
        if handouts.is_empty() {
            return;
        }
        let Some(waiting) = self.waiting.remove(&id) else { return };
        if let Err(handouts) = waiting.sender.send(handouts) {
            self.put_back(now_ms, id, handouts);
        }
    }

    fn take_halves(&mut self, now_ms: u64, id: &NodeId) -> Vec<Half> {
        let Some(queue) = self.halves.get_mut(id) else { return Vec::new() };
        let before = queue.len();
        queue.retain(|half| half.until_ms > now_ms);
        let taken: Vec<_> = queue.drain(..queue.len().min(MAX_GRANTS_PER_POLL)).collect();
        self.halves_len -= before - queue.len();
        if queue.is_empty() {
            self.halves.remove(id);
        }
        taken
    }

    /// Wishes for `target` whose askers are there, oldest first, with the askers as their polls show them.
    fn take_asked(&mut self, now_ms: u64, target: &NodeId, room: usize) -> Vec<Asked> {
        let Some(keys) = self.by_target.get(target) else { return Vec::new() };
        let ripe = keys.iter().copied().filter(|key| self.is_ripe(now_ms, *key));
        let keys: Vec<u64> = ripe.take(room).collect();
        let taken: Vec<_> = keys.into_iter().filter_map(|key| self.remove(key)).collect();
        taken.into_iter().map(|asked| self.refreshed(asked)).collect()
    }

    /// Not too old, and its asker is there to take the other half.
    fn is_ripe(&self, now_ms: u64, key: u64) -> bool {
        let Some(asked) = self.asked.get(&key) else { return false };
        let there = self.is_there(now_ms, &asked.asker.id()) || asked.asker.push_url().is_some();
        there && asked.until_ms > now_ms
    }

    fn refreshed(&self, mut asked: Asked) -> Asked {
        if let Some(waiting) = self.waiting.get(&asked.asker.id()) {
            asked.asker = Arc::clone(&waiting.node);
        }
        asked
    }

    /// The poll went away in this very moment: what it was to get waits on.
    fn put_back(&mut self, now_ms: u64, id: NodeId, handouts: Vec<Handout>) {
        for handout in handouts {
            match handout {
                Handout::Issue(asked) => self.insert(asked),
                Handout::Half(boxed) => {
                    let until_ms = now_ms + MAX_GRANT_LIFE_MS / 2;
                    self.halves.entry(id).or_default().push_back(Half { boxed, until_ms });
                    self.halves_len += 1;
                }
            }
        }
    }

    fn targets_of(&self, asker: &NodeId) -> Vec<NodeId> {
        let Some(keys) = self.by_asker.get(asker) else { return Vec::new() };
        let mut targets: Vec<_> =
            keys.iter().filter_map(|key| self.asked.get(key)).map(|asked| asked.target).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    fn insert(&mut self, asked: Asked) {
        let key = self.fresh();
        self.by_asker.entry(asked.asker.id()).or_default().push_back(key);
        self.by_target.entry(asked.target).or_default().push_back(key);
        self.asked.insert(key, asked);
    }

    fn remove(&mut self, key: u64) -> Option<Asked> {
        let asked = self.asked.remove(&key)?;
        forget(&mut self.by_asker, &asked.asker.id(), key);
        forget(&mut self.by_target, &asked.target, key);
        Some(asked)
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;

fn forget(index: &mut HashMap<NodeId, VecDeque<u64>>, id: &NodeId, key: u64) {
    if let Some(keys) = index.get_mut(id) {
        keys.retain(|other| *other != key);
        if keys.is_empty() {
            index.remove(id);
        }
    }
}
