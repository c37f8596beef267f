//! Shape and signatures of one log entry (PROTOCOL Annex A.1).
//!
//! Inception `[1, root_key, signing_key, next, created]`, rotation
//! `[2, prev, seq, rotation_key, signing_key, next, at]`. Must not know the rest of the log but the entry before.

use super::LogError;
use crate::codec::{Reader, SignedObject, Writer};
use crate::ids::Hash;
use crate::sign::{BadSignature, Label, PublicKey, SigningKey};

const INCEPTION: u64 = 1;
const ROTATION: u64 = 2;

/// What an entry adds to the chain.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Hash of the inner bytes.
    pub(super) hash: Hash,
    /// The key that had the right to write the entry: root key or rotation key.
    pub(super) proof_key: PublicKey,
    pub(super) signing_key: PublicKey,
    /// SHA-256 of the rotation key of the next entry.
    pub(super) next: Hash,
}

pub(super) fn inception(
    root: &SigningKey,
    signing: &SigningKey,
    next: Hash,
    created: u64,
) -> (Link, Vec<u8>) {
    let (proof_key, signing_key) = (root.public(), signing.public());
    let mut writer = Writer::new();
    writer.array(5).uint(INCEPTION).bin(proof_key.as_bytes()).bin(signing_key.as_bytes());
    let object = signed(writer.bin(&next.0).uint(created).into_vec(), root, signing);
    (Link { hash: object.hash(), proof_key, signing_key, next }, object.encode())
}

pub(super) fn rotation(
    prev: Hash,
    seq: u32,
    rotation: &SigningKey,
    signing: &SigningKey,
    next: Hash,
    at: u64,
) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(7).uint(ROTATION).bin(&prev.0).uint(u64::from(seq));
    writer.bin(rotation.public().as_bytes()).bin(signing.public().as_bytes()).bin(&next.0).uint(at);
    signed(writer.into_vec(), rotation, signing).encode()
}

/// Reads an inception; also gives `created`.
pub(super) fn parse_inception(bytes: &[u8], from: Source) -> Result<(Link, u64), LogError> {
    let object = SignedObject::decode(bytes, 2)?;
    let mut reader = Reader::new(&object.inner);
    let fields = reader.array()?;
    if reader.uint()? != INCEPTION || fields != 5 {
        return Err(LogError::Kind);
    }
    let proof_key = PublicKey::from_bytes(&reader.bin_of()?)?;
    let signing_key = PublicKey::from_bytes(&reader.bin_of()?)?;
    let next = Hash(reader.bin_of()?);
    let created = reader.uint()?;
    reader.end()?;
    let link = Link { hash: object.hash(), proof_key, signing_key, next };
    from.verify(&object, &link)?;
    Ok((link, created))
}

/// Reads a rotation that continues `before`; signatures last, they cost the most.
pub(super) fn parse_rotation(bytes: &[u8], before: &Link, seq: u32, from: Source) -> Result<Link, LogError> {
    let object = SignedObject::decode(bytes, 2)?;
    let mut reader = Reader::new(&object.inner);
    let fields = reader.array()?;
    if reader.uint()? != ROTATION || fields != 7 {
        return Err(LogError::Kind);
    }
    if reader.bin_of()? != before.hash.0 || reader.uint()? != u64::from(seq) {
        return Err(LogError::Link);
    }
    let proof_key = PublicKey::from_bytes(&reader.bin_of()?)?;
    if Hash::of(&[proof_key.as_bytes()]) != before.next {
        return Err(LogError::NotCommitted);
    }
    let signing_key = PublicKey::from_bytes(&reader.bin_of()?)?;
    let next = Hash(reader.bin_of()?);
    let _at = reader.uint()?;
    reader.end()?;
    let link = Link { hash: object.hash(), proof_key, signing_key, next };
    from.verify(&object, &link)?;
    Ok(link)
}

fn signed(inner: Vec<u8>, proof: &SigningKey, signing: &SigningKey) -> SignedObject {
    let sigs = vec![proof.sign(Label::Log, &inner), signing.sign(Label::Log, &inner)];
    SignedObject { inner, sigs }
}

/// Where an entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// From others: both signatures are verified.
    Others,
    /// From the own sealed store, where it came only after its signatures had been verified.
    Store,
}

impl Source {
    fn verify(self, object: &SignedObject, link: &Link) -> Result<(), BadSignature> {
        let [by_proof, by_signing] = object.sigs.as_slice() else { return Err(BadSignature) };
        if self == Self::Store {
            return Ok(());
        }
        link.proof_key.verify(Label::Log, &object.inner, by_proof)?;
        link.signing_key.verify(Label::Log, &object.inner, by_signing)
    }
}
