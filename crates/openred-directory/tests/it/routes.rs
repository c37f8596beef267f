//! Envelopes handed from one node to another, and nothing kept of them.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use openred_core::envelope::{Envelope, Party, Verified};
use openred_core::ids::B64;
use openred_core::payload::{FriendRequest, Payload, Relationship};
use openred_service::http_client::HttpResponse;
use openred_service::lifecycle::{Clock, Lifecycle, listen};
use openred_service::server::{ServerLimits, serve};
use serde_json::{Value, json};

use crate::people::Person;
use crate::stage::{Stage, assert_problem};

type Taken = Arc<Mutex<Vec<Vec<u8>>>>;

/// A node that takes envelopes outside of sessions, answering `status`.
pub(crate) struct Intake {
    lifecycle: Lifecycle,
    taken: Taken,
    pub(crate) url: String,
}

impl Intake {
    pub(crate) async fn open(status: StatusCode) -> Self {
        let taken = Taken::default();
        let state = (Arc::clone(&taken), status);
        let app = Router::new().route("/api/p2p/message/send", post(take)).with_state(state);
        let lifecycle = Lifecycle::new(Clock::System);
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        serve(&lifecycle, listener, app, ServerLimits::default());
        Self { lifecycle, taken, url }
    }

    pub(crate) fn taken(&self) -> Vec<Vec<u8>> {
        self.taken.lock().unwrap().clone()
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.lifecycle.stop_now();
    }
}

async fn take(
    State((taken, status)): State<(Taken, StatusCode)>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    assert_eq!(body.as_object().unwrap().len(), 1);
    let envelope: B64 = serde_json::from_value(body["envelope"].clone()).unwrap();
    taken.lock().unwrap().push(envelope.0);
    let problem = json!({"code": "unknown", "status": status.as_u16()});
    (status, Json(if status.is_success() { json!({"received": true}) } else { problem }))
}

/// What `from` writes to `to`.
pub(crate) fn envelope(from: &Person, to: &Person, note: &str, at_ms: u64) -> Verified {
    let party = |person: &Person| Party {
        node_id: person.id(),
        server_url: String::new(),
        username: person.username.clone(),
    };
    let request = FriendRequest {
        relationship: Relationship::Friend,
        note: note.to_owned(),
        invite_id: None,
        routes: None,
    };
    let draft = Envelope::draft(party(from), party(to), at_ms, &Payload::from(request)).unwrap();
    draft.sign(&from.signing).unwrap()
}

pub(crate) async fn send(stage: &Stage, token: &str, envelope: &Verified) -> HttpResponse {
    stage.post_with(token, "/api/v1/messages/route", envelope.canonical().to_vec()).await
}

