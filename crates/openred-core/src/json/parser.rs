//! The strict parser. One pass, no recursion deeper than the limit, no allocation beyond the value.

use std::collections::BTreeMap;

use super::{INT_MAX, JsonError, NAME_BYTES_MAX, Value};

/// What a caller admits. Checked before and while reading, so that a text costs what its size says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest text in bytes.
    pub bytes_max: usize,
    /// Most arrays and objects inside each other.
    pub depth_max: usize,
}

impl Limits {
    /// 64 KiB and 16 levels: envelopes, and JSON bodies where nothing else is named (PROTOCOL §2, A.0).
    pub const ENVELOPE: Self = Self::bytes(64 * 1024);

    /// 16 levels and at most `bytes_max` bytes.
    pub const fn bytes(bytes_max: usize) -> Self {
        Self { bytes_max, depth_max: 16 }
    }
}

/// Parses one JSON text. White space and escapes need not be the shortest; everything else that
/// two readers could understand differently is refused (PROTOCOL §2).
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Value, JsonError> {
    if bytes.len() > limits.bytes_max {
        return Err(JsonError::TooLarge);
    }
    if bytes.starts_with("\u{feff}".as_bytes()) {
        return Err(JsonError::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::Utf8 { at: error.valid_up_to() })?;
    let mut parser = Parser { text, at: 0, depth_left: limits.depth_max };
    let value = parser.value()?;
    parser.skip_space();
    if parser.at < text.len() { Err(JsonError::Trailing { at: parser.at }) } else { Ok(value) }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    /// Bytes read so far; always between two characters when a value begins or ends.
    pub(super) at: usize,
    depth_left: usize,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Value, JsonError> {
        self.skip_space();
        match self.peek()? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => self.string().map(Value::Str),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => Err(JsonError::Syntax { at: self.at }),
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Value, JsonError>) -> Result<Value, JsonError> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(JsonError::TooDeep { at: self.at })?;
        self.at += 1;
        let value = inner(self)?;
        self.depth_left += 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        let mut members = BTreeMap::new();
        if self.closes(b'}')? {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            let (at, name) = self.name()?;
            self.skip_space();
            self.expect(b':')?;
            let value = self.value()?;
            if members.insert(name, value).is_some() {
                return Err(JsonError::Duplicate { at });
            }
            if self.closes(b'}')? {
                return Ok(Value::Object(members));
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        let mut elements = Vec::new();
        if self.closes(b']')? {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value()?);
            if self.closes(b']')? {
                return Ok(Value::Array(elements));
            }
            self.expect(b',')?;
        }
    }

    fn name(&mut self) -> Result<(usize, String), JsonError> {
        let at = self.at;
        if self.peek()? != b'"' {
            return Err(JsonError::Syntax { at });
        }
        let name = self.string()?;
        let good = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !good {
            return Err(JsonError::Name { at });
        }
        Ok((at, name))
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let at = self.at;
        let rest = &self.text[at..];
        let length = rest.bytes().position(|byte| !is_number_byte(byte)).unwrap_or(rest.len());
        self.at += length;
        let digits = rest[..length].strip_prefix('-').unwrap_or(&rest[..length]);
        let zero_first = digits.starts_with('0') && rest[..length].len() > 1;
        if digits.is_empty() || zero_first || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(JsonError::Number { at });
        }
        match rest[..length].parse::<i64>() {
            Ok(number) if (-INT_MAX..=INT_MAX).contains(&number) => Ok(Value::Int(number)),
            _ => Err(JsonError::Number { at }),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(JsonError::Syntax { at: self.at });
        }
        self.at += word.len();
        Ok(value)
    }

    /// Skips white space and steps over `close` if it stands there.
    fn closes(&mut self, close: u8) -> Result<bool, JsonError> {
        self.skip_space();
        let closes = self.peek()? == close;
        self.at += usize::from(closes);
        Ok(closes)
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek()? != byte {
            return Err(JsonError::Syntax { at: self.at });
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn peek(&self) -> Result<u8, JsonError> {
        self.text.as_bytes().get(self.at).copied().ok_or(JsonError::End)
    }

    fn skip_space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += rest.iter().take_while(|byte| is_space(byte)).count();
    }
}

/// What a number could be made of in any JSON: read as one piece, so that `1.5` is a bad number, not a bad end.
fn is_number_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}
