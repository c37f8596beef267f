//! Private conversations between two nodes.

use openred_core::ids::{Id16, NodeId};
use openred_node::{
    error::NodeError,
    modules::{
        chats::{
            keys, mls, own, store,
            view::{self, ChatView, MessageView},
        },
        contacts::person::{Person, Status},
    },
};

use super::world::{Node, two_by_mail_alone};

pub(crate) fn name(n: u8) -> Id16 {
    Id16([n; 16])
}

pub(crate) async fn tries(node: &Node, to: &NodeId, n: u8, text: &str) -> Result<i64, NodeError> {
    let (to, new) =
        (*to, own::New { name: name(n), words: text.to_owned().into(), reply_to: None, file: None });
    node.deps.write(move |w| own::write(w, to, new.clone())).await
}

pub(crate) async fn writes(node: &Node, to: &NodeId, n: u8, text: &str) {
    tries(node, to, n, text).await.unwrap();
}

/// Messages with somebody, the oldest first.
pub(crate) async fn messages(node: &Node, of: &NodeId) -> Vec<MessageView> {
    let of = *of;
    let mut page = node.deps.read(move |w| view::page(w, of, i64::MAX, 200)).await.unwrap();
    page.reverse();
    page
}

pub(crate) async fn texts(node: &Node, of: &NodeId) -> Vec<String> {
    let shown = |message: MessageView| message.text.unwrap_or_else(|| "(deleted)".to_owned());
    messages(node, of).await.into_iter().map(shown).collect()
}

pub(crate) async fn message(node: &Node, of: &NodeId, n: u8) -> MessageView {
    let id = name(n).to_string();
    messages(node, of).await.into_iter().find(|message| message.id == id).unwrap()
}

pub(crate) async fn chat(node: &Node, of: &NodeId) -> ChatView {
    let of = *of;
    node.deps.read(move |w| view::one(w, of)).await.unwrap()
}

pub(crate) async fn until_texts(node: &Node, of: &NodeId, expected: &[&str]) {
    node.until(&format!("{expected:?}"), async || texts(node, of).await == expected).await;
}

/// Waits until a node holds keys of the other.
pub(crate) async fn until_keys(node: &Node, of: &NodeId) {
    let person = node.person(of).await.unwrap().id;
    let held = async || {
        let count = move |w: &openred_node::deps::Work<'_, '_>| Ok(keys::store::count(w.tx, person)?);
        node.deps.read(count).await.unwrap() == 2
    };
    node.until("it has the other's keys", held).await;
}

pub(crate) async fn friends() -> (Node, Node) {
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    ana.talks(0).await;
    ben.talks(0).await;
    ana.befriend(&ben).await;
    can_talk(&ana, &ben).await;
    (ana, ben)
}

