//! An open session over HTTPS, either end: one task that owns the channel, and the handle others hold.

use std::{sync::Arc, time::Duration};

use openred_core::{
    frame::{Frame, Item, close},
    ids::{Id16, NodeId},
    session_keys::HttpsBody,
};
use openred_proto::session::{Acceptor, Channel, ChannelError, IDLE_MS, POSTS_IN_FLIGHT_MAX, Post};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{
    conversation::{After, Conversation},
    https::{PostFailed, Poster},
    inflow::Inflow,
    requests::{Answer, Answers, Asker},
};
use crate::{deps::Deps, error::NodeError};

/// Commands waiting for a session.
const COMMANDS: usize = 128;
/// A long poll is held this long (S2, Annex A.5).
pub(super) const POLL_S: u64 = 25;
/// Pause before a session that ended is followed by another.
const AFTER_END: Duration = Duration::from_millis(500);
/// The accepting side believes the session dead when no body came for this long.
const SILENCE_MS: u64 = 40_000;

/// What the session's task can be told.
#[derive(Debug)]
pub(super) enum Command {
    /// Something waits in the outbox.
    Carry,
    /// Send these frames.
    Send(Vec<Frame>),
    /// Apply these again: the missing logs were asked for.
    Retry(Vec<Item>),
    /// Ask the peer.
    Ask { path: String, json: String, reply: oneshot::Sender<Result<Answer, NodeError>> },
    /// A body came by HTTP (accepting side only); its answer may be held for `wait` seconds. Where a path is named, its
    /// only REQUEST must name the same.
    Post {
        body: HttpsBody,
        path: Option<&'static str>,
        wait: u64,
        reply: oneshot::Sender<Result<Vec<u8>, ChannelError>>,
    },
    /// End it, telling the peer why.
    Close(&'static str),
}

/// Handle of an open session.
#[derive(Debug, Clone)]
pub struct Live {
    /// Proven id of the peer.
    pub peer: NodeId,
    /// `connections.id` of the peer.
    pub person: i64,
    /// Name of the session.
    pub session_id: Id16,
    /// Whether this node began it.
    pub initiator: bool,
    /// Unix ms.
    pub opened_at: u64,
    commands: mpsc::Sender<Command>,
    ended: CancellationToken,
}

/// How long a session that cannot read or write here waits before it says so.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// Why a session ended: nothing can be read or written here. The peer is told, so that it does not wait for answers.
const DATABASE: &str = "database";

fn unusable(error: &NodeError) -> &'static str {
    warn!(%error, "a session cannot go on");
    DATABASE
}

/// A moment in which the disk may be well again: the peer calls at once when it is told.
async fn pause(stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(AFTER_FAILURE) => {}
    }
}

/// What both ends need.
pub(super) struct Setup {
    pub(super) deps: Deps,
    pub(super) peer: NodeId,
    pub(super) person: i64,
    /// A contact that could not prove to be met again: only what strangers may say.
    pub(super) request_lane: bool,
    /// This node cannot be called: its own sessions stay open.
    pub(super) keep_open: bool,
    pub(super) answers: Arc<dyn Answers>,
    pub(super) inflow: Inflow,
    pub(super) stop: CancellationToken,
}

impl Live {
    /// Starts the initiator's end.
    pub(super) fn initiate(setup: Setup, channel: Channel, poster: Poster) -> Self {
        let (live, talk, commands) = Self::new(&setup, channel.session_id(), true);
        let (ended, stop, deps) = (live.ended.clone(), setup.stop, setup.deps);
        deps.tasks.clone().spawn_one_of_many("session", async move {
            let heard = deps.clock.monotonic_ms();
            let keep_open = setup.keep_open;
            let posts = JoinSet::new();
            let mut end = Initiator { channel, talk, poster, posts, polling: false, heard, keep_open };
            let why = end.run(commands, &stop, &ended, &deps).await;
            if why == DATABASE {
                pause(&stop).await;
                end.say_goodbye(close::IDLE).await;
            }
            debug!(why, "a session ended");
            ended.cancel();
            // What is not acknowledged goes by the next session.
            tokio::time::sleep(AFTER_END).await;
            deps.wake.ring();
        });
        live
    }

    /// Starts the accepting end.
    pub(super) fn accept(setup: Setup, session_id: Id16, acceptor: Acceptor) -> Self {
        let (live, talk, commands) = Self::new(&setup, session_id, false);
        let (ended, stop, deps) = (live.ended.clone(), setup.stop, setup.deps);
        deps.tasks.clone().spawn_one_of_many("session", async move {
            let mut end = Accepting { acceptor, talk, held: Vec::new() };
            let why = end.run(commands, &stop, &ended, &deps).await;
            if why == DATABASE {
                pause(&stop).await;
                end.say_goodbye(close::IDLE);
            }
            debug!(why, "a session ended");
            ended.cancel();
        });
        live
    }

