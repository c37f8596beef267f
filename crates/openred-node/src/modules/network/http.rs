//! Endpoints of the network page: with whom this node is linked, through what, how trusted, why.

use axum::{
    Json,
    extract::{Path, State},
};
use openred_core::ids::NodeId;
use openred_proto::overlay::{
    Counters, PeerView, TrustView, Via,
    peers::{PeerState, Slot},
    store::TrustEventRow,
    trust::ONE,
};
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::{api::Api, deps::Work, error::NodeError, modules::contacts::store as people};

/// Peers shown: linked ones first.
const PEERS_MAX: usize = 200;
/// Events shown of one node.
const EVENTS_MAX: usize = 50;

/// The overlay of this node.
#[derive(Debug, Serialize, ToSchema)]
pub struct NetworkView {
    /// It runs: not off, and the node was unlocked since it started.
    running: bool,
    /// Switched off in the configuration.
    off: bool,
    /// `default high_throughput low_resource high_security`.
    preset: &'static str,
    /// `bounded friends_first`.
    metric: &'static str,
    /// Linked peers first, then those that are known; at most 200.
    peers: Vec<PeerOut>,
    /// Links by state.
    active: usize,
    connecting: usize,
    known: usize,
    counters: CountersOut,
}

/// Sums since the start.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CountersOut {
    bytes_in: u64,
    bytes_out: u64,
    /// Payloads that came, also those that were here.
    received: u64,
    duplicates: u64,
    /// New messages.
    delivered: u64,
    /// Own messages.
    published: u64,
    /// Bytes that proved a fault.
    invalid: u64,
    /// Dropped without blame: expired, over quota, unknown.
    dropped: u64,
    reconciliations: u64,
    /// Messages held to serve them.
    held: usize,
}

/// A peer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeerOut {
    node_id: String,
    /// Of somebody whom the owner knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// `active connecting known`.
    state: &'static str,
    /// `outbound inbound`.
    direction: &'static str,
    /// `direct relay https`; null without a link.
    via: Option<&'static str>,
    /// What of the address costs an attacker something.
    group: Option<String>,
    trust: TrustOut,
    /// `contact`, `drawn` by this node, `trusted` or on `probation`; null without a link.
    why: Option<&'static str>,
    /// A link with it is wanted always.
    pinned: bool,
    /// Dialled first after a restart.
    anchor: bool,
    rtt_ms: Option<u64>,
    /// Unix ms.
    since_at: Option<u64>,
    /// Unix ms of the last sign of life; null for never.
    last_seen_at: Option<u64>,
}

/// What this node thinks of another; 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrustOut {
    direct: f64,
    effective: f64,
    reputation: f64,
    boost: f64,
    trend: f64,
    stats: f64,
}

/// The same, with what it is reckoned from.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrustDetail {
    node_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    metric: &'static str,
    trust: TrustOut,
    /// Messages that it brought first.
    valid: u64,
    /// Bytes of it that proved a fault.
    invalid: u64,
    contact: bool,
    followed: bool,
    pinned: bool,
    /// Its recommendations count.
    recommender: bool,
    /// Why they do not: `unknown trust new inbound group`.
    why_no_recommender: Option<&'static str>,
    /// Who recommends it.
    reasons: Vec<ReasonOut>,
    /// Unix ms of the first link.
    first_seen_at: Option<u64>,
    group: Option<String>,
    /// Who told of it first.
    introducer: Option<String>,
    /// The newest events, newest first.
    events: Vec<EventOut>,
}

/// A recommendation that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonOut {
    node_id: String,
    /// What it adds, before the limit of 0.1.
    adds: f64,
}

/// Something that changed trust.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventOut {
    /// `valid invalid timeout`.
    event: &'static str,
    detail: String,
    delta: f64,
    /// Unix ms.
    at: u64,
}

fn share(millionths: i64) -> f64 {
    millionths as f64 / ONE as f64
}

impl From<&TrustView> for TrustOut {
    fn from(view: &TrustView) -> Self {
        Self {
            direct: share(view.direct),
            effective: share(view.effective),
            reputation: share(view.reputation),
            boost: share(view.boost),
            trend: share(view.trend),
            stats: share(view.stats),
        }
    }
}

impl CountersOut {
    fn of(counters: &Counters, held: usize) -> Self {
        Self {
            bytes_in: counters.bytes_in,
            bytes_out: counters.bytes_out,
            received: counters.received,
            duplicates: counters.duplicates,
            delivered: counters.delivered,
            published: counters.published,
            invalid: counters.invalid.values().sum(),
            dropped: counters.dropped.values().sum(),
            reconciliations: counters.reconciliations,
            held,
        }
    }
}

