//! Ben deposits mail for ana: by call, by batch; each refusal has its code.

use bytes::Bytes;
use openred_core::payload::Secret32;
use openred_relay::client::{ClientError, Lane};
use serde_json::{Value, json};

use super::stage::{Owner, Stage, cap_mac, name, refusal, relay_body, sealed};

async fn relay(stage: &Stage, body: &Value, mac: &str) -> openred_service::http_client::HttpResponse {
    let headers = [("authorization", mac)];
    stage.call("POST", "/api/v1/message/relay", &headers, body.to_string()).await
}

async fn contents(stage: &Stage, owner: &Owner) -> Vec<u8> {
    let mail = stage.client.fetch(&owner.key, owner.queue(), 0, 100, 0).await.unwrap();
    mail.iter().map(|mail| mail.content[0]).collect()
}

#[tokio::test]
async fn mail_comes_out_as_it_was_put_in_and_in_order() {
    let mut stage = Stage::new().await;
    let ana = stage.owner().await;
    for n in 1..=3 {
        stage.client.deposit(&ana.lane(), name(n), sealed(n as u8)).await.unwrap();
    }
    let mail = stage.client.fetch(&ana.key, ana.queue(), 0, 100, 0).await.unwrap();
    assert_eq!(mail.iter().map(|mail| mail.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(mail.iter().all(|mail| mail.received.abs_diff(stage.now()) < 60));
    assert_eq!(mail[2].content, sealed(3));
    let two = stage.client.fetch(&ana.key, ana.queue(), 1, 1, 0).await.unwrap();
    assert_eq!((two.len(), two[0].seq), (1, 2), "after and max");
    stage.restart().await;
    assert_eq!(contents(&stage, &ana).await, [1, 2, 3], "a restart keeps it");
    stage.client.ack(&ana.key, ana.queue(), 2).await.unwrap();
    assert_eq!(contents(&stage, &ana).await, [3]);
}

#[tokio::test]
async fn a_deposit_that_comes_again_is_the_same_deposit() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    let body = relay_body(ana.lane().deposit_id, name(1), &sealed(1));
    let mac = cap_mac(&ana.lane(), name(1), &sealed(1));
    let first = relay(&stage, &body, &mac).await;
    let again = relay(&stage, &body, &mac).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 202));
    assert_eq!(first.body, again.body, "the same answer");
    assert_eq!(first.json::<Value>().unwrap(), json!({"id": name(1), "stored": true}));
    assert_eq!(contents(&stage, &ana).await, [1], "stored once");
    let other = stage.client.deposit(&ana.lane(), name(1), sealed(2)).await;
    assert_eq!(other, Err(ClientError::Conflict), "other bytes under the same name");
}

#[tokio::test]
async fn what_cannot_be_deposited_is_refused_by_code() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    let lane = ana.lane();
    let mac = cap_mac(&lane, name(1), &sealed(1));
    let good = relay_body(lane.deposit_id, name(1), &sealed(1));
    let changed = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, status, code, why) in [
        (changed("to_address", json!("x")), 400, "malformed", "no address"),
        (changed("client_id", json!("x")), 400, "malformed", "no name"),
        (changed("encrypted_content", json!("AA==")), 400, "malformed", "padding"),
        (changed("from_address", json!(7)), 400, "malformed", "no text"),
        (changed("from_address", json!("x".repeat(300))), 400, "malformed", "a long text"),
        (changed("more", json!("")), 400, "malformed", "an unknown name"),
        (changed("message_type", json!("plain")), 415, "type_unknown", "another type"),
        (changed("to_address", json!("AAAAAAAAAAAAAAAAAAAAAA")), 404, "unknown", "nobody's address"),
        (changed("client_id", json!(name(2))), 404, "unknown", "the proof is of another name"),
    ] {
        assert_eq!(refusal(&relay(&stage, &body, &mac).await), (status, code.to_owned()), "{why}");
    }
    let doubled = good.to_string().replacen('{', "{\"from_address\":\"\",", 1);
    let headers = [("authorization", mac.as_str())];
    let doubled = stage.call("POST", "/api/v1/message/relay", &headers, doubled).await;
    assert_eq!(refusal(&doubled), (400, "malformed".to_owned()), "a name twice");
    for mac in ["OpenRed-Cap AAAA", "Bearer x"] {
        assert_eq!(refusal(&relay(&stage, &good, mac).await), (401, "bad_presentation".to_owned()));
    }
    let eve = Lane { cap: Secret32::new([9; 32]), ..lane.clone() };
    assert_eq!(stage.client.deposit(&eve, name(1), sealed(1)).await, Err(ClientError::Unknown));
    for (bytes, error) in
        [(1_000, ClientError::Malformed), (65_537, ClientError::TooLarge), (80_000, ClientError::TooLarge)]
    {
        let deposit = stage.client.deposit(&lane, name(1), Bytes::from(vec![1; bytes])).await;
        assert_eq!(deposit, Err(error), "{bytes} bytes");
    }
    assert!(contents(&stage, &ana).await.is_empty(), "nothing of it was kept");
    assert_eq!(stage.client.deposit(&lane, name(1), sealed(1)).await, Ok(()), "the good one is");
}

#[tokio::test]
async fn a_full_mailbox_says_so_and_takes_again_when_it_was_read() {
    let stage = Stage::with(|config| config.quotas.mailbox_count = 2).await;
    let ana = stage.owner().await;
    for n in 1..=2 {
        stage.client.deposit(&ana.lane(), name(n), sealed(1)).await.unwrap();
    }
    assert_eq!(stage.client.deposit(&ana.lane(), name(3), sealed(1)).await, Err(ClientError::Full));
    stage.client.ack(&ana.key, ana.queue(), 1).await.unwrap();
    assert_eq!(stage.client.deposit(&ana.lane(), name(3), sealed(1)).await, Ok(()));
}

#[tokio::test]
async fn a_batch_is_judged_piece_by_piece() {
    let stage = Stage::new().await;
    let (ana, ben) = (stage.owner().await, stage.owner().await);
    let eve = Lane { cap: Secret32::new([9; 32]), ..ben.lane() };
    let answers = stage
        .client
        .deposit_batch(&[
            (ana.lane(), name(1), sealed(1)),
            (eve, name(2), sealed(2)),
            (ben.lane(), name(3), sealed(3)),
            (ana.lane(), name(4), Bytes::from_static(b"short")),
            (ana.lane(), name(1), sealed(1)),
        ])
        .await;
    let expected = [Ok(()), Err(ClientError::Unknown), Ok(()), Err(ClientError::Malformed), Ok(())];
    assert_eq!(answers, expected);
    assert_eq!((contents(&stage, &ana).await, contents(&stage, &ben).await), (vec![1], vec![3]));
    let headers = [("content-type", "application/octet-stream")];
    let cut = stage.call("POST", "/api/v1/message/batch", &headers, vec![1; 60]).await;
    assert_eq!(refusal(&cut), (400, "malformed".to_owned()));
    let long = stage.call("POST", "/api/v1/message/batch", &headers, vec![0; (4 << 20) + 1]).await;
    assert_eq!(refusal(&long), (413, "too_large".to_owned()));
    let json = [("content-type", "application/json")];
    let other = stage.call("POST", "/api/v1/message/batch", &json, "{}").await;
    assert_eq!(refusal(&other), (415, "unsupported_media_type".to_owned()));
}
