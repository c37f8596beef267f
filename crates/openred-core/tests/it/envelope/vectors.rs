//! The frozen envelopes. `OPENRED_BLESS=1` writes them anew; then every change of a byte is seen in review.

use std::fs;
use std::path::PathBuf;

use openred_core::envelope::{Envelope, EnvelopeError};
use serde_json::{Value, json};

use super::cases::{key_of, post, seed_of, shapes};

#[test]
fn envelopes_are_the_frozen_ones() {
    let made = json!({
        "about": "ORF 1.0 envelopes (PROTOCOL section 2, Annex A.2). seed: Ed25519 seed of the signer; \
            signature = Ed25519(0x0d, \"openred/orf/1\", to_sign); message_id = SHA-256(to_sign). \
            refused: texts that parse refuses, by the name of the refusal.",
        "envelopes": shapes().into_iter().map(vector).collect::<Vec<_>>(),
        "refused": refused().into_iter().map(|(wire, error)| json!({"wire": wire, "error": error})).collect::<Vec<_>>(),
    });
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/vectors/envelope.json");
    if std::env::var_os("OPENRED_BLESS").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let frozen: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(made, frozen);
}

#[test]
fn refused_envelopes_are_refused_for_the_reason_meant() {
    for (wire, name) in refused() {
        let error = Envelope::parse(wire.as_bytes()).expect_err(&wire);
        let text = match &error {
            EnvelopeError::Json(inner) => format!("{inner:?}"),
            other => format!("{other:?}"),
        };
        assert!(text.starts_with(name), "{text} is not {name}: {wire}");
    }
}

fn vector((name, envelope): (&'static str, Envelope)) -> Value {
    let signed = envelope.clone().sign(&key_of(&envelope.from)).unwrap();
    json!({
        "name": name,
        "seed": hex::encode(seed_of(&envelope.from)),
        "timestamp_ms": envelope.timestamp_ms,
        "payload": String::from_utf8(openred_core::json::canonical(&envelope.payload)).unwrap(),
        "to_sign": String::from_utf8(envelope.to_sign()).unwrap(),
        "message_id": signed.message_id(),
        "canonical": String::from_utf8(signed.canonical().to_vec()).unwrap(),
    })
}

/// Changes of one good text, with the refusal that each must meet.
fn refused() -> Vec<(String, &'static str)> {
    let good =
        String::from_utf8(post("hello").sign(&key_of(&super::ana())).unwrap().canonical().to_vec()).unwrap();
    let signature_at = good.find("\"signature\"").unwrap();
    let signature = &good[signature_at..good.find(",\"timestamp\"").unwrap()];
    let node_id = super::ana().node_id.to_string();
    let swap = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    vec![
        ("[]".to_owned(), "NoObject"),
        (format!("{good} x"), "Trailing"),
        (swap("{", "{\"extra\":1,"), "UnknownName"),
        (swap("{", "{\"message_id\":\"\","), "UnknownName"),
        (swap(&format!("{signature},"), ""), "Missing"),
        (swap(signature, "\"signature\":null"), "Field"),
        (swap(signature, &format!("{}=\"", &signature[..signature.len() - 1])), "Field"),
        (swap(signature, &format!("{},{signature}", signature)), "Duplicate"),
        (swap(signature, &format!("{},\"\\u0073ignature\":\"\"", signature)), "Duplicate"),
        (swap("\"version\":\"1.0\"", "\"version\":\"1.1\""), "Version"),
        (swap("\"version\":\"1.0\"", "\"version\":1"), "Field"),
        (swap("post_share", "post_sharing"), "TypeUnknown"),
        (swap("post_share", "Post_share"), "TypeUnknown"),
        (swap("12:00:00Z", "12:00:00+00:00"), "Field"),
        (swap("12:00:00Z", "12:00:60Z"), "Field"),
        (swap(&node_id, &node_id.to_uppercase()), "Field"),
        (swap(&node_id, &node_id[1..]), "Field"),
        (swap(&node_id, &"0".repeat(64)), "OtherWall"),
        (swap("\"username\":\"ana\"", "\"username\":\"\""), "Field"),
        (swap("\"username\":\"ana\"", "\"username\":\"Ana\""), "Field"),
        (swap("\"username\":\"ana\"", "\"username\":\"ana\",\"verified\":true"), "Field"),
        (swap("https://ana.example", "ftp://ana.example"), "Field"),
        (swap("https://ana.example", "https://ana example"), "Field"),
        (swap("\"payload\":{", "\"payload\":{\"weight\":1.5,"), "Number"),
        (swap("\"payload\":{", "\"payload\":{\"weight\":-0,"), "Number"),
        (swap("\"payload\":{", "\"payload\":{\"Weight\":1,"), "Name"),
        (swap("hello", "hel\\ud800lo"), "Surrogate"),
        (swap("hello", "hel\\u0000lo"), "Nul"),
    ]
}
