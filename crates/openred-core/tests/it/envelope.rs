//! Envelopes: frozen vectors, mutations of signed bytes, and everything a receiver refuses.

mod cases;
mod vectors;

use cases::{ana, ben, key_of, post, shapes};
use openred_core::envelope::{Age, Envelope, EnvelopeError, MessageType, Unsigned, Verified};
use openred_core::identity::IdentityLog;
use openred_core::ids::Hash;
use openred_core::json::{JsonError, Value};
use openred_core::payload::{Payload, PayloadError, PostShare, Visibility};
use openred_core::seed::RecoverySeed;
use openred_core::sign::{Label, SigningKey};

use crate::fuzz::Mutator;

const SECOND_MS: u64 = 1000;
const DAY_MS: u64 = 24 * 60 * 60 * SECOND_MS;

#[test]
fn every_type_is_signed_verified_and_stored_the_same() {
    for (name, envelope) in shapes() {
        let signed =
            envelope.clone().sign(&key_of(&envelope.from)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let received = Envelope::parse(signed.canonical()).unwrap();
        assert_eq!(received.message_id(), signed.message_id());
        assert_eq!(received.verify(&key_of(&envelope.from).public()).as_ref(), Ok(&signed), "{name}");
        assert_eq!(Verified::from_trusted_store(signed.canonical()).as_ref(), Ok(&signed), "{name}");
        assert_eq!(signed.envelope(), &envelope);
        assert_eq!(signed.message_id(), Hash::of(&[&envelope.to_sign()]));
        assert_eq!(signed.payload().unwrap().to_value().unwrap(), envelope.payload, "{name}");
    }
}

#[test]
fn no_mutated_envelope_passes_as_the_same_signer() {
    let signed: Vec<_> =
        shapes().into_iter().map(|(_, e)| e.clone().sign(&key_of(&e.from)).unwrap()).collect();
    let mut mutator = Mutator::new(3);
    let (mut tried, mut verified) = (0, 0);
    while tried < 1_000 {
        let original = mutator.pick(&signed);
        let mut bytes = original.canonical().to_vec();
        let at = mutator.below(bytes.len());
        bytes[at] ^= 1 << mutator.below(8);
        tried += 1;
        let Ok(mutant) = Envelope::parse(&bytes) else { continue };
        assert_ne!(mutant.canonical(), original.canonical(), "a flipped bit of canonical bytes is seen");
        verified += 1;
        let key = key_of(&original.envelope().from).public();
        assert_eq!(mutant.verify(&key), Err(EnvelopeError::BadSignature), "bit flipped at byte {at}");
    }
    assert!(verified > 200, "many mutants come as far as the signature: {verified}");
}

#[test]
fn every_bit_of_an_envelope_counts() {
    let original = post("hello").sign(&key_of(&ana())).unwrap();
    for bit in 0..original.canonical().len() * 8 {
        let mut bytes = original.canonical().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let verified = Envelope::parse(&bytes).and_then(|mutant| mutant.verify(&key_of(&ana()).public()));
        assert!(verified.is_err(), "bit {bit} flipped");
    }
}

#[test]
fn another_key_and_another_label_are_refused() {
    let signed = post("hello").sign(&key_of(&ana())).unwrap();
    let received = Envelope::parse(signed.canonical()).unwrap();
    assert_eq!(received.clone().verify(&key_of(&ben()).public()), Err(EnvelopeError::BadSignature));
    let draft = Unsigned::parse(&post("hello").to_sign()).unwrap();
    let other = key_of(&ana()).sign(Label::Mail, draft.to_sign());
    assert_eq!(
        draft.with_signature(other).verify(&key_of(&ana()).public()),
        Err(EnvelopeError::BadSignature)
    );
}

#[test]
fn only_the_newest_key_of_the_senders_own_log_counts() {
    let log_of = |root: u8, signing: &SigningKey| {
        IdentityLog::inception(&SigningKey::from_seed([root; 32]), signing, rotation().1, 1_690_000_000)
    };
    let old = key_of(&ana());
    let log = log_of(1, &old);
    let mut draft = post("hello");
    draft.from.node_id = log.node_id();
    draft.to.node_id = log.node_id();
    let signed = draft.sign(&old).unwrap();
    let received = || Envelope::parse(signed.canonical()).unwrap();
    assert_eq!(received().verify_under(&log).as_ref(), Ok(&signed));
    assert_eq!(received().verify_under(&log_of(2, &old)), Err(EnvelopeError::OtherSigner));

    let fresh = SigningKey::from_seed([8; 32]);
    let rotated = log.rotate(&rotation().0, &fresh, rotation().1, 1_695_000_000).unwrap();
    assert_eq!(received().verify_under(&rotated), Err(EnvelopeError::BadSignature), "the old key is void");
    let again = Unsigned::parse(signed.to_sign()).unwrap().sign(&fresh);
    let received = Envelope::parse(again.canonical()).unwrap().verify_under(&rotated).unwrap();
    assert_eq!(received.message_id(), signed.message_id());
}

fn rotation() -> (SigningKey, Hash) {
    let seed = RecoverySeed::from_bytes([9; 32]);
    (seed.rotation_key(1), seed.commitment(1))
}

#[test]
fn a_text_that_is_not_canonical_means_the_same_message() {
    let signed = post("chloé \u{1f600}/\n").sign(&key_of(&ana())).unwrap();
    let value: serde_json::Value = serde_json::from_slice(signed.canonical()).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap().replace('é', "\\u00e9").replace('/', "\\/");
    assert_ne!(pretty.as_bytes(), signed.canonical());
    let received = Envelope::parse(pretty.as_bytes()).unwrap().verify(&key_of(&ana()).public());
    assert_eq!(received.as_ref(), Ok(&signed));
    assert_eq!(Verified::from_trusted_store(pretty.as_bytes()), Err(EnvelopeError::NotCanonical));
}

#[test]
fn signing_again_after_a_rotation_keeps_the_message_id() {
    let text = String::from_utf8(post("hello").to_sign()).unwrap();
    let with_ms = text.replace("00:00Z", "00:00.000Z");
    for text in [text, with_ms] {
        let first = Unsigned::parse(text.as_bytes()).unwrap().sign(&key_of(&ana()));
        let again = Unsigned::parse(first.to_sign()).unwrap().sign(&key_of(&ben()));
        assert_eq!(again.message_id(), first.message_id());
        assert_ne!(again.canonical(), first.canonical());
        assert_eq!(first.to_sign(), text.as_bytes(), "the text is kept as it was given");
    }
}

#[test]
fn unknown_names_in_a_payload_are_kept_and_ignored() {
    let mut draft = post("hello");
    let Value::Object(members) = &mut draft.payload else { unreachable!("payloads are objects") };
    members.insert("mood".to_owned(), Value::from_serde(&["glad"]).unwrap());
    let signed = draft.sign(&key_of(&ana())).unwrap();
    assert!(String::from_utf8_lossy(signed.canonical()).contains(r#""mood":["glad"]"#));
    assert_eq!(signed.payload(), post("hello").sign(&key_of(&ana())).unwrap().payload());
}

#[test]
fn a_node_does_not_sign_what_its_peers_refuse() {
    let key = key_of(&ana());
    let long = Payload::from(PostShare { text: "x".repeat(281), ..cases::post_payload("") });
    let refused = Envelope::draft(ana(), ana(), 0, &long);
    assert_eq!(refused, Err(EnvelopeError::Payload(PayloadError::TooLong("text"))));

    let mut elsewhere = post("hello");
    elsewhere.to = ben();
    assert_eq!(elsewhere.sign(&key), Err(EnvelopeError::OtherWall));

    let mut capital = post("hello");
    capital.from.username = "Ana".to_owned();
    assert_eq!(capital.sign(&key), Err(EnvelopeError::Field("username")));

    let mut list = post("hello");
    list.payload = Value::Array(Vec::new());
    assert_eq!(list.sign(&key), Err(EnvelopeError::Field("payload")));

    let mut large = post("hello");
    let Value::Object(members) = &mut large.payload else { unreachable!("payloads are objects") };
    let room = 64 * 1024 - 101 - post("hello").to_sign().len() - r#""pad":"","#.len();
    members.insert("pad".to_owned(), Value::Str("x".repeat(room)));
    assert_eq!(large.clone().sign(&key).map(|signed| signed.canonical().len()), Ok(64 * 1024));
    let Value::Object(members) = &mut large.payload else { unreachable!("payloads are objects") };
    members.insert("pad".to_owned(), Value::Str("x".repeat(room + 1)));
    assert_eq!(large.sign(&key), Err(EnvelopeError::Json(JsonError::TooLarge)));
}

#[test]
fn age_is_counted_to_the_millisecond() {
    let mut envelope = post("hello");
    envelope.timestamp_ms = 100 * DAY_MS;
    let skew = 600 * SECOND_MS;
    assert_eq!(envelope.age(100 * DAY_MS - skew - 1), Age::Ahead);
    assert_eq!(envelope.age(100 * DAY_MS - skew), Age::Fresh);
    assert_eq!(envelope.age(100 * DAY_MS + skew), Age::Fresh);
    assert_eq!(envelope.age(100 * DAY_MS + skew + 1), Age::Stored);
    assert_eq!(envelope.age(160 * DAY_MS), Age::Stored);
    assert_eq!(envelope.age(160 * DAY_MS + 1), Age::Expired);
    assert_eq!(envelope.remember_until_ms(90 * DAY_MS), 161 * DAY_MS);
    assert_eq!(envelope.remember_until_ms(120 * DAY_MS), 181 * DAY_MS);
}

#[test]
fn words_of_people_do_not_get_into_logs() {
    let signed = post("a secret between friends").sign(&key_of(&ana())).unwrap();
    assert!(!format!("{signed:?}").contains("secret"));
    assert_eq!(signed.envelope().kind, MessageType::PostShare);
    assert!(matches!(
        signed.payload(),
        Ok(Payload::PostShare(PostShare { visibility: Visibility::Friends, .. }))
    ));
}
