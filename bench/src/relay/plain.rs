//! A plain axum server that reads the same call, checks the same capability by the same functions and stores nothing, or
//! appends it to one file with a shared fdatasync: what our relay's one call is held against.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use openred_core::ids::{ClientId, DepositId, b64_decode, b64_encode};
use openred_core::payload::Secret32;
use openred_core::sign::SigningKey;
use openred_relay::client::Lane;
use openred_relay::mailbox::{CapMac, Deposit, Queue};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::measure::{Run, Shown};
use super::message::MAILBOXES;
use super::post::PostLine;
use super::server::{self, Server};
use super::{Case, group};

struct Parts {
    queues: HashMap<DepositId, Queue>,
    disk: Option<mpsc::Sender<group::Order>>,
}

/// The body that our relay reads, read the same way.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    from_address: Cow<'a, str>,
    #[serde(borrow)]
    to_address: Cow<'a, str>,
    #[serde(borrow)]
    encrypted_content: Cow<'a, str>,
    #[serde(borrow)]
    message_type: Cow<'a, str>,
    client_id: ClientId,
}

#[derive(Serialize)]
struct Answer {
    id: ClientId,
    stored: bool,
}

/// Serves until its input ends; says its port and its mailboxes. Writes to a file in `folder`, if any.
pub async fn serve(folder: Option<&Path>) -> Result<(), String> {
    let key = SigningKey::generate().public();
    let queues: Vec<Queue> = (0..MAILBOXES).map(|_| Queue::generate(&key, 0)).collect();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| e.to_string())?;
    println!("{}", listener.local_addr().map_err(|e| e.to_string())?.port());
    for queue in &queues {
        println!("{} {}", queue.deposit_id, b64_encode(queue.cap.as_bytes()));
    }
    println!();
    let disk = folder.map(group::start).transpose()?;
    let queues = queues.into_iter().map(|queue| (queue.deposit_id, queue)).collect();
    let router = axum::Router::new().route("/api/v1/message/relay", post(relay));
    let router = router.with_state(Arc::new(Parts { queues, disk }));
    tokio::select! {
        served = axum::serve(listener, router) => served.map_err(|e| e.to_string()),
        () = super::until_input_ends() => Ok(()),
    }
}

async fn relay(
    State(parts): State<Arc<Parts>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Answer>), StatusCode> {
    let deposit = proven(&parts, &headers, &body).ok_or(StatusCode::BAD_REQUEST)?;
    let id = deposit.client_id;
    if let Some(disk) = &parts.disk {
        let (stored, on_disk) = oneshot::channel();
        let order: group::Order = (
            deposit.content,
            Box::new(move || {
                let _caller_may_have_left = stored.send(());
            }),
        );
        let gone = |_| StatusCode::SERVICE_UNAVAILABLE;
        disk.send(order).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        on_disk.await.map_err(gone)?;
    }
    Ok((StatusCode::ACCEPTED, Json(Answer { id, stored: parts.disk.is_some() })))
}

fn proven(parts: &Parts, headers: &HeaderMap, body: &[u8]) -> Option<Deposit> {
    let mac = CapMac::from_header(headers.get("authorization")?.to_str().ok()?)?;
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    if body.message_type != "sealed" || !body.from_address.is_empty() {
        return None;
    }
    let queue = parts.queues.get(&body.to_address.parse().ok()?)?;
    let content = b64_decode(&*body.encrypted_content).ok()?;
    let deposit = Deposit::new(queue.deposit_id, body.client_id, content.into());
    deposit.check(queue, &mac).ok()?;
    Some(deposit)
}

/// Runs a case.
pub async fn run(case: &Case, on_disk: bool) -> Result<Shown, String> {
    let folder = server::folder()?;
    let server = Server::own(&[if on_disk { "axum-disk" } else { "axum" }], folder.path())?;
    let lanes: Option<Vec<Lane>> = server.said.iter().map(|line| lane(line)).collect();
    let lanes = Arc::new(lanes.ok_or("the server said other mailboxes")?);
    let lines = PostLine::open_all(server.port, &lanes, case.size).await?;
    let mut ran = Run::of(server.id(), case.plan(1)).deposits(lines).await?;
    let how = if on_disk {
        "answered after a shared fdatasync of one file; no names, no order"
    } else {
        "none: nothing is stored"
    };
    ran.shown.durability = how.to_owned();
    Ok(ran.shown)
}

fn lane(line: &str) -> Option<Lane> {
    let (deposit_id, cap) = line.split_once(' ')?;
    let cap: [u8; 32] = b64_decode(cap).ok()?.try_into().ok()?;
    Some(Lane { deposit_id: deposit_id.parse().ok()?, cap: Secret32::new(cap) })
}
