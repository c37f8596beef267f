//! Strict MessagePack: arrays, unsigned integers, bytes, text, nil and booleans, shortest forms only
//! (PROTOCOL Annex A.0), and the signed object built from it.
//!
//! One value has exactly one encoding, so that hashes and signatures over bytes name values. Must not know
//! what the fields mean. No maps, floats, negative numbers or extensions.

use rmp::Marker;

use crate::ids::Hash;
use crate::sign::Signature;

/// Why bytes are not the one encoding of a value; refuse the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end inside a value, or an array promises more elements than bytes follow.
    #[error("truncated")]
    Truncated,
    /// Another type than the one expected at this place.
    #[error("unexpected type")]
    Type,
    /// A length or number in a longer form than needed.
    #[error("not the shortest form")]
    NotShortest,
    /// An array or byte string of another length than this place demands, or over its bound.
    #[error("wrong length")]
    Length,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Bytes behind the end of the value.
    #[error("trailing bytes")]
    Trailing,
}

/// Builds the one encoding, field after field.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins an array of `len` elements, which the next `len` calls write.
    pub fn array(&mut self, len: usize) -> &mut Self {
        match len {
            0..16 => self.bytes.push(Marker::FixArray(len as u8).to_u8()),
            16..0x1_0000 => self.head(Marker::Array16, &(len as u16).to_be_bytes()),
            _ => self.head(Marker::Array32, &(len as u32).to_be_bytes()),
        }
        self
    }

    /// An unsigned integer.
    pub fn uint(&mut self, value: u64) -> &mut Self {
        match value {
            0..0x80 => self.bytes.push(value as u8),
            0x80..0x100 => self.head(Marker::U8, &[value as u8]),
            0x100..0x1_0000 => self.head(Marker::U16, &(value as u16).to_be_bytes()),
            0x1_0000..0x1_0000_0000 => self.head(Marker::U32, &(value as u32).to_be_bytes()),
            _ => self.head(Marker::U64, &value.to_be_bytes()),
        }
        self
    }

    /// Bytes.
    pub fn bin(&mut self, value: &[u8]) -> &mut Self {
        match value.len() {
            len @ 0..0x100 => self.head(Marker::Bin8, &[len as u8]),
            len @ 0x100..0x1_0000 => self.head(Marker::Bin16, &(len as u16).to_be_bytes()),
            len => self.head(Marker::Bin32, &(len as u32).to_be_bytes()),
        }
        self.bytes.extend_from_slice(value);
        self
    }

    /// Text.
    pub fn str(&mut self, value: &str) -> &mut Self {
        match value.len() {
            len @ 0..32 => self.bytes.push(Marker::FixStr(len as u8).to_u8()),
            len @ 32..0x100 => self.head(Marker::Str8, &[len as u8]),
            len @ 0x100..0x1_0000 => self.head(Marker::Str16, &(len as u16).to_be_bytes()),
            len => self.head(Marker::Str32, &(len as u32).to_be_bytes()),
        }
        self.bytes.extend_from_slice(value.as_bytes());
        self
    }

    /// None.
    pub fn nil(&mut self) -> &mut Self {
        self.bytes.push(Marker::Null.to_u8());
        self
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.bytes.push(if value { Marker::True } else { Marker::False }.to_u8());
        self
    }

    /// `value` written by `write`, or nil.
    pub fn nil_or<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => self.bytes.push(Marker::Null.to_u8()),
        }
        self
    }

    /// Bytes, or nil.
    pub fn bin_or_nil(&mut self, value: Option<&[u8]>) -> &mut Self {
        match value {
            Some(value) => self.bin(value),
            None => self.nil(),
        }
    }

    /// Text, or nil.
    pub fn str_or_nil(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.str(value),
            None => self.nil(),
        }
    }

    /// The bytes written; the writer is empty again.
    #[must_use]
    pub fn into_vec(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn head(&mut self, marker: Marker, len: &[u8]) {
        self.bytes.push(marker.to_u8());
        self.bytes.extend_from_slice(len);
    }
}

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

/// `[inner: bin, signature: bin64, …]`: the inner bytes are the object, signatures only vouch for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedObject {
    /// What is signed and hashed.
    pub inner: Vec<u8>,
    /// At least one signature, not yet checked; the kind of object says by whom.
    pub sigs: Vec<Signature>,
}

