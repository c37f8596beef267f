//! Whose key a leaf is: the credential of an installation and its check against the person's identity log
//! (PROTOCOL §8). Must not know groups, nor where logs are kept.

use openmls::prelude::{BasicCredential, Credential, CredentialWithKey};
use openred_core::ids::{Id16, NodeId};
use openred_core::sign::{Label, PublicKey, Signature};

use crate::rows::Cause;

/// Longest time a certificate may still be good, seconds: 30 days, and one for clocks.
pub const LEAF_S_MAX: u64 = 31 * 86_400;

/// Length of a credential in bytes.
const CREDENTIAL_BYTES: usize = 32 + 4 + 16 + 8 + 64;

/// The leaf of an installation: its key, and the certificate by which the identity says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Whose it is.
    pub node_id: NodeId,
    /// Number of the log entry whose key certifies.
    pub log_seq: u32,
    /// Name of the installation.
    pub device: Id16,
    /// Until when the certificate is good, unix seconds.
    pub not_after: u64,
    /// Ed25519 public key, 32 bytes; the keeper has the private half.
    pub key: [u8; 32],
    /// sign(`openred/mls-leaf`, key ‖ device ‖ not_after:u64).
    pub certificate: Signature,
}

/// What is known of the entry of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKey {
    /// It is the newest entry; this is its signing key.
    Newest(PublicKey),
    /// A newer entry is known; this was its signing key.
    Superseded(PublicKey),
    /// No such entry is known.
    Unknown,
}

/// The identity logs that a node holds.
pub trait Logs {
    /// The key of entry `log_seq` (0 is the inception) of a person's log.
    ///
    /// # Errors
    /// What the store says; the call that asked fails with it.
    fn key_at(&self, node_id: &NodeId, log_seq: u32) -> Result<LogKey, Cause>;
}

/// Why a leaf is refused, and with it the key package, commit or invitation that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafRefusal {
    /// The credential does not have its form.
    #[error("the credential of a leaf does not have its form")]
    Form,
    /// The certificate is not the identity's signature of this key, device and time.
    #[error("the certificate of a leaf is not signed by the identity it names")]
    BadCertificate,
    /// The certificate is over. Ask the person for a new key package.
    #[error("the certificate of a leaf is over")]
    Over,
    /// The certificate is good for longer than 31 days.
    #[error("the certificate of a leaf is good for too long")]
    TooLong,
    /// The log entry is not known. Fetch the person's log and try again.
    #[error("the log entry that certifies a leaf is not known")]
    LogUnknown {
        /// Whose log.
        node_id: NodeId,
        /// Number of the entry.
        log_seq: u32,
    },
    /// The identity has changed its signing key since. Ask the person for a new key package.
    #[error("the key that certifies a leaf was replaced")]
    Superseded,
    /// The leaf of one person was replaced by that of another.
    #[error("a leaf names another person than before")]
    AnotherPerson,
}

/// How a leaf comes before us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// New: it must be good at this time (unix seconds).
    New(u64),
    /// In the tree of a group since some time: members have seen it while it was good.
    Old,
}

impl Leaf {
    /// The credential and key as OpenMLS wants them.
    pub(crate) fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.to_bytes()).into(),
            signature_key: self.key.as_slice().into(),
        }
    }

    /// node_id ‖ log_seq:u32 ‖ device ‖ not_after:u64 ‖ certificate.
    fn to_bytes(&self) -> Vec<u8> {
        let (log_seq, not_after) = (self.log_seq.to_be_bytes(), self.not_after.to_be_bytes());
        [&self.node_id.0, log_seq.as_slice(), &self.device.0, &not_after, &self.certificate.0].concat()
    }

    /// Reads a credential; nothing is proven yet.
    pub(crate) fn read(credential: &Credential, key: &[u8]) -> Result<Self, LeafRefusal> {
        let key = key.try_into().map_err(|_| LeafRefusal::Form)?;
        let credential = BasicCredential::try_from(credential.clone()).map_err(|_| LeafRefusal::Form)?;
        Self::from_bytes(credential.identity(), key).ok_or(LeafRefusal::Form)
    }

    fn from_bytes(bytes: &[u8], key: [u8; 32]) -> Option<Self> {
        let bytes: &[u8; CREDENTIAL_BYTES] = bytes.try_into().ok()?;
        let (node_id, rest) = bytes.split_first_chunk()?;
        let (log_seq, rest) = rest.split_first_chunk()?;
        let (device, rest) = rest.split_first_chunk()?;
        let (not_after, rest) = rest.split_first_chunk()?;
        Some(Self {
            node_id: NodeId(*node_id),
            log_seq: u32::from_be_bytes(*log_seq),
            device: Id16(*device),
            not_after: u64::from_be_bytes(*not_after),
            key,
            certificate: Signature(*rest.first_chunk()?),
        })
    }

    /// Checks the certificate against the log, and its time when the leaf is new.
    pub(crate) fn check(&self, logs: &dyn Logs, standing: Standing) -> Result<(), Checked> {
        let key = match (logs.key_at(&self.node_id, self.log_seq).map_err(Checked::Logs)?, standing) {
            (LogKey::Newest(key), _) | (LogKey::Superseded(key), Standing::Old) => key,
            (LogKey::Superseded(_), Standing::New(_)) => return Err(LeafRefusal::Superseded.into()),
            (LogKey::Unknown, _) => {
                let (node_id, log_seq) = (self.node_id, self.log_seq);
                return Err(LeafRefusal::LogUnknown { node_id, log_seq }.into());
            }
        };
        let signed = [self.key.as_slice(), &self.device.0, &self.not_after.to_be_bytes()].concat();
        key.verify(Label::MlsLeaf, &signed, &self.certificate).map_err(|_| LeafRefusal::BadCertificate)?;
        match standing {
            Standing::New(at_s) if self.not_after <= at_s => Err(LeafRefusal::Over.into()),
            Standing::New(at_s) if self.not_after > at_s.saturating_add(LEAF_S_MAX) => {
                Err(LeafRefusal::TooLong.into())
            }
            Standing::New(_) | Standing::Old => Ok(()),
        }
    }
}

/// Why [`Leaf::check`] did not succeed.
#[derive(Debug)]
pub(crate) enum Checked {
    Refused(LeafRefusal),
    Logs(Cause),
}

impl From<LeafRefusal> for Checked {
    fn from(refusal: LeafRefusal) -> Self {
        Self::Refused(refusal)
    }
}

#[cfg(test)]
mod tests;
