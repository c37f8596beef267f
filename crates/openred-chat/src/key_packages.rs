//! Key packages: what others need to add this installation to a group while it is away (PROTOCOL §8). Each is good for
//! one group, but for the last resort. Must not know who asks for them.

use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{
    Capabilities, CredentialType, ExtensionType, KeyPackage as MlsKeyPackage, KeyPackageRef, Lifetime,
    MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsProvider as _, ProtocolVersion,
};
use openmls_traits::storage::StorageProvider as _;
use openred_core::ids::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chat::{Chat, Mls};
use crate::error::ChatError;
use crate::head::Head;
use crate::leaf::{Leaf, Standing};
use crate::rows::RowsFailed;
use crate::suite::Suite;

/// Most key packages that are kept at once.
pub const KEY_PACKAGES_MAX: usize = 2_000;
/// Longest key package that is read, in bytes; the hybrid ones have about 3,000.
pub const KEY_PACKAGE_BYTES_MAX: usize = 16 << 10;

/// The extension of group contexts that holds [`crate::Settings`], from the range for private use.
pub(crate) const SETTINGS: u16 = 0xF0ED;

/// First byte of the key of a note on an own key package.
const NOTE: u8 = b'i';

/// An own key package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPackage {
    /// Its name among the own ones: SHA-256 of its KeyPackageRef (RFC 9420 §5.2).
    pub id: Hash,
    /// The MLSMessage to give away.
    pub bytes: Vec<u8>,
    /// For groups of this suite.
    pub suite: Suite,
    /// Given away again and again, when no other is left.
    pub last_resort: bool,
    /// Until when it is good, unix seconds: the end of the leaf's certificate.
    pub not_after: u64,
}

/// A key package of somebody, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Whose it is.
    pub leaf: Leaf,
    /// For groups of this suite.
    pub suite: Suite,
    /// The suites that its installation can do.
    pub suites: Vec<Suite>,
    /// Whether it may have been used before.
    pub last_resort: bool,
}

/// What is kept beside OpenMLS's own row.
#[derive(Serialize, Deserialize)]
struct Note {
    bytes: Vec<u8>,
    name: Vec<u8>,
    key: [u8; 32],
    suite: Suite,
    last_resort: bool,
    not_after: u64,
}

impl Chat<'_> {
    /// Makes a key package, good as long as the certificate of the own leaf: have the keeper certify it for at most 28
    /// days.
    ///
    /// # Errors
    /// [`ChatError::Malformed`] when 2,000 are kept already; [`ChatError::Signing`] while the node is locked.
    pub fn make_key_package(&self, suite: Suite, last_resort: bool) -> Result<KeyPackage, ChatError> {
        self.call(|mls| mls.make_key_package(suite, last_resort))
    }

    /// The own key packages that are kept, in order of their ids: single ones not yet used, and last resorts.
    ///
    /// # Errors
    /// [`ChatError::Rows`].
    pub fn key_packages(&self) -> Result<Vec<KeyPackage>, ChatError> {
        self.call(|mls| Ok(mls.notes()?.into_iter().map(|(id, note)| note.into_key_package(id)).collect()))
    }

    /// Drops key packages that are over, and those of an earlier leaf: their private keys are gone. How many those were.
    ///
    /// # Errors
    /// [`ChatError::Rows`].
    pub fn drop_old_key_packages(&self) -> Result<usize, ChatError> {
        self.call(|mls| {
            let (now_s, own) = (mls.lent.now_s, mls.lent.own.key);
            let mut dropped = 0;
            for (id, note) in mls.notes()? {
                if note.not_after <= now_s || note.key != own {
                    mls.drop_note(id, &note)?;
                    dropped += 1;
                }
            }
            Ok(dropped)
        })
    }

    /// Reads a key package of somebody and checks its leaf.
    ///
    /// # Errors
    /// [`ChatError::Leaf`] says why it must not be used.
    pub fn read_key_package(&self, bytes: &[u8]) -> Result<Offered, ChatError> {
        self.call(|mls| mls.read_key_package(bytes).map(|(offered, _)| offered))
    }
}