impl SignedObject {
    /// The one encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.array(1 + self.sigs.len()).bin(&self.inner);
        for signature in &self.sigs {
            writer.bin(&signature.0);
        }
        writer.into_vec()
    }

    /// Reads an object of one to `max_sigs` signatures, which are not checked here.
    ///
    /// # Errors
    /// [`CodecError::Length`] for another number of signatures, else as [`CodecError`] says.
    pub fn decode(bytes: &[u8], max_sigs: usize) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let len = reader.array_max(1 + max_sigs)?;
        if len < 2 {
            return Err(CodecError::Length);
        }
        let inner = reader.bin()?.to_vec();
        let sigs = (1..len).map(|_| reader.bin_of().map(Signature)).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Self { inner, sigs })
    }

    /// SHA-256 of the inner bytes: equal inner bytes are the same object whatever the signatures.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.inner])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_class_round_trips_in_its_shortest_form() {
        for n in [0u64, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            let bytes = Writer::new().uint(n).into_vec();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.uint(), Ok(n));
            assert_eq!(reader.end(), Ok(()));
        }
        for len in [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
            let text = "x".repeat(len);
            let mut writer = Writer::new();
            writer.bin(text.as_bytes()).str(&text).array(len);
            for _ in 0..len {
                writer.nil();
            }
            let bytes = writer.into_vec();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.bin(), Ok(text.as_bytes()));
            assert_eq!(reader.str(), Ok(text.as_str()));
            assert_eq!(reader.array(), Ok(len));
            assert_eq!(reader.rest().len(), len);
        }
    }

    #[test]
    fn longer_forms_are_refused() {
        for bytes in
            [&[0xcc, 0x7f][..], &[0xcd, 0, 0xff], &[0xce, 0, 0, 0xff, 0xff], &[0xcf, 0, 0, 0, 0, 1, 1, 1, 1]]
        {
            assert_eq!(Reader::new(bytes).uint(), Err(CodecError::NotShortest));
        }
        assert_eq!(Reader::new(&[0xc5, 0, 1, 9]).bin(), Err(CodecError::NotShortest));
        assert_eq!(Reader::new(&[0xd9, 1, b'a']).str(), Err(CodecError::NotShortest));
        assert_eq!(Reader::new(&[0xdc, 0, 1, 0xc0]).array(), Err(CodecError::NotShortest));
    }

    #[test]
    fn other_types_and_cut_bytes_are_refused() {
        assert_eq!(Reader::new(&[0xff]).uint(), Err(CodecError::Type), "negative");
        assert_eq!(Reader::new(&[0x81, 1, 1]).array(), Err(CodecError::Type), "map");
        assert_eq!(Reader::new(&[0xcd, 1]).uint(), Err(CodecError::Truncated));
        assert_eq!(Reader::new(&[0xc4, 2, 1]).bin(), Err(CodecError::Truncated));
        assert_eq!(
            Reader::new(&[0xdd, 0xff, 0xff, 0xff, 0xff]).array(),
            Err(CodecError::Truncated),
            "no huge promise"
        );
        assert_eq!(Reader::new(&[0xa1, 0xff]).str(), Err(CodecError::Utf8));
        assert_eq!(Reader::new(&[0xc0]).end(), Err(CodecError::Trailing));
    }

    #[test]
    fn signed_objects_are_named_by_their_inner_bytes() {
        let one = SignedObject { inner: vec![1, 2], sigs: vec![Signature([3; 64])] };
        let other = SignedObject { inner: vec![1, 2], sigs: vec![Signature([4; 64]), Signature([5; 64])] };
        assert_eq!(one.hash(), other.hash());
        assert_eq!(SignedObject::decode(&other.encode(), 2), Ok(other.clone()));
        assert_eq!(SignedObject::decode(&other.encode(), 1), Err(CodecError::Length));
        assert_eq!(
            SignedObject::decode(&Writer::new().array(1).bin(&[1]).into_vec(), 2),
            Err(CodecError::Length)
        );
        let mut trailing = one.encode();
        trailing.push(0);
        assert_eq!(SignedObject::decode(&trailing, 1), Err(CodecError::Trailing));
    }
}
