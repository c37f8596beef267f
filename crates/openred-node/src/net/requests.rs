//! REQUEST frames of Annex A.5: what peers may ask in a session, and the answers.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use openred_core::{
    call::{ChallengeAnswer, ChallengeCall, Factor},
    descriptor::{Descriptor, Pin},
    envelope::MessageType,
    frame::{DATA_MAX, Frame, Item, ItemKind},
    identity::IdentityLog,
    ids::{B64, Hash, Id8, Id16, NodeId},
    payload::Payload,
};
use openred_keeper::ops::Call;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    conversation::{self, fetch_log},
    dial,
    inflow::Inflow,
    live::Command,
    overlay::Overlay,
    own::Own,
};
use crate::{
    delivery::inbox::{self, BAD_SIGNATURE, Checked},
    deps::Deps,
    error::NodeError,
    modules::{
        challenge::{Challenges, Decision, REASON_CHARS_MAX},
        chats::typing,
        contacts::{person::Person, store as people},
        feed, files, identity,
    },
};

/// Largest piece of content sent in answer to one request; the asker goes on with `offset`.
const PIECE_MAX: u64 = 8 << 20;

/// An answer: status and JSON, and the bytes that followed it.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// As in HTTP.
    pub status: u16,
    /// JSON text; a problem for 4xx and 5xx.
    pub json: String,
    /// Offset of `data` in the whole.
    pub from: u64,
    /// DATA frames put together.
    pub data: Vec<u8>,
}

/// An envelope outside the streams, as an item.
pub(super) fn alone(envelope: Vec<u8>) -> Item {
    Item { stream: Id8([0; 8]), n: 1, low: 1, kind: ItemKind::Envelope, body: envelope }
}

/// The log of this node out of an answer to `log`: the id proves it, whoever brings it.
pub(super) fn log_in(answer: &Answer, of: NodeId) -> Result<IdentityLog, NodeError> {
    #[derive(Deserialize)]
    struct Found {
        log: Vec<B64>,
    }
    let found: Found = serde_json::from_str(&answer.json).map_err(|_| NodeError::Unknown("this log"))?;
    let entries: Vec<Vec<u8>> = found.log.into_iter().map(|entry| entry.0).collect();
    let log = IdentityLog::parse(&entries).map_err(|e| NodeError::Peer(e.to_string()))?;
    if log.node_id() == of { Ok(log) } else { Err(NodeError::Peer("a log of somebody else".to_owned())) }
}

/// Whether DATA frames follow a 200 with this JSON.
pub(super) fn brings_data(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Size {
        size: Option<u64>,
    }
    serde_json::from_str::<Size>(json).is_ok_and(|s| s.size.is_some())
}

/// Who asks, and in which session.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// `connections.id`.
    pub(super) person: i64,
    /// Treated as a stranger, whatever they are.
    pub(super) request_lane: bool,
    /// The session.
    pub(super) session_id: Id16,
    /// To ask back in the same session.
    pub(super) session: mpsc::Sender<Command>,
    /// The session is over.
    pub(super) ended: CancellationToken,
}

/// Answers requests of a peer; the frames are the RESPONSE and its DATA.
pub(super) trait Answers: Send + Sync + 'static {
    fn answer<'a>(
        &'a self,
        asker: &'a Asker,
        id: u32,
        path: &'a str,
        json: &'a str,
    ) -> BoxFuture<'a, Vec<Frame>>;

    /// Takes a frame of the overlay that came in this session. Never waits.
    fn overlay(&self, session: &Id16, frame: Vec<u8>);
}

/// The node's answers.
pub(super) struct NodeAnswers {
    deps: Deps,
    challenges: Challenges,
    inflow: Inflow,
    overlay: Overlay,
    own: Own,
}

impl Answers for NodeAnswers {
    fn answer<'a>(
        &'a self,
        asker: &'a Asker,
        id: u32,
        path: &'a str,
        json: &'a str,
    ) -> BoxFuture<'a, Vec<Frame>> {
        Box::pin(async move {
            match self.route(asker, path, json).await {
                Ok((body, data)) => frames(id, body, data),
                Err(error) => vec![refusal(id, &error)],
            }
        })
    }

    fn overlay(&self, session: &Id16, frame: Vec<u8>) {
        self.overlay.feed(session, frame);
    }
}

