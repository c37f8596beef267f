//! Ana's mailbox: made, fetched, waited for, revoked, ended; each refusal has its code.

use std::time::Duration;

use openred_core::sign::SigningKey;
use openred_relay::client::{ClientError, Lane};
use openred_service::lifecycle::Clock;
use serde_json::json;

use super::stage::{Stage, name, refusal, sealed};

#[tokio::test]
async fn a_waiting_fetch_wakes_when_mail_comes() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    let deposit = async {
        // The fetch waits first: the relay says so.
        while stage.metric("fetches_waiting").await == 0 {
            tokio::task::yield_now().await;
        }
        stage.client.deposit(&ana.lane(), name(1), sealed(1)).await.unwrap();
    };
    let waiting = stage.client.fetch(&ana.key, ana.queue(), 0, 100, 25);
    let both = async { tokio::join!(waiting, deposit) };
    let (mail, ()) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("it wakes at once");
    assert_eq!(mail.unwrap()[0].content, sealed(1));
    let none = stage.client.fetch(&ana.key, ana.queue(), 1, 100, 1).await.unwrap();
    assert!(none.is_empty(), "a wait ends without mail too");
}

#[tokio::test]
async fn an_owner_makes_revokes_and_ends_a_mailbox() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    let again = stage.client.refresh(&ana.key, ana.mailbox.deposit_id).await.unwrap();
    assert_eq!(again, ana.mailbox, "the relay tells its owner what it knows");
    let eve = SigningKey::generate();
    let told = stage.client.refresh(&eve, ana.mailbox.deposit_id).await;
    assert_eq!(told, Err(ClientError::Unknown), "another's mailbox is told to nobody");
    stage.client.deposit(&ana.lane(), name(1), sealed(1)).await.unwrap();
    let cap = stage.client.revoke(&ana.key, ana.queue()).await.unwrap();
    assert_eq!(stage.client.deposit(&ana.lane(), name(2), sealed(2)).await, Err(ClientError::Unknown));
    let lane = Lane { cap, ..ana.lane() };
    stage.client.deposit(&lane, name(2), sealed(2)).await.unwrap();
    assert_eq!(stage.client.fetch(&ana.key, ana.queue(), 0, 100, 0).await.unwrap().len(), 2);
    stage.client.delete(&ana.key, ana.queue()).await.unwrap();
    assert_eq!(stage.client.fetch(&ana.key, ana.queue(), 0, 100, 0).await, Err(ClientError::Unknown));
    assert_eq!(stage.client.deposit(&lane, name(3), sealed(3)).await, Err(ClientError::Unknown));
    assert_eq!(stage.metric("mailboxes").await, 0);
}

#[tokio::test]
async fn only_the_owner_of_a_mailbox_makes_its_calls_and_each_once() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    let eve = SigningKey::generate();
    let queue = format!("/api/v1/queues/{}", ana.queue());
    let (ack, revoke) = (format!("{queue}/ack"), format!("{queue}/revoke"));
    for (method, target, body) in [
        ("GET", &queue, "".as_bytes()),
        ("POST", &ack, b"{\"upto\":1}"),
        ("POST", &revoke, b"{}"),
        ("DELETE", &queue, b""),
    ] {
        let stage = &stage;
        let call = |proof: String| async move {
            refusal(&stage.call(method, target, &[("authorization", &proof)], body).await)
        };
        let now = stage.now();
        let bad = (401, "bad_signature".to_owned());
        assert_eq!(call(stage.proof(&eve, (method, target, body), 1, now)).await, bad, "another's key");
        assert_eq!(call(stage.proof(&ana.key, (method, target, body), 1, now - 601)).await, bad, "too old");
        assert_eq!(call(stage.proof(&ana.key, ("PUT", target, body), 1, now)).await, bad, "another method");
        assert_eq!(call(stage.proof(&ana.key, (method, target, b"x"), 1, now)).await, bad, "another body");
        assert_eq!(call("OpenRed AAAA".to_owned()).await, (401, "bad_presentation".to_owned()));
    }
    let proof = stage.proof(&ana.key, ("GET", &queue, b""), 7, stage.now());
    let headers = [("authorization", proof.as_str())];
    assert_eq!(stage.call("GET", &queue, &headers, "").await.status.as_u16(), 200);
    assert_eq!(
        refusal(&stage.call("GET", &queue, &headers, "").await),
        (410, "used".to_owned()),
        "the same call again"
    );
    let unknown = "/api/v1/queues/AAAAAAAAAAAAAAAAAAAAAA";
    let proof = stage.proof(&ana.key, ("GET", unknown, b""), 8, stage.now());
    let told = stage.call("GET", unknown, &[("authorization", proof.as_str())], "").await;
    assert_eq!(refusal(&told), (404, "unknown".to_owned()));
}

