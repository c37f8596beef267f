//! Pieces with a length before them, on a QUIC stream (PROTOCOL §4: `[u32 length][bytes]`).
//!
//! Must not know: what the bytes mean.

use futures_util::FutureExt as _;
use iroh::endpoint::{RecvStream, SendStream};
use openred_core::frame::{FRAME_MAX, Frame, FrameStream};

use super::endpoint::QuicError;

/// Bytes read at once.
const READ: usize = 64 * 1024;
/// Bytes of frames that are acted on together, beyond the first.
const GATHERED_MAX: usize = 256 * 1024;

/// Writes one piece.
///
/// # Errors
/// [`QuicError::Broken`].
pub async fn write_piece(stream: &mut SendStream, bytes: &[u8]) -> Result<(), QuicError> {
    let mut piece = Vec::with_capacity(4 + bytes.len());
    piece.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    piece.extend_from_slice(bytes);
    stream.write_all(&piece).await.map_err(broken)
}

/// Reads one piece of at most `max` bytes; `None` when the stream ended before it began.
///
/// # Errors
/// [`QuicError::Broken`], also for a piece that is cut; [`QuicError::Malformed`] for one that is longer.
pub async fn read_piece(stream: &mut RecvStream, max: usize) -> Result<Option<Vec<u8>>, QuicError> {
    let mut head = [0; 4];
    match stream.read_exact(&mut head).await {
        Ok(()) => {}
        Err(iroh::endpoint::ReadExactError::FinishedEarly(0)) => return Ok(None),
        Err(error) => return Err(broken(error)),
    }
    let length = u32::from_be_bytes(head) as usize;
    if length == 0 || length > max.min(FRAME_MAX) {
        return Err(QuicError::Malformed(format!("a piece of {length} bytes")));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.map_err(broken)?;
    Ok(Some(bytes))
}

/// Frames out of a stream.
#[derive(Debug)]
pub struct Frames {
    stream: RecvStream,
    cut: FrameStream,
    count: u64,
    /// Bytes that wait for the rest of their frame, and how many may.
    waiting: usize,
    waiting_max: usize,
    /// What the next call says.
    later: Option<QuicError>,
}

impl Frames {
    /// Reads on from where the stream is.
    pub fn new(stream: RecvStream) -> Self {
        Self {
            stream,
            cut: FrameStream::new(),
            count: 0,
            waiting: 0,
            waiting_max: FRAME_MAX + READ,
            later: None,
        }
    }

    /// The same for frames of at most `bytes`; longer ones are malformed.
    pub fn at_most(stream: RecvStream, bytes: usize) -> Self {
        Self { waiting_max: bytes, ..Self::new(stream) }
    }

    /// From now on frames may be as long as frames are.
    pub fn of_any_length(self) -> Self {
        Self { waiting_max: FRAME_MAX + READ, ..self }
    }

    /// Bytes read since this was asked last.
    pub fn take_count(&mut self) -> u64 {
        std::mem::take(&mut self.count)
    }

    /// What has arrived, at least one frame; empty when the stream ended. Nothing is lost when it is given up.
    ///
    /// # Errors
    /// [`QuicError::Broken`]; [`QuicError::Malformed`] for what is no frame: close the session as `malformed`.
    pub async fn next(&mut self) -> Result<Vec<Frame>, QuicError> {
        if let Some(error) = self.later.take() {
            return Err(error);
        }
        let mut frames = Vec::new();
        loop {
            self.cut_into(&mut frames)?;
            if !frames.is_empty() {
                break;
            }
            if self.waiting > self.waiting_max {
                return Err(QuicError::Malformed("a frame that is too long here".to_owned()));
            }
            match self.stream.read_chunk(READ).await.map_err(broken)? {
                Some(bytes) => self.push(&bytes),
                None => return Ok(frames),
            }
        }
        // A chunk is what one packet brought: those that are here already come along, and share what is done for all.
        let mut room = GATHERED_MAX;
        while room > 0
            && let Some(Ok(Some(bytes))) = self.stream.read_chunk(READ).now_or_never()
        {
            room = room.saturating_sub(bytes.len());
            self.push(&bytes);
            if let Err(error) = self.cut_into(&mut frames) {
                // What came before it counts.
                self.later = Some(error);
                break;
            }
        }
        Ok(frames)
    }

    fn push(&mut self, bytes: &[u8]) {
        self.count += bytes.len() as u64;
        self.waiting += bytes.len();
        self.cut.push(bytes);
    }

    fn cut_into(&mut self, frames: &mut Vec<Frame>) -> Result<(), QuicError> {
        while let Some(frame) = self.cut.next_frame().map_err(|e| QuicError::Malformed(e.to_string()))? {
            frames.push(frame);
            self.waiting = 0;
        }
        Ok(())
    }
}

/// Writes frames, all in one go.
///
/// # Errors
/// [`QuicError::Broken`].
pub async fn write_frames(stream: &mut SendStream, frames: &[Frame]) -> Result<(), QuicError> {
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
    stream.write_all(&bytes).await.map_err(broken)
}

fn broken(error: impl std::fmt::Display) -> QuicError {
    QuicError::Broken(error.to_string())
}
