//! The identity log: which signing keys an identity has had, proven entry by entry (PROTOCOL §1, Annex A.1).
//!
//! The root key founds it, each rotation reveals the key committed to by the entry before. Must not know who
//! asks, what time it is, or where logs are kept.

mod entry;
mod order;

pub(crate) use entry::Source;
pub use order::LogOrder;

use std::fmt;

use crate::codec::{CodecError, Reader, Writer};
use crate::ids::{Hash, NodeId};
use crate::sign::{BadKey, BadSignature, PublicKey, SigningKey};

/// Entries that a log may have: one founding, 31 rotations.
pub const MAX_ENTRIES: usize = 32;

/// Why entries are no identity log; refuse the whole log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// No entry at all.
    #[error("an empty log")]
    Empty,
    /// More than [`MAX_ENTRIES`] entries: no further rotation is possible.
    #[error("the log is full")]
    Full,
    /// An entry is not in the one encoding.
    #[error("malformed entry: {0}")]
    Codec(#[from] CodecError),
    /// The first entry is no inception, or a later one no rotation.
    #[error("wrong kind of entry")]
    Kind,
    /// An entry holds an unacceptable public key.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// A signature of an entry is missing or wrong.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// `prev` or `seq` do not continue the entry before.
    #[error("the entry does not continue the log")]
    Link,
    /// The rotation key is not the one that the entry before committed to.
    #[error("the rotation key was not committed to")]
    NotCommitted,
    /// A key that this log has used before, or one key for two purposes.
    #[error("a key is used twice")]
    Reused,
}

/// A verified identity log of 1 to 32 entries.
///
/// Two logs are equal when their entries have equal inner bytes, whatever the signatures.
#[derive(Clone)]
pub struct IdentityLog {
    node_id: NodeId,
    created: u64,
    entries: Vec<Vec<u8>>,
    links: Vec<entry::Link>,
}

impl IdentityLog {
    /// Verifies a whole log: `entries` are signed objects, verbatim.
    ///
    /// # Errors
    /// As [`LogError`] says.
    pub fn parse(entries: &[Vec<u8>]) -> Result<Self, LogError> {
        Self::of(entries, Source::Others)
    }

    fn of(entries: &[Vec<u8>], from: Source) -> Result<Self, LogError> {
        let (first, rest) = entries.split_first().ok_or(LogError::Empty)?;
        if entries.len() > MAX_ENTRIES {
            return Err(LogError::Full);
        }
        let mut log = Self::found(first.clone(), from)?;
        for entry in rest {
            log.push(entry.clone(), from)?;
        }
        Ok(log)
    }

    /// Founds an identity: node id = SHA-256(root public key), `next` = SHA-256(rotation public key 1).
    ///
    /// `created` in unix seconds. The caller wipes `root` afterwards; it signs nothing else, ever.
    #[must_use]
    pub fn inception(root: &SigningKey, signing: &SigningKey, next: Hash, created: u64) -> Self {
        let (link, bytes) = entry::inception(root, signing, next, created);
        Self { node_id: node_id(&link.proof_key), created, entries: vec![bytes], links: vec![link] }
    }

    /// The log with one more entry: `new_signing` replaces the signing key, by the committed `rotation` key.
    ///
    /// `next` commits to the following rotation key, `at` in unix seconds. The caller wipes `rotation`.
    ///
    /// # Errors
    /// [`LogError::NotCommitted`] for the wrong rotation key, [`LogError::Reused`] for a signing key that is
    /// not fresh, [`LogError::Full`] after 31 rotations.
    pub fn rotate(
        &self,
        rotation: &SigningKey,
        new_signing: &SigningKey,
        next: Hash,
        at: u64,
    ) -> Result<Self, LogError> {
        let mut log = self.clone();
        log.push(
            entry::rotation(self.head(), self.head_seq() + 1, rotation, new_signing, next, at),
            Source::Others,
        )?;
        Ok(log)
    }

    /// SHA-256 of the root public key.
    #[must_use]
    pub const fn node_id(&self) -> NodeId {
        self.node_id
    }

    /// Hash of the newest entry's inner bytes.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.newest().hash
    }

    /// seq of the newest entry; the inception has 0.
    #[must_use]
    pub fn head_seq(&self) -> u32 {
        (self.links.len() - 1) as u32
    }

    /// The signing key of the newest entry: the only one whose signatures count now.
    #[must_use]
    pub fn current_key(&self) -> &PublicKey {
        &self.newest().signing_key
    }

    /// The signing key that the entry of `seq` introduced.
    #[must_use]
    pub fn key_at(&self, seq: u32) -> Option<&PublicKey> {
        self.links.get(usize::try_from(seq).ok()?).map(|link| &link.signing_key)
    }

    /// SHA-256 of the rotation public key that may sign the next entry.
    #[must_use]
    pub fn next_commitment(&self) -> Hash {
        self.newest().next
    }

    /// The entries as signed objects, verbatim.
    #[must_use]
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// When the identity was founded, unix seconds as its owner stated them.
    #[must_use]
    pub const fn created(&self) -> u64 {
        self.created
    }

    /// Writes `[entry: bin, …]`.
    pub fn write(&self, writer: &mut Writer) {
        writer.array(self.entries.len());
        for entry in &self.entries {
            writer.bin(entry);
        }
    }

    /// Reads and verifies `[entry: bin, …]`.
    ///
    /// # Errors
    /// As [`LogError`] says.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, LogError> {
        Self::read_from(reader, Source::Others)
    }

    pub(crate) fn read_from(reader: &mut Reader<'_>, from: Source) -> Result<Self, LogError> {
        let len = reader.array_max(MAX_ENTRIES)?;
        let entries = (0..len).map(|_| reader.bin().map(<[u8]>::to_vec)).collect::<Result<Vec<_>, _>>()?;
        Self::of(&entries, from)
    }

    fn found(bytes: Vec<u8>, from: Source) -> Result<Self, LogError> {
        let (link, created) = entry::parse_inception(&bytes, from)?;
        Ok(Self { node_id: node_id(&link.proof_key), created, entries: vec![bytes], links: vec![link] })
    }

    /// Holds one more entry against this log and appends it.
    fn push(&mut self, bytes: Vec<u8>, from: Source) -> Result<(), LogError> {
        if self.links.len() == MAX_ENTRIES {
            return Err(LogError::Full);
        }
        let link = entry::parse_rotation(&bytes, self.newest(), self.head_seq() + 1, from)?;
        let used = self.links.iter().flat_map(|old| [old.proof_key, old.signing_key]);
        let fresh = |key: PublicKey| used.clone().all(|old| old != key);
        if link.proof_key == link.signing_key || !fresh(link.proof_key) || !fresh(link.signing_key) {
            return Err(LogError::Reused);
        }
        self.entries.push(bytes);
        self.links.push(link);
        Ok(())
    }

    #[expect(clippy::expect_used, reason = "a log is made with one entry and only grows")]
    fn newest(&self) -> &entry::Link {
        self.links.last().expect("at least one entry")
    }
}

impl PartialEq for IdentityLog {
    fn eq(&self, other: &Self) -> bool {
        // Hashes chain: equal heads mean equal logs.
        self.head() == other.head()
    }
}

impl Eq for IdentityLog {}

impl fmt::Debug for IdentityLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityLog({:?}, seq {}, {:?})", self.node_id, self.head_seq(), self.head())
    }
}

fn node_id(root: &PublicKey) -> NodeId {
    NodeId(Hash::of(&[root.as_bytes()]).0)
}

#[cfg(test)]
mod tests;
