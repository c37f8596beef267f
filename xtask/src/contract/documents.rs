//! What holds of a document as it is printed: no answer is left to `default`, objects are closed, every refusal names its
//! code. Knows OpenAPI; knows no service.

use serde_json::Value;

/// Members whose objects are open on purpose: what is in them depends on something else of the same message.
const OPEN: [&str; 1] = ["payload"];

/// What breaks a rule, each as a sentence with its place.
pub(crate) fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    open_objects(document, "", &mut faults);
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            for (status, answer) in members(&operation["responses"]) {
                let place = format!("{method} {path} {status}");
                faults.extend(answer_fault(status, answer).map(|fault| format!("{place}: {fault}")));
            }
        }
    }
    faults
}

fn answer_fault(status: &str, answer: &Value) -> Option<&'static str> {
    if status == "default" {
        return Some("an answer that is not named");
    }
    let described = answer["description"].as_str().unwrap_or_default();
    let refusal = status.starts_with(['4', '5']);
    (refusal && !named(described)).then_some("no code in backticks")
}

/// Whether a code stands in backticks.
fn named(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    text.split('`').skip(1).step_by(2).any(word)
}

fn open_objects(value: &Value, place: &str, faults: &mut Vec<String>) {
    let name = place.rsplit('/').next().unwrap_or_default();
    let object = value["type"] == "object" || value["properties"].is_object();
    if object && value["additionalProperties"] != false && !OPEN.contains(&name) {
        faults.push(format!("{place}: an open object"));
    }
    for (name, inner) in members(value) {
        open_objects(inner, &format!("{place}/{name}"), faults);
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        open_objects(inner, &format!("{place}/{index}"), faults);
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(answers: &Value, schema: &Value) -> Value {
        json!({"paths": {"/x": {"get": {"responses": answers}}}, "components": {"schemas": {"X": schema}}})
    }

    #[test]
    fn a_document_that_keeps_the_rules_has_no_fault() {
        let answers = json!({"200": {"description": "Well"}, "404": {"description": "`unknown`: not here"}});
        let open = json!({"type": "object"});
        let schema =
            json!({"type": "object", "additionalProperties": false, "properties": {"payload": open}});
        assert_eq!(faults(&document(&answers, &schema)), Vec::<String>::new());
    }

    #[test]
    fn open_objects_unnamed_answers_and_refusals_without_a_code_are_faults() {
        let closed = json!({"type": "object", "additionalProperties": false});
        let found = |answers: Value, schema: &Value| faults(&document(&answers, schema)).join("; ");
        assert!(found(json!({"default": {"description": "`x`"}}), &closed).contains("get /x default"));
        assert!(found(json!({"404": {"description": "not here"}}), &closed).contains("no code"));
        let inner = json!({"type": "array", "items": {"type": "object", "properties": {}}});
        assert_eq!(found(json!({}), &inner), "/components/schemas/X/items: an open object");
    }
}
