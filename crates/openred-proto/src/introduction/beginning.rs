//! Role A: from the wish for a session to B's message 2, through 425, 428, 409, 429 and unknown pairs (PROTOCOL §3.3, §4).
//!
//! Must not know: routes, sockets, Noise. A burns its half of a grant durably before message 1 leaves and repeats it
//! only byte-equal.

use std::collections::BTreeMap;

use openred_core::{
    checks::failed,
    hello::{HelloRefusal, HelloReply, TicketKind},
    ids::{Hash, Id16, NodeId},
};

use super::{
    Effect, Effects, Failure, GrantIn, Introduction, MeetWith, Now, StartId, StoreId, Ticket,
    bounds::{GRANT_USABLE_MS, RETRY_FIRST_MS, RETRY_LONGEST_MS},
};

#[derive(Debug, Default)]
pub(super) struct Beginning {
    begun: BTreeMap<StartId, Begun>,
    by_store: BTreeMap<StoreId, StartId>,
}

#[derive(Debug)]
struct Begun {
    peer: NodeId,
    kind: TicketKind,
    ticket: Ticket,
    descriptors: Option<(Hash, Hash)>,
    rejoin: bool,
    /// Pair ids that B did not know.
    tried: Vec<Id16>,
    /// Kind 1: no try after this moment (monotonic ms).
    give_up_ms: u64,
    retries: u32,
    again_ms: Option<u64>,
    attached: bool,
    worked: bool,
    was_stale: bool,
}

impl Begun {
    fn new(peer: NodeId, kind: TicketKind, ticket: Ticket) -> Self {
        let attached = matches!(kind, TicketKind::Invitation | TicketKind::Open);
        Self {
            peer,
            kind,
            ticket,
            descriptors: None,
            rejoin: false,
            tried: Vec::new(),
            give_up_ms: u64::MAX,
            retries: 0,
            again_ms: None,
            attached,
            worked: false,
            was_stale: false,
        }
    }

    fn start(&self, start: StartId) -> Effect {
        Effect::Start {
            start,
            peer: self.peer,
            kind: self.kind,
            ticket: self.ticket.clone(),
            descriptors: self.descriptors,
            rejoin: self.rejoin,
        }
    }

    /// 25, 50, 100 ms … within the ttl; `None` when the next try would come too late.
    fn next_try(&mut self, now: Now) -> Option<u64> {
        let wait = (RETRY_FIRST_MS << self.retries.min(10)).min(RETRY_LONGEST_MS);
        self.retries += 1;
        Some(now.mono_ms + wait).filter(|at| *at <= self.give_up_ms)
    }
}

impl Introduction {
    /// A grant answered an own request: burn first, then begin.
    pub(super) fn begin_grant(&mut self, now: Now, grant: GrantIn, fx: &mut Effects) {
        let core = &grant.core;
        let mut begun = Begun::new(core.id_b, TicketKind::Grant, Ticket::Sealed(grant.ticket));
        begun.descriptors = Some((core.desc_a, core.desc_b));
        begun.give_up_ms = now.mono_ms + GRANT_USABLE_MS.min(u64::from(core.ttl) * 1000);
        let (start, store) = (StartId(self.draw_id()), StoreId(self.draw_id()));
        self.beginning.begun.insert(start, begun);
        self.beginning.by_store.insert(store, start);
        let change = self.grants.burn(now, core.grant_id);
        fx.store(Some(store), change);
    }

    pub(super) fn on_burnt(&mut self, _now: Now, store: StoreId, durable: bool, fx: &mut Effects) {
        let Some(start) = self.beginning.by_store.remove(&store) else { return };
        if !durable {
            return self.give_up(start, Failure::NotStored, fx);
        }
        if let Some(begun) = self.beginning.begun.get(&start) {
            fx.push(begun.start(start));
        }
    }

    pub(super) fn on_meet(&mut self, _now: Now, peer: NodeId, with: MeetWith, fx: &mut Effects) {
        let begun = match with {
            MeetWith::Pairs => self.next_pair(peer, Vec::new()),
            MeetWith::Invitation { ticket } => {
                Begun::new(peer, TicketKind::Invitation, Ticket::Sealed(ticket))
            }
            MeetWith::Open => Begun::new(peer, TicketKind::Open, Ticket::Open),
        };
        let start = StartId(self.draw_id());
        fx.push(begun.start(start));
        self.beginning.begun.insert(start, begun);
    }

