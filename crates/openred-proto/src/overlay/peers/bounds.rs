//! Limits of the peer tables that nobody may choose, each with its reason.
//!
//! Must not know: who enforces them.

use crate::overlay::trust::Ppm;

/// Buckets of addresses never linked with.
pub const NEW_BUCKETS: u64 = 64;
/// Of these, buckets that one introducer group can reach: an eighth of the table whatever it tells us.
pub const NEW_PER_SOURCE: u64 = 8;
/// Buckets of addresses that there was a link with.
pub const TRIED_BUCKETS: u64 = 32;
/// Of these, buckets that one address group can reach.
pub const TRIED_PER_GROUP: u64 = 4;
/// Longest-lived links that are never evicted: an attacker cannot have been here first.
pub const LONG_LIVED: usize = 8;
/// Links to return to after a restart; PROTOCOL §7 asks for two.
pub const ANCHORS_MAX: usize = 4;
/// Below the initial trust by more than this there is no slot: one invalid frame is forgiven, two are not.
pub const FLOOR_BELOW_INITIAL: Ppm = 100_000;
/// First wait after a failed dial; doubles each time.
pub const RETRY_FIRST_MS: u64 = 5000;
/// Longest wait between two dials of one node.
pub const RETRY_LONGEST_MS: u64 = 3_600_000;
/// Longest wait between two dials of a pinned contact.
pub const RETRY_PINNED_MS: u64 = 60_000;
/// After a link ended, or its peer refused us, somebody else is tried first.
pub const REST_MS: u64 = 120_000;
/// Whoever is below the floor is looked at again after this.
pub const DISTRUST_MS: u64 = 3_600_000;
/// Failures in a row after which an address may be replaced by any other.
pub const FAILURES_STALE: u8 = 3;
/// Failures in a row after which an address is forgotten.
pub const FAILURES_MAX: u8 = 8;
/// One answer to a question for peers costs this much time of the asker; eight at once.
pub const ANSWER_EVERY_MS: u64 = 2000;
/// One address told by a peer costs this much time of it; 128 at once.
pub const ENTRY_EVERY_MS: u64 = 500;
/// Answers at once.
pub const ANSWERS_BURST: u64 = 8;
/// Addresses at once.
pub const ENTRIES_BURST: u64 = 128;
/// Nodes looked for at once.
pub const FINDS_MAX: usize = 64;
/// Between two rounds of a search.
pub const FIND_EVERY_MS: u64 = 5000;
/// Rounds of a search.
pub const FIND_ROUNDS: u8 = 4;
/// Peers asked in one round.
pub const FIND_ASKED: usize = 3;
/// Slots are held against trust again this often.
pub const REVIEW_MS: u64 = 60_000;
/// A drawn link gives its place to another draw this often, when all places are taken.
pub const EXPLORE_MS: u64 = 600_000;
/// Links that go within this time may have gone for one reason.
pub const TOGETHER_MS: u64 = 180_000;
/// Peers that are looked for after they went together.
pub const LOST_MAX: usize = 8;
/// One of them is tried again this often at first.
pub const LOST_EVERY_MS: u64 = 60_000;
/// So many times; then seldom.
pub const LOST_TRIES_OFTEN: u32 = 20;
/// One of them is tried again this often later.
pub const LOST_SELDOM_MS: u64 = 600_000;
/// Half a day; then whoever comes back comes as anybody does.
pub const LOST_TRIES_MAX: u32 = 92;
