//! Bounds of every field, by the name of their refusal.

use openred_core::ids::{Id16, NodeId};
use openred_core::overlay::{
    Body, Draft, FRAME_MAX, Frame, Head, Invalid, LIFE_MAX_S, Link, RANGES_MAX, Range, RangeData, Tree,
};

use super::{bodies, bundle, gossip, head, links, vectors};
use crate::people::{NOW, ana};

#[test]
fn each_invalid_frame_is_refused_by_its_name() {
    for (why, bytes) in vectors::invalid() {
        assert_eq!(Frame::decode(&bytes), Err(Invalid(why)), "{}", hex::encode(bytes));
    }
    assert_eq!(Frame::decode(&vec![0; FRAME_MAX + 1]), Err(Invalid("frame too large")));
}

#[test]
fn every_cut_and_every_trailing_byte_is_refused() {
    let signed = bodies().into_iter().map(|(name, body)| (name, bundle(&ana(), vec![body])[0].frame(1, 1)));
    let links = links().into_iter().map(|(name, link)| (name, link.encode()));
    for (name, bytes) in signed.chain(links) {
        for cut in 0..bytes.len() {
            assert!(Frame::decode(&bytes[..cut]).is_err(), "{name} cut at {cut}");
        }
        assert!(Frame::decode(&[&bytes[..], &[0]].concat()).is_err(), "{name}");
    }
}

fn refused(body: Body, change: impl FnOnce(&mut Head)) -> Option<&'static str> {
    let mut draft = Draft { head: head(&ana()), body };
    change(&mut draft.head);
    draft.signed_bytes().err().map(|invalid| invalid.0)
}

#[test]
fn heads_are_bounded() {
    let times = |timestamp, not_after| {
        refused(gossip("x"), |head| (head.timestamp, head.not_after) = (timestamp, not_after))
    };
    assert_eq!(times(NOW, NOW), None);
    assert_eq!(times(NOW, NOW + LIFE_MAX_S), None);
    assert_eq!(times(NOW, NOW + LIFE_MAX_S + 1), Some("not_after"));
    assert_eq!(times(NOW, NOW - 1), Some("not_after"));
    assert_eq!(refused(gossip("x"), |head| head.log_seq = 31), None);
    assert_eq!(refused(gossip("x"), |head| head.log_seq = 32), Some("log_seq"));
    let head = head(&ana());
    assert!(!head.expired(NOW + 86_400) && head.expired(NOW + 86_401));
    assert!(!head.ahead(NOW - 600) && head.ahead(NOW - 601));
}

#[test]
fn payloads_are_bounded() {
    let with = |app: &str, topics: Vec<&str>| {
        let topics = topics.into_iter().map(str::to_owned).collect();
        refused(Body::Gossip { app: app.to_owned(), topics, bytes: vec![] }, |_| {})
    };
    assert_eq!(with("orf", vec!["a"; 8]), None);
    assert_eq!(with("orf", vec!["a"; 9]), Some("too many topics"));
    for topic in ["", "Garden", "a b", "a\n"] {
        assert_eq!(with("orf", vec![topic]), Some("topic"), "{topic:?}");
    }
    assert_eq!(with("orf", vec![&"é".repeat(32)]), None);
    assert_eq!(with("orf", vec![&"x".repeat(65)]), Some("text too long"));
    assert_eq!(with("", vec![]), Some("app"));
    assert_eq!(with("Orf", vec![]), Some("app"));
    let custom = |len| refused(Body::Custom { app: "chess".to_owned(), bytes: vec![0; len] }, |_| {});
    assert_eq!((custom(16_384), custom(16_385)), (None, Some("custom data too large")));
    let announced = |len| refused(Body::PeerAnnouncement(vec![0; len]), |_| {});
    assert_eq!((announced(16_384), announced(16_385)), (None, Some("descriptor too large")));
    assert_eq!(refused(gossip(&"x".repeat(65_000)), |_| {}), Some("message too large"));
}

