//! Reading of link messages, strictly: bounds of Annex A.8 and nothing left over. Must not know who sent them.

use super::{Greeting, Link, Range, Tree, peer};
use crate::codec::Reader;
use crate::ids::{Id16, NodeId};
use crate::overlay::{FRAME_MAX, IDS_MAX, Invalid, Kind, PEERS_MAX, byte, list, text};

const CODE_MAX: usize = 32;
const TEXT_MAX: usize = 255;

impl Link {
    /// Reads `type, payload`.
    pub(in crate::overlay) fn read(mut reader: Reader<'_>) -> Result<Self, Invalid> {
        let r = &mut reader;
        let link = match Kind::of(r.uint()?).ok_or(Invalid("type"))? {
            Kind::Handshake => Self::Handshake(Greeting::read(r)?),
            Kind::HandshakeAck => Self::HandshakeAck(Greeting::read(r)?),
            Kind::Disconnect => disconnect(r)?,
            Kind::PeerDiscovery => discovery(r)?,
            Kind::PeerAnnouncement => peers(r)?,
            Kind::Heartbeat => heartbeat(r)?,
            Kind::TrustedPeersRequest => trusted_request(r)?,
            Kind::TrustedPeersResponse => Self::TrustedPeersResponse(list(r, PEERS_MAX, statement_frame)?),
            Kind::Ihave => ihave(r)?,
            Kind::Iwant => iwant(r)?,
            Kind::Reconcile => reconcile(r)?,
            Kind::GossipMessage | Kind::CustomData | Kind::TrustUpdate => {
                return Err(Invalid("unsigned content"));
            }
        };
        reader.end()?;
        Ok(link)
    }
}

fn disconnect(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(2)?;
    Ok(Link::Disconnect { code: text(r, CODE_MAX)?.to_owned(), text: text(r, TEXT_MAX)?.to_owned() })
}

fn discovery(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(2)?;
    let max = at_most_peers(r)?;
    Ok(Link::Discovery { max, node_id: r.nil_or(Reader::bin_of)?.map(NodeId) })
}

fn peers(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(1)?;
    peer::read_peers(r).map(Link::Peers)
}

fn heartbeat(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(3)?;
    Ok(Link::Heartbeat { counter: r.uint()?, now: r.uint()?, echo: r.nil_or(Reader::uint)? })
}

fn trusted_request(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(1)?;
    Ok(Link::TrustedPeersRequest { max: at_most_peers(r)? })
}

fn statement_frame(r: &mut Reader<'_>) -> Result<Vec<u8>, Invalid> {
    r.array_of(1)?;
    let frame = r.bin()?;
    if frame.len() > FRAME_MAX { Err(Invalid("frame too large")) } else { Ok(frame.to_vec()) }
}

fn ihave(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(3)?;
    let (tree, prune) = (tree(r)?, flag(r)?);
    let id = |r: &mut Reader<'_>| {
        r.array_of(2)?;
        Ok((Id16(r.bin_of()?), r.uint()?))
    };
    Ok(Link::Ihave { tree, prune, ids: list(r, IDS_MAX, id)? })
}

fn iwant(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(3)?;
    let (tree, graft) = (r.nil_or(tree)?, flag(r)?);
    Ok(Link::Iwant { tree, graft, ids: list(r, IDS_MAX, |r| Ok(Id16(r.bin_of()?)))? })
}

fn reconcile(r: &mut Reader<'_>) -> Result<Link, Invalid> {
    r.array_of(2)?;
    let session = u32::try_from(r.uint()?).map_err(|_| Invalid("malformed"))?;
    Ok(Link::Reconcile { session, ranges: Range::read_all(r)? })
}

/// An origin's id, or the number of a shared tree.
fn tree(r: &mut Reader<'_>) -> Result<Tree, Invalid> {
    if r.rest().first() == Some(&0xc4) {
        return Ok(Tree::Origin(NodeId(r.bin_of()?)));
    }
    match byte(r)? {
        number @ 0..Tree::SHARED => Ok(Tree::Shared(number)),
        _ => Err(Invalid("tree")),
    }
}

/// A set of flags of which only the first exists.
pub(super) fn flag(r: &mut Reader<'_>) -> Result<bool, Invalid> {
    match r.uint()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Invalid("flags")),
    }
}

fn at_most_peers(r: &mut Reader<'_>) -> Result<u8, Invalid> {
    let max = byte(r)?;
    if usize::from(max) > PEERS_MAX { Err(Invalid("too many elements")) } else { Ok(max) }
}
