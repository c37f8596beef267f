//! One line of the log: `len:u32 ‖ crc:u32 ‖ body`, with crc = CRC-32(segment:u32 ‖ len ‖ body) and integers big endian. A
//! len of 0 is what was written in advance, the end of what counts. The segment is in the checksum so that a block that
//! comes back from elsewhere is not believed.
//!
//! Must not know: files, what records do.

use openred_core::ids::{ClientId, DepositId, QueueId};
use openred_core::payload::Secret32;

use crate::mailbox::{Queue, SizeClass};

/// Bytes before a body.
pub(super) const HEAD: usize = 8;
/// Bytes of a [`Record::Mail`] before its content, with the head.
pub(super) const MAIL_HEAD: usize = HEAD + 1 + 4 + 8 + 8 + 16 + 16;
/// The longest record.
pub(super) const MAX: usize = MAIL_HEAD + SizeClass::K64.bytes();

/// What happened. A mailbox goes by its number in this log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    /// A queue was made.
    Create { no: u32, queue: Box<Queue> },
    /// Mail came, or (`moved`) is kept at another place from now on.
    Mail(MailRecord<'a>),
    /// Mail up to `upto` was fetched; never above what was there.
    Ack { no: u32, upto: u64 },
    /// The capability was replaced.
    Revoke { no: u32, cap: Secret32 },
    /// The queue ended.
    Delete { no: u32 },
    /// Its owner was here, unix seconds of a whole hour.
    Touch { no: u32, hour: u64 },
    /// Mail and ids that came before these moments are gone, unix seconds.
    Expire { mail_before: u64, ids_before: u64 },
}

/// One piece of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MailRecord<'a> {
    pub(super) moved: bool,
    pub(super) no: u32,
    pub(super) seq: u64,
    /// Unix seconds.
    pub(super) received: u64,
    pub(super) client_id: ClientId,
    /// The first half of the content's SHA-256.
    pub(super) digest: [u8; 16],
    pub(super) content: &'a [u8],
}

const CREATE: u8 = 1;
const MAIL: u8 = 2;
const MOVED: u8 = 3;
const ACK: u8 = 4;
const REVOKE: u8 = 5;
const DELETE: u8 = 6;
const TOUCH: u8 = 7;
const EXPIRE: u8 = 8;

impl Record<'_> {
    /// Appends the record as it stands in `segment`.
    pub(super) fn write(&self, segment: u32, to: &mut Vec<u8>) {
        let start = to.len();
        to.extend_from_slice(&[0; HEAD]);
        self.write_body(to);
        let len = ((to.len() - start - HEAD) as u32).to_be_bytes();
        let crc = checksum(segment, &len, &to[start + HEAD..]).to_be_bytes();
        to[start..start + 4].copy_from_slice(&len);
        to[start + 4..start + HEAD].copy_from_slice(&crc);
    }

    fn write_body(&self, to: &mut Vec<u8>) {
        match self {
            Self::Create { no, queue } => {
                put(to, CREATE, *no);
                write_queue(queue, to);
            }
            Self::Mail(mail) => {
                put(to, if mail.moved { MOVED } else { MAIL }, mail.no);
                to.extend_from_slice(&mail.seq.to_be_bytes());
                to.extend_from_slice(&mail.received.to_be_bytes());
                to.extend_from_slice(&mail.client_id.0);
                to.extend_from_slice(&mail.digest);
                to.extend_from_slice(mail.content);
            }
            Self::Ack { no, upto: number } | Self::Touch { no, hour: number } => {
                put(to, if matches!(self, Self::Ack { .. }) { ACK } else { TOUCH }, *no);
                to.extend_from_slice(&number.to_be_bytes());
            }
            Self::Revoke { no, cap } => {
                put(to, REVOKE, *no);
                to.extend_from_slice(cap.as_bytes());
            }
            Self::Delete { no } => put(to, DELETE, *no),
            Self::Expire { mail_before, ids_before } => {
                put(to, EXPIRE, 0);
                to.extend_from_slice(&mail_before.to_be_bytes());
                to.extend_from_slice(&ids_before.to_be_bytes());
            }
        }
    }
}

fn put(to: &mut Vec<u8>, kind: u8, no: u32) {
    to.push(kind);
    to.extend_from_slice(&no.to_be_bytes());
}

/// The record that begins `bytes`, and its length; `None` when none does, or not a whole one.
pub(super) fn read(segment: u32, bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let mut rest = Bytes(bytes);
    let len_bytes = rest.array::<4>()?;
    let crc = rest.u32()?;
    let len = u32::from_be_bytes(len_bytes) as usize;
    if len == 0 || len > MAX {
        return None;
    }
    let body = rest.take(len)?;
    if checksum(segment, &len_bytes, body) != crc {
        return None;
    }
    Some((read_body(Bytes(body))?, HEAD + len))
}

