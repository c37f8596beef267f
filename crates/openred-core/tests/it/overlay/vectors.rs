//! The frozen frames: every type, single and bundled proofs, and frames to refuse with the name of the refusal.
//! `OPENRED_BLESS=1` writes them anew; then every change of a byte is seen in review.

use std::sync::Arc;

use openred_core::codec::Writer;
use openred_core::overlay::{Frame, Kind, Link, Message, Proof};
use openred_core::sign::Label;
use serde_json::{Value, json};

use super::{bodies, bundle, five, links};
use crate::people::ana;

const FROZEN: &str = include_str!("../../../../../testdata/vectors/overlay.json");

#[test]
fn the_bytes_of_every_overlay_frame_are_frozen() {
    let made = json!({
        "about": "Annex A.8: overlay frames in hex. `key` is the signing key of all signed ones; a signature covers \
                  len(label):u8 ‖ label ‖ signed.",
        "key": hex::encode(ana().signing.public().as_bytes()),
        "node_id": ana().id(),
        "link": links().iter().map(|(name, link)| frame(name, &link.encode())).collect::<Vec<_>>(),
        "single": bodies().into_iter().map(|(name, body)| {
            signed(name, &bundle(&ana(), vec![body])[0])
        }).collect::<Vec<_>>(),
        "bundle": five().iter().map(|message| signed("GOSSIP_MESSAGE", message)).collect::<Vec<_>>(),
        "invalid": invalid().iter().map(|(why, bytes)| {
            json!({ "why": why, "bytes": hex::encode(bytes) })
        }).collect::<Vec<_>>(),
    });
    if std::env::var_os("OPENRED_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/vectors/overlay.json");
        std::fs::write(path, format!("{made:#}\n")).unwrap();
        return;
    }
    let frozen: Value = serde_json::from_str(FROZEN).unwrap();
    assert_eq!(frozen, made, "the format has changed; OPENRED_BLESS=1 freezes it anew");
}

fn frame(name: &str, bytes: &[u8]) -> Value {
    json!({ "name": name, "bytes": hex::encode(bytes) })
}

fn signed(name: &str, message: &Arc<Message>) -> Value {
    let check = message.check();
    let mut value = json!({
        "name": name, "bytes": hex::encode(message.frame(10, 0)), "id": message.id(),
        "signed_bytes": hex::encode(message.signed_bytes()),
        "label": check.label.as_str(), "signed": hex::encode(&check.bytes),
    });
    if let Proof::Bundle { index, count, path, .. } = message.proof() {
        value["index"] = json!(index);
        value["count"] = json!(count);
        value["path"] = path.iter().map(hex::encode).collect();
    }
    value
}

/// Frames that no honest neighbour sends, by the name that is said of them.
pub(super) fn invalid() -> Vec<(&'static str, Vec<u8>)> {
    let message = &five()[4];
    let Proof::Bundle { signature, path, .. } = message.proof() else { panic!("a bundle") };
    let with_proof = |index: u64, count: u64, path: &[[u8; 32]]| {
        let mut w = Writer::new();
        w.array(5).uint(1).uint(10).uint(0).bin(message.signed_bytes());
        w.array(4).bin(&signature.0).uint(index).uint(count).array(path.len());
        path.iter().for_each(|hash| {
            w.bin(hash);
        });
        w.into_vec()
    };
    let mut version = message.frame(10, 0);
    version[1] = 2;
    let mut trailing = Link::TrustedPeersRequest { max: 1 }.encode();
    trailing.push(0xc0);
    let link = |kind: u64, write: fn(&mut Writer)| {
        let mut w = Writer::new();
        write(w.array(3).uint(1).uint(kind));
        w.into_vec()
    };
    vec![
        ("version", version),
        ("malformed", trailing),
        ("malformed", vec![0x90]),
        ("type", link(15, |w| drop_ref(w.array(0)))),
        ("unsigned content", link(7, |w| drop_ref(w.array(3).str("orf").array(0).bin(&[])))),
        ("bundle path length", with_proof(4, 5, &[path[0], path[0]])),
        ("bundle path length", with_proof(3, 5, path)),
        ("bundle index", with_proof(5, 5, path)),
        ("bundle index", with_proof(0, 257, &[[0; 32]; 9])),
        ("too many elements", link(10, |w| drop_ref(w.array(1).uint(33)))),
        ("flags", link(13, |w| drop_ref(w.array(3).nil().uint(2).array(0)))),
        ("tree", link(12, |w| drop_ref(w.array(3).uint(16).uint(0).array(0)))),
        ("no ranges", link(14, |w| drop_ref(w.array(2).uint(1).array(0)))),
        ("ranges without end", link(14, |w| drop_ref(range(w.array(2).uint(1).array(1), 5)))),
        ("ranges out of order", link(14, |w| drop_ref(range(range(w.array(2).uint(1).array(2), 5), 5)))),
        (
            "range mode",
            link(14, |w| drop_ref(w.array(2).uint(1).array(1).array(4).uint(1).bin(&[]).uint(4).nil())),
        ),
    ]
}

fn range(w: &mut Writer, upper_time: u64) -> &mut Writer {
    w.array(4).uint(upper_time).bin(&[]).uint(0).nil()
}

const fn drop_ref(_: &mut Writer) {}

#[test]
fn frozen_frames_are_read_and_written_the_same() {
    let frozen: Value = serde_json::from_str(FROZEN).unwrap();
    let bytes = |value: &Value| hex::decode(value["bytes"].as_str().unwrap()).unwrap();
    let list = |name: &str| frozen[name].as_array().unwrap().clone();
    let mut kinds = std::collections::BTreeSet::new();
    for value in list("link") {
        let Ok(Frame::Link(link)) = Frame::decode(&bytes(&value)) else { panic!("{value}") };
        assert_eq!(link.encode(), bytes(&value));
        kinds.insert(link.kind());
    }
    for value in list("single").iter().chain(&list("bundle")) {
        let Ok(Frame::Signed(signed)) = Frame::decode(&bytes(value)) else { panic!("{value}") };
        assert_eq!(signed.message.frame(signed.ttl, signed.hops), bytes(value));
        assert_eq!(signed.message.id().to_string(), value["id"].as_str().unwrap());
        assert!(signed.message.check().verify(), "{value}");
        assert!(signed.message.check().verify_with(&ana().signing.public()));
        kinds.insert(signed.message.head().kind);
    }
    assert!(kinds.iter().eq(&Kind::ALL), "every type has a frame");
    for value in list("invalid") {
        let refused = Frame::decode(&bytes(&value)).unwrap_err();
        assert_eq!(refused.0, value["why"].as_str().unwrap());
    }
}

#[test]
fn a_single_message_is_signed_as_itself_and_a_bundle_by_its_root() {
    let single = &bundle(&ana(), vec![super::gossip("alone")])[0];
    assert_eq!((single.check().label, single.check().bytes), (Label::Overlay, single.signed_bytes().into()));
    assert!(five().iter().all(|message| message.check() == five()[0].check()), "one check for all");
    assert_eq!((five()[0].check().label, five()[0].check().bytes.len()), (Label::Bundle, 36));
}
