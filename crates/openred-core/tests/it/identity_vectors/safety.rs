//! Safety numbers and the table of symbols.

use openred_core::ids::{Hash, NodeId};
use openred_core::safety::{EMOJI, SafetyCode, SafetyNumber};
use serde_json::json;

use super::frozen;

#[test]
fn numbers_and_symbols() {
    let case = |a: (u8, u8), b: (u8, u8)| {
        let (id_a, head_a) = (NodeId([a.0; 32]), Hash([a.1; 32]));
        let (id_b, head_b) = (NodeId([b.0; 32]), Hash([b.1; 32]));
        let number = SafetyNumber::between((&id_a, &head_a), (&id_b, &head_b));
        let code = SafetyCode { own: (id_a, head_a), other: (id_b, head_b) };
        assert_eq!(code.to_string().parse(), Ok(code));
        json!({ "code_of_a": code.to_string(), "id_a": id_a, "head_a": head_a, "id_b": id_b, "head_b": head_b,
                "digits": number.digits, "emoji": number.emoji })
    };
    let table: Vec<_> =
        EMOJI.iter().map(|(symbol, name)| json!({ "symbol": symbol, "name": name })).collect();
    let cases = [case((1, 2), (3, 4)), case((3, 4), (1, 2)), case((1, 2), (3, 5)), case((255, 0), (0, 255))];
    assert_eq!(cases[0]["digits"], cases[1]["digits"], "the same from both sides");
    frozen("safety.json", &json!({ "emoji": table, "cases": cases }));
}