/// The record that begins `bytes`, which this process has written just now: its checksum is not computed again.
pub(super) fn read_own(bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let mut rest = Bytes(bytes);
    let len = rest.u32()? as usize;
    rest.u32()?;
    Some((read_body(Bytes(rest.take(len)?))?, HEAD + len))
}

fn read_body(mut from: Bytes<'_>) -> Option<Record<'_>> {
    let [kind] = from.array()?;
    let no = from.u32()?;
    let record = match kind {
        CREATE => Record::Create { no, queue: Box::new(read_queue(&mut from)?) },
        MAIL | MOVED => Record::Mail(MailRecord {
            moved: kind == MOVED,
            no,
            seq: from.u64()?,
            received: from.u64()?,
            client_id: ClientId(from.array()?),
            digest: from.array()?,
            content: from.rest(),
        }),
        ACK => Record::Ack { no, upto: from.u64()? },
        REVOKE => Record::Revoke { no, cap: Secret32::new(from.array()?) },
        DELETE => Record::Delete { no },
        TOUCH => Record::Touch { no, hour: from.u64()? },
        EXPIRE => Record::Expire { mail_before: from.u64()?, ids_before: from.u64()? },
        _ => return None,
    };
    from.0.is_empty().then_some(record)
}

/// `deposit_id ‖ queue_id ‖ fetch_key ‖ cap ‖ last_seen:u64`, 104 bytes.
pub(super) fn write_queue(queue: &Queue, to: &mut Vec<u8>) {
    to.extend_from_slice(&queue.deposit_id.0);
    to.extend_from_slice(&queue.queue_id.0);
    to.extend_from_slice(&queue.fetch_key);
    to.extend_from_slice(queue.cap.as_bytes());
    to.extend_from_slice(&queue.last_seen.to_be_bytes());
}

/// The same back.
pub(super) fn read_queue(from: &mut Bytes<'_>) -> Option<Queue> {
    Some(Queue {
        deposit_id: DepositId(from.array()?),
        queue_id: QueueId(from.array()?),
        fetch_key: from.array()?,
        cap: Secret32::new(from.array()?),
        last_seen: from.u64()?,
    })
}

fn checksum(segment: u32, len: &[u8; 4], body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&segment.to_be_bytes());
    crc.update(len);
    crc.update(body);
    crc.finalize()
}

/// What is left to be read; every step is `None` where too little is.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `len` bytes.
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next N bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A number of 4 bytes.
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A number of 8 bytes.
    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Everything.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Record<'static>> {
        let queue = Queue {
            deposit_id: DepositId([1; 16]),
            queue_id: QueueId([2; 16]),
            fetch_key: [3; 32],
            cap: Secret32::new([4; 32]),
            last_seen: 7_200,
        };
        let mail = MailRecord {
            moved: false,
            no: 9,
            seq: 5,
            received: 6,
            client_id: ClientId([7; 16]),
            digest: [8; 16],
            content: &[9; 1_024],
        };
        vec![
            Record::Create { no: 1, queue: Box::new(queue) },
            Record::Mail(mail),
            Record::Mail(MailRecord { moved: true, ..mail }),
            Record::Ack { no: 2, upto: 3 },
            Record::Revoke { no: 3, cap: Secret32::new([5; 32]) },
            Record::Delete { no: 4 },
            Record::Touch { no: 5, hour: 3_600 },
            Record::Expire { mail_before: 6, ids_before: 7 },
        ]
    }

    #[test]
    fn records_come_back_and_no_changed_byte_is_believed() {
        for record in samples() {
            let mut bytes = Vec::new();
            record.write(3, &mut bytes);
            assert_eq!(read(3, &bytes), Some((record.clone(), bytes.len())));
            assert_eq!(read(4, &bytes), None, "of another segment");
            for at in 0..bytes.len() {
                assert_eq!(read(3, &bytes[..at]), None, "cut at {at}");
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert_eq!(read(3, &changed), None, "changed at {at}");
            }
        }
        assert_eq!(read(3, &[0; 64]), None, "written in advance");
    }

    #[test]
    fn mail_begins_where_the_index_thinks() {
        let mut bytes = Vec::new();
        samples()[1].write(1, &mut bytes);
        assert_eq!(bytes.len(), MAIL_HEAD + 1_024);
        assert_eq!(bytes[MAIL_HEAD..], [9; 1_024]);
    }
}
