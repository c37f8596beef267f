//! The ids that are held, in order, in chunks that know their sums: inserting, removing, and the fingerprint of any
//! range cost about the number of chunks, not of elements.
//!
//! Must not know: sessions, messages.

use openred_core::ids::Hash;

use super::bound::{Bound, Element};
use super::sum::Sum;

/// Most elements of a chunk.
const CHUNK_MAX: usize = 128;

/// Ids of held messages, ordered by (timestamp, id).
#[derive(Clone, Debug)]
pub struct Set {
    /// None is empty.
    chunks: Vec<Chunk>,
    len: usize,
    /// Fingerprints are of sums mod 2^bits; 256, and less only where a test grinds collisions.
    bits: u32,
}

#[derive(Clone, Debug)]
struct Chunk {
    elements: Vec<Element>,
    sum: Sum,
}

impl Chunk {
    fn of(elements: Vec<Element>) -> Self {
        let sum = sum(&elements);
        Self { elements, sum }
    }
}

fn sum(elements: &[Element]) -> Sum {
    elements.iter().fold(Sum::default(), |mut sum, (_, id)| {
        sum += Sum::of(id);
        sum
    })
}

/// A place between elements: before element `at` of a chunk, or behind the last of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    chunk: usize,
    at: usize,
}

impl Default for Set {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0, bits: 256 }
    }
}

impl Set {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty set whose fingerprints see only the low bits of sums, so that a test can grind collisions.
    #[cfg(test)]
    pub(super) fn with_bits(bits: u32) -> Self {
        Self { bits, ..Self::default() }
    }

    /// Takes an id with its timestamp in unix seconds. `false`: it was there, or its timestamp is 2^64 − 1, which
    /// no range covers.
    pub fn insert(&mut self, timestamp: u64, id: Hash) -> bool {
        let element = (timestamp, id);
        if timestamp == u64::MAX {
            return false;
        }
        if self.chunks.is_empty() {
            self.chunks.push(Chunk::of(Vec::new()));
        }
        let index = self.chunk_of(&element);
        let chunk = &mut self.chunks[index];
        let Err(at) = chunk.elements.binary_search(&element) else { return false };
        chunk.elements.insert(at, element);
        chunk.sum += Sum::of(&id);
        self.len += 1;
        if chunk.elements.len() > CHUNK_MAX {
            self.split(index, at);
        }
        true
    }

    /// Makes two of a chunk that is too long: halves, but a full one of the newest stays full.
    fn split(&mut self, index: usize, inserted: usize) {
        let newest = index + 1 == self.chunks.len() && inserted == CHUNK_MAX;
        let chunk = &mut self.chunks[index];
        let upper = Chunk::of(chunk.elements.split_off(if newest { CHUNK_MAX } else { CHUNK_MAX / 2 }));
        chunk.elements.shrink_to_fit();
        chunk.sum -= upper.sum;
        self.chunks.insert(index + 1, upper);
    }

    /// Takes an id out. `false`: it was not there.
    pub fn remove(&mut self, timestamp: u64, id: &Hash) -> bool {
        let element = (timestamp, *id);
        let index = self.chunk_of(&element);
        let Some(chunk) = self.chunks.get_mut(index) else { return false };
        let Ok(at) = chunk.elements.binary_search(&element) else { return false };
        chunk.elements.remove(at);
        chunk.sum -= Sum::of(id);
        self.len -= 1;
        self.join(index);
        true
    }

    /// Whether the id is there.
    #[must_use]
    pub fn contains(&self, timestamp: u64, id: &Hash) -> bool {
        let element = (timestamp, *id);
        let chunk = self.chunks.get(self.chunk_of(&element));
        chunk.is_some_and(|chunk| chunk.elements.binary_search(&element).is_ok())
    }

