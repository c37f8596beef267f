//! The first version of the API on the same nodes as the third.

use openred_core::call::{CertificateState, DiscoverAnswer, ListedStatus, NodeStatus, verify_status};
use openred_service::http_client::HttpResponse;
use serde_json::{Value, json};

use crate::people::{Person, discover};
use crate::stage::{Stage, assert_problem, on_both_stores};
use crate::tokens::assert_refused;

on_both_stores! {
    a_node_registers_by_v1_and_is_found_by_v1_and_v3_alike;
    a_status_is_signed_and_follows_the_keys;
    a_node_leaves_by_v1;
}

async fn a_node_registers_by_v1_and_is_found_by_v1_and_v3_alike(stage: Stage) {
    let mut ana = Person::new("ana", "Ana");
    ana.api_url = Some("https://ana.example".to_owned());
    assert_refused(&ana.try_token(&stage).await, 401, "invalid_client");
    let first = ana.first_token(&stage).await;
    let early = stage.get_with(&first, "/api/v1/nodes/discover?name=ana").await;
    assert_problem(&early, 403, "refused");
    let challenge = early.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("insufficient_scope") && challenge.contains("\"read\""), "{challenge}");
    let registered = ana.try_register_v1(&stage, &first, 1).await.success().unwrap();
    let registered: Value = registered.json().unwrap();
    assert_eq!(registered["node_id"], json!(ana.id()), "the id is from the key");
    assert_eq!(
        (&registered["api_url"], &registered["status"]),
        (&json!("https://ana.example"), &json!("active"))
    );
    assert_eq!(registered["last_seen"].as_u64().unwrap() % 3_600, 0);

    let token = ana.token(&stage).await;
    let ben = Person::new("ben", "Ben");
    ben.register(&stage, 1).await;
    let bens = ben.token(&stage).await;
    for query in ["name=ana".to_owned(), format!("id={}", ana.id()), "name=ben".to_owned()] {
        let found = stage.get_with(&token, &format!("/api/v1/nodes/discover?{query}")).await;
        let found: DiscoverAnswer = found.success().unwrap().json().unwrap();
        assert_eq!(found.nodes.len(), 1, "{query}");
        assert_eq!(found, discover(&stage, &query).await, "both versions, {query}");
    }
    let status = status_of(&stage, &bens, &ana).await;
    assert_eq!(status.api_url.as_deref(), Some("https://ana.example"));
    assert_eq!(json!(status.certificate.desc_hash), registered["desc_hash"]);
    let metrics = stage.metrics().await;
    assert!(metrics.contains("openred_directory_tokens_total 3\n"), "{metrics}");
    assert!(metrics.contains("openred_directory_tokens_refused_total 1\n"), "{metrics}");
}

