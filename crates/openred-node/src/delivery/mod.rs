//! Delivery: what the owner (or a rule) wants to say reaches its people, in order, once (DESIGN §6).
//!
//! The law of the outbox: no byte leaves the process that is not in a committed row. The job here signs drafts, many
//! at once, gives each thing its recipients in chunks, and asks the network to carry what is due. What comes in is
//! `inbox`, the rows of mail are `mail`. Sessions, transports and meeting are not known here.

pub mod http;
pub mod inbox;
pub mod later;
pub mod mail;
pub mod store;
pub mod streams;
mod trouble;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use openred_core::envelope::{MessageType, Party, Verified};
use openred_core::json;
use openred_core::payload::{Answer, ConnectionResponse, DescriptorUpdate, FriendRequest, Payload, Routes};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::trouble::Trouble;
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
    modules::{
        contacts::{person::Person, store as contacts},
        feed,
    },
    sign,
};

/// Drafts signed at once.
const SIGN_BATCH: i64 = 128;
/// Without any sign, the job looks again after this long.
const LOOK_MS: u64 = 30_000;
/// Deliveries of one round after which the next one is not begun at once: what is posted meanwhile shares the pages that
/// each transaction writes.
const MANY: usize = 100;
const GATHER: std::time::Duration = std::time::Duration::from_millis(15);
/// Pause between two steps of signing the wall again: people write meanwhile.
const AGAIN_MS: u64 = 50;
/// First wait after a failed attempt; doubles each time.
const BACKOFF_MS: u64 = 2_000;
/// Longest wait between two attempts.
const BACKOFF_MAX_MS: u64 = 600_000;

/// Wakes the delivery job, and the tasks that publish and that send mail. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    delivery: Arc<Notify>,
    publishing: Arc<Notify>,
    mail: Arc<Notify>,
    chats: Arc<Notify>,
}

impl Wake {
    /// There is something to deliver.
    pub fn deliver(&self) {
        self.delivery.notify_one();
    }

    /// There may be something to deliver, and something to publish.
    pub fn ring(&self) {
        self.deliver();
        self.publishing.notify_one();
    }

    /// There may be something to send by mail, or queues to begin or to end.
    pub fn mail(&self) {
        self.mail.notify_one();
    }

    /// There may be something to do in private conversations.
    pub fn chat(&self) {
        self.chats.notify_one();
    }

    /// Resolves when there may be something to do in private conversations: for the one task that does.
    pub async fn chats(&self) {
        self.chats.notified().await;
    }

    /// Resolves when there may be something to publish: for the one task that does.
    pub async fn to_publish(&self) {
        self.publishing.notified().await;
    }

    /// Resolves when there may be something to send by mail: for the one task that does.
    pub async fn to_mail(&self) {
        self.mail.notified().await;
    }
}

/// Carries what waits for a person; implemented by the network.
pub trait Carrier: Send + Sync + 'static {
    /// Something waits for this person: use the open session or open one. Never blocks.
    fn carry(&self, person: i64);

    /// How this person may reach the owner beside what the descriptor says, to be told to them alone; makes what it needs
    /// for that. None: there is nothing more to tell.
    fn routes(&self, person: i64) -> BoxFuture<'_, Option<Routes>>;
}

/// When to try again after `tries` attempts in vain.
pub fn next_try(now: u64, tries: u64) -> u64 {
    now + (BACKOFF_MS << tries.min(16)).min(BACKOFF_MAX_MS)
}