/// With whom this node is linked, through what, how trusted, why.
#[utoipa::path(get, path = "/network", tag = "network", responses((status = 200, body = NetworkView)))]
pub async fn network(State(api): State<Api>) -> Result<Json<NetworkView>, Problem> {
    let config = api.net.overlay.config();
    let mut view = NetworkView {
        running: false,
        off: config.off,
        preset: config.preset.as_str(),
        metric: config.metric.as_str(),
        peers: Vec::new(),
        active: 0,
        connecting: 0,
        known: 0,
        counters: CountersOut::default(),
    };
    let looked = api.net.overlay.read(|machine, now| {
        let all = machine.peers(now);
        let count = |state| all.iter().filter(|peer| peer.state == state).count();
        let counts = [PeerState::Active, PeerState::Connecting, PeerState::Known].map(count);
        let shown: Vec<(PeerView, TrustView)> = all
            .into_iter()
            .take(PEERS_MAX)
            .map(|peer| (peer.clone(), machine.trust(&peer.node_id, now)))
            .collect();
        (shown, counts, CountersOut::of(machine.counters(), machine.len()), now.unix_ms)
    });
    // Before the first unlock, or when it is off, there is nothing to look at.
    let Ok((shown, [active, connecting, known], counters, now_ms)) = looked.await else {
        return Ok(Json(view));
    };
    (view.running, view.active, view.connecting, view.known) = (true, active, connecting, known);
    view.counters = counters;
    let peers =
        api.deps.read(move |w| shown.iter().map(|(peer, trust)| out(w, peer, trust, now_ms)).collect());
    view.peers = peers.await?;
    Ok(Json(view))
}

fn name_of(work: &Work<'_, '_>, id: &NodeId) -> Result<Option<String>, NodeError> {
    let person = people::find(work.tx, work.seal, id)?;
    let named = person.filter(|one| !one.username.is_empty() || !one.details.display_name.is_empty());
    Ok(named.map(|person| person.shown_name()))
}

fn out(work: &Work<'_, '_>, peer: &PeerView, trust: &TrustView, now_ms: u64) -> Result<PeerOut, NodeError> {
    Ok(PeerOut {
        node_id: peer.node_id.to_string(),
        display_name: name_of(work, &peer.node_id)?,
        state: match peer.state {
            PeerState::Active => "active",
            PeerState::Connecting => "connecting",
            PeerState::Known => "known",
        },
        direction: if peer.outbound { "outbound" } else { "inbound" },
        via: peer.via.map(|via| match via {
            Via::Direct => "direct",
            Via::Relay => "relay",
            Via::Https => "https",
        }),
        group: peer.group.as_ref().map(ToString::to_string),
        trust: TrustOut::from(trust),
        why: peer.slot.map(|slot| match slot {
            Slot::Own => "contact",
            Slot::Outbound => "drawn",
            Slot::Full => "trusted",
            Slot::Probation => "probation",
        }),
        pinned: peer.pinned,
        anchor: peer.anchor,
        rtt_ms: peer.rtt_ms,
        since_at: peer.age_ms.map(|age| now_ms.saturating_sub(age)),
        last_seen_at: Some(peer.last_seen * 1_000).filter(|at| *at > 0),
    })
}

/// What this node thinks of another, with the numbers behind it.
#[utoipa::path(get, path = "/network/trust/{node_id}", tag = "network", params(("node_id" = String, Path)), responses((status = 200, body = TrustDetail)))]
pub async fn trust(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<TrustDetail>, Problem> {
    let id: NodeId = id.parse().map_err(|_| NodeError::invalid("node_id", "64 hexadecimal digits"))?;
    let view = api.net.overlay.read(move |machine, now| machine.trust(&id, now)).await;
    let view = view.map_err(|_| NodeError::Conflict("the overlay does not run on this node now"))?;
    let found =
        api.deps.read(move |w| Ok((name_of(w, &id)?, store::trust_events(w.tx, w.seal, &id, EVENTS_MAX)?)));
    let (display_name, events) = found.await?;
    Ok(Json(detail(&view, display_name, &events)))
}

fn detail(view: &TrustView, display_name: Option<String>, events: &[TrustEventRow]) -> TrustDetail {
    let event = |row: &TrustEventRow| EventOut {
        event: row.event_type.as_str(),
        detail: row.detail.clone().into_owned(),
        delta: share(row.trust_delta),
        at: row.timestamp * 1_000,
    };
    let reason = |reason: &openred_proto::overlay::trust::Reason| ReasonOut {
        node_id: reason.by.to_string(),
        adds: share(reason.adds),
    };
    TrustDetail {
        node_id: view.node_id.to_string(),
        display_name,
        metric: view.metric,
        trust: TrustOut::from(view),
        valid: view.valid,
        invalid: view.invalid,
        contact: view.contact,
        followed: view.followed,
        pinned: view.pinned,
        recommender: view.recommender,
        why_no_recommender: view.why_no_recommender,
        reasons: view.reasons.iter().map(reason).collect(),
        first_seen_at: view.first_seen.map(|at| at * 1_000),
        group: view.group.as_ref().map(ToString::to_string),
        introducer: view.introducer.as_ref().map(ToString::to_string),
        events: events.iter().map(event).collect(),
    }
}
