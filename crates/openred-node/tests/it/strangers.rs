//! Messages of people who are no friends: what waits, what is told, what is refused.

use openred_core::{ids::NodeId, payload::Relationship as Asked};
use openred_node::{
    error::NodeError,
    modules::{
        chats::{
            own, requests, store as chats,
            view::{self, ChatView},
            whom::ChatId,
        },
        contacts::{self, store as people},
        notify::{What, store as notices},
        search,
        settings::{MessageRequests, Settings, store as settings},
    },
};
use openred_service::lifecycle::Clock;

use super::{
    chats::{chat, friends, message, name, texts, tries, until_texts, writes},
    world::{Introducer, Node, two_by_mail_alone},
};

/// Two who know nothing of each other, and a directory that introduces them.
async fn strangers() -> (Introducer, Node, Node) {
    let directory = Introducer::start().await;
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    for node in [&ana, &ben] {
        node.join(&directory).await;
        node.talks(0).await;
    }
    (directory, ana, ben)
}

async fn requests_at(node: &Node) -> Vec<ChatView> {
    node.deps.read(view::requests).await.unwrap()
}

async fn listed(node: &Node) -> Vec<ChatView> {
    node.deps.read(|w| view::list(w, false, 0, 50)).await.unwrap()
}

async fn notified(node: &Node) -> usize {
    let page = node.deps.read(|w| Ok(notices::page(w.tx, w.seal, i64::MAX, 50)?)).await.unwrap();
    page.iter().filter(|one| one.what == What::Message).count()
}

async fn found(node: &Node, word: &'static str) -> usize {
    node.deps.read(move |w| Ok(search::find(w, word, None, i64::MAX, 9)?.found.len())).await.unwrap()
}

async fn until_asked(node: &Node, of: &NodeId, said: usize) {
    node.until("a request is there", async || {
        requests_at(node).await.iter().any(|one| one.id == of.to_string())
            && texts(node, of).await.len() == said
    })
    .await;
}

async fn accepts(node: &Node, of: &NodeId) -> Result<(), NodeError> {
    let of = *of;
    node.deps.write(move |w| requests::accept(w, ChatId::Person(of))).await
}

async fn state(node: &Node, of: &NodeId, n: u8) -> Option<&'static str> {
    message(node, of, n).await.state
}

async fn takes_requests_of(node: &Node, whom: MessageRequests) {
    let set = node.deps.write_plain(move |tx| {
        let settings = Settings { allow_message_requests: whom, ..settings::get(tx)? };
        settings::set(tx, &settings, 0)
    });
    set.await.unwrap();
}

