//! The four sizes of sealed mail (PROTOCOL §5, Annex A.7).
//!
//! Must not know: what is sealed.

use openred_core::mail::SIZES;

use super::Refusal;

/// How long sealed mail is: exactly one of four lengths, so that a length says little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeClass {
    /// 1,024 bytes.
    K1,
    /// 4,096 bytes.
    K4,
    /// 16,384 bytes.
    K16,
    /// 65,536 bytes.
    K64,
}

impl SizeClass {
    /// All four, the smallest first.
    pub const ALL: [Self; 4] = [Self::K1, Self::K4, Self::K16, Self::K64];

    /// Length in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        SIZES[self as usize]
    }

    /// The class of a content of `len` bytes.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] above 65,536 bytes, [`Refusal::Malformed`] for any other length between.
    pub fn of(len: usize) -> Result<Self, Refusal> {
        match Self::ALL.into_iter().find(|class| class.bytes() == len) {
            Some(class) => Ok(class),
            None if len > Self::K64.bytes() => Err(Refusal::TooLarge),
            None => Err(Refusal::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_lengths_and_no_other() {
        for class in SizeClass::ALL {
            assert_eq!(SizeClass::of(class.bytes()), Ok(class));
            assert_eq!(SizeClass::of(class.bytes() - 1), Err(Refusal::Malformed));
        }
        assert_eq!(SizeClass::of(0), Err(Refusal::Malformed));
        assert_eq!(SizeClass::of(65_537), Err(Refusal::TooLarge));
    }
}