#[test]
fn statements_are_ordered_and_bounded() {
    let node = |n: u32| {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&n.to_be_bytes());
        NodeId(id)
    };
    let trust = |statements| refused(Body::TrustUpdate(statements), |_| {});
    assert_eq!(trust((0..256).map(|n| (node(n), 1000)).collect()), None);
    assert_eq!(trust((0..257).map(|n| (node(n), 1)).collect()), Some("too many statements"));
    assert_eq!(trust(vec![(node(1), 1001)]), Some("thousandths"));
    assert_eq!(trust(vec![(node(1), 1), (node(1), 2)]), Some("statements out of order"));
    assert_eq!(trust(vec![(node(2), 1), (node(1), 2)]), None, "written in order");
}

#[test]
fn ranges_cover_everything_once() {
    let range = |upper_time, upper_id: &[u8]| Range {
        upper_time,
        upper_id: upper_id.to_vec(),
        data: RangeData::Skip,
    };
    let last = || range(u64::MAX, &[]);
    let check = |ranges: Vec<Range>| Range::check(&ranges).err().map(|invalid| invalid.0);
    assert_eq!(check(vec![range(1, &[]), range(1, &[0]), range(1, &[0, 0]), range(2, &[]), last()]), None);
    assert_eq!(check(vec![]), Some("no ranges"));
    assert_eq!(check(vec![range(0, &[]), last()]), Some("ranges out of order"), "empty at the beginning");
    assert_eq!(check(vec![range(5, &[1]), range(5, &[1]), last()]), Some("ranges out of order"), "empty");
    assert_eq!(check(vec![range(5, &[]), range(4, &[]), last()]), Some("ranges out of order"), "overlapping");
    assert_eq!(check(vec![range(u64::MAX, &[1])]), Some("ranges without end"));
    assert_eq!(check(vec![range(7, &[])]), Some("ranges without end"));
    assert_eq!(check(vec![range(7, &[0; 33]), last()]), Some("range bound too long"));
    let many = |count: usize| (1..count as u64).map(|time| range(time, &[])).chain([last()]).collect();
    assert_eq!(check(many(RANGES_MAX)), None);
    assert_eq!(check(many(RANGES_MAX + 1)), Some("too many ranges"));
}

#[test]
fn lists_of_links_are_bounded() {
    let decode = |link: Link| Frame::decode(&link.encode()).err().map(|invalid| invalid.0);
    let many = Some("too many elements");
    let ihave =
        |count| Link::Ihave { tree: Tree::Shared(1), prune: false, ids: vec![(Id16([1; 16]), 1); count] };
    assert_eq!((decode(ihave(256)), decode(ihave(257))), (None, many));
    let iwant = |count| Link::Iwant { tree: None, graft: false, ids: vec![Id16([1; 16]); count] };
    assert_eq!((decode(iwant(256)), decode(iwant(257))), (None, many));
    let peers = |count| Link::Peers(vec![super::entry(true); count]);
    assert_eq!((decode(peers(32)), decode(peers(33))), (None, many));
    let mut entry = super::entry(true);
    entry.addresses = vec![entry.addresses[0]; 9];
    assert_eq!(decode(Link::Peers(vec![entry.clone()])), many);
    entry.addresses.clear();
    entry.log_seq = 32;
    assert_eq!(decode(Link::Peers(vec![entry])), Some("log_seq"));
    assert_eq!(decode(Link::Discovery { max: 33, node_id: None }), many);
    let code = Link::Disconnect { code: "x".repeat(33), text: String::new() };
    assert_eq!(decode(code), Some("text too long"));
}

#[test]
fn a_response_takes_the_statements_that_fit() {
    let frames = |len: usize, count: usize| match Link::trusted(vec![vec![1; len]; count]) {
        Link::TrustedPeersResponse(frames) => frames.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(frames(100, 40), 32);
    assert_eq!(frames(20_000, 4), 3);
    assert!(Link::trusted(vec![vec![1; 21_830]; 4]).encode().len() <= FRAME_MAX);
    assert!(Frame::decode(&Link::trusted(vec![vec![1; 21_830]; 4]).encode()).is_ok());
}
