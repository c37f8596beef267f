//! What is said to a partner's ranges (PROTOCOL Annex A.8): the same ranges always get the same answer from the same set.
//!
//! Must not know: sessions, partners, time.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use openred_core::ids::{Hash, Id16};
use openred_core::overlay::{Range, RangeData};

use super::begin::fingerprint;
use super::bound::Bound;
use super::set::{Place, Set};

/// An answer does not pass so many bytes of ranges.
const BYTES_MAX: usize = 32_000;
/// Room that is kept for a skip and the range that stands for the rest.
const REST: usize = 96;
/// Room for a skip and the borders of a range of ids.
const TELL: usize = 100;
/// Bytes of an id in a list.
const ID: usize = 18;
/// Up to so many own elements are named instead of being split.
const FEW: usize = 16;
/// Into so many ranges a difference is split.
const SPLIT: usize = 8;
/// More own elements than this are split even if the partner has named some: an honest partner's next messages narrow
/// down, and nobody makes us compare everything again and again.
const NAMED_MAX: usize = 1000;

/// Ranges to send, and what both sides lack of what was named.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) ranges: Vec<Range>,
    pub(super) want: Vec<Id16>,
    pub(super) have: Vec<(u64, Hash)>,
    /// Bytes of `ranges` on the wire.
    bytes: usize,
    /// A range at the end that is skipped, with its upper bound; written when another follows.
    skipped: Option<Bound>,
}

/// Answers ranges that [`Range::check`] found sound.
pub(super) fn answer(set: &Set, ranges: &[Range]) -> Answer {
    let mut answer = Answer::default();
    let mut from = set.start();
    for range in ranges {
        let upper = Bound { time: range.upper_time, prefix: range.upper_id.clone() };
        let part = Part { set, from, to: set.find(&upper), upper };
        if let ControlFlow::Break(from) = answer.take(&part, &range.data) {
            answer.rest(set, from);
            return answer;
        }
        from = part.to;
    }
    answer.end();
    answer
}

/// One's own elements of one range.
struct Part<'a> {
    set: &'a Set,
    from: Place,
    to: Place,
    upper: Bound,
}

impl Answer {
    /// Whether nothing is left to compare.
    pub(super) fn is_all_skip(&self) -> bool {
        self.ranges.iter().all(|range| range.data == RangeData::Skip)
    }

    /// Answers one range; breaks at the place from which on there is no room.
    fn take(&mut self, part: &Part<'_>, data: &RangeData) -> ControlFlow<Place> {
        match data {
            RangeData::Skip => self.skip(part),
            RangeData::Fingerprint(theirs) if *theirs == part.fingerprint() => self.skip(part),
            RangeData::Fingerprint(_) if part.count() <= FEW => {
                self.push(part, vec![part.named(RangeData::Ids)])
            }
            RangeData::Fingerprint(_) => self.split(part),
            RangeData::Ids(theirs) if theirs.is_empty() => self.tell(part),
            RangeData::Ids(_) | RangeData::IdsAnswer(_) if part.count() > NAMED_MAX => self.split(part),
            RangeData::Ids(theirs) => {
                self.push(part, vec![part.named(RangeData::IdsAnswer)])?;
                self.compare(part, theirs);
                ControlFlow::Continue(())
            }
            RangeData::IdsAnswer(theirs) => {
                self.compare(part, theirs);
                self.skip(part)
            }
        }
    }

    /// Names own elements to who has none, as many as there is room for.
    fn tell(&mut self, part: &Part<'_>) -> ControlFlow<Place> {
        let room = BYTES_MAX.saturating_sub(self.bytes + REST + TELL) / ID;
        if part.count() <= room {
            self.push(part, vec![part.named(RangeData::IdsAnswer)])?;
            self.compare(part, &[]);
            return ControlFlow::Continue(());
        }
        if room < FEW {
            return ControlFlow::Break(part.from);
        }
        let to = part.set.advance(part.from, room);
        let first = Part { set: part.set, from: part.from, to, upper: part.set.bound(to) };
        self.tell(&first)?;
        ControlFlow::Break(to)
    }

    /// Eight ranges of equal count, cut at own elements ⌊n·j/8⌋.
    fn split(&mut self, part: &Part<'_>) -> ControlFlow<Place> {
        let count = part.count();
        let mut from = (part.from, 0);
        let mut ranges = Vec::with_capacity(SPLIT);
        for j in 1..SPLIT {
            let rank = count * j / SPLIT;
            let to = part.set.advance(from.0, rank - from.1);
            ranges.push(fingerprint(part.set, from.0, to, part.set.bound(to)));
            from = (to, rank);
        }
        ranges.push(fingerprint(part.set, from.0, part.to, part.upper.clone()));
        self.push(part, ranges)
    }

    fn skip(&mut self, part: &Part<'_>) -> ControlFlow<Place> {
        self.skipped = Some(part.upper.clone());
        ControlFlow::Continue(())
    }

    /// What of the named ids is missing here, and what of the own elements there.
    fn compare(&mut self, part: &Part<'_>, theirs: &[Id16]) {
        let mut theirs: BTreeSet<_> = theirs.iter().copied().collect();
        for element in part.set.between(part.from, part.to) {
            if !theirs.remove(&element.1.short()) {
                self.have.push(*element);
            }
        }
        self.want.extend(theirs);
    }

    /// Adds the ranges that answer a part if there is room for all of them.
    fn push(&mut self, part: &Part<'_>, ranges: Vec<Range>) -> ControlFlow<Place> {
        let skipped = self.skipped.clone().map(skip_range);
        let bytes: usize = skipped.iter().chain(&ranges).map(size).sum();
        if self.bytes + bytes + REST > BYTES_MAX {
            return ControlFlow::Break(part.from);
        }
        self.skipped = None;
        self.bytes += bytes;
        self.ranges.extend(skipped.into_iter().chain(ranges));
        ControlFlow::Continue(())
    }

    /// One fingerprint stands for everything that is not answered yet.
    fn rest(&mut self, set: &Set, from: Place) {
        let last = fingerprint(set, from, set.find(&Bound::last()), Bound::last());
        self.ranges.extend(self.skipped.take().map(skip_range));
        self.ranges.push(last);
    }

    fn end(&mut self) {
        self.ranges.extend(self.skipped.take().map(skip_range));
    }
}

impl Part<'_> {
    fn count(&self) -> usize {
        self.set.count(self.from, self.to)
    }

    fn fingerprint(&self) -> [u8; 16] {
        self.set.fingerprint(self.from, self.to)
    }

    /// All own elements of the range by their first 16 bytes.
    fn named(&self, mode: fn(Vec<Id16>) -> RangeData) -> Range {
        let ids = self.set.between(self.from, self.to).map(|(_, id)| id.short()).collect();
        Range { upper_time: self.upper.time, upper_id: self.upper.prefix.clone(), data: mode(ids) }
    }
}

fn skip_range(upper: Bound) -> Range {
    Range { upper_time: upper.time, upper_id: upper.prefix, data: RangeData::Skip }
}

/// At most so many bytes on the wire.
fn size(range: &Range) -> usize {
    let data = match &range.data {
        RangeData::Skip => 1,
        RangeData::Fingerprint(_) => 18,
        RangeData::Ids(ids) | RangeData::IdsAnswer(ids) => 5 + ID * ids.len(),
    };
    13 + range.upper_id.len() + data
}
