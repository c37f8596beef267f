//! Ids that were announced and whose messages have not come: whom to ask, and when.
//!
//! The wait before asking follows what is observed: how long payloads come after their ids, and how often asking
//! proves needless. Who does not answer is asked last. Must not know: messages, trees, frames.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bounds::{
        ANNOUNCED_PER_PEER_MAX, ANNOUNCERS_MAX, ASKED_PER_PEER_MAX, GRAFT_MS_BASE_MAX, GRAFT_MS_MAX,
        GRAFT_MS_MIN, GRAFT_MS_UNKNOWN, LONG_ENOUGH, TRIES_MAX, WANTED_MAX,
    },
    messages::Key,
    neighbours::{Mask, Neighbour, Neighbours, Slot, bit, slots},
};

#[derive(Debug)]
struct Want {
    since_ms: u64,
    due_ms: u64,
    announcers: Mask,
    /// Asked at all.
    asked: Mask,
    /// Asked last, and not yet given up.
    current: Option<Slot>,
    tries: u8,
    /// Whose count of announced ids it is in.
    first: Slot,
    /// Mend the tree too.
    graft: bool,
}

/// One request to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) slot: Slot,
    pub(super) key: Key,
    pub(super) graft: bool,
}

/// What was known of a message that came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    /// They have it too.
    pub(super) announcers: Mask,
    /// Asked, and another brought it first: they may still send it.
    pub(super) asked: Mask,
    /// Asked and given up on.
    pub(super) failed: Mask,
    /// It was asked for and came by itself.
    pub(super) needless: bool,
    /// Who announced it first, and was not asked: nearer to the origin than who brought it.
    pub(super) nearer: Option<Slot>,
}

#[derive(Debug, Default)]
pub(super) struct Wants {
    wants: BTreeMap<Key, Want>,
    due: BTreeSet<(u64, Key)>,
    patience: Patience,
    /// What a reconciliation found to be missing was asked for in vain.
    in_vain: bool,
    /// See [`Self::take_doubt`].
    doubt: bool,
}

impl Wants {
    pub(super) fn next_wake(&self) -> Option<u64> {
        self.due.first().map(|(at, _)| *at)
    }

    /// `slot` says that it holds `key`. `rtt_ms`: to it, if known. `at_once`: ask now, and leave the tree alone.
    pub(super) fn announced(
        &mut self,
        key: Key,
        slot: Slot,
        rtt_ms: Option<u64>,
        at_once: bool,
        neighbours: &mut Neighbours,
        now_ms: u64,
    ) {
        if let Some(want) = self.wants.get_mut(&key) {
            if want.announcers.count_ones() < ANNOUNCERS_MAX {
                want.announcers |= bit(slot);
            }
            return;
        }
        let Some(neighbour) = neighbours.get_mut(slot) else { return };
        if self.wants.len() >= WANTED_MAX || neighbour.announced >= ANNOUNCED_PER_PEER_MAX {
            return;
        }
        neighbour.announced += 1;
        let due_ms = if at_once { now_ms } else { now_ms + self.patience.wait_ms(rtt_ms) };
        let want = Want {
            since_ms: now_ms,
            due_ms,
            announcers: bit(slot),
            asked: 0,
            current: None,
            tries: 0,
            first: slot,
            graft: !at_once,
        };
        self.wants.insert(key, want);
        self.due.insert((due_ms, key));
    }

    /// Takes the requests that are due.
    pub(super) fn ask(&mut self, neighbours: &mut Neighbours, now_ms: u64) -> Vec<Ask> {
        let mut asks = Vec::new();
        while let Some(&(at, key)) = self.due.first().filter(|(at, _)| *at <= now_ms) {
            self.due.remove(&(at, key));
            let Some(want) = self.wants.get_mut(&key) else { continue };
            if let Some(late) = want.current.take().and_then(|slot| neighbours.get_mut(slot)) {
                late.unanswered += 1;
                late.asked = late.asked.saturating_sub(1);
            }
            match choose(want, neighbours) {
                Choice::Ask(slot) => {
                    let answer_ms = (2 * self.patience.wait_ms(None)).clamp(20, 500);
                    let is_again = want.asked & bit(slot) != 0;
                    want.current = Some(slot);
                    want.asked |= bit(slot);
                    want.tries += 1;
                    // Several mute ones in a row are not waited for longer and longer; who is slow is.
                    want.due_ms =
                        now_ms + if is_again { answer_ms * u64::from(want.tries) } else { answer_ms };
                    if let Some(neighbour) = neighbours.get_mut(slot) {
                        neighbour.asked += 1;
                    }
                    asks.push(Ask { slot, key, graft: want.graft });
                }
                Choice::Later => want.due_ms = now_ms + GRAFT_MS_BASE_MAX,
                Choice::Nobody => {
                    self.in_vain |= !want.graft;
                    self.drop_want(key, neighbours);
                    continue;
                }
            }
            let due_ms = want.due_ms;
            self.due.insert((due_ms, key));
        }
        asks
    }

    /// Whether, since the last call, something that a reconciliation found was given up.
    pub(super) const fn take_in_vain(&mut self) -> bool {
        std::mem::replace(&mut self.in_vain, false)
    }

    /// Whether, since the last call, a message did not come along its tree and was brought by whom it was asked of.
    /// Not every neighbour is told every id: more of what was under way may be lost.
    pub(super) const fn take_doubt(&mut self) -> bool {
        std::mem::replace(&mut self.doubt, false)
    }

