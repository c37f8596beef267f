//! Sessions over QUIC: the endpoint, both sides of a handshake on it, and pieces on its streams (PROTOCOL §4).
//!
//! Must not know: what people may do; who a peer is before its first frame has opened.

pub(super) mod call;
pub(super) mod door;
pub mod endpoint;
pub mod link;
mod places;
pub(super) mod presenting;
pub(super) mod socket;
pub mod stream;

use iroh::{
    TransportAddr,
    endpoint::{Connection, SendStream, VarInt},
};
use openred_proto::overlay::{Group, Via};

pub use endpoint::{ALPN, Endpoint, EndpointConfig, QuicError, Way, binding};
pub use socket::QuicReach;
pub use stream::Frames;

use super::overlay::{Incoming, Outgoing};

/// Code of a connection that is over: the session's end was told by CLOSE.
pub(super) const FAREWELL: VarInt = VarInt::from_u32(0);
/// Code of a connection whose handshake failed.
pub(super) const NO_SESSION: VarInt = VarInt::from_u32(1);
/// Most bytes of a piece with a first frame.
pub(super) const FIRST_MAX: usize =
    openred_core::session_keys::PLAIN_MAX + openred_core::session_keys::TAG_LEN;

/// A connection on which both first frames have opened.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) connection: Connection,
    /// Stream 0, from here.
    pub(super) send: SendStream,
    /// Stream 0, to here.
    pub(super) incoming: Frames,
    /// The overlay's two directions, if it wants this session.
    pub(super) overlay: Option<(Outgoing, Incoming)>,
}

/// Where the other end of a connection is now: it may change from relayed to direct.
pub(super) fn seen_at(connection: &Connection) -> (Option<Group>, Via) {
    let paths = connection.paths();
    let selected = paths.iter().find(|path| path.is_selected()).map(|path| path.remote_addr().clone());
    match selected {
        Some(TransportAddr::Ip(address)) => (Group::of(&address), Via::Direct),
        Some(TransportAddr::Relay(url)) => (Group::of_relay(url.as_str()), Via::Relay),
        _ => (None, Via::Direct),
    }
}
