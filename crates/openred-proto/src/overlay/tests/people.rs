//! People: keys, logs, signed messages. Must not know: machines.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use openred_core::{
    identity::IdentityLog,
    ids::{Hash, NodeId},
    overlay::{Body, Bundle, Check, Draft, Head, Message},
    sign::{PublicKey, SigningKey},
};

use crate::overlay::{RealVerifier, Verifier};

/// 2026-11-21, noon.
pub(super) const NOON_S: u64 = 1_795_262_400;

/// Somebody with keys.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) key: SigningKey,
    pub(super) log: Arc<IdentityLog>,
}

impl Person {
    /// The `n`th one; always the same.
    pub(super) fn new(n: u16) -> Self {
        let seed = |what: u8| {
            let [high, low] = n.to_be_bytes();
            let mut seed = [what; 32];
            (seed[0], seed[1]) = (high, low);
            SigningKey::from_seed(seed)
        };
        let key = seed(2);
        let log = IdentityLog::inception(&seed(1), &key, Hash([3; 32]), NOON_S - 86_400);
        Self { key, log: Arc::new(log) }
    }

    pub(super) fn id(&self) -> NodeId {
        self.log.node_id()
    }

    fn signed_bytes(&self, body: Body, at_s: u64) -> Vec<u8> {
        let head = Head {
            kind: body.kind(),
            node_id: self.id(),
            log_seq: self.log.head_seq(),
            signing_key: *self.log.current_key().as_bytes(),
            timestamp: at_s,
            not_after: at_s + 3600,
        };
        Draft { head, body }.signed_bytes().expect("within bounds")
    }

    /// Signs these texts together: alone as a single message, several as a bundle.
    pub(super) fn says(&self, texts: &[&str], at_s: u64) -> Vec<Arc<Message>> {
        self.signs(texts.iter().map(|text| self.signed_bytes(note(text), at_s)).collect())
    }

    /// Signs what it thinks of others, in thousandths.
    pub(super) fn thinks(&self, of: &[(NodeId, u16)], at_s: u64) -> Arc<Message> {
        self.signs(vec![self.signed_bytes(Body::TrustUpdate(of.to_vec()), at_s)]).remove(0)
    }

    fn signs(&self, bytes: Vec<Vec<u8>>) -> Vec<Arc<Message>> {
        let bundle = Bundle::of(bytes).expect("one origin");
        let (label, to_sign) = bundle.to_sign();
        bundle.sign(self.key.sign(label, &to_sign))
    }
}

/// A public note.
pub(super) fn note(text: &str) -> Body {
    Body::Gossip { app: "note".to_owned(), topics: Vec::new(), bytes: text.as_bytes().to_vec() }
}

/// Checks for real and counts.
pub(super) struct Counting {
    real: RealVerifier,
    asked: Arc<AtomicU64>,
}

impl Counting {
    pub(super) fn new() -> (Self, Arc<AtomicU64>) {
        let asked = Arc::new(AtomicU64::new(0));
        (Self { real: RealVerifier::default(), asked: asked.clone() }, asked)
    }
}

impl Verifier for Counting {
    fn verify(&mut self, check: &Check<'_>, key: &PublicKey) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.real.verify(check, key)
    }
}