async fn stop(nodes: impl IntoIterator<Item = Node>) {
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strangers_message_waits_silently_and_becomes_a_conversation_when_it_is_accepted() {
    let (directory, ana, ben) = strangers().await;
    let of = ben.id;
    ana.deps.write(move |w| Ok(people::ensure(w.tx, w.seal, &of, w.now)?)).await.unwrap();
    let begins = chat(&ana, &ben.id).await;
    assert!(
        begins.open
            && begins.request.is_some_and(|request| (request.state, request.left) == ("new", Some(5)))
    );
    writes(&ana, &ben.id, 1, "We met at the market").await;
    until_asked(&ben, &ana.id, 1).await;
    assert!(listed(&ben).await.is_empty(), "in a list of its own");
    assert_eq!(
        (notified(&ben).await, found(&ben, "market").await),
        (0, 0),
        "nothing notifies, nothing is found"
    );
    let waits = chat(&ben, &ana.id).await;
    assert!(!waits.open && waits.request.as_ref().is_some_and(|request| request.state == "in"));

    // The owner reads it, and nobody is told so.
    let of = ana.id;
    ben.deps.write(move |w| own::read(w, of, name(1))).await.unwrap();
    writes(&ana, &ben.id, 2, "Do you still bake?").await;
    until_asked(&ben, &ana.id, 2).await;
    assert_eq!(
        (state(&ana, &ben.id, 1).await, state(&ana, &ben.id, 2).await),
        (Some("requested"), Some("requested")),
        "it arrived, and the sender is not told"
    );
    let early = ben.deps.write(move |w| own::react(w, of, name(1), "🍞".to_owned())).await;
    assert!(matches!(early, Err(NodeError::Refused(_))), "{early:?}");
    assert!(matches!(tries(&ben, &ana.id, 9, "Hello").await, Err(NodeError::Refused(_))));

    accepts(&ben, &ana.id).await.unwrap();
    assert!(matches!(accepts(&ben, &ana.id).await, Err(NodeError::Conflict(_))));
    assert_eq!((listed(&ben).await.len(), requests_at(&ben).await.len()), (1, 0));
    assert_eq!(found(&ben, "market").await, 1, "now it is found");
    ana.until("she is told that it arrived", async || state(&ana, &ben.id, 2).await == Some("delivered"))
        .await;
    writes(&ben, &ana.id, 3, "Every morning").await;
    until_texts(&ana, &ben.id, &["We met at the market", "Do you still bake?", "Every morning"]).await;
    assert_eq!(notified(&ana).await, 1, "an answer notifies");
    writes(&ana, &ben.id, 4, "Then I come tomorrow").await;
    ben.until("it goes on", async || texts(&ben, &ana.id).await.len() == 4).await;
    assert_eq!(notified(&ben).await, 1, "like in any conversation");
    ben.deps.write(move |w| own::read(w, of, name(4))).await.unwrap();
    ana.until("receipts flow", async || state(&ana, &ben.id, 4).await == Some("read")).await;
    stop([ana, ben]).await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_bounds_on_both_sides() {
    let (directory, ana, ben) = strangers().await;
    for n in 1..=5 {
        writes(&ana, &ben.id, n, "Hello?").await;
    }
    until_asked(&ben, &ana.id, 5).await;
    let sixth = tries(&ana, &ben.id, 6, "Hello??").await;
    assert!(matches!(sixth, Err(NodeError::Refused(_))), "{sixth:?}");
    let (of, left) = (ben.id, chat(&ana, &ben.id).await.request.unwrap().left);
    assert_eq!(left, Some(0));

    // A node that does not keep its own bound is refused by the other's, and its owner sees why.
    let forget = move |w: &openred_node::deps::Work<'_, '_>| own::forget(w, of);
    ana.deps.write(forget).await.unwrap();
    writes(&ana, &ben.id, 7, "Hello again").await;
    ana.until("it was refused", async || message(&ana, &ben.id, 7).await.refusal.is_some()).await;
    let refused = message(&ana, &ben.id, 7).await;
    assert_eq!((refused.state, refused.refusal.as_deref()), (Some("failed"), Some("slow_down")));
    assert_eq!(texts(&ben, &ana.id).await.len(), 5);

    // Emptied, it still counts.
    let of = ana.id;
    ben.deps.write(move |w| own::forget(w, of)).await.unwrap();
    assert!(requests_at(&ben).await.is_empty() && notified(&ben).await == 0);
    writes(&ana, &ben.id, 8, "And again").await;
    ana.until("refused too", async || state(&ana, &ben.id, 8).await == Some("failed")).await;
    assert!(requests_at(&ben).await.is_empty());
    stop([ana, ben]).await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_to_write_is_refused_and_who_is_blocked_hears_nothing() {
    let (directory, ana, ben) = strangers().await;
    takes_requests_of(&ben, MessageRequests::Known).await;
    writes(&ana, &ben.id, 1, "Hello").await;
    ana.until("refused", async || state(&ana, &ben.id, 1).await == Some("failed")).await;
    assert_eq!(message(&ana, &ben.id, 1).await.refusal.as_deref(), Some("refused"));

    // Chloé follows Ben: he knows her.
    let chloe = Node::start("Chloé").await;
    chloe.join(&directory).await;
    chloe.talks(0).await;
    let to = ben.id;
    chloe.deps.write(move |w| contacts::ask(w, &to, Asked::Follower, "")).await.unwrap();
    ben.until_person("a follower", &chloe.id, |person| person.is_follower()).await;
    writes(&chloe, &ben.id, 2, "I read all you write").await;
    until_asked(&ben, &chloe.id, 1).await;
    assert!(requests_at(&ben).await[0].request.as_ref().unwrap().follows);

    let of = chloe.id;
    ben.deps.write(move |w| contacts::block(w, &of)).await.unwrap();
    assert!(requests_at(&ben).await.is_empty());
    let held = ben.deps.read(|w| Ok(chats::requests_held(w.tx)?)).await.unwrap();
    assert_eq!(held, 0, "nothing of it is left");
    writes(&chloe, &ben.id, 3, "Are you there?").await;
    chloe
        .until("it has left, and she is told nothing", async || {
            state(&chloe, &ben.id, 3).await == Some("requested")
        })
        .await;
    assert!(requests_at(&ben).await.is_empty());
    stop([ana, ben, chloe]).await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_write_to_each_other_at_once_need_no_answer() {
    let (directory, ana, ben) = strangers().await;
    tokio::join!(writes(&ana, &ben.id, 1, "Are you the baker?"), writes(&ben, &ana.id, 2, "Do you sing?"));
    for (node, of) in [(&ana, &ben), (&ben, &ana)] {
        node.until("both are there", async || {
            texts(node, &of.id).await.len() == 2 && chat(node, &of.id).await.request.is_none()
        })
        .await;
        assert!(requests_at(node).await.is_empty());
    }
    stop([ana, ben]).await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_friendship_answers_a_request() {
    let (directory, ana, ben) = strangers().await;
    writes(&ana, &ben.id, 1, "We met at the market").await;
    until_asked(&ben, &ana.id, 1).await;
    ben.ask(&ana.id, "").await;
    ana.until_person("asked", &ben.id, |person| person.is_more_than_met()).await;
    ana.accept(&ben.id).await.unwrap();
    ben.until("it is a conversation", async || {
        requests_at(&ben).await.is_empty() && listed(&ben).await.len() == 1
    })
    .await;
    writes(&ben, &ana.id, 2, "Yes!").await;
    until_texts(&ana, &ben.id, &["We met at the market", "Yes!"]).await;
    assert_eq!(state(&ana, &ben.id, 1).await, Some("delivered"));

    // Friends no more: neither writes to the other, not as a request either.
    let of = ana.id;
    ben.deps.write(move |w| contacts::remove(w, &of)).await.unwrap();
    assert!(matches!(tries(&ben, &ana.id, 3, "Hm").await, Err(NodeError::Refused(_))));
    stop([ana, ben]).await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_reaches_who_is_away_by_mail_alone() {
    let (directory, post, [ana, ben]) = two_by_mail_alone().await;
    for node in [&ana, &ben] {
        node.talks(0).await;
    }
    writes(&ana, &ben.id, 1, "We met at the market").await;
    until_asked(&ben, &ana.id, 1).await;
    accepts(&ben, &ana.id).await.unwrap();
    writes(&ben, &ana.id, 2, "I remember").await;
    until_texts(&ana, &ben.id, &["We met at the market", "I remember"]).await;
    assert_eq!((ana.net.sessions(), ben.net.sessions()), (0, 0), "all of this by mail");
    stop([ana, ben]).await;
    post.stop().await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_answers_is_forgotten_after_thirty_days() {
    let directory = Introducer::start().await;
    let (clock, hand) = Clock::manual(Clock::System.now_ms());
    let (ana, ben) = (Node::start("Ana").await, Node::start_at("Ben", clock).await);
    for node in [&ana, &ben] {
        node.join(&directory).await;
        node.talks(0).await;
    }
    writes(&ana, &ben.id, 1, "Hello").await;
    until_asked(&ben, &ana.id, 1).await;
    let rows = async || {
        let count = |w: &openred_node::deps::Work<'_, '_>| Ok(chats::requests_held(w.tx)?);
        ben.deps.read(count).await.unwrap()
    };
    assert_eq!(rows().await, 1);
    hand.advance(requests::WAIT_MS);
    ben.deps.wake.chat();
    ben.until("it is forgotten", async || rows().await == 0).await;
    stop([ana, ben]).await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn friends_have_no_requests() {
    let (ana, ben) = friends().await;
    writes(&ana, &ben.id, 1, "Bread is ready").await;
    until_texts(&ben, &ana.id, &["Bread is ready"]).await;
    assert!(requests_at(&ben).await.is_empty() && chat(&ben, &ana.id).await.request.is_none());
    stop([ana, ben]).await;
}
