//! Overlay frames on streams of their own (PROTOCOL Annex A.5: OVERLAY on further bidirectional streams, opened by
//! either side). Each side opens one and writes on it; what comes back on it is read too.
//!
//! Must not know: what the frames mean.

use std::sync::Arc;

use iroh::endpoint::{Connection, SendStream};
use openred_core::frame::Frame;

use super::{endpoint::QuicError, stream::Frames};
use crate::net::overlay::{Incoming, Outgoing};

/// Type byte of OVERLAY.
const OVERLAY: u8 = 7;
/// Frames written in one go.
const BATCH: usize = 64;

/// Writes what the overlay has for this peer, until either lets go.
///
/// # Errors
/// [`QuicError::Broken`].
pub async fn write(connection: &Connection, mut outgoing: Outgoing) -> Result<(), QuicError> {
    let mut stream: Option<SendStream> = None;
    let (mut frames, mut bytes) = (Vec::with_capacity(BATCH), Vec::new());
    while outgoing.next(&mut frames, BATCH).await > 0 {
        let sum = put(&frames, &mut bytes);
        frames.clear();
        if stream.is_none() {
            let opened = connection.open_bi().await.map_err(|e| QuicError::Broken(e.to_string()))?;
            stream = Some(opened.0);
        }
        if let Some(stream) = &mut stream {
            stream.write_all(&bytes).await.map_err(|e| QuicError::Broken(e.to_string()))?;
        }
        outgoing.sent(sum);
    }
    if let Some(mut stream) = stream {
        let _ = stream.finish();
    }
    Ok(())
}

/// Puts frames after one another; returns the sum of their lengths.
fn put(frames: &[Arc<[u8]>], into: &mut Vec<u8>) -> usize {
    into.clear();
    for frame in frames {
        into.extend_from_slice(&(frame.len() as u32 + 1).to_be_bytes());
        into.push(OVERLAY);
        into.extend_from_slice(frame);
    }
    frames.iter().map(|frame| frame.len()).sum()
}

/// Reads overlay frames until the stream or the overlay ends. `first` came already.
///
/// # Errors
/// [`QuicError::Broken`]; [`QuicError::Malformed`] for a frame of another type: it has no place on this stream.
pub async fn read(mut stream: Frames, first: Vec<Frame>, incoming: &Incoming) -> Result<(), QuicError> {
    let mut frames = first;
    loop {
        let overlay = frames.into_iter().map(|frame| match frame {
            Frame::Overlay(bytes) => Ok(bytes),
            _ => Err(QuicError::Malformed("another frame on an overlay stream".to_owned())),
        });
        if !incoming.received(overlay.collect::<Result<_, _>>()?).await {
            return Ok(());
        }
        frames = stream.next().await?;
        if frames.is_empty() {
            return Ok(());
        }
    }
}
