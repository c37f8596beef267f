//! Sums of ids mod 2^256, taken as big-endian integers. Must not know order.

use std::ops::{AddAssign, SubAssign};

use openred_core::ids::Hash;

/// Σ ids mod 2^256; limbs, least significant first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum([u64; 4]);

impl Sum {
    /// The id as a number.
    pub(super) fn of(id: &Hash) -> Self {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().rev().zip(id.0.chunks_exact(8)) {
            *limb = bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
        }
        Self(limbs)
    }

    /// SHA-256(sum ‖ count:u64)[..16], of the sum mod 2^`bits`.
    pub(super) fn fingerprint(self, count: usize, bits: u32) -> [u8; 16] {
        let mut sum = [0; 32];
        for (bytes, (limb, low)) in sum.rchunks_exact_mut(8).zip(self.0.iter().zip((0..).step_by(64))) {
            let kept = bits.saturating_sub(low).min(64);
            let mask = u64::MAX.checked_shr(64 - kept).unwrap_or(0);
            bytes.copy_from_slice(&(limb & mask).to_be_bytes());
        }
        Hash::of(&[&sum, &(count as u64).to_be_bytes()]).short().0
    }
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        let mut carry = false;
        for (limb, other) in self.0.iter_mut().zip(other.0) {
            let (sum, first) = limb.overflowing_add(other);
            let (sum, second) = sum.overflowing_add(carry.into());
            (*limb, carry) = (sum, first || second);
        }
    }
}

impl SubAssign for Sum {
    fn sub_assign(&mut self, other: Self) {
        let mut borrow = false;
        for (limb, other) in self.0.iter_mut().zip(other.0) {
            let (rest, first) = limb.overflowing_sub(other);
            let (rest, second) = rest.overflowing_sub(borrow.into());
            (*limb, borrow) = (rest, first || second);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_carry_through_all_limbs_and_wrap() {
        let (all, mut one) = (Hash([0xff; 32]), [0; 32]);
        one[31] = 1;
        let mut sum = Sum::of(&all);
        sum += Sum::of(&Hash(one));
        assert_eq!(sum, Sum::default());
        sum -= Sum::of(&Hash(one));
        assert_eq!(sum, Sum::of(&all));
    }

    #[test]
    fn a_fingerprint_is_the_hash_of_sum_and_count() {
        let id = Hash::of(&[b"ana"]);
        let whole = Hash::of(&[&id.0, &7u64.to_be_bytes()]);
        assert_eq!(Sum::of(&id).fingerprint(7, 256), whole.short().0);
        let mut low = [0; 32];
        low[30..].copy_from_slice(&id.0[30..]);
        assert_eq!(Sum::of(&id).fingerprint(7, 16), Sum::of(&Hash(low)).fingerprint(7, 256));
        low[29] = id.0[29] & 0x0f;
        assert_eq!(Sum::of(&id).fingerprint(7, 20), Sum::of(&Hash(low)).fingerprint(7, 256));
    }
}
