//! Posts: who gets them, how they change, what stays.

use openred_core::{
    ids::Hash,
    payload::{PostShare, Visibility as OnWire},
};

use super::{
    super::{
        audience::Visibility,
        home::{
            self, Page,
            store::{Filter, Place},
            view::PostView,
        },
        own,
    },
    stage::{Node, Wire, befriend, blocked, clock, followed, follower, friend, settle},
};
use crate::{delivery::store as delivery, error::NodeError};

async fn page(node: &Node, filter: Filter) -> Page {
    node.deps.read(move |w| home::page(w, filter, Place::TOP, 20)).await.unwrap()
}

async fn feed(node: &Node) -> Vec<PostView> {
    page(node, Filter::Everyone).await.items
}

async fn texts(node: &Node) -> Vec<String> {
    feed(node).await.into_iter().map(|post| post.text).collect()
}

async fn write(node: &Node, text: &str, visibility: Visibility) -> Hash {
    node.writes(text, visibility).await
}

fn post(text: &str) -> PostShare {
    PostShare {
        visibility: OnWire::Public,
        text: text.to_owned(),
        content: None,
        media: vec![],
        parents: vec![],
        edits: None,
        deletes: None,
        expires: None,
    }
}

#[tokio::test]
async fn each_post_reaches_its_audience_and_private_ones_never_leave() {
    let (clock, hands) = clock();
    let (ana, ben, chloe) =
        (Node::new("ana", &clock).await, Node::new("ben", &clock).await, Node::new("chloé", &clock).await);
    befriend(&ana, &ben).await;
    ana.relates(&chloe, follower).await;
    chloe.relates(&ana, followed).await;
    for (text, visibility) in [
        ("for me", Visibility::Private),
        ("for friends", Visibility::Friends),
        ("for all", Visibility::Public),
    ] {
        write(&ana, text, visibility).await;
        hands.advance(1_000);
    }
    settle(&[&ana, &ben, &chloe]).await;
    assert_eq!(texts(&ana).await, ["for all", "for friends", "for me"], "newest first");
    assert_eq!(texts(&ben).await, ["for all", "for friends"]);
    assert_eq!(texts(&chloe).await, ["for all"]);
    let own = feed(&ana).await;
    let delivery = own[0].delivery.clone().unwrap();
    assert_eq!((delivery.total, delivery.delivered, delivery.waiting.len()), (2, 2, 0));
    assert_eq!(own[2].delivery, None, "a private post goes nowhere");
    assert_eq!(own[0].author.relationship, "self");
    assert_eq!(feed(&ben).await[0].author.display_name, "ana");
}

#[tokio::test]
async fn what_waits_says_for_whom() {
    let (clock, _) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    write(&ana, "hello", Visibility::Friends).await;
    ana.carry(&Node::new("nobody", &clock).await).await;
    let delivery = feed(&ana).await[0].delivery.clone().unwrap();
    assert_eq!((delivery.total, delivery.delivered), (1, 0));
    assert_eq!(delivery.waiting[0].display_name, "ben");
}

#[tokio::test]
async fn posts_of_strangers_and_of_blocked_people_are_refused() {
    let (clock, _) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    ana.meets(&ben).await;
    let item = ben.says(&ben, post("buy this")).await;
    assert!(matches!(ana.hears(&ben, &item).await, Err(NodeError::Refused(_))));
    ana.relates(&ben, blocked).await;
    assert!(ana.hears(&ben, &item).await.is_err());
    assert!(feed(&ana).await.is_empty());
}

#[tokio::test]
async fn who_is_blocked_later_is_not_shown() {
    let (clock, _) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    write(&ben, "hello", Visibility::Friends).await;
    settle(&[&ana, &ben]).await;
    assert_eq!(texts(&ana).await, ["hello"]);
    ana.relates(&ben, blocked).await;
    assert!(feed(&ana).await.is_empty());
}

#[tokio::test]
async fn an_edit_shows_as_edited_and_a_deletion_leaves_nothing() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    let id = write(&ana, "bred", Visibility::Friends).await;
    settle(&[&ana, &ben]).await;
    hands.advance(5_000);
    own::posts::edit(&ana.deps, id, "bread".to_owned()).await.unwrap();
    settle(&[&ana, &ben]).await;
    for node in [&ana, &ben] {
        let seen = &feed(node).await[0];
        assert_eq!((seen.text.as_str(), seen.edited_at), ("bread", Some(clock.now_ms())));
    }
    let error = own::posts::edit(&ben.deps, id, "cake".to_owned()).await.unwrap_err();
    assert!(matches!(error, NodeError::Refused(_)), "{error}");
    hands.advance(5_000);
    own::posts::remove(&ana.deps, id).await.unwrap();
    settle(&[&ana, &ben]).await;
    for node in [&ana, &ben] {
        assert!(feed(node).await.is_empty());
        let gone = node.deps.read(move |w| home::post(w, &id)).await.unwrap_err();
        assert!(matches!(gone, NodeError::Gone(_)));
        let held = node.deps.read(move |w| {
            let row =
                w.tx.one("SELECT envelope, content FROM posts WHERE message_id = $1", &[id.0.into()])?
                    .unwrap();
            let text = w.seal.open_text("posts.content", row.blob(1)?);
            Ok((row.opt_blob(0)?.is_none(), text.unwrap()))
        });
        assert_eq!(held.await.unwrap(), (true, String::new()));
    }
}

