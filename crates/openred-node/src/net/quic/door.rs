//! The side that is called: each connection brings hellos on its first stream, then a first frame, and nothing else
//! before that one has opened (PROTOCOL §4).
//!
//! Must not know: whose hello is answered how; `accept` decides.

use std::{net::IpAddr, time::Duration};

use iroh::endpoint::{Connection, Incoming, IncomingAddr, RecvStream, SendStream};
use openred_core::{
    hello::{HELLO_MAX, HelloRefusal, HelloReply},
    ids::{B64, Id16},
};
use serde_json::{Value, json};
use tracing::debug;

use super::{
    Endpoint, FIRST_MAX, Frames, Line, NO_SESSION, QuicError, binding,
    places::Places,
    stream::{read_piece, write_piece},
};
use crate::net::{
    Network,
    accept::{self, Confirmed, Door},
};

/// Time for all that comes before the session.
const BEFORE: Duration = Duration::from_secs(30);
/// Hellos and questions of one connection.
const PIECES_MAX: usize = 16;

/// Answers at this endpoint until it is closed.
pub(in crate::net) async fn serve(net: Network, endpoint: Endpoint) {
    let places = Places::default();
    while let Some(incoming) = endpoint.accept().await {
        // Under load the source address is proven before anything is spent on it.
        if places.are_scarce() && !incoming.remote_addr_validated() {
            let _ = incoming.retry();
            continue;
        }
        let Some(place) = places.take(source(&incoming)) else {
            incoming.refuse();
            continue;
        };
        let caller = net.clone();
        net.deps.tasks.spawn_one_of_many("quic", async move {
            let answered = tokio::time::timeout(BEFORE, answer(&caller, incoming)).await;
            match answered {
                Ok(Ok(())) => {}
                Ok(Err(error)) => debug!(%error, "a QUIC connection brought no session"),
                Err(_) => debug!("a QUIC connection was too slow"),
            }
            drop(place);
        });
    }
}

/// Where a connection comes from; nothing for those through relays, which share their places.
fn source(incoming: &Incoming) -> Option<IpAddr> {
    match incoming.remote_addr() {
        IncomingAddr::Ip(address) => Some(address.ip()),
        _ => None,
    }
}

async fn answer(net: &Network, incoming: Incoming) -> Result<(), QuicError> {
    let connection = incoming.await.map_err(|e| QuicError::Broken(e.to_string()))?;
    let ended = CloseUnlessTaken(Some(connection.clone()));
    meet(net, connection).await?;
    ended.taken();
    Ok(())
}

/// Closes a connection that comes to nothing, also when it takes too long.
struct CloseUnlessTaken(Option<Connection>);

impl CloseUnlessTaken {
    fn taken(mut self) {
        self.0 = None;
    }
}

impl Drop for CloseUnlessTaken {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.close(NO_SESSION, b"");
        }
    }
}

async fn meet(net: &Network, connection: Connection) -> Result<(), QuicError> {
    let broken = |error: &dyn std::fmt::Display| QuicError::Broken(error.to_string());
    let (send, stream) = connection.accept_bi().await.map_err(|e| broken(&e))?;
    let early = connection.clone();
    let heard = tokio::select! {
        biased;
        Ok(_) = early.accept_bi() => Err(QuicError::Malformed("a second stream before the first frame".to_owned())),
        heard = hear(net, connection, send, stream) => heard,
    };
    // From here on the caller may open streams.
    match heard? {
        Some((met, line)) => accept::stands_on(net, met, line).await.map_err(|e| broken(&e)),
        None => Ok(()),
    }
}

/// A handshake that is done, and its connection.
type Heard = (Confirmed, Line);

async fn hear(
    net: &Network,
    connection: Connection,
    mut send: SendStream,
    mut stream: RecvStream,
) -> Result<Option<Heard>, QuicError> {
    let door = Door { binding: binding(&connection)?, endpoint: Some(*connection.remote_id().as_bytes()) };
    for _ in 0..PIECES_MAX {
        let Some(piece) = read_piece(&mut stream, HELLO_MAX).await? else { return gone(&connection).await };
        let (text, session_id) = reply(net, &piece, &door).await;
        write_piece(&mut send, text.to_string().as_bytes()).await?;
        if let Some(session_id) = session_id {
            return finish(net, connection, (send, stream), session_id, &door).await.map(Some);
        }
    }
    Err(QuicError::Malformed("too many hellos".to_owned()))
}

/// Who only asked has what it wanted: it closes.
async fn gone(connection: &Connection) -> Result<Option<Heard>, QuicError> {
    connection.closed().await;
    Ok(None)
}

/// The answer to one piece, and the session that message 2 names.
async fn reply(net: &Network, piece: &[u8], door: &Door) -> (Value, Option<Id16>) {
    if serde_json::from_slice::<Value>(piece).is_ok_and(|asked| asked == json!({"get": "descriptor"})) {
        return (own(net), None);
    }
    match accept::hello_counted(net, piece, door).await {
        Ok(reply) => (accepted(&reply), Some(reply.session_id)),
        Err(refusal) => (refused(&refusal), None),
    }
}

fn own(net: &Network) -> Value {
    net.own.current().map_or_else(
        || json!({"status": 404, "code": "unknown"}),
        |own| json!({"status": 200, "descriptor": B64(own.bytes().to_vec())}),
    )
}

fn accepted(reply: &HelloReply) -> Value {
    with_status(200, serde_json::to_value(reply))
}

fn refused(refusal: &HelloRefusal) -> Value {
    with_status(refusal.status(), serde_json::to_value(refusal.body()))
}

fn with_status(status: u16, body: serde_json::Result<Value>) -> Value {
    let mut body = body.unwrap_or_else(|_| json!({}));
    if let Some(members) = body.as_object_mut() {
        members.insert("status".to_owned(), json!(status));
    }
    body
}

/// The first frame comes, and only that.
async fn finish(
    net: &Network,
    connection: Connection,
    (mut send, mut stream): (SendStream, RecvStream),
    session_id: Id16,
    door: &Door,
) -> Result<Heard, QuicError> {
    let broken = |why: &str| QuicError::Broken(why.to_owned());
    let first = read_piece(&mut stream, FIRST_MAX).await?.ok_or_else(|| broken("no first frame"))?;
    let half = net.take_half_open(&session_id, &door.binding);
    let half = half.ok_or_else(|| broken("a handshake of another connection"))?;
    let confirmed = accept::confirm(net, half, first).await;
    let (first, met) = confirmed.map_err(|e| broken(&e.to_string()))?;
    write_piece(&mut send, &first).await?;
    let line = Line { connection, send, incoming: Frames::new(stream), overlay: None };
    Ok((met, line))
}
