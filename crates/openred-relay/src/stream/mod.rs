//! One stream, the relay's end (Annex A.10): mail goes out as it comes and as credit allows, deposits that wait together go
//! to the store as one call, and several calls are under way at once.
//!
//! Must not know: how frames look, how proofs are made.

mod owner;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use openred_service::websocket::{Accepted, CloseCode, Message};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::bounds::{
    MAX_STREAM_BATCH, MAX_STREAM_CALLS, MAX_STREAM_MESSAGE, STREAM_SILENCE_MS, STREAM_WRITE_MS,
};
use crate::gate::Source;
use crate::http::{Parts, status};
use crate::wire::{Frame, Frames, MAIL_ROOM, Offer, write_frame};
use owner::Owned;

/// How long the other end may take to say good-bye too.
const GOOD_BYE: Duration = Duration::from_secs(2);
const TOO_MANY: u16 = 429;

/// Why a stream ends. Nobody else is concerned by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The other end closed it, or is gone.
    Left,
    /// It sent what is no frame, or none that is for a relay.
    Malformed,
    /// It takes or says nothing any more.
    Silent,
    /// The relay stops.
    Stopping,
}

/// Frames to be sent when something that was begun is done.
type Answer = BoxFuture<'static, Vec<Frame>>;

struct Session {
    parts: Arc<Parts>,
    source: Source,
    socket: Accepted,
    /// What is under way in the store.
    calls: FuturesUnordered<Answer>,
    owned: Owned,
    /// Whether anything was heard since the last tick, and whether it was asked.
    heard: bool,
    asked: bool,
}

/// Serves a stream until it ends.
pub(crate) async fn run(parts: Arc<Parts>, source: Source, socket: Accepted) {
    let owned = Owned::new(Arc::clone(&parts));
    let calls = FuturesUnordered::new();
    let mut session = Session { parts, source, socket, calls, owned, heard: false, asked: false };
    let end = session.serve().await;
    session.finish(end).await;
}

impl Session {
    async fn serve(&mut self) -> End {
        let mut ticks = interval(Duration::from_millis(STREAM_SILENCE_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        let draining = self.parts.gate.draining().clone();
        loop {
            let step = tokio::select! {
                message = self.socket.next(), if self.calls.len() < MAX_STREAM_CALLS => {
                    self.read(message).await
                }
                Some(frames) = self.calls.next() => self.send(&frames).await,
                frames = self.owned.next() => self.send(&frames).await,
                _ = ticks.tick() => self.tick().await,
                () = draining.cancelled() => Err(End::Stopping),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Acts on a message, and on those that are here already, so that small ones share a call to the store.
    async fn read(
        &mut self,
        message: Option<Result<Message, openred_service::websocket::Error>>,
    ) -> Result<(), End> {
        let mut deposits = Deposits::default();
        let mut next = Some(message);
        let mut ended = Ok(());
        while let Some(message) = next {
            ended = match message {
                Some(Ok(message)) => self.act(message, &mut deposits).await,
                Some(Err(_)) | None => Err(End::Left),
            };
            if ended.is_err() || deposits.bytes >= MAX_STREAM_BATCH {
                break;
            }
            next = self.socket.next().now_or_never();
        }
        self.begin(deposits);
        ended
    }

    async fn act(&mut self, message: Message, deposits: &mut Deposits) -> Result<(), End> {
        self.heard = true;
        if message.is_close() {
            return Err(End::Left);
        }
        if message.is_ping() || message.is_pong() {
            return Ok(());
        }
        if !message.is_binary() {
            return Err(End::Malformed);
        }
        for frame in Frames::of(Bytes::from(message.into_payload())) {
            match frame.map_err(|_| End::Malformed)? {
                Frame::Deposit(number, offer) => deposits.add(number, offer),
                Frame::Open(queue, auth) => {
                    let answer = self.owned.open(queue, &auth, &self.source).await;
                    self.send(&[Frame::QueueResult(queue, answer)]).await?;
                }
                Frame::Credit(count) => self.owned.credit(count),
                Frame::Ack(queue, upto) => self.calls.push(self.owned.ack(queue, upto)),
                Frame::Mail(..) | Frame::Result(..) | Frame::QueueResult(..) => return Err(End::Malformed),
            }
        }
        Ok(())
    }

    /// Begins to store what was deposited.
    fn begin(&mut self, deposits: Deposits) {
        let Deposits { numbers, offers, .. } = deposits;
        let Ok(count @ 1..) = u32::try_from(offers.len()) else { return };
        if self.parts.gate.by_source(&self.source, count).is_err() {
            let refused = numbers.into_iter().map(|number| Frame::Result(number, TOO_MANY)).collect();
            return self.calls.push(async { refused }.boxed());
        }
        let intake = self.parts.intake.clone();
        let stored = async move {
            let answers = intake.take(offers).await;
            numbers
                .into_iter()
                .zip(&answers)
                .map(|(number, answer)| Frame::Result(number, status(answer)))
                .collect()
        };
        self.calls.push(stored.boxed());
    }

    /// Sends frames, as many to a message as fit.
    async fn send(&mut self, frames: &[Frame]) -> Result<(), End> {
        let mut message = Vec::new();
        for frame in frames {
            if !message.is_empty() && message.len() + length_of(frame) > MAX_STREAM_MESSAGE {
                self.write(Message::binary(std::mem::take(&mut message))).await?;
            }
            write_frame(&mut message, frame);
        }
        if message.is_empty() { Ok(()) } else { self.write(Message::binary(message)).await }
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(Duration::from_millis(STREAM_WRITE_MS), self.socket.send(message)).await {
            Ok(written) => written.map_err(|_| End::Left),
            Err(_) => Err(End::Silent),
        }
    }

    /// Who said nothing for a while is asked; who says nothing then is gone.
    async fn tick(&mut self) -> Result<(), End> {
        self.owned.refresh();
        if std::mem::take(&mut self.heard) {
            self.asked = false;
            return Ok(());
        }
        if std::mem::replace(&mut self.asked, true) {
            return Err(End::Silent);
        }
        self.write(Message::ping(Bytes::new())).await
    }

    /// What was begun is finished and answered; then the stream is closed with a reason.
    async fn finish(mut self, end: End) {
        if end != End::Silent {
            while let Some(frames) = self.calls.next().await {
                if self.send(&frames).await.is_err() {
                    return;
                }
            }
        }
        let (code, reason) = match end {
            End::Left => return,
            End::Malformed => (CloseCode::PROTOCOL_ERROR, "malformed"),
            End::Silent => (CloseCode::GOING_AWAY, "silent"),
            End::Stopping => (CloseCode::GOING_AWAY, "stopping"),
        };
        if self.write(Message::close(Some(code), reason)).await.is_ok() {
            let until_closed = async { while let Some(Ok(_)) = self.socket.next().await {} };
            let _or_it_does_not_answer = timeout(GOOD_BYE, until_closed).await;
        }
    }
}

/// Deposits that go to the store together.
#[derive(Default)]
struct Deposits {
    numbers: Vec<u64>,
    offers: Vec<Offer>,
    bytes: usize,
}

impl Deposits {
    fn add(&mut self, number: u64, offer: Offer) {
        self.bytes += offer.content.len();
        self.numbers.push(number);
        self.offers.push(offer);
    }
}

fn length_of(frame: &Frame) -> usize {
    MAIL_ROOM + if let Frame::Mail(_, mail) = frame { mail.content.len() } else { 0 }
}
