//! How many strangers may knock, and the work asked of them when too many do (PROTOCOL §4, kind 4).
//!
//! Must not know: who they are. Limits per address are the driver's.

use openred_core::{
    checks::failed,
    hello::{Context, Hello, HelloRefusal, WorkChallenge, work_done},
    ids::{Hash, Id16, NodeId},
};

use super::{
    Now,
    answering::Refused,
    bounds::{OPEN_FREE_PER_MINUTE, OPEN_WORKED_PER_MINUTE, WORK_BITS, WORK_SLOT_MS},
};

#[derive(Debug)]
pub(super) struct OpenRate {
    seed: [u8; 32],
    free: Bucket,
    worked: Bucket,
}

impl OpenRate {
    pub(super) const fn new(seed: [u8; 32]) -> Self {
        Self { seed, free: Bucket::full(OPEN_FREE_PER_MINUTE), worked: Bucket::full(OPEN_WORKED_PER_MINUTE) }
    }

    /// Checks `handshake/work` and `handshake/open-rate`. Hellos without work never use up the places of those with.
    pub(super) fn admit(&mut self, now: Now, hello: &Hello) -> Result<(), Refused> {
        if self.free.take(now) {
            return Ok(());
        }
        if failed("handshake/work", !self.is_worked(now, hello)) {
            let challenge = self.challenge(now.mono_ms / WORK_SLOT_MS, &hello.id_a);
            let work = Some(WorkChallenge { challenge, bits: WORK_BITS });
            return Err(Refused::by("handshake/work", HelloRefusal::SlowDown { work, retry_after: 1 }));
        }
        if failed("handshake/open-rate", !self.worked.take(now)) {
            return Err(Refused::by(
                "handshake/open-rate",
                HelloRefusal::SlowDown { work: None, retry_after: 60 },
            ));
        }
        Ok(())
    }

    /// Work for a challenge of the present slot or the one before: valid 2½ to 5 minutes.
    fn is_worked(&self, now: Now, hello: &Hello) -> bool {
        let Some(work) = hello.work else { return false };
        let slot = now.mono_ms / WORK_SLOT_MS;
        let asked = [slot, slot.saturating_sub(1)]
            .iter()
            .any(|slot| self.challenge(*slot, &hello.id_a) == work.challenge);
        asked && work_done(&work.challenge, Context::of_hello(hello).hash(), work.n, WORK_BITS)
    }

    /// Made from the seed, so that nothing needs to be remembered per stranger.
    fn challenge(&self, slot: u64, id_a: &NodeId) -> Id16 {
        let hash = Hash::of(&[b"work", &self.seed, &slot.to_be_bytes(), &id_a.0]);
        Id16(std::array::from_fn(|i| hash.0[i]))
    }
}

/// Token bucket of `per_minute` places, refilled evenly.
#[derive(Debug)]
struct Bucket {
    per_minute: u64,
    /// Places × 60,000.
    level: u64,
    at_ms: u64,
}

const PLACE: u64 = 60_000;

impl Bucket {
    const fn full(per_minute: u64) -> Self {
        Self { per_minute, level: per_minute * PLACE, at_ms: 0 }
    }

    fn take(&mut self, now: Now) -> bool {
        let passed = now.mono_ms.saturating_sub(self.at_ms);
        self.at_ms = self.at_ms.max(now.mono_ms);
        self.level =
            self.level.saturating_add(passed.saturating_mul(self.per_minute)).min(self.per_minute * PLACE);
        let free = self.level >= PLACE;
        if free {
            self.level -= PLACE;
        }
        free
    }
}
