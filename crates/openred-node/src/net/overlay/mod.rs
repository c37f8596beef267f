//! The overlay of this node: one task that drives `openred_proto::overlay`, and its links to neighbours.
//!
//! A link is any session that carries OVERLAY frames, over QUIC or HTTPS. Neither the task nor a link ever waits for a
//! neighbour: what a link does not take stays bounded by the machine's own account of its queue. `service` starts it
//! and gives the rest of the node a handle, `hands` are what the task asks of the node, `https` the links over HTTPS,
//! `around` the task that tells it of people and ways. Must not know: SQL, sockets, what a post is.

mod around;
mod config;
mod driver;
mod hands;
mod https;
mod joining;
mod link;
mod node;
mod publishing;
mod service;

pub use config::{Beginning, OverlayConfig};
pub use driver::{Driver, DriverInbox, Handle, OverlayGone};
pub use hands::{Delivery, Hands, Turned};
pub(in crate::net) use https::join;
pub(in crate::net) use joining::{CAPABILITY, is_able, on_connection};
pub use link::{Incoming, Linked, Outgoing, PIECES};
pub use service::Overlay;
