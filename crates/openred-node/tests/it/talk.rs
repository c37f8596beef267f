//! What people expect of conversations, between two nodes: notifications, files, messages that go by themselves.

use std::io::Cursor;

use openred_core::{
    ids::{B64, Id16, NodeId},
    payload::Voice,
};
use openred_node::error::NodeError;
use openred_node::modules::{
    chats::{
        files::{NewFile as Attached, view::MessageFile},
        own, typing,
        view::MessageKind,
    },
    files::{self, NewFile, offers, store as rows, uploads},
    notify::{
        What,
        store::{self as notices, Notification},
    },
    search,
    settings::{Settings, store as settings},
};
use serde_json::json;

use super::{
    chats::{chat, friends, message, messages, name, texts, until_texts, writes},
    world::Node,
};

/// What a node tells its owner about conversations, the newest first.
async fn told(node: &Node) -> Vec<Notification> {
    let page = node.deps.read(|w| Ok(notices::page(w.tx, w.seal, i64::MAX, 50)?)).await.unwrap();
    page.into_iter().filter(|one| one.what == What::Message).collect()
}

async fn sets(node: &Node, of: &NodeId, change: own::Change) {
    let of = *of;
    node.deps.write(move |w| own::set(w, of, change.clone())).await.unwrap();
}

