//! Comments and reactions: by whom, in which order, and what is missing.

use openred_core::{
    ids::Hash,
    payload::{Comment, ContentSync, PostReaction},
};

use super::{
    super::{
        audience::Visibility,
        home::{self, view::ThreadView},
        own,
    },
    stage::{Node, befriend, blocked, clock, settle, stranger},
};
use crate::{error::NodeError, modules::notify};

async fn thread(node: &Node, post: Hash) -> ThreadView {
    node.deps.read(move |w| home::thread(w, &post)).await.unwrap()
}

async fn said(node: &Node, post: Hash) -> Vec<(String, u64)> {
    thread(node, post).await.comments.into_iter().map(|c| (c.text, c.depth)).collect()
}

async fn write(node: &Node, text: &str) -> Hash {
    node.writes(text, Visibility::Friends).await
}

async fn comment(node: &Node, post: Hash, text: &str, parent: Option<Hash>) -> Hash {
    own::comments::create(&node.deps, post, text.to_owned(), parent, None).await.unwrap()
}

fn reply(post: Hash, parents: &[Hash], text: &str) -> Comment {
    let parents = parents.to_vec();
    Comment { post, parents, text: text.to_owned(), content: None, edits: None, deletes: None }
}

/// Ana is a friend of both; Ben and Chloé know each other's keys only.
async fn three() -> (Node, Node, Node, openred_service::lifecycle::ManualClock) {
    let (clock, hands) = clock();
    let (ana, ben, chloe) =
        (Node::new("ana", &clock).await, Node::new("ben", &clock).await, Node::new("chloé", &clock).await);
    befriend(&ana, &ben).await;
    befriend(&ana, &chloe).await;
    ben.meets(&chloe).await;
    chloe.meets(&ben).await;
    (ana, ben, chloe, hands)
}

#[tokio::test]
async fn a_comment_goes_to_the_wall_and_from_there_to_all_its_readers() {
    let (ana, ben, chloe, hands) = three().await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben, &chloe]).await;
    hands.advance(1_000);
    let first = comment(&ben, post, "how?", None).await;
    settle(&[&ana, &ben, &chloe]).await;
    hands.advance(1_000);
    comment(&ana, post, "flour", Some(first)).await;
    settle(&[&ana, &ben, &chloe]).await;
    hands.advance(1_000);
    comment(&chloe, post, "nice", None).await;
    settle(&[&ana, &ben, &chloe]).await;
    let want = [("how?".to_owned(), 1), ("flour".to_owned(), 2), ("nice".to_owned(), 1)];
    for node in [&ana, &ben, &chloe] {
        assert_eq!(said(node, post).await, want);
        assert_eq!(thread(node, post).await.known, 3);
    }
    let seen = thread(&chloe, post).await.comments;
    assert_eq!(seen[0].author.display_name, "ben");
    assert_eq!(seen[2].parents[0], post.to_string(), "chloé answers the post");
    assert_eq!(seen[2].parents.len(), 2, "and has seen ana's answer, the only leaf");
    let unread = async |node: &Node| node.deps.read(|w| Ok(notify::store::unread(w.tx)?)).await.unwrap();
    assert_eq!((unread(&ana).await, unread(&ben).await, unread(&chloe).await), (2, 1, 0));
}

#[tokio::test]
async fn who_may_not_read_may_not_comment_or_react() {
    let (ana, ben, _, hands) = three().await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben]).await;
    hands.advance(1_000);
    let words = ben.says(&ana, reply(post, &[post], "me too")).await;
    let heart = ben.says(&ana, PostReaction { target: post, reaction: "❤".to_owned() }).await;
    let unknown = ben.says(&ana, reply(Hash([9; 32]), &[], "where?")).await;
    assert!(matches!(ana.hears(&ben, &unknown).await, Err(NodeError::Unknown(_))));
    for how in [stranger, blocked] {
        ana.relates(&ben, how).await;
        assert!(ana.hears(&ben, &words).await.is_err());
        assert!(ana.hears(&ben, &heart).await.is_err());
    }
    let seen = thread(&ana, post).await;
    assert!(seen.comments.is_empty() && seen.post.reactions.is_empty());
    let private = ana.writes("mine", Visibility::Private).await;
    ana.relates(&ben, super::stage::friend).await;
    let words = ben.says(&ana, reply(private, &[private], "I guessed the id")).await;
    assert!(matches!(ana.hears(&ben, &words).await, Err(NodeError::Unknown(_))));
}