    /// Number of ids.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All ids with their timestamps, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Hash)> + '_ {
        self.chunks.iter().flat_map(|chunk| chunk.elements.iter().copied())
    }

    /// Drops an empty chunk, joins a small one with its neighbour.
    fn join(&mut self, index: usize) {
        let len = |index: usize| self.chunks.get(index).map(|chunk| chunk.elements.len());
        if len(index) == Some(0) {
            self.chunks.remove(index);
            return;
        }
        if let (Some(here), Some(next)) = (len(index), len(index + 1))
            && here + next <= CHUNK_MAX / 2
        {
            let next = self.chunks.remove(index + 1);
            self.chunks[index].sum += next.sum;
            self.chunks[index].elements.extend(next.elements);
        }
    }

    /// The chunk where an element is or would be: the last that begins at or below it, or the first.
    fn chunk_of(&self, element: &Element) -> usize {
        let behind = self.chunks.partition_point(|chunk| chunk.elements.first() <= Some(element));
        behind.saturating_sub(1)
    }

    pub(super) const fn start(&self) -> Place {
        Place { chunk: 0, at: 0 }
    }

    const fn end(&self) -> Place {
        Place { chunk: self.chunks.len(), at: 0 }
    }

    /// The place of a bound: everything before it lies under the bound, nothing behind.
    pub(super) fn find(&self, bound: &Bound) -> Place {
        let under = |chunk: &Chunk| chunk.elements.last().is_some_and(|last| bound.is_above(last));
        let chunk = self.chunks.partition_point(under);
        let elements = self.chunks.get(chunk).map_or(&[][..], |chunk| &chunk.elements);
        Place { chunk, at: elements.partition_point(|element| bound.is_above(element)) }
    }

    /// The shortest bound that separates what is before the place from what is behind it.
    pub(super) fn bound(&self, place: Place) -> Bound {
        let before = match place.at.checked_sub(1) {
            Some(at) => self.chunks.get(place.chunk).and_then(|chunk| chunk.elements.get(at)),
            None => place.chunk.checked_sub(1).and_then(|chunk| self.chunks[chunk].elements.last()),
        };
        let behind = self.chunks.get(place.chunk).and_then(|chunk| chunk.elements.get(place.at));
        match (before, behind) {
            (Some(before), Some(behind)) => Bound::between(before, behind),
            (None, _) => Bound::first(),
            (_, None) => Bound::last(),
        }
    }

    /// The place `count` elements further on, at most the end.
    pub(super) fn advance(&self, from: Place, count: usize) -> Place {
        let mut left = from.at + count;
        for (chunk, elements) in self.chunks.iter().enumerate().skip(from.chunk) {
            if left < elements.elements.len() {
                return Place { chunk, at: left };
            }
            left -= elements.elements.len();
        }
        self.end()
    }

    /// How many elements lie between two places.
    pub(super) fn count(&self, from: Place, to: Place) -> usize {
        self.slices(from, to).map(|(_, elements)| elements.len()).sum()
    }

    /// SHA-256(Σ ids ‖ count:u64)[..16] of the elements between two places.
    pub(super) fn fingerprint(&self, from: Place, to: Place) -> [u8; 16] {
        let (mut total, mut count) = (Sum::default(), 0);
        for (chunk, elements) in self.slices(from, to) {
            total += if elements.len() == chunk.elements.len() { chunk.sum } else { sum(elements) };
            count += elements.len();
        }
        total.fingerprint(count, self.bits)
    }

    /// The elements between two places.
    pub(super) fn between(&self, from: Place, to: Place) -> impl Iterator<Item = &Element> {
        self.slices(from, to).flat_map(|(_, elements)| elements)
    }

    /// The chunks that a part touches, with what of each belongs to it.
    fn slices(&self, from: Place, to: Place) -> impl Iterator<Item = (&Chunk, &[Element])> {
        let until = (to.chunk + usize::from(to.at > 0)).min(self.chunks.len());
        let touched = self.chunks.iter().enumerate().take(until).skip(from.chunk);
        touched.map(move |(index, chunk)| {
            let begin = if index == from.chunk { from.at } else { 0 };
            let end = if index == to.chunk { to.at } else { chunk.elements.len() };
            (chunk, chunk.elements.get(begin..end).unwrap_or_default())
        })
    }
}
