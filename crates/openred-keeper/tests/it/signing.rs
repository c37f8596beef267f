//! Envelopes and calls: parsed before they are signed.

use openred_core::call::RegisterCall;
use openred_core::envelope::{Envelope, MessageType, Party, Unverified};
use openred_core::grant::Request;
use openred_core::identity::IdentityLog;
use openred_core::ids::{B64, Hash, Id16, NodeId};
use openred_core::json::{Limits, parse};
use openred_core::overlay::{Body, Bundle, Draft, Head, Kind};
use openred_core::sign::Label;
use openred_keeper::blob::Blob;
use openred_keeper::ops::{Call, CommitOrder, Refusal, SignedEnvelope};

use crate::people::{Clock, DAY_MS, Person, refusal};

fn party(id: NodeId, name: &str) -> Party {
    Party { node_id: id, server_url: String::new(), username: name.to_owned() }
}

pub(crate) fn post(from: NodeId, text: &str, timestamp_ms: u64) -> Blob {
    let payload = format!(r#"{{"visibility":"public","text":"{text}","media":[],"parents":[]}}"#);
    let envelope = Envelope {
        kind: MessageType::PostShare,
        from: party(from, "ana"),
        to: party(from, "ana"),
        timestamp_ms,
        payload: parse(payload.as_bytes(), Limits::bytes(4096)).expect("JSON"),
    };
    envelope.to_sign().into()
}

fn received(signed: &SignedEnvelope) -> Unverified {
    Envelope::parse(&signed.canonical).expect("well-formed")
}

#[test]
fn a_batch_comes_back_signed_in_order() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let drafts: Vec<Blob> = (0..5).map(|n| post(ana.id, &format!("post {n}"), clock.now_ms())).collect();
    let signed = ana.keeper.sign_envelopes(drafts).wait().unwrap();
    assert_eq!(signed.len(), 5);
    for (n, one) in signed.iter().enumerate() {
        let verified = received(one).verify_under(&ana.parsed().body().log).expect("ana's signature");
        assert_eq!(verified.message_id(), one.message_id);
        assert!(String::from_utf8_lossy(&one.canonical).contains(&format!("post {n}")));
    }
}

#[test]
fn what_is_unacknowledged_keeps_its_id_when_signed_again() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let draft = post(ana.id, "before", clock.now_ms());
    let first = ana.keeper.sign_envelopes(vec![draft.clone()]).wait().unwrap().remove(0);
    clock.advance(30 * DAY_MS);
    let words = ana.keeper.recovery_words().wait().unwrap();
    ana.keeper.rotate(words).wait().unwrap();
    let again = ana.keeper.sign_envelopes(vec![draft]).wait().unwrap().remove(0);
    assert_eq!(again.message_id, first.message_id);
    assert_ne!(again.canonical, first.canonical);
    assert!(received(&again).verify_under(&ana.parsed().body().log).is_err(), "not the old key's any more");
}

#[test]
fn what_an_earlier_key_signed_is_signed_again_whatever_its_age() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let first =
        ana.keeper.sign_envelopes(vec![post(ana.id, "years ago", clock.now_ms())]).wait().unwrap().remove(0);
    clock.advance(1_000 * DAY_MS);
    let words = ana.keeper.recovery_words().wait().unwrap();
    let rotated = ana.keeper.rotate(words).wait().unwrap();
    let again = ana.keeper.sign_again(vec![first.canonical.clone()]).wait().unwrap().remove(0);
    assert_eq!(again.message_id, first.message_id);
    let log: Vec<Vec<u8>> = rotated.identity.log.iter().map(|entry| entry.to_vec()).collect();
    let log = IdentityLog::parse(&log).unwrap();
    assert!(received(&first).verify_under(&log).is_err(), "the old key's");
    assert!(received(&again).verify_under(&log).is_ok(), "the new key's");
}

