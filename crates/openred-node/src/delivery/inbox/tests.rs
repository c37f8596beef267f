//! What comes in: ahead of its time, ahead of its turn, of a type nobody here knows, and how much of it may lie here.

use openred_core::{
    frame::{Item, ItemKind},
    ids::Id8,
    payload::{Payload, PostShare, Visibility as Seen},
};
use openred_service::lifecycle::Clock;

use super::{
    Checked, TYPE_UNKNOWN, apply, check, held,
    store::{self, Place, Room},
};
use crate::{
    delivery::store as outbox,
    modules::feed::{
        audience::Visibility,
        home::{self, store::Filter, store::Place as From},
        own,
        tests::stage::{Node, befriend, clock},
    },
};

const MINUTE_MS: u64 = 60_000;
const STREAM: Id8 = Id8([7; 8]);

async fn reads(node: &Node) -> Vec<String> {
    let page = node.deps.read(|w| home::page(w, Filter::Everyone, From::TOP, 20)).await.unwrap();
    page.items.into_iter().map(|post| post.text).collect()
}

async fn posts(node: &Node, text: &str) {
    own::posts::create(&node.deps, text.to_owned(), Visibility::Friends, None).await.unwrap();
}

/// Codes that a node has to tell others.
async fn refusals(node: &Node) -> Vec<String> {
    let drafts = node.deps.read(|w| Ok(outbox::drafts(w.tx, w.seal, 100)?)).await.unwrap();
    let status = drafts.into_iter().filter(|draft| draft.what == "message_status");
    let code = |draft: outbox::Draft| {
        let said: serde_json::Value = serde_json::from_slice(&draft.payload).unwrap();
        said["code"].as_str().unwrap().to_owned()
    };
    status.map(code).collect()
}

async fn post_item(ana: &Node, n: u64, text: &str) -> Item {
    let share = PostShare {
        visibility: Seen::Friends,
        text: text.to_owned(),
        content: None,
        media: Vec::new(),
        parents: Vec::new(),
        edits: None,
        deletes: None,
        expires: None,
    };
    let said = ana.says(ana, Payload::PostShare(share)).await;
    Item { stream: STREAM, n, low: 1, kind: ItemKind::Envelope, body: said.canonical().to_vec() }
}

#[tokio::test]
async fn what_a_stranger_says_behind_what_is_refused_needs_no_second_sending() {
    let (ana, ben) = (Node::new("Ana", &clock().0).await, Node::new("Ben", &clock().0).await);
    let from = ben.meets(&ana).await.id;
    let mut items = Vec::new();
    // More than a stranger has room for ahead of its turn.
    for n in 1..=40 {
        let item = post_item(&ana, n, &format!("Nobody asked, {n}")).await;
        items.push((item.clone(), ben.checked(&item).await));
    }
    let acks = apply(&ben.deps, from, false, items).await.unwrap();
    assert_eq!(acks.iter().map(|ack| (ack.stream, ack.upto)).collect::<Vec<_>>(), [(STREAM, 40)]);
    assert_eq!(refusals(&ben).await.len(), 40, "each is refused by its own answer");
}

#[tokio::test]
async fn what_is_ahead_of_time_is_acknowledged_and_acted_on_when_its_time_has_come() {
    let (ana_clock, ana_hands) = clock();
    let (ben_clock, ben_hands) = clock();
    let (ana, ben) = (Node::new("Ana", &ana_clock).await, Node::new("Ben", &ben_clock).await);
    befriend(&ana, &ben).await;
    ana_hands.advance(30 * MINUTE_MS);
    posts(&ana, "First, from the future.").await;
    ana_hands.advance(1);
    posts(&ana, "Second.").await;
    assert_eq!(ana.carry(&ben).await, 2);
    assert_eq!(ana.carry(&ben).await, 0, "acknowledged: nothing waits any more");
    assert_eq!(reads(&ben).await, Vec::<String>::new());
    assert_eq!(refusals(&ben).await, Vec::<String>::new());

    ben_hands.advance(19 * MINUTE_MS);
    let next = held::release(&ben.deps).await.unwrap();
    assert_eq!(next, Some(ben.deps.clock.now_ms() + MINUTE_MS), "ten minutes ahead are no longer ahead");
    assert_eq!(reads(&ben).await, Vec::<String>::new());

    ben_hands.advance(2 * MINUTE_MS);
    assert_eq!(held::release(&ben.deps).await.unwrap(), None);
    assert_eq!(reads(&ben).await, ["Second.", "First, from the future."]);
}

#[tokio::test]
async fn what_was_held_back_is_applied_once_whoever_brings_it_again() {
    let (ana_clock, ana_hands) = clock();
    let (ben_clock, ben_hands) = clock();
    let (ana, ben) = (Node::new("Ana", &ana_clock).await, Node::new("Ben", &ben_clock).await);
    befriend(&ana, &ben).await;
    ana_hands.advance(30 * MINUTE_MS);
    let first = post_item(&ana, 1, "Soon.").await;
    let again = Item { n: 2, ..first.clone() };
    let from = ben.person(&ana).await.id;
    for item in [first, again] {
        let checked = ben.checked(&item).await;
        let acks = apply(&ben.deps, from, false, vec![(item.clone(), checked)]).await.unwrap();
        assert_eq!(acks[0].upto, item.n);
    }
    ben_hands.advance(30 * MINUTE_MS);
    held::release(&ben.deps).await.unwrap();
    assert_eq!(reads(&ben).await, ["Soon."]);
}

