//! The own descriptors that still count: the present one, and those replaced within 24 hours.
//!
//! Must not know: what they say.

use openred_core::ids::{B64, Hash};

use super::{Now, bounds::OWN_DESCRIPTOR_SECS};

#[derive(Debug, Default)]
pub(super) struct OwnDescriptors {
    current: Option<(Vec<u8>, Hash)>,
    /// With the unix second until which it counts.
    replaced: Vec<(Hash, u64)>,
}

impl OwnDescriptors {
    pub(super) fn restore(replaced: Vec<(Hash, u64)>) -> Self {
        Self { current: None, replaced }
    }

    pub(super) fn replace(&mut self, now: Now, signed: Vec<u8>, hash: Hash) {
        let old = self.current.replace((signed, hash));
        if let Some((_, old)) = old
            && old != hash
        {
            self.replaced.push((old, now.secs() + OWN_DESCRIPTOR_SECS));
        }
    }

    /// Signed bytes of the present one, for a stale answer.
    pub(super) fn signed(&self) -> Option<B64> {
        self.current.as_ref().map(|(signed, _)| B64(signed.clone()))
    }

    pub(super) fn counting(&self, now: Now) -> Vec<Hash> {
        let replaced = self.replaced.iter().filter(|(_, until)| now.secs() <= *until).map(|(hash, _)| *hash);
        self.current.iter().map(|(_, hash)| *hash).chain(replaced).collect()
    }

    pub(super) fn forget_old(&mut self, now: Now) {
        self.replaced.retain(|(_, until)| now.secs() <= *until);
    }
}
