//! Frames between node and key process: `[length: u32 big endian][postcard]`, at most [`MAX_FRAME`]
//! bytes. Both ends are the same binary; a version query comes first all the same. It must not know what
//! the frames ask for.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// Longest frame in bytes, without its length: a batch of envelopes fits, a flood does not.
pub const MAX_FRAME: usize = 256 * 1024;

/// Version of the requests and replies; both sides must name the same.
pub const IPC_VERSION: u32 = 1;

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The socket failed or ended inside a frame.
    #[error("the connection to the key process broke: {0}")]
    Io(#[from] io::Error),
    /// A frame was longer than [`MAX_FRAME`]; ask for less at once.
    #[error("a frame of {0} bytes is too long")]
    TooLong(usize),
    /// The bytes are no frame of this version.
    #[error("a frame could not be understood")]
    Malformed,
}

/// Encodes one frame with its length.
pub fn encode<T: Serialize>(value: &T) -> Result<Zeroizing<Vec<u8>>, WireError> {
    let length = postcard::experimental::serialized_size(value).map_err(|_| WireError::Malformed)?;
    if length > MAX_FRAME {
        return Err(WireError::TooLong(length));
    }
    // Of its final size from the start: a growing buffer would leave unwiped copies behind.
    let mut frame = Zeroizing::new(vec![0u8; 4 + length]);
    frame[..4].copy_from_slice(&(length as u32).to_be_bytes());
    postcard::to_slice(value, &mut frame[4..]).map_err(|_| WireError::Malformed)?;
    Ok(frame)
}

/// Decodes the body of one frame; trailing bytes are refused.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        _ => Err(WireError::Malformed),
    }
}

/// Reads one frame body; `None` when the other side closed between frames.
pub fn read(from: &mut impl Read) -> Result<Option<Zeroizing<Vec<u8>>>, WireError> {
    let mut length = [0u8; 4];
    let mut got = 0;
    while got < 4 {
        match from.read(&mut length[got..]) {
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(WireError::TooLong(length));
    }
    let mut body = Zeroizing::new(vec![0u8; length]);
    from.read_exact(&mut body)?;
    Ok(Some(body))
}

/// Writes one frame made by [`encode`].
pub fn write(to: &mut impl Write, frame: &[u8]) -> Result<(), WireError> {
    Ok(to.write_all(frame)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_one_by_one() {
        let mut pipe = Vec::new();
        for text in ["ana", "ben", "chloé"] {
            write(&mut pipe, &encode(&text).expect("encodes")).expect("writes");
        }
        let mut from = pipe.as_slice();
        for text in ["ana", "ben", "chloé"] {
            let body = read(&mut from).expect("reads").expect("a frame");
            assert_eq!(decode::<String>(&body).expect("decodes"), text);
        }
        assert!(read(&mut from).expect("ends").is_none());
    }

    #[test]
    fn long_cut_and_trailing_frames_are_refused() {
        assert!(matches!(encode(&vec![0u8; MAX_FRAME + 1]), Err(WireError::TooLong(_))));
        assert!(matches!(read(&mut [255u8; 8].as_slice()), Err(WireError::TooLong(_))));
        let frame = encode(&"ana").expect("encodes");
        assert!(matches!(read(&mut &frame[..frame.len() - 1]), Err(WireError::Io(_))));
        assert!(matches!(read(&mut &frame[..2]), Err(WireError::Io(_))));
        let mut long = frame[4..].to_vec();
        long.push(0);
        assert!(matches!(decode::<String>(&long), Err(WireError::Malformed)));
    }
}
