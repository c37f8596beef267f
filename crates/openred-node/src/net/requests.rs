//! REQUEST frames of Annex A.5: what peers may ask in a session, and the answers.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use openred_core::{
    descriptor::Pin,
    frame::{DATA_MAX, Frame},
    ids::{B64, Hash, NodeId},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    deps::Deps,
    error::NodeError,
    modules::{contacts::store as people, feed},
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

/// Whether DATA frames follow a 200 with this JSON.
pub(super) fn brings_data(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Size {
        size: Option<u64>,
    }
    serde_json::from_str::<Size>(json).is_ok_and(|s| s.size.is_some())
}

/// Answers requests of a peer; the frames are the RESPONSE and its DATA.
pub(super) trait Answers: Send + Sync + 'static {
    fn answer<'a>(&'a self, person: i64, id: u32, path: &'a str, json: &'a str) -> BoxFuture<'a, Vec<Frame>>;
}

/// The node's answers.
pub(super) struct NodeAnswers {
    pub(super) deps: Deps,
}

impl Answers for NodeAnswers {
    fn answer<'a>(&'a self, person: i64, id: u32, path: &'a str, json: &'a str) -> BoxFuture<'a, Vec<Frame>> {
        Box::pin(async move {
            match self.route(person, path, json).await {
                Ok((body, data)) => frames(id, body, data),
                Err(error) => vec![refusal(id, &error)],
            }
        })
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

impl NodeAnswers {
    async fn route(&self, person: i64, path: &str, json: &str) -> Result<Found, NodeError> {
        match path {
            "content" => self.content(person, parse(json)?).await,
            "log" => self.log(parse(json)?).await,
            "descriptor" => self.descriptor(parse(json)?).await,
            // Files, MLS and second factors come with later versions.
            _ => Err(NodeError::Unknown("this request")),
        }
    }

    async fn content(&self, person: i64, ask: ContentAsk) -> Result<Found, NodeError> {
        let offset = ask.offset.unwrap_or(0);
        let bytes = self
            .deps
            .read(move |w| {
                let peer = people::get(w.tx, w.seal, person)?.ok_or(NodeError::Unknown("this person"))?;
                feed::content(w, &peer, &ask.content_id)
            })
            .await?;
        let size = bytes.len() as u64;
        let start = offset.min(size);
        let end = (start + PIECE_MAX).min(size);
        Ok((json!({"size": size}), Some((start, bytes[start as usize..end as usize].to_vec()))))
    }

    async fn log(&self, ask: NodeAsk) -> Result<Found, NodeError> {
        let pin = self.pin(ask.node_id).await?;
        let log = pin.log().ok_or(NodeError::Unknown("this node"))?;
        let entries: Vec<B64> = log.entries().iter().map(|e| B64(e.clone())).collect();
        Ok((json!({"log": entries}), None))
    }

    async fn descriptor(&self, ask: NodeAsk) -> Result<Found, NodeError> {
        let pin = self.pin(ask.node_id).await?;
        let descriptor = pin.descriptor().ok_or(NodeError::Unknown("this node"))?;
        Ok((json!({"descriptor": B64(descriptor.bytes().to_vec())}), None))
    }

    async fn pin(&self, id: NodeId) -> Result<Pin, NodeError> {
        self.deps
            .read(move |w| {
                let person = people::find(w.tx, w.seal, &id)?.ok_or(NodeError::Unknown("this node"))?;
                Ok(people::pin_of(w.tx, w.seal, &person)?)
            })
            .await
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
        NodeError::Database(_) | NodeError::Internal(_) => (503, "busy"),
        _ => (404, "unknown"),
    };
    Frame::Response { id, status, json: json!({"status": status, "code": code}).to_string() }
}

/// Shared by all sessions of the node.
pub(super) fn answers(deps: &Deps) -> Arc<dyn Answers> {
    Arc::new(NodeAnswers { deps: deps.clone() })
}
