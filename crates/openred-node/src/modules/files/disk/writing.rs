//! A file on its way to the disk, by the owner as plain bytes or by another node as ciphertext. What is there says how
//! far it came: after a crash it goes on behind the last chunk that opens.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use openred_core::ids::{Hash, Id16};
use sha2::{Digest as _, Sha256};

use super::{
    Folder, Reading,
    chunks::{self, Cipher, SEALED},
};

/// Bytes of pieces that may wait to be brought to the disk together.
const LOOSE_MAX: usize = 16 << 20;

/// Why bytes were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk. Nothing before these bytes is lost.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// More bytes than the file was said to have.
    #[error("more bytes than the file was said to have")]
    TooLong,
    /// Ciphertext that the key of the file does not open at its place.
    #[error("the bytes do not open with the key of the file")]
    Altered,
}

/// A file on its way.
pub struct Writing {
    file: File,
    cipher: Cipher,
    size: u64,
    /// Chunks that are written.
    done: u64,
    /// Bytes of a chunk that is not whole.
    rest: Vec<u8>,
    hash: Sha256,
    /// Bytes that were written and not brought to the disk.
    loose: usize,
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing").field("size", &self.size).field("done", &self.done).finish_non_exhaustive()
    }
}

impl Writing {
    /// Begins a file of `size` plain bytes, or goes on with what is at `path`: chunks are read and opened from the
    /// first on, and what does not open is cut off.
    ///
    /// # Errors
    /// Of the disk.
    pub fn open(path: &Path, key: &[u8; 32], size: u64) -> io::Result<Self> {
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let (cipher, rest, hash) = (Cipher::new(key), Vec::new(), Sha256::new());
        let mut writing = Self { file, cipher, size, done: 0, rest, hash, loose: 0 };
        writing.go_on()?;
        Ok(writing)
    }

    /// Plain bytes that are written, in whole chunks.
    pub fn offset(&self) -> u64 {
        (self.done * chunks::CHUNK as u64).min(self.size)
    }

    /// Bytes of ciphertext that are written, in whole chunks.
    pub fn sealed_offset(&self) -> u64 {
        (self.done * SEALED as u64).min(chunks::sealed_len(self.size))
    }

    /// The same, once so many bytes that follow are written.
    pub fn sealed_offset_after(&self, more: u64) -> u64 {
        let (upto, whole) = (self.sealed_offset() + more, chunks::sealed_len(self.size));
        if upto < whole { upto - upto % SEALED as u64 } else { whole }
    }

    /// Whether all chunks are written.
    pub fn is_whole(&self) -> bool {
        self.done == chunks::count(self.size)
    }

    /// Takes plain bytes that follow.
    ///
    /// # Errors
    /// [`WriteError::TooLong`], of which nothing is taken; [`WriteError::Disk`]. What was written before stays.
    pub fn append(&mut self, mut plain: &[u8]) -> Result<(), WriteError> {
        if (self.rest.len() + plain.len()) as u64 > self.size - self.offset() {
            return Err(WriteError::TooLong);
        }
        while !plain.is_empty() {
            let wanted = self.wanted().ok_or(WriteError::TooLong)?;
            let taken = plain.len().min(wanted - self.rest.len());
            self.rest.extend_from_slice(&plain[..taken]);
            plain = &plain[taken..];
            if self.rest.len() == wanted {
                let chunk = std::mem::take(&mut self.rest);
                let sealed = self.cipher.seal(self.size, self.done, &chunk).ok_or(WriteError::TooLong)?;
                self.put(&sealed)?;
            }
        }
        Ok(())
    }

    /// Takes ciphertext that follows, by whole chunks: what fills none at the end is to be sent again.
    ///
    /// # Errors
    /// Also [`WriteError::Altered`]: ask for it again from [`sealed_offset`](Self::sealed_offset).
    pub fn append_sealed(&mut self, mut sealed: &[u8]) -> Result<(), WriteError> {
        while !sealed.is_empty() {
            let wanted = self.wanted().ok_or(WriteError::TooLong)? + (SEALED - chunks::CHUNK);
            let Some((chunk, others)) = sealed.split_at_checked(wanted) else { break };
            self.cipher.open(self.size, self.done, chunk).ok_or(WriteError::Altered)?;
            self.put(chunk)?;
            sealed = others;
        }
        Ok(())
    }

