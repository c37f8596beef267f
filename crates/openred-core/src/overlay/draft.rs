//! A message before its origin has signed it. Must not know keys.

use super::body::{self, Body};
use super::{Head, Invalid, SIGNED_MAX};
use crate::codec::{Reader, Writer};

/// What an origin wants to say; its bytes become a message by a [`super::Bundle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Origin, key and times. Its `kind` is the body's, whatever it says.
    pub head: Head,
    /// The payload.
    pub body: Body,
}

impl Draft {
    /// The bytes to sign: `[type, node_id, log_seq, signing_key, timestamp, not_after, payload]`.
    ///
    /// # Errors
    /// [`Invalid`] for what no neighbour would take: a bound of head or body is passed.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, Invalid> {
        let mut w = Writer::with_capacity(256);
        Head { kind: self.body.kind(), ..self.head }.write(&mut w);
        self.body.write(&mut w);
        let bytes = w.into_vec();
        read(&bytes)?;
        Ok(bytes)
    }
}

/// Reads signed bytes as a neighbour would.
pub(super) fn read(signed_bytes: &[u8]) -> Result<Head, Invalid> {
    if signed_bytes.len() > SIGNED_MAX {
        return Err(Invalid("message too large"));
    }
    let mut r = Reader::new(signed_bytes);
    let head = Head::read(&mut r)?;
    body::view(head.kind, r.rest())?;
    Ok(head)
}
