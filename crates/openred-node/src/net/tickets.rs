//! Tables of tickets under way: own requests, grants waiting for their hello, hellos that came before, replies kept
//! for byte-equal retries (PROTOCOL §3.2, §4). Pending grants drop at start; burnt ones are in the database.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use openred_core::{
    grant::Core,
    hello::{Attempt, Hello, HelloRefusal, HelloReply, TicketKind},
    ids::{Hash, Id16, NodeId},
};
use openred_keeper::{
    blob::Blob,
    ops::{GrantOpened, OpenGrant, PeekGrant, PeerPinned, Request, Response},
};
use openred_proto::introduction::bounds::{
    GRANT_USABLE_MS, OPEN_WORKED_PER_MINUTE, PENDING_MAX, PENDING_PER_PEER_MAX, PENDING_STRANGERS_MAX,
    REPLAY_MAX, REPLAY_MS, REPLIES_MAX, REQUEST_WAIT_MS, REQUESTS_MAX, USED_EXTRA_SECS, USED_MAX,
};
use openred_service::limits::{Limiter, Rate};
use tokio::sync::oneshot;

use super::{directories::Known, own::Own, store};
use crate::{
    deps::Deps,
    error::NodeError,
    modules::contacts::{person::Person, store as people},
};

/// A grant's times and a hello's time may be this far off, seconds.
const WINDOW_S: u64 = 600;

/// A grant of role B that waits for its hello.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) peer: NodeId,
    pub(super) desc_a: Hash,
    pub(super) desc_b: Hash,
    pub(super) peer_descriptor: Vec<u8>,
    pub(super) ticket: Blob,
    /// Remembered as used until then, unix ms.
    pub(super) until: u64,
    contact: bool,
    received_ms: u64,
}

/// A grant of role A: the own request was answered.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) peer_descriptor: Blob,
    pub(super) own_hash: Hash,
    pub(super) ticket: Blob,
    pub(super) until: u64,
}

/// An own request that waits.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) grant_id: Id16,
    pub(super) granted: oneshot::Receiver<Granted>,
}

struct Waiting {
    dir_id: NodeId,
    target: NodeId,
    begun_ms: u64,
    grant: oneshot::Sender<Granted>,
}

/// The tables. Clones share them.
#[derive(Clone)]
pub(super) struct Tickets {
    deps: Deps,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    asked: BTreeMap<Id16, Waiting>,
    pending: BTreeMap<Id16, Grant>,
    used: BTreeMap<Id16, u64>,
    seen: BTreeMap<(NodeId, Id16), u64>,
    replies: BTreeMap<Attempt, (HelloReply, u64)>,
    strangers: Limiter<()>,
}

impl Tickets {
    pub(super) fn new(deps: Deps) -> Self {
        let inner = Inner {
            asked: BTreeMap::new(),
            pending: BTreeMap::new(),
            used: BTreeMap::new(),
            seen: BTreeMap::new(),
            replies: BTreeMap::new(),
            strangers: Limiter::new(Rate::per_minute(OPEN_WORKED_PER_MINUTE as u32), 1),
        };
        Self { deps, inner: Arc::new(Mutex::new(inner)) }
    }

    /// Reads the burnt grants that must still be remembered.
    pub(super) async fn load(&self) -> Result<(), NodeError> {
        let now = self.deps.clock.now_ms();
        let used = self.deps.write_plain(move |tx| store::burnt_grants(tx, now)).await?;
        self.lock().used = used.into_iter().collect();
        Ok(())
    }

    /// Draws a grant id for a request that is about to leave.
    pub(super) fn ask(&self, dir_id: NodeId, target: NodeId) -> Result<Asked, NodeError> {
        let grant_id = super::directories::random_id()?;
        let now = self.deps.clock.monotonic_ms();
        let (grant, granted) = oneshot::channel();
        let mut inner = self.lock();
        inner.asked.retain(|_, w| now < w.begun_ms + REQUEST_WAIT_MS && !w.grant.is_closed());
        if inner.asked.len() >= REQUESTS_MAX {
            return Err(NodeError::SlowDown(10));
        }
        inner.asked.insert(grant_id, Waiting { dir_id, target, begun_ms: now, grant });
        Ok(Asked { grant_id, granted })
    }

