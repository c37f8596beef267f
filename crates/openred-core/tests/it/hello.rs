//! Hello, its context and derivations against the frozen vector; first frames; descriptors handed over.

use openred_core::checks;
use openred_core::grant::{Core, commit_secret};
use openred_core::hello::{
    Context, First, FirstRefusal, Hello, HelloRefusal, HelloReply, NO_BINDING, OPEN_SECRET, PeerFacts,
    TicketKind, Work, accept_descriptor, check_established, derive_pair, open_descriptor, open_first,
    pair_id, presentation, presentation_matches, prologue, psk, rejoin_proven, seal_descriptor, sign_rejoin,
};
use openred_core::ids::{B64, Hash, Id16};
use openred_core::session_keys::{SessionKeys, session_id};
use openred_core::token::Role;
use zeroize::Zeroizing;

use crate::people::{NOW, Person, ana, ben, chloe};

const SECRET: [u8; 32] = [0x77; 32];

fn hello(kind: TicketKind) -> Hello {
    let mut hello = Hello {
        kind,
        ticket_id: Id16([0x11; 16]),
        id_a: ana().id(),
        id_b: ben().id(),
        desc_a: ana().hash(),
        desc_b: ben().hash(),
        nonce: Id16([0x22; 16]),
        time: NOW,
        noise: [0x33; 48],
        token: Id16([0; 16]),
        descriptor: None,
        work: None,
    };
    hello.token = presentation(&SECRET, Role::A, &Context::of_hello(&hello), &hello.noise);
    hello
}

fn core() -> Core {
    Core {
        grant_id: Id16([0xa0; 16]),
        dir_id: chloe().id(),
        id_a: ana().id(),
        id_b: ben().id(),
        desc_a: ana().hash(),
        desc_b: ben().hash(),
        method: 3,
        salt_a: [1; 32],
        salt_b: [2; 32],
        commit: commit_secret(&Id16([0xa0; 16]), &SECRET),
        not_before: NOW,
        ttl: 120,
    }
}

fn first(established: bool) -> First {
    First {
        r: Zeroizing::new([8; 32]),
        token: None,
        established,
        capabilities: vec!["mls_1".to_owned()],
        rejoin: None,
    }
}

#[test]
fn the_hello_and_what_is_derived_from_it_are_frozen() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../../testdata/vectors/hello.json")).unwrap();
    let hello = hello(TicketKind::Pair);
    let ctx = Context::of_hello(&hello);
    let ctx1 = Context::of_core(&core());
    let h = [0x44; 32];
    let pair = derive_pair(&[0x55; 32], &[0x66; 32], &h);
    let mut with_rejoin = first(true);
    with_rejoin.token = Some(Zeroizing::new([9; 32]));
    with_rejoin.rejoin = Some(sign_rejoin(&ben().signing, &h, &hello.id_a, &hello.id_b, Role::B));
    let made = serde_json::json!({
        "about": "PROTOCOL §4, Annex A.4: a hello of kind 2 and what is derived from it. Bytes are hex.",
        "hello": serde_json::from_str::<serde_json::Value>(&hello.to_text()).unwrap(),
        "secret": hex::encode(SECRET),
        "ctx": hex::encode(ctx.bytes()),
        "presentation": hex::encode(presentation(&SECRET, Role::A, &ctx, &hello.noise).0),
        "psk": hex::encode(*psk(&SECRET, &ctx)),
        "binding": hex::encode([0xb1; 32]),
        "prologue": hex::encode(prologue(&ctx, &[0xb1; 32])),
        "grant_core": hex::encode(ctx1.bytes()),
        "grant_psk": hex::encode(*psk(&SECRET, &ctx1)),
        "grant_prologue_https": hex::encode(prologue(&ctx1, &NO_BINDING)),
        "handshake_hash": hex::encode(h),
        "session_id": hex::encode(session_id(&h).0),
        "r_a": hex::encode([0x55; 32]),
        "r_b": hex::encode([0x66; 32]),
        "pair": hex::encode(*pair.secret),
        "pair_id": hex::encode(pair.id.0),
        "first_a": hex::encode(first(false).encode()),
        "first_b_with_token_and_rejoin": hex::encode(with_rejoin.encode()),
        "b_public_key": hex::encode(ben().signing.public().as_bytes()),
    });
    assert_eq!(vectors, made, "{made}");
    assert_eq!(pair.id, pair_id(&pair.secret));
}

