//! The node's own descriptor: made by the keeper, stored, renewed daily with the grant key. Old ones answer 24 h.

use std::sync::{Arc, PoisonError, RwLock};

use openred_core::{
    descriptor::{Descriptor, Lane},
    ids::Hash,
};
use openred_keeper::ops::{DescriptorDraft, LaneDraft, Request, Response};

use tokio::sync::watch;

use super::{
    elsewhere::Elsewhere,
    quic::{QuicReach, Way},
    relays::store as queues,
    store,
};
use crate::{
    deps::Deps,
    error::NodeError,
    modules::{
        identity, profile,
        settings::{self, MessageRequests},
    },
};

/// Where the sealed key state lies.
pub const KEY_STATE: &str = "key_state";
/// The own descriptor, in `network_state`.
pub const CURRENT: &str = "own_descriptor";
const PREVIOUS: &str = "own_descriptor_previous";
/// A replaced descriptor is honoured this long.
const HONOURED_MS: u64 = 86_400_000;
/// Life of a descriptor, seconds (30 days is the most).
const LIFETIME_S: u64 = 28 * 86_400;
/// Renewed when older than this: the grant key is daily.
const RENEW_MS: u64 = 86_400_000;

/// What the node says of itself beside its names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Where the P2P API answers.
    pub api_url: Option<String>,
    /// How QUIC is set up; none: HTTPS only.
    pub quic: Option<QuicReach>,
}

/// The own descriptors, readable while locked. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Own {
    inner: Arc<RwLock<Inner>>,
    /// Counts new ones.
    made: Arc<watch::Sender<u64>>,
    /// Another copy of this node, if one was seen.
    pub(super) elsewhere: Elsewhere,
}

#[derive(Debug, Default)]
struct Inner {
    current: Option<Descriptor>,
    previous: Option<(Descriptor, u64)>,
}

impl Own {
    /// Reads what an earlier run stored.
    pub async fn load(&self, deps: &Deps) -> Result<(), NodeError> {
        let read = deps
            .db
            .read(|tx| {
                Ok::<_, openred_service::database::DbError>((
                    store::state(tx, CURRENT)?,
                    store::state(tx, PREVIOUS)?,
                ))
            })
            .await?;
        self.restore(read.0, read.1);
        self.elsewhere.load(deps).await
    }

    fn restore(&self, current: Option<Vec<u8>>, previous: Option<Vec<u8>>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.current = current.and_then(|bytes| Descriptor::parse(&bytes).ok());
        inner.previous = previous.and_then(|bytes| {
            let (at, bytes) = bytes.split_first_chunk::<8>()?;
            Some((Descriptor::parse(bytes).ok()?, u64::from_be_bytes(*at)))
        });
    }

    /// A descriptor of the own id came from outside. True when this node has to be silent.
    pub(super) async fn saw(&self, deps: &Deps, found: &Descriptor) -> Result<bool, NodeError> {
        let current = self.current();
        let log = match &current {
            Some(own) => Some(own.body().log.clone()),
            None => deps.db.read(identity::log).await?,
        };
        let Some(log) = log else { return Ok(false) };
        self.elsewhere.saw(deps, (current.as_ref(), &log), found).await
    }

