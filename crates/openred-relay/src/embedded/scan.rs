//! Reading a segment from some place on, record by record. Must not know: what records do.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::record::{self, MAX, Record};

const CHUNK: usize = 1 << 20;

/// A place in a segment.
pub(super) struct Scan<'a> {
    file: &'a File,
    segment: u32,
    /// Where the next record begins.
    offset: u64,
    /// Where the segment ends.
    end: u64,
    chunk: Vec<u8>,
    chunk_at: u64,
}

impl<'a> Scan<'a> {
    /// From `offset` to `end`, bytes.
    pub(super) fn new(file: &'a File, segment: u32, offset: u64, end: u64) -> Self {
        Self { file, segment, offset, end, chunk: Vec::new(), chunk_at: offset }
    }

    /// Where the next record begins: after `None`, where the valid ones end.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record and its place; `None` at the first bytes that are none.
    pub(super) fn next(&mut self) -> io::Result<Option<(u32, Record<'_>)>> {
        let longest = (self.end - self.offset).min(MAX as u64) as usize;
        if self.buffered() < longest {
            self.fill()?;
        }
        let from = (self.offset - self.chunk_at) as usize;
        let Some((record, len)) = record::read(self.segment, &self.chunk[from..]) else { return Ok(None) };
        let at = self.offset;
        self.offset += len as u64;
        Ok(u32::try_from(at).ok().map(|at| (at, record)))
    }

    fn buffered(&self) -> usize {
        self.chunk.len() - (self.offset - self.chunk_at) as usize
    }

    fn fill(&mut self) -> io::Result<()> {
        let len = (self.end - self.offset).min(CHUNK as u64) as usize;
        self.chunk.resize(len, 0);
        self.chunk_at = self.offset;
        self.file.read_exact_at(&mut self.chunk, self.offset)
    }
}