#[tokio::test]
async fn nothing_is_held_back_for_longer_than_mail_is_good_nor_beyond_the_room_of_a_peer() {
    let (ana_clock, ana_hands) = clock();
    let (ben_clock, _) = clock();
    let (ana, ben) = (Node::new("Ana", &ana_clock).await, Node::new("Ben", &ben_clock).await);
    befriend(&ana, &ben).await;
    let from = ben.person(&ana).await.id;
    let bring = async |item: Item| {
        let checked = ben.checked(&item).await;
        apply(&ben.deps, from, false, vec![(item, checked)]).await.unwrap();
    };
    ana_hands.advance(30 * MINUTE_MS);
    for n in 1..=Room::CONTACT.held as u64 {
        bring(post_item(&ana, n, &format!("post {n}")).await).await;
    }
    assert_eq!(refusals(&ben).await, Vec::<String>::new());
    bring(post_item(&ana, Room::CONTACT.held as u64 + 1, "one too many").await).await;
    assert_eq!(refusals(&ben).await, ["stale"]);
    ana_hands.advance(61 * 24 * 60 * MINUTE_MS);
    bring(post_item(&ana, Room::CONTACT.held as u64 + 2, "next spring").await).await;
    assert_eq!(refusals(&ben).await, ["stale", "stale"]);
}

#[tokio::test]
async fn a_type_that_nobody_knows_is_told_as_such_even_when_it_came_ahead_of_its_turn() {
    let (clock, _) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    befriend(&ana, &ben).await;
    let from = ben.person(&ana).await.id;
    let known = post_item(&ana, 1, "Hello.").await;
    let mut unknown = post_item(&ana, 2, "A poll.").await;
    let text = String::from_utf8(unknown.body).unwrap().replace("\"post_share\"", "\"poll_share\"");
    unknown.body = text.into_bytes();
    assert!(matches!(check(&unknown, |_| None), Checked::Bad(TYPE_UNKNOWN)));
    for (item, upto) in [(unknown, 0), (known, 2)] {
        let checked = ben.checked(&item).await;
        let acks = apply(&ben.deps, from, false, vec![(item, checked)]).await.unwrap();
        assert_eq!(acks[0].upto, upto);
    }
    assert_eq!(refusals(&ben).await, [TYPE_UNKNOWN]);
    assert_eq!(reads(&ben).await, ["Hello."]);
}

async fn keep(ben: &Node, at: Place, bytes: usize, room: Room) -> bool {
    let body = vec![1; bytes];
    ben.deps.write(move |w| Ok(store::keep_gap(w.tx, w.seal, &at, (1, &body), &room, w.now)?)).await.unwrap()
}

#[tokio::test]
async fn what_comes_ahead_of_its_turn_is_bounded_in_number_bytes_and_time() {
    let (clock, hands) = clock();
    let ben = Node::new("Ben", &clock).await;
    let at = |person, n| Place { person, stream: STREAM, n };
    for n in 2..Room::STRANGER.gaps as u64 + 2 {
        assert!(keep(&ben, at(1, n), 10, Room::STRANGER).await);
    }
    assert!(!keep(&ben, at(1, 100), 10, Room::STRANGER).await, "too many");
    assert!(keep(&ben, at(2, 2), 10, Room::STRANGER).await, "others are not hindered");
    assert!(!keep(&ben, at(3, 2), Room::STRANGER.gap_bytes as usize, Room::STRANGER).await, "too large");
    let take = async |n| {
        let taken = ben.deps.write(move |w| Ok(store::take_gap(w.tx, w.seal, &at(1, n), w.now)?));
        taken.await.unwrap()
    };
    assert_eq!(take(2).await, Some((1, vec![1; 10])));
    hands.advance(25 * 60 * MINUTE_MS);
    assert_eq!(take(3).await, None, "a day is over");
    trim(&ben, &clock).await;
    assert!(keep(&ben, at(1, 100), 10, Room::STRANGER).await, "there is room again");
}

async fn trim(node: &Node, clock: &Clock) {
    let now = clock.now_ms();
    node.deps.write_plain(move |tx| store::trim(tx, now)).await.unwrap();
}

#[tokio::test]
async fn of_too_many_streams_the_longest_untouched_is_forgotten() {
    let (clock, hands) = clock();
    let ben = Node::new("Ben", &clock).await;
    for stream in 1..=6 {
        hands.advance(1);
        let at = Place { person: 1, stream: Id8([stream; 8]), n: 5 };
        ben.deps.write(move |w| Ok(store::move_on(w.tx, &at, &Room::STRANGER, w.now)?)).await.unwrap();
    }
    let mut upto = Vec::new();
    for stream in 1..=6 {
        upto.push(ben.deps.read(move |w| Ok(store::upto(w.tx, 1, &Id8([stream; 8]))?)).await.unwrap());
    }
    assert_eq!(upto, [0, 0, 5, 5, 5, 5]);
}
