//! What people expect of conversations, between two nodes: notifications, files, messages that go by themselves.

use std::io::Cursor;

use openred_core::ids::{Id16, NodeId};
use openred_node::modules::{
    chats::{
        files::{NewFile as Attached, view::MessageFile},
        own,
    },
    files::{self, NewFile, offers, store as rows, uploads},
    notify::{
        What,
        store::{self as notices, Notification},
    },
};

use super::{
    chats::{chat, friends, message, name, texts, until_texts, writes},
    world::Node,
};

/// What a node tells its owner about conversations, the newest first.
async fn told(node: &Node) -> Vec<Notification> {
    let page = node.deps.read(|w| Ok(notices::page(w.tx, w.seal, i64::MAX, 50)?)).await.unwrap();
    page.into_iter().filter(|one| one.what == What::Message).collect()
}

async fn sets(node: &Node, of: &NodeId, change: own::Change) {
    let of = *of;
    node.deps.write(move |w| own::set(w, &of, change.clone())).await.unwrap();
}

async fn reads(node: &Node, of: &NodeId, n: u8) {
    let of = *of;
    node.deps.write(move |w| own::read(w, &of, name(n))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_has_one_notification_until_it_is_read() {
    let (ana, ben) = friends().await;
    writes(&ana, &ben.id, 1, "Bread is ready").await;
    until_texts(&ben, &ana.id, &["Bread is ready"]).await;
    let first = told(&ben).await;
    assert_eq!((first.len(), first[0].params.words.as_str()), (1, "Bread is ready"));
    assert_eq!((first[0].params.chat.as_ref(), first[0].params.count), (Some(&ana.id.to_string()), Some(1)));

    writes(&ana, &ben.id, 2, "Come soon").await;
    ben.until("it is told", async || told(&ben).await[0].params.count == Some(2)).await;
    let second = told(&ben).await;
    assert_eq!((second.len(), second[0].params.words.as_str()), (1, "Come soon"), "one, and the newest");
    assert!(second[0].id > first[0].id && !second[0].read);
    let to = ben.id;
    ana.deps.write(move |w| own::remove(w, &to, name(2))).await.unwrap();
    ben.until("what was deleted is not told", async || told(&ben).await[0].params.words == "Bread is ready")
        .await;

    reads(&ben, &ana.id, 2).await;
    assert!(told(&ben).await.is_empty(), "what is read needs no notification");
    sets(&ben, &ana.id, own::Change { muted: Some(true), ..own::Change::default() }).await;
    writes(&ana, &ben.id, 3, "Still hungry?").await;
    ben.until("it came", async || chat(&ben, &ana.id).await.unread == 1).await;
    assert!(told(&ben).await.is_empty(), "muted");
    for node in [ana, ben] {
        node.stop().await;
    }
}

/// A file that this node's owner brings for a conversation.
async fn brought(node: &Node, file: &str, media_type: &str, bytes: Vec<u8>) -> Id16 {
    let (name, media_type) = (file.to_owned(), media_type.to_owned());
    let new = NewFile { name, size: bytes.len() as u64, media_type, keep_original: false, for_chat: true };
    let file = files::begin(&node.deps, new).await.unwrap();
    uploads::append(&node.deps, file.file_id, 0, bytes.into()).await.unwrap();
    file.file_id
}

async fn sends(node: &Node, to: &NodeId, n: u8, text: &str, file: Id16) {
    let file = Some(Attached { id: file, alt: "a loaf".to_owned() });
    let (to, new) = (*to, own::New { name: name(n), text: text.to_owned(), reply_to: None, file });
    node.deps.write(move |w| own::write(w, &to, new.clone())).await.unwrap();
}

async fn file_of(node: &Node, of: &NodeId, n: u8) -> MessageFile {
    message(node, of, n).await.file.unwrap()
}

/// Whole files on this node's disk.
async fn on_disk(node: &Node) -> usize {
    let (whole, parts) = node.deps.db.read(rows::names).await.unwrap();
    let folder = node.deps.files.folder();
    assert!(whole.iter().all(|hash| folder.whole(hash).exists()));
    let there = std::fs::read_dir(folder.part(&name(0)).parent().unwrap()).unwrap().count();
    there.max(whole.len() + parts.len())
}

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(640, 400).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_comes_by_itself_another_file_on_demand_and_both_go_with_their_messages() {
    let (ana, ben) = friends().await;
    let loaf = brought(&ana, "loaf.jpg", "image/jpeg", picture()).await;
    sends(&ana, &ben.id, 1, "", loaf).await;
    ben.until("the picture is here", async || {
        texts(&ben, &ana.id).await.len() == 1 && file_of(&ben, &ana.id, 1).await.state == "here"
    })
    .await;
    let shown = file_of(&ben, &ana.id, 1).await;
    assert_eq!((shown.name.as_str(), shown.alt.as_str()), ("loaf.jpg", "a loaf"));
    assert!(shown.thumbnail_url.is_some() && shown.id.is_some());
    let elsewhere = ben.deps.read(|w| Ok(rows::offers::list(w.tx, w.seal, false, (i64::MAX, 9), w.now)?));
    assert!(elsewhere.await.unwrap().is_empty(), "the conversation alone shows it");

    let recipe = brought(&ana, "recipe.pdf", "application/pdf", vec![7; 100_000]).await;
    sends(&ana, &ben.id, 2, "How it is made", recipe).await;
    until_texts(&ben, &ana.id, &["", "How it is made"]).await;
    let shown = file_of(&ben, &ana.id, 2).await;
    assert_eq!((shown.state, shown.have, shown.size), ("offered", 0, 100_000));
    offers::want(&ben.deps, shown.offer.unwrap()).await.unwrap();
    ben.until("it is fetched", async || file_of(&ben, &ana.id, 2).await.state == "here").await;
    assert_eq!(
        (file_of(&ana, &ben.id, 2).await.state, on_disk(&ana).await, on_disk(&ben).await),
        ("here", 2, 2)
    );

    // Of two messages with one file the first to go leaves it to the other.
    sends(&ana, &ben.id, 3, "Once more", recipe).await;
    ben.until("once more", async || texts(&ben, &ana.id).await.len() == 3).await;
    for n in [1, 2] {
        let to = ben.id;
        ana.deps.write(move |w| own::remove(w, &to, name(n))).await.unwrap();
    }
    ben.until("nothing of it is left", async || on_disk(&ben).await == 0).await;
    ana.until("but what is still offered", async || on_disk(&ana).await == 1).await;
    let last = file_of(&ben, &ana.id, 3).await;
    offers::want(&ben.deps, last.offer.unwrap()).await.unwrap();
    ben.until("it is fetched again", async || file_of(&ben, &ana.id, 3).await.state == "here").await;
    for node in [ana, ben] {
        node.stop().await;
    }
}
