//! One process per data folder. Knows a lock file; knows nothing of what else the folder holds.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "openred.lock";

/// The folder is ours until this value is dropped or the process ends, however it ends (flock).
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// Why the folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum FolderLockError {
    /// Another process uses it: stop that one, or choose another folder.
    #[error("{} is in use by {}", folder.display(), holder(*process))]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Process id of the other, when it could be read.
        process: Option<u32>,
    },
    /// The folder cannot be made or written.
    #[error("cannot use {}: {cause}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl FolderLock {
    /// Takes the folder, makes it (0700) when it does not exist, and leaves our process id for others to read.
    pub fn acquire(folder: &Path) -> Result<Self, FolderLockError> {
        let io = |cause| FolderLockError::Io { folder: folder.to_owned(), cause };
        make(folder).map_err(io)?;
        let path = folder.join(LOCK_FILE);
        let mut file = open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
                return Err(FolderLockError::Held { folder: folder.to_owned(), process });
            }
            Err(TryLockError::Error(cause)) => return Err(io(cause)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(io)?;
        Ok(Self { _file: file })
    }
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn holder(process: Option<u32>) -> String {
    process.map_or_else(|| "another process".to_owned(), |process| format!("process {process}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_the_folder_and_gets_it_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("ana/data");
        let ana = FolderLock::acquire(&folder).unwrap();
        let told = FolderLock::acquire(&folder).unwrap_err().to_string();
        assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
        drop(ana);
        FolderLock::acquire(&folder).unwrap();
    }
}
