//! Strings of the strict parser: escapes, surrogate pairs, and what a string may not hold.

use super::JsonError;
use super::parser::Parser;

impl Parser<'_> {
    /// Reads a string; `at` stands at its opening quote.
    pub(super) fn string(&mut self) -> Result<String, JsonError> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().position(is_special).ok_or(JsonError::End)?;
            out.push_str(&rest[..plain]);
            self.at += plain + 1;
            match rest.as_bytes()[plain] {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escape()?),
                0 => return Err(JsonError::Nul { at: self.at }),
                _ => return Err(JsonError::Syntax { at: self.at - 1 }),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let at = self.at;
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' => Ok(char::from(byte)),
            b'b' => Ok('\u{8}'),
            b'f' => Ok('\u{c}'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'u' => self.escaped_char(),
            _ => Err(JsonError::Syntax { at }),
        }
    }

    fn escaped_char(&mut self) -> Result<char, JsonError> {
        let first = self.code_unit()?;
        if first == 0 {
            return Err(JsonError::Nul { at: self.at });
        }
        let pair_follows = (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u");
        let units = if pair_follows {
            self.at += 2;
            [first, self.code_unit()?]
        } else {
            [first, 0]
        };
        let used = if pair_follows { &units[..] } else { &units[..1] };
        match char::decode_utf16(used.iter().copied()).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(JsonError::Surrogate { at: self.at }),
        }
    }

    fn code_unit(&mut self) -> Result<u16, JsonError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(JsonError::End)?;
        let mut unit = 0_u16;
        for (index, digit) in digits.iter().enumerate() {
            let nibble = char::from(*digit).to_digit(16).ok_or(JsonError::Syntax { at: self.at + index })?;
            unit = unit << 4 | nibble as u16;
        }
        self.at += 4;
        Ok(unit)
    }
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}
