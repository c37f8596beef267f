//! Every bound of the directory with its reason, in one place; what an owner may change is in `config`.
//!
//! Must not know: the code that keeps the bounds.

/// Longest request body, bytes (PROTOCOL Annex A.0).
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// Both halves of a grant, and the wish for it, live this long at most, ms (PROTOCOL §3.1).
pub(crate) const MAX_GRANT_LIFE_MS: u64 = 30_000;
/// Grants in one answer to a poll (Annex A.3); 16 boxes of a 16 KiB descriptor stay below 512 KiB of text.
pub(crate) const MAX_GRANTS_PER_POLL: usize = 16;
/// Wishes one asker may have waiting; what is more is answered 429.
pub(crate) const MAX_ASKED_PER_ASKER: usize = 64;
/// Wishes waiting for one target; what is more is dropped in silence, else the answer told that it is away.
pub(crate) const MAX_ASKED_PER_TARGET: usize = 256;
/// Wishes waiting in all: about 20 MB with their descriptors shared.
pub(crate) const MAX_ASKED: usize = 65_536;
/// Sealed halves waiting for one asker to poll again.
pub(crate) const MAX_HALVES_PER_NODE: usize = 64;
/// Sealed halves waiting in all: at most about 250 MB when every descriptor has its full 16 KiB.
pub(crate) const MAX_HALVES: usize = 16_384;
/// Polls waiting at once.
pub(crate) const MAX_POLLS: usize = 50_000;
/// Connections at once: polls, and room for short calls.
pub(crate) const MAX_CONNECTIONS: usize = 60_000;
/// Connections at once from one address prefix: a large office or a mobile network's exit.
pub(crate) const MAX_CONNECTIONS_PER_PREFIX: usize = 1_024;
/// Bytes of nodes held in memory, about; the others are read from the database when they are needed.
pub(crate) const MAX_NODE_BYTES_IN_MEMORY: usize = 64 * 1024 * 1024;
/// How long memory is believed when other processes may write to the database and are heard, ms: they say what changes.
pub(crate) const MEMORY_AGE_HEARD_MS: u64 = 60_000;
/// The same when they are not heard.
pub(crate) const MEMORY_AGE_UNHEARD_MS: u64 = 1_000;
/// Polls known to wait at other processes: four as full as this one.
pub(crate) const MAX_POLLS_ELSEWHERE: usize = 4 * MAX_POLLS;
/// Things said in one message of processes to each other.
pub(crate) const MAX_SAYINGS: usize = 4_096;
/// Wishes and halves in one message: with full descriptors about 1.6 MB.
pub(crate) const MAX_ERRANDS: usize = 64;
/// Things to be said that wait for Redis; what is more is lost, and nodes ask again.
pub(crate) const MAX_UNSAID: usize = 262_144;
/// Messages of other processes that wait to be read.
pub(crate) const MAX_HEARD: usize = 1_024;
/// How old a message of another process may be, ms: as old as a wish. Their clocks must not be further apart.
pub(crate) const MAX_SAID_AGE_MS: u64 = MAX_GRANT_LIFE_MS;
/// Signed calls remembered against replay: 20 minutes of 5,000 calls a second, about 100 MB.
pub(crate) const MAX_REMEMBERED_CALLS: usize = 6_000_000;
/// How long a signed call is remembered, ms (Annex A.0).
pub(crate) const REPLAY_MEMORY_MS: u64 = 20 * 60_000;
/// How far ahead the end of a client's assertion may lie, seconds: it is used at once.
pub(crate) const ASSERTION_LIFE_SECS: u64 = 60;
/// Longest name of an assertion, bytes: a UUID has 36.
pub(crate) const MAX_JTI_BYTES: usize = 128;
/// Life of an access token, seconds.
pub(crate) const ACCESS_TOKEN_SECS: u64 = 600;
/// How long one key signs access tokens, seconds; it is known for as long again.
pub(crate) const TOKEN_KEY_SECS: u64 = 86_400;
/// How far a signed call's time may be from the directory's clock, seconds (Annex A.0).
pub(crate) const CALL_TIME_TOLERANCE_SECS: u64 = 600;
/// A grant is usable this long after its making, seconds (`ttl` of PROTOCOL §3).
pub(crate) const GRANT_TTL_SECS: u16 = 120;
/// Words of a search text that narrow the answer; further words are ignored.
pub(crate) const MAX_SEARCH_WORDS: usize = 4;
/// Longest search text, bytes.
pub(crate) const MAX_SEARCH_BYTES: usize = 256;
/// Words kept per node for the search.
pub(crate) const MAX_WORDS_PER_NODE: usize = 16;
/// A node whose signed call is younger than this counts as `active`, ms.
pub(crate) const ACTIVE_FOR_MS: u64 = 5 * 60_000;
/// Registered nodes; the next one is refused with 507 `full`.
pub(crate) const MAX_NODES: u64 = 2_000_000;
/// Identity logs kept of nodes that are no longer registered, seconds since they were last seen.
pub(crate) const LOG_KEPT_SECS: u64 = 400 * 86_400;
/// Proofs of forked identity logs kept in all.
pub(crate) const MAX_FORKS: u64 = 10_000;
/// A removal is remembered this long, seconds, so that no older registration comes back.
pub(crate) const REMOVAL_KEPT_SECS: u64 = 86_400;
/// Pushes under way at once.
pub(crate) const MAX_PUSHES: usize = 64;
/// Pushes waiting for a free place.
pub(crate) const MAX_PUSH_QUEUE: usize = 4_096;
/// Pushes to one host a minute: a registered `api_url` must not become a hose.
pub(crate) const MAX_PUSHES_PER_HOST_PER_MINUTE: u32 = 120;
/// A push must be answered within, ms.
pub(crate) const PUSH_TIMEOUT_MS: u64 = 5_000;
/// Envelopes being forwarded at once; the next caller is told to come again.
pub(crate) const MAX_ROUTES: usize = 64;
/// Envelopes forwarded to one host a minute: as for pushes.
pub(crate) const MAX_ROUTES_PER_HOST_PER_MINUTE: u32 = 120;
/// A node must take a forwarded envelope within, ms.
pub(crate) const ROUTE_TIMEOUT_MS: u64 = 5_000;
