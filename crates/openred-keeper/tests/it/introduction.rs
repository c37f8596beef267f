//! A directory introduces two people (PROTOCOL §3): grants, tickets, tokens.

use openred_core::descriptor::Descriptor;
use openred_core::grant::{GrantHalf, Request, SealedGrant, Terms, seal_half};
use openred_core::ids::{Id16, NodeId};
use openred_core::token::{MODE_HOURLY, select_crypto_method};
use openred_keeper::blob::Blob;
use openred_keeper::keyfile::KdfCost;
use openred_keeper::ops::{
    Call, GrantOpened, OpenGrant, PeekGrant, Refusal, Request as Ask, Response, Ticket,
};
use openred_keeper::vault::Vault;
use zeroize::Zeroizing;

use crate::handshake::assert_established;
use crate::people::{Clock, Meeting, Person, draft, passphrase, refusal};

/// A directory with its vault in process.
pub(crate) struct Directory {
    vault: Vault,
    pub(crate) id: NodeId,
    log: Vec<Blob>,
    clock: Clock,
}

/// Both sealed halves of one introduction.
struct Halves {
    a: Blob,
    b: Blob,
    grant_id: Id16,
}

pub(crate) const GRANT_ID: Id16 = Id16([3; 16]);

impl Directory {
    pub(crate) fn new(clock: &Clock) -> Self {
        let mut vault = Vault::new(None);
        let create = Ask::Create { passphrase: passphrase("directory"), cost: KdfCost::light() };
        let Ok(Response::Created(created)) = vault.handle(clock.now_ms(), create) else {
            panic!("a directory has an identity like a node");
        };
        let signed = vault.handle(clock.now_ms(), Ask::SignDescriptor(draft("directory")));
        assert!(matches!(signed, Ok(Response::Descriptor(_))));
        Self { vault, id: created.identity.node_id, log: created.identity.log, clock: clock.clone() }
    }

    pub(crate) fn halves(
        &mut self,
        a: &Descriptor,
        b: &Descriptor,
        secret: [u8; 32],
    ) -> (GrantHalf, GrantHalf) {
        let not_before = self.clock.now_ms() / 1000;
        let terms = Terms {
            grant_id: GRANT_ID,
            dir_id: self.id,
            a,
            b,
            method: select_crypto_method(MODE_HOURLY, None, not_before).expect("a method"),
            not_before,
            ttl: 120,
            secret: Zeroizing::new(secret),
            salts: [[1; 32], [2; 32]],
        };
        self.vault.issue_grant(&terms).expect("issues")
    }

    fn introduce(&mut self, ana: &Person, ben: &Person) -> Halves {
        let (a, b) = (ana.parsed(), ben.parsed());
        let call = Call::Request { dir_id: self.id, target: ben.id, grant_id: GRANT_ID };
        let signed = ana.keeper.sign_call(call).wait().expect("ana asks");
        let request = Request { grant_id: GRANT_ID, time: signed.time, signature: signed.sig };
        let (half_a, half_b) = self.halves(&a, &b, [42; 32]);
        let sealed = |grant: SealedGrant| Blob::from(grant.encode());
        Halves {
            a: sealed(seal_half(&half_a, &a, &b, None).expect("seals")),
            b: sealed(seal_half(&half_b, &b, &a, Some(&request)).expect("seals")),
            grant_id: GRANT_ID,
        }
    }

    pub(crate) fn ask(&self, to: &Person, sealed: &Blob, own_request: Option<NodeId>) -> OpenGrant {
        OpenGrant {
            dir_id: self.id,
            dir_log: self.log.clone(),
            token_seed: None,
            sealed: sealed.clone(),
            own_descriptors: vec![to.parsed().hash()],
            own_request,
            peer_log: Vec::new(),
            peer_pinned: None,
        }
    }
}

fn opened(directory: &Directory, ana: &Person, ben: &Person, halves: &Halves) -> (GrantOpened, GrantOpened) {
    let at_a = ana.keeper.open_grant(directory.ask(ana, &halves.a, Some(ben.id))).wait().expect("ana's half");
    let at_b = ben.keeper.open_grant(directory.ask(ben, &halves.b, None)).wait().expect("ben's half");
    (at_a, at_b)
}

fn meeting(at_a: &GrantOpened, at_b: &GrantOpened) -> Meeting {
    Meeting::with(Ticket::Sealed(at_a.ticket.clone()), Ticket::Sealed(at_b.ticket.clone()))
}

