//! Conversations of many: people who know only the one who brought them together.

use std::sync::Arc;

use openred_core::{
    ids::{B64, Id16, NodeId},
    payload::{DirectMessage, Mention, Talk, TalkKind},
};
use openred_node::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::{
            files::NewFile as Attached,
            groups::{
                commits::store as commits,
                own as groups, store,
                view::{GroupView, group as group_view},
            },
            mls, own,
            view::{self, MessageKind, MessageView},
            whom::ChatId,
        },
        contacts,
        notify::{What, store as notices},
        settings::{Settings, store as settings},
    },
    seal::Sealer,
};
use openred_proto::{
    now::Now,
    order::{Effects, Input, bounds::RESEND_MS},
};
use openred_service::lifecycle::Clock;

use super::{
    chats::until_keys,
    talk::{brought, picture},
    world::Node,
};

fn name(n: u8) -> Id16 {
    Id16([n; 16])
}

pub(crate) async fn writes(node: &Node, group: Id16, n: u8, text: &str) {
    let new = own::New { name: name(n), words: text.to_owned().into(), reply_to: None, file: None };
    node.deps.write(move |w| own::write(w, group, new.clone())).await.unwrap();
}

/// Messages and lines of a group, the oldest first.
async fn messages(node: &Node, group: Id16) -> Vec<MessageView> {
    let page = node.deps.read(move |w| view::page(w, ChatId::Group(group), i64::MAX, 200)).await;
    // It may not be in yet.
    let mut page = page.unwrap_or_default();
    page.reverse();
    page
}

/// What was said, in alphabetical order: members may hear two messages of different people in any order.
pub(crate) async fn texts(node: &Node, group: Id16) -> Vec<String> {
    let mut texts: Vec<_> = messages(node, group).await.into_iter().filter_map(|one| one.text).collect();
    texts.sort();
    texts
}

async fn message(node: &Node, group: Id16, n: u8) -> Option<MessageView> {
    let id = name(n).to_string();
    messages(node, group).await.into_iter().find(|message| message.id == id)
}

/// What happened, as the app tells it: deed and names.
async fn lines(node: &Node, group: Id16) -> Vec<String> {
    let line = |one: MessageView| {
        let by = one.author.map_or_else(|| "I".to_owned(), |author| author.display_name);
        let note = one.note?;
        let mut people: Vec<_> = note.people.into_iter().map(|person| person.display_name).collect();
        people.sort();
        Some(format!("{by} {} {}{}", note.what, people.join(" "), note.name.unwrap_or_default()))
    };
    messages(node, group).await.into_iter().filter_map(line).collect()
}

async fn group(node: &Node, id: Id16) -> Option<GroupView> {
    node.deps.read(move |w| group_view(w, id)).await.ok()
}

async fn members(node: &Node, id: Id16) -> Vec<String> {
    let Some(group) = group(node, id).await else { return Vec::new() };
    let mut names: Vec<_> =
        group.members.into_iter().filter(|one| one.state != "adding").map(|one| one.display_name).collect();
    names.sort();
    names
}

pub(crate) async fn until_members(node: &Node, id: Id16, expected: &[&str]) {
    node.until(&format!("members are {expected:?}"), async || members(node, id).await == expected).await;
}

pub(crate) async fn until_texts(node: &Node, id: Id16, expected: &[&str]) {
    node.until(&format!("{expected:?}"), async || texts(node, id).await == expected).await;
}

/// People, of whom the first is a friend of all the others, who know nobody else.
pub(crate) async fn friends_of_one<const N: usize>(names: [&str; N]) -> [Node; N] {
    let mut nodes = Vec::new();
    for name in names {
        let node = Node::start(name).await;
        node.talks(0).await;
        nodes.push(node);
    }
    let (first, others) = nodes.split_first().unwrap();
    for other in others {
        first.befriend(other).await;
        until_keys(first, &other.id).await;
        until_keys(other, &first.id).await;
    }
    nodes.try_into().unwrap_or_else(|_| panic!("as many nodes as names"))
}

