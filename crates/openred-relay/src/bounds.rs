//! Every bound of the relay with its reason, in one place; what an owner may change is in
//! [`Quotas`](crate::mailbox::Quotas).
//!
//! Must not know: the code that keeps the bounds.

/// Mail that nobody fetched is dropped after so many seconds: 30 days (PROTOCOL §9).
pub const MAIL_KEPT_SECS: u64 = 30 * 86_400;
/// A deposit is recognised when it comes again for so many seconds: 32 days, so that no mail can still be there and be
/// taken a second time (PROTOCOL §9).
pub const IDS_KEPT_SECS: u64 = 32 * 86_400;
/// A mailbox whose owner has not come for so many seconds is ended, with what is in it: 366 days. Nodes that are gone for good
/// would fill the relay with mailboxes otherwise; one that comes back makes others.
pub const QUEUE_KEPT_SECS: u64 = 366 * 86_400;
/// Most mail of one answer to a fetch (Annex A.10).
pub const MAX_FETCHED: usize = 100;
/// Most bytes of contents of one answer to a fetch: 64 of the largest, so that a reader holds few of them at once.
pub const MAX_FETCHED_BYTES: usize = 4 << 20;
/// Most bytes of contents that wait for the disk in one process. Who finds no room waits, then is told `busy`.
pub const MAX_WAITING_BYTES: usize = 64 << 20;
/// How long a call waits for room in the queue of the committing or reading threads, ms; then it is told `busy`.
pub const MAX_WAIT_MS: u64 = 10_000;
/// Calls that wait for one thread.
pub const MAX_WAITING_CALLS: usize = 4_096;

/// Longest JSON body of a deposit, bytes (Annex A.10): 64 KiB as base64url, and the names around it.
pub const MAX_RELAY_BODY: usize = 96 << 10;
/// Longest body of a batch, bytes (Annex A.10).
pub const MAX_BATCH_BODY: usize = 4 << 20;
/// Longest other JSON body, bytes: none of them needs more.
pub const MAX_SMALL_BODY: usize = 4 << 10;
/// Longest message of a stream, bytes: a frame with the largest mail, or some hundred small ones. Bounds what somebody can
/// make the relay hold who sends half a message and no more.
pub const MAX_STREAM_MESSAGE: usize = 128 << 10;
/// Bytes of contents that one call of a stream to the store takes together, beyond its last message.
pub const MAX_STREAM_BATCH: usize = 512 << 10;
/// Calls to the store that one stream has under way; more messages are not read.
pub const MAX_STREAM_CALLS: usize = 32;
/// Streams at once: an open one is a connection and a few KiB.
pub const MAX_STREAMS: usize = 10_000;
/// Queues that one stream may have open.
pub const MAX_STREAM_QUEUES: usize = 64;
/// Most credit of a stream, pieces of mail; more is cut to it.
pub const MAX_CREDIT: u64 = 10_000;
/// What is written to a stream must be taken within, ms; else the stream ends.
pub const STREAM_WRITE_MS: u64 = 30_000;
/// A stream that says nothing for so long is asked whether it is there, and ended after the same again, ms.
pub const STREAM_SILENCE_MS: u64 = 30_000;
/// Longest wait of a fetch, seconds (Annex A.10).
pub const MAX_FETCH_WAIT_SECS: u64 = 25;
/// Fetches that wait at once.
pub const MAX_FETCHES_WAITING: usize = 50_000;
/// An owner counts as here for so long after being heard of, seconds (PROTOCOL §9).
pub const HERE_SECS: u64 = 90;
/// A signed call is remembered for so long, seconds (Annex A.0).
pub const NONCE_KEPT_SECS: u64 = 20 * 60;
/// Signed calls remembered against replay by one process: 20 minutes of 5,000 a second, about 100 MB.
pub const MAX_REMEMBERED_CALLS: usize = 6_000_000;
/// Owners, depositors or prefixes remembered per limit; a forgotten one starts anew.
pub const MAX_LIMITED: usize = 200_000;
/// Owners remembered as being here.
pub const MAX_PRESENT: usize = 1_000_000;
/// Connections at once, streams and fetches that wait among them.
pub const MAX_CONNECTIONS: usize = 60_000;
/// Connections at once from one address prefix: a large office or a mobile network's exit.
pub const MAX_CONNECTIONS_PER_PREFIX: usize = 1_024;
/// Keys of services: a list that one person keeps.
pub const MAX_API_KEYS: usize = 1_000;

/// Clients of the QUIC relay at once, however many the owner wishes: each is a connection and a queue.
pub const MAX_QUIC_CLIENTS: usize = 50_000;
/// Nodes that the owner may name for it: a list that one person keeps.
pub const MAX_QUIC_NODES: usize = 10_000;
/// Longest message of a client, bytes: datagrams of at most 64 KiB together, and what names their receiver.
pub const MAX_QUIC_MESSAGE: usize = 128 << 10;
/// Messages that wait for one client; more are dropped, as a full network does. 8 MiB at the most.
pub const MAX_QUIC_QUEUED: usize = 128;
/// Endpoint ids of which the decoded key is kept at hand.
pub const MAX_QUIC_PREPARED_KEYS: usize = 10_000;
/// Longest descriptor that is presented, bytes (Annex A.1).
pub const MAX_DESCRIPTOR_BODY: usize = openred_core::descriptor::MAX_BYTES;
