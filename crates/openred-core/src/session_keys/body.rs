//! Body of `POST /p2p/message` and of its answer: `session_id ‖ (n:u64 ‖ len:u16 ‖ ciphertext)…` (Annex A.5).
//!
//! Must not know: keys. Which n are new is the session's business.

use super::TAG_LEN;
use crate::ids::Id16;

/// Most bytes of one body: 1 MiB.
pub const HTTPS_BODY_MAX: usize = 1 << 20;

/// One Noise transport message with its nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Number of the message in its direction, from 0.
    pub n: u64,
    /// Ciphertext with tag, 16 to 65,535 bytes.
    pub ciphertext: Vec<u8>,
}

/// A parsed body; an answer may hold no chunk at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpsBody {
    /// Which session.
    pub session_id: Id16,
    /// Messages in the order sent.
    pub chunks: Vec<Chunk>,
}

/// The body is refused: 400 `malformed`, for too long a one 413 `too_large`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Over [`HTTPS_BODY_MAX`].
    #[error("body over 1 MiB")]
    TooLarge,
    /// Cut short, or a ciphertext without room for its tag.
    #[error("malformed body")]
    Malformed,
}

impl HttpsBody {
    /// The bytes. Who builds a body keeps each ciphertext within 65,535 bytes ([`super::SessionKeys::seal`] does)
    /// and the whole within [`HTTPS_BODY_MAX`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.session_id.0.to_vec();
        for chunk in &self.chunks {
            debug_assert!(chunk.ciphertext.len() <= usize::from(u16::MAX));
            out.extend_from_slice(&chunk.n.to_be_bytes());
            out.extend_from_slice(&(chunk.ciphertext.len() as u16).to_be_bytes());
            out.extend_from_slice(&chunk.ciphertext);
        }
        out
    }

    /// Reads a body, nothing left over.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BodyError> {
        if bytes.len() > HTTPS_BODY_MAX {
            return Err(BodyError::TooLarge);
        }
        let (session_id, mut rest) = bytes.split_first_chunk::<16>().ok_or(BodyError::Malformed)?;
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            chunks.push(chunk(&mut rest).ok_or(BodyError::Malformed)?);
        }
        Ok(Self { session_id: Id16(*session_id), chunks })
    }
}

fn chunk(rest: &mut &[u8]) -> Option<Chunk> {
    let (n, tail) = rest.split_first_chunk::<8>()?;
    let (len, tail) = tail.split_first_chunk::<2>()?;
    let len = usize::from(u16::from_be_bytes(*len));
    if len < TAG_LEN {
        return None;
    }
    let (ciphertext, tail) = tail.split_at_checked(len)?;
    *rest = tail;
    Some(Chunk { n: u64::from_be_bytes(*n), ciphertext: ciphertext.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_come_back_and_cut_ones_are_refused() {
        let chunk = |n, len| Chunk { n, ciphertext: vec![9; len] };
        let body = HttpsBody { session_id: Id16([3; 16]), chunks: vec![chunk(0, 16), chunk(1, 65_535)] };
        let bytes = body.encode();
        assert_eq!(HttpsBody::decode(&bytes), Ok(body));
        let empty = HttpsBody { session_id: Id16([3; 16]), chunks: vec![] };
        assert_eq!(HttpsBody::decode(&empty.encode()), Ok(empty), "only the session id");
        let whole = [16, 42, bytes.len()];
        for cut in (0..bytes.len()).step_by(7).filter(|cut| !whole.contains(cut)) {
            assert_eq!(HttpsBody::decode(&bytes[..cut]), Err(BodyError::Malformed), "cut at {cut}");
        }
        assert_eq!(HttpsBody::decode(&vec![0; HTTPS_BODY_MAX + 1]), Err(BodyError::TooLarge));
        let no_tag = HttpsBody { session_id: Id16([3; 16]), chunks: vec![chunk(0, 15)] };
        assert_eq!(HttpsBody::decode(&no_tag.encode()), Err(BodyError::Malformed));
    }
}
