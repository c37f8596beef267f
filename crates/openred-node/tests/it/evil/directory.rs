//! The evil directory: it knows S and both tokens of every grant it writes, and seals whatever it likes.

use openred_core::{
    boxes,
    codec::Writer,
    descriptor::Descriptor,
    grant::{Core, GrantHalf, Request, SealedGrant, commit_secret},
    hello::derive_pair,
    ids::{Hash, Id16, NodeId},
    token::{MODE_HOURLY, Role, select_crypto_method},
};

use super::{
    hand::{Hand, Knock, NOON, first, split},
    node::{Node, Refused},
};

/// S.
pub(crate) const SECRET: [u8; 32] = [0x5e; 32];

/// ben, whose node is attacked; ana, whom the directory introduces; chloé, a friend; the directory.
pub(crate) struct Stage {
    pub(crate) ben: Node,
    pub(crate) ana: Hand,
    pub(crate) chloe: Hand,
    pub(crate) dir: Hand,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let (ana, chloe, dir) = (Hand::new(0x10), Hand::new(0x30), Hand::new(0x40));
        Self { ben: Node::new("ben"), ana, chloe, dir }
    }

    /// A grant whose receiver is ben in `role`, true in everything; ben asked when he is A.
    pub(crate) fn grant(&mut self, role: Role, number: u8) -> Forged {
        let grant_id = Id16([number; 16]);
        if role == Role::A {
            self.ben.asks(grant_id, &self.dir, &self.ana.id());
        }
        Forged::new(&self.ben, role, &self.ana, &self.dir, grant_id)
    }

    /// Ben, role B, holds a grant of ana.
    pub(crate) fn introduced(&mut self) -> Forged {
        let grant = self.grant(Role::B, 0xa0);
        self.deliver(&grant).unwrap();
        grant
    }

    pub(crate) fn deliver(&mut self, grant: &Forged) -> Result<(), Refused> {
        let sealed = grant.seal(&self.ben.descriptor, &self.dir);
        self.ben.receive(&self.dir, &sealed)
    }

    /// A whole handshake of somebody with ben: his pair secret with them.
    pub(crate) fn met(
        &mut self,
        knock: &Knock,
        token: Option<[u8; 32]>,
    ) -> Result<(Id16, [u8; 32]), Refused> {
        let (hello, mut noise) = knock.make();
        let reply = self.ben.knock(&hello)?;
        noise.read_message(&reply.noise, &mut [0; 48]).map_err(|_| "message 2 does not open")?;
        let (keys, h) = split(noise, Role::A);
        let confirmed = self.ben.first(reply.session_id, first(token, false).seal(&keys).unwrap())?;
        let frame = openred_core::hello::open_first(&keys, &confirmed.first).unwrap();
        let pair = derive_pair(&[9; 32], &frame.r, &h);
        Ok((pair.id, *pair.secret))
    }
}

/// A grant before it is sealed; fields are what a lie bends.
#[derive(Clone)]
pub(crate) struct Forged {
    pub(crate) core: Core,
    pub(crate) secret: [u8; 32],
    pub(crate) signer: Option<Hand>,
    pub(crate) half_of: Role,
    pub(crate) request: Option<Request>,
    /// What the box is sealed under.
    pub(crate) named: Option<(Id16, Role)>,
    pub(crate) peer: Descriptor,
}

impl Forged {
    pub(crate) fn new(node: &Node, role: Role, peer: &Hand, dir: &Hand, grant_id: Id16) -> Self {
        Self::at(node.now.secs(), &node.descriptor, role, peer, dir, grant_id)
    }

    /// The same at a time, for anybody.
    pub(crate) fn at(now: u64, to: &Descriptor, role: Role, peer: &Hand, dir: &Hand, grant_id: Id16) -> Self {
        let (own, other) = ((to.node_id(), to.hash()), (peer.id(), peer.hash()));
        let (a, b) = if role == Role::A { (own, other) } else { (other, own) };
        let core = Core {
            grant_id,
            dir_id: dir.id(),
            id_a: a.0,
            id_b: b.0,
            desc_a: a.1,
            desc_b: b.1,
            method: select_crypto_method(MODE_HOURLY, None, now).unwrap(),
            salt_a: [0x5a; 32],
            salt_b: [0x5b; 32],
            commit: commit_secret(&grant_id, &SECRET),
            not_before: now,
            ttl: 120,
        };
        let asked = Request::sign(&peer.signing, &dir.id(), &to.node_id(), grant_id, now);
        Self {
            core,
            secret: SECRET,
            signer: None,
            half_of: role,
            request: Some(asked).filter(|_| role == Role::B),
            named: None,
            peer: peer.descriptor.clone(),
        }
    }

    /// The half of a role.
    pub(crate) fn half(&self, role: Role, dir: &Hand) -> GrantHalf {
        let signer = self.signer.as_ref().unwrap_or(dir);
        GrantHalf::make(&self.core, role, &self.secret, &signer.signing).unwrap()
    }

    /// The token of a role.
    pub(crate) fn token(&self, role: Role, dir: &Hand) -> [u8; 32] {
        *self.half(role, dir).token
    }

    /// Sealed by hand to `to`: an evil directory keeps to no order.
    pub(crate) fn seal(&self, to: &Descriptor, dir: &Hand) -> Vec<u8> {
        let half = self.half(self.half_of, dir);
        let (grant_id, role) = self.named.unwrap_or((self.core.grant_id, self.half_of));
        let mut w = Writer::new();
        w.array(3).bin(&*half.encode()).bin(self.peer.bytes()).nil_or(self.request.as_ref(), |w, request| {
            w.bin(&request.encode());
        });
        let info = [b"OpenRed/3 grant".as_slice(), &dir.id().0, &to.node_id().0].concat();
        let aad = [grant_id.0.as_slice(), &[role.byte()]].concat();
        let boxed = boxes::seal(&to.body().grant_key, &info, &aad, &w.into_vec()).unwrap();
        SealedGrant { grant_id, role, boxed }.encode()
    }

    /// The same introduction under another id, asked for again by `peer`.
    pub(crate) fn again(&self, grant_id: Id16, peer: &Hand, target: &NodeId) -> Self {
        let mut other = self.clone();
        other.core.grant_id = grant_id;
        other.core.commit = commit_secret(&grant_id, &other.secret);
        let asked = Request::sign(&peer.signing, &other.core.dir_id, target, grant_id, other.core.not_before);
        other.request = other.request.map(|_| asked);
        other
    }

    /// Puts somebody else in the place of the peer, with a request of theirs.
    pub(crate) fn introduce(&self, peer: &Hand, target: &NodeId, grant_id: Id16) -> Self {
        let mut other = self.clone();
        (other.core.id_a, other.core.desc_a, other.peer) = (peer.id(), peer.hash(), peer.descriptor.clone());
        other.again(grant_id, peer, target)
    }
}

/// Some hash that names nothing.
pub(crate) const NOTHING: Hash = Hash([9; 32]);
/// Unix seconds of the stage.
pub(crate) const NOW: u64 = NOON;
