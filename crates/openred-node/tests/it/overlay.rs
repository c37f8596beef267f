//! What travels from neighbour to neighbour: posts to followers without a session, by hashtag, and who somebody is
//! without a directory.

use openred_core::{ids::NodeId, payload::Relationship as Asked};
use openred_node::modules::{
    contacts::{self, person::Status, store as people},
    feed::{
        audience::Visibility,
        home::{self, store::Filter, store::Place, view::PostView},
        own,
    },
    network::{store, tags},
};
use openred_proto::{
    now::Now,
    overlay::{Config, Effect, Effects, Input, Me, Overlay, RealVerifier, peers::PeerState, trust::Bounded},
};
use openred_service::testing::postgres;

use super::world::{Node, Ways};

/// Can call others, and cannot be called.
const CALLS_ONLY: Ways = Ways { no_api: true, quic: false, relay: None, no_overlay: false, near: false };

async fn is_linked(node: &Node, other: NodeId) -> bool {
    let peers = node.net.overlay.read(|machine, now| machine.peers(now)).await.unwrap();
    peers.iter().any(|peer| peer.node_id == other && peer.state == PeerState::Active)
}

async fn until_linked(node: &Node, other: &Node) {
    node.until("they are neighbours", async || is_linked(node, other.id).await).await;
    other.until("so is the other", async || is_linked(other, node.id).await).await;
}

async fn posts(node: &Node) -> Vec<PostView> {
    node.deps.read(|w| Ok(home::page(w, Filter::Everyone, Place::TOP, 20)?.items)).await.unwrap()
}

async fn shows(node: &Node, holds: impl Fn(&PostView) -> bool) -> bool {
    posts(node).await.iter().any(holds)
}

async fn follow(node: &Node, other: NodeId) {
    node.deps.write(move |w| contacts::ask(w, &other, Asked::Follower, "")).await.unwrap();
    node.net.overlay.look();
}

async fn post(node: &Node, text: &str) -> openred_core::ids::Hash {
    own::posts::create(&node.deps, text.to_owned(), Visibility::Public, None).await.unwrap()
}

/// Nothing waits to be published any more.
async fn until_published(node: &Node) {
    let rests =
        async || node.deps.read(|w| Ok(store::to_publish(w.tx, w.seal, 0, 1)?)).await.unwrap().is_empty();
    node.until("all is published", rests).await;
}

/// Ana calls only ben, chloé only ben: what ana says in public reaches chloé by ben, once, and its changes too.
async fn by_way_of_a_third(ana: Node, ben: Node, chloe: Node) {
    ben.befriend(&ana).await;
    ben.befriend(&chloe).await;
    until_linked(&ana, &ben).await;
    until_linked(&chloe, &ben).await;
    follow(&chloe, ana.id).await;
    let id = post(&ana, "First #Bread from the new oven.").await;
    let text = |wanted: &'static str| move |p: &PostView| p.text.starts_with(wanted);
    chloe.until("chloé reads it", async || shows(&chloe, text("First #Bread")).await).await;
    assert!(!chloe.net.is_connected(&ana.id) && !ana.net.is_connected(&chloe.id), "no session between them");
    ben.until("ben has it too", async || shows(&ben, text("First #Bread")).await).await;
    own::posts::edit(&ana.deps, id, "Second #bread.".to_owned()).await.unwrap();
    chloe.until("chloé sees the edit", async || shows(&chloe, text("Second #bread")).await).await;
    assert_eq!(posts(&ben).await.len(), 1, "ben heard it from ana and over the network, and has it once");
    until_published(&ana).await;
    a_restart_repeats_nothing(&chloe).await;
    own::posts::remove(&ana.deps, id).await.unwrap();
    chloe.until("it is gone at chloé's", async || posts(&chloe).await.is_empty()).await;
    for node in [ana, ben, chloe] {
        node.stop().await;
    }
}