/// Ana and ben, both registered; ben takes envelopes at `url`.
pub(crate) async fn ana_and_ben(stage: &Stage, url: &str) -> (Person, Person) {
    let (ana, mut ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ben.api_url = Some(url.to_owned());
    ben.capabilities = vec!["orf_intake".to_owned()];
    ana.register(stage, 0).await;
    ben.register(stage, 0).await;
    (ana, ben)
}

#[tokio::test]
async fn an_envelope_is_handed_on_as_it_was_signed() {
    let stage = Stage::sqlite().await;
    let intake = Intake::open(StatusCode::OK).await;
    let (ana, ben) = ana_and_ben(&stage, &intake.url).await;
    let token = ana.token(&stage).await;
    let written = envelope(&ana, &ben, "May I?", stage.now() * 1_000);
    let answer: Value = send(&stage, &token, &written).await.success().unwrap().json().unwrap();
    assert_eq!(answer, json!({"received": true}));
    assert_eq!(intake.taken(), [written.canonical()], "byte for byte");
    assert!(stage.metrics().await.contains("openred_directory_routes_total 1\n"));
}

#[tokio::test]
async fn what_is_not_the_callers_good_envelope_goes_nowhere() {
    let stage = Stage::sqlite().await;
    let intake = Intake::open(StatusCode::OK).await;
    let (ana, ben) = ana_and_ben(&stage, &intake.url).await;
    let eve = Person::new("eve", "Eve");
    let (token, now) = (ana.token(&stage).await, stage.now() * 1_000);
    let mut forged = Person::new("ana", "Ana");
    forged.log = ana.log.clone();
    let day = 86_400_000;
    for (what, bad, status, code) in [
        ("another's", envelope(&ben, &ana, "", now), 403, "refused"),
        ("signed by another key", envelope(&forged, &ben, "", now), 401, "bad_signature"),
        ("to oneself", envelope(&ana, &ana, "", now), 400, "malformed"),
        ("from the future", envelope(&ana, &ben, "", now + 700_000), 400, "malformed"),
        ("too old", envelope(&ana, &ben, "", now - 61 * day), 400, "malformed"),
        ("to nobody here", envelope(&ana, &eve, "", now), 404, "unknown"),
    ] {
        let answer = send(&stage, &token, &bad).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_deref()), (status, Some(code)), "{what}");
    }
    let path = "/api/v1/messages/route";
    assert_problem(&stage.post_with(&token, path, b"{}".to_vec()).await, 400, "malformed");
    let good = envelope(&ana, &ben, "", now);
    let later =
        String::from_utf8(good.canonical().to_vec()).unwrap().replace("friend_request", "smoke_signal");
    assert_problem(&stage.post_with(&token, path, later.into_bytes()).await, 415, "type_unknown");
    assert!(intake.taken().is_empty());
}

#[tokio::test]
async fn a_node_without_an_intake_is_not_called_and_the_caller_is_told_why() {
    let stage = Stage::sqlite().await;
    let intake = Intake::open(StatusCode::OK).await;
    let (ana, mut ben) = ana_and_ben(&stage, &intake.url).await;
    ben.capabilities.clear();
    ben.seq = 2;
    ben.try_register(&stage, 0, stage.now() + 1).await.success().unwrap();
    let token = ana.token(&stage).await;
    let answer = send(&stage, &token, &envelope(&ana, &ben, "", stage.now() * 1_000)).await;
    assert_problem(&answer, 403, "refused");
    assert_eq!(answer.json::<Value>().unwrap()["reason"], "sessions_only");
    assert!(intake.taken().is_empty());
}

#[tokio::test]
async fn what_the_target_refuses_is_told_by_its_code() {
    let stage = Stage::sqlite().await;
    let intake = Intake::open(StatusCode::NOT_FOUND).await;
    let (ana, ben) = ana_and_ben(&stage, &intake.url).await;
    let token = ana.token(&stage).await;
    let written = envelope(&ana, &ben, "", stage.now() * 1_000);
    let answer = send(&stage, &token, &written).await;
    assert_problem(&answer, 502, "upstream");
    assert_eq!(answer.json::<Value>().unwrap()["target_code"], "unknown", "blocked senders get it too");
    assert!(stage.metrics().await.contains("openred_directory_routes_failed_total 1\n"));
}

#[tokio::test]
async fn nothing_private_is_called_unless_the_owner_allows_it() {
    let stage = Stage::with(|config| config.network.allow_private = Default::default()).await;
    let intake = Intake::open(StatusCode::OK).await;
    let (ana, ben) = ana_and_ben(&stage, &intake.url).await;
    let token = ana.token(&stage).await;
    let answer = send(&stage, &token, &envelope(&ana, &ben, "", stage.now() * 1_000)).await;
    assert_problem(&answer, 502, "upstream");
    assert!(intake.taken().is_empty());
}

#[tokio::test]
async fn envelopes_are_limited_per_node() {
    let stage = Stage::with(|config| config.limits.routes_per_node = 1).await;
    let intake = Intake::open(StatusCode::OK).await;
    let (ana, ben) = ana_and_ben(&stage, &intake.url).await;
    let token = ana.token(&stage).await;
    let written = envelope(&ana, &ben, "", stage.now() * 1_000);
    send(&stage, &token, &written).await.success().unwrap();
    assert_problem(&send(&stage, &token, &written).await, 429, "slow_down");
}
