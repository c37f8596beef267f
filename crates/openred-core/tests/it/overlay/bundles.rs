//! Bundles of every size, and what happens to messages on their way.

use openred_core::overlay::{BUNDLE_MAX, Body, Bundle, Frame, Invalid, Proof, TTL_MAX};
use openred_core::sign::{Label, Signature};

use super::{bodies, bundle, five, gossip, message_of, signed_bytes};
use crate::people::{ana, ben};

#[test]
fn every_leaf_of_every_size_leads_to_its_root() {
    let all: Vec<_> = (0..BUNDLE_MAX).map(|n| signed_bytes(&ana(), gossip(&n.to_string()))).collect();
    for count in (1..=33).chain([63, 64, 65, 127, 128, 129, 255, 256]) {
        let bundle = Bundle::of(all[..count].to_vec()).unwrap();
        let (label, to_sign) = bundle.to_sign();
        let messages = bundle.sign(Signature([7; 64]));
        for (message, bytes) in messages.iter().zip(&all) {
            assert_eq!(message.signed_bytes(), bytes);
            assert_eq!(
                (message.check().label, message.check().bytes.to_vec()),
                (label, to_sign.clone()),
                "{count}"
            );
            assert_eq!(message_of(&message.frame(3, 200)).as_ref(), Some(message), "travels alone");
        }
    }
}

/// RFC 6962's tree over five leaves, hashed by hand: an odd leaf is promoted, never doubled.
#[test]
fn the_tree_of_five_is_this_one() {
    let hash = |parts: &[&[u8]]| openred_core::ids::Hash::of(parts).0;
    let leaves: Vec<_> = five().iter().map(|message| hash(&[&[0], message.signed_bytes()])).collect();
    let (ab, cd) = (hash(&[&[1], &leaves[0], &leaves[1]]), hash(&[&[1], &leaves[2], &leaves[3]]));
    let abcd = hash(&[&[1], &ab, &cd]);
    let root = hash(&[&[1], &abcd, &leaves[4]]);
    assert_eq!(five()[0].check().bytes, [root.as_slice(), &[0, 0, 0, 5]].concat());
    let paths = [vec![leaves[1], cd, leaves[4]], vec![abcd]];
    for (index, expected) in [(0, &paths[0]), (4, &paths[1])] {
        let Proof::Bundle { path, .. } = five()[index].proof().clone() else { panic!("a bundle") };
        assert_eq!(&path, expected);
    }
}

#[test]
fn a_bundle_has_one_origin_and_bounded_size() {
    let one = signed_bytes(&ana(), gossip("x"));
    assert_eq!(Bundle::of(vec![]), Err(Invalid("bundle size")));
    assert_eq!(Bundle::of(vec![one.clone(); 257]), Err(Invalid("bundle size")));
    let two = vec![one.clone(), signed_bytes(&ben(), gossip("x"))];
    assert_eq!(Bundle::of(two), Err(Invalid("bundle of several origins")));
    assert_eq!(Bundle::of(vec![one[1..].to_vec()]), Err(Invalid("malformed")));
}

#[test]
fn on_the_way_only_ttl_and_hops_change() {
    for (_, body) in bodies() {
        let message = &bundle(&ana(), vec![body.clone()])[0];
        assert_eq!(message.body(), Ok(body.clone()));
        assert_eq!(message.head().kind, body.kind());
        for (ttl, hops) in [(0, 0), (TTL_MAX, 127), (200, 128), (255, 255)] {
            let frame = message.frame(ttl, hops);
            let Ok(Frame::Signed(signed)) = Frame::decode(&frame) else { panic!("{body:?}") };
            assert_eq!((signed.ttl, signed.hops), (ttl.min(TTL_MAX), hops));
            assert_eq!(signed.message.id(), message.id());
            assert_eq!(frame.len(), message.size() + usize::from(hops > 127));
        }
    }
    let mut raised = five()[0].frame(9, 0);
    raised[2] = 0x7f;
    let Ok(Frame::Signed(signed)) = Frame::decode(&raised) else { panic!("127 is read") };
    assert_eq!(signed.ttl, TTL_MAX, "a ttl that was raised on the way is clamped");
}

/// Every bit of a frame but those of ttl and hops is proven.
#[test]
fn every_flipped_bit_is_noticed() {
    let single = bundle(&ana(), vec![gossip("hello")]).remove(0);
    for message in [single, five().remove(2)] {
        let frame = message.frame(5, 3);
        for bit in 0..frame.len() * 8 {
            if (2..4).contains(&(bit / 8)) {
                continue;
            }
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let passed = message_of(&flipped).filter(|message| message.check().verify());
            assert!(passed.is_none(), "bit {bit}");
        }
    }
}

#[test]
fn a_signature_for_one_thing_is_none_for_another() {
    let bytes = signed_bytes(&ana(), gossip("x"));
    let sign = |label| {
        let message =
            Bundle::of(vec![bytes.clone()]).unwrap().sign(ana().signing.sign(label, &bytes)).remove(0);
        message.check().verify()
    };
    assert!(sign(Label::Overlay));
    assert!(!sign(Label::Bundle));
    let by_ben = Bundle::of(vec![bytes.clone()]).unwrap().sign(ben().signing.sign(Label::Overlay, &bytes));
    assert!(!by_ben[0].check().verify());
    assert!(!by_ben[0].check().verify_with(&ben().signing.public()), "another key than the message names");
}

#[test]
fn the_largest_message_travels_in_the_largest_bundle() {
    let body = |len| Body::Gossip { app: "orf".to_owned(), topics: vec![], bytes: vec![7; len] };
    let overhead = signed_bytes(&ana(), body(60_000)).len() - 60_000;
    let largest = signed_bytes(&ana(), body(65_000 - overhead));
    assert_eq!(largest.len(), 65_000);
    let messages = Bundle::of(vec![largest; 256]).unwrap().sign(Signature([0; 64]));
    assert_eq!(message_of(&messages[255].frame(10, 255)).as_ref(), Some(&messages[255]));
}