/// Runs until the node stops. While locked nothing is signed and it waits for the next ring.
pub async fn run(deps: Deps, carrier: Arc<dyn Carrier>, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    loop {
        let wait_ms = match turn(&deps, &*carrier).await {
            Ok(done) => {
                if trouble.is_over() {
                    info!("delivery goes on");
                }
                if done.deliveries >= MANY {
                    tokio::time::sleep(GATHER).await;
                }
                done.wait_ms
            }
            Err(NodeError::Locked | NodeError::NotSetUp) => LOOK_MS,
            Err(error) => {
                if trouble.is_new(&error) {
                    warn!(%error, "delivery cannot go on; it is tried again");
                }
                BACKOFF_MS
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = deps.wake.delivery.notified() => {}
            () = tokio::time::sleep(std::time::Duration::from_millis(wait_ms)) => {}
        }
    }
}

/// What one round did.
struct Turn {
    deliveries: usize,
    /// How long nothing is due.
    wait_ms: u64,
}

/// One round: sign, expand, carry.
async fn turn(deps: &Deps, carrier: &dyn Carrier) -> Result<Turn, NodeError> {
    let mut deliveries = 0;
    loop {
        let signed = sign_drafts(deps, carrier).await?;
        let more = signed.len() as i64 == SIGN_BATCH;
        // One flush for what was signed and its way to its recipients.
        let expanded = deps.write(move |w| {
            keep_signed(w, &signed)?;
            Ok(store::expand(w.tx, w.now)?)
        });
        let expanded = expanded.await?;
        deliveries += expanded.deliveries;
        expanded.people.iter().for_each(|&person| carrier.carry(person));
        if expanded.deliveries > 0 {
            deps.wake.mail();
        }
        if !(more || expanded.more) {
            break;
        }
    }
    let (due, next, again) = deps
        .read(|w| {
            let (due, next) = (store::due(w.tx, w.now, 1_000)?, store::next_due(w.tx, w.now)?);
            Ok((due, next, feed::again::is_under_way(w.tx)?))
        })
        .await?;
    due.iter().for_each(|&person| carrier.carry(person));
    if again && feed::again::step(deps).await? {
        return Ok(Turn { deliveries, wait_ms: AGAIN_MS });
    }
    let now = deps.clock.now_ms();
    let wait_ms = next.map_or(LOOK_MS, |at| at.saturating_sub(now).clamp(50, LOOK_MS));
    Ok(Turn { deliveries, wait_ms })
}

/// A draft, and what was signed of it; none when that cannot be.
type Signed = (store::Draft, Option<Verified>);

/// Moves drafts to the outbox.
fn keep_signed(work: &Work<'_, '_>, signed: &[Signed]) -> Result<(), NodeError> {
    for (draft, envelope) in signed {
        match envelope {
            Some(envelope) => store::signed(work.tx, work.seal, draft, envelope).map(drop)?,
            None => store::drop_draft(work.tx, draft.id)?,
        }
    }
    Ok(())
}

/// Signs the oldest drafts, at most [`SIGN_BATCH`]: they go to the keeper together.
async fn sign_drafts(deps: &Deps, carrier: &dyn Carrier) -> Result<Vec<Signed>, NodeError> {
    let drafts = deps
        .read(|w| {
            let drafts = store::drafts(w.tx, w.seal, SIGN_BATCH)?;
            let mut ready = Vec::with_capacity(drafts.len());
            for draft in drafts {
                let to = contacts::get(w.tx, w.seal, draft.person)?;
                ready.push((draft, to));
            }
            Ok(ready)
        })
        .await?;
    let mut written = Vec::with_capacity(drafts.len());
    for (draft, to) in drafts {
        let written_out = write_out(deps, carrier, &draft, to).await;
        written.push((draft, written_out));
    }
    let signed = written.into_iter().map(|(draft, written)| async {
        let signed = match written {
            Ok((kind, to, payload)) => deps.sign(kind, to, payload).await,
            Err(error) => Err(error),
        };
        (draft, signed)
    });
    let keep = |(draft, signed): (store::Draft, Result<Verified, NodeError>)| match signed {
        Ok(envelope) => Ok((draft, Some(envelope))),
        Err(error @ (NodeError::Locked | NodeError::Keeper(_))) => Err(error),
        Err(error) => {
            warn!(what = draft.what, %error, "a thing to say cannot be signed and is dropped");
            Ok((draft, None))
        }
    };
    futures_util::future::join_all(signed).await.into_iter().map(keep).collect()
}

/// What a draft says, and to whom.
async fn write_out(
    deps: &Deps,
    carrier: &dyn Carrier,
    draft: &store::Draft,
    to: Option<Person>,
) -> Result<(MessageType, Party, json::Value), NodeError> {
    let to = to.ok_or(NodeError::Unknown("this person"))?;
    let kind: MessageType =
        draft.what.parse().map_err(|_| NodeError::Internal(format!("draft of type {}", draft.what)))?;
    let payload = json::parse(&draft.payload, json::Limits::ENVELOPE)
        .map_err(|e| NodeError::Internal(format!("draft payload: {e}")))?;
    let payload = match Payload::parse(kind, &payload)? {
        open if tells_routes(&open) => match carrier.routes(draft.person).await {
            Some(routes) => with_routes(open, routes).to_value()?,
            None => payload,
        },
        _ => payload,
    };
    // A profile stands on its author's own wall, whoever gets it.
    let to = if kind == MessageType::ActivityUpdate {
        (*deps.me.get()?).clone()
    } else {
        let username = sign::user_name(&to.username);
        Party { node_id: to.node_id, server_url: to.server_url, username }
    };
    Ok((kind, to, payload))
}

/// Whether the recipient is told how to reach the owner: who asks, who agrees, and whose ways changed.
fn tells_routes(payload: &Payload) -> bool {
    match payload {
        Payload::FriendRequest(_) | Payload::DescriptorUpdate(_) => true,
        Payload::ConnectionResponse(response) => response.status == Answer::Accepted,
        _ => false,
    }
}

fn with_routes(payload: Payload, routes: Routes) -> Payload {
    let routes = Some(routes);
    match payload {
        Payload::FriendRequest(p) => FriendRequest { routes, ..p }.into(),
        Payload::DescriptorUpdate(p) => DescriptorUpdate { routes, ..p }.into(),
        Payload::ConnectionResponse(p) => ConnectionResponse { routes, ..p }.into(),
        other => other,
    }
}

/// After a rotation: what nobody has acknowledged yet is signed by the new key, under the same message ids. What
/// others signed and this node only passes on stays as it is.
pub async fn sign_again(deps: &Deps) -> Result<(), NodeError> {
    let me = deps.me.get()?.node_id;
    let mut after = 0;
    loop {
        let (page, last) =
            deps.read(move |w| Ok(store::unacknowledged(w.tx, w.seal, after, SIGN_BATCH)?)).await?;
        let Some(last) = last else { return Ok(()) };
        after = last;
        let own = page.into_iter().filter_map(|one| {
            let held = Verified::from_trusted_store(&one.envelope).ok()?;
            (held.envelope().from.node_id == me).then_some((one.id, held))
        });
        let (ids, held): (Vec<i64>, Vec<Verified>) = own.unzip();
        let again = sign::again(&deps.keys, &held).await?;
        deps.write(move |w| {
            mail::store::lay_all_again(w.tx)?;
            for (id, envelope) in ids.iter().zip(&again) {
                if let Some(envelope) = envelope {
                    store::sign_again(w.tx, w.seal, *id, envelope)?;
                }
            }
            Ok(())
        })
        .await?;
    }
}

/// A person could not be reached; what waits comes again later. The job is rung, which fell asleep without that time.
pub async fn unreachable(deps: &Deps, person: i64, reason: &'static str) -> Result<(), NodeError> {
    debug!(person, reason, "a person is not reachable");
    deps.write(move |w| {
        let tries = store::tries(w.tx, person)?;
        store::postpone(w.tx, person, reason, next_try(w.now, tries))?;
        w.tell(Kind::Outbox, serde_json::json!({}));
        w.wake();
        Ok(())
    })
    .await?;
    deps.wake.mail();
    Ok(())
}

/// A person is not reached as soon as others are: what waits may go by mail while they are tried.
pub async fn doubtful(deps: &Deps, person: i64) -> Result<(), NodeError> {
    deps.write_plain(move |tx| store::doubt(tx, person)).await?;
    deps.wake.mail();
    Ok(())
}
