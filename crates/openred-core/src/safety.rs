//! Safety numbers: two people compare them to know that nobody stands between (PROTOCOL §1, Annex A.1).
//!
//! Must not know who has compared what.

mod code;
mod emoji;

pub use code::{CodeError, Compared, SafetyCode};
pub use emoji::EMOJI;

use std::fmt;

use sha2::{Digest as _, Sha512};

use crate::ids::{Hash, NodeId};

/// Rounds of SHA-512 per node: finding a look-alike costs an attacker 5,200 hashes per attempt.
const ROUNDS: usize = 5_200;
const GROUPS_PER_NODE: usize = 6;

/// The safety number of two identities at their present log heads; the same from both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafetyNumber {
    /// 60 decimal digits, 30 per node, that of the lower node id first.
    pub digits: String,
    /// The short form: 16 of the 64 symbols of [`EMOJI`].
    pub emoji: [&'static str; 16],
}

impl SafetyNumber {
    /// The number of two (node id, log head), in any order. About 10,400 hashes: not for hot paths.
    #[must_use]
    pub fn between(a: (&NodeId, &Hash), b: (&NodeId, &Hash)) -> Self {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        let digits = node_digits(low.0, low.1) + &node_digits(high.0, high.1);
        let short = Sha512::digest(digits.as_bytes());
        let emoji = std::array::from_fn(|i| EMOJI[six_bits(&short, i)].0);
        Self { digits, emoji }
    }
}

/// Twelve groups of five digits with single spaces.
impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, digit) in self.digits.chars().enumerate() {
            if i > 0 && i % 5 == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// x₀ = id ‖ head, xᵢ₊₁ = SHA-512(xᵢ ‖ id); then six groups, bytes 5i…5i+4 as integer mod 100,000.
fn node_digits(id: &NodeId, head: &Hash) -> String {
    let mut x = Sha512::new().chain_update(id.0).chain_update(head.0).chain_update(id.0).finalize();
    for _ in 1..ROUNDS {
        x = Sha512::new().chain_update(x).chain_update(id.0).finalize();
    }
    let group = |bytes: &[u8]| bytes.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)) % 100_000;
    x.chunks_exact(5).take(GROUPS_PER_NODE).map(|bytes| format!("{:05}", group(bytes))).collect()
}

/// The `i`th group of six bits from the front.
fn six_bits(bytes: &[u8], i: usize) -> usize {
    let (byte, bit) = (i * 6 / 8, i * 6 % 8);
    let pair = u16::from(bytes[byte]) << 8 | u16::from(bytes[byte + 1]);
    usize::from(pair >> (10 - bit) & 0x3f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_see_the_same_number_and_no_other_pair_does() {
        let (ana, ben, head) = (NodeId([1; 32]), NodeId([2; 32]), Hash([3; 32]));
        let number = SafetyNumber::between((&ana, &head), (&ben, &head));
        assert_eq!(SafetyNumber::between((&ben, &head), (&ana, &head)), number);
        let rotated = SafetyNumber::between((&ana, &head), (&ben, &Hash([4; 32])));
        assert_eq!(rotated.digits[..30], number.digits[..30], "ana's half stays");
        assert_ne!(rotated.digits[30..], number.digits[30..], "ben's half changes with his log");
        assert_eq!(number.digits.len(), 60);
        assert!(number.digits.bytes().all(|c| c.is_ascii_digit()));
        assert_eq!(number.to_string().len(), 71);
        assert_eq!(number.to_string().split(' ').count(), 12);
    }

    #[test]
    fn groups_of_six_bits_are_taken_from_the_front() {
        let bytes = [0b0000_0100, 0b0010_0000, 0b1100_0100, 0xff];
        assert_eq!([0, 1, 2, 3].map(|i| six_bits(&bytes, i)), [1, 2, 3, 4]);
    }

    #[test]
    fn the_symbols_and_their_names_differ() {
        let symbols: std::collections::BTreeSet<_> = EMOJI.iter().map(|(symbol, _)| symbol).collect();
        let names: std::collections::BTreeSet<_> = EMOJI.iter().map(|(_, name)| name).collect();
        assert_eq!((symbols.len(), names.len()), (64, 64));
    }
}