    /// Nobody waits for this request any more.
    pub(super) fn forget(&self, grant_id: &Id16) {
        self.lock().asked.remove(grant_id);
    }

    /// A sealed grant came: the keeper opens it with all checks of bytes, the tables decide the rest.
    pub(super) async fn receive(
        &self,
        directory: &Known,
        own: &Own,
        sealed: Vec<u8>,
    ) -> Result<(), NodeError> {
        let dir_id = directory.node_id.ok_or(NodeError::Unknown("this directory"))?;
        let dir_log = directory.descriptor.as_ref().map(|d| d.body().log.entries().to_vec());
        let dir_log = dir_log.ok_or(NodeError::Unknown("this directory"))?;
        let peek = PeekGrant { dir_id, sealed: Blob(sealed.clone()) };
        let Response::GrantPeeked(peeked) = self.deps.keys.ask(Request::PeekGrant(peek)).await? else {
            return Err(NodeError::Internal("the keeper answered another question".to_owned()));
        };
        let (person, peer_log, peer_pinned) = self.held(peeked.peer).await?;
        if person.as_ref().is_some_and(Person::is_blocked) {
            return Err(NodeError::Refused("a grant for somebody blocked"));
        }
        let now = self.deps.clock.now_ms();
        let open = OpenGrant {
            dir_id,
            dir_log: dir_log.into_iter().map(Blob).collect(),
            token_seed: directory.token_seed,
            sealed: Blob(sealed),
            own_descriptors: own.honoured(now).iter().map(|d| d.hash()).collect(),
            own_request: self.own_request(&peeked.grant_id, &dir_id),
            peer_log,
            peer_pinned,
        };
        let Response::Grant(opened) = self.deps.keys.ask(Request::OpenGrant(open)).await? else {
            return Err(NodeError::Internal("the keeper answered another question".to_owned()));
        };
        self.admit(opened, person.is_some_and(|p| p.is_contact()))
    }

    async fn held(&self, peer: NodeId) -> Result<(Option<Person>, Vec<Blob>, Option<PeerPinned>), NodeError> {
        self.deps
            .read(move |w| {
                let Some(person) = people::find(w.tx, w.seal, &peer)? else {
                    return Ok((None, Vec::new(), None));
                };
                let pin = people::pin_of(w.tx, w.seal, &person)?;
                let log = pin.log().map(|log| log.entries().iter().cloned().map(Blob).collect());
                Ok((
                    Some(person),
                    log.unwrap_or_default(),
                    pin.descriptor().map(|d| PeerPinned { order: d.order(), hash: d.hash() }),
                ))
            })
            .await
    }

    fn own_request(&self, grant_id: &Id16, dir_id: &NodeId) -> Option<NodeId> {
        self.lock().asked.get(grant_id).filter(|w| w.dir_id == *dir_id).map(|w| w.target)
    }

    fn admit(&self, opened: GrantOpened, contact: bool) -> Result<(), NodeError> {
        let core = opened.core.0.as_slice().try_into().ok().and_then(Core::decode);
        let core = core.ok_or_else(|| NodeError::Internal("the keeper gave no core".to_owned()))?;
        let now = self.deps.clock.monotonic_ms();
        let until = (core.not_before + u64::from(core.ttl) + USED_EXTRA_SECS) * 1_000;
        let mut inner = self.lock();
        if inner.used.contains_key(&core.grant_id) || inner.pending.contains_key(&core.grant_id) {
            return Err(NodeError::Refused("this grant was seen before"));
        }
        if opened.asked {
            let waiting = inner.asked.remove(&core.grant_id);
            let waiting = waiting.ok_or(NodeError::Refused("this grant answers no request"))?;
            let granted = Granted {
                peer_descriptor: opened.peer_descriptor,
                own_hash: core.desc_a,
                ticket: opened.ticket,
                until,
            };
            return waiting
                .grant
                .send(granted)
                .map_err(|_| NodeError::Gone("nobody waits for this grant any more"));
        }
        inner.pending.retain(|_, g| now < g.received_ms + GRANT_USABLE_MS);
        let of_peer = inner.pending.values().filter(|g| g.peer == opened.peer).count();
        let strangers = inner.pending.values().filter(|g| !g.contact).count();
        if inner.pending.len() >= PENDING_MAX
            || of_peer >= PENDING_PER_PEER_MAX
            || (!contact && strangers >= PENDING_STRANGERS_MAX)
        {
            return Err(NodeError::Refused("too many grants wait already"));
        }
        let grant = Grant {
            peer: opened.peer,
            desc_a: core.desc_a,
            desc_b: core.desc_b,
            peer_descriptor: opened.peer_descriptor.0,
            ticket: opened.ticket,
            until,
            contact,
            received_ms: now,
        };
        inner.pending.insert(core.grant_id, grant);
        Ok(())
    }

