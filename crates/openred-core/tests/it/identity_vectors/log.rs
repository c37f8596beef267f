//! The identity log: keys of the recovery words, entries, and logs to refuse.

use openred_core::codec::SignedObject;
use openred_core::identity::IdentityLog;
use openred_core::seed::RecoverySeed;
use openred_core::sign::Label;
use serde_json::json;

use super::{frozen, hexes, owners, read, unhex};
use crate::identity::{Owner, key};

/// The newest entry of a log, changed and signed again by the keys given.
fn entry_with(log: &IdentityLog, change: impl FnOnce(&mut SignedObject)) -> Vec<String> {
    let (last, before) = log.entries().split_last().unwrap();
    let mut object = SignedObject::decode(last, 2).unwrap();
    change(&mut object);
    let mut entries = hexes(before);
    entries.push(hex::encode(object.encode()));
    entries
}

#[test]
fn keys_entries_and_logs_to_refuse() {
    let [founded, first, second] = owners();
    let seed = &second.seed;
    let rotation = |n: u32| {
        json!({ "n": n, "seed": hex::encode(*seed.rotation_key(n).seed()),
                "public": hex::encode(seed.rotation_key(n).public().as_bytes()), "commitment": seed.commitment(n) })
    };
    let state = |owner: &Owner| {
        json!({ "entry": hex::encode(owner.log.entries().last().unwrap()), "head": owner.log.head(),
                "seq": owner.log.head_seq(), "signing_seed": hex::encode(*owner.signing.seed()),
                "signing_key": hex::encode(owner.signing.public().as_bytes()) })
    };
    let mut trailing = first.log.entries().to_vec();
    trailing[1].push(0);
    let invalid = json!([
        { "why": "no entry", "entries": [] },
        { "why": "begins with a rotation", "entries": hexes(&first.log.entries()[1..]) },
        { "why": "two inceptions", "entries": hexes(&[founded.log.entries(), founded.log.entries()].concat()) },
        { "why": "a rotation is left out",
          "entries": hexes(&[&second.log.entries()[..1], &second.log.entries()[2..]].concat()) },
        { "why": "trailing byte", "entries": hexes(&trailing) },
        { "why": "one signature", "entries": entry_with(&first.log, |o| o.sigs.truncate(1)) },
        { "why": "signatures changed places", "entries": entry_with(&first.log, |o| o.sigs.swap(0, 1)) },
        { "why": "signed by the signing key alone", "entries": entry_with(&first.log, |o| {
            o.sigs[0] = founded.signing.sign(Label::Log, &o.inner);
        }) },
        { "why": "another label", "entries": entry_with(&first.log, |o| {
            o.sigs[1] = first.signing.sign(Label::Descriptor, &o.inner);
        }) },
    ]);
    let made = json!({
        "recovery_seed": hex::encode(seed.bytes()), "words": seed.words().as_str(),
        "rotation_keys": [rotation(1), rotation(2), rotation(3)],
        "root_seed": hex::encode(*key(99).seed()), "root_key": hex::encode(key(99).public().as_bytes()),
        "node_id": second.log.node_id(), "log": [state(&founded), state(&first), state(&second)],
        "invalid": invalid,
    });
    frozen("identity.json", &made);

    let vectors = read("identity.json");
    let words = RecoverySeed::from_words(vectors["words"].as_str().unwrap()).unwrap();
    assert_eq!(words.bytes().as_slice(), unhex(&vectors["recovery_seed"]));
    for case in vectors["invalid"].as_array().unwrap() {
        let entries: Vec<_> = case["entries"].as_array().unwrap().iter().map(unhex).collect();
        assert!(IdentityLog::parse(&entries).is_err(), "{}", case["why"]);
    }
}
