//! A Bloom filter over keys that are hashes already: 10 bits a key, 1 % of false hits. Must not know: rows, files.

use super::Key;

const BITS_PER_KEY: usize = 10;
const PROBES: u64 = 6;

/// A set of keys that says *no* for certain and *yes* with a small error.
pub(super) struct Filter(Vec<u8>);

impl Filter {
    /// A filter for `keys` keys, empty.
    pub(super) fn for_keys(keys: usize) -> Self {
        Self(vec![0; (keys * BITS_PER_KEY).div_ceil(8).max(8)])
    }

    /// As it was written.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// To be written.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn insert(&mut self, key: &Key) {
        for bit in probes(key, self.0.len()) {
            self.0[bit / 8] |= 1 << (bit % 8);
        }
    }

    pub(super) fn may_hold(&self, key: &Key) -> bool {
        probes(key, self.0.len()).all(|bit| self.0[bit / 8] & (1 << (bit % 8)) != 0)
    }
}

fn probes(key: &Key, bytes: usize) -> impl Iterator<Item = usize> + use<> {
    let number = u128::from_be_bytes(*key);
    let (start, step) = (number as u64, (number >> 64) as u64 | 1);
    let bits = bytes as u64 * 8;
    (0..PROBES).map(move |i| (start.wrapping_add(step.wrapping_mul(i)) % bits) as usize)
}

#[cfg(test)]
mod tests {
    use openred_core::ids::Hash;

    use super::*;

    fn key(n: u32) -> Key {
        Hash::of(&[&n.to_be_bytes()]).short().0
    }

    #[test]
    fn what_was_put_in_is_found_and_little_else() {
        let mut filter = Filter::for_keys(10_000);
        (0..10_000).for_each(|n| filter.insert(&key(n)));
        assert!((0..10_000).all(|n| filter.may_hold(&key(n))));
        let false_hits = (10_000..20_000).filter(|n| filter.may_hold(&key(*n))).count();
        assert!(false_hits < 200, "{false_hits} of 10,000");
    }
}
