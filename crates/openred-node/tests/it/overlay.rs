//! What travels from neighbour to neighbour: posts to followers without a session, by hashtag, and who somebody is
//! without a directory.

use openred_core::{descriptor::Descriptor, ids::NodeId, overlay::Body, payload::Relationship as Asked};
use openred_node::modules::{
    contacts::{self, person::Status, store as people},
    feed::{
        self,
        audience::Visibility,
        home::{self, store::Filter, store::Place, view::PostView},
        own,
    },
    network::{store, tags},
};
use openred_node::net::overlay::OverlayConfig;
use openred_proto::{
    now::Now,
    overlay::{
        Change, Config, Effect, Effects, Group, Input, Me, Overlay, RealVerifier,
        peers::{Introducer, PeerState, Slot},
        store::TrustRow,
        trust::Bounded,
    },
};
use openred_service::{lifecycle::Clock, testing::postgres};

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
    own::posts::create(&node.deps, text.to_owned(), Visibility::Public, None).await.unwrap().id
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

/// What a node holds of another's descriptor, by its announcement.
async fn announced(node: &Node, id: NodeId) -> Option<Descriptor> {
    let held = node.net.overlay.read(move |machine, _| machine.find(&id).map(<[u8]>::to_vec)).await.unwrap();
    held.map(|signed| Descriptor::parse(&signed).unwrap())
}

