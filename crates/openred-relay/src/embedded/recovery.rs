//! From a folder to a store, at start: the snapshot, the log after it, and what is left of unfinished work removed.
//!
//! What was acknowledged is in front of the first bytes that are no record; only the last segment may have such bytes, and
//! is cut there. Writing goes on in a new segment, so that nothing that was cut can come back behind it.
//!
//! Must not know: threads, callers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openred_service::lifecycle::{FolderLock, FolderLockError};

use super::disk::Disk;
use super::ids::{self, Ids, Row};
use super::index::Index;
use super::log::{self, Log};
use super::record::Record;
use super::scan::Scan;
use super::snapshot;

const FORMAT_FILE: &str = "format";
const FORMAT: &str = "openred mail 1\n";

/// Why a store cannot be opened. The files are as they were.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it, or the folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderLockError),
    /// Written by a newer version, or not by this program: update the program, or choose another folder.
    #[error("{} holds something that this version does not know", folder.display())]
    Unknown {
        /// The folder.
        folder: PathBuf,
    },
    /// A file is damaged in a place that was written long ago: restore it.
    #[error("{} is damaged at byte {offset}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where what can be read ends.
        offset: u64,
    },
    /// The files cannot be read or written.
    #[error("cannot open the mail in {}: {cause}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// One file of the log.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) file: Arc<File>,
    /// Bytes of records.
    pub(super) bytes: u64,
}

/// What a folder held.
pub(super) struct Recovered {
    pub(super) lock: FolderLock,
    pub(super) index: Index,
    pub(super) ids: Ids,
    /// Sealed segments.
    pub(super) segments: BTreeMap<u32, Segment>,
    pub(super) log: Log,
    /// The segment from which the log would be read at the next start.
    pub(super) from: u32,
    /// Bytes of the log that were read.
    pub(super) replayed_bytes: u64,
}

/// Reads the folder of `disk`, or makes it. New segments have some `segment_bytes`.
pub(super) fn recover(disk: &Disk, segment_bytes: u32) -> Result<Recovered, OpenError> {
    let lock = FolderLock::acquire(disk.folder())?;
    let io = |cause| OpenError::Io { folder: disk.folder().to_owned(), cause };
    check_format(disk).map_err(io)?.ok_or_else(|| OpenError::Unknown { folder: disk.folder().to_owned() })?;
    let (mut index, from) = snapshot::read(disk).map_err(io)?;
    let files = names(disk.folder()).map_err(io)?;
    let spans = live_spans(&files);
    let mut ids = Ids::new(ids::open(disk, &spans).map_err(io)?);
    let numbers: Vec<u32> = {
        let mut numbers: Vec<u32> = files.iter().filter_map(|name| log::number(name)).collect();
        numbers.sort_unstable();
        numbers
    };
    let (mut segments, mut replayed_bytes) = (BTreeMap::new(), 0);
    for number in &numbers {
        let name = log::name(*number);
        let file = disk.open(&name).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let mut bytes = len;
        if *number >= from {
            bytes = replay(&file, *number, len, &mut index, &mut ids).map_err(io)?;
            if bytes < len {
                if Some(number) != numbers.last() {
                    return Err(OpenError::Damaged { file: disk.folder().join(name), offset: bytes });
                }
                file.set_len(bytes).and_then(|()| disk.sync_all(&file)).map_err(io)?;
            }
        }
        replayed_bytes += if *number >= from { bytes } else { 0 };
        segments.insert(*number, Segment { file: Arc::new(file), bytes });
    }
    if let Some(missing) = index.used_segments().find(|number| !segments.contains_key(number)) {
        return Err(OpenError::Damaged { file: disk.folder().join(log::name(missing)), offset: 0 });
    }
    let next = numbers.last().map_or(from, |last| (*last + 1).max(from));
    let log = Log::begin(disk.clone(), next, segment_bytes).map_err(io)?;
    sweep(disk, &spans).map_err(io)?;
    Ok(Recovered { lock, index, ids, segments, log, from, replayed_bytes })
}

/// `None`: something else wrote here. A folder without mail is made ours.
fn check_format(disk: &Disk) -> io::Result<Option<()>> {
    let path = disk.folder().join(FORMAT_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((text == FORMAT).then_some(())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            disk.replace("format.tmp", FORMAT_FILE, FORMAT.as_bytes()).map(Some)
        }
        Err(error) => Err(error),
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries: io::Result<Vec<_>> = std::fs::read_dir(folder)?.collect();
    Ok(entries?.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// The runs that count, the youngest first: a merged run is there before what it replaces is removed.
fn live_spans(files: &[String]) -> Vec<(u32, u32)> {
    let mut spans: Vec<(u32, u32)> = files.iter().filter_map(|name| ids::from_name(name)).collect();
    let all = spans.clone();
    spans.retain(|own| !all.iter().any(|other| other != own && other.0 <= own.0 && other.1 >= own.1));
    spans.sort_unstable_by(|a, b| b.cmp(a));
    spans
}

/// Applies a segment; where its records end.
fn replay(file: &File, number: u32, len: u64, index: &mut Index, ids: &mut Ids) -> io::Result<u64> {
    let mut scan = Scan::new(file, number, 0, len);
    while let Some((offset, record)) = scan.next()? {
        if let Record::Mail(mail) = &record
            && !mail.moved
            && let Some(mailbox) = index.mailbox(mail.no)
        {
            let received = u32::try_from(mail.received).unwrap_or(u32::MAX);
            let key = ids::key(&mailbox.queue.deposit_id, &mail.client_id);
            ids.insert(key, Row { seq: mail.seq, received, digest: mail.digest });
        }
        index.apply(&record, number, offset);
    }
    Ok(scan.offset())
}

/// Removes runs that are not among `spans`, and unfinished files.
pub(super) fn sweep(disk: &Disk, spans: &[(u32, u32)]) -> io::Result<()> {
    for name in names(disk.folder())? {
        let old_run = ids::from_name(&name).is_some_and(|span| !spans.contains(&span));
        if old_run || name.ends_with(".tmp") {
            disk.remove(&name);
        }
    }
    Ok(())
}
