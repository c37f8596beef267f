//! The key file, `directory.key` or `relay.key`: `[1, signing seed, log, incarnation, token seed]` in strict MessagePack, 0600.
//!
//! Must not know: how the keys are used.

use std::io;
use std::path::{Path, PathBuf};

use openred_core::call::ServerRole;
use openred_core::codec::{CodecError, Reader, Writer};
use openred_core::identity::IdentityLog;
use openred_core::ids::Id8;
use openred_core::sign::SigningKey;
use zeroize::Zeroizing;

use super::{Keys, file};

/// Why the identity of a service cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The folder or a file in it cannot be read or written; the path and the reason are in the text.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is damaged or not a key file: restore a backup. Without it the service is another one.
    #[error("{0} is damaged or not a key file; restore it from a backup")]
    Damaged(PathBuf),
    /// The configured name or URL does not fit a descriptor (PROTOCOL Annex A.1): change it.
    #[error("name or public_url do not fit a descriptor: {0}")]
    Shown(String),
}

impl KeyFileError {
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

fn path_in(data: &Path, role: ServerRole) -> PathBuf {
    data.join(format!("{}.key", role.name()))
}

/// The keys in `data`, `None` when there are none yet.
pub(super) fn read(data: &Path, role: ServerRole) -> Result<Option<Keys>, KeyFileError> {
    let path = path_in(data, role);
    let Some(bytes) = file::read(&path).map_err(|error| KeyFileError::file(&path, error))? else {
        return Ok(None);
    };
    match decode(&bytes) {
        Ok(keys) if keys.signing.public() == *keys.log.current_key() => Ok(Some(keys)),
        _ => Err(KeyFileError::Damaged(path)),
    }
}

/// Writes the keys, durably.
pub(super) fn write(data: &Path, role: ServerRole, keys: &Keys) -> Result<(), KeyFileError> {
    file::make_folder(data).map_err(|error| KeyFileError::file(data, error))?;
    let path = path_in(data, role);
    file::replace(&path, &encode(keys)).map_err(|error| KeyFileError::file(&path, error))
}

fn encode(keys: &Keys) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::new();
    writer.array(5).uint(1).bin(&*keys.signing.seed());
    keys.log.write(&mut writer);
    writer.bin(&keys.incarnation.0).bin(&keys.token_seed);
    Zeroizing::new(writer.into_vec())
}

fn decode(bytes: &[u8]) -> Result<Keys, CodecError> {
    let mut reader = Reader::new(bytes);
    reader.array_of(5)?;
    if reader.uint()? != 1 {
        return Err(CodecError::Type);
    }
    let seed = Zeroizing::new(reader.bin_of::<32>()?);
    let log = IdentityLog::read(&mut reader).map_err(|_| CodecError::Type)?;
    let incarnation = Id8(reader.bin_of()?);
    let token_seed = reader.bin_of()?;
    reader.end()?;
    Ok(Keys { signing: SigningKey::from_seed(*seed), log, incarnation, token_seed })
}