/// JSON, and content from an offset.
type Found = (serde_json::Value, Option<(u64, Vec<u8>)>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentAsk {
    content_id: Hash,
    offset: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeAsk {
    node_id: NodeId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    envelope: B64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAsk {
    file_id: String,
    offset: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typing {
    group: Id16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    offer: serde_json::Value,
}

impl NodeAnswers {
    async fn route(&self, asker: &Asker, path: &str, json: &str) -> Result<Found, NodeError> {
        match path {
            "/p2p/message/send" => self.send(asker, parse(json)?).await,
            "/p2p/file-request" => self.file(asker, &parse(json)?).await,
            "/p2p/file/share" => self.share(asker, &parse(json)?).await,
            "/p2p/auth/challenge" => self.challenge(asker, parse(json)?).await,
            "content" => self.content(asker.person, parse(json)?).await,
            "log" => self.log(parse(json)?).await,
            "descriptor" => self.descriptor(parse(json)?).await,
            typing::PATH => self.typing(asker, &parse(json)?).await,
            // Private conversations come with a later version.
            _ => Err(NodeError::Unknown("this request")),
        }
    }

    /// An envelope outside the streams, under the rules of those inside: it counts once, whatever way it comes.
    async fn send(&self, asker: &Asker, sent: Sent) -> Result<Found, NodeError> {
        self.inflow.admit(asker.person, asker.request_lane, 1).await;
        let good = match self.checked(asker, alone(sent.envelope.0)).await? {
            Checked::Good(good) => *good,
            Checked::Bad(code) => return Err(NodeError::ItemRefused { n: 1, code }),
            Checked::Tombstone => return Err(NodeError::ItemRefused { n: 1, code: "malformed" }),
        };
        inbox::take_alone(&self.deps, asker.person, asker.request_lane, good).await?;
        Ok((json!({"received": true}), None))
    }

    /// Somebody is writing.
    async fn typing(&self, asker: &Asker, sign: &Typing) -> Result<Found, NodeError> {
        if asker.request_lane {
            return Err(NodeError::Refused("only contacts may say this"));
        }
        self.inflow.admit(asker.person, asker.request_lane, 1).await;
        typing::heard(&self.deps, asker.person, sign.group).await?;
        Ok((json!({}), None))
    }

    /// Verified under the newest log known; a log that is missing or too old is asked of the peer once.
    async fn checked(&self, asker: &Asker, item: Item) -> Result<Checked, NodeError> {
        let me = self.deps.me.get()?.node_id;
        let signers = conversation::signers(&item);
        let keys = conversation::keys(&self.deps, signers.clone()).await?;
        let checked = inbox::check(&item, |id| keys.get(id).copied());
        let lacking: Vec<_> = signers.iter().filter(|id| **id != me && !keys.contains_key(id)).collect();
        let is_stale = matches!(checked, Checked::Bad(BAD_SIGNATURE));
        if lacking.is_empty() && !is_stale {
            return Ok(checked);
        }
        for id in signers.iter().filter(|id| **id != me && (is_stale || lacking.contains(id))) {
            // Whoever is still unknown is refused below.
            let _ = fetch_log(&self.deps, &asker.session, *id).await;
        }
        let keys = conversation::keys(&self.deps, signers).await?;
        Ok(inbox::check(&item, |id| keys.get(id).copied()))
    }

    /// A piece of a file that was offered to this person; a long text or a picture can be had here too, by its content id.
    async fn file(&self, asker: &Asker, ask: &FileAsk) -> Result<Found, NodeError> {
        let (person, is_stranger) = (asker.person, asker.request_lane);
        let offset = ask.offset.unwrap_or(0);
        if let Ok(content_id) = ask.file_id.parse::<Hash>() {
            let (size, data) = self.piece(person, content_id, offset).await?;
            return Ok((json!({"size": size, "hash": content_id}), Some(data)));
        }
        let offer = ask.file_id.parse::<Id16>();
        if is_stranger {
            return Err(NodeError::Refused("only contacts may fetch files"));
        }
        let offer = offer.map_err(|_| NodeError::invalid("file_id", "16 bytes in base64url"))?;
        let served = self.deps.read(move |w| {
            let peer = people::get(w.tx, w.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
            files::offers::serve(w, &peer, &offer)
        });
        let served = served.await?;
        let bytes = files::offers::piece(&self.deps, &served, offset, files::disk::PIECE_MAX).await?;
        let mut body = json!({"size": served.bytes, "hash": served.hash});
        if let Some(expires) = served.expires {
            body["expires"] = json!(expires);
        }
        Ok((body, Some((offset, bytes))))
    }

    /// An offer outside the streams, under the rules of those inside. Accepted means noted: the owner decides.
    async fn share(&self, asker: &Asker, share: &Share) -> Result<Found, NodeError> {
        let peer = self.peer(asker.person).await?;
        if !peer.is_contact() || asker.request_lane {
            return Err(NodeError::Refused("only contacts may offer files"));
        }
        let offer = openred_core::json::parse(
            share.offer.to_string().as_bytes(),
            openred_core::json::Limits::ENVELOPE,
        )
        .map_err(|e| NodeError::invalid("offer", e.to_string()))?;
        let Payload::FileOffer(offer) = Payload::parse(MessageType::FileOffer, &offer)? else {
            return Err(NodeError::invalid("offer", "a file_offer"));
        };
        self.deps.write(move |w| files::offers::on_offer(w, &peer, &offer)).await?;
        Ok((json!({"accepted": true}), None))
    }

    /// The owner decides; the keeper signs for this session and this question.
    async fn challenge(&self, asker: &Asker, call: ChallengeCall) -> Result<Found, NodeError> {
        if call.reason.chars().count() > REASON_CHARS_MAX || call.reason.chars().any(char::is_control) {
            return Err(NodeError::invalid("reason", "one line of at most 200 characters"));
        }
        match call.method {
            Factor::Confirm => {}
            Factor::Totp => return Err(NodeError::Refused("method totp is not known here")),
            Factor::Passkey => return Err(NodeError::Refused("method passkey is not known here")),
        }
        if asker.request_lane {
            return Err(NodeError::Refused("only contacts may ask this"));
        }
        let over = asker.ended.cancelled();
        let decision = self.challenges.ask_owner(&self.deps, asker.person, &call.reason, over).await?;
        if decision == Decision::Refuse {
            return Err(NodeError::Refused("the owner says no"));
        }
        let (session_id, challenge, method) = (asker.session_id, call.challenge, call.method as u8);
        let signed = self.deps.keys.keeper().sign_call(Call::Challenge { session_id, challenge, method });
        let signed = signed.await?;
        let answer = ChallengeAnswer { time: signed.time, sig: signed.sig };
        let answer = serde_json::to_value(answer).map_err(|e| NodeError::Internal(e.to_string()))?;
        Ok((answer, None))
    }

    async fn peer(&self, person: i64) -> Result<Person, NodeError> {
        let peer = self.deps.read(move |w| Ok(people::get(w.tx, w.seal, person)?)).await?;
        peer.filter(|peer| !peer.is_blocked()).ok_or(NodeError::Unknown("this person"))
    }

    async fn content(&self, person: i64, ask: ContentAsk) -> Result<Found, NodeError> {
        let (size, data) = self.piece(person, ask.content_id, ask.offset.unwrap_or(0)).await?;
        Ok((json!({"size": size}), Some(data)))
    }

    /// The size of a content that the person may see, and a piece of it from an offset on.
    async fn piece(&self, person: i64, id: Hash, offset: u64) -> Result<(u64, (u64, Vec<u8>)), NodeError> {
        let bytes = self
            .deps
            .read(move |w| {
                let peer = people::get(w.tx, w.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
                feed::content(w, &peer, &id)
            })
            .await?;
        let size = bytes.len() as u64;
        let start = offset.min(size);
        let end = (start + PIECE_MAX).min(size);
        Ok((size, (start, bytes[start as usize..end as usize].to_vec())))
    }

    async fn log(&self, ask: NodeAsk) -> Result<Found, NodeError> {
        let log = self.log_of(ask.node_id).await?;
        let entries: Vec<B64> = log.entries().iter().map(|e| B64(e.clone())).collect();
        Ok((json!({"log": entries}), None))
    }

    async fn descriptor(&self, ask: NodeAsk) -> Result<Found, NodeError> {
        let id = ask.node_id;
        let held = match self.own(&id) {
            Some(own) => Some(own),
            None => self.pin(id).await?.descriptor().cloned(),
        };
        let known = match held {
            Some(held) => Some(held.bytes().to_vec()),
            None => {
                let found = self.overlay.read(move |machine, _| machine.find(&id).map(<[u8]>::to_vec));
                found.await.ok().flatten()
            }
        };
        let known = known.ok_or(NodeError::Unknown("this node"))?;
        Ok((json!({"descriptor": B64(known)}), None))
    }

    /// The log of this node itself, of a person, or of somebody whose messages came by the overlay.
    async fn log_of(&self, id: NodeId) -> Result<IdentityLog, NodeError> {
        if id == self.deps.me.get()?.node_id {
            // As stored with the key: the descriptor is made anew a little after a rotation.
            let own = self.deps.read(|w| Ok(identity::log(w.tx)?)).await?;
            return own.ok_or(NodeError::NotSetUp);
        }
        let pinned = self.pin(id).await?.log().cloned();
        let heard = self.overlay.read(move |machine, _| machine.log_of(&id).cloned()).await.ok().flatten();
        let newest = pinned.into_iter().chain(heard).max_by_key(IdentityLog::head_seq);
        newest.ok_or(NodeError::Unknown("this node"))
    }

    fn own(&self, id: &NodeId) -> Option<Descriptor> {
        self.own.current().filter(|own| own.node_id() == *id)
    }

    async fn pin(&self, id: NodeId) -> Result<Pin, NodeError> {
        self.deps.read(move |w| dial::pin(w, &id)).await
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, NodeError> {
    openred_core::json::from_slice_strict(json.as_bytes(), 64 << 10)
        .map_err(|e| NodeError::invalid("request", e.to_string()))
}

fn frames(id: u32, body: serde_json::Value, data: Option<(u64, Vec<u8>)>) -> Vec<Frame> {
    let mut out = vec![Frame::Response { id, status: 200, json: body.to_string() }];
    let Some((from, bytes)) = data else { return out };
    if bytes.is_empty() {
        out.push(Frame::Data { id, offset: from, bytes, last: true });
        return out;
    }
    let count = bytes.chunks(DATA_MAX).len();
    for (i, piece) in bytes.chunks(DATA_MAX).enumerate() {
        let offset = from + (i * DATA_MAX) as u64;
        out.push(Frame::Data { id, offset, bytes: piece.to_vec(), last: i + 1 == count });
    }
    out
}

fn refusal(id: u32, error: &NodeError) -> Frame {
    let (status, code) = match error {
        NodeError::Locked | NodeError::Keeper(_) => (503, "locked"),
        NodeError::Invalid { .. } => (400, "malformed"),
        NodeError::Refused(_) => (403, "refused"),
        NodeError::Gone(_) => (410, "gone"),
        NodeError::SlowDown(_) => (429, "slow_down"),
        NodeError::ItemRefused { code, .. } => (status_of(code), *code),
        NodeError::Database(_) | NodeError::Internal(_) => (503, "busy"),
        _ => (404, "unknown"),
    };
    metrics::counter!("openred_node_requests_refused_total", "code" => code).increment(1);
    let mut problem = json!({"status": status, "code": code});
    if let NodeError::Refused(detail) = error {
        problem["detail"] = json!(detail);
    }
    if let NodeError::SlowDown(seconds) = error {
        problem["retry_after"] = json!(seconds.max(&1));
    }
    Frame::Response { id, status, json: problem.to_string() }
}

/// More requests than one session may have waiting.
pub(super) fn too_many(id: u32) -> Frame {
    refusal(id, &NodeError::SlowDown(1))
}

/// The status of a code that senders of items know.
fn status_of(code: &str) -> u16 {
    match code {
        "malformed" => 400,
        "bad_signature" => 401,
        "refused" => 403,
        "stale" => 409,
        "gone" => 410,
        "too_large" => 413,
        "type_unknown" => 415,
        _ => 404,
    }
}

/// Shared by all sessions of the node.
pub(super) fn answers(
    deps: &Deps,
    challenges: &Challenges,
    inflow: &Inflow,
    overlay: &Overlay,
    own: &Own,
) -> Arc<dyn Answers> {
    Arc::new(NodeAnswers {
        deps: deps.clone(),
        challenges: challenges.clone(),
        inflow: inflow.clone(),
        overlay: overlay.clone(),
        own: own.clone(),
    })
}
