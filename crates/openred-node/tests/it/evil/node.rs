//! A node without sockets and tasks: a vault, the tables of introductions, pins and a disk, driven one thing at a time
//! in the order that `net::accept`, `net::grants` and `net::shake` have.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::{
    descriptor::{Descriptor, Pin},
    grant::{Core, OwnRequest},
    hello::{Hello, HelloRefusal, HelloReply, NO_BINDING, PeerFacts, TicketKind, accept_descriptor},
    ids::{Id16, NodeId},
    token::Role,
};
use openred_keeper::{
    blob::Blob,
    keyfile::KdfCost,
    ops::{
        Accept, CheckHello, Confirm, Confirmed, Created, DescriptorDraft, Finish, GrantOpened, OpenGrant,
        PeekGrant, PeerPinned, Refusal, Request, Response, Session, Start, Ticket as Sealed, Unlock,
        UnlockWith,
    },
    secret::Secret,
    vault::Vault,
};
use openred_proto::introduction::{
    Change, ConnId, Effect, Effects, GrantIn, HelloIn, HelloNote, Input, Introduction, Invitation, Met, Now,
    Restored, StartId, Ticket,
};

use super::hand::{Hand, NOON};

/// Why something was refused: the name of a check, or a word for what has no check.
pub(crate) type Refused = String;

/// The node.
pub(crate) struct Node {
    vault: Vault,
    pub(crate) id: NodeId,
    pub(crate) descriptor: Descriptor,
    created: Created,
    state: Blob,
    pub(crate) tables: Introduction,
    disk: Restored,
    pub(crate) pins: BTreeMap<NodeId, Pin>,
    pub(crate) contacts: BTreeSet<NodeId>,
    introduced: BTreeMap<Id16, Descriptor>,
    half_open: BTreeMap<Id16, u64>,
    pub(crate) now: Now,
    last_conn: u64,
    why: Option<Refused>,
    answer: Option<Result<HelloReply, HelloRefusal>>,
    /// Verbs of role A that nobody has taken yet.
    pub(crate) verbs: Vec<Effect>,
}

fn passphrase() -> Secret {
    Secret::text("correct horse")
}

impl Node {
    pub(crate) fn new(name: &str) -> Self {
        let now = Now { mono_ms: 1_000_000, unix_ms: NOON * 1000 };
        let mut vault = Vault::new(None);
        let create = Request::Create { passphrase: passphrase(), cost: KdfCost::light() };
        let Ok(Response::Created(created)) = vault.handle(now.unix_ms, create) else { panic!("created") };
        let draft = DescriptorDraft {
            username: name.to_owned(),
            display_name: name.to_owned(),
            lifetime_s: 7 * 86_400,
            ..DescriptorDraft::default()
        };
        let signed = vault.handle(now.unix_ms, Request::SignDescriptor(draft));
        let Ok(Response::Descriptor(signed)) = signed else { panic!("a descriptor") };
        let (id, state) = (created.identity.node_id, signed.state);
        let descriptor = Descriptor::parse(&signed.descriptor).unwrap();
        let tables = Introduction::new(id, [7; 32], Restored::default());
        let mut node = Self {
            vault,
            id,
            descriptor,
            created,
            state,
            tables,
            disk: Restored::default(),
            pins: BTreeMap::new(),
            contacts: BTreeSet::new(),
            introduced: BTreeMap::new(),
            half_open: BTreeMap::new(),
            now,
            last_conn: 0,
            why: None,
            answer: None,
            verbs: Vec::new(),
        };
        node.tell_own();
        node
    }

    fn tell_own(&mut self) {
        let (signed, hash) = (self.descriptor.bytes().to_vec(), self.descriptor.hash());
        self.hear(Input::OwnDescriptor { signed, hash });
    }

    /// The process ends and begins again: what was not stored is gone.
    pub(crate) fn restart(&mut self) {
        let key_file = self.created.key_file.clone();
        self.vault = Vault::new(Some(&key_file));
        let with = UnlockWith::Passphrase(passphrase());
        let unlock = Unlock { with, state: Some(self.state.clone()), audit_tail: None };
        self.ask(Request::Unlock(unlock)).unwrap();
        self.tables = Introduction::new(self.id, [8; 32], self.disk.clone());
        (self.introduced, self.half_open) = (BTreeMap::new(), BTreeMap::new());
        self.now.mono_ms = 0;
        self.tell_own();
    }

