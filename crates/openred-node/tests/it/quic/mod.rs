//! Sessions over QUIC: two nodes, the ways they find each other, and what is refused on a connection.

mod caller;
mod connections;
mod evil;
mod relayed;

use openred_node::{
    modules::feed::{
        audience::Visibility,
        home::{self, store::Filter, store::Place},
        own,
    },
    net::SessionsBy,
};

use super::world::{Node, Ways};

async fn reads(node: &Node, text: &'static str) -> bool {
    let page = node.deps.read(|w| home::page(w, Filter::Everyone, Place::TOP, 20)).await.unwrap();
    page.items.iter().any(|post| post.text == text)
}

/// Ana and Ben become friends, and Ana's post reaches Ben.
async fn speak(ana: &Node, ben: &Node) -> SessionsBy {
    ana.befriend(ben).await;
    own::posts::create(&ana.deps, "Rye is in the oven.".to_owned(), Visibility::Friends, None).await.unwrap();
    ben.until("ben reads it", async || reads(ben, "Rye is in the oven.").await).await;
    let by = ana.net.sessions_by();
    if by == SessionsBy::default() { ben.net.sessions_by() } else { by }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_have_both_ways_speak_by_quic() {
    let (ana, ben) = (Node::start_by("Ana", &Ways::BOTH).await, Node::start_by("Ben", &Ways::BOTH).await);
    let by = speak(&ana, &ben).await;
    assert_eq!((by.quic > 0, by.https), (true, 0), "{by:?}");
    let own = ana.net.own_descriptor().unwrap();
    assert_eq!(own.body().transport_key, ana.net.quic_way().map(|way| way.endpoint_id));
    // A request and its answer, on a stream of their own.
    let person = ana.person(&ben.id).await.unwrap().id;
    let ask = serde_json::json!({"node_id": ana.id}).to_string();
    let answer = ana.net.request(person, "log", ask).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.json);
    ana.stop().await;
    ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_without_an_address_for_https_meet() {
    let (ana, ben) = (Node::start_by("Ana", &Ways::QUIC).await, Node::start_by("Ben", &Ways::QUIC).await);
    let by = speak(&ana, &ben).await;
    assert_eq!((by.quic > 0, by.https), (true, 0), "{by:?}");
    // Whoever has no session opens one by the secret they share.
    ana.net.disconnect(&ben.id);
    ben.net.disconnect(&ana.id);
    own::posts::create(&ben.deps, "And mine rises.".to_owned(), Visibility::Friends, None).await.unwrap();
    ana.until("ana reads it", async || reads(&ana, "And mine rises.").await).await;
    ana.stop().await;
    ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_quic_is_met_by_https() {
    let (ana, ben) = (Node::start_by("Ana", &Ways::BOTH).await, Node::start("Ben").await);
    let by = speak(&ana, &ben).await;
    assert_eq!((by.quic, by.https > 0), (0, true), "{by:?}");
    ana.stop().await;
    ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_changes_the_transport_key_and_they_meet_again() {
    let (ana, ben) = (Node::start_by("Ana", &Ways::QUIC).await, Node::start_by("Ben", &Ways::BOTH).await);
    speak(&ana, &ben).await;
    let before = ana.net.quic_way().unwrap().endpoint_id;
    ana.rotate().await;
    let after = ana.net.quic_way().unwrap().endpoint_id;
    assert_ne!(before, after);
    assert_eq!(ana.net.own_descriptor().unwrap().body().transport_key, Some(after));
    own::posts::create(&ana.deps, "Under a new key.".to_owned(), Visibility::Friends, None).await.unwrap();
    ben.until("ben reads it", async || reads(&ben, "Under a new key.").await).await;
    ana.stop().await;
    ben.stop().await;
}
