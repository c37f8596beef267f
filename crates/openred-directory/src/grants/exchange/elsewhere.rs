//! Polls at other processes of the directory: what is for them goes there, and what could not go comes back.
//!
//! Must not know: how it travels.

use std::collections::{HashMap, VecDeque};

use openred_core::ids::NodeId;

use super::{Asked, Exchange, Half};
use crate::bounds::{
    MAX_ASKED, MAX_ASKED_PER_ASKER, MAX_ASKED_PER_TARGET, MAX_GRANT_LIFE_MS, MAX_GRANTS_PER_POLL,
    MAX_POLLS_ELSEWHERE,
};
use crate::instances::{self, Mark, Saying, Wish};

/// A poll that waits at another process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elsewhere {
    mark: Mark,
    pub(super) until_ms: u64,
}

impl Exchange {
    /// `id` polls at another process: its older poll here ends with nothing, and what there is for it goes there.
    pub(crate) fn polls_elsewhere(&mut self, now_ms: u64, id: NodeId, mark: Mark) {
        self.expire(now_ms);
        self.waiting.remove(&id);
        if self.elsewhere.len() >= MAX_POLLS_ELSEWHERE && !self.elsewhere.contains_key(&id) {
            return;
        }
        self.elsewhere.insert(id, Elsewhere { mark, until_ms: now_ms + MAX_GRANT_LIFE_MS });
        self.came(now_ms, id);
    }

    /// The poll at that process is over.
    pub(crate) fn left_elsewhere(&mut self, id: &NodeId, mark: &Mark) {
        if self.elsewhere.get(id).is_some_and(|elsewhere| elsewhere.mark == *mark) {
            self.elsewhere.remove(id);
        }
    }

    /// Nobody knows who polls at that process, or at any other.
    pub(crate) fn forget_elsewhere(&mut self, mark: Option<&Mark>) {
        self.elsewhere.retain(|_, elsewhere| mark.is_some_and(|mark| elsewhere.mark != *mark));
    }

    /// A wish that another process has taken, or that could not go there. Dropped when there are too many.
    pub(crate) fn adopt(&mut self, now_ms: u64, asked: Asked) {
        self.expire(now_ms);
        let full = |index: &HashMap<NodeId, VecDeque<u64>>, id: &NodeId, max| {
            index.get(id).is_some_and(|keys| keys.len() >= max)
        };
        let target = asked.target;
        if self.asked.len() < MAX_ASKED
            && !full(&self.by_asker, &asked.asker.id(), MAX_ASKED_PER_ASKER)
            && !full(&self.by_target, &target, MAX_ASKED_PER_TARGET)
        {
            self.insert(asked);
        }
        self.hand_out(now_ms, target);
    }

    /// What goes to other processes, taken out.
    pub(crate) fn take_errands(&mut self) -> Vec<(Mark, Saying)> {
        std::mem::take(&mut self.errands)
    }

    /// Whose polls wait here.
    pub(crate) fn who_waits(&self) -> Vec<NodeId> {
        self.waiting.keys().copied().collect()
    }

    /// Whether a poll of this node waits, here or elsewhere.
    pub(crate) fn is_there(&self, now_ms: u64, id: &NodeId) -> bool {
        self.is_waiting(id) || self.place_of(now_ms, id).is_some()
    }

    pub(super) fn place_of(&self, now_ms: u64, id: &NodeId) -> Option<Mark> {
        self.elsewhere.get(id).filter(|elsewhere| elsewhere.until_ms > now_ms).map(|elsewhere| elsewhere.mark)
    }

    /// What there is for `id` goes to where it polls.
    pub(super) fn send(&mut self, now_ms: u64, id: NodeId, mark: Mark) {
        for Half { boxed, until_ms } in self.take_halves(now_ms, &id) {
            let half = instances::Half { asker: id, boxed, life_ms: until_ms - now_ms };
            self.errands.push((mark, Saying::Half(half)));
        }
        for Asked { asker, target, request, until_ms } in self.take_asked(now_ms, &id, MAX_GRANTS_PER_POLL) {
            let wish = Wish { asker: asker.id(), target, request, life_ms: until_ms - now_ms };
            self.errands.push((mark, Saying::Wish(wish)));
        }
    }
}
