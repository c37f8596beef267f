//! Own requests that wait, grants that wait for their hello, and the ids of grants that are used (PROTOCOL §3.2).
//!
//! Must not know: what is in a ticket, how hellos are answered.

use std::collections::BTreeMap;

use openred_core::{
    checks::failed,
    grant::{Core, OwnRequest},
    hello::Hello,
    ids::Id16,
    token::Role,
};

use super::{
    Change, Effect, Effects, GrantIn, Introduction, Now, Ticket,
    bounds::{
        GRANT_USABLE_MS, PENDING_MAX, PENDING_PER_PEER_MAX, PENDING_STRANGERS_MAX, REQUEST_WAIT_MS,
        REQUESTS_MAX, USED_EXTRA_SECS, USED_MAX,
    },
};

/// A grant of role B that waits for A's hello.
#[derive(Debug)]
struct Pending {
    core: Core,
    contact: bool,
    ticket: Vec<u8>,
    received_ms: u64,
}

impl Pending {
    fn is_usable(&self, now: Now) -> bool {
        now.mono_ms.saturating_sub(self.received_ms) <= GRANT_USABLE_MS
    }
}

/// What the table says of a hello of kind 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GrantRefused {
    /// 425.
    Unknown,
    /// 410, by this check.
    Gone(&'static str),
    /// 404, by this check: not for this A.
    NotFor(&'static str),
}

#[derive(Debug, Default)]
pub(super) struct Grants {
    requests: BTreeMap<Id16, (OwnRequest, u64)>,
    pending: BTreeMap<Id16, Pending>,
    /// Ids of grants that came and are not used.
    seen: BTreeMap<Id16, Until>,
    /// Ids of used grants: durable.
    used: BTreeMap<Id16, Until>,
}

/// Until when an id is remembered: until both clocks have passed, so that a wall clock that jumps ahead and back
/// does not make a used grant new.
#[derive(Debug, Clone, Copy)]
struct Until {
    unix_secs: u64,
    mono_ms: u64,
}

impl Until {
    /// not_before + ttl + 1 h; never sooner than that long from now, whatever the directory's clock says.
    fn of(now: Now, core: &Core) -> Self {
        let unix_secs = now.secs().max(core.not_before) + u64::from(core.ttl) + USED_EXTRA_SECS;
        Self { unix_secs, mono_ms: now.mono_ms + 2 * REQUEST_WAIT_MS }
    }

    fn counts(self, now: Now) -> bool {
        now.secs() <= self.unix_secs || now.mono_ms <= self.mono_ms
    }
}

impl Introduction {
    pub(super) fn on_grant(&mut self, now: Now, grant: GrantIn, fx: &mut Effects) {
        let (dir_id, grant_id) = (grant.core.dir_id, grant.core.grant_id);
        let taken = match grant.role {
            Role::A => self.grants.take_answer(now, &grant),
            Role::B => self.grants.take_pending(now, &grant),
        };
        match (taken, grant.role) {
            (Err(name), _) => fx.push(Effect::GrantDropped { dir_id, grant_id, name }),
            (Ok(()), Role::A) => self.begin_grant(now, grant, fx),
            (Ok(()), Role::B) => {}
        }
    }
}

impl Grants {
    pub(super) fn restore(used: Vec<(Id16, u64)>) -> Self {
        let until = |unix_secs| Until { unix_secs, mono_ms: 2 * REQUEST_WAIT_MS };
        Self { used: used.into_iter().map(|(id, secs)| (id, until(secs))).collect(), ..Self::default() }
    }

    /// A request leaves; beyond 256 at once the oldest no longer waits.
    pub(super) fn asked(&mut self, now: Now, request: OwnRequest) {
        if self.requests.len() >= REQUESTS_MAX {
            let oldest = self.requests.iter().min_by_key(|(_, (_, until))| *until).map(|(id, _)| *id);
            oldest.and_then(|id| self.requests.remove(&id));
        }
        self.requests.insert(request.grant_id, (request, now.mono_ms + REQUEST_WAIT_MS));
    }

    pub(super) fn waiting(&self, grant_id: &Id16) -> Option<&OwnRequest> {
        self.requests.get(grant_id).map(|(request, _)| request)
    }

    /// Role A: the grant answers its request, which from now on waits no more. Own grant_ids are drawn at random
    /// and asked for once, so this is `grant/unused` too.
    fn take_answer(&mut self, now: Now, grant: &GrantIn) -> Result<(), &'static str> {
        let answered = self.requests.remove(&grant.core.grant_id);
        refuse("grant/one-per-request", answered.is_none())?;
        self.remember(now, &grant.core)
    }

    /// Role B: the grant waits for A's hello.
    fn take_pending(&mut self, now: Now, grant: &GrantIn) -> Result<(), &'static str> {
        refuse("grant/unused", self.was_seen(&grant.core.grant_id))?;
        let unused = || self.pending.iter().filter(|(id, _)| !self.used.contains_key(id));
        let usable = || unused().map(|(_, pending)| pending).filter(|pending| pending.is_usable(now));
        let of_peer = usable().filter(|pending| pending.core.id_a == grant.core.id_a).count();
        let strangers = usable().filter(|pending| !pending.contact).count();
        refuse("grant/pending-per-peer", of_peer >= PENDING_PER_PEER_MAX)?;
        refuse("grant/pending-strangers", !grant.contact && strangers >= PENDING_STRANGERS_MAX)?;
        refuse("grant/pending-limit", usable().count() >= PENDING_MAX)?;
        self.remember(now, &grant.core)?;
        let pending = Pending {
            core: grant.core.clone(),
            contact: grant.contact,
            ticket: grant.ticket.clone(),
            received_ms: now.mono_ms,
        };
        self.pending.insert(grant.core.grant_id, pending);
        Ok(())
    }

    fn was_seen(&self, grant_id: &Id16) -> bool {
        self.seen.contains_key(grant_id) || self.used.contains_key(grant_id)
    }

    fn remember(&mut self, now: Now, core: &Core) -> Result<(), &'static str> {
        refuse("grant/pending-limit", self.seen.len() + self.used.len() >= USED_MAX)?;
        self.seen.insert(core.grant_id, Until::of(now, core));
        Ok(())
    }

    /// Role B: the ticket of a hello of kind 1, checked in the order of PROTOCOL §4.
    pub(super) fn ticket(&self, now: Now, hello: &Hello) -> Result<Ticket, GrantRefused> {
        let burnt = self.used.contains_key(&hello.ticket_id);
        if failed("handshake/burnt", burnt) {
            return Err(GrantRefused::Gone("handshake/burnt"));
        }
        let Some(pending) = self.pending.get(&hello.ticket_id) else {
            return Err(GrantRefused::Unknown);
        };
        let core = &pending.core;
        let other = (core.id_a, core.id_b) != (hello.id_a, hello.id_b);
        if failed("handshake/ticket-names-peer", other) {
            return Err(GrantRefused::NotFor("handshake/ticket-names-peer"));
        }
        let others = (core.desc_a, core.desc_b) != (hello.desc_a, hello.desc_b);
        if failed("handshake/grant-descriptors", others) {
            return Err(GrantRefused::NotFor("handshake/grant-descriptors"));
        }
        if failed("grant/usable-120s", !pending.is_usable(now)) {
            return Err(GrantRefused::Gone("grant/usable-120s"));
        }
        let off = !openred_core::grant::within_window(now.secs(), core.not_before);
        if failed("handshake/grant-window", off) {
            return Err(GrantRefused::Gone("handshake/grant-window"));
        }
        Ok(Ticket::Sealed(pending.ticket.clone()))
    }

    /// Burns a grant. The change must be durable before anything of the handshake leaves.
    pub(super) fn burn(&mut self, now: Now, grant_id: Id16) -> Change {
        let longest = Until {
            unix_secs: now.secs() + u64::from(u16::MAX) + USED_EXTRA_SECS,
            mono_ms: now.mono_ms + 2 * REQUEST_WAIT_MS,
        };
        let until = self.seen.remove(&grant_id).unwrap_or(longest);
        self.used.insert(grant_id, until);
        Change::Used { grant_id, until: until.unix_secs }
    }

    pub(super) fn forget_old(&mut self, now: Now) {
        self.requests.retain(|_, (_, until)| now.mono_ms <= *until);
        self.pending
            .retain(|_, pending| now.mono_ms.saturating_sub(pending.received_ms) <= 2 * REQUEST_WAIT_MS);
        self.seen.retain(|_, until| until.counts(now));
        self.used.retain(|_, until| until.counts(now));
    }
}

fn refuse(name: &'static str, bad: bool) -> Result<(), &'static str> {
    if failed(name, bad) { Err(name) } else { Ok(()) }
}
