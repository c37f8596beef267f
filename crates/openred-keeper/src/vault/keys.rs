//! Keys that roll (PROTOCOL §1): Noise monthly, grant daily, mail monthly, with the private halves that are
//! still needed; incarnation and last seq beside them. The node stores the state sealed. It must not know
//! the key file.

use openred_core::boxes::{self, BoxPublic, BoxSecret, Suite};
use openred_core::ids::{Id8, NodeId};
use serde::{Deserialize, Serialize};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::random;
use crate::ops::Refusal;
use crate::seal::{self, MasterKey};

const DAY_MS: u64 = 86_400_000;
/// A grant key serves a day, a Noise or mail key a month.
const GRANT_MS: u64 = DAY_MS;
const MONTH_MS: u64 = 30 * DAY_MS;
/// A replaced grant or Noise key answers so long.
const KEPT_MS: u64 = DAY_MS;
/// A mail key is kept so long after the last descriptor that names it has expired.
const MAIL_KEPT_MS: u64 = 30 * DAY_MS;
/// Most mail keys kept; beyond, the oldest goes.
const MAX_MAIL: usize = 16;
const PURPOSE: &str = "key-state";

/// A private key and its time.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Rolling {
    /// Noise: 32 bytes; boxes: suite ‖ 32 bytes.
    secret: Vec<u8>,
    made_ms: u64,
    /// Wiped at this time; `u64::MAX` while it is the present one.
    until_ms: u64,
}

/// All rolling keys of an installation, newest last.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct KeyState {
    incarnation: [u8; 8],
    last_seq: Option<u64>,
    noise: Vec<Rolling>,
    grant: Vec<Rolling>,
    mail: Vec<Rolling>,
}

/// Public halves of the present keys, for a descriptor.
pub(super) struct Present {
    pub(super) noise: [u8; 32],
    pub(super) grant: BoxPublic,
    pub(super) mail: BoxPublic,
}

impl KeyState {
    /// A new incarnation with new keys.
    pub(super) fn fresh(now_ms: u64) -> Result<Self, Refusal> {
        Ok(Self {
            incarnation: *random::<8>()?,
            last_seq: None,
            noise: vec![noise_key(now_ms)?],
            grant: vec![box_key(now_ms)],
            mail: vec![box_key(now_ms)],
        })
    }

    /// A new incarnation; old mail keys stay to open mail on its way, and seq goes on.
    pub(super) fn renewed(&self, now_ms: u64) -> Result<Self, Refusal> {
        let mut new = Self::fresh(now_ms)?;
        new.last_seq = self.last_seq;
        let mut mail = self.mail.clone();
        mail.append(&mut new.mail);
        new.mail = mail;
        Ok(new)
    }

    pub(super) fn seal(&self, master: &MasterKey, node_id: &NodeId) -> Option<Vec<u8>> {
        let plain = Zeroizing::new(postcard::to_allocvec(self).ok()?);
        seal::seal(master, PURPOSE, &node_id.0, &plain)
    }

    pub(super) fn open(master: &MasterKey, node_id: &NodeId, blob: &[u8]) -> Option<Self> {
        let plain = seal::open(master, PURPOSE, &node_id.0, blob)?;
        match postcard::take_from_bytes::<Self>(&plain) {
            Ok((state, [])) => state.is_whole().then_some(state),
            _ => None,
        }
    }

    pub(super) const fn incarnation(&self) -> Id8 {
        Id8(self.incarnation)
    }

    /// The seq of the next descriptor: max(last + 1, unix ms).
    pub(super) fn next_seq(&mut self, now_ms: u64) -> u64 {
        let seq = openred_core::descriptor::next_seq(self.last_seq, now_ms);
        self.last_seq = Some(seq);
        seq
    }

    /// Goes on after a descriptor of ours that somebody else kept.
    pub(super) fn saw_seq(&mut self, seq: u64) {
        self.last_seq = self.last_seq.max(Some(seq));
    }

