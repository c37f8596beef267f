//! Reads the shortest forms and nothing else. Must not know what it reads, and never takes more memory than
//! the bytes given.

use rmp::Marker;

use super::CodecError;

/// Reads the one encoding, field after field; anything else is refused.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The number of elements of the array that begins here, never more than bytes follow.
    ///
    /// # Errors
    /// As [`CodecError`] says.
    pub fn array(&mut self) -> Result<usize, CodecError> {
        let len = match self.marker()? {
            Marker::FixArray(len) => usize::from(len),
            Marker::Array16 => self.length(2, 16)?,
            Marker::Array32 => self.length(4, 0x1_0000)?,
            _ => return Err(CodecError::Type),
        };
        if len > self.rest.len() { Err(CodecError::Truncated) } else { Ok(len) }
    }

    /// Begins an array of exactly `len` elements.
    ///
    /// # Errors
    /// [`CodecError::Length`] for another number of elements.
    pub fn array_of(&mut self, len: usize) -> Result<(), CodecError> {
        if self.array()? == len { Ok(()) } else { Err(CodecError::Length) }
    }

    /// Begins an array of at most `max` elements.
    ///
    /// # Errors
    /// [`CodecError::Length`] for more.
    pub fn array_max(&mut self, max: usize) -> Result<usize, CodecError> {
        let len = self.array()?;
        if len > max { Err(CodecError::Length) } else { Ok(len) }
    }

    /// An unsigned integer.
    ///
    /// # Errors
    /// As [`CodecError`] says.
    pub fn uint(&mut self) -> Result<u64, CodecError> {
        match self.marker()? {
            Marker::FixPos(value) => Ok(u64::from(value)),
            Marker::U8 => self.number(1, 0x80),
            Marker::U16 => self.number(2, 0x100),
            Marker::U32 => self.number(4, 0x1_0000),
            Marker::U64 => self.number(8, 0x1_0000_0000),
            _ => Err(CodecError::Type),
        }
    }

    /// Bytes.
    ///
    /// # Errors
    /// As [`CodecError`] says.
    pub fn bin(&mut self) -> Result<&'a [u8], CodecError> {
        let len = match self.marker()? {
            Marker::Bin8 => self.length(1, 0)?,
            Marker::Bin16 => self.length(2, 0x100)?,
            Marker::Bin32 => self.length(4, 0x1_0000)?,
            _ => return Err(CodecError::Type),
        };
        self.take(len)
    }

    /// Exactly `N` bytes.
    ///
    /// # Errors
    /// [`CodecError::Length`] for another number of bytes.
    pub fn bin_of<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.bin()?.try_into().map_err(|_| CodecError::Length)
    }

    /// Text.
    ///
    /// # Errors
    /// As [`CodecError`] says.
    pub fn str(&mut self) -> Result<&'a str, CodecError> {
        let len = match self.marker()? {
            Marker::FixStr(len) => usize::from(len),
            Marker::Str8 => self.length(1, 32)?,
            Marker::Str16 => self.length(2, 0x100)?,
            Marker::Str32 => self.length(4, 0x1_0000)?,
            _ => return Err(CodecError::Type),
        };
        std::str::from_utf8(self.take(len)?).map_err(|_| CodecError::Utf8)
    }

    /// A boolean.
    ///
    /// # Errors
    /// As [`CodecError`] says.
    pub fn bool(&mut self) -> Result<bool, CodecError> {
        match self.marker()? {
            Marker::True => Ok(true),
            Marker::False => Ok(false),
            _ => Err(CodecError::Type),
        }
    }

    /// Whether nil stands here; reads nothing.
    #[must_use]
    pub fn peek_nil(&self) -> bool {
        self.rest.first() == Some(&Marker::Null.to_u8())
    }

    /// Nil as `None`, anything else by `read`.
    ///
    /// # Errors
    /// What `read` returns.
    pub fn nil_or<T, E>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<Option<T>, E> {
        if self.peek_nil() {
            self.rest = &self.rest[1..];
            return Ok(None);
        }
        read(self).map(Some)
    }

    /// The bytes not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`CodecError::Trailing`] when bytes are left.
    pub const fn end(self) -> Result<(), CodecError> {
        if self.rest.is_empty() { Ok(()) } else { Err(CodecError::Trailing) }
    }

    fn marker(&mut self) -> Result<Marker, CodecError> {
        let (&first, rest) = self.rest.split_first().ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(Marker::from_u8(first))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A big-endian number of `width` bytes that would not fit a shorter form.
    fn number(&mut self, width: usize, least: u64) -> Result<u64, CodecError> {
        let value = self.take(width)?.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
        if value < least { Err(CodecError::NotShortest) } else { Ok(value) }
    }

    fn length(&mut self, width: usize, least: u64) -> Result<usize, CodecError> {
        usize::try_from(self.number(width, least)?).map_err(|_| CodecError::Truncated)
    }
}