#[test]
fn hellos_are_read_strictly() {
    let mut hello = hello(TicketKind::Open);
    hello.descriptor = Some(B64(vec![1, 2, 3]));
    hello.work = Some(Work { challenge: Id16([1; 16]), n: 77 });
    let text = hello.to_text();
    assert_eq!(Hello::parse(text.as_bytes()).unwrap(), hello);
    let refused = |from: &str, to: &str| {
        let bent = text.replacen(from, to, 1);
        assert_ne!(bent, text, "{from} is there");
        Hello::parse(bent.as_bytes()).unwrap_err()
    };
    refused("\"kind\":4", "\"kind\":5");
    refused("\"kind\":4", "\"kind\":4,\"kind\":1");
    refused("\"kind\":4", "\"kind\":4,\"colour\":1");
    refused("\"n\":77", "\"n\":-1");
    refused("\"n\":77", "\"n\":77,\"m\":1");
    refused(&hello.ticket_id.to_string(), "AAAA");
    refused("\"noise\":\"M", "\"noise\":\"");
}

#[test]
fn equal_attempts_are_equal_in_kind_ticket_noise_and_token() {
    let one = hello(TicketKind::Pair);
    let mut two = one.clone();
    (two.nonce, two.time, two.descriptor) = (Id16([9; 16]), 1, Some(B64(vec![1])));
    assert_eq!(one.attempt(), two.attempt(), "nothing else counts");
    for change in [
        (|hello: &mut Hello| hello.kind = TicketKind::Open) as fn(&mut Hello),
        |hello| hello.ticket_id.0[0] ^= 1,
        |hello| hello.noise[47] ^= 1,
        |hello| hello.token.0[15] ^= 1,
    ] {
        let mut other = one.clone();
        change(&mut other);
        assert_ne!(one.attempt(), other.attempt());
    }
}

#[test]
fn the_presentation_is_bound_to_every_field_of_the_context() {
    let right = hello(TicketKind::Pair);
    assert!(presentation_matches(&SECRET, &Context::of_hello(&right), &right));
    assert!(!presentation_matches(&OPEN_SECRET, &Context::of_hello(&right), &right), "another secret");
    for change in [
        (|hello: &mut Hello| hello.kind = TicketKind::Invitation) as fn(&mut Hello),
        |hello| hello.ticket_id.0[0] ^= 1,
        |hello| hello.id_a = chloe().id(),
        |hello| hello.id_b = chloe().id(),
        |hello| hello.desc_a.0[0] ^= 1,
        |hello| hello.desc_b.0[0] ^= 1,
        |hello| hello.nonce.0[0] ^= 1,
        |hello| hello.time += 1,
        |hello| hello.noise[0] ^= 1,
        |hello| hello.token.0[0] ^= 1,
    ] {
        let mut other = right.clone();
        change(&mut other);
        let matches = || presentation_matches(&SECRET, &Context::of_hello(&other), &other);
        assert!(!matches());
        assert!(checks::without("handshake/mac", matches), "taken away, it lets everything pass");
    }
}

#[test]
fn the_prologue_tells_handshakes_and_channels_apart() {
    let (one, other) = (hello(TicketKind::Pair), hello(TicketKind::Invitation));
    let (one, other) = (Context::of_hello(&one), Context::of_hello(&other));
    assert_ne!(prologue(&one, &NO_BINDING), prologue(&other, &NO_BINDING));
    assert_ne!(prologue(&one, &NO_BINDING), prologue(&one, &[1; 32]), "another TLS channel");
    let same = || prologue(&one, &NO_BINDING) == prologue(&other, &[1; 32]);
    assert!(checks::without("handshake/prologue", same), "taken away, they are all alike");
}

