//! An open session: one task that owns its transport, and the handle others hold. Above the frame all is the same.

mod answering;
mod calling;
mod quic;

use std::{sync::Arc, time::Duration};

use iroh::endpoint::Connection;
use openred_core::{
    frame::{Frame, Item, close},
    ids::{Id16, NodeId},
    session_keys::HttpsBody,
};
use openred_keeper::ops::Session;
use openred_proto::{
    overlay::Via,
    session::{Acceptor, Channel, ChannelError},
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

pub(super) use self::calling::say_goodbye;
use self::{answering::Accepting, calling::Initiator, quic::OverQuic};
use super::{
    Network,
    conversation::Conversation,
    https::Poster,
    inflow::Inflow,
    overlay,
    quic::{self as endpoint, Line},
    requests::{Answer, Answers, Asker},
};
use crate::{deps::Deps, error::NodeError};

/// Commands waiting for a session.
const COMMANDS: usize = 128;
/// A long poll is held this long (S2, Annex A.5).
pub(super) const POLL_S: u64 = 25;
/// Pause before a session that ended is followed by another.
const AFTER_END: Duration = Duration::from_millis(500);

/// What the session's task can be told.
#[derive(Debug)]
pub(super) enum Command {
    /// Something waits in the outbox.
    Carry,
    /// Send these frames.
    Send(Vec<Frame>),
    /// Send these of the overlay behind what waits; `left` is dropped when they have left.
    Overlay { frames: Vec<Frame>, left: oneshot::Sender<()> },
    /// Apply these again: the missing logs were asked for.
    Retry(Vec<Item>),
    /// Ask the peer.
    Ask { path: String, json: String, reply: oneshot::Sender<Result<Answer, NodeError>> },
    /// A body came by HTTP (accepting side only).
    Post(Posted),
    /// End it, telling the peer why.
    Close(&'static str),
}

/// A body, and where its answer goes, which may be held for `wait` seconds. Where a path is named, its only REQUEST must
/// name the same.
#[derive(Debug)]
pub(super) struct Posted {
    body: HttpsBody,
    path: Option<&'static str>,
    wait: u64,
    reply: oneshot::Sender<Result<Vec<u8>, ChannelError>>,
}

/// What of a command the transport does.
enum Todo {
    /// Send these frames.
    Send(Vec<Frame>),
    /// See [`Command::Overlay`].
    Overlay { frames: Vec<Frame>, left: oneshot::Sender<()> },
    /// See [`Command::Post`].
    Post(Posted),
    /// End it, telling the peer why.
    Close(&'static str),
}

/// What the conversation makes of a command, the same for every transport.
async fn heed(talk: &mut Conversation, command: Option<Command>) -> Result<Todo, &'static str> {
    let frames = match command.ok_or("ended")? {
        Command::Carry => talk.next_items().await.map_err(|error| unusable(&error))?,
        Command::Send(frames) => frames,
        Command::Retry(items) => talk.retry(items).await.map_err(|error| unusable(&error))?,
        Command::Ask { path, json, reply } => talk.ask(path, json, reply).into_iter().collect(),
        Command::Overlay { frames, left } => return Ok(Todo::Overlay { frames, left }),
        Command::Post(posted) => return Ok(Todo::Post(posted)),
        Command::Close(code) => return Ok(Todo::Close(code)),
    };
    Ok(Todo::Send(frames))
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
    /// Whether the other end carries the overlay.
    pub(super) has_overlay: bool,
    /// What carries it, if it is QUIC.
    connection: Option<Connection>,
    commands: mpsc::Sender<Command>,
    ended: CancellationToken,
}

/// How long a session that cannot read or write here waits before it says so.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// Why a session ended: nothing can be read or written here. The peer is told, so that it does not wait for answers.
const DATABASE: &str = "database";
/// Why a session ended: the owner locked the node while something was read or written. The peer is told that.
const SEALED: &str = "sealed";

fn unusable(error: &NodeError) -> &'static str {
    if matches!(error, NodeError::Locked) {
        return SEALED;
    }
    warn!(%error, "a session cannot go on");
    DATABASE
}

/// What the peer is yet to be told when a session ended for this reason. After a failed disk it waits a moment: the
/// peer calls at once when it is told, and the disk may be well again then.
async fn last_word(why: &str, stop: &CancellationToken) -> Option<&'static str> {
    match why {
        SEALED => Some(close::LOCKED),
        DATABASE => {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(AFTER_FAILURE) => {}
            }
            Some(close::IDLE)
        }
        _ => None,
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
    /// The other end carries the overlay.
    pub(super) has_overlay: bool,
    pub(super) answers: Arc<dyn Answers>,
    pub(super) inflow: Inflow,
    pub(super) stop: CancellationToken,
}

