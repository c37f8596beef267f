//! A stream of mail, the owner's end: credits are handled here.
//!
//! Must not know: proofs, what is done with mail.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use openred_core::ids::QueueId;
use openred_service::http_client::HttpClient;
use openred_service::websocket::{self, Connected, Message};
use tokio::time::timeout;
use url::Url;

use super::ClientError;
use crate::bounds::{MAX_STREAM_MESSAGE, STREAM_SILENCE_MS, STREAM_WRITE_MS};
use crate::mailbox::{Mail, OwnerAuth};
use crate::wire::{Frame, Frames, write_frame};

/// Queues that are asked for at once.
const OPENED_AT_ONCE: usize = 64;
/// Pieces of mail that may be on their way to us.
const CREDIT: u64 = 256;
/// The relay asks after 30 s of silence whether we are there; when nothing comes for thrice that, it is not.
const SILENCE: Duration = Duration::from_millis(3 * STREAM_SILENCE_MS);

/// A piece of mail and the queue it was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Which queue.
    pub queue: QueueId,
    /// The mail.
    pub mail: Mail,
}

/// Mail of some queues as it comes. When it ends with an error, open another: what was not acknowledged comes again.
#[derive(Debug)]
pub struct MailStream {
    socket: Connected,
    received: VecDeque<Received>,
    /// Pieces that may still come before new credit is given.
    credit: u64,
    unknown: Vec<QueueId>,
    /// Answers to OPEN that were not looked at yet.
    answers: VecDeque<Frame>,
}

impl MailStream {
    pub(super) async fn open(
        http: &HttpClient,
        url: Url,
        queues: Vec<(QueueId, OwnerAuth)>,
    ) -> Result<Self, ClientError> {
        let socket = websocket::connect(http, url, MAX_STREAM_MESSAGE).await?;
        let (received, answers) = (VecDeque::new(), VecDeque::new());
        let mut stream = Self { socket, received, credit: 0, unknown: Vec::new(), answers };
        // Several are asked for before the first answer is read.
        for some in queues.chunks(OPENED_AT_ONCE) {
            for (queue, auth) in some {
                stream.send(&Frame::Open(*queue, *auth)).await?;
            }
            for _ in some {
                stream.opened().await?;
            }
        }
        stream.give_credit().await?;
        Ok(stream)
    }

    /// Queues that were asked for and that the relay does not know: ended, or never its own.
    #[must_use]
    pub fn unknown(&self) -> &[QueueId] {
        &self.unknown
    }

    /// Waits for the answer to an OPEN. No mail comes before credit was given.
    async fn opened(&mut self) -> Result<(), ClientError> {
        let frame = loop {
            if let Some(frame) = self.answers.pop_front() {
                break frame;
            }
            let message = self.message().await?;
            for frame in Frames::of(message) {
                self.answers.push_back(frame.map_err(|_| ClientError::Malformed)?);
            }
        };
        let Frame::QueueResult(queue, status) = frame else { return Err(ClientError::Malformed) };
        match ClientError::of_status(status) {
            Err(ClientError::Unknown) => self.unknown.push(queue),
            told => told?,
        }
        Ok(())
    }

    /// The next piece of mail; waits for it. May be dropped and called again.
    ///
    /// # Errors
    /// [`ClientError::Ended`] when the connection ended; [`ClientError::Unknown`] when one of the queues is no more.
    pub async fn next(&mut self) -> Result<Received, ClientError> {
        loop {
            if let Some(received) = self.received.pop_front() {
                return Ok(received);
            }
            if self.credit <= CREDIT / 2 {
                self.give_credit().await?;
            }
            let message = self.message().await?;
            for frame in Frames::of(message) {
                match frame.map_err(|_| ClientError::Malformed)? {
                    Frame::Mail(queue, mail) => {
                        self.credit = self.credit.saturating_sub(1);
                        self.received.push_back(Received { queue, mail });
                    }
                    Frame::QueueResult(_, status) => ClientError::of_status(status)?,
                    _ => return Err(ClientError::Malformed),
                }
            }
        }
    }

    /// Drops mail up to and including `upto` at the relay: it is kept here.
    ///
    /// # Errors
    /// [`ClientError::Ended`]: it may have been dropped or not.
    pub async fn ack(&mut self, queue: QueueId, upto: u64) -> Result<(), ClientError> {
        self.send(&Frame::Ack(queue, upto)).await
    }

    async fn give_credit(&mut self) -> Result<(), ClientError> {
        let more = CREDIT - self.credit.min(CREDIT);
        self.credit += more;
        self.send(&Frame::Credit(more)).await
    }

    async fn send(&mut self, frame: &Frame) -> Result<(), ClientError> {
        let mut message = Vec::new();
        write_frame(&mut message, frame);
        let sent =
            timeout(Duration::from_millis(STREAM_WRITE_MS), self.socket.send(Message::binary(message)));
        sent.await.map_err(|_| ClientError::Ended)?.map_err(|_| ClientError::Ended)
    }

    async fn message(&mut self) -> Result<Bytes, ClientError> {
        loop {
            let message = timeout(SILENCE, self.socket.next()).await.map_err(|_| ClientError::Ended)?;
            let message = message.and_then(Result::ok).ok_or(ClientError::Ended)?;
            if message.is_close() {
                return Err(ClientError::Ended);
            }
            if message.is_binary() {
                return Ok(message.into_payload().into());
            }
        }
    }
}
