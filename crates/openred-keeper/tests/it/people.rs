//! People with a vault each, on one clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use openred_core::descriptor::Descriptor;
use openred_core::ids::NodeId;
use openred_keeper::blob::Blob;
use openred_keeper::client::{Keeper, KeeperError};
use openred_keeper::keyfile::KdfCost;
use openred_keeper::ops::{
    Accept, Confirm, Created, DescriptorDraft, Finish, Refusal, Session, Start, Ticket, Unlock, UnlockWith,
};
use openred_keeper::secret::Secret;
use openred_keeper::vault::Vault;

/// When the stories begin, unix ms.
pub(crate) const START_MS: u64 = 1_790_000_000_000;
pub(crate) const DAY_MS: u64 = 86_400_000;
/// No TLS exporter: HTTPS.
pub(crate) const NO_BINDING: [u8; 32] = [0; 32];

/// A clock that all people of a test share.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn start() -> Self {
        let clock = Self::default();
        clock.advance(START_MS);
        clock
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Somebody with an unlocked keeper and what the node would store.
pub(crate) struct Person {
    pub(crate) keeper: Keeper,
    pub(crate) id: NodeId,
    pub(crate) created: Created,
    pub(crate) descriptor: Blob,
    pub(crate) state: Blob,
    pub(crate) clock: Clock,
}

pub(crate) fn passphrase(name: &str) -> Secret {
    Secret::text(&format!("passphrase of {name}"))
}

pub(crate) fn draft(name: &str) -> DescriptorDraft {
    DescriptorDraft {
        username: name.to_owned(),
        display_name: name.to_owned(),
        capabilities: vec!["posts".to_owned()],
        lifetime_s: 7 * 86_400,
        ..DescriptorDraft::default()
    }
}

pub(crate) fn over(vault: Vault, clock: &Clock) -> Keeper {
    let clock = clock.clone();
    Keeper::inline(vault, move || clock.now_ms())
}

impl Person {
    pub(crate) fn new(name: &str, clock: &Clock) -> Self {
        let keeper = over(Vault::new(None), clock);
        let created = keeper.create(passphrase(name), KdfCost::light()).wait().expect("a new identity");
        let signed = keeper.sign_descriptor(draft(name)).wait().expect("a descriptor");
        let id = created.identity.node_id;
        let (descriptor, state) = (signed.descriptor, signed.state);
        Self { keeper, id, created, descriptor, state, clock: clock.clone() }
    }

    pub(crate) fn parsed(&self) -> Descriptor {
        Descriptor::parse(&self.descriptor).expect("own descriptor is good")
    }

    /// The same person after a restart of the keeper, still locked.
    pub(crate) fn restarted(&self, key_file: &Blob) -> Keeper {
        over(Vault::new(Some(key_file)), &self.clock)
    }

    pub(crate) fn unlock_with(&self, with: UnlockWith) -> Unlock {
        Unlock { with, state: Some(self.state.clone()), audit_tail: None }
    }
}

/// Takes the refusal out of an answer that must be one.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, KeeperError>) -> Refusal {
    match answer {
        Err(KeeperError::Refused(refusal)) => refusal,
        other => panic!("must be refused, was {other:?}"),
    }
}

/// How two people meet; fields are what a test bends.
pub(crate) struct Meeting {
    pub(crate) ticket_a: Ticket,
    pub(crate) ticket_b: Ticket,
    pub(crate) binding_a: [u8; 32],
    pub(crate) binding_b: [u8; 32],
    pub(crate) rejoin: bool,
}

impl Meeting {
    pub(crate) fn with(ticket_a: Ticket, ticket_b: Ticket) -> Self {
        Self { ticket_a, ticket_b, binding_a: NO_BINDING, binding_b: NO_BINDING, rejoin: false }
    }

    /// The whole handshake, a's session first; the first refusal ends it.
    pub(crate) fn of(&self, a: &Person, b: &Person) -> Result<(Session, Session), KeeperError> {
        let started = a.keeper.start(self.start(a, b)).wait()?;
        let accepted = b.keeper.accept(self.accept(a, b, started.hello)).wait()?;
        let capabilities = vec!["posts".to_owned()];
        let finish =
            Finish { handle: started.handle, noise: accepted.noise, capabilities: capabilities.clone() };
        let finished = a.keeper.finish(finish).wait()?;
        assert_eq!(finished.session_id, accepted.session_id, "both name the session alike");
        let confirm = Confirm { handle: accepted.handle, first: finished.first, capabilities };
        let confirmed = b.keeper.confirm(confirm).wait()?;
        let session = a.keeper.complete(started.handle, confirmed.first).wait()?;
        Ok((session, confirmed.session))
    }

    pub(crate) fn start(&self, a: &Person, b: &Person) -> Start {
        Start {
            ticket: self.ticket_a.clone(),
            own_descriptor: a.descriptor.clone(),
            peer_descriptor: b.descriptor.clone(),
            binding: self.binding_a,
            attach_descriptor: true,
            rejoin: self.rejoin,
        }
    }

    pub(crate) fn accept(&self, a: &Person, b: &Person, hello: Blob) -> Accept {
        Accept {
            hello,
            ticket: self.ticket_b.clone(),
            own_descriptor: b.descriptor.clone(),
            peer_descriptor: a.descriptor.clone(),
            binding: self.binding_b,
            rejoin: self.rejoin,
        }
    }
}
