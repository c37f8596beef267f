//! The threads that read mail from the files. Must not know: how mail gets there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bytes::Bytes;
use openred_core::ids::QueueId;
use tokio::sync::{mpsc, oneshot};

use super::index::Place;
use super::record::{self, MAIL_HEAD, Record};
use super::shared::Shared;
use crate::bounds::{MAX_FETCHED, MAX_FETCHED_BYTES, MAX_WAITING_CALLS};
use crate::mailbox::{Mail, Refusal};

const THREADS: usize = 2;

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
        let _caller_may_have_left = reply.send(fetch_now(shared, &id, after, max));
    }
}

/// A segment that is removed meanwhile stays readable: its file is held.
fn fetch_now(shared: &Shared, id: &QueueId, after: u64, max: usize) -> Result<Vec<Mail>, Refusal> {
    let wanted = places(shared, id, after, max)?;
    let mut mails = Vec::with_capacity(wanted.len());
    for (seq, place, file) in wanted {
        match read(seq, &place, &file) {
            Ok(Some(mail)) => mails.push(mail),
            // The disk lost it. The sender, who is never told that it arrived, sends it again.
            Ok(None) => tracing::error!(segment = place.segment, "Mail on disk is damaged and left out."),
            Err(error) => {
                tracing::error!(%error, "Mail cannot be read.");
                return Err(Refusal::Busy);
            }
        }
    }
    Ok(mails)
}

fn places(
    shared: &Shared,
    id: &QueueId,
    after: u64,
    max: usize,
) -> Result<Vec<(u64, Place, Arc<File>)>, Refusal> {
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
        wanted.push((first + at as u64, *place, Arc::clone(&segment.file)));
    }
    Ok(wanted)
}

/// `None` for bytes that are not this mail.
fn read(seq: u64, place: &Place, file: &File) -> io::Result<Option<Mail>> {
    let mut bytes = vec![0; place.record_bytes()];
    file.read_exact_at(&mut bytes, place.offset.into())?;
    let received = match record::read(place.segment, &bytes) {
        Some((Record::Mail(mail), _)) if mail.seq == seq => mail.received,
        _ => return Ok(None),
    };
    Ok(Some(Mail { seq, received, content: Bytes::from(bytes).slice(MAIL_HEAD..) }))
}
