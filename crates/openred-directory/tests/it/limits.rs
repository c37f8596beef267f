//! Too many calls: 429 with `Retry-After`, counted per node, per address prefix and for everybody.

use http::{HeaderName, HeaderValue};
use openred_core::ids::NodeId;
use openred_service::http_client::HttpRequest;

use crate::people::{Person, random};
use crate::stage::{Stage, assert_problem};

fn assert_slowed(answer: &openred_service::http_client::HttpResponse) {
    assert_problem(answer, 429, "slow_down");
    let seconds = answer.retry_after().expect("Retry-After");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(String::from_utf8_lossy(&answer.body).contains("\"retry_after\":"));
}

#[tokio::test]
async fn each_signed_call_has_its_limit_per_node() {
    let stage = Stage::with(|config| {
        config.limits.registers_per_node = 2;
        config.limits.requests_per_node = 2;
        config.limits.polls_per_node = 2;
    })
    .await;
    let (mut ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    for seq in 1..=2 {
        ana.seq = seq;
        ana.try_register(&stage, 0, stage.now() + seq).await.success().unwrap();
    }
    ana.seq = 3;
    assert_slowed(&ana.try_register(&stage, 0, stage.now() + 3).await);
    let path = "/api/v3/tokens/request-connection";
    for _ in 0..2 {
        ana.ask(&stage, &ben.id()).await;
        assert_eq!(ana.try_poll(&stage, 0).await.status.as_u16(), 204);
    }
    assert_slowed(&stage.post(path, &ana.request(&stage, &ben.id())).await);
    assert_slowed(&ana.try_poll(&stage, 0).await);
    ben.register(&stage, 0).await;
    ben.ask(&stage, &ana.id()).await;
    assert!(stage.metrics().await.contains("openred_directory_slowed_total 3\n"));
}

#[tokio::test]
async fn another_cannot_use_up_a_nodes_limit() {
    let stage = Stage::with(|config| config.limits.polls_per_node = 1).await;
    let (ana, eve) = (Person::new("ana", "Ana"), Person::new("eve", "Eve"));
    ana.register(&stage, 0).await;
    for _ in 0..5 {
        let mut forged = eve.poll_call(&stage, 0);
        forged.from = ana.id();
        assert_problem(&stage.post("/api/v3/tokens/poll", &forged).await, 401, "bad_signature");
    }
    assert_eq!(ana.try_poll(&stage, 0).await.status.as_u16(), 204);
}

#[tokio::test]
async fn prefixes_and_everybody_have_limits_too() {
    let by_prefix = Stage::with(|config| config.limits.calls_per_prefix = 5).await;
    for _ in 0..4 {
        by_prefix.get("/api/v3/health").await.success().unwrap();
    }
    assert_slowed(&by_prefix.get("/api/v3/health").await);
    let together = Stage::with(|config| config.limits.calls = 5).await;
    for _ in 0..4 {
        together.get("/").await.success().unwrap();
    }
    assert_slowed(&together.get("/").await);
    assert_slowed(&together.get("/nothing/here").await);
}

#[tokio::test]
async fn behind_a_proxy_each_caller_has_its_own_limit_and_without_one_nobody_chooses_it() {
    for (behind_proxy, status) in [(true, 200), (false, 429)] {
        let stage = Stage::with(|config| {
            config.limits.calls_per_prefix = 3;
            config.server.behind_proxy = behind_proxy;
        })
        .await;
        let health = async |caller: &'static str| {
            let url = format!("{}/api/v3/health", stage.url).parse().unwrap();
            let name = HeaderName::from_static("x-forwarded-for");
            let request = HttpRequest::get(url).header(name, HeaderValue::from_static(caller));
            stage.client.send(request).await.unwrap().status.as_u16()
        };
        for _ in 0..4 {
            health("203.0.113.9, 192.0.2.1").await;
        }
        assert_eq!(health("203.0.113.9, 192.0.2.200").await, 429, "the same network");
        assert_eq!(health("192.0.2.1, 198.51.100.7").await, status, "another one");
    }
}

#[tokio::test]
async fn wishes_that_wait_are_bounded_per_asker() {
    let stage = Stage::with(|config| config.limits.requests_per_node = 1_000).await;
    let ana = Person::new("ana", "Ana");
    ana.register(&stage, 0).await;
    for _ in 0..64 {
        ana.ask(&stage, &NodeId(random())).await;
    }
    let call = ana.request(&stage, &NodeId(random()));
    assert_slowed(&stage.post("/api/v3/tokens/request-connection", &call).await);
}

#[tokio::test]
async fn name_and_limits_are_changed_while_it_runs() {
    let mut stage = Stage::with(|config| config.limits.calls = 1_000).await;
    let mut config = stage.config.clone();
    config.server.name = "Another name".to_owned();
    config.limits.calls = 2;
    config.server.listen = "127.0.0.1:1".parse().unwrap();
    stage.running.as_mut().unwrap().reload(config);
    let page = stage.get("/").await.success().unwrap();
    assert!(String::from_utf8_lossy(&page.body).starts_with("Another name\n"), "the descriptor was renewed");
    stage.get("/").await.success().unwrap();
    assert_slowed(&stage.get("/").await);
}