    /// The present one; none before set-up.
    pub fn current(&self) -> Option<Descriptor> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// Tells of every new one from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.made.subscribe()
    }

    /// The present one is to be told again.
    pub(super) fn tell_again(&self) {
        self.made.send_modify(|count| *count += 1);
    }

    /// Whether the present one was made longer ago than this.
    pub(super) fn is_older_than(&self, age_ms: u64, deps: &Deps) -> bool {
        self.current().is_some_and(|own| own.body().issued * 1_000 + age_ms < deps.clock.now_ms())
    }

    /// The present one, or one replaced at most 24 h ago, with this hash.
    pub fn with_hash(&self, hash: &Hash, now: u64) -> Option<Descriptor> {
        self.honoured(now).into_iter().find(|d| d.hash() == *hash)
    }

    /// All that still count.
    pub fn honoured(&self, now: u64) -> Vec<Descriptor> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let previous =
            inner.previous.as_ref().filter(|(_, at)| now < at + HONOURED_MS).map(|(d, _)| d.clone());
        inner.current.iter().cloned().chain(previous).collect()
    }

    /// The replaced one, with the unix second until which it counts.
    pub(super) fn replaced(&self) -> Vec<(Hash, u64)> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.previous.iter().map(|(old, at)| (old.hash(), (at + HONOURED_MS) / 1_000)).collect()
    }

    /// Makes a new one when names or reach changed, or the day is over. True when there is a new one. `seen`: one of the
    /// own id made elsewhere, that it must come after.
    pub async fn refresh(
        &self,
        deps: &Deps,
        (api_url, way): (Option<&str>, Option<&Way>),
        seen: Option<&Descriptor>,
        force: bool,
    ) -> Result<bool, NodeError> {
        let names = deps.read(|w| Ok(profile::store::names(w.tx)?)).await?;
        let (_, username, display_name) = names.ok_or(NodeError::NotSetUp)?;
        let lane = lane(deps).await?;
        let now = deps.clock.now_ms();
        let fresh = |d: &Descriptor| {
            let body = d.body();
            body.username == username
                && body.display_name == display_name
                && body.api_url.as_deref() == api_url
                && body.transport_key == way.map(|way| way.endpoint_id)
                && body.lane == lane
                && way.is_none_or(|way| body.addresses == way.addresses && body.quic_relay == way.relay)
                && now < body.issued * 1_000 + RENEW_MS
        };
        if !force && self.current().as_ref().is_some_and(fresh) {
            return Ok(false);
        }
        let draft = DescriptorDraft {
            username: username.clone(),
            display_name: display_name.clone(),
            api_url: api_url.map(str::to_owned),
            transport_key: way.map(|way| way.endpoint_id),
            addresses: way.map(|way| way.addresses.clone()).unwrap_or_default(),
            quic_relay: way.and_then(|way| way.relay.clone()),
            lane: lane.as_ref().map(|lane| LaneDraft {
                relay_url: lane.relay_url.clone(),
                relay_id: lane.relay_id.0,
                deposit_id: lane.deposit_id.0,
                cap: lane.cap,
            }),
            capabilities: vec!["orf1".to_owned()],
            lifetime_s: LIFETIME_S,
            seen: seen.map(|seen| seen.bytes().to_vec().into()),
        };
        let Response::Descriptor(signed) = deps.keys.ask(Request::SignDescriptor(draft)).await? else {
            return Err(NodeError::Internal("the keeper signed no descriptor".to_owned()));
        };
        let descriptor = Descriptor::parse(&signed.descriptor.0)
            .map_err(|e| NodeError::Internal(format!("the own descriptor does not parse: {e}")))?;
        self.keep(deps, descriptor, signed.state.0, now).await?;
        Ok(true)
    }

    async fn keep(
        &self,
        deps: &Deps,
        descriptor: Descriptor,
        state: Vec<u8>,
        now: u64,
    ) -> Result<(), NodeError> {
        // What another incarnation said cannot be kept by this one: its keys are gone.
        let incarnation = descriptor.body().incarnation;
        let old = self.current().filter(|old| old.body().incarnation == incarnation);
        let (new_bytes, old_bytes) = (descriptor.bytes().to_vec(), old.as_ref().map(|d| d.bytes().to_vec()));
        deps.write_plain(move |tx| {
            store::set_state(tx, KEY_STATE, &state, now)?;
            store::set_state(tx, CURRENT, &new_bytes, now)?;
            let previous = old_bytes.as_ref().map(|old| [&now.to_be_bytes()[..], old].concat());
            store::set_state(tx, PREVIOUS, &previous.unwrap_or_default(), now)
        })
        .await?;
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.previous = old.map(|old| (old, now));
        inner.current = Some(descriptor);
        drop(inner);
        self.tell_again();
        Ok(())
    }
}

/// Where strangers may leave requests: a queue of theirs at a relay, if there is one and the owner takes requests.
async fn lane(deps: &Deps) -> Result<Option<Lane>, NodeError> {
    let settings = deps.db.read(settings::store::get).await?;
    if !settings.allow_requests && settings.allow_message_requests == MessageRequests::Nobody {
        return Ok(None);
    }
    let lanes = deps.read(|w| Ok(queues::queues_of(w.tx, w.seal, queues::STRANGERS)?)).await?;
    Ok(lanes.first().map(|queue| Lane {
        relay_url: queue.relay.clone(),
        relay_id: queue.secrets.relay_id,
        deposit_id: queue.secrets.deposit_id,
        cap: *queue.secrets.cap.as_bytes(),
    }))
}
