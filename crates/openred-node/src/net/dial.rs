//! How to get to a person (DESIGN §6, the ladder): the open session, a pair secret, an invitation, a directory,
//! and at last without introduction.

use openred_core::{descriptor::Descriptor, hello::HelloRefusal, ids::NodeId};
use openred_keeper::{blob::Blob, ops::Ticket};
use tracing::debug;

use super::{
    Network, https,
    live::Live,
    shake::{Attempt, ShakeFailed, shake},
    store,
};
use crate::{
    error::NodeError,
    modules::{
        contacts::{self, person::Person, store as people},
        invitations,
    },
};

/// A directory must have brought both halves within this time.
const GRANT_WAIT_MS: u64 = 12_000;
/// Pair secrets tried before *unknown* is believed (PROTOCOL §4).
const PAIRS_TRIED: usize = 2;

/// Why somebody is not reached; a stable code, shown in words by the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotReached(pub(super) &'static str);

/// Their node does not answer, and no directory knows it to be there.
const AWAY: NotReached = NotReached("peer_away");
/// There is no way known: no address, no directory.
const NO_ROUTE: NotReached = NotReached("no_route");
/// Their owner has to log in.
const PEER_LOCKED: NotReached = NotReached("peer_locked");
/// They refuse.
const REFUSED: NotReached = NotReached("refused");
/// This node failed.
const HERE: NotReached = NotReached("internal");

struct Facts {
    person: Person,
    descriptor: Option<Descriptor>,
    pairs: Vec<Vec<u8>>,
    invited: Option<Vec<u8>>,
}

/// Opens a session with a person.
pub(super) async fn dial(net: &Network, person: i64) -> Result<Live, NotReached> {
    let mut facts = facts(net, person).await.map_err(|_| HERE)?;
    let own = net.own.current().ok_or(HERE)?;
    let mut why = NO_ROUTE;
    for round in 0..2 {
        if let Some(peer) = fresh(net, &mut facts).await {
            match direct(net, &facts, &own, &peer).await {
                Ok(live) => return Ok(live),
                Err(Direct::Again) if round == 0 => {
                    facts = self::facts(net, person).await.map_err(|_| HERE)?;
                    continue;
                }
                Err(Direct::Again) => why = AWAY,
                Err(Direct::Stop(stop)) => return Err(stop),
                Err(Direct::Next(next)) => why = next,
            }
        }
        break;
    }
    match introduced(net, &facts.person).await {
        Ok(live) => Ok(live),
        Err(Some(stop)) => Err(stop),
        Err(None) => last_resort(net, &facts, &own, why).await,
    }
}

