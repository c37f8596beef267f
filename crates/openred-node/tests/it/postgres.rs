//! The same node on PostgreSQL: the statements of meeting, posting, answering, reading and talking, on a private server.

use openred_core::ids::Hash;
use openred_node::modules::{
    contacts::person::{Person, Status},
    feed::{
        audience::Visibility,
        home::{self, store::Filter, store::Place, view::PostView},
        own,
    },
};
use openred_service::testing::postgres;

use super::{
    chats::can_talk,
    files::goes_over,
    talk::they_go,
    world::{Introducer, Node},
};

/// What a person's feed shows.
async fn feed(node: &Node) -> Vec<PostView> {
    node.deps.read(|w| Ok(home::page(w, Filter::Everyone, Place::TOP, 20)?.items)).await.unwrap()
}

async fn shows(node: &Node, id: Hash, holds: impl Fn(&PostView) -> bool) -> bool {
    feed(node).await.iter().any(|post| post.id == id && holds(post))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_friends_live_on_postgresql() {
    let Some(server) = postgres() else { return };
    let directory = Introducer::start().await;
    let ana = Node::start_on("Ana", &server.fresh_database(), tempfile::tempdir().unwrap()).await;
    let ben = Node::start_on("Ben", &server.fresh_database(), tempfile::tempdir().unwrap()).await;
    ana.join(&directory).await;
    ben.join(&directory).await;
    ana.ask(&ben.id, "from the bakery").await;
    ben.until_person("ben sees the request", &ana.id, |p| p.status == Status::PendingIn).await;
    ben.accept(&ana.id).await.unwrap();
    ana.until_person("ana sees the answer", &ben.id, Person::is_friend).await;
    let text = "First bread from the new oven.".to_owned();
    let post = own::posts::create(&ana.deps, text, Visibility::Friends, None).await.unwrap().id;
    ben.until("ben has the post", async || shows(&ben, post, |p| p.text.starts_with("First bread")).await)
        .await;
    own::comments::create(&ben.deps, post, "Is there any left?".to_owned(), None, None).await.unwrap();
    own::reactions::react(&ben.deps, post, "❤".to_owned()).await.unwrap();
    let answered = |p: &PostView| p.comments.known == 1 && !p.reactions.is_empty();
    ana.until("ana has comment and reaction", async || shows(&ana, post, answered).await).await;
    own::posts::edit(&ana.deps, post, "Second bread.".to_owned()).await.unwrap();
    ben.until("ben sees the edit", async || shows(&ben, post, |p| p.edited_at.is_some()).await).await;
    own::posts::remove(&ana.deps, post).await.unwrap();
    ben.until("it is gone at ben's", async || !shows(&ben, post, |p| !p.deleted).await).await;
    for node in [&ana, &ben] {
        node.talks(0).await;
    }
    can_talk(&ana, &ben).await;
    they_go(&ana, &ben).await;
    goes_over(&ana, &ben, ben.id).await;
    for node in [ana, ben] {
        node.stop().await;
    }
    directory.stop().await;
}
