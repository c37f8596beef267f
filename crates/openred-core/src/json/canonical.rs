//! The one text of a value: JCS (RFC 8785) without its rules for floats, which do not exist here.

use std::collections::BTreeMap;

use super::Value;

/// Canonical bytes: no white space, names sorted by UTF-16 code units, the shortest escapes.
/// Never longer than any text that parses to the same value.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut text = String::new();
    write(value, &mut text);
    text.into_bytes()
}

/// As [`canonical`], of an object that is held as its members.
pub(crate) fn canonical_object(members: &BTreeMap<String, Value>) -> Vec<u8> {
    let mut text = String::new();
    write_object(members, &mut text);
    text.into_bytes()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Str(text) => write_string(text, out),
        Value::Array(elements) => write_list(out, ('[', ']'), elements, write),
        Value::Object(members) => write_object(members, out),
    }
}

fn write_object(members: &BTreeMap<String, Value>, out: &mut String) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    write_list(out, ('{', '}'), members, |(name, value), out| {
        write_string(name, out);
        out.push(':');
        write(value, out);
    });
}

fn write_list<T>(
    out: &mut String,
    (open, close): (char, char),
    list: impl IntoIterator<Item = T>,
    each: impl Fn(T, &mut String),
) {
    out.push(open);
    for (index, element) in list.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        each(element, out);
    }
    out.push(close);
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain_from..at]);
        write_escape(byte, out);
        plain_from = at + 1;
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

fn write_escape(byte: u8, out: &mut String) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        b'\r' => out.push_str("\\r"),
        control => out.push_str(&format!("\\u{control:04x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_the_shortest() {
        let text = "\u{8}\t\n\u{c}\r\"\\/\u{1}\u{1f}\u{7f}\u{2028}é😀".to_owned();
        let expected = "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\u{7f}\u{2028}é😀\"";
        assert_eq!(canonical(&Value::Str(text)), expected.as_bytes());
    }

    #[test]
    fn names_are_sorted_by_utf16_even_where_utf8_differs() {
        // U+1F600 begins with the code unit D83D, below U+FB33, but its UTF-8 bytes are above.
        let members = ["\u{fb33}", "\u{1f600}", "z", "a"].map(|name| (name.to_owned(), Value::Null));
        let text = canonical(&Value::Object(BTreeMap::from(members)));
        let expected = "{\"a\":null,\"z\":null,\"\u{1f600}\":null,\"\u{fb33}\":null}";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
