//! The accepting side of the handshake (PROTOCOL §4): hello → message 2, then the first frames, then the session.
//!
//! The tables decide and keep the order rate → ticket table → MAC → descriptor → curve; here keeper and disk do what
//! they ask for one hello. Message 2 leaves when the tables say so, which is after the burn or binding is on disk.

use openred_core::token::Role;
use openred_core::{
    descriptor::{Descriptor, Pin},
    hello::{
        DescriptorRefusal, Hello, HelloRefusal, HelloReply, PeerFacts, TicketKind, accept_descriptor,
        accept_held,
    },
    identity::LogOrder,
    ids::{B64, Id16, NodeId},
    session_keys::{Chunk, HttpsBody},
};
use openred_keeper::{
    blob::Blob,
    client::KeeperError,
    ops::{self, Accept, CheckHello, Confirm, Refusal, Request, Response},
};
use openred_proto::{
    introduction::{AnswerId, Change, Effect, HelloIn, Input, Met, StoreId, Ticket},
    session::{Acceptor, Channel},
};
use tracing::debug;

use super::{
    Network,
    live::{Live, Setup},
    overlay,
    quic::Line,
    shake::{CAPABILITIES, NO_BINDING, keys_of, other_answer},
    store,
};
use crate::{
    error::NodeError,
    modules::{
        contacts::{self, person::Person, store as people},
        invitations,
        notify::{self, What},
    },
};

/// Where a hello came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door {
    /// What the handshake is bound to, 32 bytes: zeros on HTTPS.
    pub(super) binding: [u8; 32],
    /// The transport key that the caller has proven, on QUIC.
    pub(super) endpoint: Option<[u8; 32]>,
}

impl Door {
    /// The HTTPS API.
    pub(super) const HTTPS: Self = Self { binding: NO_BINDING, endpoint: None };

    /// Whether somebody with this descriptor may come in here: by QUIC only under the transport key that it certifies.
    fn is_for(&self, peer: &Descriptor) -> bool {
        self.endpoint.is_none() || self.endpoint == peer.body().transport_key
    }
}

/// A handshake between message 2 and A's first frame.
#[derive(Debug, Clone)]
pub(super) struct HalfOpen {
    handle: u64,
    /// Of the connection that brought the hello: the first frame comes by the same.
    binding: [u8; 32],
    peer: Descriptor,
    rejoin: bool,
    begun_ms: u64,
}

impl HalfOpen {
    /// Whether the first frame may come by a connection with this binding.
    pub(super) fn is_of(&self, binding: &[u8; 32]) -> bool {
        self.binding == *binding
    }

    /// Forgotten by the keeper after 120 s.
    pub(super) fn is_over(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.begun_ms) > ops::HANDSHAKE_MS
    }
}

/// Answers a hello, and counts it.
pub(super) async fn hello_counted(
    net: &Network,
    text: &[u8],
    door: &Door,
) -> Result<HelloReply, HelloRefusal> {
    let outcome = hello(net, text, door).await;
    let kind = match Hello::parse(text).map(|hello| hello.kind) {
        Ok(TicketKind::Grant) => "grant",
        Ok(TicketKind::Pair) => "pair",
        Ok(TicketKind::Invitation) => "invitation",
        Ok(TicketKind::Open) => "open",
        Err(_) => "none",
    };
    let said = outcome.as_ref().map_or_else(|refusal| refusal.body().code, |_| "accepted".to_owned());
    metrics::counter!("openred_node_hellos_total", "kind" => kind, "outcome" => said).increment(1);
    outcome
}

/// Answers a hello that came in at a door.
async fn hello(net: &Network, text: &[u8], door: &Door) -> Result<HelloReply, HelloRefusal> {
    let hello = Hello::parse(text).map_err(|_| HelloRefusal::Malformed)?;
    let me = net.deps.me.get().map_err(|_| HelloRefusal::NotMe)?;
    if hello.id_b != me.node_id {
        return Err(HelloRefusal::NotMe);
    }
    if net.deps.seal.get().is_err() || !net.tables.is_open() || net.is_silent() {
        return Err(HelloRefusal::Locked);
    }
    if hello.kind == TicketKind::Invitation {
        look_up_invitation(net, hello.ticket_id).await?;
    }
    let (conn, answer) = net.tables.connection();
    let (net, text) = (net.clone(), text.to_vec());
    let tasks = net.deps.tasks.clone();
    let answering = Answering { net, text, door: *door, rejoin: false, peer: None, made: None };
    // A task of its own: a caller that hangs up leaves nothing half done.
    tasks.spawn_one_of_many("hello", answering.run(HelloIn { conn, hello }));
    answer.await.unwrap_or(Err(HelloRefusal::Locked))
}