async fn a_status_is_signed_and_follows_the_keys(stage: Stage) {
    let (mut ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ana.register(&stage, 0).await;
    ben.register(&stage, 0).await;
    let token = ben.token(&stage).await;
    let before = status_of(&stage, &token, &ana).await;
    assert_eq!((before.status, before.certificate.state), (ListedStatus::Active, CertificateState::Valid));
    assert_eq!((before.certificate.log_seq, before.certificate.log_head), (0, ana.log.head()));
    assert_eq!(before.certificate.expires, ana.descriptor(&stage).body().expires);
    let old = (ana.log.clone(), ana.signing.clone());
    ana.rotate();
    ana.seq = 2;
    ana.register(&stage, 0).await;
    let after = status_of(&stage, &token, &ana).await;
    assert_eq!((after.certificate.log_seq, after.certificate.log_head), (1, ana.log.head()));
    let honest = ana.log.head();
    (ana.log, ana.signing) = old;
    ana.rotate();
    ana.seq = 3;
    assert_problem(&ana.try_register(&stage, 0, stage.now() + 5).await, 409, "conflict");
    let contested = status_of(&stage, &token, &ana).await;
    assert_eq!(contested.certificate.state, CertificateState::Contested);
    assert_eq!(contested.certificate.log_head, honest, "the first one seen holds");
    let path = |id: String| format!("/api/v1/nodes/{id}/status");
    assert_problem(&stage.get_with(&token, &path(stage.dir_id.to_string())).await, 404, "unknown");
    assert_problem(&stage.get_with(&token, &path("AB".repeat(32))).await, 400, "malformed");
}

async fn a_node_leaves_by_v1(stage: Stage) {
    let ana = Person::new("ana", "Ana");
    let first = ana.first_token(&stage).await;
    ana.try_register_v1(&stage, &first, 1).await.success().unwrap();
    let token = ana.token(&stage).await;
    stage.until_a_later_second().await;
    let gone: Value = ana.try_register_v1(&stage, &token, 128).await.success().unwrap().json().unwrap();
    assert_eq!((&gone["expires"], &gone["status"], gone.get("api_url")), (&json!(0), &json!("away"), None));
    assert_eq!(discover(&stage, "name=ana").await.nodes, []);
    let answer = stage.get_with(&token, "/api/v1/nodes/discover?name=ana").await;
    assert_problem(&answer, 401, "bad_presentation");
    assert_refused(&ana.try_token(&stage).await, 401, "invalid_client");
    stage.until_a_later_second().await;
    let again = ana.first_token(&stage).await;
    ana.try_register_v1(&stage, &again, 1).await.success().expect("the owner may come back");
}

#[tokio::test]
async fn a_token_registers_its_own_node_and_key_only() {
    let stage = Stage::sqlite().await;
    let (mut ana, eve) = (Person::new("ana", "Ana"), Person::new("eve", "Eve"));
    let eves = eve.first_token(&stage).await;
    assert_problem(&ana.try_register_v1(&stage, &eves, 1).await, 403, "refused");
    let before = ana.first_token(&stage).await;
    let mut forged = ana.register_call(&stage, 1, stage.now());
    forged.sig = eve.register_call(&stage, 1, stage.now()).sig;
    let forged =
        stage.post_with(&before, "/api/v1/nodes/register", serde_json::to_vec(&forged).unwrap()).await;
    assert_problem(&forged, 401, "bad_signature");
    ana.rotate();
    assert_problem(&ana.try_register_v1(&stage, &before, 1).await, 403, "refused");
    assert_eq!(discover(&stage, "name=ana").await.nodes, [], "nothing of it was kept");
    let after = ana.first_token(&stage).await;
    ana.try_register_v1(&stage, &after, 1).await.success().unwrap();
}

#[tokio::test]
async fn every_v1_call_needs_a_token() {
    let stage = Stage::sqlite().await;
    let id = stage.dir_id;
    let status = format!("/api/v1/nodes/{id}/status");
    let gets = ["/api/v1/nodes/discover?name=ana", &status];
    let posts = ["/api/v1/nodes/register", "/api/v1/messages/route"];
    let unasked = |answer: HttpResponse| {
        assert_problem(&answer, 401, "bad_presentation");
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"openred\"");
    };
    let bad = |answer: HttpResponse| {
        assert_problem(&answer, 401, "bad_presentation");
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"openred\", error=\"invalid_token\"");
    };
    for path in gets {
        unasked(stage.get(path).await);
        bad(stage.get_with("nonsense", path).await);
    }
    for path in posts {
        unasked(stage.post_raw(path, b"{}".to_vec()).await);
        bad(stage.post_with("nonsense", path, b"{}".to_vec()).await);
    }
}

async fn status_of(stage: &Stage, token: &str, of: &Person) -> NodeStatus {
    let answer = stage.get_with(token, &format!("/api/v1/nodes/{}/status", of.id())).await;
    let answer = answer.success().unwrap();
    let ids = (&stage.dir_id, &of.id());
    let status = verify_status(&answer.body, stage.descriptor.signing_key(), ids, stage.now()).unwrap();
    assert_eq!(status.last_seen % 3_600, 0, "to the hour");
    status
}
