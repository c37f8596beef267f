//! Friends in the same local network find each other without any server, and nobody else finds them. The network is this
//! machine's own; where it carries no multicast, these tests say so and end.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use mdns_sd::{IfKind, ServiceDaemon, ServiceEvent, ServiceInfo, TxtProperty};
use openred_keeper::{
    blob::Blob,
    ops::{Request, Response},
};
use openred_node::{
    modules::feed::{
        audience::Visibility,
        home::{self, store::Filter, store::Place},
        own,
    },
    net::{SessionsBy, store},
};

use super::world::{Node, Ways, skipped};

/// Tells no address but that of its HTTPS API.
const NEAR: Ways = Ways { no_api: false, quic: true, relay: None, no_overlay: true, near: true };

/// Whether what is sent to a group on this machine's own network comes back.
fn multicast_works() -> bool {
    let group = Ipv4Addr::new(239, 255, 77, 17);
    let works = || -> std::io::Result<bool> {
        let heard = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        heard.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
        heard.set_read_timeout(Some(Duration::from_secs(2)))?;
        let said = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        said.send_to(b"anybody?", SocketAddr::from((group, heard.local_addr()?.port())))?;
        Ok(heard.recv(&mut [0; 16])? == 8)
    };
    let works = works().unwrap_or(false);
    if !works {
        skipped("no multicast on this machine's own network");
    }
    works
}

async fn says(node: &Node, text: &'static str) {
    own::posts::create(&node.deps, text.to_owned(), Visibility::Friends, None).await.unwrap();
}

async fn reads(node: &Node, text: &'static str) -> bool {
    let page = node.deps.read(|w| home::page(w, Filter::Everyone, Place::TOP, 20)).await.unwrap();
    page.items.iter().any(|post| post.text == text)
}