/// Invitations are made and taken back by their module: the tables hear of it when one is presented.
async fn look_up_invitation(net: &Network, id: Id16) -> Result<(), HelloRefusal> {
    let row = net.deps.read(move |w| store::invitation(w.tx, w.seal, &id)).await;
    net.tables.invitation(id, row.map_err(|_| HelloRefusal::Locked)?);
    Ok(())
}

/// One hello on its way to an answer.
struct Answering {
    net: Network,
    text: Vec<u8>,
    door: Door,
    /// Whether A is a contact that comes without a shared secret.
    rejoin: bool,
    /// A's descriptor, once it is believed.
    peer: Option<Descriptor>,
    /// Handle and session of message 2, once it is made.
    made: Option<(u64, Id16)>,
}

impl Answering {
    async fn run(mut self, hello: HelloIn) {
        let id_a = hello.hello.id_a;
        let mut todo = self.net.tables.turn(Input::Hello(hello));
        while !todo.is_empty() {
            let mut next = Vec::new();
            for effect in todo {
                if let Some(input) = self.act(&id_a, effect).await {
                    next.extend(self.net.tables.turn(input));
                }
            }
            todo = next;
        }
    }

    async fn act(&mut self, id_a: &NodeId, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Check { answer, hello, ticket } => Some(self.checked(answer, &hello, ticket).await),
            Effect::Accept { answer, hello, ticket } => {
                let outcome = self.accept(&hello, ticket).await;
                Some(Input::Accepted { answer, outcome })
            }
            Effect::Store { store: Some(store), change } => Some(self.store(store, id_a, change).await),
            Effect::Forget { .. } => {
                self.forget().await;
                None
            }
            Effect::InvitationTriedAgain { invite_id, .. } => {
                if self.net.tables.is_first_second_try(invite_id) {
                    tell_second_try(&self.net).await;
                }
                None
            }
            // Done by the tables' driver, or nobody waits for it.
            _ => None,
        }
    }

    async fn checked(&mut self, answer: AnswerId, hello: &Hello, ticket: Ticket) -> Input {
        let outcome = self.check(hello, ticket).await;
        Input::Checked { answer, outcome }
    }

    /// Presentation, then A's descriptor against the pins.
    async fn check(&mut self, hello: &Hello, ticket: Ticket) -> Result<bool, HelloRefusal> {
        let check = CheckHello { hello: Blob(self.text.clone()), ticket: ticket_of(ticket) };
        let check = ask(&self.net, Request::CheckHello(check));
        let (known, checked) = tokio::join!(known(&self.net, hello.id_a), check);
        let (person, pin) = known?;
        if person.as_ref().is_some_and(Person::is_blocked) {
            return Err(HelloRefusal::Unknown);
        }
        let Response::HelloChecked(checked) = checked? else { return Err(HelloRefusal::Locked) };
        let (facts, now) = (PeerFacts::of(&pin), self.net.deps.clock.now_s());
        let (named, id_a) = (&hello.desc_a, &hello.id_a);
        let (signed, peer) = match checked.descriptor {
            Some(Blob(signed)) => {
                let peer = accept_descriptor(&signed, Some(named), id_a, &facts, now);
                (signed, peer)
            }
            None => {
                let Some(held) = self.held(hello, &pin) else { return Ok(false) };
                (held.bytes().to_vec(), accept_held(held, named, id_a, &facts, now))
            }
        };
        let peer = match peer {
            Ok(peer) => peer,
            Err(refusal) => return Err(self.refused(refusal, hello, &pin, signed).await),
        };
        if !self.door.is_for(&peer) {
            debug!("a hello came from another transport key than its descriptor names");
            return Err(HelloRefusal::BadPresentation);
        }
        self.rejoin = hello.kind == TicketKind::Open && person.is_some_and(|p| p.is_contact());
        self.peer = Some(peer);
        Ok(true)
    }

    /// A descriptor that is not believed. A second history of somebody's keys is kept as proof. Who proved to share a
    /// pair secret and comes with a descriptor older than the pinned one is shown the newer: it is an older copy of
    /// their node, and its owner has to know.
    async fn refused(
        &self,
        refusal: DescriptorRefusal,
        hello: &Hello,
        pin: &Pin,
        signed: Vec<u8>,
    ) -> HelloRefusal {
        debug!(check = refusal.name(), "the descriptor of a hello was refused");
        match (refusal, pin.descriptor()) {
            (DescriptorRefusal::NotOlderThanPinned | DescriptorRefusal::NewestLog, Some(newer))
                if hello.kind == TicketKind::Pair && is_older(&signed, newer) =>
            {
                HelloRefusal::Stale(B64(newer.bytes().to_vec()))
            }
            (DescriptorRefusal::NewestLog, _) => {
                let id = hello.id_a;
                let kept = self.net.deps.write(move |w| contacts::forks::shown_by(w, &id, &signed)).await;
                if let Err(error) = kept {
                    debug!(%error, "a second history of keys was not kept");
                }
                HelloRefusal::Malformed
            }
            _ => HelloRefusal::Malformed,
        }
    }

    /// The descriptor that the hello names, of the grant or pinned.
    fn held(&self, hello: &Hello, pin: &Pin) -> Option<Descriptor> {
        let introduced = || self.net.tables.introduced(&hello.ticket_id);
        let granted = (hello.kind == TicketKind::Grant).then(introduced).flatten();
        granted.or_else(|| pin.descriptor().cloned()).filter(|d| d.hash() == hello.desc_a)
    }

    /// Opens message 1, makes message 2.
    async fn accept(&mut self, hello: &Hello, ticket: Ticket) -> Result<HelloReply, HelloRefusal> {
        let peer = self.peer.clone().ok_or(HelloRefusal::WantDescriptor)?;
        let own = self.own_descriptor(hello)?;
        let accept = Accept {
            hello: Blob(self.text.clone()),
            ticket: ticket_of(ticket),
            own_descriptor: Blob(own.bytes().to_vec()),
            peer_descriptor: Blob(peer.bytes().to_vec()),
            binding: self.door.binding,
            rejoin: self.rejoin,
        };
        let Response::Accepted(accepted) = ask(&self.net, Request::Accept(accept)).await? else {
            return Err(HelloRefusal::Locked);
        };
        let noise = accepted.noise.0.as_slice().try_into().map_err(|_| HelloRefusal::Locked)?;
        let (handle, session_id) = (accepted.handle, accepted.session_id);
        let begun_ms = self.net.deps.clock.monotonic_ms();
        let (binding, rejoin) = (self.door.binding, self.rejoin);
        self.net.half_open(session_id, HalfOpen { handle, binding, peer, rejoin, begun_ms });
        self.made = Some((handle, session_id));
        Ok(HelloReply { noise, session_id })
    }

    /// The own descriptor that A holds.
    fn own_descriptor(&self, hello: &Hello) -> Result<Descriptor, HelloRefusal> {
        if let Some(own) = self.net.own.with_hash(&hello.desc_b, self.net.deps.clock.now_ms()) {
            return Ok(own);
        }
        let current = self.net.own.current().ok_or(HelloRefusal::Locked)?;
        Err(HelloRefusal::Stale(B64(current.bytes().to_vec())))
    }

    /// Burns a grant, binds an invitation: on disk before message 2 leaves.
    async fn store(&self, store: StoreId, id_a: &NodeId, change: Change) -> Input {
        let stored = match change {
            Change::Used { grant_id, until } => {
                let until = until * 1_000;
                self.net.deps.write_plain(move |tx| store::burn_grant(tx, &grant_id, until)).await
            }
            Change::Bound { invite_id, .. } => self.bind(invite_id, *id_a).await,
            Change::Invited(_) | Change::Withdrawn { .. } | Change::Pair { .. } => Ok(true),
        };
        match stored {
            Ok(true) => Input::Stored { store },
            Ok(false) => Input::StoreFailed { store },
            Err(error) => {
                debug!(%error, "a ticket could not be spent");
                Input::StoreFailed { store }
            }
        }
    }

    async fn bind(&self, invite_id: Id16, by: NodeId) -> Result<bool, NodeError> {
        let peer = self.peer.clone().ok_or(NodeError::Unknown("this person"))?;
        self.net
            .deps
            .write(move |w| {
                let mut person = people::ensure(w.tx, w.seal, &by, w.now)?;
                contacts::adopt(w, &mut person, &peer)?;
                contacts::changed(w, &person)?;
                Ok(invitations::store::bind(w.tx, &invite_id, person.id)?)
            })
            .await
    }

    /// Message 2 must not be used.
    async fn forget(&mut self) {
        if let Some((handle, session_id)) = self.made.take() {
            drop(self.net.take_half_open(&session_id, &self.door.binding));
            let _ = self.net.deps.keys.ask(Request::Abandon(handle)).await;
        }
    }
}

