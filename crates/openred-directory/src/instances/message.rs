//! What processes of one directory say to each other, and how it is written (MessagePack).
//!
//! Must not know: who is told, how it is sealed.

use openred_core::codec::{CodecError, Reader, Writer};
use openred_core::grant::Request;
use openred_core::ids::{Id16, NodeId};
use openred_core::sign::Signature;

use crate::bounds::{MAX_GRANT_LIFE_MS, MAX_SAYINGS};
use crate::grants::Boxed;

/// One thing said.
#[derive(Debug)]
pub(crate) enum Saying {
    /// I do not know whose polls wait with you.
    Hello,
    /// A poll of this node waits with me.
    Here(NodeId),
    /// It has left.
    Gone(NodeId),
    /// Its registration is another one now.
    Changed(NodeId),
    /// Take this wish over: the target polls with you.
    Wish(Wish),
    /// Take this half over: its node polls with you.
    Half(Half),
}

/// A wish on its way.
#[derive(Debug)]
pub(crate) struct Wish {
    /// Who asks.
    pub(crate) asker: NodeId,
    /// For whom.
    pub(crate) target: NodeId,
    /// The asker's signed request.
    pub(crate) request: Request,
    /// How long it may still wait, ms.
    pub(crate) life_ms: u64,
}

/// A sealed half on its way.
#[derive(Debug)]
pub(crate) struct Half {
    /// Whom it is sealed to.
    pub(crate) asker: NodeId,
    /// The half.
    pub(crate) boxed: Boxed,
    /// How long it may still wait, ms.
    pub(crate) life_ms: u64,
}

/// Writes sayings, at most [`MAX_SAYINGS`] of them.
pub(super) fn write(sayings: &[Saying]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(sayings.len());
    for saying in sayings {
        match saying {
            Saying::Hello => writer.array(1).uint(0),
            Saying::Here(id) => writer.array(2).uint(1).bin(&id.0),
            Saying::Gone(id) => writer.array(2).uint(2).bin(&id.0),
            Saying::Changed(id) => writer.array(2).uint(3).bin(&id.0),
            Saying::Wish(wish) => writer
                .array(7)
                .uint(4)
                .bin(&wish.asker.0)
                .bin(&wish.target.0)
                .bin(&wish.request.grant_id.0)
                .uint(wish.request.time)
                .bin(&wish.request.signature.0)
                .uint(wish.life_ms),
            Saying::Half(half) => {
                writer.array(4).uint(5).bin(&half.asker.0).bin(half.boxed.bytes()).uint(half.life_ms)
            }
        };
    }
    writer.into_vec()
}

/// Reads what [`write`] has written.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Saying>, CodecError> {
    let mut reader = Reader::new(bytes);
    let sayings =
        (0..reader.array_max(MAX_SAYINGS)?).map(|_| saying(&mut reader)).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(sayings)
}

fn saying(reader: &mut Reader<'_>) -> Result<Saying, CodecError> {
    let fields = reader.array()?;
    let kind = reader.uint()?;
    match (kind, fields) {
        (0, 1) => Ok(Saying::Hello),
        (1, 2) => Ok(Saying::Here(NodeId(reader.bin_of()?))),
        (2, 2) => Ok(Saying::Gone(NodeId(reader.bin_of()?))),
        (3, 2) => Ok(Saying::Changed(NodeId(reader.bin_of()?))),
        (4, 7) => Ok(Saying::Wish(Wish {
            asker: NodeId(reader.bin_of()?),
            target: NodeId(reader.bin_of()?),
            request: Request {
                grant_id: Id16(reader.bin_of()?),
                time: reader.uint()?,
                signature: Signature(reader.bin_of()?),
            },
            life_ms: reader.uint()?.min(MAX_GRANT_LIFE_MS),
        })),
        (5, 4) => Ok(Saying::Half(Half {
            asker: NodeId(reader.bin_of()?),
            boxed: Boxed::new(reader.bin()?.to_vec()),
            life_ms: reader.uint()?.min(MAX_GRANT_LIFE_MS),
        })),
        _ => Err(CodecError::Type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openred_core::sign::{Label, SigningKey};

    #[test]
    fn what_is_said_is_heard() {
        let ids = [1, 2, 3].map(|n| NodeId([n; 32]));
        let signature = SigningKey::from_seed([1; 32]).sign(Label::Request, b"");
        let request = Request { grant_id: Id16([7; 16]), time: 1_800_000_000, signature };
        let said = [
            Saying::Hello,
            Saying::Here(ids[0]),
            Saying::Gone(ids[1]),
            Saying::Changed(ids[2]),
            Saying::Wish(Wish { asker: ids[0], target: ids[1], request, life_ms: 29_000 }),
            Saying::Half(Half { asker: ids[0], boxed: Boxed::new(vec![5; 900]), life_ms: 1 }),
        ];
        let bytes = write(&said);
        let heard = read(&bytes).unwrap();
        assert_eq!(format!("{heard:?}"), format!("{said:?}"));
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
}
