//! The proofs of a depositor: MACs under the capability of a queue (Annex A.10). Must not know: queues, HTTP.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use openred_core::grant::within_window;
use openred_core::ids::{ClientId, DepositId, Hash, b64_decode, b64_encode};
use openred_core::payload::Secret32;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::AuthRefusal;

const SCHEME: &str = "OpenRed-Cap ";

/// HMAC-SHA256(cap, deposit_id ‖ client_id ‖ SHA-256(content))[..16]: its maker holds the capability and means these
/// bytes. Comparing two takes the same time whatever they are.
#[derive(Clone, Copy)]
pub struct CapMac(pub [u8; 16]);

impl CapMac {
    /// The MAC of a deposit whose content has the SHA-256 `digest`.
    #[must_use]
    pub fn of(cap: &Secret32, deposit_id: &DepositId, client_id: &ClientId, digest: &Hash) -> Self {
        Self(mac(cap, &[&deposit_id.0, &client_id.0, &digest.0]))
    }

    /// Reads the value of an `Authorization` header, `OpenRed-Cap b64(mac)`; `None` for anything else.
    #[must_use]
    pub fn from_header(value: &str) -> Option<Self> {
        b64_decode(value.strip_prefix(SCHEME)?).ok()?.try_into().ok().map(Self)
    }

    /// The value of the header.
    #[must_use]
    pub fn to_header(&self) -> String {
        format!("{SCHEME}{}", b64_encode(self.0))
    }
}

impl PartialEq for CapMac {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for CapMac {}

impl fmt::Debug for CapMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CapMac(…)")
    }
}

/// HMAC-SHA256(cap, deposit_id ‖ time:u64)[..16] ‖ time: its maker holds the capability and asks, now, whether the queue's
/// owner is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoverMac {
    mac: CapMac,
    time: u64,
}

impl DiscoverMac {
    /// The proof at `time`, unix seconds.
    #[must_use]
    pub fn of(cap: &Secret32, deposit_id: &DepositId, time: u64) -> Self {
        Self { mac: CapMac(mac(cap, &[&deposit_id.0, &time.to_be_bytes()])), time }
    }

    /// Whether it was made with `cap` for `deposit_id`, not more than 10 minutes from `now`. It changes nothing, so it may
    /// come again.
    ///
    /// # Errors
    /// [`AuthRefusal::Time`], [`AuthRefusal::Signature`].
    pub fn verify(&self, cap: &Secret32, deposit_id: &DepositId, now: u64) -> Result<(), AuthRefusal> {
        if !within_window(now, self.time) {
            return Err(AuthRefusal::Time);
        }
        if *self == Self::of(cap, deposit_id, self.time) { Ok(()) } else { Err(AuthRefusal::Signature) }
    }

    /// Reads the value of an `Authorization` header, `OpenRed-Cap b64(mac ‖ time)`; `None` for anything else.
    #[must_use]
    pub fn from_header(value: &str) -> Option<Self> {
        let bytes: [u8; 24] = b64_decode(value.strip_prefix(SCHEME)?).ok()?.try_into().ok()?;
        let (mac, time) = bytes.split_first_chunk::<16>()?;
        Some(Self { mac: CapMac(*mac), time: u64::from_be_bytes(time.try_into().ok()?) })
    }

    /// The value of the header.
    #[must_use]
    pub fn to_header(&self) -> String {
        format!("{SCHEME}{}", b64_encode([&self.mac.0[..], &self.time.to_be_bytes()].concat()))
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(cap: &Secret32, parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Sha256>::new_from_slice(cap.as_bytes()).expect("any key length");
    for part in parts {
        mac.update(part);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPOSIT: DepositId = DepositId([2; 16]);

    fn cap() -> Secret32 {
        Secret32::new([1; 32])
    }

    /// Computed apart from this code: Python's hmac and hashlib.
    #[test]
    fn the_macs_are_those_of_the_protocol() {
        let content = Hash::of(&[&[4; 1_024]]);
        let mac = CapMac::of(&cap(), &DEPOSIT, &ClientId([3; 16]), &content);
        assert_eq!(mac.to_header(), "OpenRed-Cap B9HR-ycZlWFnzTMKDvvfyg");
        let discover = DiscoverMac::of(&cap(), &DEPOSIT, 1_800_000_000);
        assert_eq!(discover.to_header(), "OpenRed-Cap MG-gMMocGvypE5IB_pyMqAAAAABrSdIA");
    }

    #[test]
    fn headers_come_back_and_others_are_refused() {
        let mac = CapMac([9; 16]);
        assert_eq!(CapMac::from_header(&mac.to_header()), Some(mac));
        let discover = DiscoverMac::of(&cap(), &DEPOSIT, 5_000);
        assert_eq!(DiscoverMac::from_header(&discover.to_header()), Some(discover.clone()));
        assert_eq!(CapMac::from_header(&discover.to_header()), None, "the other proof");
        for other in
            ["", "OpenRed-Cap", "OpenRed-Cap ", "OpenRed AAAA", "OpenRed-Cap A===", "openred-cap AAAA"]
        {
            assert_eq!(CapMac::from_header(other), None, "{other}");
            assert_eq!(DiscoverMac::from_header(other), None, "{other}");
        }
    }

    #[test]
    fn whether_somebody_is_here_is_told_to_the_holder_now() {
        let proof = DiscoverMac::of(&cap(), &DEPOSIT, 5_000);
        assert_eq!(proof.verify(&cap(), &DEPOSIT, 5_600), Ok(()));
        assert_eq!(proof.verify(&cap(), &DEPOSIT, 5_601), Err(AuthRefusal::Time));
        assert_eq!(proof.verify(&Secret32::new([8; 32]), &DEPOSIT, 5_000), Err(AuthRefusal::Signature));
        assert_eq!(proof.verify(&cap(), &DepositId([8; 16]), 5_000), Err(AuthRefusal::Signature));
        let later = DiscoverMac { time: 5_001, ..proof };
        assert_eq!(
            later.verify(&cap(), &DEPOSIT, 5_000),
            Err(AuthRefusal::Signature),
            "the time is in the MAC"
        );
    }
}
