//! Reading what the preloaded library has written; its `journal.rs` has the form. Must not know: what survives.

use std::path::{Path, PathBuf};

/// What was done to the folder.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Create { path: PathBuf, inode: u64 },
    Write { inode: u64, at: usize, len: usize, data: Vec<u8> },
    Truncate { inode: u64, len: usize },
    Grow { inode: u64, len: usize },
    Sync { path: PathBuf, inode: u64 },
    SyncFailed { inode: u64 },
    Rename { from: PathBuf, to: PathBuf },
    Unlink { path: PathBuf },
    MakeFolder { path: PathBuf },
    RemoveFolder { path: PathBuf },
    Fault,
}

/// An event and the number of its operation, from 1.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) event: Event,
}

/// All whole records of the journal; none when no process has begun one.
pub(crate) fn read(path: &Path) -> Vec<Entry> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let (mut rest, mut found) = (bytes.as_slice(), Vec::new());
    while let Some((entry, after)) = entry(rest) {
        found.push(entry);
        rest = after;
    }
    found
}

fn entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<64>()?;
    let field = |n: usize| u64::from_le_bytes(head[8 * n..8 * n + 8].try_into().unwrap());
    let [kind, number, inode, at, len, data_len, path_len, second_len] = [0, 1, 2, 3, 4, 5, 6, 7].map(field);
    let (path, rest) = rest.split_at_checked(path_len as usize)?;
    let (second, rest) = rest.split_at_checked(second_len as usize)?;
    let (data, rest) = rest.split_at_checked(data_len as usize)?;
    let text = |bytes: &[u8]| PathBuf::from(String::from_utf8(bytes.to_vec()).unwrap());
    let (path, at, len) = (text(path), at as usize, len as usize);
    let event = match kind {
        1 => Event::Create { path, inode },
        2 => Event::Write { inode, at, len, data: data.to_vec() },
        3 => Event::Truncate { inode, len },
        4 => Event::Grow { inode, len: at + len },
        5 => Event::Sync { path, inode },
        6 => Event::SyncFailed { inode },
        7 => Event::Rename { from: path, to: text(second) },
        8 => Event::Unlink { path },
        9 => Event::MakeFolder { path },
        10 => Event::RemoveFolder { path },
        11 => Event::Fault,
        other => panic!("a record of kind {other}"),
    };
    Some((Entry { number, event }, rest))
}
