//! The index as one file, `snapshot`: what stands in the log before some segment, so that the log is read from there at
//! start, and older segments are needed for their mail alone.
//!
//! Must not know: the log, threads.

use std::collections::VecDeque;
use std::io;

use super::disk::Disk;
use super::index::{Index, Mailbox, Place};
use super::record::{Bytes, read_queue, write_queue};
use crate::mailbox::SizeClass;

const NAME: &str = "snapshot";
const MAGIC: &[u8; 8] = b"ORMAIL\0\x01";

/// The index as of the beginning of segment `from`, to be [written](write).
pub(super) fn encode(index: &Index, from: u32) -> Vec<u8> {
    let counts = index.counts();
    let mut to = Vec::with_capacity(64 + counts.queues as usize * 160 + counts.mail as usize * 13);
    to.extend_from_slice(MAGIC);
    to.extend_from_slice(&from.to_be_bytes());
    to.extend_from_slice(&index.ids_before.to_be_bytes());
    to.extend_from_slice(&counts.queues.to_be_bytes());
    for (no, mailbox) in index.mailboxes() {
        to.extend_from_slice(&no.to_be_bytes());
        write_mailbox(mailbox, &mut to);
    }
    let crc = crc32fast::hash(&to);
    to.extend_from_slice(&crc.to_be_bytes());
    to
}

fn write_mailbox(mailbox: &Mailbox, to: &mut Vec<u8>) {
    write_queue(&mailbox.queue, to);
    for number in [mailbox.next, mailbox.day, u64::from(mailbox.of_day), mailbox.mail.len() as u64] {
        to.extend_from_slice(&number.to_be_bytes());
    }
    for place in &mailbox.mail {
        to.extend_from_slice(&place.segment.to_be_bytes());
        to.extend_from_slice(&place.offset.to_be_bytes());
        to.extend_from_slice(&place.received.to_be_bytes());
        to.push(place.size as u8);
    }
}

/// Replaces the snapshot on disk.
pub(super) fn write(disk: &Disk, bytes: &[u8]) -> io::Result<()> {
    disk.replace("snapshot.tmp", NAME, bytes)
}

/// The index on disk, and the segment from which the log is read; empty and 0 when there is none.
pub(super) fn read(disk: &Disk) -> io::Result<(Index, u32)> {
    let bytes = match std::fs::read(disk.folder().join(NAME)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Index::default(), 0)),
        Err(error) => return Err(error),
    };
    decode(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the snapshot is damaged"))
}

fn decode(bytes: &[u8]) -> Option<(Index, u32)> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    if crc32fast::hash(body).to_be_bytes() != *crc {
        return None;
    }
    let mut from = Bytes(body);
    if from.take(MAGIC.len())? != MAGIC {
        return None;
    }
    let segment = from.u32()?;
    let mut index = Index::new(from.u64()?);
    for _ in 0..from.u64()? {
        let no = from.u32()?;
        let mailbox = read_mailbox(&mut from)?;
        index.insert(no, mailbox);
    }
    from.0.is_empty().then_some((index, segment))
}

fn read_mailbox(from: &mut Bytes<'_>) -> Option<Mailbox> {
    let mut mailbox = Mailbox::new(read_queue(from)?);
    mailbox.next = from.u64()?;
    mailbox.day = from.u64()?;
    mailbox.of_day = u32::try_from(from.u64()?).ok()?;
    let count = usize::try_from(from.u64()?).ok()?;
    let mut places = Bytes(from.take(count.checked_mul(13)?)?);
    mailbox.mail = VecDeque::with_capacity(count);
    for _ in 0..count {
        let [segment, offset, received] = [places.u32()?, places.u32()?, places.u32()?];
        let [size] = places.array()?;
        let size = *SizeClass::ALL.get(usize::from(size))?;
        mailbox.bytes += size.bytes() as u64;
        mailbox.mail.push_back(Place { segment, offset, received, size });
    }
    Some(mailbox)
}
