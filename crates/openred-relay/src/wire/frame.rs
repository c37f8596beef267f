//! Frames of a stream: `[u32 length][type:u8 ‖ MessagePack]`, whole ones, one after another in a binary message.
//!
//! Contents are slices of the message: nothing is copied. Must not know: what is done with them.

use bytes::{BufMut as _, Bytes};
use openred_core::codec::{CodecError, Reader, Writer};
use openred_core::ids::{ClientId, DepositId, Id16, QueueId};
use openred_core::sign::Signature;

use super::{Offer, Unreadable};
use crate::mailbox::{CapMac, Mail, OwnerAuth};

/// Bytes of a MAIL frame around its content, at most.
pub(crate) const MAIL_ROOM: usize = 64;

/// Bytes before the fields of a frame: length and type.
const HEAD: usize = 5;

const OPEN: u8 = 1;
const CREDIT: u8 = 2;
const MAIL: u8 = 3;
const ACK: u8 = 4;
const DEPOSIT: u8 = 5;
const RESULT: u8 = 6;

/// What the two ends of a stream say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Owner: send me the mail of this queue. The proof as bytes: time:u64 ‖ nonce[16] ‖ sig, 88 bytes.
    Open(QueueId, OwnerAuth),
    /// Owner: so many more pieces of mail.
    Credit(u64),
    /// Relay: mail.
    Mail(QueueId, Mail),
    /// Owner: mail up to this one is no longer needed.
    Ack(QueueId, u64),
    /// Depositor: a deposit, with the number by which it is answered.
    Deposit(u64, Offer),
    /// Relay: how a deposit went, as an HTTP status.
    Result(u64, u16),
    /// Relay: how OPEN went, or that the queue is no longer sent: the status, by the queue instead of a number.
    QueueResult(QueueId, u16),
}

/// The frames of one message, one after another.
#[derive(Debug)]
pub(crate) struct Frames {
    message: Bytes,
    at: usize,
}

impl Frames {
    /// Those of `message`.
    pub(crate) const fn of(message: Bytes) -> Self {
        Self { message, at: 0 }
    }
}

impl Iterator for Frames {
    type Item = Result<Frame, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.message[self.at..];
        if rest.is_empty() {
            return None;
        }
        let read = whole(rest).and_then(|frame| {
            self.at += 4 + frame.len();
            read(&self.message, frame).map_err(|_| Unreadable)
        });
        if read.is_err() {
            self.at = self.message.len();
        }
        Some(read)
    }
}

fn whole(rest: &[u8]) -> Result<&[u8], Unreadable> {
    let (len, rest) = rest.split_first_chunk::<4>().ok_or(Unreadable)?;
    rest.get(..u32::from_be_bytes(*len) as usize).ok_or(Unreadable)
}

fn read(message: &Bytes, frame: &[u8]) -> Result<Frame, CodecError> {
    let (kind, fields) = frame.split_first().ok_or(CodecError::Truncated)?;
    let mut reader = Reader::new(fields);
    let frame = match *kind {
        OPEN => {
            reader.array_of(2)?;
            Frame::Open(QueueId(reader.bin_of()?), auth(reader.bin_of()?))
        }
        CREDIT => {
            reader.array_of(1)?;
            Frame::Credit(reader.uint()?)
        }
        MAIL => {
            reader.array_of(4)?;
            let queue = QueueId(reader.bin_of()?);
            let (seq, received) = (reader.uint()?, reader.uint()?);
            Frame::Mail(queue, Mail { seq, received, content: message.slice_ref(reader.bin()?) })
        }
        ACK => {
            reader.array_of(2)?;
            Frame::Ack(QueueId(reader.bin_of()?), reader.uint()?)
        }
        DEPOSIT => {
            reader.array_of(5)?;
            let number = reader.uint()?;
            let deposit_id = DepositId(reader.bin_of()?);
            let client_id = ClientId(reader.bin_of()?);
            let mac = CapMac(reader.bin_of()?);
            let content = message.slice_ref(reader.bin()?);
            Frame::Deposit(number, Offer { deposit_id, client_id, mac, content })
        }
        RESULT => {
            reader.array_of(2)?;
            result(&mut reader)?
        }
        _ => return Err(CodecError::Type),
    };
    reader.end()?;
    Ok(frame)
}

/// RESULT names a deposit by its number, a queue by its id.
fn result(reader: &mut Reader<'_>) -> Result<Frame, CodecError> {
    let mut ahead = reader.clone();
    if let Ok(number) = ahead.uint() {
        *reader = ahead;
        return Ok(Frame::Result(number, status(reader)?));
    }
    Ok(Frame::QueueResult(QueueId(reader.bin_of()?), status(reader)?))
}

