//! Reading of one frame, strictly: bounds of Annex A.5 and nothing left over.
//!
//! Must not know: what the caller does with a frame.

use super::{ALSO_MAX, Ack, DATA_MAX, FRAME_MAX, Frame, FrameError, Item, ItemKind, STREAMS_MAX};
use crate::{
    codec::{CodecError, Reader},
    hello::First,
    ids::Id8,
};

pub(super) fn frame(frame: &[u8]) -> Result<Option<Frame>, FrameError> {
    let Some((&kind, body)) = frame.split_first() else {
        return Err(FrameError::Length(0));
    };
    if frame.len() > FRAME_MAX {
        return Err(FrameError::Length(frame.len() as u32));
    }
    let read = match kind {
        1 => First::decode(body).map(Frame::First),
        2 => whole(body, item),
        3 => whole(body, acks),
        4 => whole(body, request),
        5 => whole(body, response),
        6 => whole(body, data),
        7 => Ok(Frame::Overlay(body.to_vec())),
        8 => whole(body, close),
        128.. => return Ok(None),
        _ => return Err(FrameError::Type(kind)),
    };
    read.map(Some).map_err(|_| FrameError::Body(kind))
}

/// Reads with `read` and refuses trailing bytes.
fn whole<'a>(
    body: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<Frame, CodecError>,
) -> Result<Frame, CodecError> {
    let mut r = Reader::new(body);
    let frame = read(&mut r)?;
    r.end()?;
    Ok(frame)
}

fn item(r: &mut Reader<'_>) -> Result<Frame, CodecError> {
    r.array_of(5)?;
    let stream = Id8(r.bin_of()?);
    let (n, low) = (r.uint()?, r.uint()?);
    let kind = ItemKind::from_number(r.uint()?).ok_or(CodecError::Type)?;
    let body = r.bin()?.to_vec();
    let sound = 1 <= low && low <= n && (kind == ItemKind::Envelope || body.is_empty());
    if !sound {
        return Err(CodecError::Length);
    }
    Ok(Frame::Item(Item { stream, n, low, kind, body }))
}

fn acks(r: &mut Reader<'_>) -> Result<Frame, CodecError> {
    let count = r.array_max(STREAMS_MAX)?;
    (0..count).map(|_| ack(r)).collect::<Result<_, _>>().map(Frame::Ack)
}

fn ack(r: &mut Reader<'_>) -> Result<Ack, CodecError> {
    r.array_of(3)?;
    let stream = Id8(r.bin_of()?);
    let upto = r.uint()?;
    let count = r.array_max(ALSO_MAX)?;
    let also = (0..count).map(|_| r.uint()).collect::<Result<_, _>>()?;
    Ok(Ack { stream, upto, also })
}

fn request(r: &mut Reader<'_>) -> Result<Frame, CodecError> {
    r.array_of(3)?;
    Ok(Frame::Request { id: id(r)?, path: text(r, 64)?, json: text(r, FRAME_MAX)? })
}

fn response(r: &mut Reader<'_>) -> Result<Frame, CodecError> {
    r.array_of(3)?;
    let id = id(r)?;
    let status = u16::try_from(r.uint()?).ok().filter(|status| (100..600).contains(status));
    Ok(Frame::Response { id, status: status.ok_or(CodecError::Length)?, json: text(r, FRAME_MAX)? })
}

fn data(r: &mut Reader<'_>) -> Result<Frame, CodecError> {
    r.array_of(4)?;
    let (id, offset, bytes) = (id(r)?, r.uint()?, r.bin()?);
    if bytes.len() > DATA_MAX {
        return Err(CodecError::Length);
    }
    Ok(Frame::Data { id, offset, bytes: bytes.to_vec(), last: r.bool()? })
}

fn close(r: &mut Reader<'_>) -> Result<Frame, CodecError> {
    r.array_of(2)?;
    Ok(Frame::Close { code: text(r, 32)?, text: text(r, 255)? })
}

fn id(r: &mut Reader<'_>) -> Result<u32, CodecError> {
    u32::try_from(r.uint()?).map_err(|_| CodecError::Length)
}

fn text(r: &mut Reader<'_>, max: usize) -> Result<String, CodecError> {
    let text = r.str()?;
    if text.len() > max { Err(CodecError::Length) } else { Ok(text.to_owned()) }
}