#[test]
fn nothing_is_signed_again_that_no_own_key_has_signed() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let sign = |text: &Blob| refusal(ana.keeper.sign_again(vec![text.clone()]).wait());
    let draft = post(ana.id, "forged", clock.now_ms());
    assert!(matches!(sign(&draft), Refusal::Malformed(_)), "without a signature");
    let of_ben =
        ben.keeper.sign_envelopes(vec![post(ben.id, "ben's", clock.now_ms())]).wait().unwrap().remove(0);
    assert_eq!(sign(&of_ben.canonical), Refusal::NotOwn, "of somebody else");
    let good = ana.keeper.sign_envelopes(vec![draft]).wait().unwrap().remove(0);
    let text = String::from_utf8_lossy(&good.canonical).replace("forged", "altered");
    let altered = Blob(text.into_bytes());
    assert_eq!(sign(&altered), Refusal::NotOwn, "altered since");
}

#[test]
fn strange_envelopes_are_not_signed() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let now = clock.now_ms();
    let sign = |draft: Blob| refusal(ana.keeper.sign_envelopes(vec![draft]).wait());
    assert_eq!(sign(post(NodeId([9; 32]), "as somebody else", now)), Refusal::NotOwn);
    assert_eq!(sign(post(ana.id, "tomorrow", now + DAY_MS)), Refusal::Time);
    assert_eq!(sign(post(ana.id, "long ago", now - 61 * DAY_MS)), Refusal::Time);
    assert!(matches!(sign(b"openred/log and raw bytes".as_slice().into()), Refusal::Malformed(_)));
    let many = vec![post(ana.id, "x", now); 257];
    assert!(matches!(refusal(ana.keeper.sign_envelopes(many).wait()), Refusal::Malformed(_)));
    let mixed = vec![post(ana.id, "good", now), post(NodeId([9; 32]), "bad", now)];
    assert_eq!(refusal(ana.keeper.sign_envelopes(mixed).wait()), Refusal::NotOwn, "all or none");
}

#[test]
fn signatures_have_a_rate() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let batch = vec![post(ana.id, "flood", clock.now_ms()); 250];
    for _ in 0..20 {
        assert_eq!(ana.keeper.sign_envelopes(batch.clone()).wait().unwrap().len(), 250);
    }
    assert_eq!(refusal(ana.keeper.sign_envelopes(batch.clone()).wait()), Refusal::Rate { retry_ms: 63 });
    clock.advance(63);
    assert!(ana.keeper.sign_envelopes(batch).wait().is_ok());
}

#[test]
fn calls_carry_the_keepers_clock_and_id() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let (dir_id, now) = (NodeId([4; 32]), clock.now_ms() / 1000);
    let flags = openred_core::call::Flags(1);
    let call = Call::Register { dir_id, descriptor: ana.descriptor.clone(), flags: flags.0 };
    let signed = ana.keeper.sign_call(call).wait().unwrap();
    assert_eq!(signed.time, now);
    let register =
        RegisterCall { descriptor: B64(ana.descriptor.to_vec()), flags, time: signed.time, sig: signed.sig };
    assert_eq!(register.verify(&dir_id, now).expect("registers").node_id(), ana.id);

    let grant_id = Id16([5; 16]);
    let target = NodeId([6; 32]);
    let signed = ana.keeper.sign_call(Call::Request { dir_id, target, grant_id }).wait().unwrap();
    let request = Request { grant_id, time: signed.time, signature: signed.sig };
    assert!(request.verify(ana.parsed().signing_key(), &dir_id, &target).is_ok());

    let ben = Person::new("ben", &clock);
    let others = Call::Register { dir_id, descriptor: ben.descriptor.clone(), flags: 0 };
    assert_eq!(refusal(ana.keeper.sign_call(others).wait()), Refusal::NotOwn);
    let long = Call::Poll { dir_id, nonce: Id16([1; 16]), wait: 26 };
    assert!(matches!(refusal(ana.keeper.sign_call(long).wait()), Refusal::Malformed(_)));
}

