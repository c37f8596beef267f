//! The signed object (PROTOCOL Annex A.0). Must not know whose signatures it carries; checks none.

use super::{CodecError, Reader, Writer};
use crate::ids::Hash;
use crate::sign::Signature;

/// `[inner: bin, signature: bin64, …]`: the inner bytes are the object, signatures only vouch for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedObject {
    /// What is signed and hashed.
    pub inner: Vec<u8>,
    /// At least one signature, not yet checked; the kind of object says by whom.
    pub sigs: Vec<Signature>,
}

impl SignedObject {
    /// The one encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.array(1 + self.sigs.len()).bin(&self.inner);
        for signature in &self.sigs {
            writer.bin(&signature.0);
        }
        writer.into_vec()
    }

    /// Reads an object of one to `max_sigs` signatures, which are not checked here.
    ///
    /// # Errors
    /// [`CodecError::Length`] for another number of signatures, else as [`CodecError`] says.
    pub fn decode(bytes: &[u8], max_sigs: usize) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let len = reader.array_max(1 + max_sigs)?;
        if len < 2 {
            return Err(CodecError::Length);
        }
        let inner = reader.bin()?.to_vec();
        let sigs = (1..len).map(|_| reader.bin_of().map(Signature)).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Self { inner, sigs })
    }

    /// SHA-256 of the inner bytes: equal inner bytes are the same object whatever the signatures.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.inner])
    }
}
