//! What the overlay's task asks of the node. Must not know: how it is done.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use openred_core::{
    identity::IdentityLog,
    ids::{Hash, NodeId},
    overlay::{Body, Message, PeerEntry},
    sign::Signature,
};
use openred_proto::overlay::store::Change;

/// A message for the application, new and verified.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The message.
    pub message: Arc<Message>,
    /// Its payload.
    pub body: Body,
    /// Who brought it; `None`: published here.
    pub from: Option<NodeId>,
}

/// What one turn wants to have written and handed out: one transaction.
#[derive(Debug, Default)]
pub struct Turned {
    /// To be stored, in order.
    pub changes: Vec<Change>,
    /// To be handed to the application.
    pub deliveries: Vec<Delivery>,
}

/// The node behind the overlay.
pub trait Hands: Send + Sync + 'static {
    /// Dials; the outcome comes by [`super::Handle::link`] or [`super::Handle::connect_failed`].
    fn connect(&self, entry: PeerEntry);
    /// Ends the overlay's part of the session with this peer.
    fn disconnect(&self, peer: NodeId, code: &'static str);
    /// Signs with the node's signing key: one message alone, or several as a bundle; none when it is locked or refuses.
    fn sign(&self, messages: Vec<Vec<u8>>) -> BoxFuture<'static, Option<Signature>>;
    /// Asks a neighbour for somebody's identity log.
    fn fetch_log(&self, from: NodeId, origin: NodeId) -> BoxFuture<'static, Option<Arc<IdentityLog>>>;
    /// Writes and hands out, in the order of calls. The task waits for it: who is slow here slows the overlay, and
    /// loses nothing.
    fn turned(&self, turned: Turned) -> BoxFuture<'_, ()>;
    /// An own message is under way, or will not leave (the reason's name).
    fn published(&self, reference: u64, outcome: Result<Hash, &'static str>);
    /// A way to a node that was looked for.
    fn found(&self, entry: PeerEntry);
    /// Bytes of this peer prove a fault.
    fn evidence(&self, peer: NodeId, what: &'static str);
}
