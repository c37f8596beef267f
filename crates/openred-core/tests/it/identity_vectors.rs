//! Frozen vectors of identity, descriptor, boxes, safety numbers and invitations.
//!
//! Each is made again by the code and compared; `OPENRED_BLESS=1` writes the files anew.

mod boxes;
mod descriptor;
mod invitation;
mod log;
mod safety;

use std::path::PathBuf;

use serde_json::Value;

use crate::identity::Owner;

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

fn hexes(entries: &[Vec<u8>]) -> Vec<String> {
    entries.iter().map(hex::encode).collect()
}

fn owners() -> [Owner; 3] {
    let founded = Owner::founded([7; 32]);
    let first = founded.rotated();
    let second = first.rotated();
    [founded, first, second]
}
