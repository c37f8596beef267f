//! The accepting side of the handshake (PROTOCOL §4): hello → message 2, then the first frames, then the session.
//!
//! Order of checks: rate → ticket table → MAC → descriptor → curve; tickets are burnt or bound durably after message 1
//! has opened and before message 2 leaves.

use openred_core::{
    descriptor::Descriptor,
    hello::{Hello, HelloRefusal, HelloReply, TicketKind},
    ids::{B64, Id16, NodeId},
    session_keys::{Chunk, HttpsBody},
};
use openred_keeper::{
    blob::Blob,
    client::KeeperError,
    ops::{Accept, CheckHello, Confirm, Refusal, Request, Response, Ticket},
};
use openred_proto::session::{Acceptor, Channel};
use tracing::debug;

use super::{
    Network,
    live::{Live, Setup},
    shake::{CAPABILITIES, keys_of},
    store,
    tickets::Grant,
};
use crate::{
    error::NodeError,
    modules::{
        contacts::{self, person::Person, store as people},
        invitations,
    },
};

/// A handshake between message 2 and A's first frame.
#[derive(Debug, Clone)]
pub(super) struct HalfOpen {
    handle: u64,
    peer: Descriptor,
    rejoin: bool,
    begun_ms: u64,
}

impl HalfOpen {
    /// Forgotten by the keeper after 120 s.
    pub(super) fn is_over(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.begun_ms) > openred_keeper::ops::HANDSHAKE_MS
    }
}

/// What the ticket table says of a hello.
struct Found {
    ticket: Ticket,
    grant: Option<Grant>,
    person: Option<Person>,
    descriptor: Option<Descriptor>,
}

/// Answers a hello.
pub(super) async fn hello(net: &Network, text: &[u8]) -> Result<HelloReply, HelloRefusal> {
    let hello = Hello::parse(text).map_err(|_| HelloRefusal::Malformed)?;
    let me = net.deps.me.get().map_err(|_| HelloRefusal::NotMe)?;
    if hello.id_b != me.node_id {
        return Err(HelloRefusal::NotMe);
    }
    if net.deps.seal.get().is_err() {
        return Err(HelloRefusal::Locked);
    }
    if let Some(reply) = net.tickets.stored_reply(&hello.attempt()) {
        return Ok(reply);
    }
    net.tickets.check_rate(&hello)?;
    let found = find(net, &hello).await?;
    if found.person.as_ref().is_some_and(Person::is_blocked) {
        return Err(HelloRefusal::Unknown);
    }
    let check = CheckHello { hello: Blob(text.to_vec()), ticket: found.ticket.clone() };
    let Response::HelloChecked(checked) = ask(net, Request::CheckHello(check)).await? else {
        return Err(HelloRefusal::Locked);
    };
    // Only who knows the secret may use up a nonce.
    net.tickets.check_replay(&hello)?;
    let peer = peer_descriptor(&hello, &found, checked.descriptor)?;
    let own = own_descriptor(net, &hello)?;
    if !net.would_pin(&peer).await {
        return Err(HelloRefusal::Refused);
    }
    let rejoin = hello.kind == TicketKind::Open && found.person.as_ref().is_some_and(Person::is_contact);
    let accept = Accept {
        hello: Blob(text.to_vec()),
        ticket: found.ticket,
        own_descriptor: Blob(own.bytes().to_vec()),
        peer_descriptor: Blob(peer.bytes().to_vec()),
        binding: [0; 32],
        rejoin,
    };
    let Response::Accepted(accepted) = ask(net, Request::Accept(accept)).await? else {
        return Err(HelloRefusal::Locked);
    };
    spend(net, &hello, found.grant.as_ref(), &peer).await?;
    let noise = accepted.noise.0.as_slice().try_into().map_err(|_| HelloRefusal::Locked)?;
    let reply = HelloReply { noise, session_id: accepted.session_id };
    let begun_ms = net.deps.clock.monotonic_ms();
    net.half_open(accepted.session_id, HalfOpen { handle: accepted.handle, peer, rejoin, begun_ms });
    net.tickets.store_reply(hello.attempt(), reply.clone());
    Ok(reply)
}

async fn find(net: &Network, hello: &Hello) -> Result<Found, HelloRefusal> {
    match hello.kind {
        TicketKind::Grant => {
            let grant = net.tickets.pending(&hello.ticket_id)?;
            if grant.peer != hello.id_a || grant.desc_a != hello.desc_a || grant.desc_b != hello.desc_b {
                return Err(HelloRefusal::Refused);
            }
            let descriptor = Descriptor::parse(&grant.peer_descriptor).ok();
            let person = known(net, hello.id_a).await?.0;
            Ok(Found { ticket: Ticket::Sealed(grant.ticket.clone()), grant: Some(grant), person, descriptor })
        }
        TicketKind::Pair => {
            let id = hello.ticket_id;
            let row = net.deps.read(move |w| Ok(store::pair(w.tx, &id)?)).await;
            let (person_id, ticket) = row.map_err(|_| HelloRefusal::Locked)?.ok_or(HelloRefusal::Unknown)?;
            let (person, descriptor) = known(net, hello.id_a).await?;
            let person = person.filter(|p| p.id == person_id).ok_or(HelloRefusal::Unknown)?;
            Ok(Found { ticket: Ticket::Sealed(Blob(ticket)), grant: None, person: Some(person), descriptor })
        }
        TicketKind::Invitation => invitation(net, hello).await,
        TicketKind::Open => {
            let (person, descriptor) = known(net, hello.id_a).await?;
            Ok(Found { ticket: Ticket::Open, grant: None, person, descriptor })
        }
    }
}

