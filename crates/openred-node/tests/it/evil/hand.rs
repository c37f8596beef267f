//! Identities made by hand: all their keys lie in the test's own hands. A directory is one, and so is everybody who
//! lies.

use openred_core::grant::Core;
use openred_core::{
    boxes::{self, BoxSecret, Suite},
    descriptor::{Descriptor, DescriptorBody, VERSION},
    hello::{Context, First, Hello, NO_BINDING, TicketKind, presentation, prologue, psk},
    identity::IdentityLog,
    ids::{B64, Hash, Id8, Id16, NodeId},
    seed::RecoverySeed,
    session_keys::SessionKeys,
    sign::SigningKey,
    token::Role,
};
use zeroize::Zeroizing;

/// 2026-11-21 12:00:00 UTC, unix seconds: when the stories begin.
pub(crate) const NOON: u64 = 1_795_262_400;

/// Somebody with all keys in the open.
#[derive(Clone)]
pub(crate) struct Hand {
    number: u8,
    pub(crate) log: IdentityLog,
    pub(crate) signing: SigningKey,
    pub(crate) noise: [u8; 32],
    pub(crate) descriptor: Descriptor,
}

fn public(noise: [u8; 32]) -> [u8; 32] {
    x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(noise)).to_bytes()
}

impl Hand {
    pub(crate) fn new(number: u8) -> Self {
        Self::at(number, NOON)
    }

    /// The same at another time, unix seconds.
    pub(crate) fn at(number: u8, now: u64) -> Self {
        let signing = SigningKey::from_seed([number + 1; 32]);
        let root = SigningKey::from_seed([number; 32]);
        let log = IdentityLog::inception(&root, &signing, seed(number).commitment(1), now - 1000);
        let noise = [number + 3; 32];
        let body = DescriptorBody {
            node_id: log.node_id(),
            log: log.clone(),
            log_seq: 0,
            seq: 5,
            incarnation: Id8([number; 8]),
            issued: now - 900,
            expires: now + 30 * 3_600,
            username: format!("hand{number}"),
            display_name: format!("Hand {number}"),
            noise_key: public(noise),
            grant_key: BoxSecret::from_seed(Suite::X25519, [number + 4; 32]).public().clone(),
            mail_key: BoxSecret::from_seed(Suite::X25519, [number + 5; 32]).public().clone(),
            transport_key: None,
            api_url: None,
            addresses: Vec::new(),
            quic_relay: None,
            lane: None,
            capabilities: Vec::new(),
            versions: vec![VERSION],
        };
        let descriptor = Descriptor::sign(body, &signing).unwrap();
        Self { number, log, signing, noise, descriptor }
    }

    pub(crate) fn id(&self) -> NodeId {
        self.log.node_id()
    }

    pub(crate) fn hash(&self) -> Hash {
        self.descriptor.hash()
    }

    /// The same identity with another descriptor.
    pub(crate) fn with(&self, change: impl FnOnce(&mut DescriptorBody)) -> Self {
        let mut body = self.descriptor.body().clone();
        change(&mut body);
        Self { descriptor: Descriptor::sign(body, &self.signing).unwrap(), ..self.clone() }
    }

    /// The same identity with another Noise key, in a newer descriptor.
    pub(crate) fn with_noise(&self, noise: [u8; 32]) -> Self {
        let newer = self.with(|body| {
            body.noise_key = public(noise);
            body.seq += 1;
        });
        Self { noise, ..newer }
    }

    /// The same person after a rotation: a longer log, a new signing key, a new descriptor.
    pub(crate) fn rotated(&self) -> Self {
        let signing = SigningKey::from_seed([self.number + 7; 32]);
        let seed = seed(self.number);
        let log = self.log.rotate(&seed.rotation_key(1), &signing, seed.commitment(2), NOON - 500).unwrap();
        let mut body = self.descriptor.body().clone();
        (body.log, body.log_seq) = (log.clone(), 1);
        let descriptor = Descriptor::sign(body, &signing).unwrap();
        Self { log, signing, descriptor, ..self.clone() }
    }

    /// A hello of kind 2, 3 or 4 to somebody, everything of it true.
    pub(crate) fn knock(
        &self,
        to: &Descriptor,
        kind: TicketKind,
        ticket_id: Id16,
        secret: [u8; 32],
    ) -> Knock {
        Knock {
            kind,
            ticket_id,
            secret,
            core: None,
            id_a: self.id(),
            id_b: to.node_id(),
            desc_a: self.hash(),
            desc_b: to.hash(),
            nonce: Id16([self.number; 16]),
            time: NOON,
            own_noise: self.noise,
            peer_noise: to.body().noise_key,
            ephemeral: 1,
            binding: NO_BINDING,
            attach: Some(self.descriptor.clone()),
            mail_key: to.body().mail_key.clone(),
        }
    }

