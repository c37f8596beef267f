//! One session over HTTPS bodies as a pure machine (PROTOCOL §4 "HTTPS frames", Annex A.5).
//!
//! Both sides number, seal and reassemble; the accepting side also remembers its answers, so that a body that
//! came twice is answered with the same bytes. What frames mean is the driver's business; sockets, clocks and
//! keys' origin are not known here.

use std::collections::BTreeMap;

use openred_core::{
    frame::{Frame, FrameError, FrameStream},
    ids::Id16,
    session_keys::{Chunk, HTTPS_BODY_MAX, HttpsBody, OpenError, PLAIN_MAX, SealError, SessionKeys, TAG_LEN},
};

/// Frames after which a session renews.
pub const RENEW_FRAMES: u64 = 1 << 20;
/// Bytes after which a session renews: 1 GiB.
pub const RENEW_BYTES: u64 = 1 << 30;
/// Age at which a session renews: 1 h.
pub const RENEW_MS: u64 = 3_600_000;
/// Age at which a session ends, whatever happens: 2 h.
pub const HARD_STOP_MS: u64 = 7_200_000;
/// Silence after which a session ends: 300 s (S2).
pub const IDLE_MS: u64 = 300_000;
/// Bodies that may be on their way at once.
pub const POSTS_IN_FLIGHT_MAX: usize = 8;
/// Answers remembered.
pub const REPLIES_MAX: usize = 64;
/// Bytes of answers remembered.
pub const REPLY_BYTES_MAX: usize = 4 << 20;
/// Messages held that came before their turn: what eight bodies can carry.
const AHEAD_BYTES_MAX: usize = POSTS_IN_FLIGHT_MAX * HTTPS_BODY_MAX;
/// Bytes of one body given to chunks; the rest of 1 MiB is room for ids and numbers.
const BODY_ROOM: usize = HTTPS_BODY_MAX - 64;

/// Why a session cannot go on. Drop it; the initiator meets again by pair ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// A ciphertext is not the peer's n-th message.
    #[error("a message of the session does not open")]
    Open,
    /// A frame could not be read.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A number that was used before came with other bytes, or too far ahead.
    #[error("message number out of the window")]
    Window,
    /// The stored answer is no longer there: `session_lost`.
    #[error("the session is lost")]
    Lost,
    /// Nonces are used up.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<OpenError> for ChannelError {
    fn from(_: OpenError) -> Self {
        Self::Open
    }
}

/// Age and volume of a session, whatever carries it.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    opened_ms: u64,
    frames: u64,
    bytes: u64,
}

impl Meter {
    /// A session that stands since `now_ms` (monotonic).
    pub fn new(now_ms: u64) -> Self {
        Self { opened_ms: now_ms, frames: 0, bytes: 0 }
    }

    /// These went or came.
    pub fn count(&mut self, frames: u64, bytes: u64) {
        self.frames += frames;
        self.bytes += bytes;
    }

    /// Whether the session should be replaced by a fresh one.
    pub fn wants_renewal(&self, now_ms: u64) -> bool {
        self.frames >= RENEW_FRAMES || self.bytes >= RENEW_BYTES || self.age(now_ms) >= RENEW_MS
    }

    /// Whether the session is over, whatever happens.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.age(now_ms) >= HARD_STOP_MS
    }

    fn age(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.opened_ms)
    }
}

/// One direction pair of a session: numbers, keys, order.
#[derive(Debug)]
pub struct Channel {
    session_id: Id16,
    keys: SessionKeys,
    meter: Meter,
    next_tx: u64,
    next_rx: u64,
    outgoing: Vec<u8>,
    sent_to: usize,
    ahead: BTreeMap<u64, Vec<u8>>,
    ahead_bytes: usize,
    incoming: FrameStream,
}

impl Channel {
    /// A session whose FIRST frames (number 0 of each side) have opened at `now_ms`.
    pub fn new(session_id: Id16, keys: SessionKeys, now_ms: u64) -> Self {
        Self {
            session_id,
            keys,
            meter: Meter::new(now_ms),
            next_tx: 1,
            next_rx: 1,
            outgoing: Vec::new(),
            sent_to: 0,
            ahead: BTreeMap::new(),
            ahead_bytes: 0,
            incoming: FrameStream::new(),
        }
    }

    /// Name of the session.
    pub fn session_id(&self) -> Id16 {
        self.session_id
    }

    /// Queues a frame.
    pub fn push(&mut self, frame: &Frame) {
        self.meter.count(1, 0);
        self.outgoing.extend_from_slice(&frame.encode());
    }

    /// Bytes of frames not yet in a body.
    pub fn backlog(&self) -> usize {
        self.outgoing.len() - self.sent_to
    }

