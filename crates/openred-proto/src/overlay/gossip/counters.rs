//! What the overlay has done since its start, for the network page and metrics. Must not know: who reads it.

use std::collections::BTreeMap;

/// Sums since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes of all frames that came in.
    pub bytes_in: u64,
    /// Bytes of all frames handed to the driver.
    pub bytes_out: u64,
    /// Frames that came in.
    pub frames_in: u64,
    /// Frames handed to the driver.
    pub frames_out: u64,
    /// Whole messages that came in, duplicates included: `received / delivered` is the price of redundancy.
    pub received: u64,
    /// Bytes of whole messages that came in.
    pub received_bytes: u64,
    /// Whole messages that were here already.
    pub duplicates: u64,
    /// Messages of others, verified and new.
    pub delivered: u64,
    /// Own messages signed and under way.
    pub published: u64,
    /// Whole messages pushed along trees.
    pub pushed: u64,
    /// Whole messages sent because somebody asked.
    pub served: u64,
    /// Signature checks asked of the verifier.
    pub checks: u64,
    /// Ids announced to us.
    pub ihave_in: u64,
    /// Ids announced by us.
    pub ihave_out: u64,
    /// Ids asked of us.
    pub iwant_in: u64,
    /// Ids asked by us.
    pub iwant_out: u64,
    /// Links that others put back into a tree.
    pub grafts_in: u64,
    /// Links that we put back into a tree.
    pub grafts_out: u64,
    /// Links that others took out of a tree.
    pub prunes_in: u64,
    /// Links that we took out of a tree.
    pub prunes_out: u64,
    /// Whole messages held back from a slow neighbour, which heard the id at most.
    pub withheld: u64,
    /// Messages that came too late by push and too early for patience: asked for although they were under way.
    pub needless: u64,
    /// Reconciliations begun by us.
    pub reconciliations: u64,
    /// Their messages that came in.
    pub reconcile_in: u64,
    /// Identity logs fetched.
    pub logs_fetched: u64,
    /// Invalid frames, by what they prove.
    pub invalid: BTreeMap<&'static str, u64>,
    /// Frames and ids dropped without penalty, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Messages delivered, by hops travelled as they say; the last place counts 15 and more.
    pub hops: [u64; 16],
}

impl Counters {
    pub(in super::super) fn invalid(&mut self, what: &'static str) {
        *self.invalid.entry(what).or_default() += 1;
    }

    pub(in super::super) fn drop(&mut self, why: &'static str) {
        *self.dropped.entry(why).or_default() += 1;
    }

    pub(in super::super) fn hop(&mut self, hops: u8) {
        if let Some(count) = self.hops.get_mut(usize::from(hops.min(15))) {
            *count += 1;
        }
    }
}