#[tokio::test]
async fn on_another_wall_only_its_owner_brings_comments() {
    let (ana, ben, chloe, _) = three().await;
    befriend(&ben, &chloe).await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben, &chloe]).await;
    let words = ben.says(&ana, reply(post, &[post], "past the owner")).await;
    assert!(matches!(chloe.hears(&ben, &words).await, Err(NodeError::Refused(_))));
    assert!(thread(&chloe, post).await.comments.is_empty());
}

#[tokio::test]
async fn replies_known_to_be_missing_are_shown_asked_for_hourly_and_found() {
    let (ana, ben, chloe, hands) = three().await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben, &chloe]).await;
    hands.advance(1_000);
    let first = ben.says(&ana, reply(post, &[post], "how?")).await;
    ana.hears(&ben, &first).await.unwrap();
    hands.advance(1_000);
    let second = ben.says(&ana, reply(post, &[first.message_id()], "tell me")).await;
    // Chloé gets the second alone.
    chloe.hears(&ana, &second).await.unwrap();
    let seen = thread(&chloe, post).await;
    assert_eq!((seen.known, seen.missing.len()), (1, 1));
    assert_eq!(seen.missing[0].id, first.message_id().to_string());
    assert_eq!(seen.post.comments.missing, 1);
    let asked_at = seen.missing[0].asked_at.expect("asked at once");
    hands.advance(60_000);
    own::comments::ask_missing(&chloe.deps, post).await.unwrap();
    assert_eq!(thread(&chloe, post).await.missing[0].asked_at, Some(asked_at), "not twice within the hour");
    hands.advance(3_600_000);
    own::comments::ask_missing(&chloe.deps, post).await.unwrap();
    assert_eq!(thread(&chloe, post).await.missing[0].asked_at, Some(asked_at + 3_660_000));
    chloe.carry(&ana).await;
    ana.carry(&chloe).await;
    let seen = thread(&chloe, post).await;
    assert_eq!((seen.known, seen.missing.len(), seen.post.comments.missing), (2, 0, 0));
    assert_eq!(said(&chloe, post).await, [("how?".to_owned(), 1), ("tell me".to_owned(), 2)]);
}

#[tokio::test]
async fn a_given_comment_of_somebody_unknown_counts_as_missing() {
    let (clock, hands) = clock();
    let (ana, ben, chloe) =
        (Node::new("ana", &clock).await, Node::new("ben", &clock).await, Node::new("chloé", &clock).await);
    befriend(&ana, &ben).await;
    befriend(&ana, &chloe).await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &chloe]).await;
    hands.advance(1_000);
    let words = ben.says(&ana, reply(post, &[post], "how?")).await;
    let give =
        ContentSync::Give { items: vec![openred_core::ids::B64(words.canonical().to_vec())], more: false };
    let give = ana.says(&chloe, give).await;
    chloe.hears(&ana, &give).await.unwrap();
    let seen = thread(&chloe, post).await;
    assert_eq!((seen.known, seen.missing.len()), (0, 1), "not believed, but known to be there");
    chloe.meets(&ben).await;
    chloe.hears(&ana, &give).await.unwrap();
    let seen = thread(&chloe, post).await;
    assert_eq!((seen.known, seen.missing.len()), (1, 0));
}

