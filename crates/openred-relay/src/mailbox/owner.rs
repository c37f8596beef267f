//! The proof of a queue's owner: one signed header per call (Annex A.10).
//!
//! Must not know: which nonces were here; whoever verifies remembers (fetch key, nonce) for 20 minutes.

use openred_core::grant::within_window;
use openred_core::ids::{Hash, Id16, NodeId, b64_decode, b64_encode};
use openred_core::sign::{Label, PublicKey, Signature, SigningKey};

const SCHEME: &str = "OpenRed ";

/// Why the proof of an owner or depositor does not count: 401 `bad_signature`, for a depositor 404 `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthRefusal {
    /// Its time is more than 10 minutes off. The problem should say by how much.
    #[error("time more than 10 minutes off")]
    Time,
    /// Not made with this key over this call.
    #[error("bad signature")]
    Signature,
}

/// `Authorization: OpenRed b64(time:u64 ‖ nonce[16] ‖ sig)`, 88 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerAuth {
    /// When the call was signed, unix seconds.
    pub time: u64,
    /// Random; (fetch key, nonce) unseen for 20 minutes.
    pub nonce: Id16,
    /// sign(`openred/relay`, relay_id ‖ nonce ‖ time ‖ SHA-256(method ‖ " " ‖ path and query ‖ " " ‖ SHA-256(body))).
    pub sig: Signature,
}

impl OwnerAuth {
    /// Signs one call to the relay whose node id is `relay_id`. `target` is path and query as sent, `body` the SHA-256 of
    /// the body's bytes.
    #[must_use]
    pub fn sign(
        key: &SigningKey,
        relay_id: &NodeId,
        (method, target, body): (&str, &str, &Hash),
        nonce: Id16,
        time: u64,
    ) -> Self {
        let sig = key.sign(Label::Relay, &signed(relay_id, (method, target, body), &nonce, time));
        Self { time, nonce, sig }
    }

    /// Whether the holder of `fetch_key` makes this call to this relay now.
    ///
    /// # Errors
    /// [`AuthRefusal`].
    pub fn verify(
        &self,
        fetch_key: &PublicKey,
        relay_id: &NodeId,
        (method, target, body): (&str, &str, &Hash),
        now: u64,
    ) -> Result<(), AuthRefusal> {
        if !within_window(now, self.time) {
            return Err(AuthRefusal::Time);
        }
        let bytes = signed(relay_id, (method, target, body), &self.nonce, self.time);
        fetch_key.verify(Label::Relay, &bytes, &self.sig).map_err(|_| AuthRefusal::Signature)
    }

    /// Reads the value of the header; `None` for anything else.
    #[must_use]
    pub fn from_header(value: &str) -> Option<Self> {
        let bytes: [u8; 88] = b64_decode(value.strip_prefix(SCHEME)?).ok()?.try_into().ok()?;
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let (nonce, sig) = rest.split_first_chunk::<16>()?;
        let sig = Signature(sig.try_into().ok()?);
        Some(Self { time: u64::from_be_bytes(*time), nonce: Id16(*nonce), sig })
    }

    /// The value of the header.
    #[must_use]
    pub fn to_header(&self) -> String {
        let bytes = [&self.time.to_be_bytes()[..], &self.nonce.0, &self.sig.0].concat();
        format!("{SCHEME}{}", b64_encode(bytes))
    }
}

fn signed(
    relay_id: &NodeId,
    (method, target, body): (&str, &str, &Hash),
    nonce: &Id16,
    time: u64,
) -> Vec<u8> {
    let call = Hash::of(&[method.as_bytes(), b" ", target.as_bytes(), b" ", &body.0]);
    [&relay_id.0[..], &nonce.0, &time.to_be_bytes(), &call.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAY: NodeId = NodeId([5; 32]);
    const NOW: u64 = 1_800_000_000;

    #[test]
    fn a_signature_is_for_one_relay_call_body_and_time() {
        let (key, body) = (SigningKey::from_seed([1; 32]), Hash::of(&[b"{}"]));
        let (other_relay, other_body) = (NodeId([6; 32]), Hash::of(&[b"{ }"]));
        let auth = OwnerAuth::sign(&key, &RELAY, ("GET", "/q?after=1", &body), Id16([2; 16]), NOW);
        let verify = |auth: &OwnerAuth, relay, call| auth.verify(&key.public(), relay, call, NOW);
        assert_eq!(verify(&auth, &RELAY, ("GET", "/q?after=1", &body)), Ok(()));

        let bad = Err(AuthRefusal::Signature);
        assert_eq!(verify(&auth, &other_relay, ("GET", "/q?after=1", &body)), bad, "another relay");
        assert_eq!(verify(&auth, &RELAY, ("POST", "/q?after=1", &body)), bad, "another method");
        assert_eq!(verify(&auth, &RELAY, ("GET", "/q?after=2", &body)), bad, "another query");
        assert_eq!(verify(&auth, &RELAY, ("GET", "/q?after=1", &other_body)), bad, "another body");
        let nonce = OwnerAuth { nonce: Id16([3; 16]), ..auth };
        assert_eq!(verify(&nonce, &RELAY, ("GET", "/q?after=1", &body)), bad, "another nonce");
        let later = OwnerAuth { time: NOW + 1, ..auth };
        assert_eq!(verify(&later, &RELAY, ("GET", "/q?after=1", &body)), bad, "another time");
        let ben = SigningKey::from_seed([9; 32]).public();
        assert_eq!(auth.verify(&ben, &RELAY, ("GET", "/q?after=1", &body), NOW), bad, "another key");
    }

    #[test]
    fn it_counts_for_ten_minutes_either_way() {
        let (key, body) = (SigningKey::from_seed([1; 32]), Hash::of(&[]));
        let call = ("DELETE", "/q", &body);
        let auth = OwnerAuth::sign(&key, &RELAY, call, Id16([2; 16]), NOW);
        for now in [NOW - 600, NOW + 600] {
            assert_eq!(auth.verify(&key.public(), &RELAY, call, now), Ok(()));
        }
        for now in [NOW - 601, NOW + 601] {
            assert_eq!(auth.verify(&key.public(), &RELAY, call, now), Err(AuthRefusal::Time));
        }
    }

    #[test]
    fn the_header_comes_back_and_others_are_refused() {
        let auth = OwnerAuth { time: NOW, nonce: Id16([2; 16]), sig: Signature([3; 64]) };
        let header = auth.to_header();
        assert_eq!(OwnerAuth::from_header(&header), Some(auth));
        for end in 0..header.len() {
            assert_eq!(OwnerAuth::from_header(&header[..end]), None, "cut after {end}");
        }
        assert_eq!(OwnerAuth::from_header(&header.replace("OpenRed ", "OpenRed-Cap ")), None);
        assert_eq!(OwnerAuth::from_header(&format!("{header}A")), None);
    }
}
