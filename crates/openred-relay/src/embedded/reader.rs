//! Mail is read from the files: by who asks, when it is still in memory, as new mail is; else by threads that may wait for the
//! disk. Must not know: how mail gets there.

use std::fs::File;
use std::io::{self, ErrorKind, IoSliceMut};
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bytes::Bytes;
use openred_core::ids::QueueId;
use rustix::io::{ReadWriteFlags, preadv2};
use tokio::sync::{mpsc, oneshot};

use super::index::Place;
use super::record::{self, MAIL_HEAD, Record};
use super::shared::Shared;
use crate::bounds::{MAX_FETCHED, MAX_FETCHED_BYTES, MAX_WAITING_CALLS};
use crate::mailbox::{Mail, Refusal};

const THREADS: usize = 2;
/// More than this is read by the threads even if it is in memory: whoever else runs where the asker does would wait.
const AT_ONCE_BYTES: usize = 256 << 10;

/// A fetch that waits.
pub(super) struct Fetch {
    pub(super) id: QueueId,
    pub(super) after: u64,
    pub(super) max: usize,
    pub(super) reply: oneshot::Sender<Result<Vec<Mail>, Refusal>>,
}

/// Starts the threads. They end with the sender.
pub(super) fn start(shared: &Arc<Shared>) -> io::Result<mpsc::Sender<Fetch>> {
    let (sender, receiver) = mpsc::channel(MAX_WAITING_CALLS);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..THREADS {
        let (shared, receiver) = (Arc::clone(shared), Arc::clone(&receiver));
        thread::Builder::new().name("mail-reader".to_owned()).spawn(move || run(&shared, &receiver))?;
    }
    Ok(sender)
}

fn run(shared: &Shared, fetches: &Mutex<mpsc::Receiver<Fetch>>) {
    loop {
        let fetch = fetches.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Fetch { id, after, max, reply }) = fetch else { return };
        let mails = places(shared, &id, after, max).and_then(|wanted| {
            read_all(&wanted, |file, bytes, at| file.read_exact_at(bytes, at)).map_err(|error| {
                tracing::error!(%error, "Mail cannot be read.");
                Refusal::Busy
            })
        });
        let _caller_may_have_left = reply.send(mails);
    }
}

/// What a fetch is answered, where it is in memory. `None`: the disk would be waited for, or it is much: ask the threads.
pub(super) fn at_once(
    shared: &Shared,
    id: &QueueId,
    after: u64,
    max: usize,
) -> Option<Result<Vec<Mail>, Refusal>> {
    let wanted = match places(shared, id, after, max) {
        Ok(wanted) => wanted,
        Err(refusal) => return Some(Err(refusal)),
    };
    let bytes: usize = wanted.iter().map(|wanted| wanted.place.record_bytes()).sum();
    if bytes > AT_ONCE_BYTES {
        return None;
    }
    read_all(&wanted, read_cached).ok().map(Ok)
}

/// Reads from the page cache alone (`RWF_NOWAIT`, Linux 4.14).
fn read_cached(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    let length = bytes.len();
    let read = preadv2(file, &mut [IoSliceMut::new(bytes)], at, ReadWriteFlags::NOWAIT)?;
    if read == length { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
}

/// Mail of a queue, where it lies. A segment that is removed meanwhile stays readable: its file is held.
struct Wanted {
    seq: u64,
    place: Place,
    file: Arc<File>,
}

fn read_all(
    wanted: &[Wanted],
    fill: impl Fn(&File, &mut [u8], u64) -> io::Result<()>,
) -> io::Result<Vec<Mail>> {
    let mut mails = Vec::with_capacity(wanted.len());
    for Wanted { seq, place, file } in wanted {
        let mut bytes = vec![0; place.record_bytes()];
        fill(file, &mut bytes, place.offset.into())?;
        match mail(*seq, place.segment, bytes) {
            Some(mail) => mails.push(mail),
            // The disk lost it. The sender, who is never told that it arrived, sends it again.
            None => tracing::error!(segment = place.segment, "Mail on disk is damaged and left out."),
        }
    }
    Ok(mails)
}

fn places(shared: &Shared, id: &QueueId, after: u64, max: usize) -> Result<Vec<Wanted>, Refusal> {
    let held = shared.read();
    let (_, mailbox) = held.index.by_queue(id).ok_or(Refusal::Unknown)?;
    let first = mailbox.first();
    let skipped = usize::try_from(after.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
    let (mut wanted, mut bytes) = (Vec::new(), 0);
    for (at, place) in mailbox.mail.iter().enumerate().skip(skipped).take(max.min(MAX_FETCHED)) {
        bytes += place.size.bytes();
        if bytes > MAX_FETCHED_BYTES {
            break;
        }
        let segment = held.segments.get(&place.segment).ok_or(Refusal::Busy)?;
        let file = Arc::clone(&segment.file);
        wanted.push(Wanted { seq: first + at as u64, place: *place, file });
    }
    Ok(wanted)
}

/// `None` for bytes that are not this mail.
fn mail(seq: u64, segment: u32, bytes: Vec<u8>) -> Option<Mail> {
    let received = match record::read(segment, &bytes) {
        Some((Record::Mail(mail), _)) if mail.seq == seq => mail.received,
        _ => return None,
    };
    Some(Mail { seq, received, content: Bytes::from(bytes).slice(MAIL_HEAD..) })
}