    /// "Unknown" is believed only after one retry with another kept pair secret; then kind 4 with rejoin.
    fn next_pair(&self, peer: NodeId, tried: Vec<Id16>) -> Begun {
        let another = self.tickets.newest(&peer, &tried).filter(|_| tried.len() < 2);
        let mut begun = match another {
            Some((pair_id, ticket)) => {
                let mut begun = Begun::new(peer, TicketKind::Pair, ticket);
                begun.tried = tried;
                begun.tried.push(pair_id);
                begun
            }
            None => Begun::new(peer, TicketKind::Open, Ticket::Open),
        };
        begun.rejoin = begun.kind == TicketKind::Open;
        begun
    }

    pub(super) fn on_answered(
        &mut self,
        now: Now,
        start: StartId,
        outcome: Option<Result<HelloReply, HelloRefusal>>,
        fx: &mut Effects,
    ) {
        match outcome {
            None => self.give_up(start, Failure::NoRoute, fx),
            Some(Ok(_)) => {
                self.beginning.begun.remove(&start);
            }
            Some(Err(refusal)) => self.on_refused(now, start, refusal, fx),
        }
    }

    fn on_refused(&mut self, now: Now, start: StartId, refusal: HelloRefusal, fx: &mut Effects) {
        let Some(begun) = self.beginning.begun.get_mut(&start) else { return };
        let status = refusal.status();
        match refusal {
            HelloRefusal::GrantUnknown if begun.kind == TicketKind::Grant => match begun.next_try(now) {
                Some(at) => begun.again_ms = Some(at),
                None => self.give_up(start, Failure::GrantLapsed, fx),
            },
            HelloRefusal::WantDescriptor if !begun.attached => {
                begun.attached = true;
                fx.push(Effect::AttachDescriptor { start });
            }
            HelloRefusal::Stale(signed) if begun.kind != TicketKind::Grant => {
                if failed("handshake/stale-once", begun.was_stale) {
                    return self.give_up(start, Failure::Stale, fx);
                }
                begun.was_stale = true;
                fx.push(Effect::Learn { start, peer: begun.peer, signed: signed.0 });
            }
            HelloRefusal::SlowDown { work: Some(challenge), .. } if !begun.worked => {
                begun.worked = true;
                fx.push(Effect::Solve { start, challenge });
            }
            HelloRefusal::Unknown if begun.kind == TicketKind::Pair => {
                let (peer, tried, was_stale) =
                    (begun.peer, std::mem::take(&mut begun.tried), begun.was_stale);
                let mut next = self.next_pair(peer, tried);
                next.was_stale = was_stale;
                fx.push(next.start(start));
                self.beginning.begun.insert(start, next);
            }
            _ => self.give_up(start, Failure::Refused(status), fx),
        }
    }

    /// The newer descriptor is pinned: begin again with it, by the same ticket.
    pub(super) fn on_learnt(&mut self, start: StartId, good: bool, fx: &mut Effects) {
        if !good {
            return self.give_up(start, Failure::Stale, fx);
        }
        if let Some(begun) = self.beginning.begun.get_mut(&start) {
            begun.attached = matches!(begun.kind, TicketKind::Invitation | TicketKind::Open);
            begun.worked = false;
            fx.push(begun.start(start));
        }
    }

    fn give_up(&mut self, start: StartId, why: Failure, fx: &mut Effects) {
        if let Some(begun) = self.beginning.begun.remove(&start) {
            fx.fail(start, begun.peer, why);
        }
    }
}

impl Beginning {
    pub(super) fn next_wake(&self) -> Option<u64> {
        self.begun.values().filter_map(|begun| begun.again_ms).min()
    }

    pub(super) fn wake(&mut self, now: Now, fx: &mut Effects) {
        for (start, begun) in &mut self.begun {
            if begun.again_ms.take_if(|at| *at <= now.mono_ms).is_some() {
                fx.push(Effect::SendAgain { start: *start });
            }
        }
    }
}
