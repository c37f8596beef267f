//! JSON as OpenRed speaks it: integers only, no duplicate names, one canonical form (PROTOCOL §2, A.0; RFC 8259, RFC 8785).
//!
//! This parser decides what is JSON here; `serde_json` only fills types from text that it has accepted,
//! because `serde_json` keeps the last of two equal names and reads floats.
//! What this module must not know: which names an object should have.

mod canonical;
mod error;
mod parser;
mod string;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Serializer;

pub use canonical::canonical;
pub(crate) use canonical::canonical_object;
pub use error::JsonError;
pub use parser::{Limits, parse};

/// Largest absolute value of a number: 2^53 − 1, what every JSON reader holds exactly (RFC 7493 §2.2).
pub const INT_MAX: i64 = (1 << 53) - 1;

/// Longest name of an object, in bytes; names match `[a-z0-9_]{1,64}` (PROTOCOL §2).
pub const NAME_BYTES_MAX: usize = 64;

/// A parsed JSON text. `parse` and [`Value::from_serde`] only make values that keep the rules of PROTOCOL §2;
/// who builds one by hand finds out at the next `parse` of its canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer within ±[`INT_MAX`].
    Int(i64),
    /// Text without U+0000, compared byte for byte: there is no Unicode normalisation.
    Str(String),
    /// Elements in their order.
    Array(Vec<Value>),
    /// Members; every name once.
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// The value that `value` serializes to. Refuses what the wire refuses: floats, numbers beyond 2^53 − 1,
    /// names outside `[a-z0-9_]{1,64}`, U+0000, more than 16 levels.
    pub fn from_serde<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        let text = serde_json::to_vec(value).map_err(|error| JsonError::Shape(error.to_string()))?;
        parse(&text, Limits::bytes(usize::MAX))
    }

    /// Reads a type out of this value. A mismatch is [`JsonError::Shape`] with the reason of serde.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_slice(&canonical(self)).map_err(|error| JsonError::Shape(error.to_string()))
    }

    /// The member of an object, `None` where there is none or this is no object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&BTreeMap<String, Self>> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }

    /// The number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Str(text) => serializer.serialize_str(text),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}

/// Reads a JSON body of at most `bytes_max` bytes: first the strict parser, then serde into `T`.
/// Types of requests carry `#[serde(deny_unknown_fields)]`, types of answers do not (A.0).
/// A refusal is answered with 413 for [`JsonError::TooLarge`], else with 400 `malformed`.
pub fn from_slice_strict<T: DeserializeOwned>(bytes: &[u8], bytes_max: usize) -> Result<T, JsonError> {
    parse(bytes, Limits::bytes(bytes_max))?;
    serde_json::from_slice(bytes).map_err(|error| JsonError::Shape(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Knock {
        who: String,
        times: u64,
    }

    #[test]
    fn a_request_with_an_unknown_or_doubled_name_is_refused() {
        let knock: Knock = from_slice_strict(br#"{"who":"ana","times":2}"#, 64).unwrap();
        assert_eq!(knock, Knock { who: "ana".to_owned(), times: 2 });
        let unknown = from_slice_strict::<Knock>(br#"{"who":"ana","times":2,"why":1}"#, 64);
        assert!(matches!(unknown, Err(JsonError::Shape(_))), "{unknown:?}");
        let doubled = from_slice_strict::<Knock>(br#"{"who":"ana","times":2,"who":"eve"}"#, 64);
        assert!(matches!(doubled, Err(JsonError::Duplicate { .. })), "{doubled:?}");
        assert_eq!(from_slice_strict::<Knock>(br#"{"who":"ana","times":2}"#, 22), Err(JsonError::TooLarge));
    }

    #[test]
    fn types_become_values_and_come_back() {
        let knock = Knock { who: "chloé".to_owned(), times: 3 };
        let value = Value::from_serde(&knock).unwrap();
        assert_eq!(value.get("who").and_then(Value::as_str), Some("chloé"));
        assert_eq!(value.get("times").and_then(Value::as_int), Some(3));
        assert_eq!(value.to::<Knock>().unwrap(), knock);
        assert_eq!(serde_json::to_vec(&value).unwrap(), canonical(&value));
    }

    #[test]
    fn what_the_wire_refuses_does_not_become_a_value() {
        assert!(matches!(Value::from_serde(&1.5), Err(JsonError::Number { .. })));
        assert!(matches!(Value::from_serde(&(1_u64 << 53)), Err(JsonError::Number { .. })));
        assert!(matches!(Value::from_serde("a\0b"), Err(JsonError::Nul { .. })));
        let capital: BTreeMap<&str, u8> = BTreeMap::from([("Name", 1)]);
        assert!(matches!(Value::from_serde(&capital), Err(JsonError::Name { .. })));
    }
}