    /// Replaces keys that are due, wipes keys that are over, and gives the present ones for a descriptor
    /// that expires at `expires_ms`.
    pub(super) fn roll(&mut self, now_ms: u64, expires_ms: u64) -> Result<Present, Refusal> {
        if is_due(&self.noise, now_ms, MONTH_MS) {
            retire(&mut self.noise, noise_key(now_ms)?, now_ms.saturating_add(KEPT_MS));
        }
        if is_due(&self.grant, now_ms, GRANT_MS) {
            retire(&mut self.grant, box_key(now_ms), now_ms.saturating_add(KEPT_MS));
        }
        if is_due(&self.mail, now_ms, MONTH_MS) {
            self.mail.push(box_key(now_ms));
        }
        self.wipe_old(now_ms);
        let mail = self.mail.last_mut().ok_or(Refusal::Resources)?;
        mail.until_ms = mail.named_until(expires_ms.saturating_add(MAIL_KEPT_MS));
        let mail = box_secret(mail)?.public().clone();
        let grant = box_secret(self.grant.last().ok_or(Refusal::Resources)?)?.public().clone();
        let noise = noise_public(self.noise.last().ok_or(Refusal::Resources)?)?;
        Ok(Present { noise, grant, mail })
    }

    /// The private half of a Noise key that a descriptor of ours names.
    pub(super) fn noise(&self, now_ms: u64, public: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
        let named = |key: &&Rolling| key.is_usable(now_ms) && noise_public(key).as_ref() == Ok(public);
        let key = self.noise.iter().rev().find(named).ok_or(Refusal::Stale)?;
        Ok(Zeroizing::new(key.secret.as_slice().try_into().map_err(|_| Refusal::Stale)?))
    }

    /// The grant key that a box is sealed to.
    pub(super) fn grant(&self, now_ms: u64, boxed: &[u8]) -> Result<BoxSecret, Refusal> {
        named_by(&self.grant, now_ms, boxed)
    }

    /// The mail key that a box is sealed to.
    pub(super) fn mail(&self, now_ms: u64, boxed: &[u8]) -> Result<BoxSecret, Refusal> {
        named_by(&self.mail, now_ms, boxed)
    }

    /// Opens a box to a mail key.
    pub(super) fn open_mail(
        &self,
        now_ms: u64,
        info: &[u8],
        aad: &[u8],
        boxed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        boxes::open(&self.mail(now_ms, boxed)?, info, aad, boxed).map_err(|_| Refusal::Box)
    }

    fn wipe_old(&mut self, now_ms: u64) {
        for keys in [&mut self.noise, &mut self.grant, &mut self.mail] {
            let newest = keys.len().saturating_sub(1);
            let mut at = 0;
            keys.retain(|key| {
                at += 1;
                at > newest || key.is_usable(now_ms)
            });
        }
        let over = self.mail.len().saturating_sub(MAX_MAIL);
        self.mail.drain(..over);
    }

    fn is_whole(&self) -> bool {
        !self.noise.is_empty() && !self.grant.is_empty() && !self.mail.is_empty()
    }
}

impl Rolling {
    const fn is_usable(&self, now_ms: u64) -> bool {
        now_ms < self.until_ms
    }

    /// A mail key lives as long as the longest descriptor naming it asks for; unnamed it has no end yet.
    fn named_until(&self, until_ms: u64) -> u64 {
        if self.until_ms == u64::MAX { until_ms } else { self.until_ms.max(until_ms) }
    }
}

fn is_due(keys: &[Rolling], now_ms: u64, life_ms: u64) -> bool {
    keys.last().is_none_or(|key| now_ms.saturating_sub(key.made_ms) >= life_ms)
}

fn retire(keys: &mut Vec<Rolling>, new: Rolling, until_ms: u64) {
    if let Some(old) = keys.last_mut() {
        old.until_ms = old.until_ms.min(until_ms);
    }
    keys.push(new);
}

fn noise_key(now_ms: u64) -> Result<Rolling, Refusal> {
    let secret = random::<32>()?.to_vec();
    Ok(Rolling { secret, made_ms: now_ms, until_ms: u64::MAX })
}

fn box_key(now_ms: u64) -> Rolling {
    let secret = BoxSecret::generate(Suite::X25519).to_bytes().to_vec();
    Rolling { secret, made_ms: now_ms, until_ms: u64::MAX }
}

fn noise_public(key: &Rolling) -> Result<[u8; 32], Refusal> {
    let secret: Zeroizing<[u8; 32]> =
        Zeroizing::new(key.secret.as_slice().try_into().map_err(|_| Refusal::Stale)?);
    Ok(PublicKey::from(&StaticSecret::from(*secret)).to_bytes())
}

