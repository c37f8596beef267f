//! A file of rows in the order of their keys, never changed once it has its name.
//!
//! `block…  ‖ fences ‖ filter ‖ footer`: a block is 4,096 bytes, 92 rows of 44 and a CRC-32; fences are the first 8 bytes of
//! the first key of each block; the footer of 48 bytes holds the counts and the CRC-32 of fences and filter, and its own.
//!
//! Must not know: what rows are for, when they are old.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::filter::Filter;
use super::{Key, Row};
use crate::embedded::disk::Disk;
use crate::embedded::record::Bytes;

const ROW: usize = 44;
const BLOCK: usize = 4_096;
const ROWS_PER_BLOCK: usize = BLOCK / ROW - 1;
const FOOTER: usize = 48;
const MAGIC: &[u8; 8] = b"ORIDS\0\0\x01";

/// One run, open. It covers the checkpoints `first..=last`; where two have a key, the one with the larger `last` counts.
pub(in crate::embedded) struct Run {
    first: u32,
    last: u32,
    file: File,
    rows: u64,
    newest: u32,
    fences: Vec<u64>,
    filter: Option<Filter>,
}

/// Name of the run of these checkpoints.
pub(super) fn name(first: u32, last: u32) -> String {
    format!("{first:010}-{last:010}.ids")
}

/// The checkpoints in a run's name.
pub(in crate::embedded) fn from_name(name: &str) -> Option<(u32, u32)> {
    let (first, last) = name.strip_suffix(".ids")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

impl Run {
    /// Opens the run of these checkpoints; with its filter while `filter_bytes` last.
    pub(in crate::embedded) fn open(
        disk: &Disk,
        first: u32,
        last: u32,
        filter_bytes: &mut usize,
    ) -> io::Result<Self> {
        let file = disk.open(&name(first, last))?;
        let len = file.metadata()?.len();
        let footer_at = len.checked_sub(FOOTER as u64).ok_or_else(damaged)?;
        let mut footer = [0; FOOTER];
        file.read_exact_at(&mut footer, footer_at)?;
        let footer = Footer::read(&footer).ok_or_else(damaged)?;
        let blocks = footer.rows.div_ceil(ROWS_PER_BLOCK as u64);
        let fences_at = blocks * BLOCK as u64;
        if fences_at + blocks * 8 + footer.filter_len != footer_at {
            return Err(damaged());
        }
        let mut tables = vec![0; (footer_at - fences_at) as usize];
        file.read_exact_at(&mut tables, fences_at)?;
        if crc32fast::hash(&tables) != footer.tables_crc {
            return Err(damaged());
        }
        let filter = tables.split_off(blocks as usize * 8);
        let fences = tables.as_chunks::<8>().0.iter().map(|head| u64::from_be_bytes(*head)).collect();
        let filter = match filter_bytes.checked_sub(filter.len()) {
            Some(left) => {
                *filter_bytes = left;
                Filter::from_bytes(filter)
            }
            None => None,
        };
        Ok(Self { first, last, file, rows: footer.rows, newest: footer.newest, fences, filter })
    }

    /// The checkpoints that it covers.
    pub(in crate::embedded) fn span(&self) -> (u32, u32) {
        (self.first, self.last)
    }

    /// Rows in it.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// When its youngest row came, unix seconds.
    pub(in crate::embedded) fn newest(&self) -> u32 {
        self.newest
    }

    /// The row of `key`.
    pub(super) fn get(&self, key: &Key) -> io::Result<Option<Row>> {
        if self.filter.as_ref().is_some_and(|filter| !filter.may_hold(key)) {
            return Ok(None);
        }
        let mut head = [0; 8];
        head.copy_from_slice(&key[..8]);
        let head = u64::from_be_bytes(head);
        // Keys with this head begin in the last block whose fence is below it, and end before the first above it.
        let begin = self.fences.partition_point(|fence| *fence < head).saturating_sub(1);
        let end = self.fences.partition_point(|fence| *fence <= head);
        for block in begin..end {
            let rows = self.block(block)?;
            if let Ok(at) = rows.binary_search_by(|(held, _)| held.cmp(key)) {
                return Ok(Some(rows[at].1));
            }
        }
        Ok(None)
    }

    /// The rows of one block, in order.
    pub(super) fn block(&self, number: usize) -> io::Result<Vec<(Key, Row)>> {
        let mut block = [0; BLOCK];
        self.file.read_exact_at(&mut block, (number * BLOCK) as u64)?;
        let before = number * ROWS_PER_BLOCK;
        let count = (self.rows as usize).saturating_sub(before).min(ROWS_PER_BLOCK);
        let (rows, crc) = block.split_at(BLOCK - 4);
        if crc32fast::hash(rows) != u32::from_be_bytes([crc[0], crc[1], crc[2], crc[3]]) {
            return Err(damaged());
        }
        rows.chunks_exact(ROW).take(count).map(|row| read_row(row).ok_or_else(damaged)).collect()
    }

    /// Blocks in it.
    pub(super) fn blocks(&self) -> usize {
        self.fences.len()
    }
}

/// Writes a run: rows come in order.
pub(super) struct Writer<'a> {
    disk: &'a Disk,
    name: String,
    file: File,
    at: u64,
    block: Vec<u8>,
    waiting: Vec<u8>,
    fences: Vec<u8>,
    filter: Filter,
    rows: u64,
    newest: u32,
}