impl Mls<'_> {
    fn make_key_package(&self, suite: Suite, last_resort: bool) -> Result<KeyPackage, ChatError> {
        if self.storage.0.list(&[NOTE])?.len() >= KEY_PACKAGES_MAX {
            return Err(ChatError::Malformed("2,000 key packages are kept already"));
        }
        let mut builder =
            MlsKeyPackage::builder().leaf_node_capabilities(capabilities()).key_package_lifetime(lifetime());
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        let bundle =
            builder.build(suite.mls(), self, self, self.lent.own.credential()).map_err(ChatError::mls)?;
        let package = bundle.into_key_package();
        let name = package.hash_ref(self.crypto()).map_err(ChatError::mls)?.as_slice().to_vec();
        let bytes = MlsMessageOut::from(package).to_bytes().map_err(ChatError::mls)?;
        let (own, id) = (self.lent.own, id_of(&name));
        let note = Note { bytes, name, key: own.key, suite, last_resort, not_after: own.not_after };
        self.storage.put(note_key(id), &note)?;
        Ok(note.into_key_package(id))
    }

    /// Reads and checks a key package of somebody.
    pub(crate) fn read_key_package(&self, bytes: &[u8]) -> Result<(Offered, MlsKeyPackage), ChatError> {
        if bytes.len() > KEY_PACKAGE_BYTES_MAX || Head::read(bytes) != Some(Head::KeyPackage) {
            return Err(ChatError::Malformed("a key package"));
        }
        let message =
            MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| ChatError::Malformed("a key package"))?;
        let MlsMessageBodyIn::KeyPackage(package) = message.extract() else {
            return Err(ChatError::Malformed("a key package"));
        };
        let package = package.validate(self.crypto(), ProtocolVersion::Mls10).map_err(ChatError::mls)?;
        let suite = Suite::of_mls(package.ciphersuite()).ok_or(ChatError::Malformed("a suite"))?;
        let node = package.leaf_node();
        let leaf = Leaf::read(node.credential(), node.signature_key().as_slice())?;
        leaf.check(self.lent.logs, Standing::New(self.lent.now_s))?;
        let suites = node.capabilities().ciphersuites().iter();
        let suites = suites.filter_map(|one| Suite::try_from(one.value()).ok()).collect();
        Ok((Offered { leaf, suite, suites, last_resort: package.last_resort() }, package))
    }

    fn notes(&self) -> Result<Vec<(Hash, Note)>, ChatError> {
        let mut notes = Vec::new();
        for (key, value) in self.storage.0.list(&[NOTE])? {
            let id = key[1..].try_into().map_err(|_| ChatError::Damaged)?;
            notes.push((Hash(id), crate::storage::decode(&value)?));
        }
        Ok(notes)
    }

    fn drop_note(&self, id: Hash, note: &Note) -> Result<(), RowsFailed> {
        self.storage.delete_key_package(&package_ref(&note.name)?)?;
        self.storage.0.delete(&note_key(id));
        Ok(())
    }

    /// Drops the single key package whose private keys a welcome has taken.
    pub(crate) fn drop_used_key_package(&self, name: &KeyPackageRef) -> Result<(), ChatError> {
        let id = id_of(name.as_slice());
        if let Some(note) = self.storage.get::<Note>(&note_key(id))?
            && !note.last_resort
        {
            self.drop_note(id, &note)?;
        }
        Ok(())
    }
}

impl Note {
    fn into_key_package(self, id: Hash) -> KeyPackage {
        let Self { bytes, suite, last_resort, not_after, .. } = self;
        KeyPackage { id, bytes, suite, last_resort, not_after }
    }
}

fn id_of(name: &[u8]) -> Hash {
    Hash(Sha256::digest(name).into())
}

fn note_key(id: Hash) -> Vec<u8> {
    [&[NOTE], id.0.as_slice()].concat()
}

/// OpenMLS makes references only from key packages and from their wire form.
fn package_ref(name: &[u8]) -> Result<KeyPackageRef, RowsFailed> {
    let wire = [&[u8::try_from(name.len()).map_err(|_| RowsFailed)?], name].concat();
    KeyPackageRef::tls_deserialize_exact(wire).map_err(|_| RowsFailed)
}

/// What a leaf of ours can do.
pub(crate) fn capabilities() -> Capabilities {
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&Suite::ALL.map(Suite::mls)),
        Some(&[ExtensionType::LastResort, ExtensionType::Unknown(SETTINGS)]),
        None,
        Some(&[CredentialType::Basic]),
    )
}

/// OpenMLS compares lifetimes with the system's clock whenever a commit is read, also one that is read late: a member
/// who was away for a month could never follow. What counts is the time in the certificate, by the caller's clock.
pub(crate) fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}
