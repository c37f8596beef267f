//! Sessions with partners: who answers whom, how long, how often.
//!
//! A partner's silence ends our own session, its eagerness is bounded by a budget. Must not know: links, the store, who
//! is a good partner.

use std::collections::BTreeMap;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::Rng as _;
use openred_core::ids::{Hash, Id16, NodeId};
use openred_core::overlay::{Invalid, Link, Range, RangeData};

use super::answer::answer;
use super::begin;
use super::set::Set;
use crate::{now::Now, overlay::pace::Pace};

/// Most messages of a session, both directions together.
pub(super) const MESSAGES_MAX: u32 = 256;
/// A partner that does not answer for so long has given up, in milliseconds.
const SILENCE_MS: u64 = 30_000;
/// Sessions that a partner may begin at once.
const BURST: u64 = 4;
/// After so long it may begin one more, in milliseconds.
const REFILL_MS: u64 = 15_000;

/// What one message from a partner led to.
#[derive(Debug, Default)]
pub struct Step {
    /// To be sent to the partner.
    pub reply: Option<Link>,
    /// First 16 bytes of ids that the partner says to hold and we do not. It may lie: bound what is outstanding.
    pub want: Vec<Id16>,
    /// What we hold and the partner does not; it learns that from `reply` and asks by itself.
    pub have: Vec<(u64, Hash)>,
    /// Set when the session is over, after `reply`.
    pub end: Option<End>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing is left to compare.
    Agreed,
    /// 256 messages were not enough; the next session goes on.
    Spent,
    /// The partner begins too often: its message was dropped, without penalty.
    Refused,
}

/// All sessions: with each partner at most one that we began and one that it began.
#[derive(Debug, Default)]
pub struct Sessions {
    own: BTreeMap<NodeId, Session>,
    theirs: BTreeMap<NodeId, Theirs>,
}

#[derive(Debug)]
struct Session {
    number: u32,
    messages: u32,
    /// When the last message came or went, monotonic.
    last_ms: u64,
}

/// The partner's present session and what it may still begin.
#[derive(Debug, Default)]
struct Theirs {
    session: Option<Session>,
    begins: Pace,
}

impl Sessions {
    /// No session yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a session; the message is to be sent to the partner. One that we began before and that is not finished
    /// is given up.
    pub fn begin(&mut self, set: &Set, partner: NodeId, now: Now, rng: &mut ChaCha8Rng) -> Link {
        let number = rng.next_u32();
        self.own.insert(partner, Session { number, messages: 1, last_ms: now.mono_ms });
        Link::Reconcile { session: number, ranges: begin::ranges(set, rng) }
    }

    /// Takes one RECONCILE from a partner.
    ///
    /// # Errors
    /// [`Invalid`] as [`Range::check`] says: the partner pays, and its session is over.
    pub fn on_ranges(
        &mut self,
        set: &Set,
        partner: NodeId,
        session: u32,
        ranges: &[Range],
        now: Now,
    ) -> Result<Step, Invalid> {
        if let Err(invalid) = Range::check(ranges) {
            self.end(&partner, session);
            return Err(invalid);
        }
        let Some(held) = self.session(partner, session, now) else {
            return Ok(Step { end: Some(End::Refused), ..Step::default() });
        };
        held.last_ms = now.mono_ms;
        held.messages += 1;
        let answer = answer(set, ranges);
        let asked = ranges.iter().any(|range| range.data != RangeData::Skip);
        let room = held.messages < MESSAGES_MAX;
        held.messages += 1;
        let end = match (answer.is_all_skip(), room) {
            (true, _) => Some(End::Agreed),
            (false, false) => Some(End::Spent),
            (false, true) => None,
        };
        if end.is_some() {
            self.end(&partner, session);
        }
        let reply = (asked && room).then_some(Link::Reconcile { session, ranges: answer.ranges });
        Ok(Step { reply, want: answer.want, have: answer.have, end })
    }

    /// Whether a session that we began with the partner is not finished.
    #[must_use]
    pub fn is_running(&self, partner: &NodeId) -> bool {
        self.own.contains_key(partner)
    }

    /// Partners that left a session of ours unanswered for 30 s; those sessions are gone then.
    pub fn overdue(&mut self, now: Now) -> Vec<NodeId> {
        let late = |session: &Session| session.last_ms + SILENCE_MS <= now.mono_ms;
        let overdue: Vec<_> =
            self.own.iter().filter(|(_, session)| late(session)).map(|(id, _)| *id).collect();
        for partner in &overdue {
            self.own.remove(partner);
        }
        overdue
    }

    /// When the next [`Self::overdue`] is due, monotonic milliseconds.
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        self.own.values().map(|session| session.last_ms + SILENCE_MS).min()
    }

    /// The link to the partner is gone.
    pub fn forget(&mut self, partner: &NodeId) {
        self.own.remove(partner);
        self.theirs.remove(partner);
    }

    /// The session of this number; one that the partner begins if its budget allows.
    fn session(&mut self, partner: NodeId, number: u32, now: Now) -> Option<&mut Session> {
        if self.own.get(&partner).is_some_and(|session| session.number == number) {
            return self.own.get_mut(&partner);
        }
        let theirs = self.theirs.entry(partner).or_default();
        if theirs.session.as_ref().is_none_or(|session| session.number != number) {
            theirs.begins.take(now.mono_ms, REFILL_MS, BURST).then_some(())?;
            theirs.session = Some(Session { number, messages: 0, last_ms: now.mono_ms });
        }
        theirs.session.as_mut()
    }

    fn end(&mut self, partner: &NodeId, number: u32) {
        if self.own.get(partner).is_some_and(|session| session.number == number) {
            self.own.remove(partner);
        } else if let Some(theirs) = self.theirs.get_mut(partner) {
            theirs.session.take_if(|session| session.number == number);
        }
    }
}
