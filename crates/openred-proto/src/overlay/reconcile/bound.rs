//! Borders between elements. Must not know sets.

use openred_core::ids::Hash;

/// An element: (timestamp, id).
pub(super) type Element = (u64, Hash);

/// Everything below it lies in the range that it ends: (timestamp, prefix of an id).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound {
    pub(super) time: u64,
    pub(super) prefix: Vec<u8>,
}

impl Bound {
    /// Below everything.
    pub(super) const fn first() -> Self {
        Self { time: 0, prefix: Vec::new() }
    }

    /// Above everything.
    pub(super) const fn last() -> Self {
        Self { time: u64::MAX, prefix: Vec::new() }
    }

    /// The shortest border with `below` under it and `above` not.
    pub(super) fn between(below: &Element, above: &Element) -> Self {
        if below.0 != above.0 {
            return Self { time: above.0, prefix: Vec::new() };
        }
        let common = below.1.0.iter().zip(&above.1.0).take_while(|(below, above)| below == above).count();
        Self { time: above.0, prefix: above.1.0.iter().take(common + 1).copied().collect() }
    }

    /// Whether the element lies under it.
    pub(super) fn is_above(&self, element: &Element) -> bool {
        (element.0, element.1.0.as_slice()) < (self.time, self.prefix.as_slice())
    }
}
