//! The order of commits in one private conversation (PROTOCOL §8): sequencers, branches that lose, and how a torn
//! group becomes whole again.
//!
//! Commits form a tree: each was made in an epoch, named by number and tag, and leads to another. Members must end up on
//! the same way through that tree. At each epoch the best commit wins ([`rank`]): one that was countersigned, by the
//! sequencer that stands earliest in the group's list; among equals the one with the smallest hash. Whoever applied
//! another goes back by a snapshot, as long as the step is not *settled*: countersigned by the first sequencer, or
//! applied 24 h ago. What cannot go back any more is healed: the smaller side is added again.
//!
//! [`Order`] is the state of one group, kept in a row. One turn is one transaction: state loaded,
//! [`handle`](Order::handle) called, effects done in order; an effect that is answered *at once* is answered by another
//! `handle` before the next effect of the list, and its own effects are done first; then the state is written. A crash
//! undoes the turn as a whole, and what caused it comes again.
//! Must not know: MLS, bytes of commits and messages, signatures, sockets. It names commits and messages by hash.

mod asking;
pub mod bounds;
mod chain;
mod commits;
mod effect;
pub mod faults;
mod healing;
mod input;
mod messages;
pub mod sequencer;
mod wants;

use openred_core::ids::{Hash, Id16, NodeId};
use serde::{Deserialize, Serialize};

pub use commits::rank;
pub use effect::{Change, Effect, Effects};
pub use input::{Commit, Input, View};

use asking::Asking;
use chain::Step;
use commits::Known;
use healing::Healing;
use messages::Held;
use wants::Want;

use crate::now::Now;

/// What answer this turn waits for. Never in a stored state: the answer belongs to the same transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Busy {
    Making(Change),
    Applying { hash: Hash, snapshot: bool },
    Restoring,
    Joining,
}

/// The order of one group, as one of its members sees it. A plain value: written and read with serde.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    group: Id16,
    me: NodeId,
    view: View,
    /// Steps of the own way, oldest first; the last led to `view`.
    chain: Vec<Step>,
    /// Commits of the own way and of others.
    commits: Vec<Known>,
    wants: Vec<Want>,
    /// Removed on a branch that lost, still members here: removed again before anything is said.
    owed: Vec<NodeId>,
    /// Whose removal was applied, and when (unix ms): a way that is joined later may not have it.
    #[serde(default)]
    removed: Vec<(NodeId, u64)>,
    asking: Option<Asking>,
    next_round_ms: u64,
    /// Rounds since the question changed.
    rounds: u32,
    held: Vec<Held>,
    /// Own messages from this epoch on are to be sent again, from this time on (unix ms).
    resend: Option<(u64, u64)>,
    /// How often that was done lately.
    #[serde(default)]
    resends: u32,
    /// When it was done last, unix ms.
    #[serde(default)]
    resent_ms: u64,
    healing: Healing,
    busy: Option<Busy>,
    /// Another group took the place of this one.
    moved: bool,
}

impl Order {
    /// A group that was just made or joined. `me` is among the members of `view`.
    #[must_use]
    pub fn new(group: Id16, me: NodeId, view: View) -> Self {
        Self {
            group,
            me,
            view,
            chain: Vec::new(),
            commits: Vec::new(),
            wants: Vec::new(),
            owed: Vec::new(),
            removed: Vec::new(),
            asking: None,
            next_round_ms: 0,
            rounds: 0,
            held: Vec::new(),
            resend: None,
            resends: 0,
            resent_ms: 0,
            healing: Healing::default(),
            busy: None,
            moved: false,
        }
    }

    /// The present epoch.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Whether new messages may be encrypted now. They wait while this node is no member, and while somebody whom it has
    /// seen removed is a member again because the removal lost: he must not read what is said after it.
    #[must_use]
    pub fn may_send(&self) -> bool {
        let owes = !self.owed.is_empty() && !faults::planted("messages-before-removal");
        self.is_member() && !owes && !self.moved
    }

    /// Takes one input and appends what is to be done.
    pub fn handle(&mut self, now: Now, input: Input, fx: &mut Effects) {
        if self.moved {
            return;
        }
        match input {
            Input::Want { change, urgent } => self.on_want(now, change, urgent),
            Input::Made { hash } => self.on_made(now, hash),
            Input::NotMade => self.on_not_made(now),
            Input::Commit { from, commit } => self.on_commit(now, from, &commit, fx),
            Input::Ordered { by, epoch, winner } => self.on_ordered(now, by, epoch, winner, fx),
            Input::Unanswered { by } => self.on_unanswered(by),
            Input::Applied { view, added } => self.on_applied(now, view, &added, fx),
            Input::NotApplied => self.on_not_applied(fx),
            Input::Restored { view } => self.on_restored(view),
            Input::Message { from, message, epoch, tag } => {
                self.on_message(now, Held { message, from, epoch, tag, at_ms: now.unix_ms }, fx);
            }
            Input::Refused { by, epoch } => self.on_refused(now, by, epoch, fx),
            Input::Position { from, epoch, tag, since } => {
                self.on_position(now, from, (epoch, tag), since, fx)
            }
            Input::Welcome { welcome, epoch } => self.healing.keep(now, welcome, epoch),
            Input::Joined { view } => self.on_joined(now, view, fx),
            Input::NotJoined => self.on_not_joined(),
            Input::Twin { group, reboot } => self.on_twin(group, reboot, fx),
            Input::Tick => {}
        }
        if self.busy.is_none() && !self.moved {
            self.advance(now, fx);
        }
    }

    /// When to call again with [`Input::Tick`] at the latest (**unix** ms: the state outlives the process).
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        let wakes = [
            self.asking_wake(),
            self.chain.iter().filter(|step| step.is_open()).map(Step::settles_ms).min(),
            self.held.iter().map(Held::ends_ms).min(),
            self.resend.filter(|_| self.may_send()).map(|(_, from_ms)| from_ms),
            self.healing.wake(self.view.epoch).filter(|_| self.is_member()),
        ];
        if self.moved { None } else { wakes.into_iter().flatten().min() }
    }

    fn is_member(&self) -> bool {
        self.view.members.contains(&self.me)
    }

    /// One thing that can be done now and needs an answer, or all that needs none.
    fn advance(&mut self, now: Now, fx: &mut Effects) {
        self.settle(now, fx);
        if self.go_back(fx) {
            return;
        }
        // What was said in this epoch is opened before it is left: the next commit may be the own removal.
        self.open_held(now, fx);
        if self.go_on(fx) {
            return;
        }
        self.heal(now, fx);
        if self.join(now, fx) {
            return;
        }
        self.resend_due(now, fx);
        if self.make(fx) {
            return;
        }
        self.ask(now, fx);
    }
}