fn box_secret(key: &Rolling) -> Result<BoxSecret, Refusal> {
    BoxSecret::from_bytes(&key.secret).map_err(|_| Refusal::Box)
}

fn named_by(keys: &[Rolling], now_ms: u64, boxed: &[u8]) -> Result<BoxSecret, Refusal> {
    let key_id = boxes::key_id_of(boxed).ok_or(Refusal::Box)?;
    let usable = keys.iter().rev().filter(|key| key.is_usable(now_ms));
    usable
        .filter_map(|key| box_secret(key).ok())
        .find(|secret| secret.public().key_id == key_id)
        .ok_or(Refusal::Box)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_700_000_000_000;

    #[test]
    fn keys_roll_on_their_day_and_are_wiped_later() {
        let mut keys = KeyState::fresh(START).expect("randomness");
        let first = keys.roll(START, START + MONTH_MS).expect("rolls");
        let same = keys.roll(START + DAY_MS - 1, START + MONTH_MS).expect("rolls");
        assert_eq!((same.noise, &same.grant, &same.mail), (first.noise, &first.grant, &first.mail));

        let next_day = keys.roll(START + DAY_MS, START + MONTH_MS).expect("rolls");
        assert_ne!(next_day.grant, first.grant, "the grant key is daily");
        assert_eq!((next_day.noise, &next_day.mail), (first.noise, &first.mail), "the others are not");

        let month = START + MONTH_MS;
        let later = keys.roll(month, month + MONTH_MS).expect("rolls");
        assert_ne!(later.noise, first.noise);
        assert_ne!(later.mail, first.mail);
        assert!(
            keys.noise(month + KEPT_MS - 1, &first.noise).is_ok(),
            "the old Noise key answers a day more"
        );
        assert_eq!(keys.noise(month + KEPT_MS, &first.noise), Err(Refusal::Stale));
    }

    #[test]
    fn a_mail_key_outlives_its_last_descriptor_by_thirty_days() {
        let mut keys = KeyState::fresh(START).expect("randomness");
        let expires = START + 20 * DAY_MS;
        let first = keys.roll(START, expires).expect("rolls");
        let letter = boxes::seal(&first.mail, b"i", b"a", b"dear ana").expect("seals");
        keys.roll(START + MONTH_MS, START + MONTH_MS + DAY_MS).expect("rolls");
        let end = expires + MAIL_KEPT_MS;
        assert_eq!(keys.open_mail(end - 1, b"i", b"a", &letter).expect("opens").as_slice(), b"dear ana");
        assert_eq!(keys.open_mail(end, b"i", b"a", &letter), Err(Refusal::Box));
        keys.roll(end, end + DAY_MS).expect("rolls");
        assert!(keys.mail.iter().all(|key| key.made_ms > START), "and is wiped then");
    }

    #[test]
    fn a_new_incarnation_keeps_mail_keys_and_seq_only() {
        let mut keys = KeyState::fresh(START).expect("randomness");
        let old = keys.roll(START, START + DAY_MS).expect("rolls");
        let seq = keys.next_seq(START);
        let letter = boxes::seal(&old.mail, b"i", b"a", b"dear ana").expect("seals");
        let mut new = keys.renewed(START + 1).expect("randomness");
        assert_ne!(new.incarnation(), keys.incarnation());
        assert!(new.open_mail(START + 1, b"i", b"a", &letter).is_ok());
        assert_eq!(new.noise(START + 1, &old.noise), Err(Refusal::Stale));
        assert!(new.next_seq(0) > seq, "seq goes on even with a clock set back");
    }

    #[test]
    fn the_state_opens_for_its_owner_only() {
        let master = MasterKey::generate().expect("randomness");
        let keys = KeyState::fresh(START).expect("randomness");
        let blob = keys.seal(&master, &NodeId([1; 32])).expect("seals");
        let back = KeyState::open(&master, &NodeId([1; 32]), &blob).expect("opens");
        assert_eq!(back.incarnation(), keys.incarnation());
        assert!(KeyState::open(&master, &NodeId([2; 32]), &blob).is_none());
    }
}
