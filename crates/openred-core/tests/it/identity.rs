//! The people of the identity tests, and the promise of the recovery words.

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::descriptor::{Descriptor, DescriptorBody, Lane, MAX_LIFE_S};
use openred_core::identity::IdentityLog;
use openred_core::ids::{DepositId, Hash, Id8, NodeId};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use proptest::prelude::*;

/// Unix milliseconds of every test here.
pub(crate) const NOW_MS: u64 = 1_750_000_000_000;

pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_seed([n; 32])
}

/// An owner with her words, her log, and the signing key of its head.
pub(crate) struct Owner {
    pub(crate) seed: RecoverySeed,
    pub(crate) log: IdentityLog,
    pub(crate) signing: SigningKey,
}

impl Owner {
    pub(crate) fn founded(seed: [u8; 32]) -> Self {
        let seed = RecoverySeed::from_bytes(seed);
        let signing = key(100);
        let log = IdentityLog::inception(&key(99), &signing, seed.commitment(1), NOW_MS / 1000 - 86_400);
        Self { seed, log, signing }
    }

    /// Rotates with what the 24 words alone give.
    pub(crate) fn rotated(&self) -> Self {
        let n = self.log.head_seq() + 1;
        let seed = RecoverySeed::from_words(&self.seed.words()).unwrap();
        let signing = key(100 + n as u8);
        let next = seed.commitment(n + 1);
        let log = self.log.rotate(&seed.rotation_key(n), &signing, next, NOW_MS / 1000).unwrap();
        Self { seed, log, signing }
    }

    pub(crate) fn descriptor(&self, seq: u64) -> Descriptor {
        Descriptor::sign(body(&self.log, seq), &self.signing).unwrap()
    }
}

pub(crate) fn body(log: &IdentityLog, seq: u64) -> DescriptorBody {
    DescriptorBody {
        node_id: log.node_id(),
        log: log.clone(),
        log_seq: log.head_seq(),
        seq,
        incarnation: Id8([1; 8]),
        issued: NOW_MS / 1000,
        expires: NOW_MS / 1000 + MAX_LIFE_S,
        username: "chloe".into(),
        display_name: "Chloé".into(),
        noise_key: [2; 32],
        grant_key: BoxSecret::from_seed(Suite::X25519, [3; 32]).public().clone(),
        mail_key: BoxSecret::from_seed(Suite::X25519, [4; 32]).public().clone(),
        transport_key: Some([5; 32]),
        api_url: Some("https://chloe.example".into()),
        addresses: vec!["198.51.100.7:4433".parse().unwrap(), "[2001:db8::7]:4433".parse().unwrap()],
        quic_relay: Some("https://quic.example".into()),
        lane: Some(lane()),
        capabilities: vec!["mls".into()],
        versions: vec![3],
    }
}

pub(crate) fn lane() -> Lane {
    Lane {
        relay_url: "https://relay.example".into(),
        relay_id: NodeId([6; 32]),
        deposit_id: DepositId([7; 16]),
        cap: [8; 32],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_same_words_serve_every_rotation(seed: [u8; 32]) {
        let founded = Owner::founded(seed);
        let words = founded.seed.words();
        let mut owner = founded;
        for n in 1..=6 {
            owner = owner.rotated();
            prop_assert_eq!(owner.log.head_seq(), n);
            prop_assert_eq!(owner.seed.words(), words.clone());
            prop_assert_eq!(owner.log.next_commitment(), owner.seed.commitment(n + 1));
        }
        prop_assert_eq!(IdentityLog::parse(owner.log.entries()), Ok(owner.log));
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), next: [u8; 32]) {
        prop_assert!(Descriptor::parse(&bytes).is_err());
        prop_assert!(IdentityLog::parse(std::slice::from_ref(&bytes)).is_err());
        let log = IdentityLog::inception(&key(1), &key(2), Hash(next), 0);
        prop_assert!(IdentityLog::parse(&[log.entries()[0].clone(), bytes]).is_err());
    }
}
