//! The first message of a session: fingerprints of everything, cut at random. Must not know partners.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::Rng as _;
use openred_core::overlay::{Range, RangeData};

use super::bound::Bound;
use super::set::{Place, Set};

/// Most cuts.
const CUTS_MAX: usize = 15;
/// No more cuts than one for so many elements.
const CUT_EVERY: usize = 16;

/// Ranges over everything, cut at own elements: one drawn in each of up to 15 equal stretches.
pub(super) fn ranges(set: &Set, rng: &mut ChaCha8Rng) -> Vec<Range> {
    let cuts = CUTS_MAX.min(set.len() / CUT_EVERY);
    let mut ranges = Vec::with_capacity(cuts + 1);
    let mut from = (set.start(), 0);
    for stretch in 0..cuts {
        let (low, high) = (set.len() * stretch / cuts, set.len() * (stretch + 1) / cuts);
        let rank = (low + rng.next_u64() as usize % (high - low)).max(1);
        let to = set.advance(from.0, rank - from.1);
        ranges.push(fingerprint(set, from.0, to, set.bound(to)));
        from = (to, rank);
    }
    ranges.push(fingerprint(set, from.0, set.find(&Bound::last()), Bound::last()));
    ranges
}

/// What one says of one's own elements between two places, up to `upper`.
pub(super) fn fingerprint(set: &Set, from: Place, to: Place, upper: Bound) -> Range {
    let data = RangeData::Fingerprint(set.fingerprint(from, to));
    Range { upper_time: upper.time, upper_id: upper.prefix, data }
}