/// Somebody else came with an invitation that is used: the owner hears of it, not who it was.
async fn tell_second_try(net: &Network) {
    let told = net.deps.write(move |w| notify::add(w, What::InvitationTried, None, None, "")).await;
    if let Err(error) = told {
        debug!(%error, "a notification was not kept");
    }
}

/// Whether these bytes are an older descriptor of the same identity, under the same log or the beginning of it.
fn is_older(signed: &[u8], newer: &Descriptor) -> bool {
    Descriptor::parse(signed).is_ok_and(|old| {
        let order = newer.body().log.compare(&old.body().log);
        matches!(order, LogOrder::Same | LogOrder::Older) && old.order() < newer.order()
    })
}

async fn known(net: &Network, id: NodeId) -> Result<(Option<Person>, Pin), HelloRefusal> {
    let read = net.deps.read(move |w| {
        let Some(person) = people::find(w.tx, w.seal, &id)? else { return Ok((None, Pin::new(id))) };
        let pin = people::pin_of(w.tx, w.seal, &person)?;
        Ok((Some(person), pin))
    });
    read.await.map_err(|_| HelloRefusal::Locked)
}

/// The tables' ticket as the keeper takes it.
pub(super) fn ticket_of(ticket: Ticket) -> ops::Ticket {
    match ticket {
        Ticket::Sealed(bytes) => ops::Ticket::Sealed(Blob(bytes)),
        Ticket::Open => ops::Ticket::Open,
    }
}

