//! Role B: from a hello to its answer, in the order rate → ticket table → MAC → descriptor → curve (PROTOCOL §4).
//!
//! Must not know: how the keeper checks and opens. Kind 1 is burnt and kind 3 bound durably after message 1 has
//! opened and before message 2 leaves.

use std::collections::BTreeMap;

use openred_core::{
    checks::failed,
    grant::within_window,
    hello::{Attempt, Hello, HelloRefusal, HelloReply, TicketKind},
    ids::Id16,
};

use super::{
    AnswerId, ConnId, Effect, Effects, HelloIn, HelloNote, Introduction, Now, StoreId, Ticket,
    bounds::ANSWERING_MAX, grants::GrantRefused,
};

/// Hellos between their table and their reply.
#[derive(Debug, Default)]
pub(super) struct Answering {
    open: BTreeMap<AnswerId, Open>,
    by_attempt: BTreeMap<Attempt, AnswerId>,
    by_store: BTreeMap<StoreId, AnswerId>,
}

#[derive(Debug)]
struct Open {
    hello: Box<Hello>,
    ticket: Ticket,
    /// Equal attempts share one answer.
    conns: Vec<ConnId>,
    /// Message 2, held back until the change is durable.
    held: Option<HelloReply>,
}

/// A refusal and the check that made it.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) refusal: HelloRefusal,
    pub(super) check: &'static str,
}

impl Refused {
    pub(super) const fn by(check: &'static str, refusal: HelloRefusal) -> Self {
        Self { refusal, check }
    }

    fn when(check: &'static str, bad: bool, refusal: HelloRefusal) -> Result<(), Self> {
        if failed(check, bad) { Err(Self { refusal, check }) } else { Ok(()) }
    }
}

impl Introduction {
    pub(super) fn on_hello(&mut self, now: Now, HelloIn { conn, hello }: HelloIn, fx: &mut Effects) {
        let attempt = hello.attempt();
        if let Some(reply) = self.replies.get(&attempt) {
            return fx.answer(conn, Ok(reply.clone()), HelloNote::Again);
        }
        let under_way =
            self.answering.by_attempt.get(&attempt).and_then(|id| self.answering.open.get_mut(id));
        if let Some(open) = under_way.filter(|open| *open.hello == hello) {
            open.conns.push(conn);
            return;
        }
        match self.admit(now, &hello) {
            Ok(ticket) => self.check(conn, hello, ticket, fx),
            Err(Refused { refusal, check }) => {
                self.note_second_taker(&hello, check, fx);
                fx.answer(conn, Err(refusal), HelloNote::Check(check));
            }
        }
    }

    /// Everything that is decided before any cryptography.
    fn admit(&mut self, now: Now, hello: &Hello) -> Result<Ticket, Refused> {
        Refused::when("handshake/own-id", hello.id_b != self.own_id, HelloRefusal::NotMe)?;
        if hello.kind == TicketKind::Open {
            self.rate.admit(now, hello)?;
        }
        self.ticket(now, hello)
    }

    /// The ticket table, asked before the keeper and once more before message 2 leaves.
    fn ticket(&self, now: Now, hello: &Hello) -> Result<Ticket, Refused> {
        if hello.kind == TicketKind::Grant {
            let blank = hello.nonce == Id16([0; 16]) && hello.time == 0;
            Refused::when("handshake/zero-nonce", !blank, HelloRefusal::Malformed)?;
            return self.grants.ticket(now, hello).map_err(Refused::from);
        }
        let ticket = match hello.kind {
            TicketKind::Pair => self.tickets.pair(hello)?,
            TicketKind::Invitation => self.tickets.invitation(now, hello)?,
            TicketKind::Grant | TicketKind::Open => {
                let named = hello.ticket_id != Id16([0; 16]);
                Refused::when("handshake/ticket-known", named, HelloRefusal::Malformed)?;
                Ticket::Open
            }
        };
        let off = !within_window(now.secs(), hello.time);
        Refused::when("handshake/time", off, HelloRefusal::BadPresentation)?;
        Refused::when("handshake/replay", self.replays.was_seen(hello), HelloRefusal::Used)?;
        Ok(ticket)
    }

    fn check(&mut self, conn: ConnId, hello: Hello, ticket: Ticket, fx: &mut Effects) {
        if self.answering.open.len() >= ANSWERING_MAX || self.replays.is_full() {
            return fx.answer(conn, Err(busy()), HelloNote::Other);
        }
        let answer = AnswerId(self.draw_id());
        let hello = Box::new(hello);
        self.answering.by_attempt.insert(hello.attempt(), answer);
        fx.push(Effect::Check { answer, hello: hello.clone(), ticket: ticket.clone() });
        self.answering.open.insert(answer, Open { hello, ticket, conns: vec![conn], held: None });
    }

