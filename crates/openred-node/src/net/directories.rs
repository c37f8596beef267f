//! The node's side of directories: register, poll for grants, look people up, ask for introductions
//! (PROTOCOL §3, Annex A.3). A directory that is down, slow or lies is named in the status and changes nothing else.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use openred_core::{
    call::{
        DiscoverAnswer, Flags, HealthAnswer, PollAnswer, PollCall, RegisterAnswer, RegisterCall, RequestCall,
        ServerRole, WellKnown,
    },
    descriptor::Descriptor,
    ids::{B64, Id16, NodeId},
};
use openred_keeper::blob::Blob;
use openred_keeper::ops::{Call, Request, Response, SignedCall};
use openred_service::http_client::{HttpClient, HttpError, HttpRequest, HttpResponse};
use serde::Serialize;
use url::Url;

use super::{https::unreachable, own::Own, store};
use crate::{deps::Deps, error::NodeError, events::Kind};

/// A poll is held this long by the directory.
const POLL_WAIT_S: u8 = 25;
/// Registered again after this long.
const REGISTER_MS: u64 = 6 * 3_600_000;
/// An answer slower than this is called slow.
const SLOW_MS: u64 = 3_000;
const CALL: Duration = Duration::from_secs(10);
const NONSENSE: &str = "the directory answered what cannot be read";

/// How a directory does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Answers.
    Ok,
    /// Answers late.
    Slow,
    /// Does not answer.
    Down,
    /// Answers what cannot be true.
    Lying,
    /// Not tried yet, or the node is locked.
    Off,
}

/// What the node knows of a directory now.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its address.
    pub url: String,
    /// Pinned id.
    pub node_id: Option<NodeId>,
    /// See [`Health`].
    pub health: Health,
    /// Since when, unix ms.
    pub since_at: u64,
    /// In words.
    pub detail: String,
    pub(super) descriptor: Option<Descriptor>,
    pub(super) token_seed: Option<[u8; 32]>,
    skew_s: Option<i64>,
    /// It does not know this node or its signature: it may be another one, or a clock may be wrong.
    pub(super) doubted: bool,
    registered: Option<(openred_core::ids::Hash, u64, u8)>,
}

/// All directories of the node. Clones share them.
#[derive(Debug, Clone)]
pub struct Directories {
    deps: Deps,
    http: HttpClient,
    own: Own,
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

impl Directories {
    pub(super) fn new(deps: Deps, http: HttpClient, own: Own) -> Self {
        Self { deps, http, own, known: Arc::default() }
    }

    /// Reads the table; call again after it changed.
    pub async fn load(&self) -> Result<Vec<String>, NodeError> {
        let rows = self.deps.db.read(store::directories).await?;
        let now = self.deps.clock.now_ms();
        let mut known = self.lock();
        known.retain(|url, _| rows.iter().any(|row| row.url == *url));
        for row in &rows {
            known.entry(row.url.clone()).or_insert_with(|| Known {
                url: row.url.clone(),
                node_id: row.node_id,
                health: Health::Off,
                since_at: now,
                detail: "not tried yet".to_owned(),
                descriptor: row.descriptor.as_deref().and_then(|bytes| Descriptor::parse(bytes).ok()),
                token_seed: None,
                skew_s: None,
                doubted: false,
                registered: None,
            });
        }
        Ok(rows.into_iter().map(|row| row.url).collect())
    }

    /// State of all, for the status.
    pub fn all(&self) -> Vec<Known> {
        self.lock().values().cloned().collect()
    }

    pub(super) fn get(&self, url: &str) -> Option<Known> {
        self.lock().get(url).cloned()
    }

    /// The pinned directory of this id.
    pub(super) fn by_id(&self, id: &NodeId) -> Option<Known> {
        self.lock().values().find(|k| k.node_id == Some(*id)).cloned()
    }