async fn invitation(net: &Network, hello: &Hello) -> Result<Found, HelloRefusal> {
    let id = hello.ticket_id;
    let now = net.deps.clock.now_ms();
    let row = net.deps.read(move |w| Ok(invitations::store::get(w.tx, w.seal, &id)?)).await;
    let row = row.map_err(|_| HelloRefusal::Locked)?.ok_or(HelloRefusal::Unknown)?;
    if row.revoked || row.expires_at < now {
        return Err(HelloRefusal::Used);
    }
    let (person, descriptor) = known(net, hello.id_a).await?;
    if row.bound_person.is_some() && row.bound_person != person.as_ref().map(|p| p.id) {
        return Err(HelloRefusal::Used);
    }
    Ok(Found { ticket: Ticket::Sealed(Blob(row.ticket)), grant: None, person, descriptor })
}

async fn known(net: &Network, id: NodeId) -> Result<(Option<Person>, Option<Descriptor>), HelloRefusal> {
    let read = net.deps.read(move |w| {
        let Some(person) = people::find(w.tx, w.seal, &id)? else { return Ok((None, None)) };
        let descriptor = people::pin_of(w.tx, w.seal, &person)?.descriptor().cloned();
        Ok((Some(person), descriptor))
    });
    read.await.map_err(|_| HelloRefusal::Locked)
}

/// A's descriptor: attached, of the grant, or the pinned one; it must be the one the hello names.
fn peer_descriptor(hello: &Hello, found: &Found, attached: Option<Blob>) -> Result<Descriptor, HelloRefusal> {
    let attached = attached.map(|bytes| Descriptor::parse(&bytes.0)).transpose();
    let attached = attached.map_err(|_| HelloRefusal::Malformed)?;
    let named = |d: &Descriptor| d.hash() == hello.desc_a && d.node_id() == hello.id_a;
    attached.or_else(|| found.descriptor.clone()).filter(named).ok_or(HelloRefusal::WantDescriptor)
}

/// The own descriptor that A holds: the present one, or one replaced at most 24 h ago.
fn own_descriptor(net: &Network, hello: &Hello) -> Result<Descriptor, HelloRefusal> {
    if let Some(own) = net.own.with_hash(&hello.desc_b, net.deps.clock.now_ms()) {
        return Ok(own);
    }
    let current = net.own.current().ok_or(HelloRefusal::Locked)?;
    if hello.kind == TicketKind::Grant {
        return Err(HelloRefusal::Refused);
    }
    Err(HelloRefusal::Stale(B64(current.bytes().to_vec())))
}

/// Burns a grant, binds an invitation: on disk before message 2 leaves.
async fn spend(
    net: &Network,
    hello: &Hello,
    grant: Option<&Grant>,
    peer: &Descriptor,
) -> Result<(), HelloRefusal> {
    match hello.kind {
        TicketKind::Grant => {
            let until = grant.map_or(0, |g| g.until);
            let burnt = net.tickets.burn(hello.ticket_id, until).await.map_err(|_| HelloRefusal::Locked)?;
            if burnt { Ok(()) } else { Err(HelloRefusal::Used) }
        }
        TicketKind::Invitation => {
            let (invite, id, peer) = (hello.ticket_id, hello.id_a, peer.clone());
            let bound = net.deps.write(move |w| {
                let mut person = people::ensure(w.tx, w.seal, &id, w.now)?;
                contacts::adopt(w, &mut person, &peer)?;
                contacts::changed(w, &person)?;
                Ok(invitations::store::bind(w.tx, &invite, person.id)?)
            });
            if bound.await.map_err(|_| HelloRefusal::Locked)? { Ok(()) } else { Err(HelloRefusal::Used) }
        }
        TicketKind::Pair | TicketKind::Open => Ok(()),
    }
}

/// A's first frame came: open it, answer with ours; the session stands.
pub(super) async fn first(
    net: &Network,
    session_id: Id16,
    half: HalfOpen,
    chunk: Chunk,
) -> Result<Vec<u8>, NodeError> {
    let capabilities = CAPABILITIES.iter().map(|&c| c.to_owned()).collect();
    let confirm = Confirm { handle: half.handle, first: Blob(chunk.ciphertext), capabilities };
    let Response::Confirmed(confirmed) = net.deps.keys.ask(Request::Confirm(confirm)).await? else {
        return Err(NodeError::Internal("the keeper answered another question".to_owned()));
    };
    let chunks = vec![Chunk { n: 0, ciphertext: confirmed.first.0 }];
    let reply = HttpsBody { session_id, chunks }.encode();
    let session = confirmed.session;
    let person = net.met(&session, &half.peer, half.rejoin).await?;
    let channel = Channel::new(session_id, keys_of(&session)?, net.deps.clock.monotonic_ms());
    let setup = Setup {
        deps: net.deps.clone(),
        peer: session.peer,
        person,
        request_lane: half.rejoin && !session.rejoined,
        keep_open: net.must_keep_open(),
        answers: net.answers.clone(),
        stop: net.deps.tasks.soft().clone(),
    };
    let live = Live::accept(setup, session_id, Acceptor::new(channel, reply.clone()));
    net.pool.add(&net.deps.me.get()?.node_id, live, &net.deps.tasks);
    Ok(reply)
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
