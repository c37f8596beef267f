//! How to get to a person (DESIGN §6, the ladder): a pair secret, an invitation, a directory, and at last without
//! introduction. What an answer means for the next try is the tables' matter.

use openred_core::{
    descriptor::{Descriptor, Pin},
    grant::OwnRequest,
    hello::HelloRefusal,
    ids::NodeId,
};
use openred_proto::introduction::{Failure, Input, MeetWith};
use tracing::debug;

use super::{
    Network,
    live::Live,
    shake::{self, Dialling, ShakeFailed},
    store,
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        contacts::{self, person::Person, store as people},
        invitations,
    },
};

/// A directory must have brought both halves within this time.
const GRANT_WAIT: std::time::Duration = std::time::Duration::from_secs(12);

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
/// They ask to come later.
const SLOW_DOWN: NotReached = NotReached("slow_down");
/// This node failed.
const HERE: NotReached = NotReached("internal");

struct Facts {
    person: Person,
    descriptor: Option<Descriptor>,
    has_pairs: bool,
    invited: Option<Vec<u8>>,
}

impl Facts {
    /// The shared secrets with this person, best first. An invitation that was redeemed and not answered comes before
    /// all others: its maker honours it only for who presents it.
    fn secrets(&self) -> Vec<MeetWith> {
        let pairs = self.has_pairs.then_some(MeetWith::Pairs);
        let invited = self.invited.clone().map(|ticket| MeetWith::Invitation { ticket });
        invited.into_iter().chain(pairs).collect()
    }
}

/// Opens a session with a person.
pub(super) async fn dial(net: &Network, person: i64) -> Result<Live, NotReached> {
    let begun = net.deps.clock.monotonic_ms();
    let stands = |live: Live, by: &'static str| {
        let took_ms = net.deps.clock.monotonic_ms().saturating_sub(begun);
        debug!(person, by, took_ms, "a session stands");
        live
    };
    let mut facts = facts(net, person).await.map_err(|_| HERE)?;
    let mut why = NO_ROUTE;
    if is_fresh(net, &mut facts).await {
        for with in facts.secrets() {
            let invited = matches!(with, MeetWith::Invitation { .. });
            match meet(net, &facts, with).await {
                Ok(live) => {
                    if invited {
                        forget_invitation(net, facts.person.id).await;
                    }
                    return Ok(stands(live, "secret"));
                }
                Err(stop @ (PEER_LOCKED | SLOW_DOWN)) => return Err(stop),
                Err(next) => why = next,
            }
            if why == AWAY {
                break;
            }
            if invited && why == REFUSED {
                forget_invitation(net, facts.person.id).await;
            }
        }
    }
    match introduced(net, &facts.person).await {
        Ok(live) => Ok(stands(live, "directory")),
        Err(Some(stop)) => Err(stop),
        Err(None) => {
            learn(net, &facts).await;
            last_resort(net, &facts, why).await
        }
    }
}

/// Presents a redeemed invitation to somebody whom one has met before, whose sessions come by a pair secret: its
/// maker binds it to this node, and honours the request that follows by whatever session. Who is away gets it with
/// the next dial.
pub(super) async fn present(net: &Network, person: i64) {
    let Ok(facts) = facts(net, person).await else { return };
    let Some(ticket) = facts.invited.clone().filter(|_| facts.has_pairs) else { return };
    match meet(net, &facts, MeetWith::Invitation { ticket }).await {
        Ok(_) => forget_invitation(net, person).await,
        Err(why) => debug!(why = why.0, "an invitation was not presented yet"),
    }
}

/// Presented, used by somebody else, taken back or expired: it is not presented again.
async fn forget_invitation(net: &Network, person: i64) {
    let forgotten = net.deps.write_plain(move |tx| invitations::store::drop_redeemed(tx, person)).await;
    if let Err(error) = forgotten {
        debug!(%error, "an invitation was not forgotten");
    }
}