    /// Learns who answers there; pins it at the first answer, refuses somebody else later.
    pub(super) async fn meet(&self, url: &str) -> Result<NodeId, NodeError> {
        let found = self.well_known(url).await;
        let (id, descriptor, seed) = match found {
            Ok(found) => found,
            Err(error) => {
                let health = if matches!(error, NodeError::Peer(_)) { Health::Down } else { Health::Lying };
                self.note(url, health, error.to_string());
                return Err(error);
            }
        };
        let (pinned, bytes, address) = (id, descriptor.bytes().to_vec(), url.to_owned());
        self.deps.write_plain(move |tx| store::pin_directory(tx, &address, &pinned, &bytes)).await?;
        if let Some(known) = self.lock().get_mut(url) {
            known.node_id = Some(id);
            known.descriptor = Some(descriptor);
            known.token_seed = seed;
            known.doubted = false;
        }
        Ok(id)
    }

    /// Compares this machine's clock with the directory's; half of the call's time is taken off.
    pub(super) async fn compare_clock(&self, url: &str) {
        let Ok(at) = path(url, "/api/v3/health") else { return };
        let begun = self.deps.clock.monotonic_ms();
        let Ok(answer) = self.http.send(HttpRequest::get(at).timeout(CALL)).await else { return };
        let Ok(health) = answer.json::<HealthAnswer>() else { return };
        let took_s = self.deps.clock.monotonic_ms().saturating_sub(begun) / 2_000;
        let here_s = self.deps.clock.now_s().saturating_sub(took_s);
        if let Some(known) = self.lock().get_mut(url) {
            known.skew_s = Some(here_s as i64 - health.time as i64);
        }
    }

    /// Seconds by which this clock is ahead (negative: behind), as most directories see it; none when none answered.
    pub fn skew_s(&self) -> Option<i64> {
        let mut all: Vec<i64> = self.lock().values().filter_map(|known| known.skew_s).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    }

    /// Who answers at an address; nothing is kept.
    pub async fn probe(&self, url: &str) -> Result<NodeId, NodeError> {
        self.well_known(url).await.map(|found| found.0)
    }

    async fn well_known(&self, url: &str) -> Result<(NodeId, Descriptor, Option<[u8; 32]>), NodeError> {
        let answer = self.http.send(HttpRequest::get(path(url, "/.well-known/openred")?).timeout(CALL)).await;
        let answer = answer.map_err(unreachable)?.success().map_err(unreachable)?;
        let who: WellKnown =
            answer.json().map_err(|_| NodeError::Refused("what answers there is no directory"))?;
        if who.role != ServerRole::Directory {
            return Err(NodeError::Refused("what answers there is no directory"));
        }
        let descriptor = Descriptor::parse(&who.descriptor.0)
            .map_err(|_| NodeError::Refused("the directory's descriptor does not verify"))?;
        if descriptor.node_id() != who.node_id {
            return Err(NodeError::Refused("the directory's descriptor is of somebody else"));
        }
        if self.get(url).and_then(|k| k.node_id).is_some_and(|pinned| pinned != who.node_id) {
            return Err(NodeError::Refused(
                "another directory answers at this address than the one first met there",
            ));
        }
        let seed = who.seed();
        Ok((who.node_id, descriptor, seed))
    }

