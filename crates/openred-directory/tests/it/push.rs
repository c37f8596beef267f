//! Grants pushed to nodes that want it.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use openred_core::call::{ReceiveAnswer, ReceiveCall};
use openred_core::ids::NodeId;
use openred_core::token::Role;
use openred_service::lifecycle::{Clock, Lifecycle, listen};
use openred_service::server::{ServerLimits, serve};

use crate::people::Person;
use crate::stage::Stage;

type Received = Arc<Mutex<Vec<(NodeId, Vec<u8>)>>>;

/// A node's `/tokens/receive`, answering `status`.
struct Door {
    lifecycle: Lifecycle,
    received: Received,
    url: String,
}

impl Door {
    async fn open(status: StatusCode) -> Self {
        let received = Received::default();
        let app = Router::new()
            .route("/api/tokens/receive", post(receive))
            .with_state((Arc::clone(&received), status));
        let lifecycle = Lifecycle::new(Clock::System);
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        serve(&lifecycle, listener, app, ServerLimits::default());
        Self { lifecycle, received, url }
    }

    fn taken(&self) -> Vec<(NodeId, Vec<u8>)> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.lifecycle.stop_now();
    }
}

async fn receive(
    State((received, status)): State<(Received, StatusCode)>,
    Json(call): Json<ReceiveCall>,
) -> (StatusCode, Json<ReceiveAnswer>) {
    received.lock().unwrap().push((call.from, call.token.0));
    (status, Json(ReceiveAnswer { received: true }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ben_is_pushed_to_and_then_ana_gets_hers_by_poll() {
    let stage = Stage::sqlite().await;
    let door = Door::open(StatusCode::OK).await;
    let (ana, mut ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ben.api_url = Some(door.url.clone());
    ana.register(&stage, 0).await;
    ben.register(&stage, 8).await;
    ana.ask(&stage, &ben.id()).await;
    assert!(door.taken().is_empty(), "ana is not there yet");
    let grants = ana.poll(&stage, 20).await;
    assert_eq!(grants.len(), 1);
    let taken = door.taken();
    assert_eq!(taken.len(), 1, "ben had his before ana got hers");
    assert_eq!(taken[0].0, stage.dir_id);
    let for_ben = ben.unseal(&stage, &taken[0].1);
    assert_eq!((for_ben.role(), for_ben.peer_id()), (Role::B, ana.id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_may_be_pushed_to() {
    let stage = Stage::sqlite().await;
    let doors = (Door::open(StatusCode::OK).await, Door::open(StatusCode::OK).await);
    let (mut ana, mut ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    (ana.api_url, ben.api_url) = (Some(doors.0.url.clone()), Some(doors.1.url.clone()));
    ana.register(&stage, 8).await;
    ben.register(&stage, 8).await;
    ana.ask(&stage, &ben.id()).await;
    for _ in 0..500 {
        if !doors.0.taken().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!((doors.0.taken().len(), doors.1.taken().len()), (1, 1));
    assert_eq!(ana.unseal(&stage, &doors.0.taken()[0].1).role(), Role::A);
    stage.until("introductions_total", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_ben_s_200_ana_gets_nothing() {
    let stage = Stage::sqlite().await;
    let door = Door::open(StatusCode::SERVICE_UNAVAILABLE).await;
    let (ana, mut ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ben.api_url = Some(door.url.clone());
    ana.register(&stage, 0).await;
    ben.register(&stage, 8).await;
    ana.ask(&stage, &ben.id()).await;
    assert!(ana.poll(&stage, 2).await.is_empty());
    assert_eq!(door.taken().len(), 1, "it was tried");
    stage.until("pushes_failed_total", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_goes_nowhere_private_unless_the_owner_allows_it() {
    let stage = Stage::with(|config| config.network.allow_private = Default::default()).await;
    let door = Door::open(StatusCode::OK).await;
    let (ana, mut ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    ben.api_url = Some(door.url.clone());
    ana.register(&stage, 0).await;
    ben.register(&stage, 8).await;
    ana.ask(&stage, &ben.id()).await;
    assert!(ana.poll(&stage, 2).await.is_empty());
    stage.until("pushes_failed_total", 1).await;
    assert!(door.taken().is_empty());
}