async fn facts(net: &Network, person: i64) -> Result<Facts, NodeError> {
    net.deps
        .read(move |w| {
            let person = people::get(w.tx, w.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
            let pairs = store::pairs(w.tx, person.id)?.into_iter().map(|(_, ticket)| ticket).collect();
            let invited = invitations::store::redeemed(w.tx, person.id)?;
            let invited = invited.filter(|i| i.expires_at > w.now).map(|i| i.ticket);
            let descriptor = people::pin_of(w.tx, w.seal, &person)?.descriptor().cloned();
            Ok(Facts { person, descriptor, pairs, invited })
        })
        .await
}

/// The pinned descriptor; an expired one is only good to fetch a fresh one.
async fn fresh(net: &Network, facts: &mut Facts) -> Option<Descriptor> {
    let pinned = facts.descriptor.clone()?;
    let api_url = pinned.body().api_url.clone()?;
    if !pinned.is_expired(net.deps.clock.now_ms()) {
        return Some(pinned);
    }
    let newer = https::descriptor_of(&net.http, &api_url, &facts.person.node_id).await.ok()?;
    adopt(net, facts.person.node_id, &newer).await.then_some(newer)
}

/// Pins a descriptor of a person. False when it is not newer than the pinned one.
async fn adopt(net: &Network, id: NodeId, descriptor: &Descriptor) -> bool {
    let descriptor = descriptor.clone();
    let adopted = net.deps.write(move |w| {
        let mut person = people::ensure(w.tx, w.seal, &id, w.now)?;
        let newer = contacts::adopt(w, &mut person, &descriptor)?;
        contacts::changed(w, &person)?;
        Ok(newer)
    });
    adopted.await.unwrap_or(false)
}

enum Direct {
    /// A newer descriptor was pinned: start again, once.
    Again,
    /// Nothing else will help now.
    Stop(NotReached),
    /// Try another way.
    Next(NotReached),
}

async fn direct(net: &Network, facts: &Facts, own: &Descriptor, peer: &Descriptor) -> Result<Live, Direct> {
    let pairs = facts.pairs.iter().take(PAIRS_TRIED).chain(&facts.invited);
    let mut why = NO_ROUTE;
    for ticket in pairs {
        let ticket = Ticket::Sealed(Blob(ticket.clone()));
        let attempt = Attempt { ticket, own, peer, attach: true, rejoin: false, retry_until: 0 };
        match shake(net, attempt).await {
            Ok(live) => return Ok(live),
            Err(failed) => why = judge(net, facts.person.node_id, failed).await?,
        }
    }
    Err(Direct::Next(why))
}

/// What a failed attempt means for the next one.
async fn judge(net: &Network, id: NodeId, failed: ShakeFailed) -> Result<NotReached, Direct> {
    match failed {
        ShakeFailed::Refused(HelloRefusal::Stale(descriptor)) => {
            let newer = Descriptor::parse(&descriptor.0).ok().filter(|d| d.node_id() == id);
            match newer {
                Some(newer) if adopt(net, id, &newer).await => Err(Direct::Again),
                _ => Err(Direct::Next(REFUSED)),
            }
        }
        ShakeFailed::Refused(HelloRefusal::Locked) => Err(Direct::Stop(PEER_LOCKED)),
        ShakeFailed::Refused(HelloRefusal::Unknown | HelloRefusal::Used | HelloRefusal::BadPresentation) => {
            Ok(REFUSED)
        }
        ShakeFailed::Refused(HelloRefusal::SlowDown { .. }) => Err(Direct::Stop(NotReached("slow_down"))),
        ShakeFailed::Refused(refusal) => {
            debug!(code = refusal.code(), "a hello was refused");
            Ok(REFUSED)
        }
        ShakeFailed::Failed(NodeError::Peer(detail)) => {
            debug!(detail, "a node is not reachable");
            Err(Direct::Next(AWAY))
        }
        ShakeFailed::Failed(error) => {
            debug!(%error, "a handshake failed here");
            Ok(HERE)
        }
    }
}

/// By a directory. `Err(None)`: no directory could help.
async fn introduced(net: &Network, person: &Person) -> Result<Live, Option<NotReached>> {
    for known in net.directories.all() {
        let Some(dir_id) = known.node_id else { continue };
        let asked = net.tickets.ask(dir_id, person.node_id).map_err(|_| Some(HERE))?;
        if net.directories.request(&known.url, person.node_id, asked.grant_id).await.is_err() {
            net.tickets.forget(&asked.grant_id);
            continue;
        }
        let patience = std::time::Duration::from_millis(GRANT_WAIT_MS);
        let Ok(Ok(grant)) = tokio::time::timeout(patience, asked.granted).await else {
            net.tickets.forget(&asked.grant_id);
            continue;
        };
        let Ok(peer) = Descriptor::parse(&grant.peer_descriptor.0) else { continue };
        adopt(net, person.node_id, &peer).await;
        let Some(own) = net.own.with_hash(&grant.own_hash, net.deps.clock.now_ms()) else { continue };
        // The own half is burnt before message 1 leaves.
        if !net.tickets.burn(asked.grant_id, grant.until).await.unwrap_or(false) {
            continue;
        }
        let retry_until = net.deps.clock.monotonic_ms() + GRANT_WAIT_MS;
        let ticket = Ticket::Sealed(grant.ticket);
        let attempt = Attempt { ticket, own: &own, peer: &peer, attach: false, rejoin: false, retry_until };
        match shake(net, attempt).await {
            Ok(live) => return Ok(live),
            Err(failed) => match judge(net, person.node_id, failed).await {
                Err(Direct::Stop(stop)) => return Err(Some(stop)),
                Ok(_) | Err(_) => {}
            },
        }
    }
    Err(None)
}

/// Kind 4: a contact whose secrets are lost on one side, or somebody whom a friend introduced.
async fn last_resort(
    net: &Network,
    facts: &Facts,
    own: &Descriptor,
    why: NotReached,
) -> Result<Live, NotReached> {
    let Some(peer) = facts.descriptor.as_ref().filter(|d| d.body().api_url.is_some()) else {
        return Err(why);
    };
    if why == AWAY {
        return Err(AWAY);
    }
    let rejoin = facts.person.is_contact();
    let attempt = Attempt { ticket: Ticket::Open, own, peer, attach: true, rejoin, retry_until: 0 };
    match shake(net, attempt).await {
        Ok(live) => Ok(live),
        Err(failed) => match judge(net, facts.person.node_id, failed).await {
            Ok(why) | Err(Direct::Stop(why) | Direct::Next(why)) => Err(why),
            Err(Direct::Again) => Err(AWAY),
        },
    }
}
