//! Files that friends offer each other: who is told, who may fetch, and what becomes of it.

use openred_core::{
    ids::{Hash, Id16},
    payload::FileOffer,
};
use serde_json::{Value, json};

use super::stage::{Stage, letter};
use crate::{
    error::NodeError,
    modules::{
        contacts::person::Person,
        feed::tests::stage::{Node, befriend, blocked, clock, settle, stranger},
        files::{disk::sealed_len, downloads::tests::works_off, fresh_key, offers, store::offers as rows},
    },
};

/// Somebody, and their node's files.
async fn node(name: &str, clock: &openred_service::lifecycle::Clock) -> (Node, Stage) {
    let mut node = Node::new(name, clock).await;
    let (_, hands) = openred_service::lifecycle::Clock::manual(0);
    let stage = Stage::of(node.deps.clone(), hands);
    node.deps = stage.deps.clone();
    (node, stage)
}

async fn offered(stage: &Stage) -> Value {
    stage.call("GET", "/files/offers", None).await.1["items"].clone()
}

async fn asks(at: &Node, peer: &Person, offer: &Id16) -> Result<offers::Served, NodeError> {
    let (peer, offer) = (peer.clone(), *offer);
    at.deps.read(move |w| offers::serve(w, &peer, &offer)).await
}

/// The name of the only offer that this node made.
async fn name_of_offer(at: &Node) -> Id16 {
    let found = at.deps.read(|w| Ok(rows::list(w.tx, w.seal, true, (i64::MAX, 9), w.now)?));
    found.await.unwrap()[0].offer.file_id
}

#[tokio::test]
async fn a_friend_is_offered_a_file_wants_it_and_has_it() {
    let (time, _hands) = clock();
    let ((ana, at_ana), (ben, at_ben)) = (node("Ana", &time).await, node("Ben", &time).await);
    befriend(&ana, &ben).await;
    let plain = letter(200_000);
    let file = at_ana.has("bread.txt", &plain).await;
    let share = json!({"node_id": ben.id});
    let (status, shown) = at_ana.call("POST", &format!("/files/{file}/share"), Some(share.clone())).await;
    assert_eq!((status, &shown["shared_with"][0]["node_id"]), (200, &json!(ben.id)), "{shown}");
    at_ana.call("POST", &format!("/files/{file}/share"), Some(share)).await;
    settle(&[&ana, &ben]).await;
    let offers = offered(&at_ben).await;
    assert_eq!(offers.as_array().unwrap().len(), 1, "told twice, offered once: {offers}");
    let (name, size, from) = (&offers[0]["name"], &offers[0]["size"], &offers[0]["from"]["node_id"]);
    assert_eq!((name, size, from), (&json!("bread.txt"), &json!(200_000), &json!(ana.id)));
    assert!(at_ben.names().is_empty(), "nothing comes before he wants it");
    let number = offers[0]["id"].as_i64().unwrap();
    let (status, copy) = at_ben.call("POST", &format!("/files/offers/{number}/accept"), None).await;
    assert_eq!((status, &copy["state"]), (200, &json!("waiting")), "{copy}");
    works_off(&ben, &ana).await;
    let id = copy["id"].as_str().unwrap();
    let (_, copy) = at_ben.call("GET", &format!("/files/{id}"), None).await;
    assert_eq!((&copy["state"], &copy["from"]["node_id"]), (&json!("here"), &json!(ana.id)), "{copy}");
    assert_eq!(at_ben.get(&format!("/files/{id}/data")).await.body, plain);
    assert_eq!(at_ben.names(), at_ana.names(), "the same ciphertext under the same name");
    // Evicted, it can be wanted again.
    assert_eq!(at_ben.call("POST", "/storage/free", None).await.1["freed"], json!(sealed_len(200_000)));
    assert_eq!(offered(&at_ben).await[0]["file"], Value::Null);
    at_ben.call("POST", &format!("/files/offers/{number}/accept"), None).await;
    works_off(&ben, &ana).await;
    assert_eq!(offered(&at_ben).await[0]["file"]["state"], "here");
    assert_eq!(at_ben.call("POST", &format!("/files/offers/{number}/decline"), None).await.0, 204);
    assert_eq!((offered(&at_ben).await, at_ben.names().len()), (json!([]), 0));
}

