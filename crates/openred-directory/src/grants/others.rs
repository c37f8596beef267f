//! The counter as other processes of the directory see it: what they say of polls, what they hand over, what comes back.
//!
//! Must not know: how it travels.

use std::sync::Arc;

use openred_core::ids::NodeId;

use super::Grants;
use super::exchange::Asked;
use crate::instances::{Half, Mark, Saying, Wish};
use crate::nodes::Node;

impl Grants {
    /// A poll of `id` waits at another process.
    pub(crate) fn polls_elsewhere(&self, id: NodeId, mark: Mark) {
        self.step(|exchange, now_ms| exchange.polls_elsewhere(now_ms, id, mark));
        self.look_for_absent(&id);
    }

    /// It has left.
    pub(crate) fn left_elsewhere(&self, id: &NodeId, mark: &Mark) {
        self.exchange().left_elsewhere(id, mark);
    }

    /// The others cannot be heard: what is for their polls waits here for these to come here.
    pub(crate) fn others_are_away(&self) {
        self.exchange().forget_elsewhere(None);
    }

    /// Says to all whose polls wait here.
    pub(crate) fn say_who_polls(&self) {
        let waiting = self.exchange().who_waits();
        waiting.into_iter().for_each(|id| self.tell(Saying::Here(id)));
    }

    /// A wish whose target polls here, or did a moment ago.
    pub(crate) fn take_wish(&self, asker: Arc<Node>, wish: &Wish) {
        self.step(|exchange, now_ms| {
            let (target, request) = (wish.target, wish.request);
            exchange.adopt(now_ms, Asked { asker, target, request, until_ms: now_ms + wish.life_ms });
        });
    }

    /// A half whose node polls here, or did a moment ago.
    pub(crate) fn take_half(&self, half: Half) {
        self.step(|exchange, now_ms| {
            exchange.half_ready(now_ms, half.asker, half.boxed, now_ms + half.life_ms);
        });
    }

    /// Nobody was there to take this over: it waits here again.
    pub(crate) fn take_back(&self, mark: &Mark, errands: Vec<Saying>) {
        self.exchange().forget_elsewhere(Some(mark));
        for errand in errands {
            match errand {
                Saying::Half(half) => self.take_half(half),
                Saying::Wish(wish) => {
                    if let Some(asker) = self.nodes.peek(&wish.asker) {
                        self.take_wish(asker, &wish);
                    }
                }
                Saying::Hello | Saying::Here(_) | Saying::Gone(_) | Saying::Changed(_) => {}
            }
        }
    }
}
