//! The listener: its bounds, and a stop that finishes what is begun.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use openred_service::lifecycle::{Clock, Lifecycle, listen};
use openred_service::problem::EdgeExt;
use openred_service::server::{ServerLimits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

const QUICK: ServerLimits = ServerLimits {
    connections_max: 2,
    connections_per_prefix_max: 2,
    header_timeout: Duration::from_millis(300),
    body_timeout: Duration::from_millis(300),
    streams_max: 10,
    behind_proxy: false,
};

async fn start(app: Router, limits: ServerLimits) -> (Lifecycle, SocketAddr) {
    let lifecycle = Lifecycle::new(Clock::System);
    let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    serve(&lifecycle, listener, app, limits);
    (lifecycle, address)
}

/// Everything that comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let _a_reset_ends_it_too = stream.read_to_string(&mut text).await;
    text
}

#[tokio::test]
async fn a_stop_finishes_the_request_in_progress_and_takes_no_other() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, awaited) = (Arc::clone(&begun), Arc::clone(&go_on));
    let slow = move || async move {
        told.notify_one();
        awaited.notified().await;
        "finished"
    };
    let (lifecycle, address) = start(Router::new().route("/", get(slow)), ServerLimits::default()).await;
    let mut ana = TcpStream::connect(address).await.unwrap();
    ana.write_all(b"GET / HTTP/1.1\r\nhost: ana\r\n\r\n").await.unwrap();
    begun.notified().await;
    let stopping = lifecycle.spawn_child("stop", {
        let lifecycle = lifecycle.clone();
        async move {
            lifecycle.stop();
            lifecycle.soft().cancelled().await;
        }
    });
    stopping.await.unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    assert!(rest(&mut ana).await.ends_with("finished"));
    assert!(lifecycle.shut_down().await, "every task has ended");
}

#[tokio::test]
async fn slow_senders_are_let_go() {
    let echo = Router::new().route("/", post(|body: String| async { body })).problem_edge();
    let (_lifecycle, address) = start(echo, QUICK).await;
    let mut headers = TcpStream::connect(address).await.unwrap();
    headers.write_all(b"POST / HTTP/1.1\r\nhost: ev").await.unwrap();
    let answer = rest(&mut headers).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    let mut body = TcpStream::connect(address).await.unwrap();
    body.write_all(b"POST / HTTP/1.1\r\nhost: eve\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    let answer = rest(&mut body).await;
    assert!(!answer.contains("200 OK") && answer.contains("problem+json"), "{answer}");
}

#[tokio::test]
async fn more_connections_than_allowed_are_closed() {
    let app = Router::new().route("/", get(|| async { "here" }));
    let limits = ServerLimits { header_timeout: Duration::from_secs(60), ..QUICK };
    let (_lifecycle, address) = start(app, limits).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: ana\r\n\r\n").await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        held.push(stream);
    }
    let mut third = TcpStream::connect(address).await.unwrap();
    assert_eq!(rest(&mut third).await, "", "the third is closed without a word");
    drop(held);
    loop {
        let mut later = TcpStream::connect(address).await.unwrap();
        let _may_be_closed_still =
            later.write_all(b"GET / HTTP/1.1\r\nhost: ana\r\nconnection: close\r\n\r\n").await;
        if rest(&mut later).await.ends_with("here") {
            break;
        }
    }
}
