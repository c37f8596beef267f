//! The end of an HTTPS session that was called: answers bodies, and holds answers back until there is something to say.

use std::time::Duration;

use openred_core::frame::{Frame, close};
use openred_proto::session::{Acceptor, ChannelError, Post};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Command, Posted, Todo, heed, unusable};
use crate::{
    deps::Deps,
    net::conversation::{After, Conversation},
};

/// The accepting side believes the session dead when no body came for this long.
const SILENCE_MS: u64 = 40_000;
/// The first body comes at once behind the handshake. Whoever stopped or was locked in between sends none.
const FIRST_MS: u64 = 10_000;

/// A body whose answer is held back: its first number, who waits, until when (monotonic ms).
type Held = (u64, oneshot::Sender<Result<Vec<u8>, ChannelError>>, u64);

pub(super) struct Accepting {
    acceptor: Acceptor,
    talk: Conversation,
    held: Vec<Held>,
    /// Who waits until nothing is left to answer with.
    leaving: Vec<oneshot::Sender<()>>,
}

impl Accepting {
    pub(super) fn new(acceptor: Acceptor, talk: Conversation) -> Self {
        Self { acceptor, talk, held: Vec::new(), leaving: Vec::new() }
    }

    pub(super) async fn run(
        &mut self,
        mut commands: mpsc::Receiver<Command>,
        stop: &CancellationToken,
        ended: &CancellationToken,
        deps: &Deps,
    ) -> &'static str {
        let mut heard = deps.clock.monotonic_ms();
        let mut patience = FIRST_MS;
        if let Err(why) = self.fill().await {
            return why;
        }
        loop {
            let now = deps.clock.monotonic_ms();
            self.release(now);
            if self.acceptor.channel().is_expired(now) || now.saturating_sub(heard) > patience {
                return close::IDLE;
            }
            let next = self.held.iter().map(|h| h.2).min().unwrap_or(now + patience).saturating_sub(now);
            tokio::select! {
                () = stop.cancelled() => { self.say_goodbye(close::IDLE); return "stopped" }
                () = ended.cancelled() => return "ended",
                () = tokio::time::sleep(Duration::from_millis(next.max(1))) => {}
                command = commands.recv() => {
                    if matches!(command, Some(Command::Post(_))) {
                        heard = deps.clock.monotonic_ms();
                        patience = SILENCE_MS;
                    }
                    if let Err(why) = self.obey(command, heard).await { return why }
                }
            }
        }
    }

    async fn obey(&mut self, command: Option<Command>, now: u64) -> Result<(), &'static str> {
        match heed(&mut self.talk, command).await? {
            Todo::Send(frames) => {
                self.push(&frames);
                Ok(())
            }
            Todo::Overlay { frames, left } => {
                self.push(&frames);
                self.leaving.push(left);
                Ok(())
            }
            Todo::Post(posted) => self.on_post(posted, now).await,
            Todo::Close(code) => {
                self.say_goodbye(code);
                Err(code)
            }
        }
    }

    async fn on_post(&mut self, posted: Posted, now: u64) -> Result<(), &'static str> {
        let Posted { body, path, wait, reply } = posted;
        match self.acceptor.on_post(&body) {
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
        if !spare {
            self.leaving.clear();
        }
    }

    pub(super) fn say_goodbye(&mut self, code: &'static str) {
        self.push(&[Frame::Close { code: code.to_owned(), text: String::new() }]);
        self.release(u64::MAX);
    }
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
mod tests {
    use super::*;

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
