//! Mutations from a seed: the same seed gives the same inputs on every machine.

/// A source of choices and mutated inputs (xorshift64*, Marsaglia 2003; Vigna 2016).
pub(crate) struct Mutator {
    state: u64,
}

/// Pieces that parsers decide on.
const PIECES: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\u0061",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"-0",
    b"0",
    b"1e9",
    b"1.5",
    b"9007199254740992",
    b"-1",
    b"null",
    b"true",
    b"\"\"",
    b"{}",
    b"[]",
    b"\xff",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xc0",
    b"\xc4\x00",
    b"\xcc\xff",
    b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xdd\xff\xff\xff\xff",
    b"\x90",
    b"\x9f",
    b"\xdc\xff\xff",
    b"\xa0",
    b"\xd9\x20",
];

impl Mutator {
    /// A mutator of its own for each target.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// `bytes` with one to three changes; some take a piece of another input.
    pub(crate) fn mutate(&mut self, bytes: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..=self.below(3) {
            self.change(&mut out, others);
        }
        out
    }

    fn change(&mut self, out: &mut Vec<u8>, others: &[Vec<u8>]) {
        let at = self.below(out.len() + 1);
        let range = at..(at + 1 + self.below(16)).min(out.len());
        match self.below(9) {
            0 | 1 if !range.is_empty() => out[at] ^= 1 << self.below(8),
            2 if !range.is_empty() => out[at] = self.next() as u8,
            3 if !range.is_empty() => {
                out[at] = out[at].wrapping_add(if self.below(2) == 0 { 1 } else { 0xff })
            }
            4 if !range.is_empty() => drop(out.drain(range)),
            5 if !range.is_empty() => {
                let copy = out[range].to_vec();
                let to = self.below(out.len());
                out.splice(to..to, copy);
            }
            6 => {
                let piece = *self.pick(PIECES);
                let end = if self.below(2) == 0 { at } else { (at + piece.len()).min(out.len()) };
                out.splice(at..end, piece.iter().copied());
            }
            7 if !others.is_empty() => {
                let other = self.pick(others);
                let from = self.below(other.len() + 1);
                let to = (from + self.below(48)).min(other.len());
                out.splice(at..at, other[from..to].iter().copied());
            }
            8 => out.truncate(at),
            _ => out.insert(at, self.next() as u8),
        }
    }
}
