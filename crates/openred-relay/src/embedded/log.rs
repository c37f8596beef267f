//! The tail of the log: where records are appended, and when they are on disk.
//!
//! A segment is written in advance with zeros, so that a flush has no length of a file to bring to disk. It is cut to what
//! counts before the next begins. Must not know: what records do.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::disk::Disk;

/// How far ahead of the records a segment is written, bytes; a small segment no further than its length.
const AHEAD_MAX: u32 = 1 << 20;
const AHEAD_MIN: u32 = 4 << 10;

/// What was written last stays in memory, for owners who are here; the rest is left to the disk, in steps.
const IN_MEMORY: u64 = 64 << 20;
const FORGET: u64 = 4 << 20;

/// Name of a segment's file.
pub(super) fn name(segment: u32) -> String {
    format!("{segment:010}.log")
}

/// The number in the name of a segment's file.
pub(super) fn number(name: &str) -> Option<u32> {
    name.strip_suffix(".log").filter(|digits| digits.len() == 10)?.parse().ok()
}

/// The segment that is being written.
pub(super) struct Log {
    disk: Disk,
    segment: u32,
    /// How far ahead this one is written, bytes.
    ahead: u64,
    file: Arc<File>,
    /// Everything before is on disk.
    end: u64,
    /// Everything before was written once.
    written: u64,
    /// Everything before was left to the disk.
    forgotten: u64,
    /// The segment before, and where what is left to do of the same begins.
    before: Option<(Arc<File>, u64)>,
    /// A write or a flush failed: what stands behind `end` is not known.
    torn: bool,
}

impl Log {
    /// Begins `segment`, of some `segment_bytes`.
    pub(super) fn begin(disk: Disk, segment: u32, segment_bytes: u32) -> io::Result<Self> {
        let file = begin(&disk, segment)?;
        let ahead = segment_bytes.clamp(AHEAD_MIN, AHEAD_MAX).into();
        let before = None;
        Ok(Self { disk, segment, ahead, file, end: 0, written: 0, forgotten: 0, before, torn: false })
    }

    /// Its number.
    pub(super) fn segment(&self) -> u32 {
        self.segment
    }

    /// Its file.
    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Where the next record will stand.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether the end is known. Otherwise [`next_segment`](Self::next_segment) comes first.
    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    /// Appends `records` and returns when they are on disk; they are as before then.
    pub(super) fn append(&mut self, records: &mut Vec<u8>) -> io::Result<()> {
        let len = records.len();
        let end = self.end + len as u64;
        if end > self.written {
            let upto = (end + self.ahead) / self.ahead * self.ahead;
            records.resize((upto - self.end) as usize, 0);
        }
        self.torn = true;
        self.disk.write_at(&self.file, records, self.end)?;
        self.disk.sync(&self.file)?;
        self.torn = false;
        self.written = self.written.max(self.end + records.len() as u64);
        self.end = end;
        records.truncate(len);
        self.forget();
        Ok(())
    }

    /// Leaves what is not new any more to the disk alone.
    fn forget(&mut self) {
        if self.end < self.forgotten + IN_MEMORY + FORGET {
            return;
        }
        if let Some((file, from)) = self.before.take() {
            self.disk.forget(&file, from..i64::MAX as u64);
        }
        let upto = self.end - IN_MEMORY;
        self.disk.forget(&self.file, self.forgotten..upto);
        self.forgotten = upto;
    }

    /// Ends this segment where its records end, and begins the next. Until it has succeeded nothing can be appended after a
    /// failure: what failed must be gone for good first.
    pub(super) fn next_segment(&mut self) -> io::Result<()> {
        self.torn = true;
        self.seal()?;
        let segment = self.segment + 1;
        let ended = std::mem::replace(&mut self.file, begin(&self.disk, segment)?);
        self.before = Some((ended, self.forgotten));
        (self.segment, self.end, self.written, self.forgotten, self.torn) = (segment, 0, 0, 0, false);
        Ok(())
    }

    /// Cuts the segment to its records.
    pub(super) fn seal(&self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.disk.sync_all(&self.file)
    }
}

fn begin(disk: &Disk, segment: u32) -> io::Result<Arc<File>> {
    let file = disk.create(&name(segment))?;
    disk.sync_folder()?;
    Ok(Arc::new(file))
}
