//! What a disk holds after a power cut, worked out from what was done to it.
//!
//! A file's content is durable when the file was brought to disk, a name when its folder was. What was written since then
//! is lost, or of it any sectors survive, and of the changes of names the first ones: a journal of names is written in
//! order. A rename is durable with the folder of the new name.
//!
//! Must not know: what files are for.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::journal::{Entry, Event};

/// What becomes of that which was not brought to disk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    /// Nothing: the process was killed, and the power stays.
    Nothing,
    /// It is gone.
    All,
    /// Some sectors are there, in pieces of 512 or 4,096 bytes, and some names: the seed says which.
    Torn(u64),
}

/// A folder as its process sees it, and as it would be after a power cut.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    folder: PathBuf,
    files: Vec<File>,
    /// Which of the files an inode is: the last made with this number.
    inodes: BTreeMap<u64, usize>,
    seen: Names,
    durable: Names,
    waiting: Vec<NameChange>,
}

type Names = BTreeMap<PathBuf, Node>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    File(usize),
    Folder,
}

#[derive(Debug, Default)]
struct File {
    seen: Vec<u8>,
    durable: Vec<u8>,
    waiting: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { at: usize, len: usize, data: Vec<u8> },
    Truncate(usize),
    Grow(usize),
}

#[derive(Debug)]
enum NameChange {
    Add(PathBuf, Node),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl Disk {
    /// A folder as it lies there, all of it durable.
    pub(crate) fn of(folder: &Path) -> Self {
        let mut disk = Self { folder: folder.to_owned(), ..Self::default() };
        for (path, content) in walk(folder) {
            let Some(content) = content else {
                disk.seen.insert(path, Node::Folder);
                continue;
            };
            let inode = fs::metadata(&path).unwrap().ino();
            disk.seen.insert(path, Node::File(disk.files.len()));
            disk.inodes.insert(inode, disk.files.len());
            disk.files.push(File { seen: content.clone(), durable: content, waiting: Vec::new() });
        }
        disk.durable = disk.seen.clone();
        disk
    }

    /// Does again what a process did.
    pub(crate) fn replay(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.apply(&entry.event);
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Create { path, inode } => {
                self.inodes.insert(*inode, self.files.len());
                self.name(NameChange::Add(path.clone(), Node::File(self.files.len())));
                self.files.push(File::default());
            }
            Event::MakeFolder { path } => self.name(NameChange::Add(path.clone(), Node::Folder)),
            Event::Rename { from, to } => self.name(NameChange::Rename(from.clone(), to.clone())),
            Event::Unlink { path } | Event::RemoveFolder { path } => {
                self.name(NameChange::Remove(path.clone()))
            }
            Event::Write { inode, at, len, data } => {
                self.change(*inode, Change::Write { at: *at, len: *len, data: data.clone() });
            }
            Event::Truncate { inode, len } => self.change(*inode, Change::Truncate(*len)),
            Event::Grow { inode, len } => self.change(*inode, Change::Grow(*len)),
            Event::Sync { path, inode } => self.sync(path, *inode),
            Event::SyncFailed { inode } => {
                if let Some(file) = self.inodes.get(inode) {
                    self.files[*file].waiting.clear();
                }
            }
            Event::Fault => {}
        }
    }

    fn name(&mut self, change: NameChange) {
        change.apply(&mut self.seen);
        self.waiting.push(change);
    }

    fn change(&mut self, inode: u64, change: Change) {
        let file = &mut self.files[self.inodes[&inode]];
        change.apply(&mut file.seen);
        file.waiting.push(change);
    }

    fn sync(&mut self, path: &Path, inode: u64) {
        if path == self.folder || self.seen.get(path) == Some(&Node::Folder) {
            let (now, later) =
                std::mem::take(&mut self.waiting).into_iter().partition(|change| change.is_in(path));
            self.waiting = later;
            let now: Vec<NameChange> = now;
            now.iter().for_each(|change| change.apply(&mut self.durable));
        } else {
            let file = &mut self.files[self.inodes[&inode]];
            for change in file.waiting.drain(..) {
                change.apply(&mut file.durable);
            }
        }
    }