#[tokio::test]
async fn calls_that_cannot_be_read_are_malformed() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    let queue = format!("/api/v1/queues/{}", ana.queue());
    for (nonce, (method, target, body)) in (20..).zip([
        ("GET", format!("{queue}?max=0"), ""),
        ("GET", format!("{queue}?max=101"), ""),
        ("GET", format!("{queue}?after=-1"), ""),
        ("GET", format!("{queue}?before=1"), ""),
        ("POST", format!("{queue}/ack"), "{}"),
        ("POST", format!("{queue}/ack"), "{\"upto\":1,\"more\":1}"),
        ("POST", format!("{queue}/ack"), "{\"upto\":1.0}"),
        ("POST", format!("{queue}/revoke"), "{\"cap\":\"x\"}"),
    ]) {
        let proof = stage.proof(&ana.key, (method, &target, body.as_bytes()), nonce, stage.now());
        let headers = [("authorization", proof.as_str())];
        let told = stage.call(method, &target, &headers, body).await;
        assert_eq!(refusal(&told), (400, "malformed".to_owned()), "{method} {target} {body}");
    }
    let key = openred_core::ids::b64_encode(ana.key.public().as_bytes());
    for (nonce, body) in (40..).zip([
        json!({"address": "", "public_key": "x", "connection_info": {}}),
        json!({"address": "x", "public_key": key, "connection_info": {}}),
        json!({"address": "", "public_key": key}),
        json!({"address": "", "public_key": key, "connection_info": {"ip": "192.0.2.1"}}),
    ]) {
        let (target, body) = ("/api/v1/peer/register", body.to_string());
        let proof = stage.proof(&ana.key, ("POST", target, body.as_bytes()), nonce, stage.now());
        let told = stage.call("POST", target, &[("authorization", proof.as_str())], body.clone()).await;
        assert_eq!(refusal(&told), (400, "malformed".to_owned()), "{body}");
    }
    for (method, target, status, code) in [
        ("GET", "/nowhere", 404, "unknown"),
        ("PUT", "/api/v1/message/relay", 405, "method_not_allowed"),
        ("GET", "/api/v1/stream", 400, "malformed"),
    ] {
        let told = stage.call(method, target, &[], "").await;
        assert_eq!(refusal(&told), (status, code.to_owned()), "{method} {target}");
    }
}

#[tokio::test]
async fn presence_is_told_to_who_may_ask_and_ends_by_itself() {
    let (clock, hand) = Clock::manual(1_800_057_600_000 + 1_000_000);
    let stage = Stage::start(|_| {}, clock).await;
    let (ana, ben) = (stage.owner().await, stage.owner().await);
    let seen = stage.client.presence(&ana.lane()).await.unwrap();
    assert!(seen.is_online, "she has just registered");
    assert_eq!(seen.last_seen, 1_800_057_600, "to the hour");
    hand.advance(90_000);
    assert!(!stage.client.presence(&ana.lane()).await.unwrap().is_online, "90 s later");
    stage.client.refresh(&ana.key, ana.mailbox.deposit_id).await.unwrap();
    assert!(stage.client.presence(&ana.lane()).await.unwrap().is_online, "she says that she is here");
    hand.advance(3_600_000);
    stage.client.fetch(&ana.key, ana.queue(), 0, 1, 0).await.unwrap();
    assert_eq!(stage.client.presence(&ana.lane()).await.unwrap().last_seen, 1_800_061_200);
    let eve = Lane { cap: ben.lane().cap, ..ana.lane() };
    assert_eq!(stage.client.presence(&eve).await, Err(ClientError::Unknown), "without her capability");
    let bare = stage.client.presence_as_service(ana.mailbox.deposit_id).await;
    assert_eq!(bare, Err(ClientError::Unknown), "without any proof");
    let none = stage.call("GET", "/api/v1/peers/discover", &[], "").await;
    assert_eq!(refusal(&none), (400, "malformed".to_owned()), "nobody lists all");
}

#[tokio::test]
async fn another_relay_at_the_address_is_refused() {
    let (stage, other) = (Stage::new().await, Stage::new().await);
    let client = super::stage::client(&stage.url, other.relay_id, &stage.clock);
    assert_eq!(client.register(&SigningKey::generate()).await.map(drop), Err(ClientError::OtherRelay));
    assert_eq!(stage.metric("registrations_total").await, 0, "nothing was sent to it");
}
