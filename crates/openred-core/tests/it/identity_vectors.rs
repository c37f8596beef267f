//! Frozen vectors of identity, descriptor, boxes, safety numbers and invitations.
//!
//! Each is made again by the code and compared; `OPENRED_BLESS=1` writes the files anew.

use std::path::PathBuf;

use openred_core::boxes::{self, BoxSecret, Suite};
use openred_core::codec::{SignedObject, Writer};
use openred_core::descriptor::Descriptor;
use openred_core::identity::IdentityLog;
use openred_core::ids::{Hash, Id16, NodeId};
use openred_core::invitation::{Invitation, Route};
use openred_core::safety::{EMOJI, SafetyNumber};
use openred_core::seed::RecoverySeed;
use openred_core::sign::Label;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::identity::{NOW_MS, Owner, body, key, lane};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/vectors").join(name)
}

fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
}

/// Compares with the frozen file, or writes it when told to.
fn frozen(name: &str, made: &Value) {
    if std::env::var_os("OPENRED_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(path(name), format!("{made:#}\n")).unwrap();
    }
    assert_eq!(&read(name), made, "{name}: the format has changed; OPENRED_BLESS=1 freezes it anew");
}

fn unhex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    unhex(value).try_into().unwrap()
}

fn hexes(entries: &[Vec<u8>]) -> Vec<String> {
    entries.iter().map(hex::encode).collect()
}

fn owners() -> [Owner; 3] {
    let founded = Owner::founded([7; 32]);
    let first = founded.rotated();
    let second = first.rotated();
    [founded, first, second]
}

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
fn identity() {
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

#[test]
fn descriptor() {
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

/// Randomness that anyone can repeat: SHA-256(name ‖ counter:u64), block after block.
struct Repeatable {
    name: &'static str,
    counter: u64,
}

impl hpke::rand_core::TryRng for Repeatable {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for block in bytes.chunks_mut(32) {
            let fresh = Hash::of(&[self.name.as_bytes(), &self.counter.to_be_bytes()]);
            block.copy_from_slice(&fresh.0[..block.len()]);
            self.counter += 1;
        }
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for Repeatable {}

#[test]
fn sealed_boxes() {
    let case = |suite: Suite, info: &str, aad: &[u8], plain: &[u8]| {
        let secret = BoxSecret::from_seed(suite, [11; 32]);
        let mut rng = Repeatable { name: "OpenRed vectors", counter: 0 };
        let boxed = boxes::seal_with(&mut rng, secret.public(), info.as_bytes(), aad, plain).unwrap();
        json!({ "suite": suite as u8, "secret": hex::encode([11; 32]), "public": hex::encode(&secret.public().key),
                "key_id": secret.public().key_id, "info": info, "aad": hex::encode(aad),
                "plain": hex::encode(plain), "box": hex::encode(boxed) })
    };
    let made = json!([
        case(Suite::X25519, "OpenRed/3 grant", &[1; 17], b"hello"),
        case(Suite::X25519, "", b"", b""),
        case(Suite::XWing, "OpenRed/3 grant", &[1; 17], b"hello"),
    ]);
    frozen("boxes.json", &made);

    for case in read("boxes.json").as_array().unwrap() {
        let suite = Suite::from_byte(case["suite"].as_u64().unwrap() as u8).unwrap();
        let secret = BoxSecret::from_seed(suite, array(&case["secret"]));
        assert_eq!(secret.public().key, unhex(&case["public"]));
        let (info, boxed) = (case["info"].as_str().unwrap().as_bytes(), unhex(&case["box"]));
        let plain = boxes::open(&secret, info, &unhex(&case["aad"]), &boxed).unwrap();
        assert_eq!(*plain, unhex(&case["plain"]));
    }
}

#[test]
fn safety() {
    let case = |a: (u8, u8), b: (u8, u8)| {
        let (id_a, head_a) = (NodeId([a.0; 32]), Hash([a.1; 32]));
        let (id_b, head_b) = (NodeId([b.0; 32]), Hash([b.1; 32]));
        let number = SafetyNumber::between((&id_a, &head_a), (&id_b, &head_b));
        json!({ "id_a": id_a, "head_a": head_a, "id_b": id_b, "head_b": head_b,
                "digits": number.digits, "emoji": number.emoji })
    };
    let table: Vec<_> =
        EMOJI.iter().map(|(symbol, name)| json!({ "symbol": symbol, "name": name })).collect();
    let cases = [case((1, 2), (3, 4)), case((3, 4), (1, 2)), case((1, 2), (3, 5)), case((255, 0), (0, 255))];
    assert_eq!(cases[0]["digits"], cases[1]["digits"], "the same from both sides");
    frozen("safety.json", &json!({ "emoji": table, "cases": cases }));
}

#[test]
fn invitation() {
    let full = Invitation {
        node_id: NodeId([1; 32]),
        invite_id: Id16([2; 16]),
        secret: Zeroizing::new([3; 32]),
        not_after: NOW_MS / 1000 + 86_400,
        routes: vec![
            Route::Api("https://chloe.example".into()),
            Route::Direct { endpoint: [5; 32], address: "198.51.100.7:4433".parse().unwrap() },
            Route::Relayed { endpoint: [5; 32], relay: "https://quic.example".into() },
            Route::Directory { url: "https://directory.example".into(), node_id: NodeId([9; 32]) },
            Route::Lane(lane()),
        ],
    };
    let bytes = full.encode().unwrap();
    let mut unknown_route = bytes.to_vec();
    unknown_route[89] += 1;
    unknown_route.extend_from_slice(&[200, 0, 1, 0]);
    let made = json!({
        "node_id": full.node_id, "invite_id": full.invite_id, "secret": hex::encode(*full.secret),
        "not_after": full.not_after, "bytes": hex::encode(&*bytes),
        "with_unknown_route": hex::encode(unknown_route),
        "links": [full.to_link(None).unwrap().as_str(), full.to_link(Some("chloe.example")).unwrap().as_str()],
        "invalid": [
            { "why": "ends early", "bytes": hex::encode(&bytes[..bytes.len() - 1]) },
            { "why": "trailing byte", "bytes": hex::encode(&*bytes) + "00" },
            { "why": "unknown format", "bytes": String::from("02") + &hex::encode(&bytes[1..]) },
        ],
    });
    frozen("invitation.json", &made);

    let vectors = read("invitation.json");
    assert_eq!(Invitation::parse(&unhex(&vectors["bytes"])), Ok(full.clone()));
    assert_eq!(Invitation::parse(&unhex(&vectors["with_unknown_route"])), Ok(full.clone()));
    for link in vectors["links"].as_array().unwrap() {
        assert_eq!(Invitation::from_link(link.as_str().unwrap()), Ok(full.clone()));
    }
    for case in vectors["invalid"].as_array().unwrap() {
        assert!(Invitation::parse(&unhex(&case["bytes"])).is_err(), "{}", case["why"]);
    }
}