#[test]
fn a_first_frame_counts_only_when_it_opens() {
    let ana_keys = SessionKeys::new([1; 32], [2; 32]);
    let ben_keys = ana_keys.flipped();
    let sealed = first(false).seal(&ana_keys).unwrap();
    assert_eq!(open_first(&ben_keys, &sealed), Ok(first(false)));
    assert_eq!(open_first(&ana_keys, &sealed), Err(FirstRefusal::Opens), "reflected");

    // Eve does not know the psk: all she can send is something that nobody's key opens.
    let mut forged = openred_core::frame::Frame::First(first(false)).encode();
    forged.extend_from_slice(&[0; 16]);
    assert_eq!(open_first(&ben_keys, &forged), Err(FirstRefusal::Opens));
    let believed = checks::without("first/opens", || open_first(&ben_keys, &forged));
    assert_eq!(believed, Ok(first(false)), "the check is what keeps her out");

    let two = [openred_core::frame::Frame::First(first(false)).encode(), vec![0, 0, 0, 1, 200]].concat();
    let sealed = ana_keys.seal(0, &two).unwrap();
    assert_eq!(open_first(&ben_keys, &sealed), Err(FirstRefusal::Malformed), "exactly one frame");
    assert_eq!(open_first(&ben_keys, &ana_keys.seal(0, b"").unwrap()), Err(FirstRefusal::Malformed));
}

#[test]
fn a_says_false_and_b_says_true() {
    assert_eq!(check_established(&first(false), Role::A), Ok(()));
    assert_eq!(check_established(&first(true), Role::B), Ok(()));
    assert_eq!(check_established(&first(true), Role::A), Err(FirstRefusal::Established));
    assert_eq!(check_established(&first(false), Role::B), Err(FirstRefusal::Established));
    checks::without("first/established", || assert_eq!(check_established(&first(false), Role::B), Ok(())));
}

#[test]
fn rejoin_is_proven_for_one_handshake_and_one_side() {
    let (ana, ben, h) = (ana(), ben(), [4; 32]);
    let ids = (&ana.id(), &ben.id());
    let mut frame = first(false);
    assert!(!rejoin_proven(&frame, &ana.signing.public(), &h, ids, Role::A), "not signed at all");
    frame.rejoin = Some(sign_rejoin(&ana.signing, &h, ids.0, ids.1, Role::A));
    let frame = First::decode(&frame.encode()).unwrap();
    assert!(rejoin_proven(&frame, &ana.signing.public(), &h, ids, Role::A));
    assert!(!rejoin_proven(&frame, &ana.signing.public(), &h, ids, Role::B), "reflected");
    assert!(!rejoin_proven(&frame, &ana.signing.public(), &[5; 32], ids, Role::A), "another handshake");
    assert!(!rejoin_proven(&frame, &ben.signing.public(), &h, ids, Role::A), "another signer");
    assert!(!rejoin_proven(&frame, &ana.signing.public(), &h, (ids.1, ids.0), Role::A), "ids swapped");
    let other_handshake = || rejoin_proven(&frame, &ana.signing.public(), &[5; 32], ids, Role::A);
    assert!(checks::without("first/rejoin", other_handshake));
}

