//! The least that is durable: a file to which everything that waits is appended by one write and one fdatasync, and only
//! then answered. Must not know: who waits, and how they are told.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::thread;

use bytes::Bytes;
use tokio::sync::mpsc;

/// Bytes of one flush: as our relay.
const BATCH_BYTES: usize = 4 << 20;
/// Orders that wait.
const WAITING: usize = 4_096;
/// How far the file is written in advance, so that a flush has no length to bring to disk: as our relay.
const AHEAD: u64 = 1 << 20;

/// What is written, and what is done when it is on disk.
pub type Order = (Bytes, Box<dyn FnOnce() + Send>);

/// The file in `folder`.
pub fn file(folder: &Path) -> PathBuf {
    folder.join("group.log")
}

/// Starts the thread that writes to a new file in `folder`. It ends when nobody can give orders.
pub fn start(folder: &Path) -> Result<mpsc::Sender<Order>, String> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).open(file(folder));
    let file = file.map_err(|e| e.to_string())?;
    let (sender, orders) = mpsc::channel(WAITING);
    thread::spawn(move || run(&file, orders).expect("the disk takes what is written"));
    Ok(sender)
}

fn run(file: &File, mut orders: mpsc::Receiver<Order>) -> std::io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    let (mut bytes, mut done) = (Vec::new(), Vec::new());
    let (mut end, mut written) = (0, 0);
    while let Some(first) = orders.blocking_recv() {
        let mut next = Some(first);
        while let Some((more, then)) = next {
            bytes.extend_from_slice(&more);
            done.push(then);
            next = if bytes.len() < BATCH_BYTES { orders.try_recv().ok() } else { None };
        }
        let len = bytes.len() as u64;
        if end + len > written {
            written = (end + len + AHEAD) / AHEAD * AHEAD;
            bytes.resize((written - end) as usize, 0);
        }
        file.write_all_at(&bytes, end)?;
        file.sync_data()?;
        end += len;
        bytes.clear();
        done.drain(..).for_each(|then| then());
    }
    Ok(())
}