/// What a node has stored makes a machine that holds the messages and delivers none of them again.
async fn a_restart_repeats_nothing(node: &Node) {
    let held = node.net.overlay.read(|machine, _| machine.held().collect::<Vec<_>>()).await.unwrap();
    let stored = async || node.deps.read(|w| Ok(store::load(w.tx, w.seal)?)).await.unwrap();
    let is_stored = async || {
        let rows = stored().await.messages;
        held.iter().all(|id| rows.iter().any(|row| row.id == *id))
    };
    node.until("all that is held is stored", is_stored).await;
    let restored = stored().await;
    let log = std::sync::Arc::new(node.net.own_descriptor().unwrap().body().log.clone());
    let (me, metric) = (Me { node_id: node.id, log }, Box::new(Bounded));
    let verifier = Box::new(RealVerifier::default());
    let mut machine = Overlay::new(me, Config::standard(), [3; 32], restored, verifier, metric);
    let now = Now { mono_ms: 1, unix_ms: node.deps.clock.now_ms() };
    let mut fx = Effects::new();
    machine.handle(now, Input::Tick, &mut fx);
    assert!(!held.is_empty() && held.iter().all(|id| machine.holds(id)), "nothing is lost");
    assert!(!fx.take().iter().any(|effect| matches!(effect, Effect::Deliver { .. })), "nothing is repeated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_without_a_session_reads_a_post_by_way_of_a_third() {
    let ana = Node::start_by("Ana", &CALLS_ONLY).await;
    let chloe = Node::start_by("Chloé", &CALLS_ONLY).await;
    by_way_of_a_third(ana, Node::start("Ben").await, chloe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_on_postgresql() {
    let Some(server) = postgres() else { return };
    let on = async |name| Node::start_on(name, &server.fresh_database(), tempfile::tempdir().unwrap()).await;
    let ana = Node::start_by("Ana", &CALLS_ONLY).await;
    let (ben, chloe) = (on("Ben").await, on("Chloé").await);
    by_way_of_a_third(ana, ben, chloe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_quic_it_travels_too() {
    let ana = Node::start_by("Ana", &Ways::BOTH).await;
    let (ben, chloe) = (Node::start_by("Ben", &Ways::BOTH).await, Node::start_by("Chloé", &Ways::BOTH).await);
    ben.befriend(&ana).await;
    ben.befriend(&chloe).await;
    until_linked(&ana, &ben).await;
    until_linked(&chloe, &ben).await;
    follow(&chloe, ana.id).await;
    post(&ana, "By another way.").await;
    chloe.until("chloé reads it", async || shows(&chloe, |p| p.text == "By another way.").await).await;
    for node in [ana, ben, chloe] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_of_strangers_come_by_a_hashtag_that_is_followed() {
    let ana = Node::start_by("Ana", &CALLS_ONLY).await;
    let ben = Node::start("Ben").await;
    let chloe = Node::start_by("Chloé", &CALLS_ONLY).await;
    ben.befriend(&ana).await;
    ben.befriend(&chloe).await;
    until_linked(&ana, &ben).await;
    until_linked(&chloe, &ben).await;
    chloe.deps.write(|w| Ok(tags::store::follow(w.tx, w.seal, "bread", w.now)?)).await.unwrap();
    post(&ana, "Nothing about that.").await;
    let id = post(&ana, "Fresh #Bread!").await;
    chloe.until("chloé reads it", async || shows(&chloe, |p| p.text == "Fresh #Bread!").await).await;
    assert_eq!(posts(&chloe).await.len(), 1, "the other was only passed on");
    let tagged = chloe.deps.read(|w| {
        let key = tags::store::key_of(w.seal, "bread").try_into().unwrap();
        Ok(home::page(w, Filter::Tag(key), Place::TOP, 20)?.items)
    });
    assert_eq!(tagged.await.unwrap().len(), 1, "found under its hashtag");
    own::posts::remove(&ana.deps, id).await.unwrap();
    chloe.until("it is gone at chloé's", async || posts(&chloe).await.is_empty()).await;
    for node in [ana, ben, chloe] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_found_by_id_with_no_directory() {
    let (ana, ben, chloe) = (Node::start("Ana").await, Node::start("Ben").await, Node::start("Chloé").await);
    ben.befriend(&ana).await;
    ben.befriend(&chloe).await;
    until_linked(&ana, &ben).await;
    until_linked(&chloe, &ben).await;
    assert!(chloe.net.directories.all().is_empty());
    let found = chloe.net.find_descriptor(&ana.id).await.unwrap();
    assert_eq!((found.node_id(), found.body().display_name.as_str()), (ana.id, "Ana"));
    let adopted = chloe.deps.write(move |w| {
        let mut person = people::ensure(w.tx, w.seal, &found.node_id(), w.now)?;
        contacts::adopt(w, &mut person, &found)
    });
    assert!(adopted.await.unwrap());
    chloe.ask(&ana.id, "found you by your id").await;
    ana.until_person("ana is asked", &chloe.id, |p| p.status == Status::PendingIn).await;
    let nobody = NodeId([7; 32]);
    assert!(chloe.net.find_descriptor(&nobody).await.is_err());
    for node in [ana, ben, chloe] {
        node.stop().await;
    }
}
