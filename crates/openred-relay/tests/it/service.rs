//! A relay as a service: who it says it is, its limits, keys of services, what is changed while it runs, what it tells of
//! itself.

use std::collections::BTreeSet;

use openred_core::call::{ServerRole, WellKnown};
use openred_core::descriptor::Descriptor;
use openred_relay::Config;
use openred_relay::client::ClientError;
use openred_relay::keys::{self, FileKeys, KeyStore as _};
use openred_service::lifecycle::Clock;
use serde_json::Value;

use super::stage::{Stage, name, refusal, sealed};

#[tokio::test]
async fn the_relay_says_who_it_is() {
    let stage = Stage::with(|config| {
        config.server.name = "Our street".to_owned();
        config.server.public_url = Some("https://relay.example".to_owned());
    })
    .await;
    let known: WellKnown = stage.call("GET", "/.well-known/openred", &[], "").await.json().unwrap();
    assert_eq!((known.node_id, known.role), (stage.relay_id, ServerRole::Relay));
    assert_eq!((known.token_mode, known.token_seed), (None, None), "it makes no tokens");
    let served = stage.call("GET", "/p2p/descriptor", &[], "").await.body;
    let descriptor = Descriptor::parse(&served).unwrap();
    assert_eq!(descriptor.bytes(), known.descriptor.0);
    assert_eq!(descriptor.body().capabilities, ["relay"]);
    for path in ["/health", "/api/v1/health"] {
        let health: Value = stage.call("GET", path, &[], "").await.json().unwrap();
        assert_eq!(
            (&health["status"], &health["node_id"]),
            (&"ok".into(), &stage.relay_id.to_string().into())
        );
    }
    let page = stage.call("GET", "/", &[], "").await;
    assert_eq!(page.headers["content-type"], "text/plain; charset=utf-8");
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(page.contains(&format!("https://relay.example#{}", stage.relay_id)), "{page}");
}

#[tokio::test]
async fn every_described_path_is_served_and_every_error_is_a_problem() {
    let stage = Stage::new().await;
    let served: Value = stage.call("GET", "/api/openapi.json", &[], "").await.json().unwrap();
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = served["paths"].as_object().unwrap();
    let expected = [
        "/.well-known/openred",
        "/api/v1/health",
        "/api/v1/message/batch",
        "/api/v1/message/relay",
        "/api/v1/peer/register",
        "/api/v1/peers/discover",
        "/api/v1/queues/{queue_id}",
        "/api/v1/queues/{queue_id}/ack",
        "/api/v1/queues/{queue_id}/revoke",
        "/api/v1/quic/endpoint",
        "/api/v1/stream",
        "/metrics",
        "/p2p/descriptor",
    ];
    assert_eq!(paths.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let target = path.replace("{queue_id}", "AAAAAAAAAAAAAAAAAAAAAA");
            let answer = stage.call(&method.to_uppercase(), &target, &[], "").await;
            let status = answer.status.as_u16().to_string();
            assert!(
                operation["responses"][&status].is_object(),
                "{method} {path}: {status} is not described"
            );
            for (status, response) in operation["responses"].as_object().unwrap() {
                let is_problem = response["content"]["application/problem+json"].is_object();
                assert_eq!(is_problem, status.as_str() >= "400", "{method} {path} {status}");
            }
        }
    }
    for (schema, names) in [
        ("RegisterBody", &["address", "connection_info", "public_key"][..]),
        ("Registered", &["address", "cap", "queue_id"]),
        ("RelayBody", &["client_id", "encrypted_content", "from_address", "message_type", "to_address"]),
        ("Relayed", &["id", "stored"]),
        ("Results", &["results"]),
        ("Discovered", &["peers"]),
        ("Peer", &["address", "is_online", "last_seen"]),
        ("AckBody", &["upto"]),
        ("Revoked", &["cap"]),
    ] {
        let described = served["components"]["schemas"][schema]["properties"].as_object().unwrap();
        let described: BTreeSet<&str> = described.keys().map(String::as_str).collect();
        assert_eq!(described, names.iter().copied().collect(), "{schema}");
    }
}

