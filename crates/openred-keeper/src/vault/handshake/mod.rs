//! Handshakes (PROTOCOL §4): Noise, presentations, tokens and pair secrets never leave this module
//! unsealed. It must not know tables of tickets, pins or transports.

mod answer;
mod begin;
mod end;
mod first;
mod noise;

use std::collections::BTreeMap;

use openred_core::descriptor::Descriptor;
use openred_core::grant::GrantHalf;
use openred_core::hello::{Context, Hello, TicketKind};
use openred_core::session_keys::SessionKeys;
use openred_core::token::Role;
use zeroize::Zeroizing;

use super::grant::check;
use super::opened::Opened;
use super::ticket::Opener;
use crate::ops::{HANDSHAKE_MS, MAX_HANDSHAKES, Refusal, Response};

/// Handshakes under way, by handle.
#[derive(Default)]
pub(super) struct Handshakes {
    under_way: BTreeMap<u64, Handshake>,
    last: u64,
}

/// One of them.
struct Handshake {
    until_ms: u64,
    facts: Facts,
    stage: Stage,
}

/// What stays the same from beginning to end.
struct Facts {
    role: Role,
    own_seq: u32,
    own_id: openred_core::ids::NodeId,
    peer: Descriptor,
    half: Option<GrantHalf>,
    rejoin: bool,
}

enum Stage {
    /// A waits for message 2.
    Sent(Box<snow::HandshakeState>),
    /// Both messages are read; the peer's first frame is due.
    Split {
        keys: SessionKeys,
        h: [u8; 32],
        /// Own half of the pair secret.
        r: Zeroizing<[u8; 32]>,
    },
}

impl Handshakes {
    pub(super) fn len(&self) -> u32 {
        self.under_way.len() as u32
    }

    /// Keeps a new one; drops those that lapsed.
    fn insert(&mut self, now_ms: u64, facts: Facts, stage: Stage) -> Result<u64, Refusal> {
        self.under_way.retain(|_, handshake| now_ms < handshake.until_ms);
        if self.under_way.len() >= MAX_HANDSHAKES {
            return Err(Refusal::Busy);
        }
        self.last += 1;
        let until_ms = now_ms.saturating_add(HANDSHAKE_MS);
        self.under_way.insert(self.last, Handshake { until_ms, facts, stage });
        Ok(self.last)
    }

    /// Takes one out: whatever goes wrong afterwards ends it.
    fn take(&mut self, now_ms: u64, handle: u64) -> Result<(Facts, Stage), Refusal> {
        let handshake = self.under_way.remove(&handle).ok_or(Refusal::NoHandshake)?;
        if now_ms >= handshake.until_ms {
            return Err(Refusal::NoHandshake);
        }
        Ok((handshake.facts, handshake.stage))
    }

    /// Puts one back in its next stage, under the same handle.
    fn put_back(&mut self, now_ms: u64, handle: u64, facts: Facts, stage: Stage) {
        let until_ms = now_ms.saturating_add(HANDSHAKE_MS);
        self.under_way.insert(handle, Handshake { until_ms, facts, stage });
    }
}

impl Opened {
    pub(super) fn abandon(&mut self, handle: u64) -> Response {
        self.handshakes.under_way.remove(&handle);
        Response::Done
    }
}

/// ctx of a hello under its ticket. For kind 1 the hello must repeat what the core says.
fn context(hello: &Hello, half: Option<&GrantHalf>) -> Result<Context, Refusal> {
    let Some(half) = half else {
        return Ok(Context::of_hello(hello));
    };
    let core = &half.core;
    let named = (hello.id_a, hello.id_b, hello.desc_a, hello.desc_b);
    let other = named != (core.id_a, core.id_b, core.desc_a, core.desc_b);
    if openred_core::checks::failed("handshake/grant-descriptors", other) {
        return Err(check("handshake/grant-descriptors"));
    }
    Ok(Context::of_core(core))
}

/// The ticket must be of the hello's kind and id, and a grant's half of the own role.
fn belongs(opener: &Opener, hello: &Hello) -> Result<(), Refusal> {
    if opener.kind()? != hello.kind || opener.id() != hello.ticket_id {
        return Err(Refusal::Ticket);
    }
    Ok(())
}

/// The half of a grant ticket for `role`; none for the other kinds.
fn half_of(opener: &Opener, role: Role) -> Result<Option<GrantHalf>, Refusal> {
    let half = opener.half()?;
    let fits = match (opener.kind()?, &half) {
        (TicketKind::Grant, Some(half)) => half.role == role,
        (TicketKind::Grant, None) => false,
        (_, half) => half.is_none(),
    };
    if fits { Ok(half) } else { Err(Refusal::Ticket) }
}
