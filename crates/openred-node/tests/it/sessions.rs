//! Sessions of running nodes: order within them, what the other side refuses, renewal and rest, and grants that are
//! pushed.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use axum::{Router, response::IntoResponse as _};
use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use openred_core::{
    envelope::MessageType,
    frame::{Frame, Item},
    ids::B64,
};
use openred_node::{
    delivery::store as delivery,
    modules::{
        contacts::{
            person::{Person, Status},
            store as people,
        },
        feed::{
            self,
            audience::Visibility,
            home::{self, store::Filter, store::Place},
            own,
        },
        wall,
    },
    net::Live,
};
use openred_service::{
    http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpRequest, HttpResponse},
    lifecycle::{Clock, Lifecycle, listen},
    server::{ServerLimits, serve},
};
use serde_json::json;
use url::Url;

use super::{
    peer::{Peer, acknowledged},
    world::{Introducer, Node},
};

async fn reads(node: &Node, text: &'static str) -> bool {
    let page = node.deps.read(|w| home::page(w, Filter::Everyone, Place::TOP, 20)).await.unwrap();
    page.items.iter().any(|post| post.text == text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_ahead_of_its_turn_waits_for_what_is_missing() {
    let ana = Node::start("Ana").await;
    let mut ben = Peer::friend_of(&ana, "ben").await;
    let (second, third) = (ben.post("second"), ben.post("third"));
    let ahead = ben.item(3, &third);
    let answer = ben.exchange("/p2p/message", &[ahead]).await.unwrap();
    assert_eq!(answer.iter().find_map(acknowledged), Some(1), "nothing beyond the gap is acknowledged");
    assert!(!reads(&ana, "third").await, "nor acted on");
    let missing = ben.item(2, &second);
    ben.exchange("/p2p/message", &[missing]).await.unwrap();
    assert_eq!(ben.until_acknowledged(3).await, 3, "the gap heals by what was missing alone");
    assert!(reads(&ana, "second").await && reads(&ana, "third").await);
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_other_side_refuses_is_shown_as_failed() {
    let ana = Node::start("Ana").await;
    let mut ben = Peer::friend_of(&ana, "ben").await;
    own::posts::create(&ana.deps, "for ben".to_owned(), Visibility::Friends, None).await.unwrap();
    let is_post = |frame: &Frame| matches!(frame, Frame::Item(Item { body, .. }) if String::from_utf8_lossy(body).contains("for ben"));
    let Frame::Item(item) = ben.until_heard("ana's post", is_post).await else { panic!("an item") };
    let failed = json!({
        "stream": item.stream, "upto": 0, "also": [item.n], "status": "failed", "code": "too_large",
    });
    let failed = ben.signed(MessageType::MessageStatus, &failed);
    ben.say(2, &failed).await;
    let (_, count) = ana.deps.read(|w| Ok(delivery::counts(w.tx)?)).await.unwrap();
    assert_eq!(count, 1, "it does not wait for ever, and the owner sees it");
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_descriptor_is_pinned_when_its_owner_sends_it() {
    let ana = Node::start("Ana").await;
    let mut ben = Peer::friend_of(&ana, "ben").await;
    let newer = ben.new_descriptor("Ben of the bakery");
    let update = json!({"descriptor": B64(newer.bytes().to_vec())});
    let update = ben.signed(MessageType::DescriptorUpdate, &update);
    ben.say(2, &update).await;
    let id = ben.id;
    let pinned = async || {
        let read = ana.deps.read(move |w| {
            let person = people::find(w.tx, w.seal, &id)?.unwrap();
            Ok(people::pin_of(w.tx, w.seal, &person)?.descriptor().map(|d| d.hash()))
        });
        read.await.unwrap()
    };
    assert_eq!(pinned().await, Some(newer.hash()));
    let own = ana.net.own_descriptor().unwrap();
    let foreign = json!({"descriptor": B64(own.bytes().to_vec())});
    let foreign = ben.signed(MessageType::DescriptorUpdate, &foreign);
    ben.say(3, &foreign).await;
    assert_eq!(pinned().await, Some(newer.hash()), "somebody else's changes nothing");
    ana.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_hour_a_session_is_replaced_and_nothing_is_lost() {
    let (clock, hands) = Clock::manual(1_790_000_000_000);
    let (ana, ben) = (Node::start_at("Ana", clock.clone()).await, Node::start_at("Ben", clock).await);
    ana.befriend(&ben).await;
    let session = |node: &Node, other: &Node| node.net.session_with(&other.id).map(|live| live.session_id);
    ana.until("a session stands", async || session(&ana, &ben).is_some()).await;
    let first = session(&ana, &ben).unwrap();
    hands.advance(3_600_001);
    own::posts::create(&ana.deps, "An hour later.".to_owned(), Visibility::Friends, None).await.unwrap();
    let mut later = BTreeSet::new();
    ben.until("ben reads it", async || {
        // The clock stands still: what waits for another try is due now.
        hands.advance(1_000);
        ana.deps.wake.ring();
        let reads = reads(&ben, "An hour later.").await;
        later.extend([session(&ana, &ben), session(&ben, &ana)].into_iter().flatten());
        reads
    })
    .await;
    assert!(later.iter().any(|session| *session != first), "by another session");
    let person = ana.person(&ben.id).await.unwrap();
    assert!(person.is_friend());
    // What is still under way arrives; then nothing is said for five minutes: it ends, and nobody opens another.
    ana.until("it rests", async || {
        hands.advance(1_000);
        ana.net.session_with(&ben.id).inspect(Live::carry);
        ben.net.session_with(&ana.id).inspect(Live::carry);
        let waits = ana.deps.read(move |w| Ok(delivery::counts(w.tx)?.0)).await.unwrap();
        waits == 0 && !ana.net.is_connected(&ben.id) && !ben.net.is_connected(&ana.id)
    })
    .await;
    ana.stop().await;
    ben.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_falls_silent_behind_the_handshake_is_not_waited_for() {
    let (clock, hands) = Clock::manual(1_790_000_000_000);
    let ana = Node::start_at("Ana", clock).await;
    let ben = Peer::stranger_to(&ana, "ben").await;
    let looks = || ana.net.session_with(&ben.id).inspect(Live::carry).is_some();
    assert!(looks(), "both first frames were exchanged");
    hands.advance(10_000);
    assert!(looks(), "he may be slow");
    hands.advance(1);
    ana.until("she knows that nobody is there", async || !looks()).await;
    ana.stop().await;
}

async fn call(request: HttpRequest) -> HttpResponse {
    let config = HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
    HttpClient::new(config).unwrap().send(request).await.unwrap()
}

/// Another address of a directory, at which polls find nothing.
async fn without_polls(tasks: &Lifecycle, directory: String) -> String {
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let pass_on = move |method: Method, uri: Uri, body: Bytes| {
        let url = Url::parse(&format!("{directory}{uri}")).unwrap();
        async move {
            if uri.path().ends_with("/poll") {
                tokio::time::sleep(Duration::from_secs(2)).await;
                return StatusCode::NO_CONTENT.into_response();
            }
            let request = HttpRequest::new(method, url);
            let request = if body.is_empty() { request } else { request.body("application/json", body) };
            let answer = call(request).await;
            (answer.status, answer.body).into_response()
        }
    };
    serve(tasks, listener, Router::new().fallback(pass_on), ServerLimits::default());
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_pushes_a_grant_to_a_node_that_asked_for_it() {
    let directory = Introducer::start().await;
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    ben.net.set_flags(1 | 8);
    ana.join(&directory).await;
    // No poll of ben's arrives: what the directory has for him it must bring.
    let tasks = Lifecycle::new(Clock::System);
    ben.join_at(without_polls(&tasks, directory.url()).await).await;
    ana.ask(&ben.id, "pushed").await;
    ben.until_person("ben sees the request", &ana.id, |p| p.status == Status::PendingIn).await;
    ben.accept(&ana.id).await.unwrap();
    ana.until_person("they are friends", &ben.id, Person::is_friend).await;
    let counted = call(HttpRequest::get(Url::parse(&format!("{}/metrics", directory.url())).unwrap())).await;
    let counted = String::from_utf8(counted.body.to_vec()).unwrap();
    assert!(counted.lines().any(|line| line.ends_with("pushes_total 1")), "by push, and once: {counted}");
    // Anybody can push, but not without end.
    let push = |from: &str| {
        let url = Url::parse(&format!("{}/tokens/receive", ben.api_url)).unwrap();
        HttpRequest::post(url).json(&json!({"from": from, "token": "AAAA"})).unwrap()
    };
    let nobody = "00".repeat(32);
    let mut answers = Vec::new();
    for _ in 0..100 {
        let answer = call(push(&nobody)).await;
        answers.push((answer.status.as_u16(), answer.retry_after()));
    }
    assert_eq!(answers[0], (200, None), "a push that is no use is answered like any other");
    let slow = answers.iter().filter(|(status, wait)| *status == 429 && wait.is_some()).count();
    assert!(slow > 0 && answers.iter().all(|(status, _)| [200, 429].contains(status)), "{answers:?}");
    for node in [ana, ben] {
        node.stop().await;
    }
    directory.stop().await;
    tasks.stop_now();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_node_gives_out_what_is_public_and_friends_read_it() {
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    ana.befriend(&ben).await;
    let sealed = ana.deps.seal.clone();
    let public =
        own::posts::create(&ana.deps, "Fresh bread.".to_owned(), Visibility::Public, None).await.unwrap().id;
    ben.until("ben reads it", async || reads(&ben, "Fresh bread.").await).await;
    // What ana says from now on waits: ben is locked too, until she is.
    let bens = ben.deps.seal.take().unwrap();
    ben.net.lock();
    ana.until("no session is left", async || !ana.net.is_connected(&ben.id)).await;
    own::posts::create(&ana.deps, "For friends only.".to_owned(), Visibility::Friends, None).await.unwrap();
    own::posts::edit(&ana.deps, public, "Fresh bread, still warm.".to_owned()).await.unwrap();
    let sealer = sealed.take().unwrap();
    ana.net.lock();
    ben.deps.seal.put(bens);
    let url = Url::parse(&format!("{}/p2p/wall", ana.api_url)).unwrap();
    let answer = call(HttpRequest::get(url)).await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=60");
    let page: wall::Page = answer.success().unwrap().json().unwrap();
    assert_eq!(
        (page.node_id, page.items.len(), page.next),
        (ana.id, 2, None),
        "a post and its edit, no more"
    );
    let key = *ana.net.own_descriptor().unwrap().signing_key();
    for item in &page.items {
        let envelope = openred_core::envelope::Envelope::parse(&item.0).unwrap().verify(&key).unwrap();
        assert!(!String::from_utf8_lossy(envelope.canonical()).contains("friends only"));
    }
    // Ben cannot have a session, and reads the wall instead.
    let id = ana.id;
    ben.deps
        .write(move |w| {
            let person = people::find(w.tx, w.seal, &id)?.unwrap();
            let beat = openred_core::payload::Heartbeat { active: true, until: None };
            openred_node::modules::contacts::say(w, &person, beat.into())
        })
        .await
        .unwrap();
    ben.until("ben reads the edit", async || reads(&ben, "Fresh bread, still warm.").await).await;
    let held = async || ben.deps.read(move |w| Ok(feed::posts::store::find(w.tx, w.seal, &public)?)).await;
    assert!(held().await.unwrap().is_some());
    sealed.put(sealer);
    ana.stop().await;
    ben.stop().await;
}
