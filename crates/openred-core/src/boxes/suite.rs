//! The two HPKE suites and their sizes (PROTOCOL Annex A.0). Must not know keys.

/// A suite: KEM with HKDF-SHA256 and AES-256-GCM. Its number is the first byte of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Suite {
    /// DHKEM(X25519, HKDF-SHA256), KEM id 0x0020.
    X25519 = 1,
    /// X-Wing (ML-KEM-768 with X25519), KEM id 0x647A: also holds against quantum computers.
    XWing = 2,
}

impl Suite {
    /// The suite of a number; `None` for one that this version does not know.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::X25519),
            2 => Some(Self::XWing),
            _ => None,
        }
    }

    /// Length of a public key in bytes.
    #[must_use]
    pub const fn public_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::XWing => 1216,
        }
    }

    /// Length of `enc` in bytes.
    #[must_use]
    pub const fn enc_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::XWing => 1120,
        }
    }

    /// How many bytes a box is longer than its plaintext.
    #[must_use]
    pub const fn overhead(self) -> usize {
        super::HEAD + self.enc_len() + 16
    }
}