    /// Registers the present descriptor where it is not registered yet.
    pub(super) async fn register(&self, url: &str, flags: u8) -> Result<(), NodeError> {
        let (Some(descriptor), Some(known)) = (self.own.current(), self.get(url)) else { return Ok(()) };
        let now = self.deps.clock.now_ms();
        let done = known.registered.is_some_and(|(hash, at, with)| {
            hash == descriptor.hash() && with == flags && now < at + REGISTER_MS
        });
        let Some(dir_id) = known.node_id else { return Ok(()) };
        if done {
            return Ok(());
        }
        // What it holds may be newer: another copy of this node.
        if let Ok(found) = self.descriptor(url, &descriptor.node_id()).await
            && self.own.saw(&self.deps, &found).await?
        {
            return Err(NodeError::Refused("this identity is in use on another node"));
        }
        let call = Call::Register { dir_id, descriptor: Blob(descriptor.bytes().to_vec()), flags };
        let SignedCall { time, sig } = self.sign(call).await?;
        let body =
            RegisterCall { descriptor: B64(descriptor.bytes().to_vec()), flags: Flags(flags), time, sig };
        let answer =
            self.post(url, "/api/v3/nodes/register", &body, Duration::ZERO).await.map_err(in_words)?;
        let answer: RegisterAnswer = answer.json().map_err(|_| self.lies(url, NONSENSE))?;
        if answer.desc_hash != descriptor.hash() {
            return Err(self.lies(url, "the directory registered another descriptor"));
        }
        if let Some(known) = self.lock().get_mut(url) {
            known.registered = Some((descriptor.hash(), now, flags));
        }
        Ok(())
    }

    /// One long poll. An empty list when nothing came in time.
    pub(super) async fn poll(&self, url: &str) -> Result<Vec<Vec<u8>>, NodeError> {
        let (Some(known), me) = (self.get(url), self.deps.me.get()?) else { return Ok(Vec::new()) };
        let Some(dir_id) = known.node_id else { return Ok(Vec::new()) };
        let nonce = random_id()?;
        let SignedCall { time, sig } = self.sign(Call::Poll { dir_id, nonce, wait: POLL_WAIT_S }).await?;
        let body = PollCall { from: me.node_id, wait: POLL_WAIT_S, nonce, time, sig };
        let held = Duration::from_secs(POLL_WAIT_S.into());
        let answer = self.post_registered(url, "/api/v3/tokens/poll", &body, held).await?;
        if answer.status.as_u16() == 204 {
            return Ok(Vec::new());
        }
        let answer: PollAnswer = answer.json().map_err(|_| self.lies(url, NONSENSE))?;
        Ok(answer.grants.into_iter().map(|g| g.0).collect())
    }

    /// Asks for an introduction under a grant id drawn by this node.
    pub(super) async fn request(&self, url: &str, target: NodeId, grant_id: Id16) -> Result<(), NodeError> {
        let known = self.get(url).and_then(|k| k.node_id);
        let dir_id = known.ok_or_else(|| NodeError::Peer("the directory has not been met yet".to_owned()))?;
        let from = self.deps.me.get()?.node_id;
        let SignedCall { time, sig } = self.sign(Call::Request { dir_id, target, grant_id }).await?;
        let body = RequestCall { target, from, grant_id, time, sig };
        self.post_registered(url, "/api/v3/tokens/request-connection", &body, Duration::ZERO).await.map(drop)
    }

    /// Looks people up by `name`, `id` or `q`.
    pub async fn discover(&self, url: &str, key: &str, value: &str) -> Result<DiscoverAnswer, NodeError> {
        let mut at = path(url, "/api/v3/nodes/discover")?;
        at.query_pairs_mut().append_pair(key, value).append_pair("limit", "20");
        let answer =
            self.send(url, HttpRequest::get(at).timeout(CALL), Duration::ZERO).await.map_err(in_words)?;
        answer.json().map_err(|_| self.lies(url, NONSENSE))
    }

    /// The descriptor that the directory holds of a node; it must verify to the id.
    pub async fn descriptor(&self, url: &str, id: &NodeId) -> Result<Descriptor, NodeError> {
        let at = path(url, &format!("/api/v3/nodes/{id}/descriptor"))?;
        let answer =
            self.send(url, HttpRequest::get(at).timeout(CALL), Duration::ZERO).await.map_err(in_words)?;
        match Descriptor::parse(&answer.body) {
            Ok(descriptor) if descriptor.node_id() == *id => Ok(descriptor),
            _ => Err(self.lies(url, "the directory gave a descriptor that does not verify")),
        }
    }

    /// Notes that a directory answered what cannot be true.
    pub(super) fn lies(&self, url: &str, detail: &'static str) -> NodeError {
        self.note(url, Health::Lying, detail.to_owned());
        NodeError::Peer(detail.to_owned())
    }

