//! Where mutation starts: every text and byte string in the frozen vectors.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Everything that stands in `testdata/vectors/*.json`: texts as they are, and what they hold in hex or base64url.
/// Longer ones than 8 KiB are left out, they cost more than they find.
pub(super) fn all() -> Vec<Vec<u8>> {
    let mut seeds = BTreeSet::new();
    for text in vector_files() {
        collect(&serde_json::from_str(&text).unwrap(), &mut seeds);
    }
    assert!(seeds.len() > 100, "the vectors are there");
    seeds.into_iter().filter(|seed| seed.len() <= 8 * 1024).collect()
}

fn vector_files() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/vectors");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn collect(value: &serde_json::Value, seeds: &mut BTreeSet<Vec<u8>>) {
    match value {
        serde_json::Value::String(text) => {
            seeds.insert(text.as_bytes().to_vec());
            seeds.extend(hex::decode(text).ok());
            seeds.extend(openred_core::ids::b64_decode(text).ok());
        }
        serde_json::Value::Array(elements) => elements.iter().for_each(|element| collect(element, seeds)),
        serde_json::Value::Object(members) => {
            seeds.insert(value.to_string().into_bytes());
            members.values().for_each(|member| collect(member, seeds));
        }
        _ => {}
    }
}