pub(crate) async fn create(node: &Node, name: &'static str, people: &[&Node]) -> Id16 {
    let people: Vec<NodeId> = people.iter().map(|node| node.id).collect();
    node.deps.write(move |w| groups::create(w, name, &people)).await.unwrap()
}

async fn stop<const N: usize>(nodes: [Node; N]) {
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_talk_of_whom_two_know_only_the_third() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let id = create(&ana, "Bakery", &[&ben, &chloe]).await;
    for node in [&ana, &ben, &chloe] {
        until_members(node, id, &["Ana", "Ben", "Chloe"]).await;
    }
    assert_eq!(lines(&ana, id).await, ["I created Bakery", "I added Ben Chloe"]);
    assert_eq!(lines(&ben, id).await, ["Ana added Ben"]);
    let shown = group(&ben, id).await.unwrap();
    assert_eq!((shown.role, shown.may_change), ("member", false));
    assert!(!shown.members.iter().find(|one| one.display_name == "Chloe").unwrap().friend);

    writes(&ana, id, 1, "1 Who bakes?").await;
    until_texts(&ben, id, &["1 Who bakes?"]).await;
    writes(&ben, id, 2, "2 I do.").await;
    until_texts(&chloe, id, &["1 Who bakes?", "2 I do."]).await;
    writes(&chloe, id, 3, "3 I eat.").await;
    for node in [&ana, &ben] {
        until_texts(node, id, &["1 Who bakes?", "2 I do.", "3 I eat."]).await;
    }
    let from_ben = message(&chloe, id, 2).await.unwrap();
    assert_eq!(from_ben.author.unwrap().display_name, "Ben");
    // Reactions, edits and receipts as between two.
    chloe.deps.write(move |w| own::react(w, id, name(2), "🍞".to_owned())).await.unwrap();
    ben.deps.write(move |w| own::edit(w, id, name(2), "2 I do!".to_owned())).await.unwrap();
    chloe.deps.write(move |w| own::read(w, id, name(2))).await.unwrap();
    ana.until("she sees all of it", async || {
        let message = message(&ana, id, 2).await.unwrap();
        message.text.as_deref() == Some("2 I do!") && message.reactions.len() == 1
    })
    .await;
    ben.until("one of two has read it", async || {
        let receipts = message(&ben, id, 2).await.unwrap().receipts.unwrap();
        (receipts.of, receipts.delivered, receipts.read) == (2, 2, 1)
    })
    .await;
    assert_eq!(message(&ben, id, 2).await.unwrap().state, Some("delivered"));
    ben.deps.write(move |w| own::remove(w, id, name(2))).await.unwrap();
    until_texts(&chloe, id, &["1 Who bakes?", "3 I eat."]).await;
    let stranger = ben.deps.write(move |w| groups::rename(w, id, "Mine")).await;
    assert!(matches!(stranger, Err(NodeError::Refused(_))), "only administrators: {stranger:?}");
    stop([ana, ben, chloe]).await;
}

/// Names people in a message: where, how long, who.
async fn names(
    node: &Node,
    group: Id16,
    n: u8,
    text: &str,
    who: &[(u64, u64, NodeId)],
) -> Result<i64, NodeError> {
    let mentions = who.iter().map(|(at, len, who)| Mention { at: *at, len: *len, who: *who }).collect();
    let words = own::Words { text: text.to_owned(), mentions };
    let new = own::New { name: name(n), words, reply_to: None, file: None };
    node.deps.write(move |w| own::write(w, group, new.clone())).await
}

/// Who is told of what in conversations: sort, beginning of the words, number of new messages.
async fn told(node: &Node) -> Vec<(What, String, Option<i64>)> {
    let page = node.deps.read(|w| Ok(notices::page(w.tx, w.seal, i64::MAX, 50)?)).await.unwrap();
    let about = page.into_iter().filter(|one| matches!(one.what, What::Message | What::Mention));
    about.map(|one| (one.what, one.params.words, one.params.count)).collect()
}

