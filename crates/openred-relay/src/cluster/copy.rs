//! Rows in PostgreSQL's binary form of COPY (manual, "COPY", file formats). Must not know: tables.

use bytes::{BufMut as _, Bytes, BytesMut};

const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Microseconds between 1970 and 2000, where PostgreSQL's times begin.
const EPOCH_2000_US: i64 = 946_684_800_000_000;

/// Rows in the making.
pub(super) struct CopyRows(BytesMut);

impl CopyRows {
    /// None yet; `bytes` will be about enough.
    pub(super) fn new(bytes: usize) -> Self {
        let mut out = BytesMut::with_capacity(bytes + HEAD.len() + 2);
        out.put_slice(HEAD);
        Self(out)
    }

    /// Begins a row of `fields`; as many calls of `bytes`, `number` or `time` follow.
    pub(super) fn row(&mut self, fields: i16) {
        self.0.put_i16(fields);
    }

    /// A BYTEA, a UUID, or text in UTF-8.
    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.0.put_i32(value.len() as i32);
        self.0.put_slice(value);
    }

    /// A BIGINT.
    pub(super) fn number(&mut self, value: i64) {
        self.0.put_i32(8);
        self.0.put_i64(value);
    }

    /// A TIMESTAMP, unix seconds.
    pub(super) fn time(&mut self, secs: u64) {
        let us = i64::try_from(secs.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        self.number(us - EPOCH_2000_US);
    }

    /// All of it.
    pub(super) fn end(mut self) -> Bytes {
        self.0.put_i16(-1);
        self.0.freeze()
    }
}