#[tokio::test]
async fn what_is_deleted_before_it_left_never_leaves() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    let id = write(&ana, "regret", Visibility::Friends).await;
    ana.carry(&Node::new("nobody", &clock).await).await;
    hands.advance(1_000);
    own::posts::remove(&ana.deps, id).await.unwrap();
    ana.carry(&Node::new("nobody", &clock).await).await;
    let person = ana.person(&ben).await.id;
    let waiting = ana.deps.read(move |w| Ok(delivery::waiting(w.tx, w.seal, person, 1, 10)?)).await.unwrap();
    assert_eq!(waiting.iter().map(|w| w.kind).collect::<Vec<_>>(), [2, 1], "a tombstone, then the deletion");
    assert!(waiting.iter().all(|w| !String::from_utf8_lossy(&w.body).contains("regret")));
    settle(&[&ana, &ben]).await;
    assert!(feed(&ben).await.is_empty());
}

#[tokio::test]
async fn nobody_else_edits_or_deletes_a_post() {
    let (clock, hands) = clock();
    let (ana, ben, chloe) =
        (Node::new("ana", &clock).await, Node::new("ben", &clock).await, Node::new("chloé", &clock).await);
    befriend(&chloe, &ana).await;
    befriend(&chloe, &ben).await;
    let item = ana.says(&ana, post("mine")).await;
    chloe.hears(&ana, &item).await.unwrap();
    hands.advance(1_000);
    let id = item.message_id();
    let edit = ben.says(&ben, PostShare { edits: Some(id), ..post("ours") }).await;
    let removal = ben.says(&ben, PostShare { deletes: Some(id), ..post("") }).await;
    for forged in [edit, removal] {
        assert!(matches!(chloe.hears(&ben, &forged).await, Err(NodeError::Refused(_))));
    }
    assert_eq!(texts(&chloe).await, ["mine"]);
}

#[tokio::test]
async fn a_change_of_another_that_came_first_is_not_applied() {
    let (clock, hands) = clock();
    let (ana, ben, chloe) =
        (Node::new("ana", &clock).await, Node::new("ben", &clock).await, Node::new("chloé", &clock).await);
    befriend(&chloe, &ana).await;
    befriend(&chloe, &ben).await;
    let item = ana.says(&ana, post("mine")).await;
    hands.advance(1_000);
    let removal = ben.says(&ben, PostShare { deletes: Some(item.message_id()), ..post("") }).await;
    chloe.hears(&ben, &removal).await.unwrap();
    chloe.hears(&ana, &item).await.unwrap();
    assert_eq!(texts(&chloe).await, ["mine"]);
}

#[tokio::test]
async fn a_long_text_stays_with_its_author_and_is_fetched_once() {
    let (clock, _) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    let long = "Flour, water, salt and time. ".repeat(40);
    let id = write(&ana, &long, Visibility::Friends).await;
    settle(&[&ana, &ben]).await;
    let preview = &feed(&ben).await[0];
    assert!(preview.more && preview.text.chars().count() <= 280 && preview.text.ends_with('…'));
    let away = Wire::of(&ben, &[]);
    own::fetch::whole_text(&ben.deps, &away, id).await.unwrap();
    let read = async |node: &Node| node.deps.read(move |w| home::post(w, &id)).await.unwrap();
    assert!(read(&ben).await.more, "who is away gives nothing, and that is no refusal");
    own::fetch::whole_text(&ben.deps, &Wire::of(&ben, &[&ana]), id).await.unwrap();
    assert_eq!(read(&ben).await.text, long);
    own::fetch::whole_text(&ben.deps, &away, id).await.unwrap();
    assert_eq!(read(&ben).await.text, long, "held from now on");
    assert_eq!(read(&ana).await.text, long);
}

#[tokio::test]
async fn the_same_key_makes_one_post_and_another_post_is_refused() {
    let (clock, hands) = clock();
    let ana = Node::new("ana", &clock).await;
    let create = |text: &str| {
        own::posts::create(&ana.deps, text.to_owned(), Visibility::Public, Some("tab-1".to_owned()))
    };
    let first = create("once").await.unwrap();
    hands.advance(60_000);
    assert_eq!(create("once").await.unwrap(), first);
    assert!(matches!(create("twice").await, Err(NodeError::Conflict(_))));
    assert_eq!(feed(&ana).await.len(), 1);
    hands.advance(86_400_000);
    assert_ne!(create("twice").await.unwrap(), first, "a day later the key is free");
}

