//! eve writes her own node: she holds a good grant and finishes Noise, and lies in her first frame.

use openred_core::boxes::{BoxSecret, Suite};
use openred_core::descriptor::{Descriptor, DescriptorBody, VERSION};
use openred_core::grant::{GrantHalf, Request, seal_half};
use openred_core::hello::{Context, First, Hello, NO_BINDING, TicketKind, presentation, prologue, psk};
use openred_core::identity::IdentityLog;
use openred_core::ids::{Id8, Id16};
use openred_core::seed::RecoverySeed;
use openred_core::session_keys::SessionKeys;
use openred_core::sign::SigningKey;
use openred_core::token::Role;
use openred_keeper::blob::Blob;
use openred_keeper::client::KeeperError;
use openred_keeper::ops::{Accept, AuditKind, AuditVerify, Confirm, Confirmed, Refusal, Ticket};
use zeroize::Zeroizing;

use crate::introduction::{Directory, GRANT_ID};
use crate::people::{Clock, Person, refusal};

/// S of the introduction: a directory that works with eve tells her.
const SECRET: [u8; 32] = [42; 32];
const NOISE_SECRET: [u8; 32] = [5; 32];

/// An identity made by hand: all its keys are in eve's own hands.
struct Eve {
    signing: SigningKey,
    descriptor: Descriptor,
}

impl Eve {
    fn new(clock: &Clock) -> Self {
        let signing = SigningKey::generate();
        let now = clock.now_ms() / 1000;
        let next = RecoverySeed::generate().commitment(1);
        let log = IdentityLog::inception(&SigningKey::generate(), &signing, next, now);
        let noise = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(NOISE_SECRET));
        let body = DescriptorBody {
            node_id: log.node_id(),
            log_seq: log.head_seq(),
            log,
            seq: clock.now_ms(),
            incarnation: Id8([1; 8]),
            issued: now,
            expires: now + 86_400,
            username: "eve".to_owned(),
            display_name: "Eve".to_owned(),
            noise_key: noise.to_bytes(),
            grant_key: BoxSecret::generate(Suite::X25519).public().clone(),
            mail_key: BoxSecret::generate(Suite::X25519).public().clone(),
            transport_key: None,
            api_url: None,
            addresses: Vec::new(),
            quic_relay: None,
            lane: None,
            capabilities: Vec::new(),
            versions: vec![VERSION],
        };
        let descriptor = Descriptor::sign(body, &signing).expect("a good descriptor");
        Self { signing, descriptor }
    }
}

/// eve and ben, introduced, up to message 2; eve has the split keys.
struct Stage {
    ben: Person,
    keys: SessionKeys,
    handle: u64,
    token: [u8; 32],
}

fn stage() -> Stage {
    let clock = Clock::start();
    let (eve, ben) = (Eve::new(&clock), Person::new("ben", &clock));
    let mut directory = Directory::new(&clock);
    let (half_a, half_b) = directory.halves(&eve.descriptor, &ben.parsed(), SECRET);
    let now = clock.now_ms() / 1000;
    let request = Request::sign(&eve.signing, &directory.id, &ben.id, GRANT_ID, now);
    let sealed = seal_half(&half_b, &ben.parsed(), &eve.descriptor, Some(&request)).expect("seals");
    let sealed: Blob = sealed.encode().into();
    let ticket =
        ben.keeper.open_grant(directory.ask(&ben, &sealed, None)).wait().expect("a good grant").ticket;
    let (hello, mut noise) = message_one(&eve, &ben, &half_a);
    let accept = Accept {
        hello: hello.to_text().into_bytes().into(),
        ticket: Ticket::Sealed(ticket),
        own_descriptor: ben.descriptor.clone(),
        peer_descriptor: eve.descriptor.bytes().into(),
        binding: NO_BINDING,
        rejoin: false,
    };
    let accepted = ben.keeper.accept(accept).wait().expect("message 2");
    let mut payload = [0u8; 48];
    noise.read_message(&accepted.noise, &mut payload).expect("opens");
    let (tx, rx) = noise.dangerously_get_raw_split();
    Stage { ben, keys: SessionKeys::new(tx, rx), handle: accepted.handle, token: *half_a.token }
}