async fn reads(node: &Node, of: &NodeId, n: u8) {
    let of = *of;
    node.deps.write(move |w| own::read(w, of, name(n))).await.unwrap();
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
    ana.deps.write(move |w| own::remove(w, to, name(2))).await.unwrap();
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
pub(crate) async fn brought(node: &Node, file: &str, media_type: &str, bytes: Vec<u8>) -> Id16 {
    let (name, media_type) = (file.to_owned(), media_type.to_owned());
    let new = NewFile { name, size: bytes.len() as u64, media_type, keep_original: false, for_chat: true };
    let file = files::begin(&node.deps, new).await.unwrap();
    uploads::append(&node.deps, file.file_id, 0, bytes.into()).await.unwrap();
    file.file_id
}

async fn sends(node: &Node, to: &NodeId, n: u8, text: &str, file: Id16) {
    let file = Some(Attached { id: file, alt: "a loaf".to_owned(), voice: None });
    let (to, new) = (*to, own::New { name: name(n), words: text.to_owned().into(), reply_to: None, file });
    node.deps.write(move |w| own::write(w, to, new.clone())).await.unwrap();
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

pub(crate) fn picture() -> Vec<u8> {
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
        ana.deps.write(move |w| own::remove(w, to, name(n))).await.unwrap();
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

/// How many messages a node finds.
async fn found(node: &Node, query: &'static str) -> usize {
    node.deps.read(move |w| Ok(search::find(w, query, None, i64::MAX, 9)?.found.len())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_comes_by_itself_with_its_length_and_how_loud_it_is() {
    let (ana, ben) = friends().await;
    let sound = brought(&ana, "voice.webm", "audio/webm", vec![3; 40_000]).await;
    let says = |n: u8, ms: u64| {
        let voice = Some(Voice { ms, levels: B64(vec![0, 128, 255]) });
        let file = Some(Attached { id: sound, alt: String::new(), voice });
        let (to, new) =
            (ben.id, own::New { name: name(n), words: String::new().into(), reply_to: None, file });
        let deps = ana.deps.clone();
        async move { deps.write(move |w| own::write(w, to, new.clone())).await }
    };
    assert!(matches!(says(1, 0).await, Err(NodeError::Invalid { field: "voice", .. })), "no length");
    says(1, 5_300).await.unwrap();
    ben.until("it is here", async || {
        texts(&ben, &ana.id).await.len() == 1 && file_of(&ben, &ana.id, 1).await.state == "here"
    })
    .await;
    for file in [file_of(&ben, &ana.id, 1).await, file_of(&ana, &ben.id, 1).await] {
        let voice = file.voice.unwrap();
        assert_eq!((voice.ms, voice.levels.0, file.name.as_str()), (5_300, vec![0, 128, 255], "voice.webm"));
    }
    for node in [ana, ben] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_go_at_their_time_on_both_sides_with_all_that_they_carried() {
    let (ana, ben) = friends().await;
    they_go(&ana, &ben).await;
    for node in [ana, ben] {
        node.stop().await;
    }
}

/// A message with a picture, written under a timer, goes at both.
pub(crate) async fn they_go(ana: &Node, ben: &Node) {
    writes(ana, &ben.id, 1, "This stays").await;
    sets(ana, &ben.id, own::Change { timer_s: Some(10), ..own::Change::default() }).await;
    ben.until("the timer is set for both", async || chat(ben, &ana.id).await.timer_s == 10).await;
    let line = messages(ben, &ana.id).await.pop().unwrap();
    assert_eq!((line.kind, line.mine, line.text), (MessageKind::Note, false, None));
    assert_eq!(line.note.map(|note| (note.what, note.seconds)), Some(("timer".to_owned(), Some(10))));
    assert_eq!(chat(ben, &ana.id).await.unread, 1, "nobody has to read such a line");
    let short = ben.deps.write({
        let of = ana.id;
        move |w| own::set(w, of, own::Change { timer_s: Some(4), ..own::Change::default() })
    });
    assert!(short.await.is_err());

    let loaf = brought(ana, "loaf.jpg", "image/jpeg", picture()).await;
    sends(ana, &ben.id, 2, "Look, quickly", loaf).await;
    ben.until("it came", async || texts(ben, &ana.id).await.len() == 3).await;
    ben.until("with its picture", async || file_of(ben, &ana.id, 2).await.state == "here").await;
    assert_eq!((found(ana, "quickly").await, found(ben, "quickly").await), (1, 1));
    ana.until("it is gone where it was written", async || texts(ana, &ben.id).await.len() == 2).await;
    ana.until("and its file", async || on_disk(ana).await == 0).await;
    assert_eq!((found(ana, "quickly").await, found(ana, "stays").await), (0, 1));

    let unread = message(ben, &ana.id, 2).await;
    assert_eq!((unread.expires_s, unread.expires_at), (Some(10), None), "he has not read it");
    reads(ben, &ana.id, 2).await;
    assert!(message(ben, &ana.id, 2).await.expires_at.is_some());
    ben.until("it is gone", async || texts(ben, &ana.id).await.len() == 2).await;
    ben.until("and its copy", async || on_disk(ben).await == 0).await;
    assert_eq!((found(ben, "quickly").await, found(ben, "loaf").await, found(ben, "stays").await), (0, 0, 1));

    sets(ben, &ana.id, own::Change { timer_s: Some(0), ..own::Change::default() }).await;
    ana.until("no timer any more", async || chat(ana, &ben.id).await.timer_s == 0).await;
}

async fn shows_signs(node: &Node) {
    let set = node.deps.write_plain(|tx| {
        let shown = Settings { typing_signs: true, ..settings::get(tx)? };
        settings::set(tx, &shown, 0)
    });
    set.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_is_seen_by_who_shows_it_too() {
    let (ana, ben) = friends().await;
    writes(&ana, &ben.id, 1, "Hello").await;
    until_texts(&ben, &ana.id, &["Hello"]).await;
    let to = ben.id;
    let whom = async || ana.deps.read(move |w| typing::whom(w, to.into())).await.unwrap();
    assert!(whom().await.is_none(), "off unless the owner wants it");
    shows_signs(&ana).await;
    let (group, people) = whom().await.unwrap();
    assert_eq!(people, [ben.id]);
    let says = async |group: Id16| {
        let live = ana.net.session_with(&to).unwrap();
        live.ask(typing::PATH, json!({"group": group}).to_string()).await.unwrap().status
    };
    assert_eq!(says(group).await, 403, "he shows none, so he sees none");
    shows_signs(&ben).await;
    assert_eq!(says(name(9)).await, 404, "no group of theirs");
    let (_, mut live) = ben.deps.events.listen(None);
    assert_eq!(says(group).await, 200);
    let id = ana.id.to_string();
    ben.until("his app is told", async || {
        let told = live.try_recv().map(|event| event.data);
        told.is_ok_and(|data| data == json!({"id": id, "node_id": id, "typing": true}))
    })
    .await;
    let (kept, _) = ben.deps.events.listen(Some(0));
    assert!(kept.iter().all(|event| event.data.get("typing").is_none()), "nothing of it is kept");
    for node in [ana, ben] {
        node.stop().await;
    }
}
