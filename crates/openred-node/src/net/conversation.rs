//! What frames mean (Annex A.5), the same for both ends and all transports: items are applied and acknowledged,
//! acknowledgements are written down and make room for more, requests are answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use openred_core::{
    envelope::Envelope,
    frame::{Ack, Frame, Item, ItemKind},
    identity::LogOrder,
    ids::NodeId,
    sign::PublicKey,
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::debug;

use super::{
    inflow::{Inflow, SLICE},
    live::{Command, Setup},
    requests::{self, Answer, Asker},
    window::{STRANGER, Window},
};
use crate::{
    delivery::{
        inbox::{self, BAD_SIGNATURE, Checked},
        store,
    },
    deps::Deps,
    error::NodeError,
    modules::{
        contacts::{self, store as people},
        feed,
    },
};

/// Items read from the outbox at once.
const BATCH: i64 = 64;
/// Requests waiting for their answer.
const REQUESTS_MAX: usize = 64;
/// A peer that does not answer with a log within this time does not have it.
const LOG_WAIT: Duration = Duration::from_secs(10);
/// Largest answer with data that a request may gather: 32 MiB.
const DATA_MAX: usize = 32 << 20;

/// One end of a session, above its transport.
pub(super) struct Conversation {
    deps: Deps,
    person: i64,
    request_lane: bool,
    me: mpsc::Sender<Command>,
    asker: Asker,
    answers: Arc<dyn requests::Answers>,
    inflow: Inflow,
    answering: Arc<Semaphore>,
    window: Window,
    /// What of the peer was known when something was sent last: who became a contact stays one as long as the session.
    is_contact: bool,
    next_request: u32,
    asked: BTreeMap<u32, Asked>,
}

struct Asked {
    answer: Answer,
    reply: oneshot::Sender<Result<Answer, NodeError>>,
}

/// What the transport does next.
pub(super) enum After {
    /// Go on; send these.
    Send(Vec<Frame>),
    /// The peer closed.
    Closed,
}

impl Conversation {
    pub(super) fn new(setup: &Setup, asker: Asker) -> Self {
        Self {
            deps: setup.deps.clone(),
            person: setup.person,
            request_lane: setup.request_lane,
            me: asker.session.clone(),
            asker,
            answers: setup.answers.clone(),
            inflow: setup.inflow.clone(),
            answering: Arc::new(Semaphore::new(REQUESTS_MAX)),
            window: Window::new(),
            is_contact: false,
            next_request: 1,
            asked: BTreeMap::new(),
        }
    }

    /// Acts on frames in order. Items of one batch share a flush.
    pub(super) async fn on_frames(&mut self, frames: Vec<Frame>) -> Result<After, NodeError> {
        let (mut items, mut acks, mut out) = (Vec::new(), Vec::<Ack>::new(), Vec::new());
        for frame in frames {
            match frame {
                Frame::Item(item) => items.push(item),
                Frame::Ack(more) => acks.extend(more),
                Frame::Request { id, path, json } => out.extend(self.answer(id, path, json)),
                Frame::Response { id, status, json } => self.on_response(id, status, json),
                Frame::Data { id, offset, bytes, last } => self.on_data(id, offset, &bytes, last),
                Frame::Close { code, .. } => {
                    debug!(code, "the peer closes the session");
                    return Ok(After::Closed);
                }
                Frame::Overlay(frame) => self.answers.overlay(&self.asker.session_id, frame),
                // A second FIRST: not for this version.
                Frame::First(_) => debug!("a frame that nothing waits for"),
            }
        }
        if !items.is_empty() {
            metrics::counter!("openred_node_items_received_total").increment(items.len() as u64);
        }
        while !items.is_empty() {
            let rest = items.split_off(items.len().min(SLICE));
            let now = std::mem::replace(&mut items, rest);
            self.inflow.admit(self.person, self.request_lane, now.len()).await;
            out.push(Frame::Ack(self.apply(now).await?));
        }
        if !acks.is_empty() {
            inbox::acknowledged(&self.deps, self.person, acks.clone()).await?;
            let upto = acks.iter().map(|ack| ack.upto).max().unwrap_or_default();
            let arrived = self.window.acknowledged(upto, self.deps.clock.monotonic_ms());
            metrics::counter!("openred_node_items_acknowledged_total").increment(arrived);
            out.extend(self.next_items().await?);
        }
        Ok(After::Send(out))
    }

