//! Cuts a stream of bytes into frames, whatever the pieces in which it arrives.
//!
//! Must not know: where the bytes come from.

use super::{FRAME_MAX, Frame, FrameError};

/// Collects bytes and gives out whole frames. Holds at most one unfinished frame plus the last piece pushed.
#[derive(Clone, Debug, Default)]
pub struct FrameStream {
    bytes: Vec<u8>,
    /// Bytes before this are given out already.
    at: usize,
}

impl FrameStream {
    /// An empty stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes in stream order. Take all frames out with [`Self::next_frame`] before pushing again: the
    /// caller's pieces bound the memory.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` when more bytes are needed. Unknown types from 128 on are skipped.
    ///
    /// # Errors
    /// [`FrameError`]: close the session as `malformed`; the stream is of no further use.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        while let Some(range) = self.whole()? {
            self.at = range.end;
            if let Some(frame) = Frame::decode(&self.bytes[range])? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// Whether the bytes so far end between two frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Where the next frame lies, once it is whole.
    fn whole(&self) -> Result<Option<std::ops::Range<usize>>, FrameError> {
        let Some((head, rest)) = self.bytes[self.at..].split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*head);
        if length == 0 || length as usize > FRAME_MAX {
            return Err(FrameError::Length(length));
        }
        let start = self.at + 4;
        Ok((rest.len() >= length as usize).then(|| start..start + length as usize))
    }
}
