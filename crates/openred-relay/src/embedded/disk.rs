//! The few calls by which the store touches its disk. Must not know: what the bytes mean.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::mailbox::Refusal;

/// The folder of a store. In tests of this crate its calls can be made to fail.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    #[cfg(test)]
    pub(super) faults: std::sync::Arc<super::tests::Faults>,
}

impl Disk {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            #[cfg(test)]
            faults: std::sync::Arc::default(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new file, readable by its owner alone; a file of that name is replaced.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        self.may_fail()?;
        let mut options = OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.read(true).write(true).create(true).truncate(true).open(self.folder.join(name))
    }

    /// A file that is there, to be read and cut.
    pub(super) fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.folder.join(name))
    }

    pub(super) fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        #[cfg(test)]
        if let Err(error) = self.faults.next() {
            let _torn = file.write_all_at(&bytes[..bytes.len() / 2], offset);
            return Err(error);
        }
        file.write_all_at(bytes, offset)
    }

    /// What was written to `file` is on disk.
    pub(super) fn sync(&self, file: &File) -> io::Result<()> {
        self.may_fail()?;
        file.sync_data()
    }

    /// The same after `file` was cut or made under another name.
    pub(super) fn sync_all(&self, file: &File) -> io::Result<()> {
        self.may_fail()?;
        file.sync_all()
    }

    /// What `file` holds in these bytes, all on disk, is not kept in memory by the system: the pages that it lay in are used
    /// again, which costs less than new ones (measured: a flush of 4 MiB in 4 ms instead of 16). No more than advice.
    pub(super) fn forget(&self, file: &File, bytes: std::ops::Range<u64>) {
        #[cfg(target_os = "linux")]
        if let Some(len) = std::num::NonZeroU64::new(bytes.end - bytes.start) {
            let advice = rustix::fs::Advice::DontNeed;
            let _it_may_stay = rustix::fs::fadvise(file, bytes.start, Some(len), advice);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (file, bytes);
    }

    /// What was made, renamed or removed in the folder is on disk.
    pub(super) fn sync_folder(&self) -> io::Result<()> {
        self.may_fail()?;
        File::open(&self.folder)?.sync_all()
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.may_fail()?;
        std::fs::rename(self.folder.join(from), self.folder.join(to))
    }

    /// The file `name` holds `bytes`, or what it held before; `tmp` is a name for the time between.
    pub(super) fn replace(&self, tmp: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.create(tmp)?;
        self.write_at(&file, bytes, 0)?;
        self.sync_all(&file)?;
        self.rename(tmp, name)?;
        self.sync_folder()
    }

    /// Removes a file that nobody needs; one that stays is removed at the next start.
    pub(super) fn remove(&self, name: &str) {
        if let Err(error) = std::fs::remove_file(self.folder.join(name))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "A file of the mail store cannot be removed.");
        }
    }

    /// Bytes that may still be written. What cannot be told is not an obstacle: then writing will fail.
    pub(super) fn free_bytes(&self) -> u64 {
        #[cfg(test)]
        if let Some(free) = self.faults.free_bytes() {
            return free;
        }
        rustix::fs::statvfs(&self.folder).map_or(u64::MAX, |fs| fs.f_bavail.saturating_mul(fs.f_frsize))
    }

    #[cfg(test)]
    fn may_fail(&self) -> io::Result<()> {
        self.faults.next()
    }

    #[cfg(not(test))]
    const fn may_fail(&self) -> io::Result<()> {
        Ok(())
    }
}

/// What a caller is told when the disk does not take something: `full` or `busy`. The cause is for the log.
pub(super) fn refusal(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Refusal::Full
        }
        _ => Refusal::Busy,
    }
}
