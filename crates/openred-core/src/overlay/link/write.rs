//! Writing of link messages. Must not know bounds: who builds a message keeps them.

use super::{Link, Range, Tree, peer};
use crate::codec::Writer;
use crate::ids::Id16;
use crate::overlay::{Kind, VERSION};

pub(super) fn frame(link: &Link) -> Vec<u8> {
    let mut writer = begin(link.kind());
    let w = &mut writer;
    match link {
        Link::Handshake(greeting) | Link::HandshakeAck(greeting) => greeting.write(w),
        Link::Disconnect { code, text } => {
            w.array(2).str(code).str(text);
        }
        Link::Discovery { max, node_id } => {
            w.array(2).uint((*max).into()).bin_or_nil(node_id.as_ref().map(AsRef::as_ref));
        }
        Link::Peers(peers) => peer::write_peers(w.array(1), peers),
        Link::Heartbeat { counter, now, echo } => {
            w.array(3).uint(*counter).uint(*now).nil_or(*echo, |w, echo| {
                w.uint(echo);
            });
        }
        Link::TrustedPeersRequest { max } => {
            w.array(1).uint((*max).into());
        }
        Link::TrustedPeersResponse(frames) => {
            w.array(frames.len());
            for frame in frames {
                w.array(1).bin(frame);
            }
        }
        Link::Ihave { tree, prune, ids } => ihave(w, tree, *prune, ids),
        Link::Iwant { tree, graft, ids } => {
            w.array(3).nil_or(tree.as_ref(), write_tree).uint((*graft).into()).array(ids.len());
            for id in ids {
                w.bin(&id.0);
            }
        }
        Link::Reconcile { session, ranges } => reconcile(w, *session, ranges),
    }
    writer.into_vec()
}

pub(super) fn ihave_frame(tree: &Tree, prune: bool, ids: &[(Id16, u64)]) -> Vec<u8> {
    let mut w = begin(Kind::Ihave);
    ihave(&mut w, tree, prune, ids);
    w.into_vec()
}

fn begin(kind: Kind) -> Writer {
    let mut w = Writer::with_capacity(64);
    w.array(3).uint(VERSION).uint(kind.number().into());
    w
}

fn ihave(w: &mut Writer, tree: &Tree, prune: bool, ids: &[(Id16, u64)]) {
    write_tree(w.array(3), tree);
    w.uint(prune.into()).array(ids.len());
    for (id, timestamp) in ids {
        w.array(2).bin(&id.0).uint(*timestamp);
    }
}

fn reconcile(w: &mut Writer, session: u32, ranges: &[Range]) {
    w.array(2).uint(session.into()).array(ranges.len());
    ranges.iter().for_each(|range| range.write(w));
}

fn write_tree(w: &mut Writer, tree: &Tree) {
    match tree {
        Tree::Origin(origin) => w.bin(&origin.0),
        Tree::Shared(number) => w.uint((*number).into()),
    };
}