    /// The next body: as many queued bytes as fit. With `number_always`, an empty message is numbered when
    /// nothing waits, so that the peer can recognise the body when it comes again.
    pub fn body(&mut self, number_always: bool) -> Result<Vec<u8>, ChannelError> {
        let mut chunks = Vec::new();
        let mut room = BODY_ROOM;
        while self.backlog() > 0 && room > PLAIN_MAX + TAG_LEN + 10 {
            let take = self.backlog().min(PLAIN_MAX);
            let piece = self.outgoing[self.sent_to..self.sent_to + take].to_vec();
            self.sent_to += take;
            room -= take + TAG_LEN + 10;
            chunks.push(self.seal(&piece)?);
        }
        if chunks.is_empty() && number_always {
            chunks.push(self.seal(&[])?);
        }
        if self.backlog() == 0 {
            self.outgoing.clear();
            self.sent_to = 0;
        }
        Ok(HttpsBody { session_id: self.session_id, chunks }.encode())
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Chunk, ChannelError> {
        let n = self.next_tx;
        self.next_tx += 1;
        self.meter.count(0, plain.len() as u64);
        Ok(Chunk { n, ciphertext: self.keys.seal(n, plain)? })
    }

    /// Opens the messages of a body and returns the frames that are now complete, in order.
    pub fn accept(&mut self, body: &HttpsBody) -> Result<Vec<Frame>, ChannelError> {
        for chunk in &body.chunks {
            if chunk.n < self.next_rx || self.ahead.contains_key(&chunk.n) {
                return Err(ChannelError::Window);
            }
            let plain = self.keys.open(chunk.n, &chunk.ciphertext)?;
            self.ahead_bytes += plain.len();
            if self.ahead_bytes > AHEAD_BYTES_MAX {
                return Err(ChannelError::Window);
            }
            self.ahead.insert(chunk.n, plain.to_vec());
        }
        let mut frames = Vec::new();
        while let Some(plain) = self.ahead.remove(&self.next_rx) {
            self.next_rx += 1;
            self.ahead_bytes -= plain.len();
            self.meter.count(0, plain.len() as u64);
            self.incoming.push(&plain);
            while let Some(frame) = self.incoming.next_frame()? {
                self.meter.count(1, 0);
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    /// Whether the session should be replaced by a fresh one.
    pub fn wants_renewal(&self, now_ms: u64) -> bool {
        self.meter.wants_renewal(now_ms)
    }

    /// Whether the session is over, whatever happens.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.meter.is_expired(now_ms)
    }
}

/// What the accepting side does with a body.
#[derive(Debug)]
pub enum Post {
    /// New: act on the frames, then answer with [`Acceptor::reply`] for this number.
    Fresh {
        /// First number of the body; names its answer.
        first: u64,
        /// Complete frames, in order.
        frames: Vec<Frame>,
    },
    /// It came before and was answered: the same bytes again.
    Again(Vec<u8>),
    /// It came before and its answer is still held back: release that one, both get it.
    Pending {
        /// First number of the body.
        first: u64,
    },
}

/// The accepting side: a [`Channel`] with memory of its answers.
#[derive(Debug)]
pub struct Acceptor {
    channel: Channel,
    replies: BTreeMap<u64, Option<Vec<u8>>>,
    reply_bytes: usize,
    forgotten_below: u64,
}

impl Acceptor {
    /// Around a channel whose FIRST exchange was answered with `first_reply`.
    pub fn new(channel: Channel, first_reply: Vec<u8>) -> Self {
        let reply_bytes = first_reply.len();
        let replies = BTreeMap::from([(0, Some(first_reply))]);
        Self { channel, replies, reply_bytes, forgotten_below: 0 }
    }

    /// The channel, to queue frames.
    pub fn channel(&mut self) -> &mut Channel {
        &mut self.channel
    }

    /// Takes a body of `POST /p2p/message`.
    pub fn on_post(&mut self, body: &HttpsBody) -> Result<Post, ChannelError> {
        let Some(first) = body.chunks.iter().map(|c| c.n).min() else {
            return Err(ChannelError::Window);
        };
        if let Some(reply) = self.replies.get(&first) {
            return Ok(reply.clone().map_or(Post::Pending { first }, Post::Again));
        }
        if first < self.forgotten_below {
            return Err(ChannelError::Lost);
        }
        if self.replies.values().filter(|r| r.is_none()).count() >= POSTS_IN_FLIGHT_MAX {
            return Err(ChannelError::Window);
        }
        let frames = self.channel.accept(body)?;
        self.replies.insert(first, None);
        Ok(Post::Fresh { first, frames })
    }

    /// The answer to the body `first`, with whatever waits; remembered until 64 or 4 MiB newer ones exist.
    pub fn reply(&mut self, first: u64) -> Result<Vec<u8>, ChannelError> {
        if let Some(Some(reply)) = self.replies.get(&first) {
            return Ok(reply.clone());
        }
        let reply = self.channel.body(false)?;
        self.reply_bytes += reply.len();
        self.replies.insert(first, Some(reply.clone()));
        while self.replies.len() > REPLIES_MAX || self.reply_bytes > REPLY_BYTES_MAX {
            let Some((n, old)) = self.replies.pop_first() else { break };
            self.reply_bytes -= old.map_or(0, |r| r.len());
            self.forgotten_below = n + 1;
        }
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Channel, Acceptor) {
        let keys = SessionKeys::new([1; 32], [2; 32]);
        let id = Id16([9; 16]);
        let ben = Channel::new(id, keys.flipped(), 0);
        (Channel::new(id, keys, 0), Acceptor::new(ben, b"first".to_vec()))
    }

    fn close(text: &str) -> Frame {
        Frame::Close { code: "idle".to_owned(), text: text.to_owned() }
    }

    fn body(bytes: &[u8]) -> HttpsBody {
        HttpsBody::decode(bytes).unwrap()
    }

    #[test]
    fn frames_cross_both_ways_and_a_repeated_body_gets_the_same_answer() {
        let (mut ana, mut ben) = pair();
        ana.push(&close("from ana"));
        let post = body(&ana.body(true).unwrap());
        let Post::Fresh { first, frames } = ben.on_post(&post).unwrap() else { panic!("fresh") };
        assert_eq!((first, frames), (1, vec![close("from ana")]));
        assert!(matches!(ben.on_post(&post).unwrap(), Post::Pending { first: 1 }), "not answered yet");
        ben.channel().push(&close("from ben"));
        let answer = ben.reply(1).unwrap();
        let Post::Again(again) = ben.on_post(&post).unwrap() else { panic!("again") };
        assert_eq!(again, answer, "byte-equal, nothing is sealed twice");
        assert_eq!(ana.accept(&body(&answer)).unwrap(), vec![close("from ben")]);
    }

    #[test]
    fn bodies_that_overtake_each_other_are_put_in_order() {
        let (mut ana, mut ben) = pair();
        let bodies: Vec<_> = ["one", "two", "three"]
            .map(|t| {
                ana.push(&close(t));
                body(&ana.body(true).unwrap())
            })
            .into();
        let mut seen = Vec::new();
        for i in [2, 0, 1] {
            let Post::Fresh { frames, .. } = ben.on_post(&bodies[i]).unwrap() else { panic!("fresh") };
            seen.extend(frames);
        }
        assert_eq!(seen, ["one", "two", "three"].map(close));
    }

    #[test]
    fn altered_replayed_and_forgotten_bodies_are_refused_by_name() {
        let (mut ana, mut ben) = pair();
        ana.push(&close("x"));
        let mut altered = body(&ana.body(true).unwrap());
        altered.chunks[0].ciphertext[3] ^= 1;
        assert_eq!(ben.on_post(&altered).unwrap_err(), ChannelError::Open);
        let (mut ana, mut ben) = pair();
        let early = body(&ana.body(true).unwrap());
        ben.on_post(&early).unwrap();
        ben.reply(1).unwrap();
        for n in 2..=(REPLIES_MAX as u64 + 2) {
            ben.on_post(&body(&ana.body(true).unwrap())).unwrap();
            ben.reply(n).unwrap();
        }
        assert_eq!(ben.on_post(&early).unwrap_err(), ChannelError::Lost);
    }

    #[test]
    fn a_long_backlog_is_cut_into_bodies_below_one_mebibyte() {
        let (mut ana, mut ben) = pair();
        let big = Frame::Response { id: 1, status: 200, json: "x".repeat(900_000) };
        ana.push(&big);
        ana.push(&big);
        let mut frames = Vec::new();
        while ana.backlog() > 0 {
            let bytes = ana.body(false).unwrap();
            assert!(bytes.len() <= HTTPS_BODY_MAX);
            let Post::Fresh { first, frames: more } = ben.on_post(&body(&bytes)).unwrap() else {
                panic!("fresh")
            };
            ben.reply(first).unwrap();
            frames.extend(more);
        }
        assert_eq!(frames, vec![big.clone(), big]);
    }

    #[test]
    fn a_session_renews_by_age_and_ends() {
        let (ana, _) = pair();
        assert!(!ana.wants_renewal(RENEW_MS - 1));
        assert!(ana.wants_renewal(RENEW_MS) && !ana.is_expired(RENEW_MS));
        assert!(ana.is_expired(HARD_STOP_MS));
    }
}
