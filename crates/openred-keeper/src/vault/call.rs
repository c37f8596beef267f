//! Signing calls to directories and answers to challenges (Annex A.3, A.5). It must not know HTTP.

use openred_core::call::{
    ChallengeAnswer, ChallengeCall, Factor, Flags, POLL_WAIT_MAX, PollCall, RegisterCall,
};
use openred_core::grant::Request;

use super::malformed;
use super::opened::Opened;
use crate::ops::{Call, Refusal, SignedCall};

impl Opened {
    /// Fills in the own id and the own clock.
    pub(super) fn sign_call(&mut self, now_ms: u64, call: Call) -> Result<SignedCall, Refusal> {
        let time = now_ms / 1000;
        let sig = match call {
            Call::Register { dir_id, descriptor, flags } => {
                let own = self.own_descriptor(&descriptor)?;
                RegisterCall::sign(&self.signing, &dir_id, &own, Flags(flags), time).sig
            }
            Call::Request { dir_id, target, grant_id } => {
                Request::sign(&self.signing, &dir_id, &target, grant_id, time).signature
            }
            Call::Poll { dir_id, nonce, wait } => {
                if wait > POLL_WAIT_MAX {
                    return Err(malformed("a poll waits at most 25 seconds"));
                }
                PollCall::sign(&self.signing, &dir_id, self.node_id(), wait, nonce, time).sig
            }
            Call::Challenge { session_id, challenge, method } => {
                let method = factor(method)?;
                let question = ChallengeCall { challenge, method, reason: String::new() };
                ChallengeAnswer::sign(&self.signing, &session_id, &question, time).sig
            }
        };
        Ok(SignedCall { time, sig })
    }
}

fn factor(method: u8) -> Result<Factor, Refusal> {
    match method {
        1 => Ok(Factor::Confirm),
        2 => Ok(Factor::Totp),
        3 => Ok(Factor::Passkey),
        _ => Err(malformed("no such second factor")),
    }
}
