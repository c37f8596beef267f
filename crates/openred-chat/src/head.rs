//! What stands in clear in front of an MLSMessage (RFC 9420 §6.3): where it belongs, before any key is touched. Must not
//! know keys; nothing here is proven.

use openred_core::ids::{Id8, Id16};

/// Most bytes of an MLSMessage: 64 parts of 44,000 bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 * 44_000;

/// Longest authenticated data that is read; ours has 8 bytes.
const DATA_BYTES_MAX: usize = 1024;

const VERSION: u16 = 1;

/// What an MLSMessage says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// A message of a group.
    Group(GroupHead),
    /// An invitation, for the holder of one of several key packages.
    Welcome,
    /// A key package.
    KeyPackage,
}

/// The head of a message of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupHead {
    /// The group.
    pub group: Id16,
    /// The epoch it was sent in.
    pub epoch: u64,
    /// What it carries.
    pub kind: Kind,
    /// The authenticated data: 8 bytes of the hash of the sender's epoch authenticator.
    pub(crate) data: Vec<u8>,
}

/// What a message of a group carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something somebody says.
    Application,
    /// A wish of somebody to leave.
    Proposal,
    /// A change of the group.
    Commit,
}

impl Head {
    /// Reads the head of an MLSMessage; `None` for what OpenRed does not use: public messages, group information, group
    /// ids of another length than 16 bytes, or more than 2,816,000 bytes.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return None;
        }
        let (version, rest) = bytes.split_first_chunk()?;
        let (format, rest) = rest.split_first_chunk()?;
        if u16::from_be_bytes(*version) != VERSION {
            return None;
        }
        match u16::from_be_bytes(*format) {
            2 => GroupHead::read(rest).map(Self::Group),
            3 => Some(Self::Welcome),
            5 => Some(Self::KeyPackage),
            _ => None,
        }
    }
}

impl GroupHead {
    /// The tag of the epoch in which it was made, as it says itself; `None` for data of another length.
    #[must_use]
    pub fn tag(&self) -> Option<Id8> {
        self.data.as_slice().try_into().ok().map(Id8)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (group, rest) = vector(bytes)?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first()?;
        let (data, _) = vector(rest)?;
        let kind = match kind {
            1 => Kind::Application,
            2 => Kind::Proposal,
            3 => Kind::Commit,
            _ => return None,
        };
        if data.len() > DATA_BYTES_MAX {
            return None;
        }
        let group = Id16(group.try_into().ok()?);
        Some(Self { group, epoch: u64::from_be_bytes(*epoch), kind, data: data.to_vec() })
    }
}

/// A vector with a variable-size length (RFC 9420 §2.1.2), and what follows.
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, width) = length(bytes)?;
    bytes[width..].split_at_checked(len)
}

/// A variable-size length in its shortest form, and how many bytes it takes.
pub(crate) fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let (len, width) = match *bytes.first()? {
        first @ 0..=0x3f => (usize::from(first), 1),
        0x40..=0x7f => (usize::from(u16::from_be_bytes(*bytes.first_chunk()?) & 0x3fff), 2),
        0x80..=0xbf => (usize::try_from(u32::from_be_bytes(*bytes.first_chunk()?) & 0x3fff_ffff).ok()?, 4),
        0xc0..=0xff => return None,
    };
    let shortest = match width {
        1 => true,
        2 => len >= 1 << 6,
        _ => len >= 1 << 14,
    };
    shortest.then_some((len, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(group: &[u8], kind: u8) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 2, group.len() as u8];
        bytes.extend(group);
        bytes.extend(7u64.to_be_bytes());
        bytes.extend([kind, 2, 0xaa, 0xbb, 0, 0]);
        bytes
    }

    #[test]
    fn a_head_says_group_epoch_and_kind() {
        let head = Head::read(&message(&[5; 16], 3));
        let data = vec![0xaa, 0xbb];
        let expected = GroupHead { group: Id16([5; 16]), epoch: 7, kind: Kind::Commit, data };
        assert_eq!(head, Some(Head::Group(expected)));
        assert_eq!(Head::read(&[0, 1, 0, 3]), Some(Head::Welcome));
        assert_eq!(Head::read(&[0, 1, 0, 5]), Some(Head::KeyPackage));
    }

    #[test]
    fn other_messages_and_cut_ones_have_no_head() {
        let good = message(&[5; 16], 1);
        for len in 0..good.len() - 2 {
            assert_eq!(Head::read(&good[..len]), None, "cut after {len} bytes");
        }
        assert_eq!(Head::read(&message(&[5; 15], 1)), None, "a group id of 15 bytes");
        assert_eq!(Head::read(&message(&[5; 16], 4)), None, "a kind that is not known");
        assert_eq!(Head::read(&[0, 1, 0, 1]), None, "a public message");
        assert_eq!(Head::read(&[0, 2, 0, 3]), None, "another version");
        assert_eq!(vector(&[0x40, 3, 1, 2, 3]), None, "a length that is longer than it need be");
    }
}