async fn facts(net: &Network, person: i64) -> Result<Facts, NodeError> {
    net.deps
        .read(move |w| {
            let person = people::get(w.tx, w.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
            let has_pairs = !store::pairs(w.tx, person.id)?.is_empty();
            let invited = invitations::store::redeemed(w.tx, person.id)?;
            let invited = invited.filter(|i| i.expires_at > w.now).map(|i| i.ticket);
            let descriptor = people::pin_of(w.tx, w.seal, &person)?.descriptor().cloned();
            Ok(Facts { person, descriptor, has_pairs, invited })
        })
        .await
}

/// What is pinned of a node.
pub(super) fn pin(w: &Work<'_, '_>, id: &NodeId) -> Result<Pin, NodeError> {
    match people::find(w.tx, w.seal, id)? {
        Some(person) => Ok(people::pin_of(w.tx, w.seal, &person)?),
        None => Ok(Pin::new(*id)),
    }
}

/// The pinned descriptor of a node.
pub(super) async fn held(net: &Network, id: NodeId) -> Option<Descriptor> {
    let pin = net.deps.read(move |w| pin(w, &id)).await.ok()?;
    pin.descriptor().cloned()
}

/// Whether this node can call a node with this descriptor.
fn has_way(net: &Network, descriptor: &Descriptor) -> bool {
    descriptor.body().api_url.is_some()
        || (net.socket.endpoint().is_some() && net.way_to(descriptor).is_some())
}

/// Whether a descriptor with a way is pinned; an expired one is only good to fetch a fresh one.
async fn is_fresh(net: &Network, facts: &mut Facts) -> bool {
    let Some(pinned) = facts.descriptor.clone().filter(|pinned| has_way(net, pinned)) else { return false };
    if !pinned.is_expired(net.deps.clock.now_ms()) {
        return true;
    }
    let Some(newer) = shake::newer(net, &pinned).await else { return false };
    let is_newer = adopt(net, facts.person.node_id, &newer).await;
    facts.descriptor = Some(newer).filter(|_| is_newer);
    is_newer
}

/// Pins a descriptor of a person. False when it is not newer than the pinned one.
pub(super) async fn adopt(net: &Network, id: NodeId, descriptor: &Descriptor) -> bool {
    let descriptor = descriptor.clone();
    let adopted = net.deps.write(move |w| {
        let mut person = people::ensure(w.tx, w.seal, &id, w.now)?;
        let newer = contacts::adopt(w, &mut person, &descriptor)?;
        contacts::changed(w, &person)?;
        Ok(newer)
    });
    adopted.await.unwrap_or(false)
}

async fn meet(net: &Network, facts: &Facts, with: MeetWith) -> Result<Live, NotReached> {
    let steps = net.tables.steps();
    let peer = facts.person.node_id;
    net.tables.turn_for(Input::Meet { peer, with }, Some(steps.mailbox()));
    Dialling::new(net, peer, None)
        .knowing(facts.descriptor.clone())
        .run(steps)
        .await
        .map_err(|failed| reason(&failed))
}

/// The stable code of a failed handshake.
fn reason(failed: &ShakeFailed) -> NotReached {
    debug!(?failed, "a handshake did not succeed");
    let slow = HelloRefusal::SlowDown { work: None, retry_after: 0 }.status();
    match failed {
        ShakeFailed::Met(Failure::NoRoute | Failure::GrantLapsed) | ShakeFailed::Here(NodeError::Peer(_)) => {
            AWAY
        }
        ShakeFailed::Met(Failure::Refused(status)) if *status == HelloRefusal::Locked.status() => PEER_LOCKED,
        ShakeFailed::Met(Failure::Refused(status)) if *status == slow => SLOW_DOWN,
        ShakeFailed::Met(Failure::Refused(_) | Failure::Stale) => REFUSED,
        ShakeFailed::Met(Failure::NotStored) | ShakeFailed::Here(_) => HERE,
    }
}

/// By a directory. `Err(None)`: no directory could help.
async fn introduced(net: &Network, person: &Person) -> Result<Live, Option<NotReached>> {
    for known in net.directories.all() {
        let Some(dir_id) = known.node_id else { continue };
        let grant_id = super::directories::random_id().map_err(|_| Some(HERE))?;
        let mut steps = net.tables.steps();
        let request = OwnRequest { grant_id, dir_id, id_b: person.node_id };
        net.tables.ask(request, steps.mailbox().clone());
        if net.directories.request(&known.url, person.node_id, grant_id).await.is_err() {
            continue;
        }
        if tokio::time::timeout(GRANT_WAIT, steps.wait()).await.is_err() {
            continue;
        }
        let Some(peer) = net.tables.introduced(&grant_id) else { continue };
        adopt(net, person.node_id, &peer).await;
        match Dialling::new(net, person.node_id, Some(peer)).run(steps).await {
            Ok(live) => return Ok(live),
            Err(failed) => {
                if let stop @ (PEER_LOCKED | SLOW_DOWN) = reason(&failed) {
                    return Err(Some(stop));
                }
            }
        }
    }
    Err(None)
}

/// Somebody of whom nothing is held may have left word where mail for them is laid.
async fn learn(net: &Network, facts: &Facts) {
    if facts.descriptor.is_some() {
        return;
    }
    if let Ok(found) = net.find_descriptor(&facts.person.node_id).await {
        adopt(net, facts.person.node_id, &found).await;
    }
}

/// Kind 4: a contact whose secrets are lost on one side, or somebody whom a friend introduced.
async fn last_resort(net: &Network, facts: &Facts, why: NotReached) -> Result<Live, NotReached> {
    let has_address = facts.descriptor.as_ref().is_some_and(|pinned| has_way(net, pinned));
    if !has_address || why == AWAY || (facts.person.is_contact() && facts.has_pairs) {
        return Err(why);
    }
    // Contacts without a pair secret prove by their signing keys that they met before.
    let with = if facts.person.is_contact() { MeetWith::Pairs } else { MeetWith::Open };
    meet(net, facts, with).await
}
