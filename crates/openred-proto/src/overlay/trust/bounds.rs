//! The numbers of PROTOCOL §7 and the sizes of the books, each with its reason. Trust is counted in millionths.
//!
//! Must not know: who uses them.

use openred_core::overlay::LIFE_MAX_S;

/// Trust in millionths: integers, so that equal inputs give equal trust everywhere and SQL needs no floats.
pub type Ppm = i64;

/// 1.0.
pub const ONE: Ppm = 1_000_000;
/// A credited valid first delivery.
pub const CREDIT: Ppm = 1000;
/// Credits of one peer per day: from 0.5 to 0.7 in no less than ten days.
pub const CREDITS_PER_DAY: u8 = 20;
/// Bytes that prove by themselves that they are wrong.
pub const INVALID: Ppm = 100_000;
/// An open session that fell silent while others answered.
pub const TIMEOUT: Ppm = 50_000;
/// Timeouts alone never push below this.
pub const TIMEOUT_FLOOR: Ppm = 400_000;
/// At least this between two counted timeouts of one peer.
pub const TIMEOUT_EVERY_S: u64 = DAY_S;
/// From here one's statements count, and one's messages earn credits for who delivers them.
pub const TRUSTED: Ppm = 700_000;
/// Recommenders are known this long.
pub const KNOWN_S: u64 = 7 * DAY_S;
/// Most that recommendations may add.
pub const BOOST_MAX: Ppm = 100_000;
/// Share of a recommender's trust that a statement of 1.0 gives: a tenth.
pub const BOOST_SHARE: Ppm = 10;
/// Longest life of a statement, and how long a replaced one may be replayed.
pub const STATEMENT_LIFE_S: u64 = LIFE_MAX_S;
/// Statements dated up to this far ahead are kept, and count when their time has come.
pub const AHEAD_S: u64 = openred_core::overlay::AHEAD_MAX_S;
/// Nodes whose statements are held, ≤ 256 each.
pub const RECOMMENDERS_MAX: usize = 512;
/// Counted deliveries are written at most this often; what a crash loses is a count, never a penalty.
pub const SAVE_MS: u64 = 600_000;
/// After so many days without a change decay has nothing left to do.
pub const DECAY_DAYS_MAX: u64 = 2000;
/// Friends-first: how far a contact's word reaches.
pub const FLOW_DEPTH: usize = 3;
/// A day in seconds.
pub const DAY_S: u64 = 86_400;
