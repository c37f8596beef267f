//! Every fixed limit of gossip in one place, each with its reason. What an owner may choose is in `config`.
//!
//! Must not know: who enforces them.

/// Neighbours that gossip knows: one bit each in the shape of a tree. Peers beyond it are linked and unused.
pub(super) const NEIGHBOURS_MAX: usize = 128;
/// Origins with a tree of their own (PROTOCOL, DESIGN §7).
pub(super) const OWN_TREES_MAX: usize = 256;
/// So often heard within [`BUSY_MS`] is worth a tree.
pub(super) const BUSY_COUNT: usize = 3;
/// Window of [`BUSY_COUNT`]; a tree that is unheard for so long goes.
pub(super) const BUSY_MS: u64 = 600_000;
/// A tree that has carried so many messages is shaped anew, once, from the origin outwards: until then it has the
/// shape of the shared tree it came from.
pub(super) const RESHAPE_AT: u64 = 512;
/// Payloads that arrive so soon after a prune were under way: they say nothing about the tree.
pub(super) const PRUNE_SETTLE_MS: u64 = 1000;
/// Announced ids of one neighbour that are waited for; more are not noted.
pub(super) const ANNOUNCED_PER_PEER_MAX: usize = 4096;
/// Ids that are waited for in all.
pub(super) const WANTED_MAX: usize = 16_384;
/// Neighbours remembered per id that is waited for.
pub(super) const ANNOUNCERS_MAX: u32 = 8;
/// Ids asked of one neighbour and not yet come.
pub(super) const ASKED_PER_PEER_MAX: u32 = 512;
/// Tries per id: then reconciliation has to find it.
pub(super) const TRIES_MAX: u8 = 6;
/// Shortest wait between an announcement and asking for the payload.
pub(super) const GRAFT_MS_MIN: u64 = 5;
/// Longest such wait that round trips alone can give.
pub(super) const GRAFT_MS_BASE_MAX: u64 = 100;
/// Longest such wait, reached when asking proves to be needless.
pub(super) const GRAFT_MS_MAX: u64 = 250;
/// By such a part what was added to the wait goes again with each payload that came in time: asking is needless about
/// once in so many times then.
pub(super) const LONG_ENOUGH: u64 = 64;
/// The wait while no round trip is known.
pub(super) const GRAFT_MS_UNKNOWN: u64 = 5;
/// Unanswered requests in a row after which it counts as a timeout, if another delivered.
pub(super) const UNANSWERED_MAX: u32 = 3;
/// Messages per second up to which ids gather for [`QUIET_GATHER_MS`]; beyond it for a ms for each of them.
pub(super) const QUIET_PER_S: u64 = 56;
/// In a quiet network payloads go first: ids sent at the same moment are eight frames of work for each payload that waits behind
/// them, and most of them tell what is about to arrive.
pub(super) const QUIET_GATHER_MS: u64 = 3;
/// A copy with a larger ttl re-arms forwarding if the first one could not cross the network: honest copies have more.
pub(super) const TTL_SHORT: u8 = 3;
/// Messages of an origin that wait for its log.
pub(super) const WAITING_PER_ORIGIN_MAX: usize = 16;
/// Messages that wait for a log in all.
pub(super) const WAITING_MAX: usize = 1024;
/// Bytes that wait for a log in all.
pub(super) const WAITING_BYTES_MAX: usize = 4 << 20;
/// A log that has not come by then is not coming.
pub(super) const WAITING_MS: u64 = 30_000;
/// Own messages that wait for their signature.
pub(super) const PENDING_MAX: usize = 16_384;
/// Announcements of descriptors per origin that are read: two, then one in a minute.
pub(super) const ANNOUNCEMENTS: super::bucket::Rate = super::bucket::Rate { per_s: 1, burst_s: 120 };
/// Places of [`ANNOUNCEMENTS`] that one takes.
pub(super) const ANNOUNCEMENT_PLACES: u64 = 60;
/// Origins whose statements are found for TRUSTED_PEERS_REQUEST.
pub(super) const STATEMENTS_MAX: usize = 256;
/// Ids are remembered so long after they expired, by the monotonic clock.
pub(super) const REMEMBER_MS: u64 = 600_000;
/// A contact's or followed origin's share weighs so much less when room is made.
pub(super) const KNOWN_WEIGHT: usize = 16;
/// Of what the heaviest origin holds, this part goes at once when room is made.
pub(super) const EVICT_PART: usize = 8;
/// A message that travelled more hops is a reason to look for a shorter way.
pub(super) const HOPS_LONG: u8 = 4;
/// Looking for a shorter way costs a copy: one in so many messages, in half as many for each hop more.
pub(super) const SHORTEN_EVERY: u32 = 32;
/// Shorter ways looked for at once, when the network is new or has changed.
pub(super) const SHORTEN_BURST: u32 = 2;
