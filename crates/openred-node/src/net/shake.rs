//! The initiator's handshakes over QUIC or HTTPS, step by step as the tables say: hello, message 2, both first frames, and
//! the session stands (PROTOCOL §4).

use std::time::Duration;

use openred_core::{
    descriptor::Descriptor,
    frame::close,
    hello::{
        Context, Hello, HelloRefusal, HelloReply, PeerFacts, TicketKind, WorkChallenge, accept_descriptor,
        seal_descriptor, solve,
    },
    ids::{B64, NodeId},
    session_keys::{Chunk, HttpsBody, SessionKeys},
    token::Role,
};
use openred_keeper::{
    blob::Blob,
    client::KeeperError,
    ops::{Finish, Refusal, Request, Response, Session, Start},
};
use openred_proto::{
    introduction::{Failure, Input, StartId, Ticket},
    session::Channel,
};
use tracing::debug;

use super::{
    Network,
    accept::{stands, ticket_of},
    dial::{adopt, held},
    https::{self, Hail, Poster},
    live::{self, Live, Setup},
    overlay::{self, CAPABILITY},
    quic::{
        Endpoint, Line, Way,
        call::{self, Call},
    },
    steps::{Step, Steps},
    tables::Outcome,
};
use crate::error::NodeError;

/// What this node can do, told in the first frame.
pub(super) const CAPABILITIES: &[&str] = &["orf1", CAPABILITY];
/// The binding of a handshake over HTTPS.
pub(super) const NO_BINDING: [u8; 32] = [0; 32];
/// How long a node that answers by HTTPS too is waited for by QUIC.
const HEAD_START: Duration = Duration::from_millis(1_500);

/// The way on which a handshake goes: chosen before its hello is made, and kept to its end.
enum Road {
    Quic(Box<Call>),
    Https(String),
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum ShakeFailed {
    /// The tables gave up.
    Met(Failure),
    /// Something of ours failed.
    Here(NodeError),
}

impl From<NodeError> for ShakeFailed {
    fn from(error: NodeError) -> Self {
        Self::Here(error)
    }
}

/// One dial: with whom, and what was begun.
pub(super) struct Dialling<'a> {
    net: &'a Network,
    peer_id: NodeId,
    /// Descriptor of the peer that a grant brought.
    introduced: Option<Descriptor>,
    /// The pinned descriptor, as far as it was just read.
    pinned: Option<Descriptor>,
    /// An open connection for the next hello.
    call: Option<Call>,
    begun: Option<Begun>,
}

/// Message 1 under way.
struct Begun {
    handle: u64,
    hello: Hello,
    own: Descriptor,
    peer: Descriptor,
    road: Road,
    rejoin: bool,
}

impl<'a> Dialling<'a> {
    pub(super) fn new(net: &'a Network, peer_id: NodeId, introduced: Option<Descriptor>) -> Self {
        Self { net, peer_id, introduced, pinned: None, call: None, begun: None }
    }

    /// With the pinned descriptor that was just read: it need not be read again for the first hello.
    pub(super) fn knowing(mut self, pinned: Option<Descriptor>) -> Self {
        self.pinned = pinned;
        self
    }

    /// Does what the tables say until a session stands or they give up.
    pub(super) async fn run(mut self, mut steps: Steps) -> Result<Live, ShakeFailed> {
        let outcome = self.go(&mut steps).await;
        self.abandon().await;
        outcome
    }

    async fn go(&mut self, steps: &mut Steps) -> Result<Live, ShakeFailed> {
        while let Some((start, step)) = steps.next().await {
            if let Step::Failed(why) = step {
                return Err(ShakeFailed::Met(why));
            }
            if let Step::Learn(signed) = step {
                let good = self.learn(&signed).await;
                self.net.tables.turn(Input::Learnt { start, good });
                continue;
            }
            if let Some(reply) = self.try_once(start, step).await? {
                return self.finish(reply).await;
            }
        }
        Err(ShakeFailed::Met(Failure::NoRoute))
    }

