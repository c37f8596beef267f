//! Signature checks of a run: one that held once is not repeated, whoever made it.
//!
//! What fails is checked each time. Must not know: messages, nodes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};

use openred_core::{overlay::Check, sign::PublicKey};
use openred_proto::overlay::{RealVerifier, Verifier};

/// Checks remembered at once.
const REMEMBERED_MAX: usize = 32_768;

#[derive(Default)]
struct Held {
    /// By the first bytes of the signature; of two that begin alike the later one is remembered.
    by_signature: BTreeMap<u64, Check<'static>>,
    order: VecDeque<u64>,
}

/// What the nodes of one run share.
#[derive(Clone, Default)]
pub struct Notary {
    held: Arc<Mutex<Held>>,
    real: bool,
}

impl fmt::Debug for Notary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notary(real: {})", self.real)
    }
}

impl Notary {
    /// `real`: every node checks everything by itself.
    #[must_use]
    pub fn new(real: bool) -> Self {
        Self { real, ..Self::default() }
    }

    /// A verifier for one node.
    #[must_use]
    pub fn verifier(&self) -> Box<dyn Verifier + Send> {
        if self.real { Box::new(RealVerifier::default()) } else { Box::new(self.clone()) }
    }
}

impl Verifier for Notary {
    fn verify(&mut self, check: &Check<'_>, key: &PublicKey) -> bool {
        let Ok(mut held) = self.held.lock() else { return false };
        let key_of = check.signature.0.first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
        if held.by_signature.get(&key_of) == Some(check) {
            return true;
        }
        let holds = check.verify_with(key);
        if holds {
            if held.order.len() == REMEMBERED_MAX
                && let Some(oldest) = held.order.pop_front()
            {
                held.by_signature.remove(&oldest);
            }
            held.order.push_back(key_of);
            held.by_signature.insert(key_of, check.clone().into_owned());
        }
        holds
    }
}
