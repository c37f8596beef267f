//! When this node announces itself: its descriptor at start, on change and daily; its recommendations daily.
//!
//! Must not know: how messages are signed and travel.

use openred_core::{
    ids::{Hash, NodeId},
    overlay::Body,
};

use crate::{now::Now, overlay::trust::Trust};

/// Between two announcements of the same, by the monotonic clock.
const DAILY_MS: u64 = 86_400_000;
/// First recommendations after a start: what was said before is alive somewhere.
const SETTLE_MS: u64 = 600_000;

/// See the module. Each message outlives the day until the next one.
#[derive(Debug, Default)]
pub struct Announcing {
    descriptor: Option<(Hash, Vec<u8>)>,
    descriptor_at_ms: Option<u64>,
    said: Vec<(NodeId, u16)>,
    statements_at_ms: Option<u64>,
}

impl Announcing {
    /// Nothing to announce yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The own signed descriptor; the same once more changes nothing.
    pub fn set_descriptor(&mut self, signed: Vec<u8>, now: Now) {
        let hash = Hash::of(&[&signed]);
        if self.descriptor.as_ref().is_none_or(|(held, _)| *held != hash) {
            self.descriptor = Some((hash, signed));
            self.descriptor_at_ms = Some(now.mono_ms);
        }
        self.statements_at_ms.get_or_insert(now.mono_ms.saturating_add(SETTLE_MS));
    }

    /// What is to be published now; each is given out once. An empty TRUST_UPDATE is due only to take back one that
    /// was not.
    pub fn due(&mut self, now: Now, trust: &Trust) -> Vec<Body> {
        let mut due = Vec::new();
        if self.descriptor_at_ms.is_some_and(|at| at <= now.mono_ms) {
            self.descriptor_at_ms = Some(now.mono_ms + DAILY_MS);
            due.extend(self.descriptor.as_ref().map(|(_, signed)| Body::PeerAnnouncement(signed.clone())));
        }
        if self.statements_at_ms.is_some_and(|at| at <= now.mono_ms) {
            self.statements_at_ms = Some(now.mono_ms + DAILY_MS);
            due.extend(self.statements(now, trust).map(Body::TrustUpdate));
        }
        due
    }

    /// What is stated today; who was stated the last time and is no longer is taken back with 0.
    fn statements(&mut self, now: Now, trust: &Trust) -> Option<Vec<(NodeId, u16)>> {
        let mut today = trust.own_statements(now);
        let before = std::mem::replace(&mut self.said, today.clone());
        let gone = before.iter().filter(|(id, _)| !today.iter().any(|(held, _)| held == id));
        let room = openred_core::overlay::STATEMENTS_MAX - today.len();
        let taken_back: Vec<_> = gone.map(|(id, _)| (*id, 0)).take(room).collect();
        today.extend(taken_back);
        today.sort_unstable();
        (!today.is_empty()).then_some(today)
    }

    /// When to ask again (monotonic ms).
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        [self.descriptor_at_ms, self.statements_at_ms].into_iter().flatten().min()
    }
}
