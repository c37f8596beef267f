//! Bounds and proofs of descriptors, and the rules of pinning.

use super::*;
use crate::boxes::{BoxSecret, Suite};
use crate::identity::{IdentityLog, LogOrder};
use crate::ids::{DepositId, Id8};
use crate::seed::RecoverySeed;

const NOW_MS: u64 = 1_700_000_000_000;

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed([n; 32])
}

fn seed() -> RecoverySeed {
    RecoverySeed::from_bytes([9; 32])
}

fn ana() -> IdentityLog {
    IdentityLog::inception(&key(1), &key(2), seed().commitment(1), 1_690_000_000)
}

fn rotated(log: &IdentityLog, signing: u8) -> IdentityLog {
    let n = log.head_seq() + 1;
    log.rotate(&seed().rotation_key(n), &key(signing), seed().commitment(n + 1), 1_695_000_000).unwrap()
}

fn body(log: IdentityLog, seq: u64) -> DescriptorBody {
    DescriptorBody {
        node_id: log.node_id(),
        log_seq: log.head_seq(),
        log,
        seq,
        incarnation: Id8([3; 8]),
        issued: NOW_MS / 1000,
        expires: NOW_MS / 1000 + MAX_LIFE_S,
        username: "ana".into(),
        display_name: "Ana María".into(),
        noise_key: [4; 32],
        grant_key: BoxSecret::from_seed(Suite::X25519, [5; 32]).public().clone(),
        mail_key: BoxSecret::from_seed(Suite::XWing, [6; 32]).public().clone(),
        transport_key: Some([7; 32]),
        api_url: Some("https://ana.example/".into()),
        addresses: vec!["192.0.2.1:4433".parse().unwrap(), "[2001:db8::1]:4433".parse().unwrap()],
        quic_relay: None,
        lane: Some(Lane {
            relay_url: "https://relay.example".into(),
            relay_id: NodeId([8; 32]),
            deposit_id: DepositId([9; 16]),
            cap: [10; 32],
        }),
        capabilities: vec!["mls_1".into()],
        versions: vec![3],
    }
}

fn signed(seq: u64) -> Descriptor {
    Descriptor::sign(body(ana(), seq), &key(2)).unwrap()
}

/// What signing says about a body that `change` has touched.
fn changed(change: impl FnOnce(&mut DescriptorBody)) -> Option<DescriptorError> {
    let mut body = body(ana(), NOW_MS);
    change(&mut body);
    Descriptor::sign(body, &key(2)).err()
}

#[test]
fn a_store_gives_back_what_was_verified_and_nothing_malformed() {
    let ana = Descriptor::sign(body(rotated(&ana(), 3), 5), &key(3)).unwrap();
    let restored = Descriptor::restore(ana.bytes()).unwrap();
    assert_eq!((restored.bytes(), restored.body()), (ana.bytes(), ana.body()));

    let mut forged = ana.bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    assert!(matches!(Descriptor::parse(&forged), Err(DescriptorError::Signature(_))));
    assert!(Descriptor::restore(&ana.bytes()[1..]).is_err());
    let mut foreign = body(rotated(&self::ana(), 3), 5);
    foreign.log_seq = 0;
    let inner = wire::write(&foreign);
    let sigs = vec![key(3).sign(Label::Descriptor, &inner)];
    assert_eq!(Descriptor::restore(&SignedObject { inner, sigs }.encode()), Err(DescriptorError::Foreign));
}

#[test]
fn a_descriptor_is_read_back_as_it_was_signed() {
    let descriptor = signed(NOW_MS);
    let read = Descriptor::parse(descriptor.bytes()).unwrap();
    assert_eq!(read.body(), &body(ana(), NOW_MS));
    assert_eq!(read.bytes(), descriptor.bytes());
    assert_eq!(read.order(), (0, NOW_MS));
    assert_eq!(read.signing_key(), &key(2).public());
    let mut bare = body(ana(), 1);
    (bare.transport_key, bare.api_url, bare.lane) = (None, None, None);
    (bare.addresses, bare.capabilities) = (vec![], vec![]);
    let bare = Descriptor::sign(bare, &key(2)).unwrap();
    assert_eq!(Descriptor::parse(bare.bytes()).unwrap().body(), bare.body());
}

#[test]
fn only_the_current_key_signs() {
    assert!(matches!(Descriptor::sign(body(ana(), 1), &key(1)), Err(DescriptorError::Signature(_))), "root");
    let log = rotated(&ana(), 3);
    assert!(
        matches!(Descriptor::sign(body(log.clone(), 1), &key(2)), Err(DescriptorError::Signature(_))),
        "old"
    );
    assert!(Descriptor::sign(body(log, 1), &key(3)).is_ok());
}

#[test]
fn every_altered_byte_is_noticed() {
    let descriptor = signed(NOW_MS);
    for i in (0..descriptor.bytes().len()).step_by(7) {
        let mut bytes = descriptor.bytes().to_vec();
        bytes[i] ^= 0x10;
        assert!(Descriptor::parse(&bytes).is_err(), "byte {i}");
    }
    assert_eq!(Descriptor::parse(&vec![0; MAX_BYTES + 1]), Err(DescriptorError::TooLong));
}

#[test]
fn it_belongs_to_its_log() {
    let foreign = Some(DescriptorError::Foreign);
    assert_eq!(changed(|b| b.node_id = NodeId([0; 32])), foreign);
    assert_eq!(changed(|b| b.log_seq = 1), foreign);
    let older_entry = Descriptor::sign(DescriptorBody { log_seq: 0, ..body(rotated(&ana(), 3), 1) }, &key(3));
    assert_eq!(older_entry.err(), foreign);
}

