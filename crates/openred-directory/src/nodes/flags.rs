//! What a node lets a directory show of it: the flags of a registration (PROTOCOL Annex A.3).
//!
//! Must not know: where the flags are kept.

/// Bits a node signs when it registers. What is not set is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    const NAME: u8 = 1;
    const TEXT: u8 = 2;
    const RECENT: u8 = 4;
    const PUSH: u8 = 8;
    const REMOVE: u8 = 128;

    /// The signed byte; `None` when it has bits that mean nothing here.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        let known = Self::NAME | Self::TEXT | Self::RECENT | Self::PUSH | Self::REMOVE;
        (byte & !known == 0).then_some(Self(byte))
    }

    /// The signed byte.
    pub(crate) fn byte(self) -> u8 {
        self.0
    }

    /// Found by its exact user name.
    pub(crate) fn by_name(self) -> bool {
        self.0 & Self::NAME != 0
    }

    /// Found by words of its names.
    pub(crate) fn by_text(self) -> bool {
        self.0 & Self::TEXT != 0
    }

    /// Listed among the recently seen.
    pub(crate) fn recent(self) -> bool {
        self.0 & Self::RECENT != 0
    }

    /// Grants are pushed to its API URL.
    pub(crate) fn push(self) -> bool {
        self.0 & Self::PUSH != 0
    }

    /// Not a registration but its end.
    pub(crate) fn remove(self) -> bool {
        self.0 & Self::REMOVE != 0
    }

    /// Its names are shown in answers.
    pub(crate) fn shows_names(self) -> bool {
        self.by_name() || self.by_text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bits_are_no_flags() {
        assert!(Flags::from_byte(16).is_none());
        assert!(Flags::from_byte(255).is_none());
        let flags = Flags::from_byte(1 | 4).unwrap();
        assert!(flags.by_name() && flags.recent() && flags.shows_names());
        assert!(!flags.by_text() && !flags.push() && !flags.remove());
        assert!(!Flags::from_byte(4).unwrap().shows_names(), "recently seen alone shows no name");
    }
}
