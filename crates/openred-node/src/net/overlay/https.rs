//! A link over an HTTPS session: OVERLAY frames among the session's own. At most one piece of them waits ahead of
//! anything else, so that they delay no item.

use openred_core::frame::Frame;
use openred_proto::overlay::Via;
use tokio::sync::mpsc;

use super::{Incoming, Outgoing};
use crate::net::{Network, live::Live};

/// Frames from the peer that may wait for the overlay's task; 64 KiB each at most.
const WAITING: usize = 64;
/// Frames taken out of the overlay's queue at once.
const TAKEN: usize = 64;
/// Bytes of frames handed to a session in one piece; a single frame may be as long.
const PIECE: usize = 64 << 10;

/// A session over HTTPS stands: it becomes a link when both ends carry the overlay. Call before frames can come.
pub(in crate::net) fn join(net: &Network, live: &Live) {
    if net.overlay.handle().is_some() {
        again(net, live);
    }
}

/// Links such a session, unless it is a link. False when it is none, or its other end does not carry the overlay.
pub(super) fn again(net: &Network, live: &Live) -> bool {
    if live.via() != Via::Https || !live.has_overlay {
        return false;
    }
    let (feed, fed) = mpsc::channel(WAITING);
    if !net.overlay.open_feed(live.session_id, feed) {
        return true;
    }
    let (net, live) = (net.clone(), live.clone());
    net.deps.tasks.clone().spawn_one_of_many("overlay link", async move {
        let linked = net.link_with(live.peer, live.initiator, None, Via::Https).await;
        if let Some((outgoing, incoming)) = linked {
            tokio::select! {
                () = live.ended() => {}
                () = write(&live, outgoing) => {}
                () = read(fed, incoming) => {}
            }
        }
        net.overlay.close_feed(&live.session_id);
    });
    true
}

async fn write(live: &Live, mut outgoing: Outgoing) {
    let mut taken = Vec::new();
    while outgoing.next(&mut taken, TAKEN).await > 0 {
        let (mut piece, mut bytes) = (Vec::new(), 0);
        for frame in taken.drain(..) {
            bytes += frame.len();
            piece.push(Frame::Overlay(frame.to_vec()));
            if bytes >= PIECE {
                if !live.send_overlay(std::mem::take(&mut piece)).await {
                    return;
                }
                outgoing.sent(std::mem::take(&mut bytes));
            }
        }
        if !piece.is_empty() {
            if !live.send_overlay(piece).await {
                return;
            }
            outgoing.sent(bytes);
        }
    }
}

async fn read(mut fed: mpsc::Receiver<Vec<u8>>, incoming: Incoming) {
    let mut frames = Vec::new();
    while fed.recv_many(&mut frames, WAITING).await > 0 {
        if !incoming.received(std::mem::take(&mut frames)).await {
            return;
        }
    }
}
