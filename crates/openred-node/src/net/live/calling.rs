//! The end of an HTTPS session that began it: posts bodies, and keeps one long poll.

use std::time::Duration;

use openred_core::{
    frame::{Frame, close},
    session_keys::HttpsBody,
};
use openred_proto::session::{Channel, ChannelError, IDLE_MS, POSTS_IN_FLIGHT_MAX};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{Command, Todo, heed, unusable};
use crate::{
    deps::Deps,
    net::{
        conversation::{After, Conversation},
        https::{PostFailed, Poster},
    },
};

pub(super) struct Initiator {
    channel: Channel,
    talk: Conversation,
    poster: Poster,
    posts: JoinSet<(bool, Result<HttpsBody, PostFailed>)>,
    polling: bool,
    /// When the last frame came or went (monotonic ms).
    heard: u64,
    keep_open: bool,
    /// Who waits until nothing is left to post.
    leaving: Vec<oneshot::Sender<()>>,
}

impl Initiator {
    pub(super) fn new(
        channel: Channel,
        talk: Conversation,
        poster: Poster,
        (heard, keep_open): (u64, bool),
    ) -> Self {
        Self {
            channel,
            talk,
            poster,
            posts: JoinSet::new(),
            polling: false,
            heard,
            keep_open,
            leaving: Vec::new(),
        }
    }

    pub(super) async fn run(
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
            Todo::Post(posted) => {
                let _ = posted.reply.send(Err(ChannelError::Lost));
                Ok(())
            }
            Todo::Close(code) => {
                self.say_goodbye(code).await;
                Err(code)
            }
        }
    }

    async fn fill(&mut self) -> Result<(), &'static str> {
        let frames = self.talk.next_items().await.map_err(|error| unusable(&error))?;
        self.push(&frames);
        Ok(())
    }

    fn push(&mut self, frames: &[Frame]) {
        frames.iter().for_each(|frame| self.channel.push(frame));
    }

    async fn accept(&mut self, body: &HttpsBody) -> Result<(), &'static str> {
        let frames = self.channel.accept(body).map_err(|_| close::MALFORMED)?;
        if frames.is_empty() {
            return Ok(());
        }
        match self.talk.on_frames(frames).await {
            Ok(After::Send(frames)) => {
                self.push(&frames);
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
        if self.channel.backlog() == 0 {
            self.leaving.clear();
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

    pub(super) async fn say_goodbye(&mut self, code: &'static str) {
        say_goodbye(&mut self.channel, &self.poster, code).await;
    }
}

/// Tells the other side that the session ends. Nobody waits long for that.
pub(in crate::net) async fn say_goodbye(channel: &mut Channel, poster: &Poster, code: &'static str) {
    channel.push(&Frame::Close { code: code.to_owned(), text: String::new() });
    if let Ok(bytes) = channel.body(true) {
        let _ = tokio::time::timeout(Duration::from_secs(2), poster.post(bytes, false)).await;
    }
}

/// Why the initiator ends a session by itself: its age or volume, or that no frame came or went since `heard`.
fn over(channel: &Channel, now: u64, heard: u64, keep_open: bool) -> Option<&'static str> {
    if channel.is_expired(now) || channel.wants_renewal(now) {
        return Some(close::RENEW);
    }
    (!keep_open && now.saturating_sub(heard) > IDLE_MS).then_some(close::IDLE)
}

#[cfg(test)]
mod tests {
    use openred_core::{ids::Id16, session_keys::SessionKeys};

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
}
