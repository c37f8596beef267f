//! The code that one person shows and the other scans, instead of comparing a safety number by eye.

use std::fmt;
use std::str::FromStr;

use crate::ids::{Hash, NodeId, b64_decode, b64_encode};

const START: &str = "openred:v#";
const FORMAT: u8 = 1;
/// Format, and two ids with the heads of their logs.
const BYTES: usize = 1 + 4 * 32;

/// Why a text is no such code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It is something else, or only a part of one.
    #[error("no code to compare")]
    Malformed,
    /// A format that this version does not know: the other side is newer.
    #[error("unknown format")]
    Format,
}

/// What a node knows of a pair of people: each id with the head of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyCode {
    /// Who shows it.
    pub own: (NodeId, Hash),
    /// To whom it is shown.
    pub other: (NodeId, Hash),
}

/// What comes of comparing two codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both nodes know the same keys of both people.
    Same,
    /// The keys differ: somebody may stand between them, or one has not heard yet of a new key.
    Differ,
    /// It is the code of other people.
    Others,
}

impl SafetyCode {
    /// Compares the code of this node with the one that the other's node shows.
    #[must_use]
    pub fn compare(&self, shown: &Self) -> Compared {
        if (self.own.0, self.other.0) != (shown.other.0, shown.own.0) {
            Compared::Others
        } else if (self.own.1, self.other.1) == (shown.other.1, shown.own.1) {
            Compared::Same
        } else {
            Compared::Differ
        }
    }
}

impl fmt::Display for SafetyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(FORMAT);
        for (id, head) in [&self.own, &self.other] {
            bytes.extend_from_slice(&id.0);
            bytes.extend_from_slice(&head.0);
        }
        write!(f, "{START}{}", b64_encode(bytes))
    }
}

impl FromStr for SafetyCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let rest = text.trim().strip_prefix(START).ok_or(CodeError::Malformed)?;
        let bytes = b64_decode(rest).map_err(|_| CodeError::Malformed)?;
        if bytes.first().is_some_and(|format| *format != FORMAT) {
            return Err(CodeError::Format);
        }
        let bytes: [u8; BYTES] = bytes.try_into().map_err(|_| CodeError::Malformed)?;
        let part = |n: usize| std::array::from_fn(|i| bytes[1 + 32 * n + i]);
        Ok(Self { own: (NodeId(part(0)), Hash(part(1))), other: (NodeId(part(2)), Hash(part(3))) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(own: (u8, u8), other: (u8, u8)) -> SafetyCode {
        let one = |(id, head)| (NodeId([id; 32]), Hash([head; 32]));
        SafetyCode { own: one(own), other: one(other) }
    }

    #[test]
    fn equal_keys_compare_and_nothing_else_does() {
        let ana = code((1, 11), (2, 22));
        for (shown, expected) in [
            (code((2, 22), (1, 11)), Compared::Same),
            (code((2, 23), (1, 11)), Compared::Differ),
            (code((2, 22), (1, 12)), Compared::Differ),
            (code((3, 22), (1, 11)), Compared::Others),
            (code((2, 22), (3, 11)), Compared::Others),
            (ana, Compared::Others),
        ] {
            let read: SafetyCode = shown.to_string().parse().unwrap();
            assert_eq!((read, ana.compare(&read)), (shown, expected));
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let good = code((1, 11), (2, 22)).to_string();
        assert!(format!("  {good}\n").parse::<SafetyCode>().is_ok(), "as it is pasted");
        for cut in 0..good.len() {
            assert!(good[..cut].parse::<SafetyCode>().is_err(), "{cut}");
        }
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            for byte in [b' ', b'A', b'_', b'#'] {
                bytes[at] = byte;
                if let Ok(read) = String::from_utf8(bytes.clone()).unwrap().parse::<SafetyCode>() {
                    assert_eq!(read.to_string().into_bytes(), bytes, "one text for each code");
                }
            }
        }
        let newer = format!("{START}{}", b64_encode([2; BYTES]));
        assert_eq!(newer.parse::<SafetyCode>(), Err(CodeError::Format));
        assert_eq!("openred:i#AA".parse::<SafetyCode>(), Err(CodeError::Malformed));
    }
}