    /// One hello and its answer, told to the tables. Message 2 comes back.
    async fn try_once(&mut self, start: StartId, step: Step) -> Result<Option<HelloReply>, ShakeFailed> {
        let outcome = match self.prepare(step).await {
            Ok(()) => self.hail().await,
            Err(ShakeFailed::Met(_)) => None,
            // A pair secret made under a key that was replaced is as good as forgotten.
            Err(ShakeFailed::Here(NodeError::Gone(_))) => Some(Err(HelloRefusal::Unknown)),
            Err(here) => return Err(here),
        };
        let reply = outcome.as_ref().and_then(|outcome| outcome.as_ref().ok()).cloned();
        self.net.tables.turn(Input::Answered { start, outcome });
        Ok(reply)
    }

    async fn pinned(&mut self) -> Option<Descriptor> {
        match self.pinned.take() {
            Some(pinned) => Some(pinned),
            None => held(self.net, self.peer_id).await,
        }
    }

    /// Makes or changes the hello.
    async fn prepare(&mut self, step: Step) -> Result<(), ShakeFailed> {
        match step {
            Step::Start { kind, ticket, descriptors, rejoin } => {
                self.abandon().await;
                let (own, peer) = match descriptors {
                    Some((own, peer)) => (
                        self.net.own.with_hash(&own, self.net.deps.clock.now_ms()),
                        self.introduced.clone().filter(|d| d.hash() == peer),
                    ),
                    None => (self.net.own.current(), self.pinned().await),
                };
                let (Some(own), Some(peer)) = (own, peer) else { return Err(no_route()) };
                self.start(kind, ticket, own, peer, rejoin).await
            }
            Step::Attach => self.attach(),
            Step::Solve(challenge) => self.work(challenge).await,
            Step::SendAgain | Step::Learn(_) | Step::Failed(_) => Ok(()),
        }
    }

    async fn start(
        &mut self,
        kind: TicketKind,
        ticket: Ticket,
        own: Descriptor,
        peer: Descriptor,
        rejoin: bool,
    ) -> Result<(), ShakeFailed> {
        let road = self.road_to(&peer).await?;
        let binding = match &road {
            Road::Quic(call) => call.binding(),
            Road::Https(_) => NO_BINDING,
        };
        let start = Start {
            ticket: ticket_of(ticket),
            own_descriptor: Blob(own.bytes().to_vec()),
            peer_descriptor: Blob(peer.bytes().to_vec()),
            binding,
            attach_descriptor: matches!(kind, TicketKind::Invitation | TicketKind::Open),
            rejoin,
        };
        let started = match self.net.deps.keys.keeper().ask(Request::Start(start)).await {
            Ok(Response::Started(started)) => started,
            Ok(_) => return Err(other_answer().into()),
            Err(KeeperError::Refused(Refusal::TicketVoid)) => {
                return Err(NodeError::Gone("this secret was made under a replaced key").into());
            }
            Err(error) => return Err(NodeError::from(error).into()),
        };
        let hello = Hello::parse(&started.hello.0).map_err(|_| other_answer())?;
        self.begun = Some(Begun { handle: started.handle, hello, own, peer, road, rejoin });
        Ok(())
    }

    /// QUIC where it leads to the peer at once, else HTTPS. Nothing of the handshake has left yet.
    async fn road_to(&mut self, peer: &Descriptor) -> Result<Road, ShakeFailed> {
        let api_url = peer.body().api_url.clone();
        if let (Some(way), Some(endpoint)) = (self.net.way_to(peer), self.net.socket.endpoint()) {
            if let Some(call) = self.call.take_if(|call| call.leads_to(&way.endpoint_id)) {
                return Ok(Road::Quic(Box::new(call)));
            }
            if let Some(call) = dial(&endpoint, &way, api_url.is_some()).await {
                return Ok(Road::Quic(Box::new(call)));
            }
        }
        api_url.map(Road::Https).ok_or_else(no_route)
    }

