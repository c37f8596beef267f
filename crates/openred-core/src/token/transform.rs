//! The four methods and their inverses: token = M(S ⊕ k1) ⊕ k2 (PROTOCOL §3).
//!
//! Must not know: who chose the method, or why.

use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher},
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{
    Method, Role,
    kdf::{hkdf, hmac},
};

/// What one side's token is bound to. All of it is public and comes from the grant's core.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Method named by the core's method byte.
    pub method: Method,
    /// Whose token it is.
    pub role: Role,
    /// That role's salt, 32 bytes.
    pub salt: &'a [u8; 32],
    /// SHA-256 of the 284 bytes of the core.
    pub core_hash: &'a [u8; 32],
}

/// The token of `side` for the introduction's secret S. Wiped on drop.
#[must_use]
pub fn transform(side: &Side<'_>, secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let keys = Keys::of(side);
    let mut x = Zeroizing::new(*secret);
    xor(&mut x, keys.k1());
    apply(side.method, keys.k3(), &mut x);
    xor(&mut x, keys.k2());
    x
}

/// The secret S that `token` stands for on `side`: the inverse of [`transform`]. Any 32 bytes yield something;
/// whether it is S says the core's commitment.
#[must_use]
pub fn reverse_transform(side: &Side<'_>, token: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let keys = Keys::of(side);
    let mut x = Zeroizing::new(*token);
    xor(&mut x, keys.k2());
    undo(side.method, keys.k3(), &mut x);
    xor(&mut x, keys.k1());
    x
}

/// Whether both tokens stand for the same secret: the peer on this channel holds the other half of the grant.
///
/// Constant time. Proves neither identity nor consent nor an honest directory (PROTOCOL §3.4).
#[must_use]
pub fn tokens_match(own: (&Side<'_>, &[u8; 32]), peer: (&Side<'_>, &[u8; 32])) -> bool {
    let mine = reverse_transform(own.0, own.1);
    let theirs = reverse_transform(peer.0, peer.1);
    own.0.role != peer.0.role && bool::from(mine.ct_eq(&*theirs))
}

/// k1 ‖ k2 ‖ k3.
struct Keys(Zeroizing<[u8; 96]>);

impl Keys {
    fn of(side: &Side<'_>) -> Self {
        let mut info = *b"OpenRed/3 side\0";
        info[14] = side.role.byte();
        Self(hkdf(side.salt, side.core_hash, &info))
    }

    fn k1(&self) -> &[u8] {
        &self.0[..32]
    }

    fn k2(&self) -> &[u8] {
        &self.0[32..64]
    }

    fn k3(&self) -> &[u8] {
        &self.0[64..]
    }
}

fn xor(x: &mut [u8; 32], key: &[u8]) {
    x.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
}

fn apply(method: Method, k3: &[u8], x: &mut [u8; 32]) {
    match method {
        Method::Alpha => {}
        Method::Beta => rotate_left(x, bits(k3)),
        Method::Gamma => swaps(k3).iter().for_each(|&(i, j)| x.swap(i, j)),
        Method::Delta => (0..8).for_each(|round| feistel(x, k3, round)),
    }
}

fn undo(method: Method, k3: &[u8], x: &mut [u8; 32]) {
    match method {
        Method::Alpha => {}
        Method::Beta => rotate_left(x, 256 - bits(k3)),
        Method::Gamma => swaps(k3).iter().rev().for_each(|&(i, j)| x.swap(i, j)),
        Method::Delta => (0..8).rev().for_each(|round| feistel_back(x, k3, round)),
    }
}

/// (k3 mod 255) + 1: since 256 mod 255 = 1 the remainder of the big-endian number is that of its digit sum.
fn bits(k3: &[u8]) -> usize {
    k3.iter().map(|&byte| usize::from(byte)).sum::<usize>() % 255 + 1
}

/// Rotates the 256-bit big-endian integer left by 1…255 bits.
fn rotate_left(x: &mut [u8; 32], bits: usize) {
    x.rotate_left(bits / 8);
    let shift = (bits % 8) as u32;
    if shift == 0 {
        return;
    }
    let first = x[0];
    for i in 0..32 {
        let next = if i == 31 { first } else { x[i + 1] };
        x[i] = x[i] << shift | next >> (8 - shift);
    }
}

/// The 31 swaps of the Fisher–Yates shuffle, i from 31 to 1, in the order in which they are applied.
fn swaps(k3: &[u8]) -> [(usize, usize); 31] {
    let mut stream = Stream::new(k3);
    std::array::from_fn(|step| {
        let i = 31 - step;
        (i, stream.below(i + 1))
    })
}

/// Key stream of ChaCha20 (RFC 8439) under k3, nonce 0, counter 0, byte by byte.
struct Stream {
    cipher: ChaCha20,
    block: Zeroizing<[u8; 64]>,
    at: usize,
}

impl Stream {
    #[expect(clippy::expect_used, reason = "k3 is the last 32 of 96 bytes: the key length is right")]
    fn new(k3: &[u8]) -> Self {
        let cipher = ChaCha20::new_from_slices(k3, &[0; 12]).expect("32-byte key, 12-byte nonce");
        Self { cipher, block: Zeroizing::new([0; 64]), at: 64 }
    }

    fn byte(&mut self) -> usize {
        if self.at == self.block.len() {
            self.block.zeroize();
            self.cipher.apply_keystream(self.block.as_mut_slice());
            self.at = 0;
        }
        self.at += 1;
        usize::from(self.block[self.at - 1])
    }

    /// A number below `n` (≤ 32) without bias: bytes in the incomplete last group are rejected.
    fn below(&mut self, n: usize) -> usize {
        loop {
            let byte = self.byte();
            if byte < 256 - 256 % n {
                return byte % n;
            }
        }
    }
}

/// (L, R) = (R, L ⊕ HMAC-SHA256(k3, round ‖ R)[..16])
fn feistel(x: &mut [u8; 32], k3: &[u8], round: u8) {
    let mask = hmac(k3, &[&[round], &x[16..]]);
    x[..16].iter_mut().zip(mask.iter()).for_each(|(byte, mask)| *byte ^= mask);
    x.rotate_left(16);
}

fn feistel_back(x: &mut [u8; 32], k3: &[u8], round: u8) {
    x.rotate_left(16);
    let mask = hmac(k3, &[&[round], &x[16..]]);
    x[..16].iter_mut().zip(mask.iter()).for_each(|(byte, mask)| *byte ^= mask);
}
