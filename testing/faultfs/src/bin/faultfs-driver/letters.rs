//! Mail and queues that follow from small numbers, so that whoever reads a content knows which it is.
//!
//! Must not know: stores, lines.

use bytes::Bytes;
use openred_core::ids::{ClientId, DepositId, QueueId};
use openred_core::payload::Secret32;
use openred_relay::mailbox::{Deposit, Queue};

/// The queue number `n`, made at `now`, unix seconds.
pub(super) fn queue(n: u8, now: u64) -> Queue {
    Queue {
        deposit_id: DepositId([n; 16]),
        queue_id: queue_id(n),
        fetch_key: [n; 32],
        cap: cap(n),
        last_seen: now - now % 3_600,
    }
}

/// Where the queue number `n` is fetched.
pub(super) fn queue_id(n: u8) -> QueueId {
    QueueId([n ^ 0xff; 16])
}

/// Capability number `n`.
pub(super) fn cap(n: u8) -> Secret32 {
    Secret32::new([n; 32])
}

/// Letter number `letter` to the queue `n`, of `bytes` bytes: its two numbers, again and again.
pub(super) fn letter(n: u8, letter: u32, bytes: usize) -> Deposit {
    let mut client = [0; 16];
    client[..4].copy_from_slice(&letter.to_be_bytes());
    let mut content = content(n, letter).repeat(bytes.div_ceil(5));
    content.truncate(bytes);
    Deposit::new(DepositId([n; 16]), ClientId(client), Bytes::from(content))
}

/// The queue and number in a content; `None` when it is not whole.
pub(super) fn recognise(bytes: &[u8]) -> Option<(u8, u32)> {
    let [n, letter @ ..] = *bytes.first_chunk::<5>()?;
    let letter = u32::from_be_bytes(letter);
    let whole = content(n, letter).repeat(bytes.len().div_ceil(5)).starts_with(bytes);
    whole.then_some((n, letter))
}

fn content(n: u8, letter: u32) -> [u8; 5] {
    let [a, b, c, d] = letter.to_be_bytes();
    [n, a, b, c, d]
}
