//! Descriptors to read and descriptors to refuse.

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::codec::{SignedObject, Writer};
use openred_core::descriptor::Descriptor;
use openred_core::sign::Label;
use serde_json::json;

use super::{frozen, owners, read, unhex};
use crate::identity::{NOW_MS, Owner, body};

#[test]
fn descriptors_to_read_and_to_refuse() {
    let [founded, first, _] = owners();
    let full = first.descriptor(NOW_MS);
    let mut bare = body(&founded.log, NOW_MS);
    (bare.transport_key, bare.api_url, bare.quic_relay, bare.lane) = (None, None, None, None);
    (bare.addresses, bare.capabilities) = (vec![], vec![]);
    bare.mail_key = BoxSecret::from_seed(Suite::XWing, [4; 32]).public().clone();
    let bare = Descriptor::sign(bare, &founded.signing).unwrap();
    let valid = |name: &str, descriptor: &Descriptor| {
        json!({ "name": name, "bytes": hex::encode(descriptor.bytes()), "hash": descriptor.hash(),
                "node_id": descriptor.node_id(), "log_seq": descriptor.order().0, "seq": descriptor.order().1 })
    };
    let object = SignedObject::decode(full.bytes(), 1).unwrap();
    let by = |signer: &Owner, label| {
        let sigs = vec![signer.signing.sign(label, &object.inner)];
        hex::encode(SignedObject { inner: object.inner.clone(), sigs }.encode())
    };
    let with_inner = |change: fn(&mut Vec<u8>)| {
        let mut inner = object.inner.clone();
        change(&mut inner);
        let sigs = vec![first.signing.sign(Label::Descriptor, &inner)];
        hex::encode(SignedObject { inner, sigs }.encode())
    };
    let no_signature = Writer::new().array(1).bin(&object.inner).into_vec();
    let made = json!({
        "valid": [valid("every field, after a rotation", &full), valid("nothing optional, X-Wing mail key", &bare)],
        "invalid": [
            { "why": "signed by the old key", "bytes": by(&founded, Label::Descriptor) },
            { "why": "another label", "bytes": by(&first, Label::Log) },
            { "why": "no signature", "bytes": hex::encode(no_signature) },
            { "why": "unknown format", "bytes": with_inner(|inner| inner[3] = 2) },
            { "why": "another node_id", "bytes": with_inner(|inner| inner[6] ^= 1) },
            { "why": "version 4 alone", "bytes": with_inner(|inner| *inner.last_mut().unwrap() = 4) },
            { "why": "a version in a longer form", "bytes": with_inner(|inner| {
                inner.pop();
                inner.extend_from_slice(&[0xcc, 3]);
            }) },
            { "why": "trailing byte inside", "bytes": with_inner(|inner| inner.push(0)) },
            { "why": "trailing byte outside", "bytes": hex::encode(full.bytes()) + "00" },
        ],
    });
    frozen("descriptor.json", &made);

    let vectors = read("descriptor.json");
    for case in vectors["valid"].as_array().unwrap() {
        let descriptor = Descriptor::parse(&unhex(&case["bytes"])).unwrap();
        assert_eq!(json!(descriptor.hash()), case["hash"]);
        assert_eq!(json!(descriptor.order()), json!([case["log_seq"], case["seq"]]));
    }
    for case in vectors["invalid"].as_array().unwrap() {
        assert!(Descriptor::parse(&unhex(&case["bytes"])).is_err(), "{}", case["why"]);
    }
}
