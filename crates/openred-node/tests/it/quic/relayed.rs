//! Two nodes that know no address of each other, and a relay between them: ours, and iroh's own.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use iroh_relay::server::{RelayConfig, Server, ServerConfig};
use openred_node::modules::invitations;
use openred_relay::quic::Allow;

use super::speak;
use crate::world::{Node, Post, Ways};

async fn foreign_relay() -> (Server, String) {
    let mut config = ServerConfig::default();
    config.relay = Some(RelayConfig::new(SocketAddr::from(([127, 0, 0, 1], 0))));
    let server = Server::spawn(config).await.unwrap();
    let url = format!("http://{}", server.http_addr().unwrap());
    (server, url)
}

fn only_by(relay: &str) -> Ways {
    Ways { relay: Some(relay.to_owned()), ..Ways::QUIC }
}

/// Ana and Ben tell nobody more than their relay, and speak all the same.
async fn meet(ana: &Node, ben: &Node) {
    for node in [ana, ben] {
        let own = node.net.own_descriptor().unwrap();
        assert!(
            own.body().addresses.is_empty() && own.body().api_url.is_none(),
            "the relay is all they tell"
        );
    }
    // They may find a direct path later: that is what the relay is for.
    let by = speak(ana, ben).await;
    assert!(by.quic + by.quic_relayed > 0 && by.https == 0, "{by:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_know_no_address_of_each_other_meet_through_a_relay() {
    let post = Post::start_for(Some(Allow::Everybody)).await;
    let ways = only_by(&post.url());
    let (ana, ben) = (Node::start_by("Ana", &ways).await, Node::start_by("Ben", &ways).await);
    meet(&ana, &ben).await;
    ana.stop().await;
    ben.stop().await;
    post.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_meet_through_a_relay_of_somebody_elses_making() {
    let (server, url) = foreign_relay().await;
    let ways = only_by(&url);
    let (ana, ben) = (Node::start_by("Ana", &ways).await, Node::start_by("Ben", &ways).await);
    meet(&ana, &ben).await;
    ana.stop().await;
    ben.stop().await;
    server.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_for_named_nodes_lets_these_meet_and_nobody_else() {
    let mut post = Post::start_for(Some(Allow::Nodes(BTreeSet::new()))).await;
    let ways = only_by(&post.url());
    let (ana, ben) = (Node::start_by("Ana", &ways).await, Node::start_by("Ben", &ways).await);
    let eve = Node::start_by("Eve", &ways).await;
    post.allow(Allow::Nodes([ana.id, ben.id].into())).await;
    // New endpoints: they are refused, and their nodes say by their descriptors whose they are.
    ana.rotate().await;
    ben.rotate().await;
    ana.until("the relay admits both", async || post.quic_clients().await == 2).await;
    meet(&ana, &ben).await;
    let made = invitations::create(&ana.deps, 1, true, None, ana.net.routes()).await.unwrap();
    eve.net.redeem(&made.links.link).await.map(drop).unwrap_err();
    assert!(ana.person(&eve.id).await.is_none(), "nothing of hers has come");
    ana.stop().await;
    ben.stop().await;
    eve.stop().await;
    post.stop().await;
}
