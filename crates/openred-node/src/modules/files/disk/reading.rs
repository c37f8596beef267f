//! A whole file, read: as plain bytes chunk by chunk, or as the ciphertext that it is.

use std::{fs::File, io, os::unix::fs::FileExt as _, path::Path};

use super::chunks::{self, CHUNK, Cipher, SEALED};

/// A whole file.
#[derive(Debug)]
pub struct Reading {
    file: File,
    cipher: Cipher,
    size: u64,
}

impl Reading {
    /// The file of `size` plain bytes at `path`.
    ///
    /// # Errors
    /// Of the disk; `NotFound` where it is not.
    pub fn open(path: &Path, key: &[u8; 32], size: u64) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, cipher: Cipher::new(key), size })
    }

    /// Plain bytes from `offset` on, to the end of the chunk it lies in; empty at the end of the file.
    ///
    /// # Errors
    /// Of the disk; `InvalidData` for a chunk that was altered.
    pub fn plain(&self, offset: u64) -> io::Result<Vec<u8>> {
        if offset >= self.size {
            return Ok(Vec::new());
        }
        let at = offset / CHUNK as u64;
        let length = chunks::plain_len(self.size, at) + (SEALED - CHUNK);
        let mut sealed = vec![0; length];
        self.file.read_exact_at(&mut sealed, at * SEALED as u64)?;
        let plain = self.cipher.open(self.size, at, &sealed);
        let mut plain = plain.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        plain.drain(..(offset - at * CHUNK as u64) as usize);
        Ok(plain)
    }

    /// All plain bytes: for files that are known to be small.
    ///
    /// # Errors
    /// As [`plain`](Self::plain).
    pub fn whole(&self) -> io::Result<Vec<u8>> {
        let mut all = Vec::with_capacity(self.size as usize);
        while (all.len() as u64) < self.size {
            all.extend(self.plain(all.len() as u64)?);
        }
        Ok(all)
    }
}