async fn hang_up(ana: &Node, ben: &Node) {
    ana.net.disconnect(&ben.id);
    ben.net.disconnect(&ana.id);
    let rests = async || ana.net.sessions() + ben.net.sessions() == 0;
    ana.until("no session is left", rests).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn friends_in_one_network_speak_directly_and_strangers_see_nobody() {
    if !multicast_works() {
        return;
    }
    let (ana, ben) = (Node::start_by("Ana", &NEAR).await, Node::start_by("Ben", &NEAR).await);
    let chloe = Node::start_by("Chloé", &NEAR).await;
    let dora = Node::start_by("Dora", &NEAR).await;
    for node in [&ana, &ben] {
        assert!(node.net.own_descriptor().unwrap().body().addresses.is_empty(), "no address is told");
    }
    ana.befriend(&ben).await;
    chloe.befriend(&dora).await;
    ana.until("ana sees ben", async || ana.net.is_near(&ben.id)).await;
    ben.until("ben sees ana", async || ben.net.is_near(&ana.id)).await;
    hang_up(&ana, &ben).await;
    says(&ana, "Smell that?").await;
    ben.until("ben reads it", async || reads(&ben, "Smell that?").await).await;
    let by = ana.net.sessions_by();
    assert_eq!((by.quic, by.https), (1, 0), "no other way than the local network's: {by:?}");
    chloe.until("the others see each other", async || chloe.net.is_near(&dora.id)).await;
    for (one, other) in [(&ana, &chloe), (&chloe, &ana), (&ben, &dora), (&dora, &ben)] {
        assert!(!one.net.is_near(&other.id), "who is no friend is nobody");
    }
    for node in [ana, ben, chloe, dora] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_node_is_not_shown_and_one_that_left_is_met_as_before() {
    if !multicast_works() {
        return;
    }
    let (ana, ben) = (Node::start_by("Ana", &NEAR).await, Node::start_by("Ben", &NEAR).await);
    ana.befriend(&ben).await;
    ben.until("ben sees ana", async || ben.net.is_near(&ana.id)).await;
    let sealer = ana.lock();
    ben.until("ana is not seen any more", async || !ben.net.is_near(&ana.id)).await;
    assert!(!ana.net.is_near(&ben.id), "nor does she look");
    ana.unlock(sealer).await;
    ben.until("ana is seen again", async || ben.net.is_near(&ana.id)).await;
    let by = |by: SessionsBy| by.quic + by.https;
    says(&ben, "Back again.").await;
    ana.until("ana reads it", async || reads(&ana, "Back again.").await).await;
    assert!(by(ana.net.sessions_by()) > 0);
    ana.stop().await;
    ben.stop().await;
}

/// What two friends show to each other today.
async fn marks(ana: &Node, ben: &Node) -> Vec<[u8; 8]> {
    let person = ana.person(&ben.id).await.unwrap().id;
    let secrets = ana.deps.read(move |w| Ok(store::pairs(w.tx, person)?)).await.unwrap();
    let tickets = secrets.into_iter().map(|(_, ticket)| Blob(ticket)).collect();
    let day = ana.deps.clock.now_s() / 86_400;
    let made = ana.deps.keys.ask(Request::PairHints { tickets, day }).await.unwrap();
    let Response::Hints(marks) = made else { panic!("marks") };
    marks.into_iter().flatten().collect()
}

/// Shows whatever others show, at an address of her own.
struct Eve {
    daemon: ServiceDaemon,
    socket: UdpSocket,
}

impl Eve {
    fn new() -> Self {
        let daemon = ServiceDaemon::new().unwrap();
        daemon.disable_interface(IfKind::All).unwrap();
        daemon.enable_interface(IfKind::LoopbackV4).unwrap();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { daemon, socket }
    }

    /// Copies what somebody shows who shows one of these marks.
    async fn copies(&self, wanted: &[[u8; 8]]) {
        let heard = self.daemon.browse("_openred._udp.local.").unwrap();
        loop {
            let ServiceEvent::ServiceResolved(seen) = heard.recv_async().await.unwrap() else { continue };
            let marks: Vec<TxtProperty> = seen.get_properties().iter().cloned().collect();
            let shown = |text: &TxtProperty| text.val().unwrap_or_default().as_chunks::<8>().0.to_vec();
            if !marks.iter().flat_map(shown).any(|mark| wanted.contains(&mark)) {
                continue;
            }
            let at = self.socket.local_addr().unwrap();
            let (service, ip) = ("_openred._udp.local.", at.ip().to_string());
            let mut copy =
                ServiceInfo::new(service, "eve", "eve.local.", ip.as_str(), at.port(), marks).unwrap();
            copy.set_requires_probe(false);
            return self.daemon.register(copy).unwrap();
        }
    }

    fn was_called(&self) -> bool {
        self.socket.recv(&mut [0; 2_048]).is_ok()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_copies_a_mark_is_called_and_gets_no_session() {
    if !multicast_works() {
        return;
    }
    let (ana, ben) = (Node::start_by("Ana", &NEAR).await, Node::start_by("Ben", &NEAR).await);
    ana.befriend(&ben).await;
    ben.until("ben sees ana", async || ben.net.is_near(&ana.id)).await;
    let eve = Eve::new();
    let wanted = marks(&ana, &ben).await;
    let copies = tokio::time::timeout(Duration::from_secs(20), eve.copies(&wanted));
    copies.await.expect("what is shown is to be seen by all");
    let called = async || {
        // Each call goes to all addresses that ben knows of ana.
        hang_up(&ana, &ben).await;
        let person = ben.person(&ana.id).await.unwrap().id;
        let ask = serde_json::json!({"node_id": ana.id}).to_string();
        let answer = ben.net.request(person, "log", ask).await;
        assert_eq!(answer.map(|answer| answer.status).ok(), Some(200), "ana is reached all the same");
        eve.was_called()
    };
    ben.until("ben has called eve too", called).await;
    assert_eq!(ben.net.session_with(&ana.id).map(|live| live.peer), Some(ana.id), "who answers is ana");
    eve.daemon.shutdown().unwrap();
    ana.stop().await;
    ben.stop().await;
}
