//! Every limit of introductions and ticket tables in one place, each with its reason (PROTOCOL §3.2, §4).
//!
//! Must not know: who enforces them.

/// Role-B grants that wait for their hello.
pub const PENDING_MAX: usize = 256;
/// Of these, places that strangers may take: the other half is for contacts.
pub const PENDING_STRANGERS_MAX: usize = PENDING_MAX / 2;
/// Waiting grants of one peer: more helps nobody.
pub const PENDING_PER_PEER_MAX: usize = 8;
/// A grant is usable for 120 s after receipt, by the monotonic clock.
pub const GRANT_USABLE_MS: u64 = 120_000;
/// Used grant ids are remembered until not_before + ttl + 1 h.
pub const USED_EXTRA_SECS: u64 = 3600;
/// Grant ids remembered; beyond it new grants are refused rather than old ids forgotten.
pub const USED_MAX: usize = 65_536;
/// An own request waits this long for its grant: the window of its time.
pub const REQUEST_WAIT_MS: u64 = 600_000;
/// Own requests under way.
pub const REQUESTS_MAX: usize = 256;
/// First wait after 425; doubles each time.
pub const RETRY_FIRST_MS: u64 = 25;
/// Longest wait between two tries of a grant.
pub const RETRY_LONGEST_MS: u64 = 3200;
/// (id_A, nonce) of kinds 2–4 stay unrepeatable for 20 minutes.
pub const REPLAY_MS: u64 = 1_200_000;
/// Such pairs remembered; beyond it hellos are slowed down rather than pairs forgotten.
pub const REPLAY_MAX: usize = 65_536;
/// Replies kept for byte-equal retries; the oldest go first.
pub const REPLIES_MAX: usize = 1024;
/// Hellos between table and reply at once.
pub const ANSWERING_MAX: usize = 256;
/// Pair secrets kept per peer.
pub const PAIRS_PER_PEER_MAX: usize = 4;
/// An own descriptor that was replaced still counts for 24 h.
pub const OWN_DESCRIPTOR_SECS: u64 = 86_400;
/// Hellos of strangers per minute that need no work.
pub const OPEN_FREE_PER_MINUTE: u64 = 20;
/// Hellos of strangers per minute with work; beyond it 429 whatever they bring.
pub const OPEN_WORKED_PER_MINUTE: u64 = 240;
/// Work asked for: some 50 ms of a phone.
pub const WORK_BITS: u8 = 18;
/// Half the validity of a work challenge (5 minutes): the present and the previous slot count.
pub const WORK_SLOT_MS: u64 = 150_000;
/// A replaced session drains this long.
pub const DRAIN_MS: u64 = 10_000;