    /// Brings what is written to the disk, and forgets what fills no chunk: it is to be sent again.
    ///
    /// # Errors
    /// Of the disk: how far the file came is not known until it is opened again.
    pub fn settle(&mut self) -> io::Result<()> {
        self.rest.clear();
        // The chunk of an empty file has no byte that could bring it.
        if self.size == 0 && self.done == 0 {
            let sealed = self.cipher.seal(0, 0, &[]).unwrap_or_default();
            self.put(&sealed)?;
        }
        self.file.sync_data()?;
        self.loose = 0;
        Ok(())
    }

    /// The same between pieces that can be had again: brings them to the disk when they are many or the whole is there.
    /// What a crash takes of them is seen when the file is opened again, and asked for again.
    ///
    /// # Errors
    /// As [`settle`](Self::settle).
    pub fn settle_many(&mut self) -> io::Result<()> {
        if self.is_whole() || self.loose >= LOOSE_MAX || self.size == 0 {
            return self.settle();
        }
        Ok(())
    }

    /// SHA-256 of the ciphertext so far; of a whole file, what names it.
    pub fn hash(&self) -> Hash {
        Hash(self.hash.clone().finalize().into())
    }

    /// Plain bytes of the next chunk; none when there is no next.
    fn wanted(&self) -> Option<usize> {
        (!self.is_whole()).then(|| chunks::plain_len(self.size, self.done))
    }

    fn put(&mut self, sealed: &[u8]) -> io::Result<()> {
        let at = self.done * SEALED as u64;
        if let Err(error) = self.file.write_all_at(sealed, at) {
            // A piece of a chunk is none.
            let _ = self.file.set_len(at);
            return Err(error);
        }
        self.hash.update(sealed);
        self.done += 1;
        self.loose += sealed.len();
        Ok(())
    }

