//! A frozen session. `OPENRED_BLESS=1` writes it anew; then every change of a byte is seen in review.

use serde_json::{Value, json};

use super::*;

#[test]
fn a_session_is_frozen() {
    let elements = |set: &Set| set.iter().map(|(time, id)| json!([time, id])).collect::<Vec<_>>();
    let (ana, ben) = (set_of(0..12), set_of(3..43));
    let report = meet(&ana, &ben, 1);
    let made = json!({
        "about": "Annex A.8: a whole reconciliation that Ana begins; frames in hex, hers first. The session's number is \
                  hers to choose, and with so few elements she does not cut.",
        "ana": elements(&ana),
        "ben": elements(&ben),
        "frames": report.frames.iter().map(|frame| hex(frame)).collect::<Vec<_>>(),
        "ana_wants": report.ana_wants,
        "ben_wants": report.ben_wants,
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/vectors/reconcile.json");
    if std::env::var_os("OPENRED_BLESS").is_some() {
        std::fs::write(path, format!("{made:#}\n")).unwrap();
    }
    let frozen: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(frozen, made, "the format has changed; OPENRED_BLESS=1 freezes it anew");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
