//! What a connection lives through: two calls at once, long silence, and a router that gives out another port.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use iroh::endpoint::{Connection, RecvStream, SendStream};
use openred_node::{
    delivery::store as delivery,
    net::quic::{Endpoint, EndpointConfig, Way},
};
use openred_service::{http_client::AllowPrivate, lifecycle::Clock};
use tokio::{
    net::UdpSocket,
    sync::{Mutex, watch},
    task::JoinSet,
};
use zeroize::Zeroizing;

use super::speak;
use crate::world::{Node, Ways, skipped};

const ALONE: Ways = Ways { no_overlay: true, ..Ways::QUIC };
const PATIENCE: Duration = Duration::from_secs(15);

async fn calls(node: &Node, other: &Node) {
    let person = node.person(&other.id).await.unwrap().id;
    let ask = serde_json::json!({"node_id": other.id}).to_string();
    let answer = node.net.request(person, "log", ask).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.json);
}

/// The session that both have, if it is one and the same.
fn shared(ana: &Node, ben: &Node) -> Option<openred_core::ids::Id16> {
    let of = |node: &Node, other: &Node| node.net.session_with(&other.id).map(|live| live.session_id);
    let is_one = ana.net.sessions() == 1 && ben.net.sessions() == 1;
    of(ana, ben).filter(|id| is_one && of(ben, ana) == Some(*id))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_calls_at_once_one_session_stays() {
    let (ana, ben) = (Node::start_by("Ana", &ALONE).await, Node::start_by("Ben", &ALONE).await);
    speak(&ana, &ben).await;
    for _ in 0..3 {
        ana.net.disconnect(&ben.id);
        ben.net.disconnect(&ana.id);
        let none = async || ana.net.sessions() + ben.net.sessions() == 0;
        ana.until("no session is left", none).await;
        let meet = async |one: &Node, other: &Node| {
            // The question may go down with the session that gives way; then it is asked again.
            let person = one.person(&other.id).await.unwrap().id;
            let ask = serde_json::json!({"node_id": other.id}).to_string();
            one.until("an answer", async || one.net.request(person, "log", ask.clone()).await.is_ok()).await;
        };
        tokio::join!(meet(&ana, &ben), meet(&ben, &ana));
        ana.until("both have the same one", async || shared(&ana, &ben).is_some()).await;
    }
    ana.stop().await;
    ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_rests_after_five_minutes_in_which_nothing_was_said() {
    let (clock, hands) = Clock::manual(1_790_000_000_000);
    let ana = Node::start_by_at("Ana", &ALONE, clock.clone()).await;
    let ben = Node::start_by_at("Ben", &ALONE, clock).await;
    speak(&ana, &ben).await;
    let waits = async |node: &Node| node.deps.read(|w| Ok(delivery::counts(w.tx)?.0)).await.unwrap();
    ana.until("nothing waits", async || waits(&ana).await + waits(&ben).await == 0).await;
    ana.until("one session stands", async || shared(&ana, &ben).is_some()).await;
    let begun = shared(&ana, &ben);
    for _ in 0..3 {
        hands.advance(200_000);
        calls(&ana, &ben).await;
        assert_eq!(shared(&ana, &ben), begun, "what is used stays");
    }
    hands.advance(300_001);
    ana.until("it rests", async || ana.net.sessions() + ben.net.sessions() == 0).await;
    calls(&ben, &ana).await;
    assert_ne!(shared(&ana, &ben), begun, "whoever has something to say calls again");
    ana.stop().await;
    ben.stop().await;
}

/// A router between two networks: whoever is behind it appears at a port that may change.
struct Router {
    inside: Arc<UdpSocket>,
    outside: watch::Sender<Arc<UdpSocket>>,
    /// The port at which the last packet came from outside.
    answered: Arc<AtomicU16>,
    _tasks: JoinSet<()>,
}

impl Router {
    async fn to(server: SocketAddr) -> Self {
        let inside = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
        let (outside, mut seen) = watch::channel(Self::port().await);
        let client = Arc::new(Mutex::new(None));
        let mut tasks = JoinSet::new();
        let (from, known, ports) = (inside.clone(), client.clone(), outside.subscribe());
        tasks.spawn(async move {
            let mut packet = [0; 2_048];
            while let Ok((length, address)) = from.recv_from(&mut packet).await {
                *known.lock().await = Some(address);
                let port = ports.borrow().clone();
                let _ = port.send_to(&packet[..length], server).await;
            }
        });
        let (back, answered) = (inside.clone(), Arc::new(AtomicU16::new(0)));
        let noted = answered.clone();
        tasks.spawn(async move {
            let mut packet = [0; 2_048];
            loop {
                let port = seen.borrow_and_update().clone();
                tokio::select! {
                    // What comes to the old port now is lost.
                    changed = seen.changed() => if changed.is_err() { return },
                    Ok((length, _)) = port.recv_from(&mut packet) => {
                        noted.store(port.local_addr().unwrap().port(), Ordering::Relaxed);
                        if let Some(client) = *client.lock().await {
                            let _ = back.send_to(&packet[..length], client).await;
                        }
                    }
                }
            }
        });
        Self { inside, outside, answered, _tasks: tasks }
    }

    async fn port() -> Arc<UdpSocket> {
        Arc::new(UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap())
    }

    /// Forgets which port it gave out.
    async fn forget(&self) -> SocketAddr {
        let port = Self::port().await;
        let address = port.local_addr().unwrap();
        self.outside.send_replace(port);
        address
    }
}

async fn endpoint(secret: u8, listen: SocketAddr) -> Endpoint {
    let (secret, allow_private) = (Zeroizing::new([secret; 32]), AllowPrivate::Loopback);
    Endpoint::bind(EndpointConfig { secret, listen, relay: None, allow_private }).await.unwrap()
}

async fn echo(sends: &mut SendStream, hears: &mut RecvStream, text: &[u8]) {
    sends.write_all(text).await.unwrap();
    let mut heard = vec![0; text.len()];
    hears.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, text);
}

/// Says back what it hears, on one stream.
async fn answers(connection: Connection) {
    let (mut send, mut receive) = connection.accept_bi().await.unwrap();
    while let Ok(Some(heard)) = receive.read_chunk(64).await {
        send.write_all(&heard).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_outlives_another_port_of_the_router() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).await.is_err() {
        return skipped("no IPv6 on this machine");
    }
    // One has only IPv4 and the other only IPv6: there is no way but through the router.
    let ana = endpoint(1, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
    let ben = endpoint(2, SocketAddr::from((Ipv6Addr::LOCALHOST, 0))).await;
    let router = Router::to(ben.sockets()[0]).await;
    let address = router.inside.local_addr().unwrap();
    let way = Way { endpoint_id: ben.id(), addresses: vec![address], near: Vec::new(), relay: None };
    let accepts = async { ben.accept().await.unwrap().await.unwrap() };
    let (calls, called) = tokio::join!(ana.dial(&way), accepts);
    let calls = calls.unwrap();
    let mut answering = JoinSet::new();
    answering.spawn(answers(called.clone()));
    let (mut sends, mut hears) = calls.open_bi().await.unwrap();
    tokio::time::timeout(PATIENCE, echo(&mut sends, &mut hears, b"before")).await.expect("an echo");
    let port = router.forget().await;
    tokio::time::timeout(PATIENCE, echo(&mut sends, &mut hears, b"after"))
        .await
        .expect("the same stream goes on");
    assert_eq!(router.answered.load(Ordering::Relaxed), port.port(), "ben answers to where ana is now");
    assert!(calls.close_reason().is_none() && called.close_reason().is_none());
    drop(answering);
    ana.close().await;
    ben.close().await;
}
