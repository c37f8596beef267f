//! A stream of deposits, the depositor's end: many are under way at once, and answers are read while more is written.
//!
//! Must not know: what is deposited.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use openred_core::ids::ClientId;
use openred_service::http_client::HttpClient;
use openred_service::websocket::{self, Connected, Error, Message};
use tokio::time::timeout;
use url::Url;

use super::{ClientError, Lane, offer};
use crate::bounds::{MAX_STREAM_MESSAGE, STREAM_WRITE_MS};
use crate::wire::{Frame, Frames, write_frame};

/// Room for one more frame with the largest mail.
const MESSAGE_BYTES: usize = MAX_STREAM_MESSAGE - (65 << 10);
/// How long the answer to a deposit may take.
const ANSWER: Duration = Duration::from_secs(60);

/// How a deposit went.
pub type Answered = (u64, Result<(), ClientError>);

/// Deposits without a call for each. When it ends with an error, open another and deposit again what was not answered,
/// under the same client_id.
#[derive(Debug)]
pub struct DepositStream {
    writer: SplitSink<Connected, Message>,
    reader: SplitStream<Connected>,
    /// Frames that were not sent yet.
    message: Vec<u8>,
    answered: VecDeque<Answered>,
    next: u64,
}

impl DepositStream {
    pub(super) async fn open(http: &HttpClient, url: Url) -> Result<Self, ClientError> {
        let (writer, reader) = websocket::connect(http, url, MAX_STREAM_MESSAGE).await?.split();
        Ok(Self { writer, reader, message: Vec::new(), answered: VecDeque::new(), next: 0 })
    }

    /// Adds a deposit and returns the number under which it will be answered. It is sent when there is enough for a message,
    /// or at [`flush`](Self::flush). Deposits that are under way at once are stored in any order; who wants an order waits
    /// for the answer.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn push(&mut self, to: &Lane, client_id: ClientId, content: Bytes) -> Result<u64, ClientError> {
        let number = self.next;
        self.next += 1;
        write_frame(&mut self.message, &Frame::Deposit(number, offer(to, client_id, content)));
        if self.message.len() >= MESSAGE_BYTES {
            self.flush().await?;
        }
        Ok(number)
    }

    /// Sends what was added. Answers that come meanwhile are kept for [`answer`](Self::answer).
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        if self.message.is_empty() {
            return Ok(());
        }
        let message = Message::binary(std::mem::take(&mut self.message));
        let mut sent =
            std::pin::pin!(timeout(Duration::from_millis(STREAM_WRITE_MS), self.writer.send(message)));
        loop {
            tokio::select! {
                sent = &mut sent => {
                    return sent.map_err(|_| ClientError::Ended)?.map_err(|_| ClientError::Ended);
                }
                message = self.reader.next() => answers(message, &mut self.answered)?,
            }
        }
    }

    /// The next answer, with the number of its deposit. What was added is sent before it waits for one.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn answer(&mut self) -> Result<Answered, ClientError> {
        loop {
            if let Some(answered) = self.answered.pop_front() {
                return Ok(answered);
            }
            self.flush().await?;
            let message = timeout(ANSWER, self.reader.next()).await.map_err(|_| ClientError::Ended)?;
            answers(message, &mut self.answered)?;
        }
    }
}

fn answers(
    message: Option<Result<Message, Error>>,
    answered: &mut VecDeque<Answered>,
) -> Result<(), ClientError> {
    let message = message.and_then(Result::ok).ok_or(ClientError::Ended)?;
    if message.is_close() {
        return Err(ClientError::Ended);
    }
    if !message.is_binary() {
        return Ok(());
    }
    for frame in Frames::of(message.into_payload().into()) {
        match frame.map_err(|_| ClientError::Malformed)? {
            Frame::Result(number, status) => answered.push_back((number, ClientError::of_status(status))),
            _ => return Err(ClientError::Malformed),
        }
    }
    Ok(())
}
