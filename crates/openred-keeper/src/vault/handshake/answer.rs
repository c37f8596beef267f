//! Role B up to message 2: presentation first, then descriptor, then the curve (PROTOCOL §4). It must not
//! know rates and tables, which come before.

use openred_core::checks::failed;
use openred_core::hello::{Context, Hello, presentation_matches, unseal_descriptor};
use openred_core::session_keys::session_id;
use openred_core::token::Role;

use super::noise::{self, Side};
use super::{Stage, belongs, context, half_of};
use crate::ops::{Accept, Accepted, CheckHello, HelloChecked, Refusal, Ticket};
use crate::vault::grant::check;
use crate::vault::opened::Opened;
use crate::vault::ticket::Opener;
use crate::vault::{malformed, random};

impl Opened {
    /// The presentation, and the attached descriptor if there is one, not verified.
    pub(in crate::vault) fn check_hello(
        &self,
        now_ms: u64,
        ask: &CheckHello,
    ) -> Result<HelloChecked, Refusal> {
        let (hello, _, _) = self.presented(&ask.hello, &ask.ticket)?;
        let Some(boxed) = &hello.descriptor else {
            return Ok(HelloChecked { descriptor: None });
        };
        let key = self.keys.mail(now_ms, &boxed.0)?;
        let opened = unseal_descriptor(&key, &self.node_id(), &hello.desc_a, &boxed.0)
            .map_err(|refusal| check(refusal.name()))?;
        Ok(HelloChecked { descriptor: Some(opened.as_slice().into()) })
    }

    /// Reads message 1 and writes message 2.
    pub(in crate::vault) fn accept(&mut self, now_ms: u64, ask: &Accept) -> Result<Accepted, Refusal> {
        let (hello, opener, context) = self.presented(&ask.hello, &ask.ticket)?;
        let own = self.own_descriptor(&ask.own_descriptor)?;
        if own.hash() != hello.desc_b {
            return Err(Refusal::Stale);
        }
        let peer = self.known.read(&ask.peer_descriptor)?;
        refuse("descriptor/hash", peer.hash() != hello.desc_a)?;
        refuse("descriptor/names-peer", peer.node_id() != hello.id_a)?;
        opener.check(&peer.node_id(), own.body().log_seq, peer.body().log_seq)?;
        let noise_secret = self.keys.noise(now_ms, &own.body().noise_key)?;
        let mut state = noise::build(&Side {
            role: Role::B,
            own: &noise_secret,
            peer: &peer.body().noise_key,
            secret: &opener.secret,
            context: &context,
            binding: &ask.binding,
        })?;
        noise::read(&mut state, &hello.noise)?;
        let noise = noise::write(&mut state)?;
        let (h, keys) = noise::split(&mut state, Role::B)?;
        let half = half_of(&opener, Role::B)?;
        let facts = self.facts(Role::B, peer, half, ask.rejoin);
        let stage = Stage::Split { keys, h, r: random::<32>()? };
        let handle = self.handshakes.insert(now_ms, facts, stage)?;
        Ok(Accepted { handle, noise: noise.as_slice().into(), session_id: session_id(&h) })
    }

    /// A hello whose presentation proves the ticket's secret.
    fn presented(&self, hello: &[u8], ticket: &Ticket) -> Result<(Hello, Opener, Context), Refusal> {
        let hello = Hello::parse(hello).map_err(malformed)?;
        refuse("handshake/own-id", hello.id_b != self.node_id())?;
        let opener = self.open_ticket(ticket)?;
        belongs(&opener, &hello)?;
        let half = half_of(&opener, Role::B)?;
        let context = context(&hello, half.as_ref())?;
        if !presentation_matches(&opener.secret, &context, &hello) {
            return Err(check("handshake/mac"));
        }
        Ok((hello, opener, context))
    }
}

fn refuse(name: &'static str, bad: bool) -> Result<(), Refusal> {
    if failed(name, bad) { Err(check(name)) } else { Ok(()) }
}