    /// Compares what was replayed with the folder as it lies there: every change must have been seen.
    pub(crate) fn must_be_as_seen(&self) {
        let there: BTreeMap<PathBuf, Option<Vec<u8>>> = walk(&self.folder).into_iter().collect();
        let names: Vec<_> = there.keys().collect();
        assert_eq!(names, self.seen.keys().collect::<Vec<_>>(), "names in the folder, and in the journal");
        for (path, content) in &there {
            let seen = match self.seen[path] {
                Node::File(file) => Some(&self.files[file].seen),
                Node::Folder => None,
            };
            assert!(content.as_ref() == seen, "{} is not what the journal says", path.display());
        }
    }

    /// Puts into the folder what a power cut leaves.
    pub(crate) fn settle(mut self, loss: Loss) {
        match loss {
            Loss::Nothing => return,
            Loss::All => {}
            Loss::Torn(seed) => self.tear(&mut Dice(seed)),
        }
        for entry in fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        for (path, node) in &self.durable {
            match node {
                Node::Folder => fs::create_dir_all(path).unwrap(),
                Node::File(file) if path.parent().is_some_and(Path::is_dir) => {
                    fs::write(path, &self.files[*file].durable).unwrap();
                }
                Node::File(_) => {}
            }
        }
    }

    fn tear(&mut self, dice: &mut Dice) {
        let kept = dice.below(self.waiting.len() as u64 + 1) as usize;
        self.waiting.iter().take(kept).for_each(|change| change.apply(&mut self.durable));
        for file in &mut self.files {
            let sector = [512, 4_096][dice.below(2) as usize];
            let of_eight = [1, 4, 7, 8][dice.below(4) as usize];
            for change in file.waiting.drain(..) {
                change.tear(&mut file.durable, sector, || dice.below(8) < of_eight);
            }
        }
    }
}

impl NameChange {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Add(path, node) => drop(names.insert(path.clone(), *node)),
            Self::Rename(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
            Self::Remove(path) => drop(names.remove(path)),
        }
    }

    fn is_in(&self, folder: &Path) -> bool {
        let (Self::Add(path, _) | Self::Rename(_, path) | Self::Remove(path)) = self;
        path.parent() == Some(folder)
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, len, data } => put(content, *at, *len, data),
            Self::Truncate(len) => content.resize(*len, 0),
            Self::Grow(len) => content.resize(content.len().max(*len), 0),
        }
    }

    /// Applies the sectors for which `survives` says so.
    fn tear(&self, content: &mut Vec<u8>, sector: usize, mut survives: impl FnMut() -> bool) {
        let Self::Write { at, len, data } = self else {
            if survives() {
                self.apply(content);
            }
            return;
        };
        let (mut from, end) = (*at, at + len);
        while from < end {
            let to = end.min((from / sector + 1) * sector);
            if survives() {
                let part = |place: usize| (place - at).min(data.len());
                put(content, from, to - from, &data[part(from)..part(to)]);
            }
            from = to;
        }
    }
}

/// Writes `data` and zeros up to `len`.
fn put(content: &mut Vec<u8>, at: usize, len: usize, data: &[u8]) {
    content.resize(content.len().max(at + len), 0);
    content[at..at + data.len()].copy_from_slice(data);
    content[at + data.len()..at + len].fill(0);
}

/// All below `folder` whose content matters: files with it, folders without.
fn walk(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.push((path.clone(), None));
            found.extend(walk(&path));
        } else if !path.to_string_lossy().ends_with("-shm") {
            let content = fs::read(&path).unwrap();
            found.push((path, Some(content)));
        }
    }
    found
}

/// Numbers that follow from a seed (SplitMix64).
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
