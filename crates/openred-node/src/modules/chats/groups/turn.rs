//! One turn of the order of a group: the machine decides, and what it wants done is done, within one transaction.
//! Must not know what commits change.

use std::collections::VecDeque;

use openred_core::{
    ids::{Hash, Id16, NodeId},
    payload::Order as Said,
};
use openred_proto::{
    now::Now,
    order::{Effect, Effects, Input, Order},
};
use tracing::{debug, warn};

use super::{
    carrying,
    commits::store::{self as commits, Commit, Kept},
    people, sequencing,
    store::{self as groups, Group},
    talk,
};
use crate::{
    delivery::store as delivery,
    deps::Work,
    error::NodeError,
    modules::{
        chats::{
            changed, sending,
            store::{self as chats, Chat},
            whom::With,
        },
        circles,
        contacts::{person::Person, store as persons},
    },
};

/// Answers to itself in one turn: each own change takes one, and there are at most 32.
const ANSWERS_MAX: usize = 256;
/// Questions to sequencers that are remembered.
const ASKED_MAX: usize = 16;

/// What has just come, and is kept by nobody yet.
pub(super) struct Fresh {
    pub(super) hash: Hash,
    pub(super) kept: Kept,
}

/// A turn.
pub(super) struct Turn<'w, 'a, 't> {
    pub(super) work: &'w Work<'a, 't>,
    pub(super) group: Group,
    pub(super) chat: Chat,
    pub(super) order: Order,
    fresh: Option<Fresh>,
    /// The state before the commit that is applied next is kept.
    pub(super) snapshot: bool,
    later: VecDeque<Input>,
    /// Who came into a circle in this turn, and since when they were to (unix ms).
    pub(super) came: Vec<(NodeId, u64)>,
    /// Somebody who had lost the group came back in this turn: from this epoch on all is said again.
    pub(super) again: Option<u64>,
}

/// Takes one input for a group.
pub(super) fn run(
    work: &Work<'_, '_>,
    group: Group,
    input: Input,
    fresh: Option<Fresh>,
) -> Result<(), NodeError> {
    let order = groups::order(work.tx, work.seal, group.id)?;
    let chat = chats::ensure(work.tx, work.seal, group.partner(), work.now)?;
    let before = (order.clone(), group.facts.clone());
    let mut turn = Turn {
        work,
        group,
        chat,
        order,
        fresh,
        snapshot: false,
        later: VecDeque::new(),
        came: Vec::new(),
        again: None,
    };
    turn.handle(input)?;
    turn.settle()?;
    if let Some(since) = turn.again.take() {
        talk::again(&mut turn, since)?;
    }
    if turn.group.facts != before.1 {
        groups::set_facts(work.tx, work.seal, turn.group.id, &turn.group.facts)?;
        changed(work, turn.group.partner())?;
    }
    if turn.order != before.0 {
        groups::set_order(work.tx, work.seal, turn.group.id, &turn.order)?;
        work.wake_chats();
    }
    let Turn { group, chat, came, .. } = turn;
    talk::say_waiting(work, &chat, &group)?;
    if group.facts.circle {
        return circles::came(work, &group, &came);
    }
    sending::send_held(work, &chat, &With::Group(group))
}

