//! `/p2p/auth/challenge`: a peer asks this node's owner for a fresh second factor (PROTOCOL §4, Annex A.5).
//!
//! Must not know: how the owner proves presence. Only what is signed afterwards.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    checks,
    ids::{Id16, b64_decode, b64_encode},
    sign::{Label, PublicKey, Signature, SigningKey},
};

/// Seconds for which an answer is good.
pub const CHALLENGE_VALID_SECS: u64 = 60;

/// How the owner is to prove presence. On the wire the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Factor {
    /// 1: a click in the app.
    Confirm = 1,
    /// 2: a time-based code.
    Totp = 2,
    /// 3: a passkey.
    Passkey = 3,
}

impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Self::Confirm),
            2 => Ok(Self::Totp),
            3 => Ok(Self::Passkey),
            _ => Err(D::Error::custom("no such method")),
        }
    }
}

/// The question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeCall {
    /// 32 random bytes of the asking peer.
    #[serde(with = "challenge_text")]
    pub challenge: [u8; 32],
    /// Which factor.
    pub method: Factor,
    /// Shown to the owner, ≤ 200 characters.
    pub reason: String,
}

/// The answer, after the owner's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeAnswer {
    /// Unix seconds of the answering node.
    pub time: u64,
    /// sign(`openred/challenge`, session_id ‖ challenge ‖ method:u8 ‖ time:u64).
    pub sig: Signature,
}

/// Why an answer does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeRefusal {
    /// More than 60 s off.
    #[error("answer out of time")]
    Time,
    /// Not by the peer's current key for this session and question.
    #[error("bad signature")]
    Signature,
}

impl ChallengeAnswer {
    /// Signs the answer in session `session_id`.
    #[must_use]
    pub fn sign(key: &SigningKey, session_id: &Id16, call: &ChallengeCall, time: u64) -> Self {
        Self { time, sig: key.sign(Label::Challenge, &signed(session_id, call, time)) }
    }
}

/// Checks `challenge/time` and `challenge/signature`.
///
/// # Errors
/// [`ChallengeRefusal`]: what was asked for is not done.
pub fn verify_challenge(
    peer: &PublicKey,
    session_id: &Id16,
    call: &ChallengeCall,
    answer: &ChallengeAnswer,
    now: u64,
) -> Result<(), ChallengeRefusal> {
    if checks::failed("challenge/time", now.abs_diff(answer.time) > CHALLENGE_VALID_SECS) {
        return Err(ChallengeRefusal::Time);
    }
    let bad = peer.verify(Label::Challenge, &signed(session_id, call, answer.time), &answer.sig).is_err();
    if checks::failed("challenge/signature", bad) { Err(ChallengeRefusal::Signature) } else { Ok(()) }
}

fn signed(session_id: &Id16, call: &ChallengeCall, time: u64) -> Vec<u8> {
    [session_id.0.as_slice(), &call.challenge, &[call.method as u8], &time.to_be_bytes()].concat()
}

/// serde form of a challenge: base64url of exactly 32 bytes.
mod challenge_text {
    use super::{Deserialize, Deserializer, Serializer, b64_decode, b64_encode};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64_encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let bytes = b64_decode(&String::deserialize(deserializer)?).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("not 32 bytes"))
    }
}
