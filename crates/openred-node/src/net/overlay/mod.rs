//! The overlay of this node: one task that drives `openred_proto::overlay`, and its links to neighbours.
//!
//! A link is any session that carries OVERLAY frames, over QUIC or HTTPS. Neither the task nor a link ever waits for a
//! neighbour: what a link does not take stays bounded by the machine's own account of its queue. Must not know: SQL,
//! sockets, what a post is.

mod driver;
mod hands;
mod link;

pub use driver::{Driver, DriverInbox, Handle, OverlayGone, entry_of};
pub use hands::{Delivery, Hands, Turned};
pub use link::{Incoming, Linked, Outgoing, PIECES};