/// A clock that stands still: nothing refills meanwhile.
async fn limited(change: impl FnOnce(&mut Config)) -> Stage {
    Stage::start(change, Clock::manual(1_800_057_600_000).0).await
}

#[tokio::test]
async fn each_limit_says_when_to_come_back() {
    let stage = limited(|config| config.limits.deposits_per_mailbox = 2).await;
    let (ana, ben) = (stage.owner().await, stage.owner().await);
    for n in 1..=2 {
        stage.client.deposit(&ana.lane(), name(n), sealed(1)).await.unwrap();
    }
    let slow = Err(ClientError::SlowDown { seconds: 30 });
    assert_eq!(stage.client.deposit(&ana.lane(), name(3), sealed(1)).await, slow, "by mailbox");
    let answers = stage
        .client
        .deposit_batch(&[(ana.lane(), name(3), sealed(1)), (ben.lane(), name(3), sealed(1))])
        .await;
    assert!(matches!(answers[0], Err(ClientError::SlowDown { .. })), "in a batch too");
    assert_eq!(answers[1], Ok(()), "another's mailbox is another matter");
    let chloe = stage.owner().await;
    let three: Vec<_> = (1..=3).map(|n| (chloe.lane(), name(n), sealed(1))).collect();
    let answers = stage.client.deposit_batch(&three).await;
    assert!(
        matches!(answers[..], [Ok(()), Ok(()), Err(ClientError::SlowDown { .. })]),
        "as many as may: {answers:?}"
    );
    let eve = openred_relay::client::Lane { cap: ana.lane().cap, ..ben.lane() };
    for n in 10..20 {
        assert_eq!(stage.client.deposit(&eve, name(n), sealed(1)).await, Err(ClientError::Unknown));
    }
    let proven = stage.client.deposit(&ben.lane(), name(4), sealed(1)).await;
    assert_eq!(proven, Ok(()), "who has no capability uses up nothing of a mailbox");

    let stage = limited(|config| config.limits.calls_per_owner = 3).await;
    let ana = stage.owner().await;
    for _ in 0..2 {
        stage.client.fetch(&ana.key, ana.queue(), 0, 1, 0).await.unwrap();
    }
    let slow = stage.client.fetch(&ana.key, ana.queue(), 0, 1, 0).await;
    assert_eq!(slow, Err(ClientError::SlowDown { seconds: 20 }), "by owner");

    let stage = limited(|config| config.limits.registers_per_prefix = 1).await;
    stage.owner().await;
    let slow = stage.client.register(&openred_core::sign::SigningKey::generate()).await.map(drop);
    assert_eq!(slow, Err(ClientError::SlowDown { seconds: 60 }), "new mailboxes by prefix");

    for change in [(|config: &mut Config| config.limits.calls_per_prefix = 3) as fn(&mut Config), |config| {
        config.limits.calls = 3
    }] {
        let stage = limited(change).await;
        for _ in 0..3 {
            assert_eq!(stage.call("GET", "/health", &[], "").await.status.as_u16(), 200);
        }
        let slowed = stage.call("GET", "/health", &[], "").await;
        assert_eq!(refusal(&slowed), (429, "slow_down".to_owned()));
        assert_eq!(slowed.retry_after(), Some(20));
    }
}