/// A session whose two first frames the keeper has opened and made. It is not on disk yet.
pub(super) struct Confirmed {
    session: ops::Session,
    peer: Descriptor,
    rejoin: bool,
}

/// A's first frame came: open it. Returns this node's own, which is to be sent as the session begins.
pub(super) async fn confirm(
    net: &Network,
    half: HalfOpen,
    first: Vec<u8>,
) -> Result<(Vec<u8>, Confirmed), NodeError> {
    let capabilities = CAPABILITIES.iter().map(|&c| c.to_owned()).collect();
    let confirm = Confirm { handle: half.handle, first: Blob(first), capabilities };
    let Response::Confirmed(confirmed) = net.deps.keys.ask(Request::Confirm(confirm)).await? else {
        return Err(other_answer());
    };
    let HalfOpen { peer, rejoin, .. } = half;
    Ok((confirmed.first.0, Confirmed { session: confirmed.session, peer, rejoin }))
}

/// The same over HTTPS: the body with this node's first frame comes back, and the session stands.
pub(super) async fn first(
    net: &Network,
    session_id: Id16,
    half: HalfOpen,
    chunk: Chunk,
) -> Result<Vec<u8>, NodeError> {
    let (first, met) = confirm(net, half, chunk.ciphertext).await?;
    let person = net.met(&met.session, &met.peer, met.rejoin).await?;
    let chunks = vec![Chunk { n: 0, ciphertext: first }];
    let reply = HttpsBody { session_id, chunks }.encode();
    let channel = Channel::new(session_id, keys_of(&met.session)?, net.deps.clock.monotonic_ms());
    let setup = Setup::of(net, &met.session, person, met.rejoin);
    let live = Live::accept(setup, session_id, Acceptor::new(channel, reply.clone()));
    stands(net, live, &met.session, Role::B);
    Ok(reply)
}

/// The session stands on a QUIC connection on which both first frames were sent. This side goes to its disk while the
/// other goes to its own: should it fail here, the other holds one pair secret more, and asks by another next time.
pub(super) async fn stands_on(net: &Network, met: Confirmed, mut line: Line) -> Result<(), NodeError> {
    let person = net.met(&met.session, &met.peer, met.rejoin).await?;
    line.overlay = overlay::on_connection(net, &met.session, &line.connection, false).await;
    let setup = Setup::of(net, &met.session, person, met.rejoin);
    let live = Live::over_quic(setup, met.session.session_id, false, line);
    stands(net, live, &met.session, Role::B);
    Ok(())
}

/// A session stands: the pool offers it, the tables say which of several stays. Its pair secret is on disk already.
pub(super) fn stands(net: &Network, live: Live, session: &ops::Session, role: Role) {
    let session_id = session.session_id;
    overlay::join(net, &live);
    net.pool.add(live.clone());
    net.tables.turn(Input::Established(Met {
        session_id,
        peer: session.peer,
        role,
        pair_id: session.pair_id,
        pair_ticket: session.pair_ticket.0.clone(),
    }));
    let tables = net.tables.clone();
    net.deps.tasks.spawn_one_of_many("session end", async move {
        live.ended().await;
        tables.turn(Input::Ended { session_id });
    });
}

async fn ask(net: &Network, request: Request) -> Result<Response, HelloRefusal> {
    net.deps.keys.keeper().ask(request).await.map_err(|error| {
        debug!(%error, "a hello was refused by the keeper");
        match error {
            KeeperError::Refused(Refusal::Locked | Refusal::Empty | Refusal::Busy)
            | KeeperError::Gone
            | KeeperError::Busy => HelloRefusal::Locked,
            KeeperError::Refused(Refusal::WantDescriptor) => HelloRefusal::WantDescriptor,
            KeeperError::Refused(Refusal::Malformed(_)) => HelloRefusal::Malformed,
            KeeperError::Refused(Refusal::TicketVoid | Refusal::Ticket) => HelloRefusal::Unknown,
            _ => HelloRefusal::BadPresentation,
        }
    })
}
