//! The client against a server on loopback: whom it calls, whom it refuses, and what bounds it keeps.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Redirect;
use axum::routing::{get, post};
use openred_service::http_client::{
    AddressKind, AllowPrivate, HttpClient, HttpClientConfig, HttpError, HttpRequest, HttpResponse,
};
use openred_service::lifecycle::{Clock, Lifecycle, listen};
use openred_service::problem::{EdgeExt, Problem, ProblemJson};
use openred_service::server::{ServerLimits, serve};
use url::Url;

async fn caller(ConnectInfo(address): ConnectInfo<SocketAddr>) -> String {
    address.port().to_string()
}

async fn never() -> &'static str {
    std::future::pending().await
}

async fn double(ProblemJson(number): ProblemJson<u64>) -> String {
    (number * 2).to_string()
}

async fn refusal() -> Problem {
    Problem::slow_down().retry_after(9)
}

async fn start() -> (Lifecycle, SocketAddr) {
    let app = Router::new()
        .route("/caller", get(caller))
        .route("/away", get(|| async { Redirect::temporary("/caller") }))
        .route("/long", get(|| async { "x".repeat(5000) }))
        .route("/never", get(never))
        .route("/double", post(double))
        .route("/refusal", get(refusal))
        .problem_edge();
    let lifecycle = Lifecycle::new(Clock::System);
    let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    serve(&lifecycle, listener, app, ServerLimits::default());
    (lifecycle, address)
}

fn client(allow_private: AllowPrivate) -> HttpClient {
    HttpClient::new(HttpClientConfig { allow_private, ..HttpClientConfig::default() }).unwrap()
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

async fn fetch(client: &HttpClient, text: &str) -> Result<HttpResponse, HttpError> {
    client.send(HttpRequest::get(url(text)).timeout(Duration::from_secs(5))).await
}

#[tokio::test]
async fn connections_are_used_again() {
    let (_lifecycle, address) = start().await;
    let client = client(AllowPrivate::Loopback);
    let mut ports = Vec::new();
    for host in [format!("127.0.0.1:{}", address.port()), format!("localhost:{}", address.port())] {
        for _ in 0..3 {
            ports.push(fetch(&client, &format!("http://{host}/caller")).await.unwrap().body);
        }
    }
    assert!(ports[0] == ports[1] && ports[1] == ports[2], "a literal address was dialled anew: {ports:?}");
    assert!(ports[3] == ports[4] && ports[4] == ports[5], "a name was dialled anew: {ports:?}");
}

#[tokio::test]
async fn private_addresses_are_refused_by_number_and_by_name() {
    let (_lifecycle, address) = start().await;
    let strict = client(AllowPrivate::Off);
    let refused = HttpError::Refused { kind: AddressKind::Loopback };
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"] {
        for scheme in ["http", "https"] {
            let text = format!("{scheme}://{host}:{}/caller", address.port());
            assert_eq!(fetch(&strict, &text).await.unwrap_err(), refused, "{text}");
        }
    }
    let metadata = fetch(&client(AllowPrivate::Lan), "http://169.254.169.254/latest").await.unwrap_err();
    assert_eq!(metadata, HttpError::Refused { kind: AddressKind::LinkLocal });
}

#[tokio::test]
async fn unencrypted_calls_and_odd_addresses_go_nowhere() {
    let client = client(AllowPrivate::Loopback);
    assert_eq!(fetch(&client, "http://9.9.9.9/").await.unwrap_err(), HttpError::PlainHttp);
    for odd in ["ftp://127.0.0.1/", "file:///etc/passwd", "http://ana:secret@127.0.0.1/", "data:text/plain,x"]
    {
        assert_eq!(fetch(&client, odd).await.unwrap_err(), HttpError::Url, "{odd}");
    }
}

#[tokio::test]
async fn redirects_are_shown_and_not_followed() {
    let (_lifecycle, address) = start().await;
    let answer = fetch(&client(AllowPrivate::Loopback), &format!("http://{address}/away")).await.unwrap();
    assert_eq!(answer.status, 307);
}

#[tokio::test]
async fn long_and_slow_answers_are_given_up() {
    let (_lifecycle, address) = start().await;
    let client = client(AllowPrivate::Loopback);
    let long =
        |bytes_max| HttpRequest::get(url(&format!("http://{address}/long"))).response_bytes_max(bytes_max);
    assert_eq!(client.send(long(4999)).await.unwrap_err(), HttpError::TooLarge { bytes_max: 4999 });
    assert_eq!(client.send(long(5000)).await.unwrap().body.len(), 5000);
    let slow = HttpRequest::get(url(&format!("http://{address}/never"))).timeout(Duration::from_millis(200));
    assert_eq!(client.send(slow).await.unwrap_err(), HttpError::Timeout);
}

#[tokio::test]
async fn failures_have_their_kind() {
    let (_lifecycle, address) = start().await;
    let client = client(AllowPrivate::Loopback);
    let tls = fetch(&client, &format!("https://{address}/caller")).await.unwrap_err();
    assert_eq!(tls, HttpError::Tls, "there is no TLS on that port");
    let closed = listen("127.0.0.1:0".parse().unwrap()).await.unwrap().local_addr().unwrap();
    assert_eq!(fetch(&client, &format!("http://{closed}/")).await.unwrap_err(), HttpError::Unreachable);
    let status = fetch(&client, &format!("http://{address}/refusal")).await.unwrap().success().unwrap_err();
    let HttpError::Status { status, code, retry_after } = &status else { panic!("{status}") };
    assert_eq!((status.as_u16(), code.as_deref(), *retry_after), (429, Some("slow_down"), Some(9)));
}

#[tokio::test]
async fn json_goes_out_and_comes_back() {
    let (_lifecycle, address) = start().await;
    let request = HttpRequest::post(url(&format!("http://{address}/double"))).json(&21).unwrap();
    let answer = client(AllowPrivate::Loopback).send(request).await.unwrap();
    assert_eq!(answer.success().unwrap().json::<u64>(), Ok(42));
}
