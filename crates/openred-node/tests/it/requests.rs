//! What a peer may ask at paths of their own (Annex A.5), and what no peer gets away with.

use openred_core::{
    call::{ChallengeAnswer, ChallengeCall, Factor, verify_challenge},
    envelope::MessageType,
    frame::Frame,
    ids::Hash,
};
use openred_node::{
    modules::{challenge::Decision, contacts::person::Person, feed, files::store::offers},
    net::Confirmation,
};
use serde_json::json;

use super::{peer::Peer, world::Node};

const SEND: &str = "/p2p/message/send";
const CHALLENGE: &str = "/p2p/auth/challenge";

async fn holds(node: &Node, id: Hash) -> bool {
    node.deps.read(move |w| Ok(feed::posts::store::find(w.tx, w.seal, &id)?.is_some())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_sent_by_a_request_counts_once_and_under_the_same_rules() {
    let ana = Node::start("Ana").await;
    let mut ben = Peer::friend_of(&ana, "ben").await;
    let post = ben.post("bread at seven");
    let envelope = |what: &[u8]| json!({"envelope": openred_core::ids::B64(what.to_vec())});
    for id in [1, 2] {
        let (status, said) = ben.ask_at(SEND, id, SEND, &envelope(post.canonical())).await;
        assert_eq!((status, said), (200, json!({"received": true})), "and again changes nothing");
        assert!(holds(&ana, post.message_id()).await, "on disk before the answer");
    }
    ben.say(2, &post).await;
    let mut altered = post.canonical().to_vec();
    let at = altered.windows(5).position(|w| w == b"seven").unwrap();
    altered[at..at + 5].copy_from_slice(b"eight");
    let unknown = ben.signed(MessageType::AccessRequest, &json!({"target": Hash([7; 32])}));
    for (id, ask, status, code) in [
        (3, envelope(&altered), 401, "bad_signature"),
        (4, envelope(b"{}"), 400, "malformed"),
        (5, json!({"envelope": "e30", "stream": "x"}), 400, "malformed"),
        (6, envelope(unknown.canonical()), 404, "unknown"),
    ] {
        let (got, problem) = ben.ask_at(SEND, id, SEND, &ask).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{problem}");
    }
    let mut chloe = Peer::stranger_to(&ana, "chloe").await;
    let post = chloe.post("let me in");
    let (status, problem) = chloe.ask_at(SEND, 1, SEND, &envelope(post.canonical())).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("refused")));
    assert!(!holds(&ana, post.message_id()).await);
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_of_its_own_takes_no_other_request() {
    let ana = Node::start("Ana").await;
    let ask = |path: &str| Frame::Request { id: 9, path: path.to_owned(), json: "{}".to_owned() };
    for (at, frames) in [
        (SEND, vec![ask(CHALLENGE)]),
        (SEND, vec![ask(SEND), ask("log")]),
        (CHALLENGE, vec![]),
        ("/p2p/file/share", vec![ask("/p2p/file-request")]),
    ] {
        let mut ben = Peer::friend_of(&ana, "ben").await;
        let (status, problem) = ben.exchange(at, &frames).await.unwrap_err();
        assert_eq!((status, problem["code"].as_str()), (400, Some("malformed")), "{at}: {frames:?}");
        assert!(problem["detail"].as_str().unwrap().contains("name this path"));
        let (status, problem) = ben.exchange("/p2p/message", &[]).await.unwrap_err();
        assert_eq!((status, problem["code"].as_str()), (409, Some("session_lost")), "the session is over");
    }
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_asked_for_by_name_and_offers_noted() {
    let ana = Node::start("Ana").await;
    let (ask, share) = ("/p2p/file-request", "/p2p/file/share");
    let mut ben = Peer::friend_of(&ana, "ben").await;
    let (own, hidden) = (Hash([1; 32]), Hash([2; 32]));
    ana.deps
        .write(move |w| {
            use feed::contents::store::{Stored, put};
            let content =
                |bytes: &[u8], public| Stored { bytes: bytes.to_vec(), own: true, public, post_id: None };
            put(w.tx, &own, &content(b"ciphertext of a picture", true), w.now)?;
            let elsewhere = Stored { own: false, ..content(b"not ana's to give", true) };
            Ok(put(w.tx, &hidden, &elsewhere, w.now)?)
        })
        .await
        .unwrap();
    let (status, found) = ben.ask_at(ask, 1, ask, &json!({"file_id": own, "offset": 11})).await;
    assert_eq!((status, found), (200, json!({"size": 23, "hash": own})));
    let data = ben.until_heard("the bytes", |f| matches!(f, Frame::Data { id: 1, .. })).await;
    let Frame::Data { offset, bytes, last, .. } = data else { panic!("data") };
    assert_eq!((offset, bytes.as_slice(), last), (11, &b"of a picture"[..], true));
    for (id, body, status) in [
        (2, json!({"file_id": "AAAAAAAAAAAAAAAAAAAAAA"}), 404),
        (3, json!({"file_id": hidden}), 404),
        (4, json!({"file_id": "x"}), 400),
        (5, json!({"file_id": own, "offset": -1}), 400),
    ] {
        assert_eq!(ben.ask_at(ask, id, ask, &body).await.0, status, "{body}");
    }
    let offer = json!({
        "file_id": "AAAAAAAAAAAAAAAAAAAAAA", "name": "bread.jpg", "size": 7, "media_type": "image/jpeg",
        "hash": own, "key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    });
    let said = ben.ask_at(share, 6, share, &json!({"offer": offer})).await;
    assert_eq!(said, (200, json!({"accepted": true})));
    let noted =
        ana.deps.read(|w| Ok(offers::list(w.tx, w.seal, false, (i64::MAX, 9), w.now)?)).await.unwrap();
    assert_eq!((noted.len(), noted[0].offer.name.as_str(), noted[0].file), (1, "bread.jpg", None));
    let mut bad = offer.clone();
    bad["name"] = json!("../bread.jpg");
    assert_eq!(ben.ask_at(share, 7, share, &json!({"offer": bad})).await.0, 400);
    let mut over = offer.clone();
    (over["file_id"], over["expires"]) = (json!("BBBBBBBBBBBBBBBBBBBBBA"), json!(1));
    assert_eq!(ben.ask_at(share, 8, share, &json!({"offer": over})).await.0, 410);
    let mut chloe = Peer::stranger_to(&ana, "chloe").await;
    let (status, problem) = chloe.ask_at(ask, 2, ask, &json!({"file_id": "AAAAAAAAAAAAAAAAAAAAAA"})).await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("unknown")), "strangers learn nothing");
    assert_eq!(chloe.ask_at(share, 1, share, &json!({"offer": offer})).await.0, 403);
    ana.stop().await;
}

/// Waits until the owner is asked, and says what she decides.
async fn decides(node: &Node, said: Decision) -> String {
    node.until("the owner is asked", async || !node.net.challenges.list().is_empty()).await;
    let question = node.net.challenges.list().remove(0);
    node.net.challenges.decide(question.id, said).unwrap();
    question.reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_asks_the_owner_to_confirm_and_believes_only_their_key() {
    let ana = Node::start("Ana").await;
    let mut ben = Peer::friend_of(&ana, "ben").await;
    let call = ChallengeCall { challenge: [7; 32], method: Factor::Confirm, reason: "the keys?".to_owned() };
    let body = serde_json::to_value(&call).unwrap();
    let (answer, reason) =
        tokio::join!(ben.ask_at(CHALLENGE, 1, CHALLENGE, &body), decides(&ana, Decision::Confirm));
    assert_eq!((answer.0, reason.as_str()), (200, "the keys?"));
    let answer: ChallengeAnswer = serde_json::from_value(answer.1).unwrap();
    let key = *ana.net.own_descriptor().unwrap().signing_key();
    let now = ana.deps.clock.now_s();
    verify_challenge(&key, &ben.session_id(), &call, &answer, now).unwrap();
    let another = ChallengeCall { challenge: [8; 32], ..call.clone() };
    assert!(verify_challenge(&key, &ben.session_id(), &another, &answer, now).is_err());
    let (answer, _) =
        tokio::join!(ben.ask_at(CHALLENGE, 2, CHALLENGE, &body), decides(&ana, Decision::Refuse));
    assert_eq!((answer.0, answer.1["code"].as_str()), (403, Some("refused")));
    for (id, method) in [(3, 2), (4, 3), (5, 4)] {
        let mut other = body.clone();
        other["method"] = json!(method);
        let (status, problem) = ben.ask_at(CHALLENGE, id, CHALLENGE, &other).await;
        assert_eq!(status, if method < 4 { 403 } else { 400 }, "{problem}");
        assert_eq!(
            problem["detail"].as_str().is_some_and(|text| text.contains("is not known here")),
            method < 4
        );
    }
    let mut chloe = Peer::stranger_to(&ana, "chloe").await;
    let (status, problem) = chloe.ask_at(CHALLENGE, 1, CHALLENGE, &body).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("refused")), "strangers ask nobody");
    assert!(ana.net.challenges.list().is_empty());
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_confirm_to_each_other() {
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    ana.befriend(&ben).await;
    let asks = |reason: &str| ben.net.confirm(&ana.id, reason.to_owned());
    let (said, reason) = tokio::join!(asks("is it you?"), decides(&ana, Decision::Confirm));
    let Confirmation::Confirmed { time } = said.unwrap() else { panic!("confirmed") };
    assert!(ana.deps.clock.now_s().abs_diff(time) < 60);
    assert_eq!(reason, "is it you?");
    let (said, _) = tokio::join!(asks("and now?"), decides(&ana, Decision::Refuse));
    assert_eq!(said.unwrap(), Confirmation::Refused);
    let known = ben.until_person("ben knows ana", &ana.id, Person::is_friend).await;
    assert!(known.is_contact());
    ana.stop().await;
    ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_in_json_carry_the_same_bytes() {
    let ana = Node::start("Ana").await;
    let mut ben = Peer::friend_of(&ana, "ben").await;
    let post = ben.post("in json");
    let frame = ben.item(2, &post);
    let bytes = ben.body(&[frame]);
    let data = json!({"data": openred_core::ids::B64(bytes)}).to_string().into_bytes();
    let answer = ben.post_bytes("/p2p/message", "application/json", data.clone()).await;
    assert_eq!(answer.status, 200);
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(said["received"], json!(true));
    let data_back: openred_core::ids::B64 = serde_json::from_value(said["data"].clone()).unwrap();
    let again = ben.post_bytes("/p2p/message", "application/json", data).await;
    assert_eq!(again.body, answer.body, "a repeated body gets the stored answer");
    ben.read(&data_back.0);
    ben.until_acknowledged(2).await;
    assert!(holds(&ana, post.message_id()).await);
    for bad in [&b"{}"[..], b"{\"data\":\"*\"}", b"{\"data\":\"\",\"data\":\"\"}", b"[]"] {
        let refused = ben.post_bytes("/p2p/message", "application/json", bad.to_vec()).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_deref()), (400, Some("malformed")));
    }
    ana.stop().await;
}