#[test]
fn conversations_have_a_key_of_their_own() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let leaf = ana.keeper.mls_leaf(86_400).wait().unwrap();
    let signed = [leaf.key.as_slice(), &leaf.device.0, &leaf.not_after.to_be_bytes()].concat();
    assert!(ana.parsed().signing_key().verify(Label::MlsLeaf, &signed, &leaf.certificate).is_ok());
    assert_ne!(&leaf.key, ana.parsed().signing_key().as_bytes());
    let content: Blob = [&[9][..], b"MLS 1.0 X", &[4], b"body"].concat().into();
    let signature = ana.keeper.sign_mls(content.clone()).wait().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&leaf.key).unwrap();
    assert!(key.verify_strict(&content, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok());
    let descriptor = ana.descriptor.clone();
    assert!(matches!(refusal(ana.keeper.sign_mls(descriptor).wait()), Refusal::Malformed(_)));
    // The order of commits is the identity's to sign, under a label of its own.
    let (group, epoch, commit) = (Id16([7; 16]), 9, Hash([8; 32]));
    let order = ana.keeper.sign_order(CommitOrder { group, epoch, commit }).wait().unwrap();
    let signed = [group.0.as_slice(), &9_u64.to_be_bytes(), &commit.0].concat();
    assert!(ana.parsed().signing_key().verify(Label::MlsOrder, &signed, &order).is_ok());
    assert!(ana.parsed().signing_key().verify(Label::MlsLeaf, &signed, &order).is_err());
    ana.keeper.renew().wait().unwrap();
    assert_ne!(ana.keeper.mls_leaf(86_400).wait().unwrap().key, leaf.key, "a new incarnation, a new leaf");
}

/// A message of the overlay by this person, not signed.
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
fn message(person: &Person, text: &str, timestamp: u64) -> Blob {
    let log = &person.parsed().body().log.clone();
    let head = Head {
        kind: Kind::GossipMessage,
        node_id: person.id,
        log_seq: log.head_seq(),
        signing_key: *log.current_key().as_bytes(),
        timestamp,
        not_after: timestamp + 60,
    };
    let body = Body::Gossip { app: "orf".to_owned(), topics: vec!["bread".to_owned()], bytes: text.into() };
    Blob(Draft { head, body }.signed_bytes().unwrap())
}

#[test]
fn own_messages_of_the_overlay_are_signed_alone_and_together() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let now_s = clock.now_ms() / 1_000;
    let key = *ana.parsed().body().log.current_key();
    for count in [1, 5] {
        let drafts: Vec<Blob> = (0..count).map(|n| message(&ana, &format!("loaf {n}"), now_s)).collect();
        let signature = ana.keeper.sign_overlay(drafts.clone()).wait().unwrap();
        let bundle = Bundle::of(drafts.into_iter().map(|one| one.0).collect()).unwrap();
        for message in bundle.sign(signature) {
            assert!(message.check().verify_with(&key), "every message of {count} is proven");
        }
    }
}

#[test]
fn nothing_of_others_and_nothing_out_of_time_is_signed_for_the_overlay() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let now_s = clock.now_ms() / 1_000;
    let sign = |drafts: Vec<Blob>| refusal(ana.keeper.sign_overlay(drafts).wait());
    assert_eq!(sign(vec![message(&ben, "in ben's name", now_s)]), Refusal::NotOwn);
    assert_eq!(sign(vec![message(&ana, "of tomorrow", now_s + 86_400)]), Refusal::Time);
    assert_eq!(sign(vec![message(&ana, "of yesterday", now_s - 86_400)]), Refusal::Time);
    assert!(matches!(sign(vec![Blob(vec![0; 36])]), Refusal::Malformed(_)), "a root without its messages");
    assert!(matches!(sign(Vec::new()), Refusal::Malformed(_)));
    let words = ana.keeper.recovery_words().wait().unwrap();
    let before = message(&ana, "under the old key", now_s);
    ana.keeper.rotate(words).wait().unwrap();
    assert_eq!(sign(vec![before]), Refusal::Stale);
}