#[tokio::test]
async fn only_who_was_offered_a_file_fetches_it_and_only_as_long() {
    let (time, hands) = clock();
    let (ana, at_ana) = node("Ana", &time).await;
    let (ben, _at_ben) = node("Ben", &time).await;
    let (chloe, _at_chloe) = node("Chloé", &time).await;
    befriend(&ana, &ben).await;
    befriend(&ana, &chloe).await;
    let file = at_ana.has("x", b"the lamp is lit").await;
    let path = format!("/files/{file}/share");
    let body = |expires: Option<u64>| Some(json!({"node_id": ben.id, "expires_s": expires}));
    assert_eq!(at_ana.call("POST", &path, body(Some(0))).await.0, 422);
    assert_eq!(at_ana.call("POST", &path, body(Some(600))).await.0, 200);
    let offer = name_of_offer(&ana).await;
    let (of_ben, of_chloe) = (ana.person(&ben).await, ana.person(&chloe).await);
    assert_eq!(asks(&ana, &of_ben, &offer).await.unwrap().bytes, sealed_len(15));
    assert!(matches!(asks(&ana, &of_chloe, &offer).await, Err(NodeError::Unknown(_))), "offered to another");
    assert!(matches!(asks(&ana, &of_ben, &Id16([9; 16])).await, Err(NodeError::Unknown(_))));
    let mut other = of_ben.clone();
    blocked(&mut other);
    assert!(matches!(asks(&ana, &other, &offer).await, Err(NodeError::Unknown(_))), "blocked");
    stranger(&mut other);
    assert!(matches!(asks(&ana, &other, &offer).await, Err(NodeError::Refused(_))), "no contact any more");
    hands.advance(600_000);
    assert!(matches!(asks(&ana, &of_ben, &offer).await, Err(NodeError::Gone(_))), "over");
    assert_eq!(at_ana.call("POST", &path, body(None)).await.0, 200);
    let offer = name_of_offer(&ana).await;
    assert!(asks(&ana, &of_ben, &offer).await.is_ok());
    assert_eq!(at_ana.call("DELETE", &format!("{path}/{}", ben.id), None).await.1["shared_with"], json!([]));
    assert!(matches!(asks(&ana, &of_ben, &offer).await, Err(NodeError::Gone(_))), "taken back");
    assert_eq!(at_ana.call("DELETE", &format!("{path}/{}", ben.id), None).await.0, 404, "once");
    assert_eq!(at_ana.call("POST", &path, body(None)).await.0, 200);
    let offer = name_of_offer(&ana).await;
    at_ana.call("DELETE", &format!("/files/{file}"), None).await;
    assert!(matches!(asks(&ana, &of_ben, &offer).await, Err(NodeError::Gone(_))), "deleted");
}

#[tokio::test]
async fn offers_have_bounds() {
    let (time, _hands) = clock();
    let ((ana, _at_ana), (ben, at_ben)) = (node("Ana", &time).await, node("Ben", &time).await);
    befriend(&ana, &ben).await;
    let of_ana = ben.person(&ana).await;
    let take = async |n: u16, size: u64, expires: Option<u64>| {
        let offer = FileOffer {
            alt: None,
            file_id: Id16([(n >> 8) as u8, n as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            name: "x".to_owned(),
            size,
            media_type: "text/plain".to_owned(),
            hash: Hash([1; 32]),
            key: fresh_key().unwrap(),
            expires,
        };
        let peer = of_ana.clone();
        ben.deps.write(move |w| offers::on_offer(w, &peer, &offer)).await
    };
    assert!(matches!(take(0, 1, Some(1)).await, Err(NodeError::Gone(_))), "over before it came");
    assert!(matches!(take(0, 1 << 48, None).await, Err(NodeError::TooLarge(_))));
    take(1, 5 << 30, None).await.unwrap();
    let number = offered(&at_ben).await[0]["id"].as_i64().unwrap();
    let (status, problem) = at_ben.call("POST", &format!("/files/offers/{number}/accept"), None).await;
    assert_eq!((status, problem["code"].as_str()), (413, Some("too_large")), "beyond what he set aside");
    for n in 2..=256 {
        take(n, 1, None).await.unwrap();
    }
    assert!(matches!(take(257, 1, None).await, Err(NodeError::Refused(_))), "256 wait already");
    assert_eq!(at_ben.call("POST", "/files/offers/999/accept", None).await.0, 404);
}