fn message_one(eve: &Eve, ben: &Person, half: &GrantHalf) -> (Hello, snow::HandshakeState) {
    let context = Context::of_core(&half.core);
    let pattern = "Noise_KKpsk2_25519_ChaChaPoly_BLAKE2s".parse().expect("a pattern");
    let (prologue, psk) = (prologue(&context, &NO_BINDING), psk(&SECRET, &context));
    let peer = ben.parsed().body().noise_key;
    let builder = snow::Builder::new(pattern).prologue(&prologue).expect("once");
    let builder =
        builder.local_private_key(&NOISE_SECRET).expect("once").remote_public_key(&peer).expect("once");
    let mut noise = builder.psk(2, &psk).expect("once").build_initiator().expect("builds");
    let mut message = [0u8; 48];
    noise.write_message(&[], &mut message).expect("writes");
    let hello = Hello {
        kind: TicketKind::Grant,
        ticket_id: GRANT_ID,
        id_a: eve.descriptor.node_id(),
        id_b: ben.id,
        desc_a: eve.descriptor.hash(),
        desc_b: ben.parsed().hash(),
        nonce: Id16([0; 16]),
        time: 0,
        noise: message,
        token: presentation(&SECRET, Role::A, &context, &message),
        descriptor: None,
        work: None,
    };
    (hello, noise)
}

impl Stage {
    fn first(&self, token: Option<[u8; 32]>, established: bool) -> Vec<u8> {
        let (r, capabilities) = (Zeroizing::new([9; 32]), Vec::new());
        let first = First { r, token: token.map(Zeroizing::new), established, capabilities, rejoin: None };
        first.seal(&self.keys).expect("seals")
    }

    fn send(&self, first: Vec<u8>) -> Result<Confirmed, KeeperError> {
        let confirm = Confirm { handle: self.handle, first: first.into(), capabilities: Vec::new() };
        self.ben.keeper.confirm(confirm).wait()
    }

    /// The refusal, and that the handshake ended with it.
    fn refused(&self, first: Vec<u8>) -> Refusal {
        let why = refusal(self.send(first));
        let honest = self.first(Some(self.token), false);
        assert_eq!(refusal(self.send(honest)), Refusal::NoHandshake, "there is no second try");
        why
    }
}

fn check(name: &str) -> Refusal {
    Refusal::Check(name.to_owned())
}

#[test]
fn with_the_token_of_her_half_eve_is_who_was_introduced() {
    let stage = stage();
    let confirmed = stage.send(stage.first(Some(stage.token), false)).expect("established");
    assert!(stage.keys.open(0, &confirmed.first).is_ok(), "ben's first frame answers");
}

#[test]
fn without_the_token_of_her_half_nothing_is_established() {
    let none = stage();
    assert_eq!(none.refused(none.first(None, false)), check("first/tokens-match"));
    let wrong = stage();
    assert_eq!(wrong.refused(wrong.first(Some([1; 32]), false)), check("first/tokens-match"));
    let secret = stage();
    assert_eq!(
        secret.refused(secret.first(Some(SECRET), false)),
        check("first/tokens-match"),
        "S is no token"
    );
    let entries = secret.ben.keeper.take_audit().wait().unwrap();
    let report =
        secret.ben.keeper.verify_audit(AuditVerify { after: None, entries, last: true }).wait().unwrap();
    let noted = report.entries.iter().any(|entry| {
        entry.kind == AuditKind::Token && entry.text.contains("first/tokens-match") && entry.peer.is_some()
    });
    assert!(noted, "and ben's audit log says so");
}

#[test]
fn a_first_frame_out_of_order_is_refused_by_name() {
    let early = stage();
    assert_eq!(early.refused(early.first(Some(early.token), true)), check("first/established"));
    let clear = stage();
    assert_eq!(clear.refused(vec![0; 100]), check("first/opens"));
    let second = stage();
    let sealed = second.keys.seal(1, b"an item before the first frame").expect("seals");
    assert_eq!(second.refused(sealed), check("first/opens"));
    let other = stage();
    let sealed = other.keys.seal(0, b"no frame at all").expect("seals");
    assert_eq!(other.refused(sealed), check("first/malformed"));
}

/// Each named check carries its weight: without it, and only without it, the lie passes.
#[cfg(debug_assertions)]
#[test]
fn each_check_of_the_first_frame_is_needed() {
    use openred_core::checks::without;

    let no_token = stage();
    assert!(without("first/tokens-match", || no_token.send(no_token.first(None, false))).is_ok());
    let early = stage();
    assert!(without("first/established", || early.send(early.first(Some(early.token), true))).is_ok());
}