    /// Applies items whose signers' keys are known; logs of the others are asked of the peer first.
    async fn apply(&self, items: Vec<Item>) -> Result<Vec<Ack>, NodeError> {
        let me = self.deps.me.get()?.node_id;
        let keys = self.keys_of(&items).await?;
        let (mut ready, mut unknown, mut missing) = (Vec::new(), Vec::new(), BTreeSet::new());
        for item in items {
            let lacking: Vec<_> =
                signers(&item).into_iter().filter(|id| *id != me && !keys.contains_key(id)).collect();
            if lacking.is_empty() {
                ready.push(item);
            } else {
                unknown.push(item);
            }
            missing.extend(lacking);
        }
        // A signer may have rotated unseen: what fails under the held log is tried again under the newest.
        let (good, stale): (Vec<_>, Vec<_>) = check(ready, &keys)
            .into_iter()
            .partition(|(_, checked)| !matches!(checked, Checked::Bad(BAD_SIGNATURE)));
        for (item, _) in stale {
            missing.extend(signers(&item).into_iter().filter(|id| *id != me));
            unknown.push(item);
        }
        if !unknown.is_empty() {
            self.fetch_logs(unknown, missing);
        }
        inbox::apply(&self.deps, self.person, self.request_lane, good).await
    }

    /// The peer was asked for the logs that were missing: whoever is still unknown is refused.
    pub(super) async fn retry(&self, items: Vec<Item>) -> Result<Vec<Frame>, NodeError> {
        let keys = self.keys_of(&items).await?;
        let checked = check(items, &keys);
        Ok(vec![Frame::Ack(inbox::apply(&self.deps, self.person, self.request_lane, checked).await?)])
    }

    fn fetch_logs(&self, items: Vec<Item>, missing: BTreeSet<NodeId>) {
        let (deps, me) = (self.deps.clone(), self.me.clone());
        self.deps.tasks.spawn_one_of_many("fetch logs", async move {
            for id in missing {
                if let Err(error) = fetch_log(&deps, &me, id).await {
                    debug!(%error, "a log is not to be had");
                }
            }
            let _ = me.send(Command::Retry(items)).await;
        });
    }

    async fn keys_of(&self, items: &[Item]) -> Result<BTreeMap<NodeId, PublicKey>, NodeError> {
        keys(&self.deps, items.iter().flat_map(signers).collect()).await
    }

    /// The next things for the peer, as far as the window allows.
    pub(super) async fn next_items(&mut self) -> Result<Vec<Frame>, NodeError> {
        let now = self.deps.clock.monotonic_ms();
        let (from, room) = self.window.next(self.is_contact, now);
        if room == 0 && self.is_contact {
            return Ok(Vec::new());
        }
        let (person, is_contact) = (self.person, self.is_contact);
        let (is_contact, stream, low, waiting) = self
            .deps
            .read(move |w| {
                let is_contact = is_contact
                    || people::get(w.tx, w.seal, person)?.is_some_and(|person| person.is_contact());
                let most = if is_contact { BATCH } else { STRANGER as i64 };
                let waiting = store::waiting(w.tx, w.seal, person, from, most)?;
                Ok((is_contact, store::stream_of(w.tx, person)?, store::low(w.tx, person)?, waiting))
            })
            .await?;
        self.is_contact = is_contact;
        let Some(stream) = stream else { return Ok(Vec::new()) };
        // What was acknowledged in earlier sessions takes no room in this one's window.
        self.window.acknowledged(low.saturating_sub(1), now);
        let (from, room) = self.window.next(is_contact, now);
        let sent: Vec<_> = waiting.into_iter().filter(|w| (from..from + room).contains(&w.n)).collect();
        metrics::counter!("openred_node_items_sent_total").increment(sent.len() as u64);
        let frames = sent.into_iter().map(|w| {
            self.window.sent(w.n);
            let kind = if w.kind == 1 { ItemKind::Envelope } else { ItemKind::Tombstone };
            Frame::Item(Item { stream, n: w.n, low: low.min(w.n).max(1), kind, body: w.body })
        });
        Ok(frames.collect())
    }

    /// A request of this side.
    pub(super) fn ask(
        &mut self,
        path: String,
        json: String,
        reply: oneshot::Sender<Result<Answer, NodeError>>,
    ) -> Option<Frame> {
        if self.asked.len() >= REQUESTS_MAX {
            let _ = reply.send(Err(NodeError::SlowDown(1)));
            return None;
        }
        let id = self.next_request;
        self.next_request = self.next_request.wrapping_add(1);
        self.asked.insert(id, Asked { answer: Answer::default(), reply });
        Some(Frame::Request { id, path, json })
    }

