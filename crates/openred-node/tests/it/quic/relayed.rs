//! Two nodes that know no address of each other, and a relay of their own.

use std::net::SocketAddr;

use iroh_relay::server::{RelayConfig, Server, ServerConfig};

use super::speak;
use crate::world::{Node, Ways};

async fn relay() -> (Server, String) {
    let mut config = ServerConfig::default();
    config.relay = Some(RelayConfig::new(SocketAddr::from(([127, 0, 0, 1], 0))));
    let server = Server::spawn(config).await.unwrap();
    let url = format!("http://{}", server.http_addr().unwrap());
    (server, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_know_no_address_of_each_other_meet_through_a_relay() {
    let (server, url) = relay().await;
    let ways = Ways { relay: Some(url), ..Ways::QUIC };
    let (ana, ben) = (Node::start_by("Ana", &ways).await, Node::start_by("Ben", &ways).await);
    for node in [&ana, &ben] {
        let own = node.net.own_descriptor().unwrap();
        assert!(
            own.body().addresses.is_empty() && own.body().api_url.is_none(),
            "the relay is all they tell"
        );
    }
    // They may find a direct path later: that is what the relay is for.
    let by = speak(&ana, &ben).await;
    assert!(by.quic + by.quic_relayed > 0 && by.https == 0, "{by:?}");
    ana.stop().await;
    ben.stop().await;
    server.shutdown().await.unwrap();
}