async fn mentioned(node: &Node, group: Id16) -> bool {
    node.deps.read(move |w| view::one(w, group)).await.unwrap().mentioned.is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_named_is_told_though_the_group_is_muted() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let id = create(&ana, "Bakery", &[&ben, &chloe]).await;
    for node in [&ana, &ben, &chloe] {
        until_members(node, id, &["Ana", "Ben", "Chloe"]).await;
    }
    for node in [&ben, &chloe] {
        let mute = own::Change { muted: Some(true), ..own::Change::default() };
        node.deps.write(move |w| own::set(w, id, mute.clone())).await.unwrap();
    }
    names(&ana, id, 1, "1 Hé @Ben, bread?", &[(5, 4, ben.id)]).await.unwrap();
    writes(&ana, id, 2, "2 Or cake?").await;
    for node in [&ben, &chloe] {
        until_texts(node, id, &["1 Hé @Ben, bread?", "2 Or cake?"]).await;
    }
    assert_eq!(told(&ben).await, [(What::Mention, "1 Hé @Ben, bread?".to_owned(), Some(2))]);
    assert_eq!((told(&chloe).await, mentioned(&chloe, id).await), (Vec::new(), false), "she is not named");
    let seen = message(&chloe, id, 1).await.unwrap().mentions;
    assert_eq!(
        (seen[0].node_id.clone(), seen[0].display_name.as_deref(), seen[0].me),
        (ben.id.to_string(), Some("Ben"), false)
    );
    assert!(message(&ben, id, 1).await.unwrap().mentions[0].me && mentioned(&ben, id).await);

    // What is read, or does not name any more, needs no notification.
    ben.deps.write(move |w| own::read(w, id, name(2))).await.unwrap();
    assert_eq!((told(&ben).await, mentioned(&ben, id).await), (Vec::new(), false));
    names(&ana, id, 3, "3 @Ben!", &[(2, 4, ben.id)]).await.unwrap();
    ben.until("he is told", async || told(&ben).await.len() == 1).await;
    ana.deps.write(move |w| own::edit(w, id, name(3), "3 Never mind".to_owned())).await.unwrap();
    ben.until("it names him no more", async || told(&ben).await.is_empty()).await;
    ben.deps
        .write(|w| {
            let quiet = Settings { mention_notices: false, ..settings::get(w.tx)? };
            Ok(settings::set(w.tx, &quiet, w.now)?)
        })
        .await
        .unwrap();
    names(&ana, id, 4, "4 @Ben?", &[(2, 4, ben.id)]).await.unwrap();
    ben.until("it came", async || message(&ben, id, 4).await.is_some()).await;
    assert!(told(&ben).await.is_empty(), "he does not want to know");

    // Where nothing is muted the mention stands for the conversation.
    let loud = own::Change { muted: Some(false), ..own::Change::default() };
    chloe.deps.write(move |w| own::set(w, id, loud.clone())).await.unwrap();
    names(&ben, id, 5, "5 @Chloe and @Ana", &[(2, 6, chloe.id), (13, 4, ana.id)]).await.unwrap();
    chloe.until("she is told once", async || {
        matches!(told(&chloe).await.as_slice(), [(What::Mention, words, _)] if words.starts_with("5"))
    })
    .await;

    let stranger = NodeId([7; 32]);
    for bad in [&[(0, 1, stranger)][..], &[(0, 99, ben.id)], &[(2, 2, ben.id), (1, 1, ben.id)]] {
        let refused = names(&ana, id, 6, "6 @No", bad).await;
        assert!(matches!(refused, Err(NodeError::Invalid { field: "mentions", .. })), "{bad:?}: {refused:?}");
    }
    stop([ana, ben, chloe]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_and_the_time_that_messages_stay_are_for_all_members() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let id = create(&ana, "Bakery", &[&ben, &chloe]).await;
    for node in [&ana, &ben, &chloe] {
        until_members(node, id, &["Ana", "Ben", "Chloe"]).await;
    }
    // Ben and Chloe are no friends: she is given his picture because she is in the group.
    let loaf = brought(&ben, "loaf.jpg", "image/jpeg", picture()).await;
    let new = own::New {
        name: name(1),
        words: "Fresh".to_owned().into(),
        reply_to: None,
        file: Some(Attached { id: loaf, alt: "a loaf".to_owned(), voice: None }),
    };
    ben.deps.write(move |w| own::write(w, id, new.clone())).await.unwrap();
    for node in [&ana, &chloe] {
        node.until("the picture is here", async || {
            let file = message(node, id, 1).await.and_then(|message| message.file);
            file.is_some_and(|file| file.state == "here" && file.alt == "a loaf")
        })
        .await;
    }
    let change = own::Change { timer_s: Some(5), ..own::Change::default() };
    ana.deps.write(move |w| own::set(w, id, change.clone())).await.unwrap();
    chloe
        .until("she sees the line", async || lines(&chloe, id).await.contains(&"Ana timer ".to_owned()))
        .await;
    writes(&chloe, id, 2, "2 This goes").await;
    until_texts(&ben, id, &["2 This goes", "Fresh"]).await;
    ben.deps.write(move |w| own::read(w, id, name(2))).await.unwrap();
    for node in [&chloe, &ben] {
        until_texts(node, id, &["Fresh"]).await;
    }
    stop([ana, ben, chloe]).await;
}

async fn add(node: &Node, id: Id16, who: &Node) {
    let who = who.id;
    node.deps.write(move |w| groups::add(w, id, &[who])).await.unwrap();
}

async fn rename(node: &Node, id: Id16, name: &'static str) {
    node.deps.write(move |w| groups::rename(w, id, name)).await.unwrap();
}

async fn until_named(node: &Node, id: Id16, name: &str) {
    let named = async || group(node, id).await.is_some_and(|group| group.name == name);
    node.until(&format!("the group is called {name}"), named).await;
}

/// Nothing of the owner's waits to be put in order.
async fn until_done(node: &Node, id: Id16) {
    let done = async || group(node, id).await.is_some_and(|group| group.waiting.is_empty());
    node.until("all changes are in the group", done).await;
}

/// The epoch that a node is in.
async fn epoch(node: &Node, id: Id16) -> u64 {
    let found = node.deps.read(move |w| Ok(store::find(w.tx, w.seal, id)?)).await.unwrap();
    found.unwrap().facts.epoch
}

/// Comes back after it was away.
async fn returns(node: &Node, sealer: Arc<Sealer>) {
    node.unlock(sealer).await;
    node.deps.wake.chat();
    node.deps.wake.deliver();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_added_while_away_reads_what_is_said_from_then_on() {
    let [ana, ben, dora] = friends_of_one(["Ana", "Ben", "Dora"]).await;
    let id = create(&ana, "Bakery", &[&ben]).await;
    until_members(&ben, id, &["Ana", "Ben"]).await;
    writes(&ana, id, 1, "1 Before Dora").await;
    until_texts(&ben, id, &["1 Before Dora"]).await;
    let away = dora.lock();
    add(&ana, id, &dora).await;
    until_members(&ben, id, &["Ana", "Ben", "Dora"]).await;
    writes(&ben, id, 2, "2 Welcome").await;
    writes(&ana, id, 3, "3 Take a seat").await;
    until_texts(&ana, id, &["1 Before Dora", "2 Welcome", "3 Take a seat"]).await;
    assert_eq!(message(&ana, id, 3).await.unwrap().receipts.unwrap().of, 2);
    returns(&dora, away).await;
    dora.until("she reads what was said since", async || {
        // Ben is a stranger to her node: his message may come later than her invitation, or before it and again.
        texts(&dora, id).await == ["2 Welcome", "3 Take a seat"]
    })
    .await;
    assert_eq!(members(&dora, id).await, ["Ana", "Ben", "Dora"]);
    writes(&dora, id, 4, "4 Thanks").await;
    for node in [&ana, &ben] {
        until_texts(node, id, &["1 Before Dora", "2 Welcome", "3 Take a seat", "4 Thanks"]).await;
    }
    stop([ana, ben, dora]).await;
}

/// As if a member had told half an hour ago that it cannot open what was said in this epoch; waits until it was said again.
async fn says_again(node: &Node, id: Id16, by: NodeId, epoch: u64) {
    let refused = node.deps.write(move |w| {
        let group = store::find(w.tx, w.seal, id)?.unwrap();
        let mut order = store::order(w.tx, w.seal, group.id)?;
        let then = w.now - RESEND_MS;
        let now = Now { mono_ms: then, unix_ms: then };
        order.handle(now, Input::Refused { by, epoch }, &mut Effects::new());
        Ok(store::set_order(w.tx, w.seal, group.id, &order)?)
    });
    refused.await.unwrap();
    node.deps.wake.chat();
    let said = async || {
        let order = node.deps.read(move |w| {
            let group = store::find(w.tx, w.seal, id)?.unwrap();
            Ok(store::order(w.tx, w.seal, group.id)?)
        });
        serde_json::to_value(order.await.unwrap()).unwrap()["resend"].is_null()
    };
    node.until("it was said again", said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_again_is_not_for_who_came_later() {
    let [ana, ben, chloe, dora] = friends_of_one(["Ana", "Ben", "Chloe", "Dora"]).await;
    let id = create(&ana, "Bakery", &[&ben, &chloe]).await;
    for node in [&ben, &chloe] {
        until_members(node, id, &["Ana", "Ben", "Chloe"]).await;
    }
    let away = ben.lock();
    let before = epoch(&ana, id).await;
    writes(&ana, id, 1, "1 Before Dora").await;
    until_texts(&chloe, id, &["1 Before Dora"]).await;
    add(&ana, id, &dora).await;
    until_members(&dora, id, &["Ana", "Ben", "Chloe", "Dora"]).await;
    says_again(&ana, id, chloe.id, before).await;
    writes(&ana, id, 2, "2 After").await;
    until_texts(&dora, id, &["2 After"]).await;
    assert_eq!(message(&ana, id, 1).await.unwrap().receipts.unwrap().of, 2, "for Ben and Chloe");
    returns(&ben, away).await;
    until_texts(&ben, id, &["1 Before Dora", "2 After"]).await;
    assert_eq!(texts(&dora, id).await, ["2 After"]);
    stop([ana, ben, chloe, dora]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_given_no_key_yet_comes_in_when_it_comes() {
    let (ana, ben) = (Node::start("Ana").await, Node::start("Ben").await);
    ana.talks(0).await;
    ana.befriend(&ben).await;
    let id = create(&ana, "Bakery", &[&ben]).await;
    writes(&ana, id, 1, "Nobody hears this").await;
    let adding = group(&ana, id).await.unwrap();
    assert_eq!(adding.members.iter().find(|one| !one.me).unwrap().state, "adding");
    assert_eq!(adding.waiting.len(), 1);
    ben.talks(0).await;
    until_members(&ben, id, &["Ana", "Ben"]).await;
    until_done(&ana, id).await;
    writes(&ana, id, 2, "This he does").await;
    until_texts(&ben, id, &["This he does"]).await;
    stop([ana, ben]).await;
}

/// Encrypts something in the group and sends it to one node, past all that decides what is sent.
async fn sends(node: &Node, id: Id16, to: NodeId, talk: &Talk) {
    let content = talk.to_bytes().unwrap();
    let send = node.deps.write(move |w| {
        let bytes = mls::with(w, |chat| chat.encrypt(id, &content))?.unwrap();
        let to = contacts::known(w, &to)?;
        contacts::say(w, &to, DirectMessage::Whole { group: id, mls: B64(bytes) }.into())
    });
    send.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_late_stands_where_it_was_written_and_is_not_read() {
    let [ana, ben] = friends_of_one(["Ana", "Ben"]).await;
    let id = create(&ana, "Bakery", &[&ben]).await;
    until_members(&ben, id, &["Ana", "Ben"]).await;
    writes(&ana, id, 2, "2 Later").await;
    until_texts(&ben, id, &["2 Later"]).await;
    let unread = async || ben.deps.read(move |w| Ok(view::one(w, id)?.unread)).await.unwrap();
    let reads = async || ben.deps.write(move |w| own::read(w, id, name(2))).await.unwrap();
    let is_read = async |n: u8| message(&ana, id, n).await.unwrap().receipts.unwrap().read == 1;
    reads().await;
    ana.until("she is told", async || is_read(2).await).await;
    assert_eq!(unread().await, 0);

    let late = Talk { text: Some("1 Earlier".to_owned()), at: Some(1), ..Talk::new(name(1), TalkKind::Text) };
    sends(&ana, id, ben.id, &late).await;
    until_texts(&ben, id, &["1 Earlier", "2 Later"]).await;
    assert_eq!((unread().await, message(&ben, id, 1).await.unwrap().at), (2, 1));
    assert!(told(&ben).await.iter().any(|(what, text, _)| *what == What::Message && text == "1 Earlier"));
    reads().await;
    assert_eq!(unread().await, 0);

    let from_the_future = Talk { at: Some(u64::MAX >> 11), ..late.clone() };
    let future = Talk { text: Some("3 Now".to_owned()), id: name(3), ..from_the_future };
    sends(&ana, id, ben.id, &future).await;
    writes(&ana, id, 4, "4 Then").await;
    until_texts(&ben, id, &["1 Earlier", "2 Later", "3 Now", "4 Then"]).await;
    stop([ana, ben]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_opens_nothing_that_is_newer() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let id = create(&ana, "Bakery", &[&ben, &chloe]).await;
    until_members(&chloe, id, &["Ana", "Ben", "Chloe"]).await;
    until_members(&ben, id, &["Ana", "Ben", "Chloe"]).await;
    writes(&ana, id, 1, "1 For all").await;
    until_texts(&chloe, id, &["1 For all"]).await;
    let gone = chloe.id;
    ana.deps.write(move |w| groups::remove(w, id, &gone)).await.unwrap();
    for node in [&ana, &ben] {
        until_members(node, id, &["Ana", "Ben"]).await;
    }
    chloe.until("she knows", async || group(&chloe, id).await.unwrap().role == "none").await;
    assert_eq!(lines(&chloe, id).await.last().unwrap(), "Ana removed Chloe");
    writes(&ana, id, 2, "2 For two").await;
    until_texts(&ben, id, &["1 For all", "2 For two"]).await;

    // Even with the ciphertext in her hands there is no key to open it.
    let talk = Talk { text: Some("3 Secret".to_owned()), ..Talk::new(name(3), TalkKind::Text) };
    sends(&ana, id, gone, &talk).await;
    // What is said to her alone afterwards shows that it has come.
    let (to, new) =
        (chloe.id, own::New { name: name(4), words: "Sorry".to_owned().into(), reply_to: None, file: None });
    ana.deps.write(move |w| own::write(w, to, new.clone())).await.unwrap();
    let ana_id = ana.id;
    chloe
        .until("the message between two is there", async || {
            let page = chloe.deps.read(move |w| view::page(w, ana_id, i64::MAX, 5)).await.unwrap();
            page.first().is_some_and(|one| one.text.as_deref() == Some("Sorry"))
        })
        .await;
    assert_eq!(texts(&chloe, id).await, ["1 For all"]);
    let kept = chloe.deps.read(move |w| {
        let group = store::find(w.tx, w.seal, id)?.unwrap();
        Ok((commits::snapshots(w.tx, group.id)?, mls::with(w, |chat| chat.group(id))?.is_err()))
    });
    assert_eq!(kept.await.unwrap(), (0, true), "no way back, no keys");
    let new = own::New { name: name(5), words: "Hello?".to_owned().into(), reply_to: None, file: None };
    let said = chloe.deps.write(move |w| own::write(w, id, new.clone())).await;
    assert!(matches!(said, Err(NodeError::Refused(_))), "{said:?}");
    stop([ana, ben, chloe]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_leaves_and_what_was_said_stays() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let id = create(&ana, "Bakery", &[&ben, &chloe]).await;
    until_members(&ben, id, &["Ana", "Ben", "Chloe"]).await;
    until_members(&chloe, id, &["Ana", "Ben", "Chloe"]).await;
    writes(&ana, id, 1, "1 Hello").await;
    until_texts(&ben, id, &["1 Hello"]).await;
    ben.deps.write(move |w| groups::leave(w, id)).await.unwrap();
    for node in [&ana, &chloe] {
        until_members(node, id, &["Ana", "Chloe"]).await;
        assert_eq!(lines(node, id).await.last().unwrap(), "Ben left Ben");
    }
    ben.until("he is out", async || group(&ben, id).await.unwrap().role == "none").await;
    assert_eq!(texts(&ben, id).await, ["1 Hello"]);
    // The one administrator leaves too: she lays that down first, and others remove her.
    ana.deps.write(move |w| groups::leave(w, id)).await.unwrap();
    until_members(&chloe, id, &["Chloe"]).await;
    ana.until("she is out", async || group(&ana, id).await.unwrap().role == "none").await;
    assert!(group(&chloe, id).await.unwrap().everybody_changes);
    stop([ana, ben, chloe]).await;
}

/// Ana, ben and chloé in a group that ana made, which ben may change too.
async fn two_administrators() -> ([Node; 3], Id16) {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let id = create(&ana, "Bakery", &[&ben, &chloe]).await;
    for node in [&ben, &chloe] {
        until_members(node, id, &["Ana", "Ben", "Chloe"]).await;
    }
    let admin = ben.id;
    ana.deps.write(move |w| groups::set_role(w, id, &admin, true)).await.unwrap();
    ben.until("he is one", async || group(&ben, id).await.unwrap().may_change).await;
    ([ana, ben, chloe], id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_change_the_group_on_two_sides_of_a_cut() {
    let ([ana, ben, chloe], id) = two_administrators().await;
    chloe.until("she is there too", async || epoch(&chloe, id).await == epoch(&ana, id).await).await;
    writes(&ana, id, 1, "1 Together").await;
    until_texts(&ben, id, &["1 Together"]).await;
    until_texts(&chloe, id, &["1 Together"]).await;

    // Ana alone: her own node puts her change in order.
    let (ben_away, chloe_away) = (ben.lock(), chloe.lock());
    rename(&ana, id, "Bread").await;
    until_named(&ana, id, "Bread").await;
    until_done(&ana, id).await;
    writes(&ana, id, 2, "2 Ana alone").await;
    let ana_away = ana.lock();
    // The others without her: her node does not answer, the next in the list does.
    returns(&ben, ben_away).await;
    returns(&chloe, chloe_away).await;
    rename(&ben, id, "Cakes").await;
    until_named(&ben, id, "Cakes").await;
    until_named(&chloe, id, "Cakes").await;
    writes(&ben, id, 3, "3 Without Ana").await;
    until_texts(&chloe, id, &["1 Together", "3 Without Ana"]).await;

    returns(&ana, ana_away).await;
    for node in [&ana, &ben, &chloe] {
        until_texts(node, id, &["1 Together", "2 Ana alone", "3 Without Ana"]).await;
        until_named(node, id, "Cakes").await;
    }
    let met = async || {
        let epochs = [epoch(&ana, id).await, epoch(&ben, id).await, epoch(&chloe, id).await];
        epochs.iter().all(|one| *one == epochs[0])
    };
    ana.until("all are in one epoch", met).await;
    until_done(&ben, id).await;
    let renames = async |node: &Node| {
        let lines = lines(node, id).await.into_iter().filter(|line| line.contains("renamed"));
        lines.map(|line| line.split(' ').next_back().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for node in [&ana, &ben, &chloe] {
        assert_eq!(renames(node).await, ["Bread", "Cakes"], "what was lost is not told");
        let seen: Vec<_> =
            messages(node, id).await.into_iter().filter(|one| one.kind == MessageKind::Message).collect();
        assert_eq!(seen.len(), 3, "nothing is there twice");
    }
    writes(&chloe, id, 4, "4 One again").await;
    for node in [&ana, &ben] {
        until_texts(node, id, &["1 Together", "2 Ana alone", "3 Without Ana", "4 One again"]).await;
    }
    stop([ana, ben, chloe]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_change_the_group_at_once_and_none_is_lost() {
    let ([ana, ben, chloe], id) = two_administrators().await;
    let unmade = chloe.id;
    let role = ben.deps.write(move |w| groups::set_role(w, id, &unmade, true));
    let (_, role) = tokio::join!(rename(&ana, id, "Bread"), role);
    role.unwrap();
    for node in [&ana, &ben, &chloe] {
        until_named(node, id, "Bread").await;
    }
    chloe.until("she is one too", async || group(&chloe, id).await.unwrap().role == "admin").await;
    until_done(&ana, id).await;
    until_done(&ben, id).await;
    // The sequencer's node goes while it is asked, and comes back.
    rename(&ben, id, "Cakes").await;
    let away = ana.lock();
    returns(&ana, away).await;
    for node in [&ana, &ben, &chloe] {
        until_named(node, id, "Cakes").await;
    }
    stop([ana, ben, chloe]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_administrators_new_key_ends_no_group() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    let bakery = create(&ana, "Bakery", &[&ben, &chloe]).await;
    writes(&ana, bakery, 1, "One").await;
    for node in [&ben, &chloe] {
        until_texts(node, bakery, &["One"]).await;
    }
    ana.rotate().await;
    writes(&ana, bakery, 2, "Two").await;
    for node in [&ben, &chloe] {
        until_texts(node, bakery, &["One", "Two"]).await;
    }
    rename(&ana, bakery, "Bakery at the mill").await;
    for node in [&ana, &ben, &chloe] {
        until_named(node, bakery, "Bakery at the mill").await;
    }
    stop([ana, ben, chloe]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_cannot_use_their_invitation_is_put_into_the_group_again() {
    let [ana, ben, chloe] = friends_of_one(["Ana", "Ben", "Chloe"]).await;
    // The private halves of the key packages that he gave; and that he gave some within the last minute.
    let lose = |w: &Work<'_, '_>| {
        w.tx.execute("DELETE FROM key_packages_given", &[])?;
        Ok(w.tx.execute("DELETE FROM mls_state", &[])?)
    };
    assert!(ben.deps.write(lose).await.unwrap() > 0);
    let bakery = create(&ana, "Bakery", &[&ben, &chloe]).await;
    writes(&ana, bakery, 1, "One").await;
    writes(&ana, bakery, 2, "Two").await;
    until_texts(&chloe, bakery, &["One", "Two"]).await;
    until_texts(&ben, bakery, &["One", "Two"]).await;
    writes(&ben, bakery, 3, "Three").await;
    for node in [&ana, &chloe] {
        until_texts(node, bakery, &["One", "Three", "Two"]).await;
    }
    stop([ana, ben, chloe]).await;
}

/// People in the group: as many as `OPENRED_BENCH_MEMBERS` says.
fn crowd() -> usize {
    std::env::var("OPENRED_BENCH_MEMBERS").map_or(4, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_members_show_what_one_of_them_says() {
    let ana = Node::start("Ana").await;
    ana.talks(0).await;
    let mut others = Vec::new();
    for number in 2..=crowd() {
        let other = Node::start(&format!("Person {number}")).await;
        other.talks(0).await;
        ana.befriend(&other).await;
        until_keys(&ana, &other.id).await;
        others.push(other);
    }
    let id = create(&ana, "Bakery", &others.iter().collect::<Vec<_>>()).await;
    for other in &others {
        other.until("all are in it", async || members(other, id).await.len() == crowd()).await;
    }
    let clock = Clock::System;
    let mut times_ms = Vec::new();
    for n in 1..=20 {
        let begun = clock.monotonic_ms();
        writes(&ana, id, n, "The bread is out").await;
        for other in &others {
            other.until("it is shown", async || newest(other, id).await == Some(name(n).to_string())).await;
        }
        times_ms.push(clock.monotonic_ms() - begun);
    }
    for other in &others {
        assert_eq!(texts(other, id).await.len(), 20, "each once");
    }
    if let Ok(file) = std::env::var("OPENRED_BENCH_REPORT") {
        std::fs::write(file, format!("{times_ms:?}")).unwrap();
    }
    for node in others {
        node.stop().await;
    }
    ana.stop().await;
}

/// The message at the bottom of the screen.
async fn newest(node: &Node, group: Id16) -> Option<String> {
    let page = node.deps.read(move |w| view::page(w, ChatId::Group(group), i64::MAX, 1)).await.unwrap();
    page.into_iter().next().map(|one| one.id)
}
