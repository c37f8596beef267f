//! The initiator's handshake over HTTPS: hello, message 2, both first frames, and the session stands (PROTOCOL §4).

use openred_core::{
    descriptor::Descriptor,
    hello::HelloRefusal,
    ids::NodeId,
    session_keys::{Chunk, HttpsBody, SessionKeys},
};
use openred_keeper::{
    blob::Blob,
    ops::{Finish, Request, Response, Session, Start, Ticket},
};
use openred_proto::session::Channel;

use super::{
    Network,
    https::{self, Hail, Poster},
    live::{Live, Setup},
};
use crate::error::NodeError;

/// What this node can do, told in the first frame.
pub(super) const CAPABILITIES: &[&str] = &["orf1"];
const NO_BINDING: [u8; 32] = [0; 32];
/// A grant that the other side does not know yet is tried again after 25, 50, 100 ms …
const RETRY_FIRST_MS: u64 = 25;
const RETRY_MAX_MS: u64 = 2_000;

/// Why there is no session.
#[derive(Debug)]
pub(super) enum ShakeFailed {
    /// The other node said no, by name.
    Refused(HelloRefusal),
    /// Not reachable, or something of ours failed.
    Failed(NodeError),
}

impl From<NodeError> for ShakeFailed {
    fn from(error: NodeError) -> Self {
        Self::Failed(error)
    }
}

/// One attempt to meet.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    pub(super) ticket: Ticket,
    pub(super) own: &'a Descriptor,
    pub(super) peer: &'a Descriptor,
    /// Attach the own descriptor (kinds 2–4).
    pub(super) attach: bool,
    /// A contact met again without a shared secret (kind 4).
    pub(super) rejoin: bool,
    /// Until when a grant unknown to the peer is tried again (monotonic ms); 0 for never.
    pub(super) retry_until: u64,
}

/// Runs the handshake and opens the session.
pub(super) async fn shake(net: &Network, attempt: Attempt<'_>) -> Result<Live, ShakeFailed> {
    let api_url = attempt.peer.body().api_url.clone();
    let api_url = api_url.ok_or_else(|| NodeError::Peer("their node has no address to call".to_owned()))?;
    let rejoin = attempt.rejoin;
    let start = Start {
        ticket: attempt.ticket,
        own_descriptor: Blob(attempt.own.bytes().to_vec()),
        peer_descriptor: Blob(attempt.peer.bytes().to_vec()),
        binding: NO_BINDING,
        attach_descriptor: attempt.attach,
        rejoin,
    };
    let Response::Started(started) = net.deps.keys.ask(Request::Start(start)).await? else {
        return Err(other_answer().into());
    };
    let reply = match hail(net, &api_url, &started.hello.0, attempt.retry_until).await {
        Ok(reply) => reply,
        Err(failed) => {
            let _ = net.deps.keys.ask(Request::Abandon(started.handle)).await;
            return Err(failed);
        }
    };
    let capabilities = CAPABILITIES.iter().map(|&c| c.to_owned()).collect();
    let finish = Finish { handle: started.handle, noise: Blob(reply.noise.to_vec()), capabilities };
    let Response::Finished(finished) = net.deps.keys.ask(Request::Finish(finish)).await? else {
        return Err(other_answer().into());
    };
    if finished.session_id != reply.session_id {
        return Err(NodeError::Peer("their node names another session".to_owned()).into());
    }
    let poster = Poster {
        http: net.http.clone(),
        url: https::at(&api_url, "/p2p/message")?,
        session_id: finished.session_id,
    };
    let first = HttpsBody {
        session_id: finished.session_id,
        chunks: vec![Chunk { n: 0, ciphertext: finished.first.0 }],
    };
    let answer = poster.post(first.encode(), false).await;
    let answer = answer
        .map_err(|failed| NodeError::Peer(format!("the handshake was not finished: {}", failed.code())))?;
    let first = answer.chunks.into_iter().find(|c| c.n == 0).map(|c| Blob(c.ciphertext));
    let first = first.ok_or_else(|| NodeError::Peer("the handshake was not finished".to_owned()))?;
    let Response::Session(session) =
        net.deps.keys.ask(Request::Complete { handle: started.handle, first }).await?
    else {
        return Err(other_answer().into());
    };
    Ok(open(net, session, attempt.peer, poster, rejoin).await?)
}

async fn hail(
    net: &Network,
    api_url: &str,
    hello: &[u8],
    retry_until: u64,
) -> Result<openred_core::hello::HelloReply, ShakeFailed> {
    let mut pause = RETRY_FIRST_MS;
    loop {
        match https::hail(&net.http, api_url, hello).await? {
            Hail::Reply(reply) => return Ok(reply),
            Hail::Refused(HelloRefusal::GrantUnknown)
                if net.deps.clock.monotonic_ms() + pause < retry_until =>
            {
                tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
                pause = (pause * 2).min(RETRY_MAX_MS);
            }
            Hail::Refused(refusal) => return Err(ShakeFailed::Refused(refusal)),
        }
    }
}

async fn open(
    net: &Network,
    session: Session,
    peer: &Descriptor,
    poster: Poster,
    rejoin: bool,
) -> Result<Live, NodeError> {
    let id: NodeId = session.peer;
    let keys = keys_of(&session)?;
    let person = net.met(&session, peer, rejoin).await?;
    let channel = Channel::new(session.session_id, keys, net.deps.clock.monotonic_ms());
    let setup = Setup {
        deps: net.deps.clone(),
        peer: id,
        person,
        request_lane: rejoin && !session.rejoined,
        keep_open: net.must_keep_open(),
        answers: net.answers.clone(),
        stop: net.deps.tasks.soft().clone(),
    };
    let live = Live::initiate(setup, channel, poster);
    net.pool.add(&net.deps.me.get()?.node_id, live.clone(), &net.deps.tasks);
    Ok(live)
}

/// Transport keys out of the keeper's answer.
pub(super) fn keys_of(session: &Session) -> Result<SessionKeys, NodeError> {
    let bytes: &[u8; 64] = session
        .keys
        .expose()
        .try_into()
        .map_err(|_| NodeError::Internal("session keys are 64 bytes".to_owned()))?;
    Ok(SessionKeys::from_bytes(bytes))
}

fn other_answer() -> NodeError {
    NodeError::Internal("the keeper answered another question".to_owned())
}
