//! Friends whose nodes can never speak to each other: no address, no session, only a directory that knows their
//! descriptors and relays that keep their mail.

use openred_core::{
    ids::{Hash, NodeId},
    sign::SigningKey,
};
use openred_node::{
    delivery,
    modules::{
        contacts::{
            self,
            person::{Person, Status},
        },
        feed::{
            audience::Visibility,
            home::{self, store::Filter, store::Place, view::PostView},
            own,
        },
    },
    net::relays::store as relays,
};
use openred_relay::client::{RelayAddress, RelayClient};
use openred_service::{
    http_client::{AllowPrivate, HttpClient, HttpClientConfig},
    lifecycle::Clock,
};

use super::world::{Introducer, Node, Post, Ways, two_by_mail_alone};

async fn feed(node: &Node) -> Vec<PostView> {
    node.deps.read(|w| Ok(home::page(w, Filter::Everyone, Place::TOP, 20)?.items)).await.unwrap()
}

async fn shows(node: &Node, id: Hash, holds: impl Fn(&PostView) -> bool) -> bool {
    feed(node).await.iter().any(|post| post.id == id && holds(post))
}

async fn writes(node: &Node, text: &str) -> Hash {
    own::posts::create(&node.deps, text.to_owned(), Visibility::Friends, None).await.unwrap().id
}

/// How much waits in the outbox, and how much failed.
async fn outbox(node: &Node) -> (u64, u64) {
    node.deps.db.read(delivery::store::counts).await.unwrap()
}

async fn are_friends(ana: &Node, ben: &Node) {
    ana.ask(&ben.id, "from the bakery").await;
    ben.until_person("ben has the request", &ana.id, |p| p.status == Status::PendingIn).await;
    ben.accept(&ana.id).await.unwrap();
    ana.until_person("ana has the answer", &ben.id, Person::is_friend).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn friends_who_are_never_online_together_share_requests_posts_and_comments() {
    let (directory, post, [ana, ben]) = two_by_mail_alone().await;
    ana.ask(&ben.id, "from the bakery").await;
    let request = ben.until_person("ben has the request", &ana.id, |p| p.status == Status::PendingIn).await;
    assert_eq!((request.details.note.as_str(), request.shown_name()), ("from the bakery", "Ana".to_owned()));
    ben.accept(&ana.id).await.unwrap();
    ana.until_person("ana has the answer", &ben.id, Person::is_friend).await;

    let bread = writes(&ana, "First bread from the new oven.").await;
    ben.until("ben has the post", async || shows(&ben, bread, |p| p.text.starts_with("First")).await).await;
    own::comments::create(&ben.deps, bread, "Is there any left?".to_owned(), None, None).await.unwrap();
    own::reactions::react(&ben.deps, bread, "❤".to_owned()).await.unwrap();
    let answered = |p: &PostView| p.comments.known == 1 && !p.reactions.is_empty();
    ana.until("ana has comment and reaction", async || shows(&ana, bread, answered).await).await;
    own::posts::edit(&ana.deps, bread, "Second bread.".to_owned()).await.unwrap();
    ben.until("ben has the edit", async || shows(&ben, bread, |p| p.edited_at.is_some()).await).await;
    for node in [&ana, &ben] {
        node.until("receipts came for all of it", async || outbox(node).await == (0, 0)).await;
        assert_eq!(node.net.sessions(), 0, "all of this by mail");
    }

    let ben_id = ben.id;
    ana.deps.write(move |w| contacts::remove(w, &ben_id)).await.unwrap();
    ben.until_person("ben learns that it is over", &ana.id, |p| !p.is_friend()).await;
    let left = async |node: &Node, of: &NodeId| {
        let person = node.person(of).await.unwrap().id;
        node.deps.read(move |w| Ok(relays::queues_of(w.tx, w.seal, person)?)).await.unwrap()
    };
    ana.until("her queue for him is no more", async || left(&ana, &ben.id).await.is_empty()).await;
    ben.until("nor his for her", async || left(&ben, &ana.id).await.is_empty()).await;
    for node in [ana, ben] {
        node.stop().await;
    }
    post.stop().await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_relays_is_enough_and_nothing_comes_twice() {
    let (directory, one, other) = (Introducer::start().await, Post::start().await, Post::start().await);
    let (ana, ben) = (Node::start_by("Ana", &Ways::NONE).await, Node::start_by("Ben", &Ways::NONE).await);
    for node in [&ana, &ben] {
        for post in [&one, &other] {
            node.takes_mail_at(post).await;
        }
        node.join(&directory).await;
    }
    are_friends(&ana, &ben).await;
    let both = async |node: &Node, of: &Node| {
        let person = node.person(&of.id).await.unwrap().id;
        let routes = node.deps.read(move |w| Ok(delivery::mail::store::routes(w.tx, w.seal, person)?));
        let routes = routes.await.unwrap();
        routes.is_some_and(|routes| routes.relays.len() == 2)
    };
    ana.until("she knows both of his", async || both(&ana, &ben).await).await;
    let first = writes(&ana, "By both.").await;
    ben.until("it came", async || shows(&ben, first, |_| true).await).await;
    one.stop().await;
    let second = writes(&ana, "By one.").await;
    ben.until("that came too", async || shows(&ben, second, |_| true).await).await;
    assert_eq!(feed(&ben).await.len(), 2, "each is there once");
    for node in [ana, ben] {
        node.stop().await;
    }
    other.stop().await;
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_its_relay_has_lost_is_begun_anew() {
    let (directory, post, [ana, ben]) = two_by_mail_alone().await;
    are_friends(&ana, &ben).await;
    let queue_of = async || {
        let person = ben.person(&ana.id).await.unwrap().id;
        let queues = ben.deps.read(move |w| Ok(relays::queues_of(w.tx, w.seal, person)?)).await.unwrap();
        queues.into_iter().next()
    };
    let lost = queue_of().await.unwrap();
    let address = RelayAddress { url: lost.relay.parse().unwrap(), node_id: lost.secrets.relay_id };
    let config = HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
    let client = RelayClient::new(HttpClient::new(config).unwrap(), address, Clock::System);
    let key = SigningKey::from_seed(*lost.secrets.key.as_bytes());
    client.delete(&key, lost.secrets.queue_id).await.unwrap();
    // As when the connection ends and is opened again.
    ben.net.watch_relays().await.unwrap();
    ben.until("he has another", async || queue_of().await.is_some_and(|queue| queue.id != lost.id)).await;
    let bread = writes(&ana, "Still by mail.").await;
    ben.until("ana was told of it", async || shows(&ben, bread, |_| true).await).await;
    for node in [ana, ben] {
        node.stop().await;
    }
    post.stop().await;
    directory.stop().await;
}
