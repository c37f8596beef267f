//! Bad input of every kind: a problem with a stable code, 4xx, no state, never a 5xx.

use serde_json::{Value, json};

use crate::people::{Person, discover};
use crate::stage::{Stage, assert_problem};

const POSTS: [&str; 3] =
    ["/api/v3/nodes/register", "/api/v3/tokens/request-connection", "/api/v3/tokens/poll"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_no_call() {
    let stage = Stage::sqlite().await;
    for path in POSTS {
        for body in [
            &b""[..],
            b"{}",
            b"[]",
            b"null",
            b"{\"from\":1.5}",
            b"\xff\xfe",
            b"{\"time\":1,\"time\":2}",
            b"{\"time\":99999999999999999999}",
            b"{\"flags\":256}",
            b"{\"\\u0000\":1}",
        ] {
            assert_problem(&stage.post_raw(path, body.to_vec()).await, 400, "malformed");
        }
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert_problem(&stage.post_raw(path, deep.into_bytes()).await, 400, "malformed");
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
        assert_problem(&stage.post_raw(path, long.into_bytes()).await, 413, "too_large");
        assert_problem(&stage.get(path).await, 405, "method_not_allowed");
    }
}

/// Every member of every call, replaced by everything that it is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_member_replaced() {
    let stage = Stage::sqlite().await;
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    let calls = [
        (POSTS[0], json!(ben.register_call(&stage, 1, stage.now()))),
        (POSTS[1], json!(ana.request(&stage, &ben.id()))),
        (POSTS[2], json!(ana.poll_call(&stage, 0))),
    ];
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(9_007_199_254_740_991_i64),
        json!(""),
        json!("x"),
        json!("A".repeat(43)),
        json!("ab".repeat(32)),
        json!([]),
        json!({}),
        json!("é\u{1}"),
    ];
    for (path, call) in &calls {
        let members: Vec<_> = call.as_object().unwrap().keys().cloned().collect();
        for member in &members {
            for other in others.iter().filter(|other| **other != call[member]) {
                let mut bad = call.clone();
                bad[member] = other.clone();
                refused(&stage, path, &bad).await;
            }
            let mut less = call.clone();
            less.as_object_mut().unwrap().remove(member);
            refused(&stage, path, &less).await;
        }
        let mut more = call.clone();
        more["more"] = json!(1);
        refused(&stage, path, &more).await;
    }
    assert_eq!(discover(&stage, &format!("id={}", ben.id())).await.nodes, [], "nothing came of it");
}

async fn refused(stage: &Stage, path: &str, body: &Value) {
    let answer = stage.post(path, body).await;
    let status = answer.status.as_u16();
    assert!((400..500).contains(&status), "{path} {body}: {status}");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert!(answer.code().is_some());
}

/// Every bit of a descriptor is signed or part of the one encoding.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flipped_descriptors() {
    let stage = Stage::with(|config| config.limits.registers_per_node = 10_000).await;
    let ana = Person::new("ana", "Ana");
    let call = ana.register_call(&stage, 1, stage.now());
    for place in (0..call.descriptor.0.len()).step_by(7) {
        let mut bad = call.clone();
        bad.descriptor.0[place] ^= 1 << (place % 8);
        refused(&stage, POSTS[0], &json!(bad)).await;
    }
    assert_eq!(discover(&stage, "name=ana").await.nodes, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_paths() {
    let stage = Stage::sqlite().await;
    let discover = "/api/v3/nodes/discover";
    for query in [
        "",
        "?",
        "?name=",
        "?name=a&id=b",
        "?name=a&q=b",
        "?id=xyz",
        "?id=",
        "?recent=0",
        "?recent=yes",
        "?q=",
        "?q=%00",
        "?q=...",
        "?name=a%00b",
        "?name=a&limit=0",
        "?name=a&limit=51",
        "?name=a&limit=-1",
        "?name=a&limit=x",
        "?name=a&after=",
        "?name=a&after=1.2",
        "?name=a&after=%ff",
        "?name=a&name=b",
        "?name=a&more=1",
        &format!("?q={}", "a".repeat(300)),
    ] {
        let answer = stage.get(&format!("{discover}{query}")).await;
        assert_eq!(answer.code().as_deref(), Some("malformed"), "{query}");
        assert_problem(&answer, 400, "malformed");
    }
    for id in ["", "x", "%00", &"AB".repeat(32), &"ab".repeat(33), "%ff"] {
        assert_problem(&stage.get(&format!("/api/v3/nodes/{id}/descriptor")).await, 400, "malformed");
    }
    for path in ["/nothing", "/api/v3/", "/api/v3/nodes", "/p2p"] {
        assert_problem(&stage.get(path).await, 404, "unknown");
    }
}