    /// The presentation is right; are both descriptors there?
    pub(super) fn on_checked(
        &mut self,
        now: Now,
        answer: AnswerId,
        outcome: Result<bool, HelloRefusal>,
        fx: &mut Effects,
    ) {
        let Some(open) = self.answering.open.get(&answer) else { return };
        let knows_b = self.own.counting(now).contains(&open.hello.desc_b);
        let stale = || self.own.signed().map_or(HelloRefusal::Unknown, HelloRefusal::Stale);
        let refusal = match outcome {
            Err(refusal) => refusal,
            Ok(_) if !knows_b && open.hello.kind != TicketKind::Grant => stale(),
            Ok(false) => HelloRefusal::WantDescriptor,
            Ok(true) => {
                let (hello, ticket) = (open.hello.clone(), open.ticket.clone());
                return fx.push(Effect::Accept { answer, hello, ticket });
            }
        };
        self.finish(answer, Err(refusal), HelloNote::Other, fx);
    }

    /// Message 1 opened. What another hello did meanwhile counts; then burn, bind, remember.
    pub(super) fn on_accepted(
        &mut self,
        now: Now,
        answer: AnswerId,
        outcome: Result<HelloReply, HelloRefusal>,
        fx: &mut Effects,
    ) {
        let Some(open) = self.answering.open.get(&answer) else { return };
        let reply = match outcome {
            Ok(reply) => reply,
            Err(refusal) => return self.finish(answer, Err(refusal), HelloNote::Other, fx),
        };
        let hello = open.hello.clone();
        if let Err(Refused { refusal, check }) = self.ticket(now, &hello) {
            fx.push(Effect::Forget { answer });
            self.note_second_taker(&hello, check, fx);
            return self.finish(answer, Err(refusal), HelloNote::Check(check), fx);
        }
        let change = match hello.kind {
            TicketKind::Grant => Some(self.grants.burn(now, hello.ticket_id)),
            TicketKind::Invitation => self.tickets.bind(hello.ticket_id, hello.id_a),
            TicketKind::Pair | TicketKind::Open => None,
        };
        if hello.kind != TicketKind::Grant {
            self.replays.remember(now, &hello);
        }
        let Some(change) = change else {
            return self.finish(answer, Ok(reply), HelloNote::Accepted, fx);
        };
        let store = StoreId(self.draw_id());
        if let Some(open) = self.answering.open.get_mut(&answer) {
            open.held = Some(reply);
        }
        self.answering.by_store.insert(store, answer);
        fx.store(Some(store), change);
    }

    /// The burn or binding is on disk, or could not be written: the ticket stays spent either way.
    pub(super) fn on_stored(&mut self, now: Now, store: StoreId, durable: bool, fx: &mut Effects) {
        let Some(answer) = self.answering.by_store.remove(&store) else {
            return self.on_burnt(now, store, durable, fx);
        };
        let held = self.answering.open.get_mut(&answer).and_then(|open| open.held.take());
        match held {
            Some(reply) if durable => self.finish(answer, Ok(reply), HelloNote::Accepted, fx),
            _ => {
                fx.push(Effect::Forget { answer });
                self.finish(answer, Err(busy()), HelloNote::Other, fx);
            }
        }
    }

    fn finish(
        &mut self,
        answer: AnswerId,
        outcome: Result<HelloReply, HelloRefusal>,
        note: HelloNote,
        fx: &mut Effects,
    ) {
        let Some(open) = self.answering.open.remove(&answer) else { return };
        let attempt = open.hello.attempt();
        if self.answering.by_attempt.get(&attempt) == Some(&answer) {
            self.answering.by_attempt.remove(&attempt);
        }
        if let Ok(reply) = &outcome {
            self.replies.store(attempt, reply.clone());
        }
        for conn in open.conns {
            fx.answer(conn, outcome.clone(), note);
        }
    }
}

impl From<GrantRefused> for Refused {
    fn from(refused: GrantRefused) -> Self {
        match refused {
            GrantRefused::Unknown => Self::by("handshake/ticket-known", HelloRefusal::GrantUnknown),
            GrantRefused::Gone(check) => Self::by(check, HelloRefusal::Used),
            GrantRefused::NotFor(check) => Self::by(check, HelloRefusal::Unknown),
        }
    }
}

fn busy() -> HelloRefusal {
    HelloRefusal::SlowDown { work: None, retry_after: 5 }
}