/// Waits until either may begin.
pub(crate) async fn can_talk(ana: &Node, ben: &Node) {
    until_keys(ana, &ben.id).await;
    until_keys(ben, &ana.id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn friends_write_answer_react_edit_and_delete() {
    let (ana, ben) = friends().await;
    writes(&ana, &ben.id, 1, "Does the oven work?").await;
    until_texts(&ben, &ana.id, &["Does the oven work?"]).await;
    assert_eq!(chat(&ben, &ana.id).await.unread, 1);
    ana.until("it was delivered", async || message(&ana, &ben.id, 1).await.state == Some("delivered")).await;

    let (to, answer) = (
        ana.id,
        own::New { name: name(2), words: "Like new.".to_owned().into(), reply_to: Some(name(1)), file: None },
    );
    ben.deps.write(move |w| own::write(w, to, answer.clone())).await.unwrap();
    ben.deps.write(move |w| own::react(w, to, name(1), "🍞".to_owned())).await.unwrap();
    ben.deps.write(move |w| own::read(w, to, name(2))).await.unwrap();
    ana.until("she has all of it", async || {
        let (first, all) = (message(&ana, &ben.id, 1).await, messages(&ana, &ben.id).await);
        all.len() == 2 && first.state == Some("read") && first.reactions.len() == 1
    })
    .await;
    assert_eq!(chat(&ben, &ana.id).await.unread, 0);
    let answered = message(&ana, &ben.id, 2).await.reply_to.unwrap();
    assert_eq!((answered.mine, answered.gist.as_deref()), (true, Some("Does the oven work?")));

    let to = ben.id;
    ana.deps.write(move |w| own::edit(w, to, name(1), "Does the new oven work?".to_owned())).await.unwrap();
    until_texts(&ben, &ana.id, &["Does the new oven work?", "Like new."]).await;
    assert!(message(&ben, &ana.id, 1).await.edited_at.is_some());
    ana.deps.write(move |w| own::remove(w, to, name(1))).await.unwrap();
    until_texts(&ben, &ana.id, &["(deleted)", "Like new."]).await;
    assert!(message(&ben, &ana.id, 1).await.reactions.is_empty());
    for node in [ana, ben] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_may_be_taken_back_until_it_leaves_and_is_made_once() {
    let (ana, ben) = friends().await;
    ana.talks(30).await;
    writes(&ana, &ben.id, 1, "Typo").await;
    let held = message(&ana, &ben.id, 1).await;
    assert!(held.state == Some("held") && held.undo_until.is_some());
    let to = ben.id;
    let body = ana.deps.write(move |w| own::undo(w, to, name(1))).await.unwrap();
    assert_eq!(body.text, "Typo");
    assert!(messages(&ana, &ben.id).await.is_empty());

    writes(&ana, &ben.id, 2, "One").await;
    writes(&ana, &ben.id, 2, "One").await;
    let other = tries(&ana, &ben.id, 2, "Another").await;
    assert!(matches!(other, Err(NodeError::Conflict(_))), "{other:?}");
    assert!(matches!(tries(&ana, &ben.id, 3, " ").await, Err(NodeError::Invalid { .. })));
    // The next message sends the one before on its way.
    writes(&ana, &ben.id, 4, "Two").await;
    until_texts(&ben, &ana.id, &["One"]).await;
    let gone = ana.deps.write(move |w| own::undo(w, to, name(2))).await;
    assert!(matches!(gone, Err(NodeError::Conflict(_))), "{gone:?}");
    for node in [ana, ben] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_may_begin_at_once_and_a_new_key_ends_nothing() {
    let (ana, ben) = friends().await;
    tokio::join!(writes(&ana, &ben.id, 1, "Hello Ben"), writes(&ben, &ana.id, 2, "Hello Ana"));
    let both = ["Hello Ana", "Hello Ben"];
    for (node, of) in [(&ana, &ben), (&ben, &ana)] {
        node.until("both are there", async || {
            let mut all = texts(node, &of.id).await;
            all.sort();
            all == both
        })
        .await;
    }
    writes(&ana, &ben.id, 3, "Three").await;
    ben.until("three", async || texts(&ben, &ana.id).await.len() == 3).await;
    ana.rotate().await;
    writes(&ana, &ben.id, 4, "Four").await;
    ben.until("four, after a rotation", async || texts(&ben, &ana.id).await.len() == 4).await;
    writes(&ben, &ana.id, 5, "Five").await;
    ana.until("five", async || texts(&ana, &ben.id).await.len() == 5).await;
    for node in [ana, ben] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_opened_is_said_again_in_a_new_group() {
    let (ana, ben) = friends().await;
    writes(&ana, &ben.id, 1, "One").await;
    until_texts(&ben, &ana.id, &["One"]).await;
    let person = ben.person(&ana.id).await.unwrap().id;
    let group = async |node: &Node, person: i64| {
        node.deps.read(move |w| Ok(store::with(w.tx, w.seal, person)?.unwrap().group)).await.unwrap().unwrap()
    };
    let before = group(&ben, person).await;
    // Ben's node loses its keys of the conversation.
    let lost = ben.deps.write(move |w| mls::with(w, |chat| chat.forget(before))).await.unwrap();
    lost.unwrap();
    for (n, text) in [(2, "Two"), (3, "Three"), (4, "Four")] {
        writes(&ana, &ben.id, n, text).await;
    }
    until_texts(&ben, &ana.id, &["One", "Two", "Three", "Four"]).await;
    assert_ne!(group(&ben, person).await, before);
    for n in 2..5 {
        ana.until("none has failed", async || message(&ana, &ben.id, n).await.state == Some("delivered"))
            .await;
    }
    writes(&ben, &ana.id, 5, "Five").await;
    until_texts(&ana, &ben.id, &["One", "Two", "Three", "Four", "Five"]).await;
    for node in [ana, ben] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_begins_and_goes_on_by_mail_alone() {
    let (directory, post, [ana, ben]) = two_by_mail_alone().await;
    for node in [&ana, &ben] {
        node.talks(0).await;
    }
    ana.ask(&ben.id, "").await;
    ben.until_person("a request", &ana.id, |p| p.status == Status::PendingIn).await;
    ben.accept(&ana.id).await.unwrap();
    // Before any key has come: the message waits for it, and leaves by itself.
    writes(&ben, &ana.id, 1, "Welcome").await;
    ana.until_person("they are friends", &ben.id, Person::is_friend).await;
    until_texts(&ana, &ben.id, &["Welcome"]).await;
    writes(&ana, &ben.id, 2, "Thanks").await;
    until_texts(&ben, &ana.id, &["Welcome", "Thanks"]).await;
    ana.until("it was delivered", async || message(&ana, &ben.id, 2).await.state == Some("delivered")).await;
    assert_eq!((ana.net.sessions(), ben.net.sessions()), (0, 0), "all of this by mail");
    for node in [ana, ben] {
        node.stop().await;
    }
    post.stop().await;
    directory.stop().await;
}
