//! The side that calls: hellos in turn on stream 0, then both first frames (PROTOCOL §4, Annex A.4).
//!
//! Must not know: tickets, keys, what a refusal means for the next try.

use std::time::Duration;

use iroh::endpoint::{Connection, RecvStream, SendStream};
use openred_core::{
    descriptor::Descriptor,
    hello::{HELLO_MAX, HelloRefusal, HelloReply, RefusalBody},
    ids::{B64, NodeId},
};
use serde::Deserialize;

use super::{
    Endpoint, FIRST_MAX, Frames, Line, NO_SESSION, QuicError, Way, binding,
    stream::{read_piece, write_piece},
};
use crate::{
    error::NodeError,
    net::https::{Hail, descriptor_in},
};

/// One question and its answer.
const ANSWER: Duration = Duration::from_secs(10);

/// A connection before its session stands. Dropped, it is closed.
#[derive(Debug)]
pub(in crate::net) struct Call {
    connection: Connection,
    streams: Option<(SendStream, RecvStream)>,
    binding: [u8; 32],
    endpoint_id: [u8; 32],
}

#[derive(Deserialize)]
struct Status {
    status: u16,
}

#[derive(Deserialize)]
struct Found {
    descriptor: B64,
}

impl Call {
    /// Connects. The other side has proven its transport key, nothing else.
    ///
    /// # Errors
    /// As [`Endpoint::dial`].
    pub(in crate::net) async fn dial(endpoint: &Endpoint, way: &Way) -> Result<Self, QuicError> {
        let connection = endpoint.dial(way).await?;
        let streams = connection.open_bi().await.map_err(|e| QuicError::Broken(e.to_string()))?;
        let binding = binding(&connection)?;
        Ok(Self { connection, streams: Some(streams), binding, endpoint_id: way.endpoint_id })
    }

    /// What the handshake on this connection is bound to, 32 bytes.
    pub(in crate::net) fn binding(&self) -> [u8; 32] {
        self.binding
    }

    /// Whether another hello may go by this connection to this transport key.
    pub(in crate::net) fn leads_to(&self, endpoint_id: &[u8; 32]) -> bool {
        self.endpoint_id == *endpoint_id && self.connection.close_reason().is_none()
    }

    /// Sends a hello.
    ///
    /// # Errors
    /// [`QuicError`]: whether the hello arrived is not known.
    pub(in crate::net) async fn hail(&mut self, hello: &str) -> Result<Hail, QuicError> {
        let answer = self.ask(hello.as_bytes()).await?;
        let other = || QuicError::Malformed("their node answered something else".to_owned());
        let Status { status } = serde_json::from_slice(&answer).map_err(|_| other())?;
        if status == 200 {
            let reply: HelloReply = serde_json::from_slice(&answer).map_err(|_| other())?;
            return Ok(Hail::Reply(reply));
        }
        let body: RefusalBody = serde_json::from_slice(&answer).unwrap_or_default();
        HelloRefusal::read(status, body).map(Hail::Refused).ok_or_else(other)
    }

    /// Asks for the descriptor of who answers; it must be of `id`.
    ///
    /// # Errors
    /// [`NodeError::Peer`].
    pub(in crate::net) async fn descriptor(&mut self, id: &NodeId) -> Result<Descriptor, NodeError> {
        let answer = self.ask(br#"{"get":"descriptor"}"#).await.map_err(unreachable)?;
        let other = || NodeError::Peer("what answers there is no OpenRed node".to_owned());
        let found: Found = serde_json::from_slice(&answer).map_err(|_| other())?;
        descriptor_in(&found.descriptor.0, id)
    }

    /// Sends the own first frame and waits for theirs, both as one Noise message.
    ///
    /// # Errors
    /// [`NodeError::Peer`]: the handshake was not finished.
    pub(in crate::net) async fn first(&mut self, first: &[u8]) -> Result<Vec<u8>, NodeError> {
        let answer = self.exchange(first, FIRST_MAX).await;
        answer.map_err(|_| NodeError::Peer("the handshake was not finished".to_owned()))
    }

    /// Both first frames have opened.
    pub(in crate::net) fn line(mut self) -> Option<Line> {
        let (send, stream) = self.streams.take()?;
        let connection = self.connection.clone();
        Some(Line { connection, send, incoming: Frames::new(stream), overlay: None })
    }

    async fn ask(&mut self, text: &[u8]) -> Result<Vec<u8>, QuicError> {
        self.exchange(text, HELLO_MAX).await
    }

    async fn exchange(&mut self, piece: &[u8], max: usize) -> Result<Vec<u8>, QuicError> {
        let over = || QuicError::Broken("no answer".to_owned());
        let (send, stream) = self.streams.as_mut().ok_or_else(over)?;
        let exchange = async {
            write_piece(send, piece).await?;
            read_piece(stream, max).await?.ok_or_else(over)
        };
        tokio::time::timeout(ANSWER, exchange).await.map_err(|_| over())?
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // Once it carries a session, that one closes it.
        if self.streams.is_some() {
            self.connection.close(NO_SESSION, b"");
        }
    }
}

/// A failed call, in words for the owner.
#[expect(clippy::needless_pass_by_value, reason = "shape of map_err")]
pub(in crate::net) fn unreachable(error: QuicError) -> NodeError {
    NodeError::Peer(error.to_string())
}