    /// The message came, from `slot` or from a place that is not a neighbour.
    pub(super) fn arrived(
        &mut self,
        key: Key,
        slot: Option<Slot>,
        neighbours: &mut Neighbours,
        now_ms: u64,
    ) -> Arrived {
        let Some(want) = self.drop_want(key, neighbours) else { return Arrived::default() };
        let from = slot.map_or(0, bit);
        let needless = want.asked != 0 && want.asked & from == 0;
        let lag_ms = now_ms.saturating_sub(want.since_ms);
        if want.asked == 0 {
            self.patience.was_long_enough(lag_ms);
        } else if want.graft && needless && want.tries == 1 {
            self.patience.was_short(lag_ms);
        }
        if want.asked & from != 0 {
            self.doubt |= want.graft;
            slot.and_then(|slot| neighbours.get_mut(slot))
                .into_iter()
                .for_each(|answered| answered.unanswered = 0);
        }
        let waiting = want.current.map_or(0, bit);
        Arrived {
            announcers: want.announcers,
            asked: want.asked & !from,
            failed: want.asked & !from & !waiting,
            needless,
            nearer: Some(want.first).filter(|first| want.asked == 0 && Some(*first) != slot),
        }
    }

    /// A neighbour went.
    pub(super) fn forget_neighbour(&mut self, slot: Slot, neighbours: &mut Neighbours, now_ms: u64) {
        let of_it = |want: &Want| (want.announcers | want.asked) & bit(slot) != 0 || want.first == slot;
        let keys: Vec<Key> = self.wants.iter().filter(|(_, want)| of_it(want)).map(|(key, _)| *key).collect();
        for key in keys {
            let Some(want) = self.wants.get_mut(&key) else { continue };
            want.announcers &= !bit(slot);
            want.asked &= !bit(slot);
            let next = slots(want.announcers).next();
            let Some(next) = next else {
                self.drop_want(key, neighbours);
                continue;
            };
            if want.first == slot {
                want.first = next;
                neighbours.get_mut(next).into_iter().for_each(|neighbour| neighbour.announced += 1);
            }
            if want.current == Some(slot) {
                want.current = None;
                self.due.remove(&(want.due_ms, key));
                want.due_ms = now_ms;
                self.due.insert((now_ms, key));
            }
        }
    }

    fn drop_want(&mut self, key: Key, neighbours: &mut Neighbours) -> Option<Want> {
        let want = self.wants.remove(&key)?;
        self.due.remove(&(want.due_ms, key));
        if let Some(first) = neighbours.get_mut(want.first) {
            first.announced = first.announced.saturating_sub(1);
        }
        if let Some(current) = want.current.and_then(|slot| neighbours.get_mut(slot)) {
            current.asked = current.asked.saturating_sub(1);
        }
        Some(want)
    }
}

enum Choice {
    Ask(Slot),
    Later,
    Nobody,
}

/// Who was not asked yet and answers best; when all were asked, once more those of them who answer at all.
fn choose(want: &Want, neighbours: &Neighbours) -> Choice {
    let fresh = want.announcers & !want.asked;
    let answering = |slot: &Slot| neighbours.get(*slot).is_some_and(Neighbour::answers);
    let of = match fresh {
        0 => slots(want.announcers).filter(answering).fold(0, |mask, slot| mask | bit(slot)),
        _ => fresh,
    };
    if want.tries >= TRIES_MAX || of == 0 {
        return Choice::Nobody;
    }
    let free =
        |slot: &Slot| neighbours.get(*slot).is_some_and(|neighbour| neighbour.asked < ASKED_PER_PEER_MAX);
    let unanswered = |slot: &Slot| neighbours.get(*slot).map_or(u32::MAX, |neighbour| neighbour.unanswered);
    slots(of).filter(free).min_by_key(unanswered).map_or(Choice::Later, Choice::Ask)
}

/// How long to wait for a payload whose id is known.
#[derive(Debug, Default)]
struct Patience {
    /// Mean lag × 8 and its deviation × 4, in ms.
    mean8: u64,
    dev4: u64,
    /// Added because asking proved needless.
    more_ms: u64,
}

impl Patience {
    fn wait_ms(&self, rtt_ms: Option<u64>) -> u64 {
        let trip = rtt_ms.map_or(GRAFT_MS_UNKNOWN, |rtt| rtt * 3);
        let observed = self.mean8 / 8 + self.dev4;
        let base = trip.clamp(GRAFT_MS_MIN, GRAFT_MS_BASE_MAX);
        base.max(observed).saturating_add(self.more_ms).min(GRAFT_MS_MAX)
    }

    fn was_long_enough(&mut self, lag_ms: u64) {
        self.sample(lag_ms);
        self.more_ms -= self.more_ms.div_ceil(LONG_ENOUGH);
    }

    fn was_short(&mut self, lag_ms: u64) {
        self.sample(lag_ms);
        self.more_ms = (self.more_ms * 2).clamp(GRAFT_MS_MIN, GRAFT_MS_MAX);
    }

    fn sample(&mut self, lag_ms: u64) {
        let off = lag_ms.abs_diff(self.mean8 / 8);
        self.mean8 = self.mean8 - self.mean8 / 8 + lag_ms;
        self.dev4 = self.dev4 - self.dev4 / 4 + off;
    }
}
