//! What a relay keeps and by which rules: queues, their proofs, sizes, lifetimes and quotas (PROTOCOL §9, Annex A.10).
//!
//! Must not know: disks, sockets, clocks. Times are arguments, unix seconds.

mod capability;
mod owner;
mod quota;
mod refusal;
mod size;

use bytes::Bytes;
use openred_core::ids::{ClientId, DepositId, Hash, NodeId, QueueId};
use openred_core::payload::Secret32;
use openred_core::sign::PublicKey;

pub use capability::{CapMac, DiscoverMac};
pub use owner::{AuthRefusal, OwnerAuth};
pub use quota::Quotas;
pub use refusal::Refusal;
pub use size::SizeClass;

/// A queue: mail goes in at one address and comes out at another.
///
/// The relay keeps the capability itself, not a hash of it: a MAC is checked with the key that made it. It is not sealed
/// at rest. Who reads a relay's disk can therefore deposit into its queues, and can read nothing and fetch nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Where depositors put mail, 16 bytes.
    pub deposit_id: DepositId,
    /// Where the owner fetches it, 16 bytes.
    pub queue_id: QueueId,
    /// Key of the owner's calls (Ed25519), made for this queue alone and no one's identity. As bytes: a key that is
    /// unpacked has six times the size, and unpacking those of all queues would take seconds.
    pub fetch_key: [u8; 32],
    /// What depositors hold, 32 bytes: the key of [`CapMac`].
    pub cap: Secret32,
    /// When its owner was last here: unix seconds, a whole hour. The relay does not remember it more precisely.
    pub last_seen: u64,
}

impl Queue {
    /// A new queue of whoever holds the private half of `fetch_key`, with ids and capability from the operating system's
    /// randomness.
    #[must_use]
    pub fn generate(fetch_key: &PublicKey, now: u64) -> Self {
        Self {
            deposit_id: DepositId(random()),
            queue_id: QueueId(random()),
            fetch_key: *fetch_key.as_bytes(),
            cap: new_cap(),
            last_seen: whole_hour(now),
        }
    }

    /// Whether the owner of this queue makes `call` (method, path and query, SHA-256 of the body) to this relay now. The
    /// caller remembers (fetch key, nonce) for 20 minutes and lets none count twice.
    ///
    /// # Errors
    /// [`AuthRefusal`].
    pub fn verify_owner(
        &self,
        auth: &OwnerAuth,
        relay_id: &NodeId,
        call: (&str, &str, &Hash),
        now: u64,
    ) -> Result<(), AuthRefusal> {
        let key = PublicKey::from_bytes(&self.fetch_key).map_err(|_| AuthRefusal::Signature)?;
        auth.verify(&key, relay_id, call, now)
    }
}

/// A capability from the operating system's randomness, 32 bytes: for a new queue, or to revoke the old one.
#[must_use]
pub fn new_cap() -> Secret32 {
    Secret32::new(random())
}

/// The hour that `secs` lies in, unix seconds.
#[must_use]
pub const fn whole_hour(secs: u64) -> u64 {
    secs - secs % 3_600
}

#[expect(clippy::expect_used, reason = "without the system's randomness nothing here may go on")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// One piece of sealed mail on its way into a queue. Its MAC has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// The queue's address.
    pub deposit_id: DepositId,
    /// The depositor's name of this deposit.
    pub client_id: ClientId,
    /// SHA-256 of the content: what the MAC covers, and by which equal bytes are recognised.
    pub digest: Hash,
    /// Sealed mail, of exactly the bytes of a [`SizeClass`].
    pub content: Bytes,
}

impl Deposit {
    /// A deposit of `content`, whose SHA-256 is computed here.
    #[must_use]
    pub fn new(deposit_id: DepositId, client_id: ClientId, content: Bytes) -> Self {
        let digest = Hash::of(&[&content]);
        Self { deposit_id, client_id, digest, content }
    }

    /// Whether the depositor holds the capability of `queue`.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]: who has no capability is not told whether there is a queue.
    pub fn check(&self, queue: &Queue, mac: &CapMac) -> Result<(), Refusal> {
        let right = CapMac::of(&queue.cap, &self.deposit_id, &self.client_id, &self.digest);
        if self.deposit_id == queue.deposit_id && right == *mac { Ok(()) } else { Err(Refusal::Unknown) }
    }
}

/// Mail that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its place in the queue, from 1 without gaps, in the order in which mail became durable.
    pub seq: u64,
    /// Where its owner fetches it: who waits there may be told.
    pub queue_id: QueueId,
    /// Whether it came now; false when the same deposit was here before.
    pub new: bool,
}

/// Mail on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its place in the queue.
    pub seq: u64,
    /// When it came, unix seconds.
    pub received: u64,
    /// The sealed bytes, as deposited.
    pub content: Bytes,
}

#[cfg(test)]
mod tests {
    use openred_core::ids::Id16;
    use openred_core::sign::SigningKey;

    use super::*;

    #[test]
    fn only_the_owner_of_a_queue_makes_its_calls() {
        let (key, relay) = (SigningKey::from_seed([1; 32]), NodeId([2; 32]));
        let queue = Queue::generate(&key.public(), 0);
        let call = ("GET", "/api/v1/queues/x?after=0", &Hash::of(&[]));
        let auth = OwnerAuth::sign(&key, &relay, call, Id16([3; 16]), 1_000);
        assert_eq!(queue.verify_owner(&auth, &relay, call, 1_000), Ok(()));
        let other = Queue::generate(&SigningKey::from_seed([4; 32]).public(), 0);
        assert_eq!(other.verify_owner(&auth, &relay, call, 1_000), Err(AuthRefusal::Signature));
    }

    #[test]
    fn only_who_holds_the_capability_deposits() {
        let queue = Queue::generate(&SigningKey::generate().public(), 7_300);
        assert_eq!(queue.last_seen, 7_200, "to the hour");
        let mail = Deposit::new(queue.deposit_id, ClientId([1; 16]), Bytes::from(vec![7; 1_024]));
        let mac = CapMac::of(&queue.cap, &mail.deposit_id, &mail.client_id, &mail.digest);
        assert_eq!(mail.check(&queue, &mac), Ok(()));

        let revoked = Queue { cap: new_cap(), ..queue.clone() };
        assert_eq!(mail.check(&revoked, &mac), Err(Refusal::Unknown), "the old capability");
        let other = Queue::generate(&SigningKey::generate().public(), 7_300);
        assert_eq!(
            mail.check(&Queue { cap: queue.cap, ..other }, &mac),
            Err(Refusal::Unknown),
            "other queue"
        );
    }
}
