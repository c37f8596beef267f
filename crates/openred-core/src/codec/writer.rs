//! Writes the shortest forms. Must not know what it writes.

use rmp::Marker;

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

    /// An empty writer with room for `bytes`. What is secret must fit: growing leaves the old buffer unwiped.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// A writer that goes on after `bytes`.
    #[must_use]
    pub fn after(bytes: Vec<u8>) -> Self {
        Self { bytes }
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