#[test]
fn first_frames_are_read_strictly() {
    let bytes = first(true).encode();
    assert_eq!(First::decode(&bytes), Ok(first(true)));
    for cut in 0..bytes.len() {
        assert!(First::decode(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert!(First::decode(&[bytes, vec![0xc0]].concat()).is_err(), "trailing byte");
    let many = First { capabilities: vec!["x".to_owned(); 33], ..first(true) };
    assert!(First::decode(&many.encode()).is_err(), "33 capabilities");
    let odd = First { capabilities: vec!["Über".to_owned()], ..first(true) };
    assert!(First::decode(&odd.encode()).is_err());
    let secret = First { token: Some(Zeroizing::new([0xee; 32])), ..first(true) };
    assert!(!format!("{secret:?}").contains("238"), "neither r nor token is printed");
}

/// A descriptor that should not be believed, by name of the check.
type Handed = (&'static str, fn() -> (openred_core::descriptor::Descriptor, Hash, Option<Person>));

#[test]
fn descriptors_handed_over_are_checked_by_name() {
    let handed: &[Handed] = &[
        ("descriptor/hash", || (ana().descriptor, ben().hash(), None)),
        ("descriptor/names-peer", || (chloe().descriptor, chloe().hash(), None)),
        ("descriptor/newest-log", || (ana().descriptor, ana().hash(), Some(ana().rotated()))),
        ("descriptor/not-older-than-pinned", || {
            let mut held = ana();
            held.descriptor = held.descriptor_with(|body| body.seq = 2);
            (ana().descriptor, ana().hash(), Some(held))
        }),
        ("descriptor/not-older-than-pinned", || {
            let mut held = ana();
            held.descriptor = held.descriptor_with(|body| body.display_name = "the first seen".to_owned());
            (ana().descriptor, ana().hash(), Some(held))
        }),
        ("descriptor/fresh", || {
            let expired = ana().descriptor_with(|body| body.expires = NOW);
            (expired.clone(), expired.hash(), None)
        }),
        ("descriptor/fresh", || {
            let ahead = ana().descriptor_with(|body| body.seq = (NOW + 90_000) * 1000);
            (ahead.clone(), ahead.hash(), None)
        }),
    ];
    for (name, hand_over) in handed {
        let (descriptor, named, held) = hand_over();
        let mut facts = held.as_ref().map_or_else(PeerFacts::default, Person::held);
        facts.pinned = facts.pinned.filter(|_| *name != "descriptor/newest-log");
        let accept = || accept_descriptor(descriptor.bytes(), Some(&named), &ana().id(), &facts, NOW);
        assert_eq!(accept().unwrap_err().name(), *name);
        assert!(checks::without(name, accept).is_ok(), "{name} is what refuses");
    }
    assert!(accept_descriptor(ana().descriptor.bytes(), None, &ana().id(), &ana().held(), NOW).is_ok());
}

#[test]
fn a_sealed_descriptor_opens_for_b_only_and_under_its_hash() {
    let (ana, ben) = (ana(), ben());
    let boxed = seal_descriptor(ben.mail_key.public(), &ben.id(), &ana.descriptor).unwrap();
    let facts = PeerFacts::default();
    let (ana_id, ben_id, hash, other_hash) = (ana.id(), ben.id(), ana.hash(), ben.hash());
    let named = (&ana_id, &hash);
    let open = |key, own, named| open_descriptor(key, own, named, &boxed, &facts, NOW);
    assert_eq!(open(&ben.mail_key, &ben_id, named).unwrap(), ana.descriptor);
    let refused = [
        open(&ana.mail_key, &ben_id, named),
        open(&ben.mail_key, &ana_id, named),
        open(&ben.mail_key, &ben_id, (&ana_id, &other_hash)),
    ];
    for refusal in refused {
        assert_eq!(refusal.unwrap_err().name(), "descriptor/sealed");
    }
}

#[test]
fn refusals_come_back_from_status_and_body() {
    let challenge = openred_core::hello::WorkChallenge { challenge: Id16([1; 16]), bits: 20 };
    for refusal in [
        HelloRefusal::Malformed,
        HelloRefusal::BadPresentation,
        HelloRefusal::Refused,
        HelloRefusal::Unknown,
        HelloRefusal::Stale(B64(vec![1])),
        HelloRefusal::Used,
        HelloRefusal::NotMe,
        HelloRefusal::GrantUnknown,
        HelloRefusal::WantDescriptor,
        HelloRefusal::SlowDown { work: Some(challenge), retry_after: 3 },
        HelloRefusal::Locked,
    ] {
        let text = serde_json::to_string(&refusal.body()).unwrap();
        let body = serde_json::from_str(&text).unwrap();
        assert_eq!(HelloRefusal::read(refusal.status(), body), Some(refusal));
    }
    assert_eq!(HelloRefusal::read(409, HelloRefusal::Malformed.body()), None, "stale without a descriptor");
    let reply = HelloReply { noise: [7; 48], session_id: Id16([8; 16]) };
    let text = serde_json::to_string(&reply).unwrap();
    assert_eq!(serde_json::from_str::<HelloReply>(&text).unwrap(), reply);
}
