//! Who publishes how much: budgets of origins, who talks often enough for a tree, who sends more than its share.
//!
//! Must not know: what they say, who delivers it.

use std::collections::BTreeMap;

use openred_core::ids::NodeId;

use super::{
    bounds::{ANNOUNCEMENT_PLACES, ANNOUNCEMENTS, BUSY_COUNT, BUSY_MS},
    bucket::{Bucket, Rate},
};
use crate::overlay::config::Limits;

const SECOND_MS: u64 = 1000;
/// See [`Talkers::own_places`].
const SPARE_PART: u64 = 8;

#[derive(Debug)]
struct Talker {
    budget: Bucket,
    announcements: Bucket,
    /// When it was heard the last times, oldest first.
    heard: [u64; BUSY_COUNT],
    times: u64,
    /// Messages of the second under way and of the one before.
    second: u64,
    rate: u64,
}

#[derive(Debug, Default)]
pub(super) struct Talkers {
    talkers: BTreeMap<NodeId, Talker>,
    second_ms: u64,
    second: u64,
    rate: u64,
    active: u64,
    /// Who was heard in the second under way, and in the one before.
    speaking: Vec<NodeId>,
    spoke: Vec<NodeId>,
}

const fn rate(limits: &Limits) -> Rate {
    Rate { per_s: limits.origin_per_s, burst_s: 4 }
}

impl Talkers {
    /// Whether `origin` may bring `places` more; nothing is taken.
    pub(super) fn may(&mut self, origin: &NodeId, places: u64, limits: &Limits, now_ms: u64) -> bool {
        self.talkers.get_mut(origin).is_none_or(|talker| talker.budget.has(rate(limits), now_ms, places))
    }

    /// Places that `origin` itself may use now. It leaves a part of what others give it: its messages arrive unevenly,
    /// and who finds the budget used up drops them.
    pub(super) fn own_places(&mut self, origin: &NodeId, limits: &Limits, now_ms: u64) -> u64 {
        let rate = rate(limits);
        let free =
            self.talkers.get_mut(origin).map_or(rate.places(), |talker| talker.budget.free(rate, now_ms));
        free.saturating_sub(rate.places() / SPARE_PART)
    }

    /// Takes from its budget and counts it; whether it is busy enough for a tree of its own.
    pub(super) fn heard(&mut self, origin: &NodeId, places: u64, limits: &Limits, now_ms: u64) -> bool {
        self.turn_second(now_ms);
        let fresh = || Talker {
            budget: Bucket::full(rate(limits), now_ms),
            announcements: Bucket::full(ANNOUNCEMENTS, now_ms),
            heard: [0; BUSY_COUNT],
            times: 0,
            second: 0,
            rate: 0,
        };
        let talker = self.talkers.entry(*origin).or_insert_with(fresh);
        talker.budget.take(rate(limits), now_ms, places);
        talker.heard.rotate_left(1);
        talker.heard[BUSY_COUNT - 1] = now_ms;
        talker.times += 1;
        talker.second += 1;
        if talker.second == 1 {
            self.speaking.push(*origin);
        }
        self.second += 1;
        talker.times >= BUSY_COUNT as u64 && now_ms.saturating_sub(talker.heard[0]) <= BUSY_MS
    }

    /// Whether one more descriptor of `origin` may be read.
    pub(super) fn may_announce(&mut self, origin: &NodeId, now_ms: u64) -> bool {
        let talker = self.talkers.get_mut(origin);
        talker.is_none_or(|talker| talker.announcements.take(ANNOUNCEMENTS, now_ms, ANNOUNCEMENT_PLACES))
    }

    /// Whether it sends more than twice an equal share of what goes through here.
    pub(super) fn is_heavy(&self, origin: &NodeId) -> bool {
        let talker = self.talkers.get(origin);
        self.active > 1 && talker.is_some_and(|talker| talker.rate * self.active > 2 * self.rate)
    }

    /// Messages per second through here.
    pub(super) fn per_s(&self, now_ms: u64) -> u64 {
        match now_ms.saturating_sub(self.second_ms) {
            0..SECOND_MS => self.rate.max(self.second),
            SECOND_MS..2000 => self.second,
            _ => 0,
        }
    }

    fn turn_second(&mut self, now_ms: u64) {
        let passed = now_ms.saturating_sub(self.second_ms);
        if passed < SECOND_MS {
            return;
        }
        let whole = passed < 2 * SECOND_MS;
        for origin in self.spoke.drain(..) {
            self.talkers.get_mut(&origin).into_iter().for_each(|talker| talker.rate = 0);
        }
        std::mem::swap(&mut self.spoke, &mut self.speaking);
        (self.rate, self.active) = (0, 0);
        for origin in &self.spoke {
            let Some(talker) = self.talkers.get_mut(origin) else { continue };
            talker.rate = if whole { talker.second } else { 0 };
            talker.second = 0;
            self.rate += talker.rate;
            self.active += u64::from(talker.rate > 0);
        }
        self.second = 0;
        self.second_ms = now_ms;
    }

    /// Those unheard for ten minutes go.
    pub(super) fn forget_quiet(&mut self, now_ms: u64) {
        self.talkers.retain(|_, talker| now_ms.saturating_sub(talker.heard[BUSY_COUNT - 1]) < BUSY_MS);
    }
}
