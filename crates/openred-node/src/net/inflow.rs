//! How much peers may say: token buckets per person, shared by all sessions with them. Who is over the limit is read
//! more slowly and acknowledged later; nothing is lost. Pushes of directories are refused instead. Knows no contents.

use std::{sync::Arc, time::Duration};

use openred_core::ids::NodeId;
use openred_service::{
    lifecycle::Clock,
    limits::{Limiter, Rate, SlowDown},
};

/// Items of a contact: a backlog of 20,000 at once, then 100 a second.
const CONTACT: Rate = Rate::per_second(100).burst(20_000);
/// Items of a stranger: 64 at once, then one a second.
const STRANGER: Rate = Rate::per_second(1).burst(64);
/// People whose rates are remembered.
const PEOPLE_MAX: usize = 8_192;
/// Items admitted at once: what an honest sender has on its way.
pub(super) const SLICE: usize = 256;
/// Longest rest before a session looks again whether it must stop.
const REST_S: u64 = 5;
/// Pushed grants of one directory.
const PUSHES_OF_ONE: Rate = Rate::per_minute(60).burst(32);
/// Pushed grants of all directories together, those that are not this node's included.
const PUSHES: Rate = Rate::per_minute(300).burst(64);
/// Directories whose rates are remembered.
const DIRECTORIES_MAX: usize = 64;

/// Looks at links of files and downloads begun, by anybody.
const LINKS: Rate = Rate::per_second(10).burst(60);
/// Readings of the wall, by anybody.
const WALLS: Rate = Rate::per_second(20).burst(60);
/// Readings of one locked person's wall by this node.
const WALL_OF_ONE: Rate = Rate::per_hour(12).burst(2);

/// The buckets. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Inflow(Arc<Buckets>);

#[derive(Debug)]
struct Buckets {
    clock: Clock,
    contacts: Limiter<i64>,
    strangers: Limiter<i64>,
    pushes: Limiter<()>,
    pushes_of_one: Limiter<NodeId>,
    walls: Limiter<()>,
    links: Limiter<()>,
    walls_of_one: Limiter<i64>,
}

impl Inflow {
    pub(super) fn new(clock: Clock) -> Self {
        Self(Arc::new(Buckets {
            clock,
            contacts: Limiter::new(CONTACT, PEOPLE_MAX),
            strangers: Limiter::new(STRANGER, PEOPLE_MAX),
            pushes: Limiter::new(PUSHES, 2),
            pushes_of_one: Limiter::new(PUSHES_OF_ONE, DIRECTORIES_MAX),
            walls: Limiter::new(WALLS, 2),
            links: Limiter::new(LINKS, 2),
            walls_of_one: Limiter::new(WALL_OF_ONE, PEOPLE_MAX),
        }))
    }

    /// Whether so many items of a person may be taken now.
    pub(super) fn take(&self, person: i64, is_stranger: bool, count: usize) -> Result<(), SlowDown> {
        let bucket = if is_stranger { &self.0.strangers } else { &self.0.contacts };
        bucket.take_many(person, u32::try_from(count).unwrap_or(u32::MAX), self.0.clock.monotonic_ms())
    }

    /// Resolves when so many items may be taken: the sender waits for its acknowledgements.
    pub(super) async fn admit(&self, person: i64, is_stranger: bool, count: usize) {
        while let Err(slow) = self.take(person, is_stranger, count) {
            metrics::counter!("openred_node_inflow_waits_total").increment(1);
            tokio::time::sleep(Duration::from_secs(slow.seconds.clamp(1, REST_S))).await;
        }
    }

    /// Whether anybody may read this node's wall now.
    pub(super) fn wall(&self) -> Result<(), SlowDown> {
        self.0.walls.take((), self.0.clock.monotonic_ms())
    }

    /// Whether anybody may look at a link of a file now.
    pub(super) fn link(&self) -> Result<(), SlowDown> {
        self.0.links.take((), self.0.clock.monotonic_ms())
    }

    /// Whether the wall of a person whose node is locked is to be read now.
    pub(super) fn wall_of(&self, person: i64) -> Result<(), SlowDown> {
        self.0.walls_of_one.take(person, self.0.clock.monotonic_ms())
    }

    /// Whether a push may be looked at, of whatever directory it claims to be.
    pub(super) fn push(&self) -> Result<(), SlowDown> {
        self.0.pushes.take((), self.0.clock.monotonic_ms())
    }

    /// Whether a push of a directory of this node may be looked at.
    pub(super) fn push_of(&self, dir_id: &NodeId) -> Result<(), SlowDown> {
        self.0.pushes_of_one.take(*dir_id, self.0.clock.monotonic_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_backlog_passes_at_once_and_a_flood_has_to_wait() {
        let (clock, hands) = Clock::manual(1_790_000_000_000);
        let inflow = Inflow::new(clock);
        let ben = 7;
        for _ in 0..10_000_usize.div_ceil(SLICE) {
            assert_eq!(inflow.take(ben, false, SLICE), Ok(()), "10,000 items that waited for ana");
        }
        let taken = (0..1_000).take_while(|_| inflow.take(ben, false, SLICE).is_ok()).count();
        assert!(taken < 80_000 / SLICE, "{taken} more slices at once is no flood control");
        let slow = inflow.take(ben, false, SLICE).unwrap_err();
        assert!(slow.seconds <= 3, "{slow:?}: an honest sender's window is acknowledged before it gives up");
        assert_eq!(inflow.take(8, false, SLICE), Ok(()), "chloé does not pay for ben");
        hands.advance(slow.seconds * 1_000);
        assert_eq!(inflow.take(ben, false, SLICE), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_read_later_and_not_lost() {
        let (clock, hands) = Clock::manual(1_790_000_000_000);
        let inflow = Inflow::new(clock);
        inflow.admit(7, true, 64).await;
        let waits = inflow.admit(7, true, 3);
        tokio::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending(), "a stranger says one thing a second");
        hands.advance(3_000);
        tokio::time::timeout(Duration::from_secs(4), waits).await.unwrap();
    }

    #[test]
    fn pushes_are_limited_for_one_directory_and_for_all() {
        let (clock, hands) = Clock::manual(1_790_000_000_000);
        let inflow = Inflow::new(clock);
        let one = NodeId([1; 32]);
        assert_eq!((0..100).filter(|_| inflow.push_of(&one).is_ok()).count(), 32);
        assert_eq!(inflow.push_of(&NodeId([2; 32])), Ok(()));
        assert_eq!((0..100).filter(|_| inflow.push().is_ok()).count(), 64);
        assert_eq!(inflow.push(), Err(SlowDown { seconds: 1 }));
        hands.advance(1_000);
        assert_eq!((inflow.push(), inflow.push_of(&one)), (Ok(()), Ok(())));
    }
}