    fn new(
        setup: &Setup,
        session_id: Id16,
        initiator: bool,
    ) -> (Self, Conversation, mpsc::Receiver<Command>) {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let opened_at = setup.deps.clock.now_ms();
        let ended = CancellationToken::new();
        let asker = Asker {
            person: setup.person,
            request_lane: setup.request_lane,
            session_id,
            session: commands.clone(),
            ended: ended.clone(),
        };
        let talk = Conversation::new(setup, asker);
        let live = Self {
            peer: setup.peer,
            person: setup.person,
            session_id,
            initiator,
            opened_at,
            commands,
            ended,
        };
        (live, talk, inbox)
    }

    /// Whether it can still be used.
    pub fn is_open(&self) -> bool {
        !self.ended.is_cancelled()
    }

    /// Something waits for the peer. A full queue means the session looks there anyhow.
    pub fn carry(&self) {
        let _ = self.commands.try_send(Command::Carry);
    }

    /// Ends it.
    pub fn close(&self, code: &'static str) {
        let _ = self.commands.try_send(Command::Close(code));
    }

    /// Resolves when the session is over.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Asks the peer; fails when the session ends before the answer.
    pub async fn ask(&self, path: &str, json: String) -> Result<Answer, NodeError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Ask { path: path.to_owned(), json, reply };
        let lost = || NodeError::Peer("the session ended".to_owned());
        self.commands.send(command).await.map_err(|_| lost())?;
        answer.await.map_err(|_| lost())?
    }

    /// Hands over a body that came at a path of its own, or at the one for all; returns the answer's bytes.
    pub(super) async fn post(
        &self,
        body: HttpsBody,
        path: Option<&'static str>,
        wait: u64,
    ) -> Result<Vec<u8>, ChannelError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Post { body, path, wait, reply };
        self.commands.send(command).await.map_err(|_| ChannelError::Lost)?;
        answer.await.map_err(|_| ChannelError::Lost)?
    }
}

struct Initiator {
    channel: Channel,
    talk: Conversation,
    poster: Poster,
    posts: JoinSet<(bool, Result<HttpsBody, PostFailed>)>,
    polling: bool,
    /// When the last frame came or went (monotonic ms).
    heard: u64,
    keep_open: bool,
}

impl Initiator {
    async fn run(
        &mut self,
        mut commands: mpsc::Receiver<Command>,
        stop: &CancellationToken,
        ended: &CancellationToken,
        deps: &Deps,
    ) -> &'static str {
        if let Err(why) = self.fill().await {
            return why;
        }
        loop {
            if let Err(why) = self.send() {
                return why;
            }
            let now = deps.clock.monotonic_ms();
            if let Some(why) = over(&self.channel, now, self.heard, self.keep_open) {
                self.say_goodbye(why).await;
                return why;
            }
            tokio::select! {
                () = stop.cancelled() => { self.say_goodbye(close::IDLE).await; return "stopped" }
                () = ended.cancelled() => return "ended",
                command = commands.recv() => {
                    if let Err(why) = self.obey(command).await { return why }
                    if self.channel.backlog() > 0 {
                        self.heard = now;
                    }
                }
                Some(done) = self.posts.join_next() => match done {
                    Ok((poll, Ok(body))) => {
                        self.polling &= !poll;
                        if !body.chunks.is_empty() {
                            self.heard = now;
                        }
                        if let Err(why) = self.accept(&body).await { return why }
                    }
                    Ok((_, Err(failed))) => return failed.code(),
                    Err(_) => return "internal",
                },
            }
        }
    }

    async fn obey(&mut self, command: Option<Command>) -> Result<(), &'static str> {
        match command {
            Some(Command::Carry) => self.fill().await,
            Some(Command::Send(frames)) => {
                frames.iter().for_each(|frame| self.channel.push(frame));
                Ok(())
            }
            Some(Command::Retry(items)) => {
                let frames = self.talk.retry(items).await.map_err(|error| unusable(&error))?;
                frames.iter().for_each(|frame| self.channel.push(frame));
                Ok(())
            }
            Some(Command::Ask { path, json, reply }) => {
                if let Some(frame) = self.talk.ask(path, json, reply) {
                    self.channel.push(&frame);
                }
                Ok(())
            }
            Some(Command::Post { reply, .. }) => {
                let _ = reply.send(Err(ChannelError::Lost));
                Ok(())
            }
            Some(Command::Close(code)) => {
                self.say_goodbye(code).await;
                Err(code)
            }
            None => Err("ended"),
        }
    }

    async fn fill(&mut self) -> Result<(), &'static str> {
        let frames = self.talk.next_items().await.map_err(|error| unusable(&error))?;
        frames.iter().for_each(|frame| self.channel.push(frame));
        Ok(())
    }

    async fn accept(&mut self, body: &HttpsBody) -> Result<(), &'static str> {
        let frames = self.channel.accept(body).map_err(|_| close::MALFORMED)?;
        if frames.is_empty() {
            return Ok(());
        }
        match self.talk.on_frames(frames).await {
            Ok(After::Send(frames)) => {
                frames.iter().for_each(|frame| self.channel.push(frame));
                Ok(())
            }
            Ok(After::Closed) => Err("closed by the peer"),
            Err(error) => Err(unusable(&error)),
        }
    }

    fn send(&mut self) -> Result<(), &'static str> {
        while self.channel.backlog() > 0 && self.posts.len() < POSTS_IN_FLIGHT_MAX {
            self.post(false)?;
        }
        if !self.polling && self.posts.len() < POSTS_IN_FLIGHT_MAX {
            self.polling = true;
            self.post(true)?;
        }
        Ok(())
    }

    fn post(&mut self, poll: bool) -> Result<(), &'static str> {
        let bytes = self.channel.body(true).map_err(|_| close::RENEW)?;
        let poster = self.poster.clone();
        self.posts.spawn(async move { (poll, poster.post(bytes, poll).await) });
        Ok(())
    }

    async fn say_goodbye(&mut self, code: &'static str) {
        self.channel.push(&Frame::Close { code: code.to_owned(), text: String::new() });
        if let Ok(bytes) = self.channel.body(true) {
            let _ = tokio::time::timeout(Duration::from_secs(2), self.poster.post(bytes, false)).await;
        }
    }
}

