//! A sealed half of a grant, wiped when it is dropped.
//!
//! Must not know: what is inside; nobody but the node it is sealed for can.

use std::fmt;

use zeroize::Zeroizing;

/// A box of PROTOCOL Annex A.0; its bytes are overwritten on drop.
pub(crate) struct Boxed(Zeroizing<Vec<u8>>);

impl Boxed {
    /// Takes the box over.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The box as it goes on the wire.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Boxed({} bytes)", self.0.len())
    }
}
