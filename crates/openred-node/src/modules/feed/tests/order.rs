//! Whatever the order and however often things arrive, the same is held in the end.

use std::sync::OnceLock;

use openred_core::{
    envelope::Verified,
    ids::Hash,
    payload::{Comment, PostReaction, PostShare, Visibility},
};
use proptest::prelude::*;

use super::stage::{Node, befriend, clock};

/// Ana's wall as it was said: the post, what Ben and Ana said about it, and what they changed.
struct Story {
    ana: Node,
    ben: Node,
    chloe: Node,
    items: Vec<Verified>,
}

fn post(text: &str) -> PostShare {
    PostShare {
        visibility: Visibility::Friends,
        text: text.to_owned(),
        content: None,
        media: vec![],
        parents: vec![],
        edits: None,
        deletes: None,
        expires: None,
    }
}

fn comment(post: Hash, parents: &[Hash], text: &str) -> Comment {
    let parents = parents.to_vec();
    Comment { post, parents, text: text.to_owned(), content: None, edits: None, deletes: None }
}

fn reaction(target: Hash, reaction: &str) -> PostReaction {
    PostReaction { target, reaction: reaction.to_owned() }
}

async fn story(deleted: bool) -> Story {
    let (clock, hands) = clock();
    let (ana, ben, chloe) =
        (Node::new("ana", &clock).await, Node::new("ben", &clock).await, Node::new("chloé", &clock).await);
    let mut items = Vec::new();
    let mut say = async |by: &Node, said: openred_core::payload::Payload| {
        hands.advance(1_000);
        let item = by.says(&ana, said).await;
        items.push(item.clone());
        item.message_id()
    };
    let p = say(&ana, post("bred").into()).await;
    let c1 = say(&ben, comment(p, &[p], "hwo?").into()).await;
    let c2 = say(&ana, comment(p, &[c1], "flour").into()).await;
    let c3 = say(&ben, comment(p, &[c2], "oops").into()).await;
    say(&ana, PostShare { edits: Some(p), ..post("bread?") }.into()).await;
    say(&ana, PostShare { edits: Some(p), ..post("bread") }.into()).await;
    say(&ben, Comment { edits: Some(c1), ..comment(p, &[p], "how?") }.into()).await;
    say(&ben, reaction(p, "❤").into()).await;
    say(&ben, reaction(p, "👍").into()).await;
    say(&ana, reaction(c1, "🙂").into()).await;
    say(&ana, reaction(c3, "🙂").into()).await;
    say(&ben, Comment { deletes: Some(c3), ..comment(p, &[], "") }.into()).await;
    if deleted {
        say(&ana, PostShare { deletes: Some(p), ..post("") }.into()).await;
    }
    Story { ana, ben, chloe, items }
}

/// A reader who knows both and holds nothing.
async fn reader(story: &Story) -> Node {
    let chloe = story.chloe.fresh("chloé").await;
    befriend(&chloe, &story.ana).await;
    chloe.meets(&story.ben).await;
    chloe
}

/// All that is held, without local numbers and times.
async fn held(node: &Node) -> Vec<String> {
    let rows = node.deps.read(|w| {
        use super::super::{comments, missing, posts};
        let mut found = Vec::new();
        for row in w.tx.all("SELECT message_id FROM posts ORDER BY message_id", &[])? {
            let post = posts::store::find(w.tx, w.seal, &Hash(row.bytes(0)?))?.unwrap();
            let post = posts::store::Post { id: 0, received_at: 0, ..post };
            found.push(format!("{post:?}"));
            let missing: Vec<Hash> =
                missing::store::of(w.tx, &post.message_id)?.iter().map(|m| m.id).collect();
            found.push(format!("{missing:?}"));
        }
        for row in w.tx.all("SELECT message_id FROM comments ORDER BY message_id", &[])? {
            let comment = comments::store::find(w.tx, w.seal, &Hash(row.bytes(0)?))?.unwrap();
            found.push(format!("{:?}", comments::store::Comment { id: 0, created_at: 0, ..comment }));
        }
        for row in w.tx.all("SELECT target, author, at FROM reactions ORDER BY target, author", &[])? {
            found.push(format!("{:?} {} {}", row.blob(0)?, row.int(1)?, row.int(2)?));
        }
        let waiting = w.tx.one("SELECT count(*) FROM waiting_changes", &[])?.unwrap().int(0)?;
        found.push(format!("{waiting} waiting"));
        Ok(found)
    });
    rows.await.unwrap()
}

async fn heard_in(story: &Story, order: &[usize]) -> Vec<String> {
    let chloe = reader(story).await;
    for place in order {
        chloe.hears(&story.ana, &story.items[*place]).await.unwrap();
    }
    held(&chloe).await
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap())
}

fn told(deleted: bool) -> &'static (Story, Vec<String>) {
    static STORIES: [OnceLock<(Story, Vec<String>)>; 2] = [const { OnceLock::new() }; 2];
    STORIES[usize::from(deleted)].get_or_init(|| {
        runtime().block_on(async {
            let story = story(deleted).await;
            let order: Vec<usize> = (0..story.items.len()).collect();
            let held = heard_in(&story, &order).await;
            (story, held)
        })
    })
}

/// Each thing twice, in any order. 12 things without the deletion of the post, 13 with it.
fn orders(things: usize) -> impl Strategy<Value = Vec<usize>> {
    Just((0..things).chain(0..things).collect::<Vec<_>>()).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_thing_twice_in_any_order_is_the_same_thread(order in orders(12)) {
        let (story, want) = told(false);
        prop_assert_eq!(&runtime().block_on(heard_in(story, &order)), want);
    }

    #[test]
    fn a_deleted_post_stays_deleted_in_any_order(order in orders(13)) {
        let (story, want) = told(true);
        prop_assert_eq!(&runtime().block_on(heard_in(story, &order)), want);
        let all = want.join("\n");
        prop_assert!(all.contains("0 waiting") && !all.contains("deleted: false"), "tombstones alone: {all}");
        prop_assert!(["bread", "how?", "flour", "👍"].iter().all(|gone| !all.contains(gone)), "{all}");
    }
}

#[test]
fn the_thread_is_what_was_said_last() {
    let (_, held) = told(false);
    let all = held.join("\n");
    for want in ["\"bread\"", "\"how?\"", "\"flour\"", "👍", "🙂", "0 waiting"] {
        assert!(all.contains(want), "{want} in {all}");
    }
    for gone in ["bred", "hwo?", "oops", "❤"] {
        assert!(!all.contains(gone), "{gone} in {all}");
    }
}