#[test]
fn introduced_people_meet_and_their_tokens_match() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let mut directory = Directory::new(&clock);
    let halves = directory.introduce(&ana, &ben);
    let peeked =
        ben.keeper.peek_grant(PeekGrant { dir_id: directory.id, sealed: halves.b.clone() }).wait().unwrap();
    assert_eq!((peeked.peer, peeked.grant_id, peeked.asked), (ana.id, halves.grant_id, false));
    let (at_a, at_b) = opened(&directory, &ana, &ben, &halves);
    assert_eq!((at_a.peer, &at_a.peer_descriptor, at_a.asked), (ben.id, &ben.descriptor, true));
    assert_eq!(at_a.core, at_b.core);
    let sessions = meeting(&at_a, &at_b).of(&ana, &ben).expect("introduced");
    assert_established(&ana, &ben, &sessions);
}

#[test]
fn no_secret_leaves_with_an_opened_grant() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let mut directory = Directory::new(&clock);
    let (half_a, _) = directory.halves(&ana.parsed(), &ben.parsed(), [42; 32]);
    let halves = directory.introduce(&ana, &ben);
    let (at_a, _) = opened(&directory, &ana, &ben, &halves);
    let all = [&at_a.core[..], &at_a.peer_descriptor, &at_a.ticket].concat();
    assert!(!all.windows(32).any(|window| window == [42; 32]), "not S");
    assert!(!all.windows(32).any(|window| window == *half_a.token), "not the token");
}

#[test]
fn two_secrets_under_one_grant_never_establish() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let mut directory = Directory::new(&clock);
    let halves = directory.introduce(&ana, &ben);
    let (at_a, _) = opened(&directory, &ana, &ben, &halves);
    let (a, b) = (ana.parsed(), ben.parsed());
    let (_, other) = directory.halves(&a, &b, [43; 32]);
    let signed =
        ana.keeper.sign_call(Call::Request { dir_id: directory.id, target: ben.id, grant_id: GRANT_ID });
    let signed = signed.wait().unwrap();
    let request = Request { grant_id: GRANT_ID, time: signed.time, signature: signed.sig };
    let sealed: Blob = seal_half(&other, &b, &a, Some(&request)).unwrap().encode().into();
    let at_b = ben.keeper.open_grant(directory.ask(&ben, &sealed, None)).wait().expect("good by itself");
    let refused = refusal(meeting(&at_a, &at_b).of(&ana, &ben));
    assert_eq!(refused, Refusal::Check("handshake/mac".to_owned()), "the two halves bind another core");
}

#[test]
fn grants_that_are_not_in_order_are_refused_by_name() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let mut directory = Directory::new(&clock);
    let other = Directory::new(&clock);
    let halves = directory.introduce(&ana, &ben);
    let refused = |person: &Person, ask: OpenGrant| refusal(person.keeper.open_grant(ask).wait());
    let check = |name: &str| Refusal::Check(name.to_owned());

    assert_eq!(refused(&ana, directory.ask(&ana, &halves.a, None)), check("grant/answers-request"));
    let elsewhere = directory.ask(&ana, &halves.a, Some(NodeId([9; 32])));
    assert_eq!(refused(&ana, elsewhere), check("grant/answers-request"));
    let mut stale = directory.ask(&ben, &halves.b, None);
    stale.own_descriptors.clear();
    assert_eq!(refused(&ben, stale), check("grant/own-descriptor"));
    assert_eq!(refused(&ben, other.ask(&ben, &halves.b, None)), check("grant/sealed"));
    assert_eq!(refused(&ana, directory.ask(&ana, &halves.b, None)), Refusal::Box);
    let mut foreign_log = directory.ask(&ben, &halves.b, None);
    foreign_log.dir_log = other.log.clone();
    assert!(matches!(refused(&ben, foreign_log), Refusal::Malformed(_)));
    for at in 0..halves.b.len() {
        let mut changed = halves.b.clone();
        changed.0[at] ^= 1;
        let why = refused(&ben, directory.ask(&ben, &changed, None));
        assert!(
            matches!(why, Refusal::Box | Refusal::Malformed(_) | Refusal::Check(_)),
            "byte {at}: {why:?}"
        );
    }
    clock.advance(601_000);
    assert_eq!(refused(&ben, directory.ask(&ben, &halves.b, None)), check("grant/window"));
}

#[test]
fn a_ticket_serves_its_own_role_only() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let mut directory = Directory::new(&clock);
    let halves = directory.introduce(&ana, &ben);
    let (at_a, at_b) = opened(&directory, &ana, &ben, &halves);
    let reversed = meeting(&at_b, &at_a);
    assert_eq!(refusal(ben.keeper.start(reversed.start(&ben, &ana)).wait()), Refusal::Ticket);
    assert_eq!(at_a.asked, !at_b.asked);
}