/// A body whose answer is held back: its first number, who waits, until when (monotonic ms).
type Held = (u64, oneshot::Sender<Result<Vec<u8>, ChannelError>>, u64);

struct Accepting {
    acceptor: Acceptor,
    talk: Conversation,
    held: Vec<Held>,
}

impl Accepting {
    async fn run(
        &mut self,
        mut commands: mpsc::Receiver<Command>,
        stop: &CancellationToken,
        ended: &CancellationToken,
        deps: &Deps,
    ) -> &'static str {
        let mut heard = deps.clock.monotonic_ms();
        if let Err(why) = self.fill().await {
            return why;
        }
        loop {
            let now = deps.clock.monotonic_ms();
            self.release(now);
            if self.acceptor.channel().is_expired(now) || now.saturating_sub(heard) > SILENCE_MS.min(IDLE_MS)
            {
                return close::IDLE;
            }
            let next = self.held.iter().map(|h| h.2).min().unwrap_or(now + SILENCE_MS).saturating_sub(now);
            tokio::select! {
                () = stop.cancelled() => { self.say_goodbye(close::IDLE); return "stopped" }
                () = ended.cancelled() => return "ended",
                () = tokio::time::sleep(Duration::from_millis(next.max(1))) => {}
                command = commands.recv() => {
                    if matches!(command, Some(Command::Post { .. })) {
                        heard = deps.clock.monotonic_ms();
                    }
                    if let Err(why) = self.obey(command, heard).await { return why }
                }
            }
        }
    }

    async fn obey(&mut self, command: Option<Command>, now: u64) -> Result<(), &'static str> {
        match command {
            Some(Command::Carry) => self.fill().await,
            Some(Command::Send(frames)) => {
                self.push(&frames);
                Ok(())
            }
            Some(Command::Retry(items)) => {
                let frames = self.talk.retry(items).await.map_err(|error| unusable(&error))?;
                self.push(&frames);
                Ok(())
            }
            Some(Command::Ask { path, json, reply }) => {
                if let Some(frame) = self.talk.ask(path, json, reply) {
                    self.push(&[frame]);
                }
                Ok(())
            }
            Some(Command::Post { body, path, wait, reply }) => {
                self.on_post(&body, path, wait, reply, now).await
            }
            Some(Command::Close(code)) => {
                self.say_goodbye(code);
                Err(code)
            }
            None => Err("ended"),
        }
    }

    async fn on_post(
        &mut self,
        body: &HttpsBody,
        path: Option<&'static str>,
        wait: u64,
        reply: oneshot::Sender<Result<Vec<u8>, ChannelError>>,
        now: u64,
    ) -> Result<(), &'static str> {
        match self.acceptor.on_post(body) {
            Ok(Post::Fresh { frames, .. }) if path.is_some_and(|path| !asks_only(&frames, path)) => {
                self.say_goodbye(close::MALFORMED);
                let _ = reply.send(Err(ChannelError::Window));
                Err(close::MALFORMED)
            }
            Ok(Post::Fresh { first, frames }) => {
                let until = now + wait * 1_000;
                self.held.push((first, reply, until));
                if frames.is_empty() {
                    return Ok(());
                }
                match self.talk.on_frames(frames).await {
                    Ok(After::Send(frames)) => self.push(&frames),
                    Ok(After::Closed) => {
                        self.release(u64::MAX);
                        return Err("closed by the peer");
                    }
                    Err(error) => return Err(unusable(&error)),
                }
                Ok(())
            }
            Ok(Post::Again(bytes)) => {
                let _ = reply.send(Ok(bytes));
                Ok(())
            }
            Ok(Post::Pending { first }) => {
                self.held.push((first, reply, now));
                Ok(())
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                Err(close::MALFORMED)
            }
        }
    }

    fn push(&mut self, frames: &[Frame]) {
        frames.iter().for_each(|frame| self.acceptor.channel().push(frame));
    }

    async fn fill(&mut self) -> Result<(), &'static str> {
        let frames = self.talk.next_items().await.map_err(|error| unusable(&error))?;
        self.push(&frames);
        Ok(())
    }

    /// Answers what is due, and the oldest held body when something waits for the peer.
    fn release(&mut self, now: u64) {
        let mut spare = self.acceptor.channel().backlog() > 0;
        let mut i = 0;
        while i < self.held.len() {
            if self.held[i].2 <= now || spare {
                let (first, reply, _) = self.held.remove(i);
                let _ = reply.send(self.acceptor.reply(first));
                spare = self.acceptor.channel().backlog() > 0;
            } else {
                i += 1;
            }
        }
    }

    fn say_goodbye(&mut self, code: &'static str) {
        self.push(&[Frame::Close { code: code.to_owned(), text: String::new() }]);
        self.release(u64::MAX);
    }
}