fn status(reader: &mut Reader<'_>) -> Result<u16, CodecError> {
    u16::try_from(reader.uint()?).map_err(|_| CodecError::Type)
}

/// Appends a frame to a message.
pub(crate) fn write_frame(to: &mut Vec<u8>, frame: &Frame) {
    let begin = to.len();
    to.put_slice(&[0; HEAD]);
    let mut writer = Writer::after(std::mem::take(to));
    let kind = match frame {
        Frame::Open(queue, auth) => {
            writer.array(2).bin(&queue.0).bin(&auth_bytes(auth));
            OPEN
        }
        Frame::Credit(count) => {
            writer.array(1).uint(*count);
            CREDIT
        }
        Frame::Mail(queue, mail) => {
            writer.array(4).bin(&queue.0).uint(mail.seq).uint(mail.received).bin(&mail.content);
            MAIL
        }
        Frame::Ack(queue, upto) => {
            writer.array(2).bin(&queue.0).uint(*upto);
            ACK
        }
        Frame::Deposit(number, offer) => {
            writer.array(5).uint(*number).bin(&offer.deposit_id.0).bin(&offer.client_id.0);
            writer.bin(&offer.mac.0).bin(&offer.content);
            DEPOSIT
        }
        Frame::Result(number, status) => {
            writer.array(2).uint(*number).uint((*status).into());
            RESULT
        }
        Frame::QueueResult(queue, status) => {
            writer.array(2).bin(&queue.0).uint((*status).into());
            RESULT
        }
    };
    *to = writer.into_vec();
    let length = u32::try_from(to.len() - begin - 4).unwrap_or(u32::MAX);
    to[begin..begin + 4].copy_from_slice(&length.to_be_bytes());
    to[begin + 4] = kind;
}

fn auth(bytes: [u8; 88]) -> OwnerAuth {
    let (mut time, mut nonce, mut sig) = ([0; 8], [0; 16], [0; 64]);
    time.copy_from_slice(&bytes[..8]);
    nonce.copy_from_slice(&bytes[8..24]);
    sig.copy_from_slice(&bytes[24..]);
    OwnerAuth { time: u64::from_be_bytes(time), nonce: Id16(nonce), sig: Signature(sig) }
}

fn auth_bytes(auth: &OwnerAuth) -> Vec<u8> {
    [&auth.time.to_be_bytes()[..], &auth.nonce.0, &auth.sig.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: QueueId = QueueId([9; 16]);

    fn every_frame() -> Vec<Frame> {
        let auth = OwnerAuth { time: 1_800_000_000, nonce: Id16([2; 16]), sig: Signature([3; 64]) };
        let content = Bytes::from(vec![7; 1_024]);
        let offer = Offer {
            deposit_id: DepositId([4; 16]),
            client_id: ClientId([5; 16]),
            mac: CapMac([6; 16]),
            content: content.clone(),
        };
        vec![
            Frame::Open(QUEUE, auth),
            Frame::Credit(100),
            Frame::Mail(QUEUE, Mail { seq: 1, received: 1_800_000_000, content }),
            Frame::Ack(QUEUE, u64::MAX),
            Frame::Deposit(70_000, offer),
            Frame::Result(70_000, 202),
            Frame::QueueResult(QUEUE, 404),
        ]
    }

    #[test]
    fn frames_come_back_in_their_order() {
        let frames = every_frame();
        let mut message = Vec::new();
        frames.iter().for_each(|frame| write_frame(&mut message, frame));
        let read: Result<Vec<_>, _> = Frames::of(message.into()).collect();
        assert_eq!(read, Ok(frames));
    }

    #[test]
    fn what_is_cut_or_changed_ends_the_message() {
        let mut message = Vec::new();
        every_frame().iter().for_each(|frame| write_frame(&mut message, frame));
        for at in 0..message.len() {
            let cut: Vec<_> = Frames::of(Bytes::copy_from_slice(&message[..at])).collect();
            assert!(cut.iter().rev().skip(1).all(Result::is_ok), "nothing is read after an error");
            let mut changed = message.clone();
            changed[at] ^= 0x80;
            let read: Vec<_> = Frames::of(changed.into()).collect();
            assert!(read.len() <= 7 && read.iter().rev().skip(1).all(Result::is_ok), "changed at {at}");
        }
        assert_eq!(
            Frames::of(vec![0, 0, 0, 0].into()).next(),
            Some(Err(Unreadable)),
            "a frame without a type"
        );
    }
}
