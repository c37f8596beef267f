//! One good object of every kind, so that each target starts from something it accepts.

use openred_core::boxes::{BoxSecret, Suite, seal_with};
use openred_core::descriptor::{Descriptor, DescriptorBody, Lane};
use openred_core::frame::{Ack, Frame, Item, ItemKind};
use openred_core::grant::{GrantHalf, Request, Terms, issue};
use openred_core::hello::{First, Hello, TicketKind, Work};
use openred_core::identity::IdentityLog;
use openred_core::ids::{B64, DepositId, Hash, Id8, Id16, NodeId};
use openred_core::invitation::{Invitation, Route};
use openred_core::mail::{Destination, Mail};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use zeroize::Zeroizing;

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

/// The log of `seed` with `entries` entries; the current signing key is `key(seed + entries)`.
pub(super) fn log(seed: u8, entries: u8) -> IdentityLog {
    let words = RecoverySeed::from_bytes([seed; 32]);
    let mut log = IdentityLog::inception(&key(seed), &key(seed + 1), words.commitment(1), 1_690_000_000);
    for n in 1..entries {
        let (rotation, next) = (words.rotation_key(n.into()), words.commitment(u32::from(n) + 1));
        log = log.rotate(&rotation, &key(seed + 1 + n), next, 1_695_000_000).unwrap();
    }
    log
}

pub(super) fn lane() -> Lane {
    Lane {
        relay_url: "https://relay.example".to_owned(),
        relay_id: NodeId([8; 32]),
        deposit_id: DepositId([9; 16]),
        cap: [10; 32],
    }
}

pub(super) fn box_secret() -> BoxSecret {
    BoxSecret::from_seed(Suite::X25519, [5; 32])
}

pub(super) fn descriptor(seed: u8) -> Descriptor {
    let log = log(seed, 1);
    let body = DescriptorBody {
        node_id: log.node_id(),
        log_seq: log.head_seq(),
        log,
        seq: 1_700_000_000_000,
        incarnation: Id8([3; 8]),
        issued: 1_700_000_000,
        expires: 1_700_600_000,
        username: "ana".to_owned(),
        display_name: "Ana María".to_owned(),
        noise_key: [4; 32],
        grant_key: box_secret().public().clone(),
        mail_key: BoxSecret::from_seed(Suite::X25519, [6; 32]).public().clone(),
        transport_key: Some([7; 32]),
        api_url: Some("https://ana.example".to_owned()),
        addresses: vec!["203.0.113.7:4433".parse().unwrap(), "[2001:db8::7]:4433".parse().unwrap()],
        quic_relay: None,
        lane: Some(lane()),
        capabilities: vec!["mls_1".to_owned()],
        versions: vec![3],
    };
    Descriptor::sign(body, &key(seed + 1)).unwrap()
}

pub(super) fn request() -> Request {
    Request::sign(&key(2), &NodeId([1; 32]), &NodeId([2; 32]), Id16([3; 16]), 1_700_000_000)
}

pub(super) fn halves() -> (GrantHalf, GrantHalf) {
    let (a, b) = (descriptor(1), descriptor(11));
    let terms = Terms {
        grant_id: Id16([3; 16]),
        dir_id: NodeId([1; 32]),
        a: &a,
        b: &b,
        method: 2,
        not_before: 1_700_000_000,
        ttl: 120,
        secret: Zeroizing::new([4; 32]),
        salts: [[5; 32], [6; 32]],
    };
    issue(&key(9), &terms).unwrap()
}

pub(super) fn boxes() -> Vec<Vec<u8>> {
    let mut rng = Fixed(1);
    let secrets = [box_secret(), BoxSecret::from_seed(Suite::XWing, [6; 32])];
    secrets.map(|secret| seal_with(&mut rng, secret.public(), b"info", b"aad", b"hello").unwrap()).to_vec()
}

pub(super) fn invitation() -> Invitation {
    let node_id = NodeId([1; 32]);
    Invitation {
        node_id,
        invite_id: Id16([2; 16]),
        secret: Zeroizing::new([3; 32]),
        not_after: 1_700_000_000,
        routes: vec![
            Route::Api("https://ana.example".to_owned()),
            Route::Direct { endpoint: [4; 32], address: "203.0.113.7:4433".parse().unwrap() },
            Route::Relayed { endpoint: [4; 32], relay: "https://quic.example".to_owned() },
            Route::Directory { url: "https://dir.example".to_owned(), node_id },
            Route::Lane(lane()),
        ],
    }
}

pub(super) fn hellos() -> Vec<Hello> {
    let hello = |kind, descriptor, work| Hello {
        kind,
        ticket_id: Id16([1; 16]),
        id_a: NodeId([2; 32]),
        id_b: NodeId([3; 32]),
        desc_a: Hash([4; 32]),
        desc_b: Hash([5; 32]),
        nonce: Id16([6; 16]),
        time: 1_700_000_000,
        noise: [7; 48],
        token: Id16([8; 16]),
        descriptor,
        work,
    };
    let work = Work { challenge: Id16([9; 16]), n: 12_345 };
    vec![hello(TicketKind::Pair, None, None), hello(TicketKind::Open, Some(B64(vec![1; 200])), Some(work))]
}

pub(super) fn firsts() -> Vec<First> {
    let first = |token: Option<[u8; 32]>, rejoin| First {
        r: Zeroizing::new([1; 32]),
        token: token.map(Zeroizing::new),
        established: rejoin,
        capabilities: vec!["mls_1".to_owned(), "quic".to_owned()],
        rejoin: rejoin.then(|| request().signature),
    };
    vec![first(Some([2; 32]), false), first(None, true)]
}

pub(super) fn frames() -> Vec<Frame> {
    let stream = Id8([1; 8]);
    let item = |kind, body: &[u8]| Frame::Item(Item { stream, n: 300, low: 2, kind, body: body.to_vec() });
    let mut frames = vec![
        item(ItemKind::Envelope, b"{}"),
        item(ItemKind::Tombstone, b""),
        Frame::Ack(vec![Ack { stream, upto: 70_000, also: vec![70_002, 70_009] }]),
        Frame::Request { id: 1, path: "content".to_owned(), json: "{}".to_owned() },
        Frame::Response { id: 1, status: 200, json: "{\"size\":1}".to_owned() },
        Frame::Data { id: 1, offset: 65_536, bytes: vec![1; 40], last: true },
        Frame::Overlay(vec![0x93, 1, 2, 3]),
        Frame::Close { code: "idle".to_owned(), text: String::new() },
    ];
    frames.extend(firsts().into_iter().map(Frame::First));
    frames
}

/// Not random at all: boxes of the samples are the same in every run.
struct Fixed(u8);

impl hpke::rand_core::TryRng for Fixed {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from(self.0))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from(self.0))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for Fixed {}

/// What a box of mail holds.
pub(super) fn mail() -> Vec<u8> {
    let at = Destination { to: NodeId([6; 32]), deposit_id: DepositId([9; 16]) };
    let item = Item { stream: Id8([3; 8]), n: 9, low: 7, kind: ItemKind::Envelope, body: b"{}".to_vec() };
    Mail::sign(&key(4), (NodeId([2; 32]), 1), &at, item).unwrap().padded(Suite::X25519).unwrap()
}
