//! Looking for bytes in the memory and the files of a process.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Pieces to look for: half of a secret would be a finding too.
const PIECE: usize = 16;
/// Read at once, with an overlap so that nothing hides between two reads.
const BLOCK: usize = 1 << 20;

/// What to look for.
#[derive(Default)]
pub(crate) struct Needles {
    pieces: HashSet<[u8; PIECE]>,
    beginnings: Vec<bool>,
}

impl Needles {
    pub(crate) fn of(needle: &[u8]) -> Self {
        let mut needles = Self::default();
        needles.add(needle);
        needles
    }

    /// Adds a needle; what does not fill a last piece of 16 bytes is covered by one that overlaps.
    pub(crate) fn add(&mut self, needle: &[u8]) {
        assert!(needle.len() >= PIECE, "too short to be found by more than chance");
        self.beginnings.resize(1 << 16, false);
        let last = needle.len() - PIECE;
        for at in (0..last).step_by(PIECE).chain([last]) {
            let piece: [u8; PIECE] = needle[at..at + PIECE].try_into().unwrap();
            self.beginnings[beginning(&piece)] = true;
            self.pieces.insert(piece);
        }
    }

    /// Where the pieces stand in `bytes`.
    pub(crate) fn places<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let hits = bytes.windows(PIECE).enumerate();
        let begins = |(_, window): &(usize, &[u8])| self.beginnings[beginning(window)];
        hits.filter(begins).filter(|(_, window)| self.pieces.contains(*window)).map(|(at, _)| at)
    }

    /// How often they stand in the writable memory of a process.
    pub(crate) fn in_memory(&self, process: u32) -> usize {
        let mut found = 0;
        each_block(process, |bytes| found += self.places(bytes).count());
        found
    }

    /// How often they stand in a file, or in all files of a folder.
    pub(crate) fn in_files(&self, path: &Path) -> usize {
        if path.is_dir() {
            return std::fs::read_dir(path).unwrap().map(|entry| self.in_files(&entry.unwrap().path())).sum();
        }
        self.places(&std::fs::read(path).unwrap_or_default()).count()
    }
}

fn beginning(window: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([window[0], window[1]]))
}

/// Whether this user may look into a process at all; into a keeper only root may.
pub(crate) fn may_look_into(process: u32) -> bool {
    File::open(format!("/proc/{process}/mem")).is_ok()
}

/// Every readable and writable page of a process, block by block.
pub(crate) fn each_block(process: u32, mut look: impl FnMut(&[u8])) {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut read = 0;
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|p| p.starts_with("rw"))) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut at = from;
        while at < to {
            let length = BLOCK.min((to - at) as usize);
            let mut block = vec![0; length];
            // Pages that went away meanwhile, and those of devices, cannot be read.
            let length = memory.read_at(&mut block, at).unwrap_or(0);
            read += length;
            look(&block[..length]);
            at += if length == BLOCK { (BLOCK - PIECE) as u64 } else { BLOCK as u64 };
        }
    }
    assert!(read > 1 << 20, "only {read} bytes of memory could be read");
}

/// Whether bytes of any length stand in a file, or in a file of a folder.
pub(crate) fn stands_in(path: &Path, needle: &[u8]) -> bool {
    if path.is_dir() {
        return std::fs::read_dir(path).unwrap().any(|entry| stands_in(&entry.unwrap().path(), needle));
    }
    std::fs::read(path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}
