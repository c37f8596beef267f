//! The sealed key file on disk: replaced as a whole, or not at all. It must not know what is in it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use openred_service::database::DbError;

use crate::{error::NodeError, keys::Keys};

/// Writes the bytes that the keeper sealed; on return they survive a power loss. A keeper in process has no file.
///
/// # Errors
/// A full disk is [`DbError::Full`]; the old file is untouched then.
pub async fn write(keys: &Keys, bytes: Vec<u8>) -> Result<(), NodeError> {
    let keys = keys.clone();
    let written = tokio::task::spawn_blocking(move || write_now(&keys, &bytes)).await;
    written.map_err(|e| NodeError::Internal(format!("writing the key file: {e}")))?
}

/// [`write()`] on a thread that may wait for the disk.
///
/// # Errors
/// Those of [`write()`].
pub fn write_now(keys: &Keys, bytes: &[u8]) -> Result<(), NodeError> {
    let Some(path) = keys.key_file() else { return Ok(()) };
    replace(path, bytes).map_err(|error| match error.kind() {
        io::ErrorKind::StorageFull => NodeError::Database(DbError::Full),
        _ => NodeError::Internal(format!("the key file cannot be written: {error}")),
    })
}

/// Temporary file of mode 0600, sync, rename, sync of the folder.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    #[cfg(unix)]
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_takes_the_place_of_the_old_one_and_is_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        replace(&path, b"first").unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