    /// The waiting grant of role B.
    pub(super) fn pending(&self, grant_id: &Id16) -> Result<Grant, HelloRefusal> {
        let now = self.deps.clock.monotonic_ms();
        let inner = self.lock();
        if inner.used.contains_key(grant_id) {
            return Err(HelloRefusal::Used);
        }
        let grant = inner.pending.get(grant_id).filter(|g| now < g.received_ms + GRANT_USABLE_MS);
        grant.cloned().ok_or(HelloRefusal::GrantUnknown)
    }

    /// Burns a grant durably. False when it was burnt before.
    pub(super) async fn burn(&self, grant_id: Id16, until: u64) -> Result<bool, NodeError> {
        if self.lock().used.len() >= USED_MAX {
            self.load().await?;
        }
        let burnt = self.deps.write_plain(move |tx| store::burn_grant(tx, &grant_id, until)).await?;
        let mut inner = self.lock();
        inner.pending.remove(&grant_id);
        inner.used.insert(grant_id, until);
        Ok(burnt)
    }

    /// Rate of strangers without introduction.
    pub(super) fn check_rate(&self, hello: &Hello) -> Result<(), HelloRefusal> {
        if hello.kind != TicketKind::Open {
            return Ok(());
        }
        let now = self.deps.clock.monotonic_ms();
        let slow = |s: openred_service::limits::SlowDown| HelloRefusal::SlowDown {
            work: None,
            retry_after: s.seconds,
        };
        self.lock().strangers.take((), now).map_err(slow)
    }

    /// Kinds 2–4: the time is near, and (id_A, nonce) unseen for 20 minutes.
    pub(super) fn check_replay(&self, hello: &Hello) -> Result<(), HelloRefusal> {
        if hello.kind == TicketKind::Grant {
            return Ok(());
        }
        if self.deps.clock.now_s().abs_diff(hello.time) > WINDOW_S {
            return Err(HelloRefusal::Refused);
        }
        let now = self.deps.clock.monotonic_ms();
        let mut inner = self.lock();
        inner.seen.retain(|_, at| now < *at + REPLAY_MS);
        if inner.seen.len() >= REPLAY_MAX {
            return Err(HelloRefusal::SlowDown { work: None, retry_after: 60 });
        }
        match inner.seen.insert((hello.id_a, hello.nonce), now) {
            None => Ok(()),
            Some(_) => Err(HelloRefusal::Refused),
        }
    }

    /// The reply that an equal attempt got.
    pub(super) fn stored_reply(&self, attempt: &Attempt) -> Option<HelloReply> {
        self.lock().replies.get(attempt).map(|(reply, _)| reply.clone())
    }

    /// Keeps a reply for byte-equal retries.
    pub(super) fn store_reply(&self, attempt: Attempt, reply: HelloReply) {
        let now = self.deps.clock.monotonic_ms();
        let mut inner = self.lock();
        if inner.replies.len() >= REPLIES_MAX {
            let oldest = inner.replies.iter().min_by_key(|(_, (_, at))| *at).map(|(attempt, _)| *attempt);
            oldest.map(|attempt| inner.replies.remove(&attempt));
        }
        inner.replies.insert(attempt, (reply, now));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