    fn attach(&mut self) -> Result<(), ShakeFailed> {
        let begun = self.begun.as_mut().ok_or_else(no_route)?;
        let mail_key = &begun.peer.body().mail_key;
        let boxed = seal_descriptor(mail_key, &self.peer_id, &begun.own).map_err(|_| no_route())?;
        begun.hello.descriptor = Some(B64(boxed));
        Ok(())
    }

    async fn work(&mut self, challenge: WorkChallenge) -> Result<(), ShakeFailed> {
        let begun = self.begun.as_mut().ok_or_else(no_route)?;
        let hash = *Context::of_hello(&begun.hello).hash();
        let solved = tokio::task::spawn_blocking(move || solve(&challenge, &hash)).await;
        let work = solved.map_err(|e| NodeError::Internal(e.to_string()))?;
        begun.hello.work = Some(work.ok_or_else(no_route)?);
        Ok(())
    }

    async fn hail(&mut self) -> Option<Outcome> {
        let begun = self.begun.as_mut()?;
        let hello = begun.hello.to_text();
        let hailed = match &mut begun.road {
            Road::Quic(call) => call.hail(&hello).await.map_err(call::unreachable),
            Road::Https(url) => https::hail(&self.net.http, url, hello.as_bytes()).await,
        };
        match hailed {
            Ok(Hail::Reply(reply)) => Some(Ok(reply)),
            Ok(Hail::Refused(refusal)) => {
                debug!(code = refusal.code(), kind = ?begun.hello.kind, "a hello was refused");
                Some(Err(refusal))
            }
            Err(error) => {
                debug!(%error, "a node is not reachable");
                None
            }
        }
    }

    /// A descriptor out of a stale answer: pinned when it is the peer's newest.
    async fn learn(&self, signed: &[u8]) -> bool {
        let id = self.peer_id;
        // A contact that holds a newer descriptor of this node than this node has: another copy of it speaks.
        if let Ok(found) = Descriptor::parse(signed)
            && self.net.deps.me.get().is_ok_and(|me| me.node_id == found.node_id())
        {
            if let Err(error) = self.net.saw_own(&found).await {
                debug!(%error, "the own descriptor was not looked at");
            }
            return false;
        }
        let pin = self.net.deps.read(move |w| super::dial::pin(w, &id)).await;
        let Ok(pin) = pin else { return false };
        let now = self.net.deps.clock.now_s();
        match accept_descriptor(signed, None, &id, &PeerFacts::of(&pin), now) {
            Ok(newer) => adopt(self.net, id, &newer).await,
            Err(refusal) => {
                debug!(check = refusal.name(), "the descriptor of a stale answer was refused");
                false
            }
        }
    }

    /// Message 2 came: both first frames, and the session stands.
    async fn finish(&mut self, reply: HelloReply) -> Result<Live, ShakeFailed> {
        let Some(begun) = self.begun.take() else { return Err(no_route()) };
        let capabilities = CAPABILITIES.iter().map(|&c| c.to_owned()).collect();
        let finish = Finish { handle: begun.handle, noise: Blob(reply.noise.to_vec()), capabilities };
        let Response::Finished(finished) = self.net.deps.keys.ask(Request::Finish(finish)).await? else {
            return Err(other_answer().into());
        };
        if finished.session_id != reply.session_id {
            return Err(NodeError::Peer("their node names another session".to_owned()).into());
        }
        let Begun { handle, peer, road, rejoin, .. } = begun;
        let (first, carrier) = match road {
            Road::Quic(mut call) => {
                let first = call.first(&finished.first.0).await?;
                (first, Carried::ByQuic(call.line().ok_or_else(no_route)?))
            }
            Road::Https(api_url) => {
                let url = https::at(&api_url, "/p2p/message")?;
                let poster = Poster { http: self.net.http.clone(), url, session_id: finished.session_id };
                (first_by(&poster, finished.first.0).await?, Carried::ByHttps(poster))
            }
        };
        let complete = Request::Complete { handle, first: Blob(first) };
        let Response::Session(session) = self.net.deps.keys.ask(complete).await? else {
            return Err(other_answer().into());
        };
        Ok(open(self.net, session, &peer, carrier, rejoin).await?)
    }