#[tokio::test]
async fn the_feed_is_read_in_pages_without_gap_or_repetition() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    for n in 0..7 {
        write(&ana, &format!("post {n}"), Visibility::Friends).await;
        hands.advance(u64::from(n % 2 == 0));
    }
    settle(&[&ana, &ben]).await;
    let (mut seen, mut before) = (Vec::new(), Place::TOP);
    loop {
        let page = ben.deps.read(move |w| home::page(w, Filter::Friends, before, 3)).await.unwrap();
        seen.extend(page.items.into_iter().map(|post| post.text));
        let Some(next) = page.next else { break };
        before = Place::from_cursor(&next.cursor()).unwrap();
    }
    assert_eq!(seen, (0..7).rev().map(|n| format!("post {n}")).collect::<Vec<_>>());
    assert!(page(&ben, Filter::Author(0)).await.items.is_empty(), "ben wrote nothing");
}

#[tokio::test]
async fn new_posts_are_counted_since_the_page_was_read() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    write(&ana, "one", Visibility::Friends).await;
    settle(&[&ana, &ben]).await;
    let newest = page(&ben, Filter::Everyone).await.newest;
    for text in ["two", "three"] {
        hands.advance(1_000);
        write(&ana, text, Visibility::Friends).await;
    }
    settle(&[&ana, &ben]).await;
    let count = async |filter| ben.deps.read(move |w| home::count_since(w, filter, newest)).await.unwrap();
    assert_eq!(count(Filter::Everyone).await, 2);
    assert_eq!(count(Filter::Friends).await, 2);
    assert_eq!(count(Filter::Author(0)).await, 0);
}

#[tokio::test]
async fn a_new_friend_gets_what_was_posted_before_and_a_follower_what_is_public() {
    let (clock, hands) = clock();
    let (ana, ben, chloe) =
        (Node::new("ana", &clock).await, Node::new("ben", &clock).await, Node::new("chloé", &clock).await);
    for n in 0..130 {
        let visibility = if n % 2 == 0 { Visibility::Friends } else { Visibility::Public };
        write(&ana, &format!("day {n}"), visibility).await;
        hands.advance(40_000);
    }
    let changed = feed(&ana).await[0].id;
    own::posts::edit(&ana.deps, changed, "today".to_owned()).await.unwrap();
    befriend(&ana, &ben).await;
    ana.relates(&chloe, follower).await;
    chloe.relates(&ana, followed).await;
    for reader in [&ben, &chloe] {
        let person = reader.person(&ana).await;
        reader.deps.write(move |w| crate::modules::contacts::ask_wall(w, &person, 0)).await.unwrap();
    }
    settle(&[&ana, &ben, &chloe]).await;
    let all = async |node: &Node| {
        node.deps.read(|w| home::page(w, Filter::Everyone, Place::TOP, 100)).await.unwrap()
    };
    let (first, after) = (all(&ben).await, 30);
    let rest =
        ben.deps.read(move |w| home::page(w, Filter::Everyone, first.next.unwrap(), 100)).await.unwrap();
    assert_eq!(rest.items.len(), after, "130 in all, over several answers");
    assert_eq!(feed(&ben).await[0].text, "today");
    let public = all(&chloe).await.items;
    assert!(public.len() == 65 && public.iter().all(|post| post.visibility == "public"));
}

#[tokio::test]
async fn who_was_removed_gets_nothing_newer_and_no_fetch() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("ana", &clock).await, Node::new("ben", &clock).await);
    befriend(&ana, &ben).await;
    let long = write(&ana, &"a secret ".repeat(60), Visibility::Friends).await;
    settle(&[&ana, &ben]).await;
    ana.relates(&ben, super::stage::stranger).await;
    hands.advance(1_000);
    write(&ana, "newer", Visibility::Friends).await;
    settle(&[&ana, &ben]).await;
    let seen = feed(&ben).await;
    assert!(seen.len() == 1 && seen[0].more, "only what came before");
    own::fetch::whole_text(&ben.deps, &Wire::of(&ben, &[&ana]), long).await.unwrap();
    let post = ben.deps.read(move |w| home::post(w, &long)).await.unwrap();
    assert_eq!((post.access, post.more), ("refused", true));
    let person = ben.relates(&ana, friend).await;
    ben.deps.write(move |w| crate::modules::contacts::ask_wall(w, &person, 0)).await.unwrap();
    settle(&[&ana, &ben]).await;
    assert_eq!(feed(&ben).await.len(), 1, "asking for the wall brings nothing either");
}

#[tokio::test]
async fn texts_that_cannot_be_written_are_named() {
    let (clock, _) = clock();
    let ana = Node::new("ana", &clock).await;
    for text in ["", " \n\t", "a\0b", &"x".repeat(20_001)] {
        let error =
            own::posts::create(&ana.deps, text.to_owned(), Visibility::Private, None).await.unwrap_err();
        assert!(matches!(error, NodeError::Invalid { field: "text", .. }), "{error}");
    }
    assert!(write(&ana, &"x".repeat(20_000), Visibility::Public).await != Hash([0; 32]));
}