#[test]
fn fields_are_bounded() {
    let field = |name| Some(DescriptorError::Field(name));
    let long = "x".repeat(256);
    assert_eq!(changed(|b| b.expires += 1), field("expires"));
    assert_eq!(changed(|b| b.expires = b.issued - 1), field("expires"));
    for name in ["", "Ana", "ana ben", "á", &long[..33]] {
        assert_eq!(changed(|b| b.username = name.into()), field("username"));
        assert_eq!(changed(|b| b.capabilities = vec![name.into()]), field("capabilities"));
    }
    assert_eq!(changed(|b| b.display_name = "é".repeat(64)), None);
    assert_eq!(changed(|b| b.display_name = "é".repeat(65)), field("display_name"));
    assert_eq!(changed(|b| b.api_url = Some(long.clone())), field("api_url"));
    assert_eq!(changed(|b| b.api_url = Some(long[1..].into())), None);
    assert_eq!(changed(|b| b.quic_relay = Some(long.clone())), field("quic_relay"));
    assert_eq!(changed(|b| b.lane.as_mut().unwrap().relay_url = String::new()), field("lane"));
    assert_eq!(changed(|b| b.versions = vec![4]), field("versions"));
    assert_eq!(changed(|b| b.versions = vec![3, 4]), None);
    let length = Some(DescriptorError::Codec(CodecError::Length));
    assert_eq!(changed(|b| b.addresses = vec![b.addresses[0]; 9]), length);
    assert_eq!(changed(|b| b.capabilities = vec!["a".into(); 33]), length);
    assert_eq!(changed(|b| b.grant_key.key_id = Id8([0; 8])), length);
}

#[test]
fn addresses_have_one_form() {
    assert!(parse_address("192.0.2.1:80").is_some());
    for text in
        ["192.0.2.1:080", "192.0.2.1", "[2001:DB8::1]:80", "[fe80::1%2]:80", "[::0]:80", "ana.example:80"]
    {
        assert_eq!(parse_address(text), None, "{text}");
    }
}

#[test]
fn the_largest_log_and_keys_fit() {
    let log = (10..41).fold(ana(), |log, signing| rotated(&log, signing));
    let mut full = body(log, NOW_MS);
    full.grant_key = full.mail_key.clone();
    let descriptor = Descriptor::sign(full, &key(40)).unwrap();
    assert_eq!(descriptor.order(), (31, NOW_MS));
}

#[test]
fn what_is_far_ahead_waits() {
    assert!(signed(NOW_MS + MAX_AHEAD_MS).check_time(NOW_MS).is_ok());
    assert_eq!(signed(NOW_MS + MAX_AHEAD_MS + 1).check_time(NOW_MS), Err(DescriptorError::TooFarAhead));
    let early = NOW_MS - MAX_AHEAD_MS - 1000;
    assert_eq!(signed(1).check_time(early), Err(DescriptorError::TooFarAhead), "issued");
    assert!(!signed(1).is_expired(NOW_MS));
    assert!(signed(1).is_expired(NOW_MS + MAX_LIFE_S * 1000));
    assert_eq!(next_seq(None, 5), 5);
    assert_eq!(next_seq(Some(9), 5), 10);
}

#[test]
fn the_newest_is_pinned() {
    let mut pin = Pin::new(ana().node_id());
    assert_eq!(pin.accept(&signed(NOW_MS), NOW_MS), PinOutcome::New);
    assert_eq!(pin.accept(&signed(NOW_MS), NOW_MS), PinOutcome::Same);
    assert_eq!(pin.accept(&signed(NOW_MS - 1), NOW_MS), PinOutcome::Older);
    assert_eq!(pin.accept(&signed(u64::MAX), NOW_MS), PinOutcome::TooFarAhead);
    let twin =
        Descriptor::sign(DescriptorBody { username: "twin".into(), ..body(ana(), NOW_MS) }, &key(2)).unwrap();
    assert_eq!(pin.accept(&twin, NOW_MS), PinOutcome::Older, "the first one seen of equal order stays");
    assert_eq!(pin.descriptor(), Some(&signed(NOW_MS)));
    assert_eq!(Pin::new(NodeId([1; 32])).accept(&twin, NOW_MS), PinOutcome::Foreign);
}

#[test]
fn a_rotation_voids_what_the_old_key_signed() {
    let mut pin = Pin::new(ana().node_id());
    pin.accept(&signed(NOW_MS + 1000), NOW_MS);
    let log = rotated(&ana(), 3);
    let fresh = Descriptor::sign(body(log.clone(), 1), &key(3)).unwrap();

    let mut by_log = pin.clone();
    assert_eq!(by_log.accept_log(&log), LogOrder::Grown);
    assert_eq!(by_log.descriptor(), None);
    assert_eq!(by_log.accept(&signed(NOW_MS + 2000), NOW_MS), PinOutcome::Older);
    assert_eq!(by_log.accept(&fresh, NOW_MS), PinOutcome::New);

    assert_eq!(pin.accept(&fresh, NOW_MS), PinOutcome::New, "a lower seq under a newer entry is newer");
    assert_eq!(pin, by_log);
    assert_eq!(pin.log_seq(), Some(1));
    assert_eq!(Pin::restore(log.clone(), Some(fresh.clone())), pin);
    assert_eq!(Pin::restore(log, Some(signed(1))).descriptor(), None);
}
