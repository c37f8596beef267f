//! Mail whose bytes follow from who sent it and which one it is, so that a reader knows what was sent, and what never was.

use bytes::Bytes;
use openred_core::ids::ClientId;

const BYTES: usize = 1_024;

/// The n-th letter of a depositor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Letter {
    pub(super) from: u32,
    pub(super) n: u32,
}

impl Letter {
    /// The sealed mail.
    pub(super) fn content(self) -> Bytes {
        let [a, b, c, d] = self.n.wrapping_mul(0x9e37_79b9).to_be_bytes();
        let head = [self.from.to_be_bytes(), self.n.to_be_bytes()].concat();
        let filling = [a, b, c, d, self.from as u8].into_iter().cycle();
        head.into_iter().chain(filling).take(BYTES).collect::<Vec<_>>().into()
    }

    /// The depositor's name of it.
    pub(super) fn name(self) -> ClientId {
        let mut name = [0; 16];
        name[..4].copy_from_slice(&self.from.to_be_bytes());
        name[4..8].copy_from_slice(&self.n.to_be_bytes());
        ClientId(name)
    }

    /// Which letter this is; `None` when nobody writes such letters.
    pub(super) fn of(content: &Bytes) -> Option<Self> {
        let number = |at: usize| Some(u32::from_be_bytes(content.get(at..at + 4)?.try_into().ok()?));
        let letter = Self { from: number(0)?, n: number(4)? };
        (letter.content() == *content).then_some(letter)
    }
}

#[test]
fn a_letter_is_known_by_all_its_bytes() {
    let letter = Letter { from: 3, n: 70_000 };
    let content = letter.content();
    assert_eq!((content.len(), Letter::of(&content)), (BYTES, Some(letter)));
    let mut changed = content.to_vec();
    changed[1_000] ^= 1;
    assert_eq!(Letter::of(&changed.into()), None);
    assert_eq!(Letter::of(&content.slice(..7)), None);
}
