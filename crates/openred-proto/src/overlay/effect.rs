//! What the overlay asks the driver to do: verbs, nothing else.
//!
//! Must not know: how it is done.

use std::sync::Arc;

use openred_core::{
    ids::{Hash, NodeId},
    overlay::{Message, PeerEntry},
    sign::Label,
};

use super::store::Change;

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Put a frame into the peer's queue. Never wait: the machine counts what lies there ([`super::Input::Sent`]) and
    /// holds back by itself. Frames to one peer keep their order.
    Send {
        /// To whom; linked at this moment.
        peer: NodeId,
        /// A whole frame of Annex A.8; the same bytes for all peers of one message.
        frame: Arc<[u8]>,
    },
    /// Dial; answer with `Input::Connected` or `Input::ConnectFailed`.
    Connect {
        /// Whom and where: only these addresses (and the relay).
        entry: PeerEntry,
    },
    /// Close the overlay's part of the session with this peer, after what is queued; `Input::Closed` follows.
    Disconnect {
        /// With whom.
        peer: NodeId,
        /// Why, as in the DISCONNECT that was queued before.
        code: &'static str,
    },
    /// Let the keeper sign `bytes` under `label` with the signing key of the own log; answer with `Input::Signed`,
    /// also on failure. At most one is out.
    Sign {
        /// Names the answer.
        batch: u64,
        /// `openred/overlay` or `openred/bundle`.
        label: Label,
        /// What to sign.
        bytes: Vec<u8>,
    },
    /// Ask `from` for the identity log of `origin` (REQUEST `log`); answer with `Input::LogFetched`, also on failure.
    FetchLog {
        /// Who forwarded a message of it, so must be able to serve it.
        from: NodeId,
        /// Whose log.
        origin: NodeId,
    },
    /// A message of whatever kind is verified and new. Never twice for one id, as long as what is stored lasts: the
    /// `Store` effects of the same turn belong into one transaction with what the application writes for it.
    Deliver {
        /// The message; `Message::view` reads its payload.
        message: Arc<Message>,
        /// Who brought it; `None`: this node published it just now.
        from: Option<NodeId>,
    },
    /// An own message is signed and under way.
    Published {
        /// Of [`super::Input::Publish`].
        reference: u64,
        /// Its id.
        id: Hash,
    },
    /// An own message will not leave.
    Refused {
        /// Of [`super::Input::Publish`].
        reference: u64,
        /// `body` (not encodable within the bounds), `full` (too many wait), `unsigned` (the keeper refused: publish
        /// again when it is unlocked).
        why: &'static str,
    },
    /// The way to a node that was looked for.
    Found {
        /// Where it is.
        entry: PeerEntry,
    },
    /// Make a change last; nobody waits for it.
    Store(Change),
    /// Bytes of this peer prove a fault: for the log and the owner. Penalty and, where due, `Disconnect` come apart.
    Evidence {
        /// Who delivered them.
        peer: NodeId,
        /// What they prove, as named by `openred_core::overlay::Invalid` or `signature`.
        what: &'static str,
    },
}

/// What is to be done, in order.
#[derive(Debug, Default)]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all effects out, in order.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.0)
    }

    /// Takes all effects out, in order, and keeps the space: for drivers that do many small turns.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Effect> {
        self.0.drain(..)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Those from the `start`th on.
    pub(super) fn since(&self, start: usize) -> &[Effect] {
        self.0.get(start..).unwrap_or_default()
    }

    pub(super) fn send(&mut self, peer: NodeId, frame: Arc<[u8]>) {
        self.0.push(Effect::Send { peer, frame });
    }

    pub(super) fn connect(&mut self, entry: PeerEntry) {
        self.0.push(Effect::Connect { entry });
    }

    pub(super) fn disconnect(&mut self, peer: NodeId, code: &'static str) {
        self.0.push(Effect::Disconnect { peer, code });
    }

    pub(super) fn sign(&mut self, batch: u64, label: Label, bytes: Vec<u8>) {
        self.0.push(Effect::Sign { batch, label, bytes });
    }

    pub(super) fn fetch_log(&mut self, from: NodeId, origin: NodeId) {
        self.0.push(Effect::FetchLog { from, origin });
    }

    pub(super) fn deliver(&mut self, message: Arc<Message>, from: Option<NodeId>) {
        self.0.push(Effect::Deliver { message, from });
    }

    pub(super) fn published(&mut self, reference: u64, id: Hash) {
        self.0.push(Effect::Published { reference, id });
    }

    pub(super) fn refused(&mut self, reference: u64, why: &'static str) {
        self.0.push(Effect::Refused { reference, why });
    }

    pub(super) fn found(&mut self, entry: PeerEntry) {
        self.0.push(Effect::Found { entry });
    }

    pub(super) fn store(&mut self, change: Change) {
        self.0.push(Effect::Store(change));
    }

    pub(super) fn evidence(&mut self, peer: NodeId, what: &'static str) {
        self.0.push(Effect::Evidence { peer, what });
    }
}
