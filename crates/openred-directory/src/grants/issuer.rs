//! Making of a grant: draws S and the salts, signs and seals both halves, and leaves nothing of S behind.
//!
//! Only sealed boxes come out. S and the tokens live in wiped values inside one call, and the stack that the
//! call used is overwritten when it is over: a moved or spilled copy would otherwise lie there for as long as
//! the thread sleeps. Must not know: who waits, HTTP, SQL.

use std::sync::Arc;

use openred_core::descriptor::Descriptor;
use openred_core::grant::{Request, Terms, issue, seal_half};
use openred_core::token::select_crypto_method;
use openred_service::identity::{Own, random};
use zeroize::{Zeroize as _, Zeroizing};

use super::boxed::Boxed;
use crate::bounds::GRANT_TTL_SECS;
use crate::config::TokenMode;

/// How deep the making of a grant reaches into the stack, with room; bytes.
const SCRUBBED_BYTES: usize = 96 * 1024;

/// Both halves, sealed.
#[derive(Debug)]
pub(crate) struct Pair {
    /// For who asked.
    pub(crate) a: Boxed,
    /// For who was asked for.
    pub(crate) b: Boxed,
}

/// Makes grants in the directory's name.
#[derive(Debug)]
pub(crate) struct Issuer {
    own: Arc<Own>,
    mode: TokenMode,
}

impl Issuer {
    /// With the directory's key and mode.
    pub(crate) fn new(own: Arc<Own>, mode: TokenMode) -> Self {
        Self { own, mode }
    }

    /// The grant that answers `request` of `a` for `b`, usable from `now` (unix seconds). `None` when one of them
    /// has a grant key that cannot be sealed to; then nobody gets anything.
    pub(crate) fn issue(&self, a: &Descriptor, b: &Descriptor, request: &Request, now: u64) -> Option<Pair> {
        let pair = self.make(a, b, request, now);
        scrub_stack();
        pair
    }

    #[inline(never)]
    fn make(&self, a: &Descriptor, b: &Descriptor, request: &Request, now: u64) -> Option<Pair> {
        let terms = Terms {
            grant_id: request.grant_id,
            dir_id: self.own.node_id(),
            a,
            b,
            method: select_crypto_method(self.mode.nibble(), Some(self.own.token_seed()), now)?,
            not_before: now,
            ttl: GRANT_TTL_SECS,
            secret: Zeroizing::new(random()),
            salts: [random(), random()],
        };
        let (half_a, half_b) = issue(self.own.signing(), &terms)?;
        let for_b = seal_half(&half_b, b, a, Some(request)).ok()?;
        let for_a = seal_half(&half_a, a, b, None).ok()?;
        Some(Pair { a: Boxed::new(for_a.encode()), b: Boxed::new(for_b.encode()) })
    }
}

/// Overwrites the part of the stack that a call beside this one has used.
#[inline(never)]
fn scrub_stack() {
    let mut below = [0xff_u8; SCRUBBED_BYTES];
    below.zeroize();
    std::hint::black_box(&mut below);
}
