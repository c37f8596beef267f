//! Signed calls to a directory: frozen bytes, and refusal of everything bent, late or signed by another.

use openred_core::call::{
    CallRefusal, ChallengeAnswer, ChallengeCall, ChallengeRefusal, Factor, Flags, PollCall, RegisterCall,
    RequestCall, verify_challenge,
};
use openred_core::checks;
use openred_core::grant::Request;
use openred_core::ids::{B64, Id16};
use openred_core::json::from_slice_strict;

use crate::people::{NOW, ana, ben, chloe, directory};

fn register() -> RegisterCall {
    RegisterCall::sign(
        &ana().signing,
        &directory().id(),
        &ana().descriptor,
        Flags(Flags::NAME | Flags::RECENT),
        NOW,
    )
}

fn request() -> RequestCall {
    let request = Request::sign(&ana().signing, &directory().id(), &ben().id(), Id16([0xa0; 16]), NOW);
    RequestCall::of(&request, ana().id(), ben().id())
}

fn poll() -> PollCall {
    PollCall::sign(&ben().signing, &directory().id(), ben().id(), 25, Id16([0xb0; 16]), NOW)
}

fn challenge() -> (ChallengeCall, ChallengeAnswer) {
    let call =
        ChallengeCall { challenge: [0xc0; 32], method: Factor::Totp, reason: "delete the album".to_owned() };
    let answer = ChallengeAnswer::sign(&ben().signing, &Id16([0xd0; 16]), &call, NOW);
    (call, answer)
}

#[test]
fn the_calls_are_frozen() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../../testdata/vectors/calls.json")).unwrap();
    let made = serde_json::json!({
        "about": "Annex A.3, A.5: signed calls. Public keys and session_id are hex.",
        "dir_id": directory().id(),
        "ana_public_key": hex::encode(ana().signing.public().as_bytes()),
        "ben_public_key": hex::encode(ben().signing.public().as_bytes()),
        "register_desc_hash": ana().hash(),
        "register": register(),
        "request": request(),
        "poll": poll(),
        "session_id": hex::encode([0xd0; 16]),
        "challenge": challenge().0,
        "challenge_answer": challenge().1,
    });
    assert_eq!(vectors, made, "{made}");
}

#[test]
fn a_registration_counts_for_this_directory_descriptor_flags_and_time() {
    let dir_id = directory().id();
    let call = register();
    assert_eq!(call.verify(&dir_id, NOW).unwrap(), ana().descriptor);
    assert_eq!(call.verify(&dir_id, NOW + 600).map(|_| ()), Ok(()));
    assert_eq!(call.verify(&dir_id, NOW + 601), Err(CallRefusal::Time));
    assert_eq!(call.verify(&dir_id, NOW - 601), Err(CallRefusal::Time));
    assert_eq!(call.verify(&chloe().id(), NOW), Err(CallRefusal::Signature), "another directory");
    let bent = |change: fn(&mut RegisterCall)| {
        let mut call = register();
        change(&mut call);
        call.verify(&dir_id, NOW).unwrap_err()
    };
    assert_eq!(bent(|call| call.flags = Flags(Flags::REMOVE)), CallRefusal::Signature);
    assert_eq!(bent(|call| call.time += 1), CallRefusal::Signature);
    assert_eq!(bent(|call| call.sig.0[0] ^= 1), CallRefusal::Signature);
    assert_eq!(bent(|call| call.descriptor = B64(ben().descriptor.bytes().to_vec())), CallRefusal::Signature);
    assert_eq!(bent(|call| call.descriptor.0[40] ^= 1), CallRefusal::Malformed);
}

#[test]
fn a_request_counts_for_this_directory_target_grant_and_time() {
    let (dir_id, key) = (directory().id(), ana().signing.public());
    assert_eq!(request().verify(&key, &dir_id, NOW).unwrap().grant_id, Id16([0xa0; 16]));
    assert_eq!(request().verify(&key, &dir_id, NOW + 601), Err(CallRefusal::Time));
    assert_eq!(request().verify(&key, &chloe().id(), NOW), Err(CallRefusal::Signature));
    assert_eq!(request().verify(&ben().signing.public(), &dir_id, NOW), Err(CallRefusal::Signature));
    let bent = |change: fn(&mut RequestCall)| {
        let mut call = request();
        change(&mut call);
        call.verify(&key, &dir_id, NOW).unwrap_err()
    };
    assert_eq!(bent(|call| call.target = chloe().id()), CallRefusal::Signature);
    assert_eq!(bent(|call| call.grant_id.0[0] ^= 1), CallRefusal::Signature);
    assert_eq!(bent(|call| call.time -= 1), CallRefusal::Signature);
    assert_eq!(bent(|call| call.target = call.from), CallRefusal::Malformed);
}

#[test]
fn a_poll_counts_for_this_directory_nonce_wait_and_time() {
    let (dir_id, key) = (directory().id(), ben().signing.public());
    assert_eq!(poll().verify(&key, &dir_id, NOW), Ok(()));
    assert_eq!(poll().verify(&key, &dir_id, NOW - 601), Err(CallRefusal::Time));
    assert_eq!(poll().verify(&key, &chloe().id(), NOW), Err(CallRefusal::Signature));
    let bent = |change: fn(&mut PollCall)| {
        let mut call = poll();
        change(&mut call);
        call.verify(&key, &dir_id, NOW).unwrap_err()
    };
    assert_eq!(bent(|call| call.wait = 26), CallRefusal::Malformed);
    assert_eq!(bent(|call| call.wait = 1), CallRefusal::Signature);
    assert_eq!(bent(|call| call.nonce.0[0] ^= 1), CallRefusal::Signature);
    assert_eq!(bent(|call| call.from = ana().id()), CallRefusal::Signature);
}

#[test]
fn an_answer_to_a_challenge_is_fresh_and_for_this_session_and_question() {
    let (call, answer) = challenge();
    let (key, session) = (ben().signing.public(), Id16([0xd0; 16]));
    assert_eq!(verify_challenge(&key, &session, &call, &answer, NOW + 60), Ok(()));
    let late = || verify_challenge(&key, &session, &call, &answer, NOW + 61);
    assert_eq!(late(), Err(ChallengeRefusal::Time));
    assert_eq!(checks::without("challenge/time", late), Ok(()));
    let elsewhere = || verify_challenge(&key, &Id16([1; 16]), &call, &answer, NOW);
    assert_eq!(elsewhere(), Err(ChallengeRefusal::Signature));
    assert_eq!(checks::without("challenge/signature", elsewhere), Ok(()));
    let weaker = ChallengeCall { method: Factor::Confirm, ..call };
    assert_eq!(verify_challenge(&key, &session, &weaker, &answer, NOW), Err(ChallengeRefusal::Signature));
}

#[test]
fn bodies_with_unknown_names_are_refused() {
    let text = serde_json::to_string(&poll()).unwrap();
    assert_eq!(from_slice_strict::<PollCall>(text.as_bytes(), 65_536).unwrap(), poll());
    let more = text.replacen('{', "{\"more\":1,", 1);
    assert!(from_slice_strict::<PollCall>(more.as_bytes(), 65_536).is_err());
    let text = serde_json::to_string(&challenge().0).unwrap();
    assert_eq!(from_slice_strict::<ChallengeCall>(text.as_bytes(), 65_536).unwrap(), challenge().0);
    let fourth = text.replacen("\"method\":2", "\"method\":4", 1);
    assert!(from_slice_strict::<ChallengeCall>(fourth.as_bytes(), 65_536).is_err());
}
