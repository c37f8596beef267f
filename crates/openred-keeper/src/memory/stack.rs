//! Wipes what finished calls left on the stack: keys that were moved by value leave copies there. It must
//! not know the calls.

/// More than any operation uses, Ed25519 and HPKE included; about five microseconds.
const BYTES: usize = 128 * 1024;

/// Overwrites the stack below the caller. Call it where the operation was called.
#[inline(never)]
pub(crate) fn scrub_stack() {
    let mut below = [0u8; BYTES];
    std::hint::black_box(&mut below);
}
