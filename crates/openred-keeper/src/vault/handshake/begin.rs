//! Role A up to its first frame. It must not know how messages travel.

use openred_core::descriptor::Descriptor;
use openred_core::grant::GrantHalf;
use openred_core::hello::{Hello, TicketKind, presentation, seal_descriptor};
use openred_core::ids::{B64, Id16};
use openred_core::session_keys::session_id;
use openred_core::token::Role;

use super::noise::{self, Side};
use super::{Facts, Stage, context, half_of};
use crate::ops::{Finish, Finished, Refusal, Start, Started};
use crate::vault::opened::Opened;
use crate::vault::random;
use crate::vault::ticket::Opener;

impl Opened {
    /// Message 1 and the presentation of the ticket's secret.
    pub(in crate::vault) fn start(&mut self, now_ms: u64, start: &Start) -> Result<Started, Refusal> {
        let own = self.own_descriptor(&start.own_descriptor)?;
        let peer = self.known.read(&start.peer_descriptor)?;
        let opener = self.open_ticket(&start.ticket)?;
        opener.check(&peer.node_id(), own.body().log_seq, peer.body().log_seq)?;
        let half = half_of(&opener, Role::A)?;
        let mut hello = blank_hello(&opener, &own, &peer, now_ms)?;
        let context = context(&hello, half.as_ref())?;
        let noise_secret = self.keys.noise(now_ms, &own.body().noise_key)?;
        let mut state = noise::build(&Side {
            role: Role::A,
            own: &noise_secret,
            peer: &peer.body().noise_key,
            secret: &opener.secret,
            context: &context,
            binding: &start.binding,
        })?;
        hello.noise = noise::write(&mut state)?;
        hello.token = presentation(&opener.secret, Role::A, &context, &hello.noise);
        if start.attach_descriptor {
            let boxed =
                seal_descriptor(&peer.body().mail_key, &peer.node_id(), &own).map_err(|_| Refusal::Box)?;
            hello.descriptor = Some(B64(boxed));
        }
        let facts = self.facts(Role::A, peer, half, start.rejoin);
        let handle = self.handshakes.insert(now_ms, facts, Stage::Sent(Box::new(state)))?;
        Ok(Started { handle, hello: hello.to_text().into_bytes().into() })
    }

    /// Reads message 2 and seals A's first frame. A wrong message 2 ends the handshake.
    pub(in crate::vault) fn finish(&mut self, now_ms: u64, finish: Finish) -> Result<Finished, Refusal> {
        let (facts, stage) = self.handshakes.take(now_ms, finish.handle)?;
        let Stage::Sent(mut state) = stage else {
            return Err(Refusal::NoHandshake);
        };
        noise::read(&mut state, &finish.noise)?;
        let (h, keys) = noise::split(&mut state, Role::A)?;
        let r = random::<32>()?;
        let first = self.seal_first(&facts, &keys, &h, r.clone(), finish.capabilities)?;
        self.handshakes.put_back(now_ms, finish.handle, facts, Stage::Split { keys, h, r });
        Ok(Finished { session_id: session_id(&h), first: first.into() })
    }

    pub(super) fn facts(&self, role: Role, peer: Descriptor, half: Option<GrantHalf>, rejoin: bool) -> Facts {
        Facts { role, own_seq: self.log.head_seq(), own_id: self.node_id(), peer, half, rejoin }
    }
}

/// The hello without Noise message and presentation. Nonce and time of kind 1 are zero.
fn blank_hello(opener: &Opener, own: &Descriptor, peer: &Descriptor, now_ms: u64) -> Result<Hello, Refusal> {
    let kind = opener.kind()?;
    let (nonce, time) = match kind {
        TicketKind::Grant => (Id16([0; 16]), 0),
        TicketKind::Pair | TicketKind::Invitation | TicketKind::Open => {
            (Id16(*random::<16>()?), now_ms / 1000)
        }
    };
    Ok(Hello {
        kind,
        ticket_id: opener.id(),
        id_a: own.node_id(),
        id_b: peer.node_id(),
        desc_a: own.hash(),
        desc_b: peer.hash(),
        nonce,
        time,
        noise: [0; openred_core::hello::NOISE_LEN],
        token: Id16([0; 16]),
        descriptor: None,
        work: None,
    })
}
