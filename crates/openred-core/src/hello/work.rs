//! Proof of work for strangers while a node is busy (PROTOCOL §4, Annex A.4).
//!
//! Must not know: when work is asked for, and which challenges are still valid (5 minutes).

use serde::{Deserialize, Serialize};

use crate::{ids::Id16, token::kdf::sha256};

/// Most bits that a node may ask for and that another is willing to search.
pub const BITS_MAX: u8 = 24;

/// Comes with 429: find an n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkChallenge {
    /// Random, valid 5 minutes.
    pub challenge: Id16,
    /// Leading zero bits asked for, ≤ 24.
    pub bits: u8,
}

/// Goes with the hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Of the 429.
    pub challenge: Id16,
    /// SHA-256(challenge ‖ SHA256(ctx) ‖ n:u64) begins with the zero bits.
    pub n: u64,
}

/// Whether `SHA-256(challenge ‖ SHA256(ctx) ‖ n:u64)` begins with `bits` zero bits.
#[must_use]
pub fn work_done(challenge: &Id16, ctx_hash: &[u8; 32], n: u64, bits: u8) -> bool {
    let hash = sha256(&[&challenge.0, ctx_hash, &n.to_be_bytes()]);
    let mut zeros = 0;
    for byte in hash {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    zeros >= u32::from(bits)
}

/// Searches n; 2^bits hashes on average (24 bits: some seconds, so not on a thread that others wait for).
/// `None`: more bits asked than [`BITS_MAX`], do not try again soon.
#[must_use]
pub fn solve(asked: &WorkChallenge, ctx_hash: &[u8; 32]) -> Option<Work> {
    if asked.bits > BITS_MAX {
        return None;
    }
    let n = (0..1 << 32).find(|&n| work_done(&asked.challenge, ctx_hash, n, asked.bits))?;
    Some(Work { challenge: asked.challenge, n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solved_work_is_accepted_for_this_handshake_only() {
        let asked = WorkChallenge { challenge: Id16([5; 16]), bits: 10 };
        let work = solve(&asked, &[1; 32]).unwrap();
        assert!(work_done(&asked.challenge, &[1; 32], work.n, 10));
        let elsewhere = (0..64u8).filter(|i| work_done(&asked.challenge, &[*i; 32], work.n, 10)).count();
        assert!(elsewhere <= 2, "another ctx: only by chance, once in 1,024");
        assert_eq!(solve(&WorkChallenge { bits: 25, ..asked }, &[1; 32]), None);
        assert!(work_done(&asked.challenge, &[9; 32], 0, 0), "no bits, no work");
    }
}