    fn go_on(&mut self) -> io::Result<()> {
        let mut chunk = vec![0; SEALED];
        while !self.is_whole() {
            let length = chunks::plain_len(self.size, self.done) + (SEALED - chunks::CHUNK);
            match self.file.read_exact(&mut chunk[..length]) {
                Ok(()) if self.cipher.open(self.size, self.done, &chunk[..length]).is_some() => {
                    self.hash.update(&chunk[..length]);
                    self.done += 1;
                }
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        self.file.set_len(self.sealed_offset())
    }
}

/// Seals what a part holds anew, from its first key under its second, by way of a spare part. A part that opens with the
/// second already stays as it is.
///
/// # Errors
/// Of the disk; the part is as it was then.
pub fn seal_anew(
    folder: &Folder,
    (part, spare): (&Id16, &Id16),
    (before, after): (&[u8; 32], &[u8; 32]),
    size: u64,
) -> io::Result<()> {
    let (part, spare) = (folder.part(part), folder.part(spare));
    if !part.exists() || plain_of(&Reading::open(&part, after, size)?, 0)?.is_some() {
        return Ok(());
    }
    let held = Reading::open(&part, before, size)?;
    let mut writing = Writing::open(&spare, after, size)?;
    while !writing.is_whole() {
        let Some(plain) = plain_of(&held, writing.offset())? else { break };
        writing.append(&plain).map_err(|error| match error {
            WriteError::Disk(error) => error,
            other => io::Error::other(other),
        })?;
    }
    writing.settle()?;
    fs::rename(&spare, &part)?;
    folder.sync()
}

/// A chunk of a part; none where none opens.
fn plain_of(part: &Reading, offset: u64) -> io::Result<Option<Vec<u8>>> {
    match part.plain(offset) {
        Ok(plain) => Ok(Some(plain).filter(|plain| !plain.is_empty())),
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::files::disk::CHUNK;

    const KEY: [u8; 32] = [3; 32];

    fn letter(size: usize) -> Vec<u8> {
        (0..size).map(|at| (at * 31 % 251) as u8).collect()
    }

    #[test]
    fn a_file_goes_on_where_its_last_whole_chunk_ends() {
        let folder = tempfile::tempdir().unwrap();
        let (path, plain) = (folder.path().join("a.part"), letter(3 * CHUNK + 100));
        let mut writing = Writing::open(&path, &KEY, plain.len() as u64).unwrap();
        writing.append(&plain[..CHUNK + 7]).unwrap();
        writing.settle().unwrap();
        assert_eq!(writing.offset(), CHUNK as u64, "seven bytes fill no chunk");
        writing.append(&plain[CHUNK..2 * CHUNK + 9]).unwrap();
        drop(writing);
        // A torn write: the beginning of a chunk.
        let torn = File::options().append(true).open(&path).unwrap();
        torn.write_all_at(&[9; 1000], 2 * SEALED as u64).unwrap();
        let mut writing = Writing::open(&path, &KEY, plain.len() as u64).unwrap();
        assert_eq!(writing.offset(), 2 * CHUNK as u64);
        writing.append(&plain[2 * CHUNK..]).unwrap();
        writing.settle().unwrap();
        assert!(writing.is_whole());
        assert!(matches!(writing.append(b"x"), Err(WriteError::TooLong)));
        let bytes = fs::read(&path).unwrap();
        assert_eq!(Hash::of(&[&bytes]), writing.hash(), "the hash counts what was there before");
        assert_eq!(bytes.len() as u64, chunks::sealed_len(plain.len() as u64));
        assert!(!bytes.windows(64).any(|window| window == &plain[..64]), "nothing lies open");
        let reading = Reading::open(&path, &KEY, plain.len() as u64).unwrap();
        assert_eq!(reading.whole().unwrap(), plain);
    }

    #[test]
    fn ciphertext_is_looked_at_before_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let plain = letter(2 * CHUNK + 5);
        let (there, here) = (folder.path().join("there"), folder.path().join("here"));
        let mut writing = Writing::open(&there, &KEY, plain.len() as u64).unwrap();
        writing.append(&plain).unwrap();
        writing.settle().unwrap();
        let sealed = fs::read(&there).unwrap();
        let mut copy = Writing::open(&here, &KEY, plain.len() as u64).unwrap();
        let mut altered = sealed.clone();
        altered[SEALED + 40] ^= 1;
        assert!(matches!(copy.append_sealed(&altered), Err(WriteError::Altered)));
        assert_eq!(copy.sealed_offset(), SEALED as u64, "what came before the altered chunk counts");
        copy.settle().unwrap();
        copy.append_sealed(&sealed[SEALED..]).unwrap();
        copy.settle().unwrap();
        assert!(copy.is_whole());
        assert_eq!((copy.hash(), fs::read(&here).unwrap()), (writing.hash(), sealed));
    }

    #[test]
    fn a_part_is_sealed_anew_once_and_loses_nothing() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path().to_path_buf());
        let (part, spare, next) = (Id16([1; 16]), Id16([2; 16]), [4; 32]);
        let plain = letter(3 * CHUNK + 100);
        let size = plain.len() as u64;
        let anew = || seal_anew(&folder, (&part, &spare), (&KEY, &next), size).unwrap();
        anew();
        assert!(!folder.part(&part).exists(), "of nothing, nothing");
        let mut writing = Writing::open(&folder.part(&part), &KEY, size).unwrap();
        writing.append(&plain[..2 * CHUNK]).unwrap();
        drop(writing);
        // A torn write behind what opens.
        let torn = File::options().append(true).open(folder.part(&part)).unwrap();
        torn.write_all_at(&[9; 1000], 2 * SEALED as u64).unwrap();
        let before = fs::read(folder.part(&part)).unwrap();
        anew();
        let sealed = fs::read(folder.part(&part)).unwrap();
        assert!(sealed.len() == 2 * SEALED && sealed[..SEALED] != before[..SEALED]);
        // As after a crash before the row says so.
        anew();
        assert_eq!(fs::read(folder.part(&part)).unwrap(), sealed);
        let mut writing = Writing::open(&folder.part(&part), &next, size).unwrap();
        assert_eq!(writing.offset(), 2 * CHUNK as u64);
        writing.append(&plain[2 * CHUNK..]).unwrap();
        writing.settle().unwrap();
        assert_eq!(Reading::open(&folder.part(&part), &next, size).unwrap().whole().unwrap(), plain);
        assert!(!folder.part(&spare).exists());
    }

    #[test]
    fn an_empty_file_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty");
        let mut writing = Writing::open(&path, &KEY, 0).unwrap();
        writing.settle().unwrap();
        assert!(writing.is_whole());
        assert!(matches!(writing.append(b"x"), Err(WriteError::TooLong)));
        let again = Writing::open(&path, &KEY, 0).unwrap();
        assert!(again.is_whole() && again.hash() == writing.hash());
        assert_eq!(Reading::open(&path, &KEY, 0).unwrap().whole().unwrap(), b"");
        let mut copy = Writing::open(&folder.path().join("copy"), &KEY, 0).unwrap();
        copy.append_sealed(&fs::read(&path).unwrap()).unwrap();
        assert!(copy.is_whole());
    }
}
