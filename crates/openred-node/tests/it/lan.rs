//! Friends in the same local network find each other without any server, and nobody else finds them. The network is this
//! machine's own; where it carries no multicast, these tests say so and end.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use openred_node::{
    modules::feed::{
        audience::Visibility,
        home::{self, store::Filter, store::Place},
        own,
    },
    net::SessionsBy,
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
