//! The signing key is replaced: friends follow, and nothing that was said is lost.

use openred_core::safety::{Compared, SafetyCode};
use openred_node::{
    delivery::store as delivery,
    modules::{
        contacts::{
            self,
            person::{Person, Status},
            view,
        },
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_codes_verify_and_a_new_key_takes_it_back() {
    let directory = Introducer::start().await;
    let (ana, ben, chloe) = (Node::start("Ana").await, Node::start("Ben").await, Node::start("Chloé").await);
    ana.join(&directory).await;
    ben.join(&directory).await;
    ana.befriend(&ben).await;
    chloe.befriend(&ana).await;
    let code = async |node: &Node, of: &Node| {
        let id = of.id;
        let read = node.deps.read(move |w| view::code(w, &contacts::known(w, &id)?));
        read.await.unwrap().unwrap()
    };
    let compare = async |shown: SafetyCode| {
        let id = ben.id;
        ana.deps.write(move |w| contacts::compare(w, &id, &shown)).await.unwrap()
    };
    let verified = async || ana.person(&ben.id).await.unwrap().details.verified;

    assert_eq!((compare(code(&chloe, &ana).await).await, verified().await), (Compared::Others, false));
    assert_eq!((compare(code(&ben, &ana).await).await, verified().await), (Compared::Same, true));
    assert_eq!((compare(code(&chloe, &ana).await).await, verified().await), (Compared::Others, true));
    let mut other = code(&ben, &ana).await;
    other.own.1.0[0] ^= 1;
    assert_eq!((compare(other).await, verified().await), (Compared::Differ, false));
    assert_eq!((compare(code(&ben, &ana).await).await, verified().await), (Compared::Same, true));

    let old = code(&ben, &ana).await;
    ben.rotate().await;
    let changed = |p: &Person| p.details.identity_changed_at.is_some() && !p.details.verified;
    ana.until_person("a new key is to be compared anew", &ben.id, changed).await;
    assert_eq!((compare(old).await, verified().await), (Compared::Differ, false));
    assert_eq!((compare(code(&ben, &ana).await).await, verified().await), (Compared::Same, true));
    assert_eq!(
        ana.person(&ben.id).await.unwrap().details.identity_changed_at,
        None,
        "the owner has compared since"
    );
    for node in [ana, ben, chloe] {
        node.stop().await;
    }
    directory.stop().await;
}
