//! Linked tokens (PROTOCOL §3): which method an introduction uses, and the four methods themselves.
//!
//! A token is an encoding of the introduction's secret S for one role, not encryption: the salts are public.
//! The directory picks the method and the grant carries it; nodes check it and never choose it, so no clock
//! skew between two nodes can make them disagree.
//!
//! Must not know: grants, signatures, descriptors. Only bytes.

pub(crate) mod kdf;
mod method;
mod transform;

pub use method::{MODE_DAILY, MODE_HOURLY, MODE_RANDOM, Method, method_matches, select_crypto_method};
pub use transform::{Side, reverse_transform, tokens_match, transform};

/// The two places of an introduction and of a handshake: A asked and begins, B answers. On the wire 1 and 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Role {
    /// Asked for the introduction, initiates the handshake.
    A = 1,
    /// Was asked for, responds.
    B = 2,
}

impl Role {
    /// The role byte of PROTOCOL §3: 1 for A, 2 for B; `None` for any other byte.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::A),
            2 => Some(Self::B),
            _ => None,
        }
    }

    /// The role byte of PROTOCOL §3.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The other role.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}