/// Why the initiator ends a session by itself: its age or volume, or that no frame came or went since `heard`.
fn over(channel: &Channel, now: u64, heard: u64, keep_open: bool) -> Option<&'static str> {
    if channel.is_expired(now) || channel.wants_renewal(now) {
        return Some(close::RENEW);
    }
    (!keep_open && now.saturating_sub(heard) > IDLE_MS).then_some(close::IDLE)
}

/// Whether these frames hold one REQUEST, and it names this path (Annex A.5).
fn asks_only(frames: &[Frame], path: &str) -> bool {
    let mut asked = frames.iter().filter_map(|frame| match frame {
        Frame::Request { path, .. } => Some(path.as_str()),
        _ => None,
    });
    asked.next() == Some(path) && asked.next().is_none()
}

#[cfg(test)]
impl Live {
    /// A handle whose session is played by the test.
    pub(super) fn played(number: u8, opened_at: u64) -> (Self, mpsc::Receiver<Command>) {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (peer, session_id) = (NodeId([number; 32]), Id16([number; 16]));
        let ended = CancellationToken::new();
        let person = i64::from(number);
        (Self { peer, person, session_id, initiator: true, opened_at, commands, ended }, inbox)
    }
}

#[cfg(test)]
mod tests {
    use openred_core::session_keys::SessionKeys;

    use super::*;

    #[test]
    fn a_session_rests_after_five_minutes_and_renews_after_an_hour() {
        let begun = 1_000;
        let channel = Channel::new(Id16([9; 16]), SessionKeys::new([1; 32], [2; 32]), begun);
        assert_eq!(over(&channel, begun + 300_000, begun, false), None);
        assert_eq!(over(&channel, begun + 300_001, begun, false), Some(close::IDLE));
        assert_eq!(over(&channel, begun + 300_001, begun + 1, false), None, "a frame came");
        assert_eq!(over(&channel, begun + 300_001, begun, true), None, "who cannot be called keeps it open");
        assert_eq!(over(&channel, begun + 3_600_000, begun + 3_599_000, true), Some(close::RENEW));
    }

    #[test]
    fn a_path_of_its_own_takes_its_own_request_alone() {
        let ask = |path: &str| Frame::Request { id: 1, path: path.to_owned(), json: "{}".to_owned() };
        let send = "/p2p/message/send";
        assert!(asks_only(&[ask(send)], send));
        assert!(asks_only(&[Frame::Ack(Vec::new()), ask(send)], send), "other frames may come along");
        assert!(!asks_only(&[], send), "none");
        assert!(!asks_only(&[ask("content")], send), "another");
        assert!(!asks_only(&[ask(send), ask(send)], send), "two");
        assert!(!asks_only(&[ask(send), ask("log")], send), "one more");
    }
}
