//! The key file: slots around one master key, and a body sealed under it (DESIGN §4). Layout:
//! `magic[8] ‖ version:u8 ‖ length of slots:u16 ‖ slots ‖ nonce[12] ‖ AES-256-GCM-SIV(body)`; everything
//! before the nonce is additional data, so no byte can be changed unseen. It must not know where the file
//! lies: bytes in, bytes out.

mod body;
mod kdf;
mod slot;

use zeroize::Zeroizing;

pub(crate) use body::{AuditHead, Body};
pub use kdf::KdfCost;
pub(crate) use slot::{Slot, SlotKind};

use crate::seal::{self, MasterKey};

/// Largest key file that is read, bytes.
pub const MAX_KEY_FILE: usize = 128 * 1024;

const MAGIC: &[u8; 8] = b"ORkeys\x1a\n";
const VERSION: u8 = 1;
const MAX_SLOTS: usize = 8;
const PURPOSE: &str = "key-file";

/// Why a key file was not opened or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// No slot opens with this secret.
    #[error("the secret opens no slot")]
    WrongSecret,
    /// Not a key file, of a newer version, or changed since it was written.
    #[error("the key file is damaged or not one of ours")]
    Malformed,
    /// Eight slots are in use; remove one first.
    #[error("the key file has no room for another way to unlock")]
    Full,
    /// The system gave no memory or randomness.
    #[error("the system gave no memory or randomness")]
    Resources,
}

/// A parsed key file, still sealed.
#[derive(Debug, Clone)]
pub(crate) struct KeyFile {
    slots: Vec<Slot>,
    head: Vec<u8>,
    sealed: Vec<u8>,
}

impl KeyFile {
    /// Parses bounded: size, version, number and parameters of slots. Nothing is decrypted.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let malformed = KeyFileError::Malformed;
        let fixed = MAGIC.len() + 3;
        if bytes.len() > MAX_KEY_FILE || bytes.len() < fixed || &bytes[..8] != MAGIC || bytes[8] != VERSION {
            return Err(malformed);
        }
        let slots_len = usize::from(u16::from_be_bytes([bytes[9], bytes[10]]));
        let head_len = fixed + slots_len;
        let slots = bytes.get(fixed..head_len).ok_or(malformed)?;
        let (slots, rest) = postcard::take_from_bytes::<Vec<Slot>>(slots).map_err(|_| malformed)?;
        if !rest.is_empty() || slots.is_empty() || slots.len() > MAX_SLOTS {
            return Err(malformed);
        }
        if slots.iter().any(|slot| !slot.is_within_bounds()) {
            return Err(malformed);
        }
        Ok(Self { slots, head: bytes[..head_len].to_vec(), sealed: bytes[head_len..].to_vec() })
    }

    /// Opens a slot of `kind` with `secret`, then the body.
    ///
    /// A secret that opens its slot over a changed file is [`KeyFileError::Malformed`].
    pub(crate) fn open(&self, kind: SlotKind, secret: &[u8]) -> Result<(MasterKey, Body), KeyFileError> {
        for slot in self.slots.iter().filter(|slot| slot.kind() == kind) {
            if let Some(master) = slot.open(secret)? {
                let body = seal::open(&master, PURPOSE, &self.head, &self.sealed)
                    .and_then(|bytes| Body::decode(&bytes))
                    .ok_or(KeyFileError::Malformed)?;
                return Ok((master, body));
            }
        }
        Err(KeyFileError::WrongSecret)
    }

    /// The slots, for a file with one of them changed.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Seals a body under `master` into the bytes of a new key file, parsed as well.
    pub(crate) fn seal(
        slots: Vec<Slot>,
        master: &MasterKey,
        body: &Body,
    ) -> Result<(Self, Vec<u8>), KeyFileError> {
        if slots.len() > MAX_SLOTS {
            return Err(KeyFileError::Full);
        }
        let encoded = postcard::to_allocvec(&slots).map_err(|_| KeyFileError::Malformed)?;
        let length = u16::try_from(encoded.len()).map_err(|_| KeyFileError::Full)?;
        let mut head = MAGIC.to_vec();
        head.push(VERSION);
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&encoded);
        let plain: Zeroizing<Vec<u8>> = body.encode()?;
        let sealed = seal::seal(master, PURPOSE, &head, &plain).ok_or(KeyFileError::Resources)?;
        let bytes = [head.as_slice(), &sealed].concat();
        Ok((Self { slots, head, sealed }, bytes))
    }
}