    /// No more comes in answer to this request: who waits for it learns that the session failed it.
    pub(super) fn unanswered(&mut self, id: u32) {
        self.asked.remove(&id);
    }

    fn on_response(&mut self, id: u32, status: u16, json: String) {
        let Some(mut asked) = self.asked.remove(&id) else { return };
        asked.answer.status = status;
        asked.answer.json = json;
        if status == 200 && requests::brings_data(&asked.answer.json) {
            self.asked.insert(id, asked);
        } else {
            let _ = asked.reply.send(Ok(asked.answer));
        }
    }

    fn on_data(&mut self, id: u32, offset: u64, bytes: &[u8], last: bool) {
        let Some(mut asked) = self.asked.remove(&id) else { return };
        let in_order =
            offset == asked.answer.from + asked.answer.data.len() as u64 || asked.answer.data.is_empty();
        if !in_order || asked.answer.data.len() + bytes.len() > DATA_MAX {
            let _ = asked
                .reply
                .send(Err(NodeError::Peer("the answer came in pieces that do not fit".to_owned())));
            return;
        }
        if asked.answer.data.is_empty() {
            asked.answer.from = offset;
        }
        asked.answer.data.extend_from_slice(bytes);
        if last {
            let _ = asked.reply.send(Ok(asked.answer));
        } else {
            self.asked.insert(id, asked);
        }
    }

    /// Answers a request beside the session's loop; the frames come back as a command. Beyond 64 that wait for their
    /// answer the refusal is the answer.
    fn answer(&self, id: u32, path: String, json: String) -> Option<Frame> {
        let Ok(place) = self.answering.clone().try_acquire_owned() else {
            return Some(requests::too_many(id));
        };
        let (answers, asker) = (self.answers.clone(), self.asker.clone());
        self.deps.tasks.spawn_one_of_many("answer", async move {
            let frames = answers.answer(&asker, id, &path, &json).await;
            let _ = asker.session.send(Command::Send(frames)).await;
            drop(place);
        });
        None
    }
}

/// The keys under which these signers' things must verify, as far as they are known.
pub(super) async fn keys(
    deps: &Deps,
    signers: BTreeSet<NodeId>,
) -> Result<BTreeMap<NodeId, PublicKey>, NodeError> {
    deps.read(move |w| {
        let mut keys = BTreeMap::new();
        for id in signers {
            if let Some(key) = inbox::key_of(w, &id)? {
                keys.insert(id, key);
            }
        }
        Ok(keys)
    })
    .await
}

/// Who says to have signed an item or what it brings along; nobody for tombstones and what does not parse.
pub(super) fn signers(item: &Item) -> BTreeSet<NodeId> {
    if item.kind != ItemKind::Envelope {
        return BTreeSet::new();
    }
    let Ok(unverified) = Envelope::parse(&item.body) else { return BTreeSet::new() };
    let mut found = feed::sync::authors(unverified.envelope());
    found.insert(unverified.envelope().from.node_id);
    found
}

/// Verifies items under the keys that are held.
fn check(items: Vec<Item>, keys: &BTreeMap<NodeId, PublicKey>) -> Vec<(Item, Checked)> {
    let verify = |item: Item| {
        let checked = inbox::check(&item, |id| keys.get(id).copied());
        (item, checked)
    };
    items.into_iter().map(verify).collect()
}

/// Asks the peer for somebody's identity log and pins it: the id proves it, whoever brings it.
pub(super) async fn fetch_log(deps: &Deps, me: &mpsc::Sender<Command>, id: NodeId) -> Result<(), NodeError> {
    let (reply, answer) = oneshot::channel();
    let json = serde_json::json!({"node_id": id}).to_string();
    let lost = || NodeError::Peer("the session ended".to_owned());
    me.send(Command::Ask { path: "log".to_owned(), json, reply }).await.map_err(|_| lost())?;
    let answer = tokio::time::timeout(LOG_WAIT, answer).await;
    let answer = answer.map_err(|_| NodeError::Peer("no answer".to_owned()))?.map_err(|_| lost())??;
    let log = requests::log_in(&answer, id)?;
    deps.write(move |w| {
        let person = people::ensure(w.tx, w.seal, &id, w.now)?;
        let mut pin = people::pin_of(w.tx, w.seal, &person)?;
        if let LogOrder::Fork { seq, entry } = pin.accept_log(&log) {
            return contacts::forks::keep(w, &person, seq, &entry);
        }
        Ok(people::save_pin(w.tx, w.seal, person.id, &pin)?)
    })
    .await
}
