//! The folder of the files: `HASH` for whole ones, `ID.part` for those on their way. A crash may leave names that no row
//! knows; they are removed at the next start.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _},
    path::{Path, PathBuf},
};

use openred_core::ids::{Hash, Id16};

use super::chunks::{CHUNK, SEALED};

/// The folder; made, 0700, when the first file comes.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// At a path that need not exist.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where a file on its way is.
    pub fn part(&self, id: &Id16) -> PathBuf {
        self.0.join(part_name(id))
    }

    /// Where a whole file is.
    pub fn whole(&self, hash: &Hash) -> PathBuf {
        self.0.join(hash.to_string())
    }

    /// Plain bytes of a part that are on the disk, in whole chunks; 0 where there is none.
    pub fn part_offset(&self, id: &Id16) -> u64 {
        let bytes = fs::metadata(self.part(id)).map_or(0, |part| part.len());
        bytes / SEALED as u64 * CHUNK as u64
    }

    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// Of the disk.
    pub fn make(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// Gives a part that is whole and on disk the name of a whole file. The part keeps its own name too where the file
    /// system can do that, until [`drop_part`](Self::drop_part): so a row that never came to say *whole* loses nothing.
    ///
    /// # Errors
    /// Of the disk.
    pub fn keep(&self, id: &Id16, hash: &Hash) -> io::Result<()> {
        let (part, whole) = (self.part(id), self.whole(hash));
        match fs::hard_link(&part, &whole) {
            Ok(()) => {}
            // The same ciphertext is the same file.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => fs::rename(&part, &whole)?,
        }
        self.sync()
    }

    /// Brings names to the disk.
    ///
    /// # Errors
    /// Of the disk.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Removes a part, if it is there.
    pub fn drop_part(&self, id: &Id16) {
        let _ = fs::remove_file(self.part(id));
    }

    /// Removes a whole file, if it is there.
    pub fn drop_whole(&self, hash: &Hash) {
        let _ = fs::remove_file(self.whole(hash));
    }

    /// Removes what is neither one of these whole files nor one of these parts. How many that were.
    ///
    /// # Errors
    /// Of the disk.
    pub fn sweep(&self, whole: &BTreeSet<Hash>, parts: &BTreeSet<Id16>) -> io::Result<usize> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut known: BTreeSet<String> = whole.iter().map(ToString::to_string).collect();
        known.extend(parts.iter().map(part_name));
        let mut removed = 0;
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_str().is_none_or(|name| !known.contains(name)) {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// At most `length` bytes of the ciphertext of a whole file, from `offset` on.
    ///
    /// # Errors
    /// Of the disk; `NotFound` where the file is not.
    pub fn sealed(&self, hash: &Hash, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let file = File::open(self.whole(hash))?;
        let left = file.metadata()?.len().saturating_sub(offset);
        let mut bytes = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(length)];
        file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Bytes that are free on the disk; `None` where that cannot be known.
    pub fn free_bytes(&self) -> Option<u64> {
        let there =
            [Some(self.0.as_path()), self.0.parent()].into_iter().flatten().find(|path| path.exists());
        there.and_then(|path: &Path| rustix::fs::statvfs(path).ok()).map(|disk| disk.f_bavail * disk.f_frsize)
    }
}

fn part_name(id: &Id16) -> String {
    format!("{}.part", hex::encode(id.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_row_knows_is_removed_and_the_rest_stays() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path().join("files"));
        assert_eq!(folder.sweep(&BTreeSet::new(), &BTreeSet::new()).unwrap(), 0, "nothing is no error");
        folder.make().unwrap();
        let (whole, lost, part, old) = (Hash([1; 32]), Hash([2; 32]), Id16([3; 16]), Id16([4; 16]));
        for path in [folder.whole(&whole), folder.whole(&lost), folder.part(&part), folder.part(&old)] {
            fs::write(path, b"ciphertext").unwrap();
        }
        assert_eq!(folder.sweep(&BTreeSet::from([whole]), &BTreeSet::from([part])).unwrap(), 2);
        assert!(folder.whole(&whole).exists() && folder.part(&part).exists());
        assert_eq!(folder.sealed(&whole, 6, 100).unwrap(), b"text");
        assert_eq!(folder.sealed(&whole, 60, 100).unwrap(), b"");
        folder.keep(&part, &lost).unwrap();
        assert!(folder.whole(&lost).exists() && folder.part(&part).exists(), "until its row says so");
        folder.keep(&part, &lost).unwrap();
        folder.drop_part(&part);
        assert_eq!(folder.sealed(&lost, 0, 4).unwrap(), b"ciph");
    }
}
