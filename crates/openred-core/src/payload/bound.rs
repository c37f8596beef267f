//! The bounds themselves: one question per function, answered with the name of the field.

use serde::{Deserialize, Deserializer};

use super::PayloadError;
use crate::envelope::is_url;
use crate::json::INT_MAX;

/// At most `max` characters and no control characters but line feed and tab.
pub(super) fn text(name: &'static str, text: &str, max: usize) -> Result<(), PayloadError> {
    if text.chars().count() > max {
        return Err(PayloadError::TooLong(name));
    }
    let control = text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    if control { Err(PayloadError::Form(name)) } else { Ok(()) }
}

/// As [`text`], on one line, and not empty.
pub(super) fn line(name: &'static str, line: &str, max: usize) -> Result<(), PayloadError> {
    text(name, line, max)?;
    let bad = line.is_empty() || line.contains(['\n', '\t']);
    if bad { Err(PayloadError::Form(name)) } else { Ok(()) }
}

/// At most `max` bytes.
pub(super) fn bytes(name: &'static str, bytes: &[u8], max: usize) -> Result<(), PayloadError> {
    if bytes.len() > max { Err(PayloadError::TooLong(name)) } else { Ok(()) }
}

/// At most `max` elements.
pub(super) fn list<T>(name: &'static str, list: &[T], max: usize) -> Result<(), PayloadError> {
    if list.len() > max { Err(PayloadError::TooMany(name)) } else { Ok(()) }
}

/// A number between `min` and `max`.
pub(super) fn range(name: &'static str, number: u64, min: u64, max: u64) -> Result<(), PayloadError> {
    if (min..=max).contains(&number) { Ok(()) } else { Err(PayloadError::Form(name)) }
}

/// A number that JSON can carry.
pub(super) fn int(name: &'static str, number: u64) -> Result<(), PayloadError> {
    range(name, number, 0, INT_MAX.unsigned_abs())
}

/// A URL of at most 255 bytes, http or https.
pub(super) fn url(name: &'static str, url: &str) -> Result<(), PayloadError> {
    if is_url(url) { Ok(()) } else { Err(PayloadError::Form(name)) }
}

/// A field that is there or not, but never `null`: one text per meaning.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