#[tokio::test]
async fn comments_are_edited_and_deleted_by_their_author_and_deleted_by_the_wall() {
    let (ana, ben, chloe, hands) = three().await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben, &chloe]).await;
    hands.advance(1_000);
    let id = comment(&ben, post, "hwo?", None).await;
    settle(&[&ana, &ben, &chloe]).await;
    hands.advance(1_000);
    own::comments::edit(&ben.deps, id, "how?".to_owned()).await.unwrap();
    settle(&[&ana, &ben, &chloe]).await;
    for node in [&ana, &ben, &chloe] {
        let seen = thread(node, post).await.comments;
        assert!(seen[0].text == "how?" && seen[0].edited_at.is_some());
    }
    hands.advance(1_000);
    let forged = chloe.says(&ana, Comment { edits: Some(id), ..reply(post, &[], "nonsense") }).await;
    assert!(matches!(ana.hears(&chloe, &forged).await, Err(NodeError::Refused(_))));
    assert!(own::comments::remove(&chloe.deps, id).await.is_err());
    own::comments::remove(&ana.deps, id).await.unwrap();
    settle(&[&ana, &ben, &chloe]).await;
    for node in [&ana, &ben, &chloe] {
        let seen = thread(node, post).await;
        assert!(seen.comments.is_empty() && seen.known == 0);
    }
}

#[tokio::test]
async fn a_deleted_comment_keeps_its_place_while_it_has_answers() {
    let (ana, ben, _, hands) = three().await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben]).await;
    let first = comment(&ben, post, "how?", None).await;
    settle(&[&ana, &ben]).await;
    hands.advance(1_000);
    comment(&ana, post, "flour", Some(first)).await;
    hands.advance(1_000);
    own::comments::remove(&ben.deps, first).await.unwrap();
    settle(&[&ana, &ben]).await;
    let seen = thread(&ana, post).await.comments;
    assert_eq!((seen.len(), seen[0].deleted, seen[0].text.as_str(), seen[1].depth), (2, true, "", 2));
}

#[tokio::test]
async fn the_latest_reaction_of_each_person_counts() {
    let (ana, ben, chloe, hands) = three().await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben, &chloe]).await;
    for (node, reaction) in [(&ben, "❤"), (&chloe, "❤"), (&ben, "👍")] {
        hands.advance(1_000);
        own::reactions::react(&node.deps, post, reaction.to_owned()).await.unwrap();
        settle(&[&ana, &ben, &chloe]).await;
    }
    let seen = async |node: &Node| {
        let reactions = node.deps.read(move |w| home::reactions(w, &post)).await.unwrap();
        reactions.into_iter().map(|r| (r.reaction, r.count, r.mine)).collect::<Vec<_>>()
    };
    let both = |heart, thumb| vec![("❤".to_owned(), 1, heart), ("👍".to_owned(), 1, thumb)];
    assert_eq!(seen(&ana).await, both(false, false));
    assert_eq!(seen(&ben).await, both(false, true));
    assert_eq!(seen(&chloe).await, both(true, false));
    hands.advance(1_000);
    own::reactions::react(&ben.deps, post, String::new()).await.unwrap();
    settle(&[&ana, &ben, &chloe]).await;
    assert_eq!(seen(&ana).await, [("❤".to_owned(), 1, false)]);
    assert_eq!(seen(&chloe).await, [("❤".to_owned(), 1, true)]);
    assert!(own::reactions::react(&ben.deps, post, "x".repeat(17)).await.is_err());
}

#[tokio::test]
async fn comments_of_blocked_people_are_not_shown() {
    let (ana, ben, chloe, hands) = three().await;
    let post = write(&ana, "bread").await;
    settle(&[&ana, &ben, &chloe]).await;
    hands.advance(1_000);
    chloe.relates(&ben, blocked).await;
    comment(&ben, post, "how?", None).await;
    settle(&[&ana, &ben, &chloe]).await;
    assert_eq!(said(&ana, post).await.len(), 1);
    assert!(said(&chloe, post).await.is_empty());
}