#[tokio::test]
async fn a_service_with_a_key_has_a_limit_of_its_own_and_may_ask_who_is_here() {
    let folder = super::people::folder();
    let data = folder.path().join("relay");
    std::fs::create_dir_all(&data).unwrap();
    let file = FileKeys::in_folder(&data);
    let key = keys::create(&file, "shop", 7).await.unwrap();
    let stage = Stage::with(|config| {
        config.storage.data = data.clone();
        config.limits.calls_per_prefix = 4;
    })
    .await;
    let ana = stage.owner().await;
    let address = ana.mailbox.deposit_id;
    let target = format!("/api/v1/peers/discover?address={address}");
    for _ in 0..10 {
        let asked = stage.call("GET", &target, &[("x-api-key", &key)], "").await;
        let told: Value = asked.success().unwrap().json().unwrap();
        assert_eq!(told["peers"][0]["is_online"], true, "without a capability, and not counted by prefix");
    }
    let unknown = stage.call("GET", &target, &[("x-api-key", "x")], "").await;
    assert_eq!(refusal(&unknown), (401, "bad_presentation".to_owned()));
    let guess = || stage.call("GET", &target, &[("x-api-key", "x")], "");
    while guess().await.status.as_u16() == 401 {}
    assert_eq!(refusal(&guess().await), (429, "slow_down".to_owned()), "guesses are counted by prefix");
    let proof = stage.proof(&ana.key, ("GET", "/api/v1/queues/x", b""), 1, stage.now());
    let headers = [("x-api-key", key.as_str()), ("authorization", &proof)];
    let queue = format!("/api/v1/queues/{}", ana.queue());
    let fetched = stage.call("GET", &queue, &headers, "").await;
    assert_eq!(refusal(&fetched), (401, "bad_signature".to_owned()), "a key opens no mailbox");
    file.revoke("shop").await.unwrap();
    // The running relay looks every two seconds.
    while stage.call("GET", &target, &[("x-api-key", &key)], "").await.status.as_u16() == 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn name_quotas_and_limits_are_changed_while_it_runs() {
    let mut stage = Stage::with(|config| config.quotas.mailbox_count = 1).await;
    let ana = stage.owner().await;
    stage.client.deposit(&ana.lane(), name(1), sealed(1)).await.unwrap();
    assert_eq!(stage.client.deposit(&ana.lane(), name(2), sealed(1)).await, Err(ClientError::Full));
    let mut config = stage.config.clone();
    config.quotas.mailbox_count = 5;
    config.server.name = "Another name".to_owned();
    config.limits.deposits_per_mailbox = 2;
    config.server.listen = "127.0.0.1:1".parse().unwrap();
    stage.running.as_mut().unwrap().reload(config).await;
    stage.client.deposit(&ana.lane(), name(2), sealed(1)).await.unwrap();
    stage.client.deposit(&ana.lane(), name(3), sealed(1)).await.unwrap();
    let slow = stage.client.deposit(&ana.lane(), name(4), sealed(1)).await;
    assert!(matches!(slow, Err(ClientError::SlowDown { .. })), "{slow:?}");
    let page = stage.call("GET", "/", &[], "").await;
    assert!(String::from_utf8_lossy(&page.body).starts_with("Another name\n"));
    let descriptor = Descriptor::parse(&stage.call("GET", "/p2p/descriptor", &[], "").await.body).unwrap();
    assert_eq!(descriptor.body().display_name, "Another name");
}

#[tokio::test]
async fn metrics_are_sums_alone() {
    let stage = Stage::new().await;
    let ana = stage.owner().await;
    stage.client.deposit(&ana.lane(), name(1), sealed(1)).await.unwrap();
    let text = stage.call("GET", "/metrics", &[], "").await;
    assert_eq!(text.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = String::from_utf8(text.body.to_vec()).unwrap();
    for line in ["mailboxes 1", "mail 1", "mail_bytes 1024", "deposits_total 1", "registrations_total 1"] {
        assert!(text.contains(&format!("\nopenred_relay_{line}\n")), "{line} in {text}");
    }
    for id in [ana.mailbox.deposit_id.to_string(), ana.queue().to_string(), stage.relay_id.to_string()] {
        assert!(!text.contains(&id), "an id is shown");
    }
}
