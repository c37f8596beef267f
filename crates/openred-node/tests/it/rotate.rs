//! The signing key is replaced: friends follow, and nothing that was said is lost.

use openred_node::{
    delivery::store as delivery,
    modules::{
        contacts::person::{Person, Status},
        feed::{
            audience::Visibility,
            home::{self, store::Filter, store::Place},
            own,
        },
    },
};

use super::world::{Introducer, Node};

async fn reads(node: &Node, text: &'static str) -> bool {
    let page = node.deps.read(|w| home::page(w, Filter::Everyone, Place::TOP, 20)).await.unwrap();
    page.items.iter().any(|post| post.text == text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_friend_follows_a_new_key_and_gets_what_was_said_under_the_old_one() {
    let directory = Introducer::start().await;
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    ana.join(&directory).await;
    ben.join(&directory).await;
    ana.ask(&ben.id, "").await;
    ben.until_person("ben sees the request", &ana.id, |p| p.status == Status::PendingIn).await;
    ben.accept(&ana.id).await.unwrap();
    ana.until_person("ana sees the answer", &ben.id, Person::is_friend).await;
    // Ben's owner locks: what ana says now waits, signed by the old key.
    let sealed = ben.deps.seal.clone();
    let sealer = sealed.take().unwrap();
    ben.net.lock();
    ana.until("the session is over", async || !ana.net.is_connected(&ben.id)).await;
    own::posts::create(&ana.deps, "Before.".to_owned(), Visibility::Friends, None).await.unwrap();
    ana.until("it waits", async || ana.deps.read(|w| Ok(delivery::counts(w.tx)?.0 > 0)).await.unwrap()).await;
    ana.rotate().await;
    sealed.put(sealer);
    own::posts::create(&ana.deps, "After.".to_owned(), Visibility::Friends, None).await.unwrap();
    ben.until("ben reads both", async || reads(&ben, "Before.").await && reads(&ben, "After.").await).await;
    let changed = |p: &Person| p.details.identity_changed_at.is_some() && p.is_friend();
    ben.until_person("ben is told that the key changed", &ana.id, changed).await;
    for node in [ana, ben] {
        node.stop().await;
    }
    directory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_friend_gets_what_was_said_before_the_key_was_replaced() {
    let (ana, chloe) = (Node::start("Ana").await, Node::start("Chloé").await);
    let post =
        own::posts::create(&ana.deps, "Long ago.".to_owned(), Visibility::Friends, None).await.unwrap().id;
    own::posts::create(&ana.deps, "For all.".to_owned(), Visibility::Public, None).await.unwrap();
    own::posts::edit(&ana.deps, post, "Longer ago.".to_owned()).await.unwrap();
    own::comments::create(&ana.deps, post, "Indeed.".to_owned(), None, None).await.unwrap();
    ana.rotate().await;
    ana.befriend(&chloe).await;
    chloe
        .until("chloé reads both", async || {
            reads(&chloe, "Longer ago.").await && reads(&chloe, "For all.").await
        })
        .await;
    let comments =
        async || chloe.deps.read(move |w| Ok(home::thread(w, &post)?.comments.len())).await.unwrap();
    chloe.until("chloé reads the comment", async || comments().await == 1).await;
    for node in [ana, chloe] {
        node.stop().await;
    }
}