impl Setup {
    /// For a session that the keeper has made with this person.
    pub(super) fn of(net: &Network, session: &Session, person: i64, rejoin: bool) -> Self {
        Self {
            deps: net.deps.clone(),
            peer: session.peer,
            person,
            request_lane: rejoin && !session.rejoined,
            keep_open: net.must_keep_open(),
            has_overlay: overlay::is_able(session),
            answers: net.answers.clone(),
            inflow: net.inflow.clone(),
            stop: net.deps.tasks.soft().clone(),
        }
    }
}

impl Live {
    /// Starts the initiator's end.
    pub(super) fn initiate(setup: Setup, channel: Channel, poster: Poster) -> Self {
        let (live, talk, commands) = Self::new(&setup, channel.session_id(), true, None);
        let (ended, stop, deps) = (live.ended.clone(), setup.stop, setup.deps);
        deps.tasks.clone().spawn_one_of_many("session", async move {
            let heard = deps.clock.monotonic_ms();
            let mut end = Initiator::new(channel, talk, poster, (heard, setup.keep_open));
            let why = end.run(commands, &stop, &ended, &deps).await;
            if let Some(code) = last_word(why, &stop).await {
                end.say_goodbye(code).await;
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
        let (live, talk, commands) = Self::new(&setup, session_id, false, None);
        let (ended, stop, deps) = (live.ended.clone(), setup.stop, setup.deps);
        deps.tasks.clone().spawn_one_of_many("session", async move {
            let mut end = Accepting::new(acceptor, talk);
            let why = end.run(commands, &stop, &ended, &deps).await;
            if let Some(code) = last_word(why, &stop).await {
                end.say_goodbye(code);
            }
            debug!(why, "a session ended");
            ended.cancel();
        });
        live
    }

    /// Starts either end of a session over QUIC.
    pub(super) fn over_quic(setup: Setup, session_id: Id16, initiator: bool, line: Line) -> Self {
        let connection = Some(line.connection.clone());
        let (live, talk, commands) = Self::new(&setup, session_id, initiator, connection);
        let (ended, stop, deps) = (live.ended.clone(), setup.stop, setup.deps);
        deps.tasks.clone().spawn_one_of_many("session", async move {
            let keep_open = setup.keep_open || !initiator;
            let mut end = OverQuic::new(line, talk, deps.clock.clone(), keep_open);
            let why = end.run(commands, &stop, &ended).await;
            if let Some(code) = last_word(why, &stop).await {
                end.say_goodbye(code).await;
            }
            end.hang_up();
            debug!(why, "a session over QUIC ended");
            ended.cancel();
            if initiator {
                // What is not acknowledged goes by the next session.
                tokio::time::sleep(AFTER_END).await;
                deps.wake.ring();
            }
        });
        live
    }

    fn new(
        setup: &Setup,
        session_id: Id16,
        initiator: bool,
        connection: Option<Connection>,
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
            has_overlay: setup.has_overlay,
            connection,
            commands,
            ended,
        };
        (live, talk, inbox)
    }

    /// What carries it now: a QUIC connection may change from relayed to direct.
    pub fn via(&self) -> Via {
        self.connection.as_ref().map_or(Via::Https, |connection| endpoint::seen_at(connection).1)
    }

    /// Whether it can still be used.
    pub fn is_open(&self) -> bool {
        !self.ended.is_cancelled()
    }

    /// Something waits for the peer. A full queue means the session looks there anyhow.
    pub fn carry(&self) {
        let _ = self.commands.try_send(Command::Carry);
    }

    /// Sends frames of the overlay behind what waits, over HTTPS. Resolves when they have left; false when the session
    /// has ended.
    pub(super) async fn send_overlay(&self, frames: Vec<Frame>) -> bool {
        let (left, waiting) = oneshot::channel();
        if self.commands.send(Command::Overlay { frames, left }).await.is_err() {
            return false;
        }
        // Nothing is ever sent: the other half is dropped.
        let _ = waiting.await;
        self.is_open()
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
        let command = Command::Post(Posted { body, path, wait, reply });
        self.commands.send(command).await.map_err(|_| ChannelError::Lost)?;
        answer.await.map_err(|_| ChannelError::Lost)?
    }
}

#[cfg(test)]
impl Live {
    /// A handle whose session is played by the test.
    pub(super) fn played(number: u8, opened_at: u64) -> (Self, mpsc::Receiver<Command>) {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (peer, session_id) = (NodeId([number; 32]), Id16([number; 16]));
        let ended = CancellationToken::new();
        let person = i64::from(number);
        (
            Self {
                peer,
                person,
                session_id,
                initiator: true,
                opened_at,
                has_overlay: false,
                connection: None,
                commands,
                ended,
            },
            inbox,
        )
    }
}
