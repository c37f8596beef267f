//! Who checks signatures: the real thing, or a simulator's that remembers for a whole run.
//!
//! Must not know: messages.

use std::collections::VecDeque;
use std::fmt;

use openred_core::{
    overlay::Check,
    sign::{Label, PublicKey},
};

/// Checks signatures. Called once per new message whose key is the origin's by its log, never for duplicates.
pub trait Verifier {
    /// Whether the check holds; `key` is `check.key`, already read.
    fn verify(&mut self, check: &Check<'_>, key: &PublicKey) -> bool;
}

/// Bundles whose signature held lately; a bundle has ≤ 256 messages and they come together.
const REMEMBERED_MAX: usize = 64;

/// Ed25519, strictly; remembers the last bundles that held, so that each is checked once.
#[derive(Default)]
pub struct RealVerifier {
    held: VecDeque<Check<'static>>,
}

impl Verifier for RealVerifier {
    fn verify(&mut self, check: &Check<'_>, key: &PublicKey) -> bool {
        if check.label != Label::Bundle {
            return check.verify_with(key);
        }
        if self.held.iter().rev().any(|held| held == check) {
            return true;
        }
        let holds = check.verify_with(key);
        if holds {
            if self.held.len() == REMEMBERED_MAX {
                self.held.pop_front();
            }
            self.held.push_back(check.clone().into_owned());
        }
        holds
    }
}

impl fmt::Debug for RealVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RealVerifier({} bundles)", self.held.len())
    }
}