/// What a node says of a link: `why` on the page of the network.
async fn slot(node: &Node, other: NodeId) -> Option<Slot> {
    let peers = node.net.overlay.read(|machine, now| machine.peers(now)).await.unwrap();
    peers.iter().find(|peer| peer.node_id == other)?.slot
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn descriptors_and_recommendations_travel_and_a_new_key_is_announced() {
    let ana = Node::start_by("Ana", &CALLS_ONLY).await;
    let (ben, chloe) = (Node::start("Ben").await, Node::start_by("Chloé", &CALLS_ONLY).await);
    ben.befriend(&ana).await;
    ben.befriend(&chloe).await;
    until_linked(&ana, &ben).await;
    until_linked(&chloe, &ben).await;
    for (one, other) in [(&ana, &ben), (&ben, &ana), (&ben, &chloe), (&chloe, &ben)] {
        let is_own = async || slot(one, other.id).await == Some(Slot::Own);
        one.until("a friend is a friend at once", is_own).await;
    }
    chloe.until("chloé hears who ana is", async || announced(&chloe, ana.id).await.is_some()).await;
    assert_eq!(announced(&chloe, ana.id).await, ana.net.own_descriptor());
    // What ana thinks of others goes the same way.
    let before = ana.net.overlay.read(|machine, _| machine.held().collect::<Vec<_>>()).await.unwrap();
    let body = Body::TrustUpdate(vec![(ben.id, 900)]);
    let publish = Input::Publish { reference: 1 << 40, body, life_s: 3_600 };
    ana.net.overlay.handle().unwrap().input(publish).await.unwrap();
    let said = async || {
        let held = ana.net.overlay.read(|machine, _| machine.held().collect::<Vec<_>>()).await.unwrap();
        held.into_iter().find(|id| !before.contains(id))
    };
    ana.until("ana has said it", async || said().await.is_some()).await;
    let id = said().await.unwrap();
    let holds = async || chloe.net.overlay.read(move |machine, _| machine.holds(&id)).await.unwrap();
    chloe.until("chloé holds it", holds).await;
    ana.rotate().await;
    let is_new = async || announced(&chloe, ana.id).await.is_some_and(|held| held.body().log_seq == 1);
    chloe.until("chloé hears of the new key", is_new).await;
    let head = async || {
        let log = chloe.net.overlay.read(move |machine, _| machine.log_of(&ana.id).cloned()).await.unwrap();
        log.is_some_and(|log| log.head_seq() == 1)
    };
    chloe.until("and has the log that proves it", head).await;
    for node in [ana, ben, chloe] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hears_of_somebody_after_a_rotation_reads_what_was_public_before() {
    let ana = Node::start_by("Ana", &CALLS_ONLY).await;
    let ben = Node::start("Ben").await;
    ben.befriend(&ana).await;
    until_linked(&ana, &ben).await;
    let id = post(&ana, "Under the old key.").await;
    own::posts::edit(&ana.deps, id, "Said under the old key.".to_owned()).await.unwrap();
    post(&ana, "And so was this.").await;
    until_published(&ana).await;
    ana.rotate().await;
    let wall_is_signed = async || {
        let under_way = ana.deps.read(|w| Ok(feed::again::is_under_way(w.tx)?)).await.unwrap();
        !under_way && ana.net.own_descriptor().unwrap().body().log_seq == 1
    };
    ana.until("the wall is signed by the new key", wall_is_signed).await;
    until_linked(&ana, &ben).await;
    until_published(&ana).await;
    // Chloé comes now, and knows ana by the new key alone.
    let chloe = Node::start_by("Chloé", &CALLS_ONLY).await;
    ben.befriend(&chloe).await;
    until_linked(&chloe, &ben).await;
    let newest = async || chloe.net.find_descriptor(&ana.id).await.is_ok_and(|d| d.body().log_seq == 1);
    chloe.until("chloé finds ana", newest).await;
    let found = chloe.net.find_descriptor(&ana.id).await.unwrap();
    let adopted = chloe.deps.write(move |w| {
        let mut person = people::ensure(w.tx, w.seal, &found.node_id(), w.now)?;
        contacts::adopt(w, &mut person, &found)
    });
    assert!(adopted.await.unwrap());
    follow(&chloe, ana.id).await;
    for text in ["Said under the old key.", "And so was this."] {
        chloe.until(text, async || shows(&chloe, |p| p.text == text).await).await;
    }
    assert!(!chloe.net.is_connected(&ana.id), "no session between them");
    for node in [ana, ben, chloe] {
        node.stop().await;
    }
}

/// What a node has learnt of another in an earlier life: it behaved well for as long as a week and a day.
async fn knows_for_long(node: &Node, other: NodeId) {
    const DAY_S: u64 = 86_400;
    let now_s = node.deps.clock.now_s();
    let row = Change::Trust(TrustRow {
        node_id: other,
        direct: 800_000,
        decayed_at: now_s,
        week: [800_000; 7],
        valid: 500,
        invalid: 0,
        credit_day: 0,
        credits: 0,
        timeout_at: 0,
        first_seen: now_s - 8 * DAY_S,
        group: Some(Group::V4([81, 2])),
        introducer: Some(Introducer::Own),
        outbound: true,
    });
    let stored = node.deps.write(move |w| Ok(store::apply(w.tx, w.seal, &row)?));
    stored.await.unwrap();
}

/// The overlay begins with what is stored.
async fn takes_part(node: &Node) {
    let config = OverlayConfig { off: false, ..node.net.overlay.config() };
    node.net.overlay.configure(config);
    node.net.unlocked(1 | 2 | 4).await.unwrap();
    node.until("the overlay runs", async || node.net.overlay.handle().is_some()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_friend_states_each_day_counts_and_is_named() {
    let waits = Ways { no_overlay: true, ..Ways::default() };
    let (clock, hand) = Clock::manual(Clock::System.now_ms());
    let ben = Node::start_by_at("Ben", &waits, clock).await;
    let chloe = Node::start_by("Chloé", &waits).await;
    ben.befriend(&chloe).await;
    // Ana is somebody whom only ben knows; chloé knows ben.
    let ana = NodeId([7; 32]);
    knows_for_long(&ben, ana).await;
    knows_for_long(&chloe, ben.id).await;
    takes_part(&ben).await;
    takes_part(&chloe).await;
    until_linked(&chloe, &ben).await;
    let of_ana = async || chloe.net.overlay.read(move |machine, now| machine.trust(&ana, now)).await.unwrap();
    let of_ben = async || {
        let ben = ben.id;
        chloe.net.overlay.read(move |machine, now| machine.trust(&ben, now)).await.unwrap()
    };
    chloe.until("ben's word counts", async || of_ben().await.recommender).await;
    assert_eq!((of_ana().await.boost, of_ana().await.reasons.len()), (0, 0), "nobody has spoken of ana");
    // Ten minutes after the start ben states whom he trusts. His calendar stays right, so chloé believes the date.
    hand.set(Clock::System.now_ms() - 601_000);
    hand.advance(601_000);
    ben.net.overlay.handle().unwrap().input(Input::Tick).await.unwrap();
    chloe.until("chloé heard it", async || of_ana().await.boost > 0).await;
    let view = of_ana().await;
    assert_eq!(view.reasons.iter().map(|reason| reason.by).collect::<Vec<_>>(), [ben.id]);
    assert_eq!(view.direct, 500_000, "her own experience is none");
    // 0.8 of his word, times what she thinks of him, times 0.1.
    assert!((60_000..=80_000).contains(&view.boost), "{}", view.boost);
    for node in [ben, chloe] {
        node.stop().await;
    }
}
