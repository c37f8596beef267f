//! The strict parser against frozen texts, and against `serde_json` as a second reader.

use openred_core::json::{JsonError, Limits, Value, canonical, parse};

use crate::fuzz::Mutator;

const VECTORS: &str = include_str!("../../../../testdata/vectors/json.json");

fn vectors() -> serde_json::Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn text_of(case: &serde_json::Value) -> Vec<u8> {
    match case["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => hex::decode(case["hex"].as_str().unwrap()).unwrap(),
    }
}

/// `Number { at: 3 }` is `Number`.
fn name_of(error: &JsonError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(']).next().unwrap().to_owned()
}

#[test]
fn accepted_texts_have_the_frozen_canonical_bytes() {
    let vectors = vectors();
    let cases = vectors["accepted"].as_array().unwrap();
    assert!(cases.len() >= 26);
    for case in cases {
        let value = parse(&text_of(case), Limits::ENVELOPE).unwrap_or_else(|error| panic!("{case}: {error}"));
        let bytes = canonical(&value);
        assert_eq!(bytes, case["canonical"].as_str().unwrap().as_bytes(), "{case}");
        assert_eq!(
            parse(&bytes, Limits::ENVELOPE),
            Ok(value),
            "canonical bytes are read back as the same value"
        );
    }
}

#[test]
fn refused_texts_have_the_frozen_reason() {
    let vectors = vectors();
    let cases = vectors["refused"].as_array().unwrap();
    assert!(cases.len() >= 80);
    for case in cases {
        let error = parse(&text_of(case), Limits::ENVELOPE).expect_err(&case.to_string());
        assert_eq!(name_of(&error), case["error"].as_str().unwrap(), "{case}");
    }
}

#[test]
fn limits_are_counted_exactly() {
    let text = format!("\"{}\"", "a".repeat(64 * 1024 - 2));
    assert!(parse(text.as_bytes(), Limits::ENVELOPE).is_ok());
    let longer = format!("{text} ");
    assert_eq!(parse(longer.as_bytes(), Limits::ENVELOPE), Err(JsonError::TooLarge));
    let flat = Limits { bytes_max: 10, depth_max: 0 };
    assert_eq!(parse(b"1", flat), Ok(Value::Int(1)));
    assert_eq!(parse(b"[]", flat), Err(JsonError::TooDeep { at: 0 }));
}

#[test]
fn canonical_bytes_are_never_longer_than_the_text() {
    let mut mutator = Mutator::new(7);
    for text in texts(&mut mutator, 20_000) {
        if let Ok(value) = parse(&text, Limits::ENVELOPE) {
            assert!(canonical(&value).len() <= text.len(), "{}", String::from_utf8_lossy(&text));
        }
    }
}

/// What the strict parser accepts, `serde_json` accepts with the same value. The other way round the
/// differences are those that PROTOCOL §2 wants, and no others.
#[test]
fn a_second_reader_agrees() {
    let wanted = ["Number", "Name", "Duplicate", "Nul", "TooDeep"];
    let (mut both, mut differences) = (0, 0);
    let mut mutator = Mutator::new(11);
    for text in texts(&mut mutator, 60_000) {
        let second = serde_json::from_slice::<serde_json::Value>(&text);
        match (parse(&text, Limits::ENVELOPE), second) {
            (Ok(value), Ok(second)) => {
                assert_eq!(serde_json::to_value(&value).unwrap(), second);
                both += 1;
            }
            (Ok(value), Err(error)) => panic!("only the strict parser reads {value:?}: {error}"),
            (Err(error), Ok(_)) => {
                assert!(wanted.contains(&&*name_of(&error)), "{error}: {}", String::from_utf8_lossy(&text));
                differences += 1;
            }
            (Err(_), Err(_)) => {}
        }
    }
    assert!(both > 5_000 && differences > 500, "the texts are worth comparing: {both} {differences}");
}

/// Texts of which many are JSON or nearly so: the frozen ones, grown into each other and mutated a little.
fn texts(mutator: &mut Mutator, count: usize) -> Vec<Vec<u8>> {
    let vectors = vectors();
    let of = |list: &str| vectors[list].as_array().unwrap().iter().map(text_of).collect::<Vec<_>>();
    let (accepted, refused) = (of("accepted"), of("refused"));
    let grown = |mutator: &mut Mutator, depth: usize| grow(mutator, &accepted, depth);
    let mut texts: Vec<_> = accepted.iter().chain(&refused).cloned().collect();
    while texts.len() < count {
        let text = grown(mutator, 4);
        let mutated = mutator.mutate(&text, &refused);
        texts.extend([text, mutated]);
    }
    texts
}

fn grow(mutator: &mut Mutator, leaves: &[Vec<u8>], depth: usize) -> Vec<u8> {
    let names = ["a", "b", "\\u0061", "node_id", "x9"];
    let count = mutator.below(4);
    match if depth == 0 { 0 } else { mutator.below(4) } {
        0 => mutator.pick(leaves).clone(),
        1 => {
            let inner: Vec<_> = (0..count).map(|_| grow(mutator, leaves, depth - 1)).collect();
            [b"[".as_slice(), &inner.join(b", ".as_slice()), b"]"].concat()
        }
        _ => {
            let member = |mutator: &mut Mutator| {
                let name = *mutator.pick(&names);
                [format!("\"{name}\":").into_bytes(), grow(mutator, leaves, depth - 1)].concat()
            };
            let inner: Vec<_> = (0..count).map(|_| member(mutator)).collect();
            [b"{".as_slice(), &inner.join(b",".as_slice()), b"}"].concat()
        }
    }
}
