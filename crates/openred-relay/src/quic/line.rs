//! One client's connection as the relay protocol wants it: binary messages both ways, no faster than the limit.
//!
//! Must not know: what the messages say, who the client is.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use iroh_relay::ExportKeyingMaterial;
use iroh_relay::protos::streams::StreamError;
use iroh_relay::server::streams::Bucket;
use openred_service::websocket::{Accepted, Message};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// How often the bucket is filled.
const REFILL: Duration = Duration::from_millis(100);

/// The connection. Dropping it tells whoever waits for its end.
pub(super) struct Line {
    socket: Accepted,
    limit: Option<Bucket>,
    /// A message that came too early, and when it is given on. Nothing is read meanwhile.
    held: Option<(Bytes, Pin<Box<Sleep>>)>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    _gone: DropGuard,
}

impl Line {
    /// Reads `bytes_per_second` from the client, and as much at once. `stop` ends it; `gone` is cancelled when it has ended.
    pub(super) fn new(
        socket: Accepted,
        bytes_per_second: u32,
        stop: CancellationToken,
        gone: CancellationToken,
    ) -> Self {
        let rate = i64::from(bytes_per_second);
        // Zero, or less than a byte per refill: no limit that means anything.
        let limit = Bucket::new(rate, rate, REFILL).ok();
        Self {
            socket,
            limit,
            held: None,
            stopped: Box::pin(stop.cancelled_owned()),
            _gone: gone.drop_guard(),
        }
    }

    /// The next message with content; pings are answered by the socket.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        loop {
            let message = match ready!(self.socket.poll_next_unpin(cx)) {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Poll::Ready(Some(Err(StreamError::from_std(error)))),
                None => return Poll::Ready(None),
            };
            if message.is_close() {
                return Poll::Ready(None);
            }
            if message.is_binary() {
                return Poll::Ready(Some(Ok(Bytes::from(message.into_payload()))));
            }
        }
    }
}

impl Stream for Line {
    type Item = Result<Bytes, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        if self.held.is_none() {
            let bytes = match ready!(self.poll_message(cx)) {
                Some(Ok(bytes)) => bytes,
                other => return Poll::Ready(other),
            };
            match self.limit.as_mut().map_or(Ok(()), |limit| limit.consume(bytes.len())) {
                Ok(()) => return Poll::Ready(Some(Ok(bytes))),
                Err(until) => self.held = Some((bytes, Box::pin(tokio::time::sleep_until(until)))),
            }
        }
        if let Some((_, until)) = &mut self.held {
            ready!(until.as_mut().poll(cx));
        }
        Poll::Ready(self.held.take().map(|(bytes, _)| Ok(bytes)))
    }
}

impl Sink<Bytes> for Line {
    type Error = StreamError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        self.socket.poll_ready_unpin(cx).map_err(StreamError::from_std)
    }

    fn start_send(mut self: Pin<&mut Self>, item: Bytes) -> Result<(), StreamError> {
        self.socket.start_send_unpin(Message::binary(item)).map_err(StreamError::from_std)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        self.socket.poll_flush_unpin(cx).map_err(StreamError::from_std)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        self.socket.poll_close_unpin(cx).map_err(StreamError::from_std)
    }
}

/// TLS ends at the proxy in front: the client signs a challenge instead.
impl ExportKeyingMaterial for Line {
    fn export_keying_material<T: AsMut<[u8]>>(&self, _: T, _: &[u8], _: Option<&[u8]>) -> Option<T> {
        None
    }
}