    /// A hello of kind 1.
    pub(crate) fn knock_with(&self, to: &Descriptor, core: &Core, secret: [u8; 32]) -> Knock {
        let mut knock = self.knock(to, TicketKind::Grant, core.grant_id, secret);
        (knock.nonce, knock.time, knock.attach) = (Id16([0; 16]), 0, None);
        knock.core = Some(core.clone());
        knock
    }

    /// A hello of kind 4.
    pub(crate) fn knock_open(&self, to: &Descriptor) -> Knock {
        self.knock(to, TicketKind::Open, Id16([0; 16]), [0; 32])
    }
}

fn seed(number: u8) -> RecoverySeed {
    RecoverySeed::from_bytes([number + 2; 32])
}

/// A hello in the making; fields are what a lie bends.
#[derive(Clone)]
pub(crate) struct Knock {
    pub(crate) kind: TicketKind,
    pub(crate) ticket_id: Id16,
    pub(crate) secret: [u8; 32],
    /// What the ctx of kind 1 is made of.
    pub(crate) core: Option<Core>,
    pub(crate) id_a: NodeId,
    pub(crate) id_b: NodeId,
    pub(crate) desc_a: Hash,
    pub(crate) desc_b: Hash,
    pub(crate) nonce: Id16,
    pub(crate) time: u64,
    pub(crate) own_noise: [u8; 32],
    pub(crate) peer_noise: [u8; 32],
    /// Another number, another message 1.
    pub(crate) ephemeral: u8,
    pub(crate) binding: [u8; 32],
    pub(crate) attach: Option<Descriptor>,
    pub(crate) mail_key: boxes::BoxPublic,
}

impl Knock {
    /// The hello and the initiator's Noise state.
    pub(crate) fn make(&self) -> (Hello, snow::HandshakeState) {
        let mut hello = Hello {
            kind: self.kind,
            ticket_id: self.ticket_id,
            id_a: self.id_a,
            id_b: self.id_b,
            desc_a: self.desc_a,
            desc_b: self.desc_b,
            nonce: self.nonce,
            time: self.time,
            noise: [0; 48],
            token: Id16([0; 16]),
            descriptor: self.attach.as_ref().map(|d| self.boxed(d)),
            work: None,
        };
        let context = self.core.as_ref().map_or_else(|| Context::of_hello(&hello), Context::of_core);
        let mut noise = self.side(&context, true);
        noise.write_message(&[], &mut hello.noise).unwrap();
        hello.token = presentation(&self.secret, Role::A, &context, &hello.noise);
        (hello, noise)
    }

    /// Sealed under the hash that the hello names, whatever the descriptor is.
    fn boxed(&self, descriptor: &Descriptor) -> B64 {
        let info = [b"OpenRed/3 descriptor".as_slice(), &self.id_b.0].concat();
        B64(boxes::seal(&self.mail_key, &info, &self.desc_a.0, descriptor.bytes()).unwrap())
    }

    /// One side of Noise under this context.
    pub(crate) fn side(&self, context: &Context, initiator: bool) -> snow::HandshakeState {
        let pattern = "Noise_KKpsk2_25519_ChaChaPoly_BLAKE2s".parse().unwrap();
        let (prologue, psk) = (prologue(context, &self.binding), psk(&self.secret, context));
        let ephemeral = [self.ephemeral; 32];
        let builder = snow::Builder::new(pattern).prologue(&prologue).unwrap();
        let builder = builder.local_private_key(&self.own_noise).unwrap();
        let builder = builder.remote_public_key(&self.peer_noise).unwrap().psk(2, &psk).unwrap();
        if initiator {
            builder.fixed_ephemeral_key_for_testing_only(&ephemeral).build_initiator().unwrap()
        } else {
            builder.build_responder().unwrap()
        }
    }
}

/// Keys and handshake hash of a finished Noise handshake.
pub(crate) fn split(mut noise: snow::HandshakeState, role: Role) -> (SessionKeys, [u8; 32]) {
    let h = noise.get_handshake_hash().try_into().unwrap();
    let (first, second) = noise.dangerously_get_raw_split();
    let keys =
        if role == Role::A { SessionKeys::new(first, second) } else { SessionKeys::new(second, first) };
    (keys, h)
}

/// A first frame in the making.
pub(crate) fn first(token: Option<[u8; 32]>, established: bool) -> First {
    let token = token.map(Zeroizing::new);
    First { r: Zeroizing::new([9; 32]), token, established, capabilities: Vec::new(), rejoin: None }
}
