//! Targets of the overlay: frames, fields under a signature, proofs, ranges.

use openred_core::overlay::{Bundle, Draft, Frame, Link, Message, Range};
use openred_core::sign::Signature;

use super::fuzz;
use crate::overlay::{bodies, bundle, five, links, message_of};
use crate::people::ana;

fn frames() -> Vec<Vec<u8>> {
    let signed = bodies().into_iter().flat_map(|(_, body)| bundle(&ana(), vec![body])).chain(five());
    let signed = signed.map(|message| message.frame(9, 1));
    signed.chain(links().into_iter().map(|(_, link)| link.encode())).collect()
}

#[test]
fn overlay_frame() {
    fuzz("overlay frame", frames(), |input| {
        match Frame::decode(input) {
            Ok(Frame::Link(link)) => assert_eq!(link.encode(), input, "there is one encoding"),
            Ok(Frame::Signed(signed)) => {
                let again = signed.message.frame(signed.ttl, signed.hops);
                let tail = |bytes: &[u8]| bytes[bytes.len() - (signed.message.size() - 4)..].to_vec();
                assert_eq!(tail(&again), tail(input), "all but ttl and hops is verbatim");
                assert_eq!(Frame::decode(&again), Ok(Frame::Signed(signed.clone())));
                assert!(signed.message.body().is_ok(), "read once, readable for good");
            }
            Err(_) => return false,
        }
        true
    });
}

/// The fields behind a signature: they are the whole of the signed bytes.
#[test]
fn overlay_fields() {
    let inner = bodies().into_iter().map(|(_, body)| bundle(&ana(), vec![body])[0].signed_bytes().to_vec());
    fuzz("overlay fields", inner.collect(), |input| {
        let Ok(bundle) = Bundle::of(vec![input.to_vec()]) else { return false };
        let message = bundle.sign(Signature([1; 64])).remove(0);
        let draft = Draft { head: *message.head(), body: message.body().unwrap() };
        assert_eq!(draft.signed_bytes().as_deref(), Ok(input));
        true
    });
}

/// No bytes but the origin's lead to a root that the origin signed.
#[test]
fn overlay_proof() {
    let good = five();
    let genuine = |message: &Message| good.iter().any(|one| one.signed_bytes() == message.signed_bytes());
    fuzz("overlay proof", good.iter().map(|message| message.frame(3, 3)).collect(), |input| {
        let Some(message) = message_of(input) else { return false };
        let check = message.check();
        assert!(check != good[0].check() || genuine(&message), "forged");
        true
    });
}

#[test]
fn overlay_ranges() {
    let sample = links().into_iter().filter(|(name, _)| *name == "RECONCILE").map(|(_, link)| link.encode());
    fuzz("overlay ranges", sample.collect(), |input| {
        let Ok(Frame::Link(Link::Reconcile { session, ranges })) = Frame::decode(input) else { return false };
        assert_eq!(Range::check(&ranges), Ok(()));
        assert_eq!(Link::Reconcile { session, ranges }.encode(), input);
        true
    });
}
