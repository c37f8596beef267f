//! The walls of people whose node is locked: it takes no session, and still gives out its owner's public posts
//! (`GET /p2p/wall`). What comes is verified and applied as if it had been brought; whatever comes again counts once.

use openred_core::envelope::MessageType;
use tracing::debug;

use super::{Network, conversation, https, requests};
use crate::{
    delivery::inbox::{self, Checked},
    error::NodeError,
    modules::{contacts::store as people, wall::Page},
};

/// Bytes of a page.
const PAGE_BYTES_MAX: usize = 1 << 20;

/// Reads the newest public posts of a contact whose node is locked.
pub(super) async fn read(net: &Network, person: i64) -> Result<(), NodeError> {
    if net.inflow.wall_of(person).is_err() {
        return Ok(());
    }
    let peer = net.deps.read(move |w| Ok(people::get(w.tx, w.seal, person)?)).await?;
    let Some(peer) = peer.filter(|peer| peer.is_contact()) else { return Ok(()) };
    let Some(pinned) = super::dial::held(net, peer.node_id).await else { return Ok(()) };
    let Some(api_url) = &pinned.body().api_url else { return Ok(()) };
    let page: Page = https::json_at(&net.http, api_url, "/p2p/wall", PAGE_BYTES_MAX).await?;
    if page.node_id != peer.node_id {
        return Err(NodeError::Peer("somebody else answers at that address".to_owned()));
    }
    let keys = conversation::keys(&net.deps, [peer.node_id].into()).await?;
    // Oldest first, as they were said; an edit stands behind its post in the page and is applied whenever it comes.
    for envelope in page.items.into_iter().rev() {
        let item = requests::alone(envelope.0);
        let Checked::Good(good) = inbox::check(&item, |id| keys.get(id).copied()) else { continue };
        let said = good.envelope();
        if said.kind != MessageType::PostShare || said.from.node_id != peer.node_id {
            continue;
        }
        net.inflow.admit(person, false, 1).await;
        if let Err(error) = inbox::take_alone(&net.deps, person, false, *good).await {
            debug!(%error, "a public post was not taken");
        }
    }
    Ok(())
}
