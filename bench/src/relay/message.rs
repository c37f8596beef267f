//! What is sent: 1 KiB (or more) that says which message it is, when it was meant to be sent, and whether it came out whole.
//! Must not know: any system.

use std::sync::OnceLock;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

/// Mailboxes, streams, subjects, topics: as many for everybody.
pub const MAILBOXES: u64 = 1_000;

const HEAD: usize = 16;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Microseconds since this process first asked.
pub fn now_us() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed().as_micros() as u64
}

/// Which mailbox message `n` goes to.
pub fn mailbox(n: u64) -> usize {
    (n % MAILBOXES) as usize
}

/// Message `n` of `size` bytes, meant to be sent at `at_us`.
pub fn write(n: u64, at_us: u64, size: usize) -> Bytes {
    let mut bytes = BytesMut::with_capacity(size);
    bytes.extend_from_slice(&n.to_le_bytes());
    bytes.extend_from_slice(&at_us.to_le_bytes());
    let word = filling(n);
    while bytes.len() < size {
        bytes.extend_from_slice(&word);
    }
    bytes.freeze()
}

/// Number and time of a message of `size` bytes. An error when any byte of it is wrong.
pub fn read(bytes: &[u8], size: usize) -> Result<(u64, u64), String> {
    let head = bytes.first_chunk::<HEAD>().filter(|_| bytes.len() == size).ok_or("a message was cut")?;
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
    let (n, at_us) = (number(0), number(8));
    let word = filling(n);
    let whole = bytes[HEAD..].chunks_exact(16).all(|chunk| chunk == word);
    if whole { Ok((n, at_us)) } else { Err(format!("message {n} came out with other bytes")) }
}

/// The messages are different, and cost little to make.
fn filling(n: u64) -> [u8; 16] {
    let word = n.wrapping_mul(FACTOR).to_le_bytes();
    std::array::from_fn(|i| word[i % 8] ^ i as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_and_a_changed_one_does_not() {
        for size in [1_024, 4_096] {
            let message = write(77, 5, size);
            assert_eq!(read(&message, size), Ok((77, 5)));
            let mut other = message.to_vec();
            other[size - 1] ^= 1;
            assert!(read(&other, size).is_err());
            assert!(read(&message[1..], size).is_err());
        }
    }
}