    /// Gives up the hello that was begun; the next one may go by its connection.
    async fn abandon(&mut self) {
        let Some(begun) = self.begun.take() else { return };
        let _ = self.net.deps.keys.ask(Request::Abandon(begun.handle)).await;
        if let Road::Quic(call) = begun.road {
            self.call = Some(*call);
        }
    }
}

/// Posts the own first frame; theirs comes back.
async fn first_by(poster: &Poster, first: Vec<u8>) -> Result<Vec<u8>, NodeError> {
    let session_id = poster.session_id;
    let chunks = vec![Chunk { n: 0, ciphertext: first }];
    let answer = poster.post(HttpsBody { session_id, chunks }.encode(), false).await;
    let answer = answer
        .map_err(|failed| NodeError::Peer(format!("the handshake was not finished: {}", failed.code())))?;
    let first = answer.chunks.into_iter().find(|c| c.n == 0).map(|c| c.ciphertext);
    first.ok_or_else(|| NodeError::Peer("the handshake was not finished".to_owned()))
}

/// What a session that stands goes by.
enum Carried {
    ByQuic(Line),
    ByHttps(Poster),
}

async fn open(
    net: &Network,
    session: Session,
    peer: &Descriptor,
    carried: Carried,
    rejoin: bool,
) -> Result<Live, NodeError> {
    let keys = keys_of(&session)?;
    let person = match net.met(&session, peer, rejoin).await {
        Ok(person) => person,
        Err(error) => {
            let code = if matches!(error, NodeError::Locked) { close::LOCKED } else { close::IDLE };
            hang_up(net, &session, carried, keys, code).await;
            return Err(error);
        }
    };
    let setup = Setup::of(net, &session, person, rejoin);
    let live = match carried {
        // TLS has its own keys: these were for the first frames.
        Carried::ByQuic(mut line) => {
            line.overlay = overlay::on_connection(net, &session, &line.connection, true).await;
            Live::over_quic(setup, session.session_id, true, line)
        }
        Carried::ByHttps(poster) => {
            let channel = Channel::new(session.session_id, keys, net.deps.clock.monotonic_ms());
            Live::initiate(setup, channel, poster)
        }
    };
    stands(net, live.clone(), &session, Role::A);
    Ok(live)
}

/// The other side holds a session that this one cannot keep: it is told. Over QUIC the connection ends, which says so.
async fn hang_up(net: &Network, session: &Session, carried: Carried, keys: SessionKeys, code: &'static str) {
    let Carried::ByHttps(poster) = carried else { return };
    let mut channel = Channel::new(session.session_id, keys, net.deps.clock.monotonic_ms());
    live::say_goodbye(&mut channel, &poster, code).await;
}

/// Connects by QUIC. A node that can be called by HTTPS too is not waited for long.
async fn dial(endpoint: &Endpoint, way: &Way, has_other: bool) -> Option<Call> {
    let dialled = Call::dial(endpoint, way);
    let dialled =
        if has_other { tokio::time::timeout(HEAD_START, dialled).await.ok()? } else { dialled.await };
    dialled.inspect_err(|error| debug!(%error, "a node is not reached by QUIC")).ok()
}

/// Asks who answers at the ways of a descriptor for a newer one.
pub(super) async fn newer(net: &Network, old: &Descriptor) -> Option<Descriptor> {
    let (id, api_url) = (old.node_id(), old.body().api_url.clone());
    if let (Some(way), Some(endpoint)) = (net.way_to(old), net.socket.endpoint())
        && let Some(mut call) = dial(&endpoint, &way, api_url.is_some()).await
        && let Ok(found) = call.descriptor(&id).await
    {
        return Some(found);
    }
    https::descriptor_of(&net.http, &api_url?, &id).await.ok()
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

fn no_route() -> ShakeFailed {
    ShakeFailed::Met(Failure::NoRoute)
}

pub(super) fn other_answer() -> NodeError {
    NodeError::Internal("the keeper answered another question".to_owned())
}