impl<'a> Writer<'a> {
    /// Of at most `rows_max` rows of these checkpoints.
    pub(super) fn begin(disk: &'a Disk, first: u32, last: u32, rows_max: usize) -> io::Result<Self> {
        Ok(Self {
            disk,
            name: name(first, last),
            file: disk.create("ids.tmp")?,
            at: 0,
            block: Vec::with_capacity(BLOCK),
            waiting: Vec::new(),
            fences: Vec::new(),
            filter: Filter::for_keys(rows_max),
            rows: 0,
            newest: 0,
        })
    }

    pub(super) fn push(&mut self, key: &Key, row: &Row) -> io::Result<()> {
        if self.block.is_empty() {
            self.fences.extend_from_slice(&key[..8]);
        }
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(&row.seq.to_be_bytes());
        self.block.extend_from_slice(&row.received.to_be_bytes());
        self.block.extend_from_slice(&row.digest);
        self.filter.insert(key);
        self.rows += 1;
        self.newest = self.newest.max(row.received);
        if self.block.len() == ROWS_PER_BLOCK * ROW { self.end_block() } else { Ok(()) }
    }

    /// The file has its name and is on disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        let tables = [&self.fences, self.filter.as_bytes()].concat();
        let footer = Footer {
            rows: self.rows,
            newest: self.newest,
            filter_len: self.filter.as_bytes().len() as u64,
            tables_crc: crc32fast::hash(&tables),
        };
        self.waiting.extend_from_slice(&tables);
        self.waiting.extend_from_slice(&footer.to_bytes());
        self.flush()?;
        self.disk.sync_all(&self.file)?;
        self.disk.rename("ids.tmp", &self.name)?;
        self.disk.sync_folder()
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.block.resize(BLOCK - 4, 0);
        let crc = crc32fast::hash(&self.block);
        self.waiting.extend_from_slice(&self.block);
        self.waiting.extend_from_slice(&crc.to_be_bytes());
        self.block.clear();
        if self.waiting.len() >= 1 << 20 { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.disk.write_at(&self.file, &self.waiting, self.at)?;
        self.at += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

struct Footer {
    rows: u64,
    newest: u32,
    filter_len: u64,
    tables_crc: u32,
}

impl Footer {
    fn to_bytes(&self) -> [u8; FOOTER] {
        let mut bytes = [0; FOOTER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.rows.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.newest.to_be_bytes());
        bytes[20..28].copy_from_slice(&self.filter_len.to_be_bytes());
        bytes[28..32].copy_from_slice(&self.tables_crc.to_be_bytes());
        let crc = crc32fast::hash(&bytes[..FOOTER - 4]);
        bytes[FOOTER - 4..].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8; FOOTER]) -> Option<Self> {
        let (body, crc) = bytes.split_at(FOOTER - 4);
        if crc32fast::hash(body).to_be_bytes() != *crc || !body.starts_with(MAGIC) {
            return None;
        }
        let mut from = Bytes(&body[8..]);
        Some(Self {
            rows: from.u64()?,
            newest: from.u32()?,
            filter_len: from.u64()?,
            tables_crc: from.u32()?,
        })
    }
}

fn read_row(bytes: &[u8]) -> Option<(Key, Row)> {
    let mut from = Bytes(bytes);
    Some((from.array()?, Row { seq: from.u64()?, received: from.u32()?, digest: from.array()? }))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a file of deposit ids is damaged")
}
