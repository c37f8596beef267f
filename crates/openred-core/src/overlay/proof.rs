//! What proves a signed message: its own signature, or one over the Merkle root of a bundle and the path to it
//! (PROTOCOL §6).
//!
//! Must not know: which key belongs to the origin.

use std::borrow::Cow;

use super::{BUNDLE_MAX, Invalid};
use crate::codec::{Reader, Writer};
use crate::ids::Hash;
use crate::sign::{Label, PublicKey, Signature};

/// A proof as it came in, its shape checked and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// `signature` of the signed bytes under `openred/overlay`.
    Single(Signature),
    /// `[signature, index, count, [hash…]]`: the signature under `openred/bundle` covers root ‖ count:u32.
    Bundle {
        /// By the origin.
        signature: Signature,
        /// Which leaf this message is, below `count`.
        index: u16,
        /// Leaves of the bundle, 1…256.
        count: u16,
        /// The siblings from the leaf up; exactly as many as `index` has in a tree of `count` leaves.
        path: Vec<[u8; 32]>,
    },
}

/// SHA-256(0x00 ‖ signed_bytes).
pub(super) fn leaf(signed_bytes: &[u8]) -> [u8; 32] {
    Hash::of(&[&[0], signed_bytes]).0
}

/// SHA-256(0x01 ‖ left ‖ right).
pub(super) fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Hash::of(&[&[1], left, right]).0
}

/// On which side the sibling of `index` lies on each level that has one, from the leaf up: `true` for left.
/// The last of an odd level has none and is promoted.
pub(super) fn sides(index: usize, count: usize) -> impl Iterator<Item = bool> {
    let levels = std::iter::successors(Some((index, count)), |&(index, count)| {
        (count > 1).then(|| (index / 2, count.div_ceil(2)))
    });
    levels.filter(|&(index, count)| index ^ 1 < count).map(|(index, _)| index % 2 == 1)
}

impl Proof {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Invalid> {
        if r.rest().first().is_some_and(|first| first & 0xf0 == 0x90) {
            Self::read_bundle(r)
        } else {
            Ok(Self::Single(Signature(r.bin_of()?)))
        }
    }

    fn read_bundle(r: &mut Reader<'_>) -> Result<Self, Invalid> {
        r.array_of(4)?;
        let signature = Signature(r.bin_of()?);
        let (index, count) = (r.uint()?, r.uint()?);
        if count > BUNDLE_MAX as u64 || index >= count {
            return Err(Invalid("bundle index"));
        }
        if r.array()? != sides(index as usize, count as usize).count() {
            return Err(Invalid("bundle path length"));
        }
        let path = sides(index as usize, count as usize).map(|_| r.bin_of()).collect::<Result<_, _>>()?;
        Ok(Self::Bundle { signature, index: index as u16, count: count as u16, path })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        match self {
            Self::Single(signature) => {
                w.bin(&signature.0);
            }
            Self::Bundle { signature, index, count, path } => {
                w.array(4).bin(&signature.0).uint((*index).into()).uint((*count).into()).array(path.len());
                for hash in path {
                    w.bin(hash);
                }
            }
        }
    }
}

/// root ‖ count:u32, what a bundle's signature covers.
pub(super) fn bundle_bytes(root: &[u8; 32], count: usize) -> Vec<u8> {
    [root.as_slice(), &(count as u32).to_be_bytes()].concat()
}

/// One signature check. Messages of one bundle have equal checks: who remembers those that held, of label
/// [`Label::Bundle`], checks each bundle once. A single message's check does not come twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Check<'a> {
    /// Ed25519 public key, 32 bytes.
    pub key: [u8; 32],
    /// [`Label::Overlay`] or [`Label::Bundle`].
    pub label: Label,
    /// What was signed: the signed bytes, or root ‖ count:u32 (36 bytes).
    pub bytes: Cow<'a, [u8]>,
    /// By `key`.
    pub signature: Signature,
}

impl<'a> Check<'a> {
    pub(super) fn of(key: [u8; 32], signed_bytes: &'a [u8], proof: &Proof) -> Self {
        match proof {
            Proof::Single(signature) => {
                Self { key, label: Label::Overlay, bytes: signed_bytes.into(), signature: *signature }
            }
            Proof::Bundle { signature, index, count, path } => {
                let (index, count) = (usize::from(*index), usize::from(*count));
                let root = sides(index, count).zip(path).fold(leaf(signed_bytes), |at, (left, sibling)| {
                    if left { node(sibling, &at) } else { node(&at, sibling) }
                });
                let bytes = bundle_bytes(&root, count).into();
                Self { key, label: Label::Bundle, bytes, signature: *signature }
            }
        }
    }

    /// The same check, on its own.
    #[must_use]
    pub fn into_owned(self) -> Check<'static> {
        Check { bytes: self.bytes.into_owned().into(), ..self }
    }

    /// Checks the signature strictly; `false` also when `key` is no acceptable key.
    #[must_use]
    pub fn verify(&self) -> bool {
        PublicKey::from_bytes(&self.key).is_ok_and(|key| self.verify_with(&key))
    }

    /// As [`Self::verify`] with the key already read, as an identity log holds it; `false` for another key.
    #[must_use]
    pub fn verify_with(&self, key: &PublicKey) -> bool {
        *key.as_bytes() == self.key && key.verify(self.label, &self.bytes, &self.signature).is_ok()
    }
}