    /// Notes how a directory does, and tells the apps when that changed.
    pub(super) fn note(&self, url: &str, health: Health, detail: String) {
        let now = self.deps.clock.now_ms();
        let mut all = self.lock();
        let Some(known) = all.get_mut(url) else { return };
        let changed = known.health != health;
        if changed {
            known.health = health;
            known.since_at = now;
        }
        known.detail = detail;
        drop(all);
        if changed {
            self.deps.events.send(Kind::Status, serde_json::json!({}));
        }
    }

    async fn sign(&self, call: Call) -> Result<SignedCall, NodeError> {
        match self.deps.keys.ask(Request::SignCall(call)).await? {
            Response::Call(signed) => Ok(signed),
            _ => Err(NodeError::Internal("the keeper signed no call".to_owned())),
        }
    }

    async fn post(
        &self,
        url: &str,
        to: &str,
        body: &impl Serialize,
        held: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let at = path(url, to).map_err(|_| HttpError::Url)?;
        let request = HttpRequest::post(at).json(body).map_err(|_| HttpError::Malformed)?;
        self.send(url, request.timeout(CALL + held).response_bytes_max(1 << 20), held).await
    }

    /// A call that only a registered node may make: 404 says that the directory forgot this node.
    async fn post_registered(
        &self,
        url: &str,
        to: &str,
        body: &impl Serialize,
        held: Duration,
    ) -> Result<HttpResponse, NodeError> {
        let answer = self.post(url, to, body, held).await;
        if matches!(&answer, Err(HttpError::Status { status, .. }) if status.as_u16() == 404) {
            // Register again at the next turn.
            if let Some(known) = self.lock().get_mut(url) {
                known.registered = None;
            }
        }
        answer.map_err(in_words)
    }

    /// Sends a request and notes how the directory does. `held`: how long it may hold the answer back.
    async fn send(&self, url: &str, request: HttpRequest, held: Duration) -> Result<HttpResponse, HttpError> {
        let begun = self.deps.clock.monotonic_ms();
        let answer = self.http.send(request).await.and_then(HttpResponse::success);
        let took = self.deps.clock.monotonic_ms().saturating_sub(begun);
        match &answer {
            Ok(_) if took > held.as_millis() as u64 + SLOW_MS => {
                self.note(url, Health::Slow, format!("answered after {} s", took / 1_000));
            }
            Ok(_) => self.note(url, Health::Ok, String::new()),
            Err(HttpError::Status { status, .. }) if !status.is_server_error() => {
                let doubted = matches!(status.as_u16(), 401 | 404);
                if let Some(known) = self.lock().get_mut(url) {
                    known.doubted |= doubted;
                }
            }
            Err(error @ HttpError::Status { .. }) => self.note(url, Health::Down, refusal(error)),
            Err(error @ HttpError::Malformed) => self.note(url, Health::Lying, error.to_string()),
            Err(error) => self.note(url, Health::Down, error.to_string()),
        }
        answer
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that failed, in words for the owner.
fn in_words(error: HttpError) -> NodeError {
    match &error {
        HttpError::Status { .. } => NodeError::Peer(refusal(&error)),
        _ => unreachable(error),
    }
}

/// What a directory answered instead, with its code.
fn refusal(error: &HttpError) -> String {
    match error {
        HttpError::Status { status, code, .. } => {
            format!("the directory answered {} {}", status.as_u16(), code.as_deref().unwrap_or_default())
        }
        other => other.to_string(),
    }
}

fn path(url: &str, path: &str) -> Result<Url, NodeError> {
    Url::parse(&format!("{}{path}", url.trim_end_matches('/')))
        .map_err(|_| NodeError::invalid("url", "this is not an address: write it as https://…"))
}

/// Sixteen random bytes.
pub(super) fn random_id() -> Result<Id16, NodeError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id)?;
    Ok(Id16(id))
}