    /// Time goes by on both clocks.
    pub(crate) fn wait(&mut self, secs: u64) {
        self.now.mono_ms += secs * 1000;
        self.now.unix_ms += secs * 1000;
    }

    /// The wall clock jumps.
    pub(crate) fn jump(&mut self, secs: i64) {
        self.now.unix_ms = self.now.unix_ms.checked_add_signed(secs * 1000).unwrap();
    }

    pub(crate) fn pin(&mut self, peer: &Hand) {
        let now_ms = self.now.unix_ms;
        self.pins.entry(peer.id()).or_insert_with(|| Pin::new(peer.id())).accept(&peer.descriptor, now_ms);
    }

    fn ask(&mut self, request: Request) -> Result<Response, Refused> {
        self.vault.handle(self.now.unix_ms, request).map_err(|refusal| match refusal {
            Refusal::Check(name) => name,
            other => format!("{other:?}"),
        })
    }

    /// One input; everything that follows from it is done.
    pub(crate) fn hear(&mut self, input: Input) {
        let mut todo = vec![input];
        while let Some(input) = todo.pop() {
            let mut fx = Effects::new();
            self.tables.handle(self.now, input, &mut fx);
            for effect in fx.take() {
                todo.extend(self.act(effect));
            }
        }
    }

    fn act(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Check { answer, hello, ticket } => {
                let outcome = self.check(&hello, &ticket).map_err(|why| self.refuse(why));
                Some(Input::Checked { answer, outcome })
            }
            Effect::Accept { answer, hello, ticket } => {
                let outcome = self.accept(&hello, &ticket).map_err(|why| self.refuse(why));
                Some(Input::Accepted { answer, outcome })
            }
            Effect::Answer(answer) => {
                if let HelloNote::Check(name) = answer.note {
                    self.why = Some(name.to_owned());
                }
                self.answer = Some(answer.outcome);
                None
            }
            Effect::Store { store, change } => {
                self.store(change);
                store.map(|store| Input::Stored { store })
            }
            Effect::GrantDropped { name, .. } => {
                self.why = Some(name.to_owned());
                None
            }
            verb => {
                self.verbs.push(verb);
                None
            }
        }
    }

    fn refuse(&mut self, why: Refused) -> HelloRefusal {
        self.why = Some(why);
        HelloRefusal::BadPresentation
    }

    fn store(&mut self, change: Change) {
        match change {
            Change::Used { grant_id, until } => self.disk.used.push((grant_id, until)),
            Change::Bound { invite_id, by } => {
                let all = self.disk.invitations.iter_mut();
                all.filter(|one| one.invite_id == invite_id).for_each(|one| one.bound = Some(by));
            }
            Change::Invited(invitation) => self.disk.invitations.push(invitation),
            Change::Withdrawn { invite_id } => self.disk.invitations.retain(|i| i.invite_id != invite_id),
            Change::Pair { peer, pair_id, ticket, .. } => self.disk.pairs.push((peer, pair_id, ticket)),
        }
    }

    fn pin_of(&self, id: &NodeId) -> Pin {
        self.pins.get(id).cloned().unwrap_or_else(|| Pin::new(*id))
    }

    fn check(&mut self, hello: &Hello, ticket: &Ticket) -> Result<bool, Refused> {
        let text = Blob(hello.to_text().into_bytes());
        let asked = self.ask(Request::CheckHello(CheckHello { hello: text, ticket: sealed(ticket) }))?;
        let Response::HelloChecked(checked) = asked else { panic!("{asked:?}") };
        match self.descriptor_of(hello, checked.descriptor)? {
            Some(_) => Ok(true),
            None => Ok(false),
        }
    }

    /// A's descriptor, attached or held, against the pins.
    fn descriptor_of(&self, hello: &Hello, attached: Option<Blob>) -> Result<Option<Descriptor>, Refused> {
        let pin = self.pin_of(&hello.id_a);
        let granted = self.introduced.get(&hello.ticket_id).filter(|_| hello.kind == TicketKind::Grant);
        let held = granted.or_else(|| pin.descriptor()).filter(|d| d.hash() == hello.desc_a);
        let signed = attached.map(|bytes| bytes.0).or_else(|| held.map(|d| d.bytes().to_vec()));
        let Some(signed) = signed else { return Ok(None) };
        let (facts, now) = (PeerFacts::of(&pin), self.now.secs());
        let accepted = accept_descriptor(&signed, Some(&hello.desc_a), &hello.id_a, &facts, now);
        accepted.map(Some).map_err(|refusal| refusal.name().to_owned())
    }

    fn accept(&mut self, hello: &Hello, ticket: &Ticket) -> Result<HelloReply, Refused> {
        let text = Blob(hello.to_text().into_bytes());
        let check = CheckHello { hello: text.clone(), ticket: sealed(ticket) };
        let Response::HelloChecked(checked) = self.ask(Request::CheckHello(check))? else {
            panic!("checked")
        };
        let peer = self.descriptor_of(hello, checked.descriptor)?.ok_or("WantDescriptor")?;
        let rejoin = hello.kind == TicketKind::Open && self.contacts.contains(&hello.id_a);
        let accept = Accept {
            hello: text,
            ticket: sealed(ticket),
            own_descriptor: Blob(self.descriptor.bytes().to_vec()),
            peer_descriptor: Blob(peer.bytes().to_vec()),
            binding: NO_BINDING,
            rejoin,
        };
        let Response::Accepted(accepted) = self.ask(Request::Accept(accept))? else { panic!("accepted") };
        self.half_open.insert(accepted.session_id, accepted.handle);
        Ok(HelloReply {
            noise: accepted.noise.0.as_slice().try_into().unwrap(),
            session_id: accepted.session_id,
        })
    }

    /// Role B: a hello and its answer.
    pub(crate) fn knock(&mut self, hello: &Hello) -> Result<HelloReply, Refused> {
        (self.why, self.answer) = (None, None);
        self.last_conn += 1;
        let parsed = Hello::parse(hello.to_text().as_bytes()).unwrap();
        self.hear(Input::Hello(HelloIn { conn: ConnId(self.last_conn), hello: parsed }));
        let answer = self.answer.take().expect("every hello is answered");
        answer.map_err(|refusal| self.why.take().unwrap_or_else(|| refusal.code().to_owned()))
    }

    /// Role B: A's first frame, and the session.
    pub(crate) fn first(&mut self, session_id: Id16, first: Vec<u8>) -> Result<Confirmed, Refused> {
        let handle = self.half_open.remove(&session_id).ok_or("no such handshake")?;
        let confirm = Confirm { handle, first: Blob(first), capabilities: Vec::new() };
        let Response::Confirmed(confirmed) = self.ask(Request::Confirm(confirm))? else {
            panic!("confirmed")
        };
        self.stands(&confirmed.session, Role::B);
        Ok(confirmed)
    }

    fn stands(&mut self, session: &Session, role: Role) {
        let pair_ticket = session.pair_ticket.0.clone();
        let (session_id, peer, pair_id) = (session.session_id, session.peer, session.pair_id);
        self.hear(Input::Established(Met { session_id, peer, role, pair_id, pair_ticket }));
    }

    /// A sealed grant of the pinned directory: the keeper's checks.
    pub(crate) fn open(&mut self, directory: &Hand, sealed: &[u8]) -> Result<GrantOpened, Refused> {
        let dir_id = directory.id();
        let peek = PeekGrant { dir_id, sealed: Blob(sealed.to_vec()) };
        let Response::GrantPeeked(peeked) = self.ask(Request::PeekGrant(peek))? else { panic!("peeked") };
        let pin = self.pin_of(&peeked.peer);
        let log = pin.log().map(|log| log.entries().iter().cloned().map(Blob).collect());
        let request = self.tables.own_request(&peeked.grant_id).filter(|asked| asked.dir_id == dir_id);
        let open = OpenGrant {
            dir_id,
            dir_log: directory.log.entries().iter().cloned().map(Blob).collect(),
            token_seed: None,
            sealed: Blob(sealed.to_vec()),
            own_descriptors: self.tables.own_descriptors(self.now),
            own_request: request.map(|asked| asked.id_b),
            peer_log: log.unwrap_or_default(),
            peer_pinned: pin.descriptor().map(|d| PeerPinned { order: d.order(), hash: d.hash() }),
        };
        let Response::Grant(opened) = self.ask(Request::OpenGrant(open))? else { panic!("a grant") };
        Ok(opened)
    }

    /// An opened grant: the tables' checks.
    pub(crate) fn take(&mut self, opened: GrantOpened) -> Result<(), Refused> {
        let core = Core::decode(opened.core.0.as_slice().try_into().unwrap()).unwrap();
        let role = if opened.asked { Role::A } else { Role::B };
        let peer = Descriptor::parse(&opened.peer_descriptor).unwrap();
        self.introduced.entry(core.grant_id).or_insert(peer);
        let contact = self.contacts.contains(&opened.peer);
        self.why = None;
        self.hear(Input::Grant(GrantIn { core, role, contact, ticket: opened.ticket.0 }));
        self.why.take().map_or(Ok(()), Err)
    }

    pub(crate) fn receive(&mut self, directory: &Hand, sealed: &[u8]) -> Result<(), Refused> {
        let opened = self.open(directory, sealed)?;
        self.take(opened)
    }

    /// Role A: a request is about to leave.
    pub(crate) fn asks(&mut self, grant_id: Id16, directory: &Hand, target: &NodeId) {
        self.hear(Input::Asked(OwnRequest { grant_id, dir_id: directory.id(), id_b: *target }));
    }

    /// Role A: how often a handshake was begun.
    pub(crate) fn dials(&self) -> usize {
        self.verbs.iter().filter(|verb| matches!(verb, Effect::Start { .. })).count()
    }

    /// Role A: carries out the last begun handshake up to its hello.
    pub(crate) fn begin(&mut self, peer: &Descriptor) -> Result<(StartId, u64, Hello), Refused> {
        let Some(Effect::Start { start, kind, ticket, rejoin, .. }) = self.verbs.pop() else {
            panic!("a handshake was begun: {:?}", self.verbs)
        };
        let begin = Start {
            ticket: sealed(&ticket),
            own_descriptor: Blob(self.descriptor.bytes().to_vec()),
            peer_descriptor: Blob(peer.bytes().to_vec()),
            binding: NO_BINDING,
            attach_descriptor: kind != TicketKind::Grant,
            rejoin,
        };
        let Response::Started(started) = self.ask(Request::Start(begin))? else { panic!("started") };
        Ok((start, started.handle, Hello::parse(&started.hello).unwrap()))
    }

    /// Role A: message 2 came; the own first frame.
    pub(crate) fn finish(&mut self, handle: u64, reply: &HelloReply) -> Result<Vec<u8>, Refused> {
        let finish = Finish { handle, noise: Blob(reply.noise.to_vec()), capabilities: Vec::new() };
        let Response::Finished(finished) = self.ask(Request::Finish(finish))? else { panic!("finished") };
        Ok(finished.first.0)
    }

    /// Role A: B's first frame came; the session.
    pub(crate) fn complete(&mut self, handle: u64, first: Vec<u8>) -> Result<Session, Refused> {
        let complete = Request::Complete { handle, first: Blob(first) };
        let Response::Session(session) = self.ask(complete)? else { panic!("a session") };
        self.stands(&session, Role::A);
        Ok(session)
    }

    /// Makes an invitation: its name and secret.
    pub(crate) fn invite(&mut self, not_after: u64) -> (Id16, [u8; 32]) {
        let Ok(Response::Invited(invited)) = self.ask(Request::DrawInvitation) else { panic!("invited") };
        let (invite_id, ticket) = (invited.invite_id, invited.ticket.0);
        self.hear(Input::Invitation(Invitation { invite_id, not_after, ticket, bound: None }));
        (invite_id, *invited.secret.expose_key().unwrap())
    }

    /// Signs a request of this node.
    pub(crate) fn request(
        &mut self,
        dir_id: NodeId,
        target: NodeId,
        grant_id: Id16,
    ) -> openred_core::grant::Request {
        let call = openred_keeper::ops::Call::Request { dir_id, target, grant_id };
        let Ok(Response::Call(signed)) = self.ask(Request::SignCall(call)) else { panic!("signed") };
        openred_core::grant::Request { grant_id, time: signed.time, signature: signed.sig }
    }
}

fn sealed(ticket: &Ticket) -> Sealed {
    match ticket {
        Ticket::Sealed(bytes) => Sealed::Sealed(Blob(bytes.clone())),
        Ticket::Open => Sealed::Open,
    }
}
