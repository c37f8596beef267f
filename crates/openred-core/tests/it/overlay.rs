//! Overlay: frozen frames of every type, bundles, and refusal of whatever is not the one encoding.

mod bundles;
mod refusals;
mod vectors;

use openred_core::ids::{Hash, Id16, NodeId};
use openred_core::overlay::{
    Body, Bundle, Draft, Frame, Greeting, Head, Link, PeerEntry, Range, RangeData, Tree,
};
use openred_core::overlay::{Kind, Message};
use std::sync::Arc;

use crate::people::{NOW, Person, ana, ben, chloe};

/// What `who` says in a head, for a day from now on.
pub(crate) fn head(who: &Person) -> Head {
    Head {
        kind: Kind::GossipMessage,
        node_id: who.id(),
        log_seq: 0,
        signing_key: *who.signing.public().as_bytes(),
        timestamp: NOW,
        not_after: NOW + 86_400,
    }
}

/// One payload of each signed type.
pub(crate) fn bodies() -> Vec<(&'static str, Body)> {
    vec![
        ("PEER_ANNOUNCEMENT", Body::PeerAnnouncement(ben().descriptor.bytes().to_vec())),
        ("GOSSIP_MESSAGE", gossip("hello")),
        ("CUSTOM_DATA", Body::Custom { app: "chess".to_owned(), bytes: vec![1, 2, 3] }),
        ("TRUST_UPDATE", Body::TrustUpdate(vec![(NodeId([1; 32]), 1000), (NodeId([2; 32]), 0)])),
    ]
}

pub(crate) fn gossip(text: &str) -> Body {
    let topics = vec!["garden".to_owned(), "straße".to_owned()];
    Body::Gossip { app: "orf".to_owned(), topics, bytes: text.as_bytes().to_vec() }
}

pub(crate) fn signed_bytes(who: &Person, body: Body) -> Vec<u8> {
    Draft { head: head(who), body }.signed_bytes().unwrap()
}

/// Messages of `who` under one signature, or the one message under its own.
pub(crate) fn bundle(who: &Person, bodies: Vec<Body>) -> Vec<Arc<Message>> {
    let bundle = Bundle::of(bodies.into_iter().map(|body| signed_bytes(who, body)).collect()).unwrap();
    let (label, bytes) = bundle.to_sign();
    bundle.sign(who.signing.sign(label, &bytes))
}

pub(crate) fn five() -> Vec<Arc<Message>> {
    bundle(&ana(), (0..5).map(|n| gossip(&format!("post {n}"))).collect())
}

/// One link message of each type, and the other shapes of some.
pub(crate) fn links() -> Vec<(&'static str, Link)> {
    let id = |n: u8| Id16([n; 16]);
    let range = |upper_time, upper_id: &[u8], data| Range { upper_time, upper_id: upper_id.to_vec(), data };
    let ranges = vec![
        range(NOW, &[], RangeData::Skip),
        range(NOW, &[7, 8], RangeData::Fingerprint([9; 16])),
        range(NOW + 1, &[], RangeData::Ids(vec![id(1)])),
        range(NOW + 2, &[], RangeData::Ids(vec![])),
        range(u64::MAX, &[], RangeData::IdsAnswer(vec![id(2), id(3)])),
    ];
    let frame = bundle(&chloe(), vec![bodies().remove(3).1]).remove(0).frame(0, 0);
    vec![
        ("HANDSHAKE", Link::Handshake(greeting(true))),
        ("HANDSHAKE_ACK", Link::HandshakeAck(greeting(false))),
        ("DISCONNECT", Link::Disconnect { code: "full".to_owned(), text: "no slot".to_owned() }),
        ("PEER_DISCOVERY", Link::Discovery { max: 32, node_id: None }),
        ("PEER_DISCOVERY of one", Link::Discovery { max: 1, node_id: Some(ben().id()) }),
        ("PEER_ANNOUNCEMENT", Link::Peers(vec![entry(true), entry(false)])),
        ("HEARTBEAT", Link::Heartbeat { counter: 300, now: NOW, echo: None }),
        ("HEARTBEAT answered", Link::Heartbeat { counter: 7, now: NOW, echo: Some(300) }),
        ("TRUSTED_PEERS_REQUEST", Link::TrustedPeersRequest { max: 8 }),
        ("TRUSTED_PEERS_RESPONSE", Link::trusted([frame])),
        ("IHAVE", Link::Ihave { tree: Tree::Origin(ana().id()), prune: false, ids: vec![(id(4), NOW)] }),
        ("IHAVE prune", Link::Ihave { tree: Tree::Shared(15), prune: true, ids: vec![] }),
        ("IWANT", Link::Iwant { tree: Some(Tree::Shared(0)), graft: true, ids: vec![id(4)] }),
        ("IWANT after RECONCILE", Link::Iwant { tree: None, graft: false, ids: vec![id(1), id(2)] }),
        ("RECONCILE", Link::Reconcile { session: 70_000, ranges }),
    ]
}

fn greeting(light: bool) -> Greeting {
    let peers = if light { vec![] } else { vec![entry(true)] };
    Greeting { versions: vec![1], network: "openred".to_owned(), light, now: NOW, peers }
}

fn entry(reachable: bool) -> PeerEntry {
    PeerEntry {
        node_id: ben().id(),
        log_seq: 1,
        desc_hash: Hash([5; 32]),
        endpoint_id: reachable.then_some([6; 32]),
        addresses: if reachable {
            vec!["203.0.113.7:4433".parse().unwrap(), "[2001:db8::7]:4433".parse().unwrap()]
        } else {
            vec![]
        },
        quic_relay: reachable.then(|| "https://quic.example".to_owned()),
    }
}

pub(crate) fn message_of(frame: &[u8]) -> Option<Arc<Message>> {
    match Frame::decode(frame) {
        Ok(Frame::Signed(signed)) => Some(signed.message),
        _ => None,
    }
}
