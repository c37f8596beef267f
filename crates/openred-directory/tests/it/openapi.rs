//! What a directory says about itself, and that its description is true.

use std::collections::BTreeSet;

use openred_core::call::{
    DiscoverAnswer, HealthAnswer, Listed, ListedStatus, PollAnswer, RegisterAnswer, RequestAnswer, WellKnown,
};
use openred_core::ids::{B64, Hash, Id16, NodeId};
use serde_json::{Value, json};

use crate::people::Person;
use crate::stage::Stage;

#[tokio::test]
async fn the_directory_says_who_it_is() {
    let stage = Stage::with(|config| {
        config.server.name = "Our street".to_owned();
        config.server.public_url = Some("https://street.example".to_owned());
    })
    .await;
    let known: WellKnown = stage.get("/.well-known/openred").await.success().unwrap().json().unwrap();
    assert_eq!(known.node_id, stage.dir_id);
    assert_eq!(known.descriptor.0, stage.descriptor.bytes());
    assert_eq!((known.versions.as_slice(), known.token_mode), (&[3][..], Some(0)));
    assert_eq!(known.token_seed, None, "only where it is needed");
    let body = stage.descriptor.body();
    assert_eq!(
        (body.display_name.as_str(), body.api_url.as_deref()),
        ("Our street", Some("https://street.example"))
    );
    let health: HealthAnswer = stage.get("/api/v3/health").await.success().unwrap().json().unwrap();
    assert_eq!((health.status.as_str(), health.node_id), ("ok", stage.dir_id));
    assert!(health.time.abs_diff(stage.now()) <= 2);
    let page = stage.get("/").await.success().unwrap();
    assert_eq!(page.headers["content-type"], "text/plain; charset=utf-8");
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(page.contains(&format!("https://street.example#{}", stage.dir_id)), "{page}");
}

#[tokio::test]
async fn the_random_mode_publishes_its_seed() {
    let mut stage = Stage::with(|config| config.tokens.mode = openred_directory::TokenMode::Random).await;
    let known: WellKnown = stage.get("/.well-known/openred").await.success().unwrap().json().unwrap();
    assert_eq!(known.token_mode, Some(2));
    let seed = known.seed().expect("32 bytes");
    stage.restart().await;
    let known: WellKnown = stage.get("/.well-known/openred").await.success().unwrap().json().unwrap();
    assert_eq!(known.seed(), Some(seed), "it stays");
}

#[tokio::test]
async fn the_description_names_every_member_that_travels() {
    let stage = Stage::sqlite().await;
    let served: Value = stage.get("/api/openapi.json").await.success().unwrap().json().unwrap();
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    let id = NodeId([1; 32]);
    let listed = Listed {
        node_id: id,
        username: Some("ana".into()),
        display_name: Some("Ana".into()),
        api_url: Some("https://ana.example".into()),
        last_seen: 0,
        status: ListedStatus::Away,
        desc_hash: Hash([2; 32]),
    };
    let (status, registered) = v1_answers(&stage).await;
    let written = crate::routes::envelope(&ana, &ben, "", stage.now() * 1_000);
    let envelope: Value = serde_json::from_slice(written.canonical()).unwrap();
    let known = WellKnown { token_seed: Some(B64(vec![0; 32])), ..known(&stage).await };
    for (schema, real) in [
        ("RegisterBody", json!(ana.register_call(&stage, 1, 2))),
        ("Registered", json!(RegisterAnswer { node_id: id, desc_hash: Hash([2; 32]), expires: 1 })),
        ("RequestBody", json!(ana.request(&stage, &ben.id()))),
        ("Requested", json!(RequestAnswer { grant_id: Id16([1; 16]) })),
        ("PollBody", json!(ana.poll_call(&stage, 1))),
        ("Grants", json!(PollAnswer { grants: vec![B64(vec![1])] })),
        ("DiscoveredNode", json!(listed)),
        ("Discovered", json!(DiscoverAnswer { nodes: vec![listed.clone()], next: Some("x".into()) })),
        ("SignedStatus", status.clone()),
        ("CertificateBody", status["certificate"].clone()),
        ("NodeRegistered", registered),
        ("OrfEnvelope", envelope.clone()),
        ("OrfParty", envelope["from"].clone()),
        ("Health", stage.get("/api/v3/health").await.json().unwrap()),
        ("WellKnownBody", json!(known)),
    ] {
        let described = &served["components"]["schemas"][schema]["properties"];
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(described), names(&real), "{schema}");
        for (name, value) in real.as_object().unwrap() {
            let kind = described[name]["type"].to_string();
            let fits = match value {
                Value::String(_) => kind.contains("string") || described[name]["$ref"].is_string(),
                Value::Number(_) => kind.contains("integer"),
                Value::Array(_) => kind.contains("array"),
                Value::Object(_) => kind.contains("object") || described[name]["$ref"].is_string(),
                _ => false,
            };
            assert!(fits, "{schema}.{name}: {value} is described as {}", described[name]);
        }
    }
}

#[tokio::test]
async fn every_described_path_is_served_and_every_error_is_a_problem() {
    let stage = Stage::sqlite().await;
    let served: Value = stage.get("/api/openapi.json").await.success().unwrap().json().unwrap();
    let paths = served["paths"].as_object().unwrap();
    let expected = [
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openred",
        "/api/v1/messages/route",
        "/api/v1/nodes/discover",
        "/api/v1/nodes/register",
        "/api/v1/nodes/{id}/status",
        "/api/v3/health",
        "/api/v3/nodes/discover",
        "/api/v3/nodes/register",
        "/api/v3/nodes/{id}/descriptor",
        "/api/v3/tokens/poll",
        "/api/v3/tokens/request-connection",
        "/metrics",
        "/oauth/token",
        "/p2p/descriptor",
    ];
    assert_eq!(paths.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let answer = match method.as_str() {
                "get" => stage.get(&path.replace("{id}", &stage.dir_id.to_string())).await,
                _ => stage.post_raw(path, Vec::new()).await,
            };
            let status = answer.status.as_u16().to_string();
            assert!(
                operation["responses"][&status].is_object(),
                "{method} {path}: {status} is not described"
            );
            for (status, response) in operation["responses"].as_object().unwrap() {
                let is_problem = response["content"]["application/problem+json"].is_object();
                if path == "/oauth/token" && ["400", "401"].contains(&status.as_str()) {
                    assert!(!is_problem, "OAuth's own refusals have OAuth's form");
                    continue;
                }
                assert_eq!(is_problem, status.as_str() >= "400", "{method} {path} {status}");
            }
        }
    }
}

/// A status and a registration, with every member they can have.
async fn v1_answers(stage: &Stage) -> (Value, Value) {
    let mut dora = Person::new("dora", "Dora");
    dora.api_url = Some("https://dora.example".to_owned());
    let first = dora.first_token(stage).await;
    let registered = dora.try_register_v1(stage, &first, 0).await.success().unwrap();
    let token = dora.token(stage).await;
    let status = stage.get_with(&token, &format!("/api/v1/nodes/{}/status", dora.id())).await;
    (status.success().unwrap().json().unwrap(), registered.json().unwrap())
}

async fn known(stage: &Stage) -> WellKnown {
    stage.get("/.well-known/openred").await.json().unwrap()
}