impl Turn<'_, '_, '_> {
    fn settle(&mut self) -> Result<(), NodeError> {
        for _ in 0..ANSWERS_MAX {
            let Some(input) = self.later.pop_front() else { return self.ask_to_leave() };
            self.handle(input)?;
        }
        Err(NodeError::Internal("the order of a group does not come to rest".to_owned()))
    }

    pub(super) fn handle(&mut self, input: Input) -> Result<(), NodeError> {
        let mut fx = Effects::new();
        let now = Now { mono_ms: self.work.now, unix_ms: self.work.now };
        self.order.handle(now, input, &mut fx);
        fx.take().into_iter().try_for_each(|effect| self.act(effect))
    }

    fn act(&mut self, effect: Effect) -> Result<(), NodeError> {
        let (tx, seal, id) = (self.work.tx, self.work.seal, self.group.id);
        match effect {
            Effect::Ask { of, epoch, hash } => self.ask(&of, epoch, hash)?,
            Effect::Make { change } => {
                let made = self.make(&change)?.map_or(Input::NotMade, |hash| Input::Made { hash });
                return self.handle(made);
            }
            Effect::Keep { hash } => self.keep(&hash)?,
            Effect::Forget { hash } => commits::forget(tx, id, &hash)?,
            Effect::Snapshot { .. } => self.snapshot = true,
            Effect::Restore { epoch } => return self.restore(epoch),
            Effect::Shred { epoch } => commits::shred(tx, id, epoch)?,
            Effect::Apply { hash } => return self.apply(&hash),
            Effect::Send { hash, to } => carrying::send(self, &hash, &to)?,
            Effect::Give { hash, to } => carrying::give(self, &hash, &to)?,
            Effect::Done { change } => self.done(change)?,
            Effect::Open { message } => self.open(&message)?,
            Effect::Hold { message } => {
                if let Some(fresh) = self.fresh.take_if(|fresh| fresh.hash == message) {
                    commits::hold(tx, seal, id, &message, &fresh.kept, self.work.now)?;
                }
            }
            Effect::Refuse { message, from, epoch } => {
                commits::take(tx, seal, id, &message)?;
                self.tell(&from, Said::Refused { epoch })?;
            }
            Effect::Drop { message } => drop(commits::take(tx, seal, id, &message)?),
            Effect::Resend { since } => talk::again(self, since)?,
            Effect::Compare { with, epoch, tag, since } => {
                self.compare(&with, Said::At { epoch, tag, since })?
            }
            Effect::Join { welcome } => return self.join(&welcome),
            Effect::Reboot => warn!("a group is torn for a day and nobody added this node again"),
            Effect::Move { .. } => debug!("a group gives way to another"),
            Effect::Liar { sequencer, .. } => {
                warn!("a sequencer signed two commits for one epoch");
                if !self.group.facts.liars.contains(&sequencer) {
                    self.group.facts.liars.push(sequencer);
                }
            }
        }
        Ok(())
    }

    /// A member, or somebody else who is known.
    pub(super) fn person(&self, id: &NodeId) -> Result<Option<Person>, NodeError> {
        Ok(persons::find(self.work.tx, self.work.seal, id)?)
    }

    /// Says something about the order to a node.
    pub(super) fn tell(&self, to: &NodeId, order: Said) -> Result<(), NodeError> {
        match self.person(to)? {
            Some(person) => carrying::say(self.work, &person, self.group.group, order),
            None => Ok(()),
        }
    }

    /// A position is told where nothing else waits: it is told again anyway.
    fn compare(&self, with: &NodeId, at: Said) -> Result<(), NodeError> {
        let Some(person) = self.person(with)? else { return Ok(()) };
        if is_away(self.work, &person)? {
            return Ok(());
        }
        carrying::say(self.work, &person, self.group.group, at)
    }

    fn ask(&mut self, of: &NodeId, epoch: u64, commit: Hash) -> Result<(), NodeError> {
        if *of == self.work.me.node_id {
            let winner = sequencing::order(self.work, self.group.group, epoch, commit)?;
            self.later.push_back(match winner {
                Some(signed) => {
                    let (by, hash) = (signed.countersigned.by, signed.commit);
                    commits::sign(
                        self.work.tx,
                        self.work.seal,
                        (self.group.id, epoch),
                        &hash,
                        signed.countersigned,
                    )?;
                    Input::Ordered { by, epoch, winner: hash }
                }
                None => Input::Unanswered { by: *of },
            });
            return Ok(());
        }
        match self.person(of)? {
            // Who is away has the question among what waits.
            Some(person) if self.was_asked(of, &commit) && is_away(self.work, &person)? => Ok(()),
            Some(person) => {
                self.note_asked(*of, commit);
                carrying::say(self.work, &person, self.group.group, Said::Ask { epoch, commit })
            }
            None => {
                self.later.push_back(Input::Unanswered { by: *of });
                Ok(())
            }
        }
    }

    fn was_asked(&self, sequencer: &NodeId, commit: &Hash) -> bool {
        self.group.facts.asked.contains(&(*sequencer, *commit))
    }

    fn note_asked(&mut self, sequencer: NodeId, commit: Hash) {
        if !self.was_asked(&sequencer, &commit) {
            let asked = &mut self.group.facts.asked;
            asked.push((sequencer, commit));
            let old = asked.len().saturating_sub(ASKED_MAX);
            asked.drain(..old);
        }
    }

    fn keep(&mut self, hash: &Hash) -> Result<(), NodeError> {
        let Some(fresh) = self.fresh.take_if(|fresh| fresh.hash == *hash) else { return Ok(()) };
        let commit = Commit { bytes: fresh.kept.bytes, own: None, sent_at: fresh.kept.sent_at };
        Ok(commits::keep(self.work.tx, self.work.seal, self.group.id, hash, &commit)?)
    }

    fn open(&mut self, message: &Hash) -> Result<(), NodeError> {
        let fresh = self.fresh.take_if(|fresh| fresh.hash == *message).map(|fresh| fresh.kept);
        let kept = match fresh {
            Some(kept) => Some(kept),
            None => commits::take(self.work.tx, self.work.seal, self.group.id, message)?,
        };
        match kept {
            Some(kept) => talk::open(self, &kept),
            None => Ok(()),
        }
    }

    /// Answers of this node to itself, taken after all that is to be done now.
    pub(super) fn then(&mut self, input: Input) {
        self.later.push_back(input);
    }

    /// The group's id.
    pub(super) const fn id(&self) -> Id16 {
        self.group.group
    }

    /// Everybody who is in it but the owner.
    pub(super) fn others(&self) -> Result<Vec<Person>, NodeError> {
        people::others(self.work, self.group.id)
    }
}

/// Whether something waits for a person, who was tried in vain.
fn is_away(work: &Work<'_, '_>, person: &Person) -> Result<bool, NodeError> {
    Ok(delivery::tries(work.tx, person.id)? > 0 && delivery::waits_for(work.tx, person.id)?)
}
