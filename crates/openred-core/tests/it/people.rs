//! Ana, Ben, Chloé and a directory, each with keys drawn from one number: the same in every run.

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::descriptor::{Descriptor, DescriptorBody};
use openred_core::hello::PeerFacts;
use openred_core::identity::IdentityLog;
use openred_core::ids::{Hash, Id8, NodeId};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;

/// 2026-11-21 00:00:00 UTC.
pub(crate) const NOW: u64 = 1_795_219_200;

/// A node with its private keys.
pub(crate) struct Person {
    pub(crate) number: u8,
    pub(crate) log: IdentityLog,
    pub(crate) signing: SigningKey,
    pub(crate) grant_key: BoxSecret,
    pub(crate) mail_key: BoxSecret,
    pub(crate) descriptor: Descriptor,
}

pub(crate) fn ana() -> Person {
    Person::new(0x10, "ana")
}

pub(crate) fn ben() -> Person {
    Person::new(0x20, "ben")
}

pub(crate) fn chloe() -> Person {
    Person::new(0x30, "chloe")
}

pub(crate) fn directory() -> Person {
    Person::new(0x40, "directory")
}

impl Person {
    fn new(number: u8, username: &str) -> Self {
        let signing = SigningKey::from_seed([number + 1; 32]);
        let seed = RecoverySeed::from_bytes([number + 2; 32]);
        let root = SigningKey::from_seed([number; 32]);
        let log = IdentityLog::inception(&root, &signing, seed.commitment(1), NOW - 1000);
        let grant_key = BoxSecret::from_seed(Suite::X25519, [number + 3; 32]);
        let mail_key = BoxSecret::from_seed(Suite::X25519, [number + 4; 32]);
        let body = DescriptorBody {
            node_id: log.node_id(),
            log_seq: 0,
            log: log.clone(),
            seq: 1,
            incarnation: Id8([number + 5; 8]),
            issued: NOW - 900,
            expires: NOW + 86_400,
            username: username.to_owned(),
            display_name: username.to_owned(),
            noise_key: [number + 6; 32],
            grant_key: grant_key.public().clone(),
            mail_key: mail_key.public().clone(),
            transport_key: None,
            api_url: None,
            addresses: vec![],
            quic_relay: None,
            lane: None,
            capabilities: vec![],
            versions: vec![3],
        };
        let descriptor = Descriptor::sign(body, &signing).unwrap();
        Self { number, log, signing, grant_key, mail_key, descriptor }
    }

    pub(crate) fn id(&self) -> NodeId {
        self.log.node_id()
    }

    pub(crate) fn hash(&self) -> Hash {
        self.descriptor.hash()
    }

    /// Another descriptor of the same person, signed by the key in force.
    pub(crate) fn descriptor_with(&self, change: impl FnOnce(&mut DescriptorBody)) -> Descriptor {
        let mut body = self.descriptor.body().clone();
        change(&mut body);
        Descriptor::sign(body, &self.signing).unwrap()
    }

    /// The same person after a rotation: a new signing key, a longer log, a new descriptor.
    pub(crate) fn rotated(&self) -> Self {
        let seed = RecoverySeed::from_bytes([self.number + 2; 32]);
        let signing = SigningKey::from_seed([self.number + 7; 32]);
        let log = self.log.rotate(&seed.rotation_key(1), &signing, seed.commitment(2), NOW - 500).unwrap();
        let mut body = self.descriptor.body().clone();
        (body.log, body.log_seq) = (log.clone(), 1);
        Self {
            number: self.number,
            descriptor: Descriptor::sign(body, &signing).unwrap(),
            log,
            signing,
            grant_key: BoxSecret::from_seed(Suite::X25519, [self.number + 3; 32]),
            mail_key: BoxSecret::from_seed(Suite::X25519, [self.number + 4; 32]),
        }
    }

    /// What somebody holds who pinned this person's present descriptor.
    pub(crate) fn held(&self) -> PeerFacts<'_> {
        let pinned = openred_core::hello::Pinned { order: self.descriptor.order(), hash: self.hash() };
        PeerFacts { log: Some(&self.log), pinned: Some(pinned) }
    }
}
