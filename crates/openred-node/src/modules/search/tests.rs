//! What is found, and when it is not any more.

use openred_core::ids::{Id16, NodeId};

use super::{Answer, Gathering, WAIT_MS, changed, find, remove, step};
use crate::{
    deps::{Deps, Work},
    desk::ana,
    error::NodeError,
    modules::{
        chats::{
            messages::store::{self as messages, Body, Message, State},
            store as chats,
        },
        contacts::store as people,
    },
};

/// A conversation with somebody.
async fn chat(deps: &Deps, n: u8) -> i64 {
    deps.write(move |w| {
        let person = people::ensure(w.tx, w.seal, &NodeId([n; 32]), w.now)?;
        Ok(chats::ensure(w.tx, w.seal, person.id, w.now)?.id)
    })
    .await
    .unwrap()
}

fn said(text: &str) -> Body {
    Body { text: text.to_owned(), ..Body::default() }
}

/// A message that came there.
fn written(w: &Work<'_, '_>, chat: i64, name: u32, text: &str) -> Result<i64, NodeError> {
    let mut id = Id16([0; 16]);
    id.0[..4].copy_from_slice(&name.to_be_bytes());
    let message = Message::new(chat, (1, id), said(text), w.now, State::Delivered);
    Ok(messages::insert(w.tx, w.seal, &message)?.unwrap())
}

async fn says(deps: &Deps, chat: i64, name: u32, text: &'static str) -> i64 {
    deps.write(move |w| written(w, chat, name, text)).await.unwrap()
}

/// Brings all into the index.
async fn bring_in(deps: &Deps) {
    while deps.write(step).await.unwrap() {}
}

async fn asks(deps: &Deps, query: &'static str, chat: Option<i64>, before: i64, limit: usize) -> Answer {
    deps.read(move |w| find(w, query, chat, before, limit)).await.unwrap()
}

async fn numbers(deps: &Deps, query: &'static str, chat: Option<i64>) -> Vec<i64> {
    let answer = asks(deps, query, chat, i64::MAX, 30).await;
    answer.found.iter().map(|found| found.message.id).collect()
}

#[tokio::test]
async fn words_are_found_in_one_conversation_and_in_all() {
    for indexed in [0, 1, 3] {
        words_are_found(indexed).await;
    }
}

/// After so many of three messages the index was brought up to date.
async fn words_are_found(indexed: u32) {
    let (deps, _) = ana();
    let (one, other) = (chat(&deps, 2).await, chat(&deps, 3).await);
    let bread = says(&deps, one, 1, "The bread is in the oven").await;
    if indexed == 1 {
        bring_in(&deps).await;
    }
    let rolls = says(&deps, other, 2, "Bread rolls, please, and an oven cloth").await;
    let long = says(&deps, other, 3, "Breadcrumbs").await;
    if indexed == 3 {
        bring_in(&deps).await;
    }
    assert_eq!(numbers(&deps, "bread", None).await, [long, rolls, bread], "the newest first");
    assert_eq!(numbers(&deps, "oven BREAD", None).await, [rolls, bread]);
    assert_eq!(numbers(&deps, "bread", Some(one)).await, [bread]);
    assert_eq!(numbers(&deps, "the bread is in the oven", None).await, [bread], "more words than are joined");
    assert_eq!(numbers(&deps, "breadcrust", None).await, [0; 0], "what only begins alike is none");
    for refused in ["", " ?! ", &*"long ".repeat(50)] {
        let refused = refused.to_owned();
        let answer = deps.read(move |w| find(w, &refused, None, i64::MAX, 9).map(|_| ())).await;
        assert!(matches!(answer, Err(NodeError::Invalid { .. })));
    }
    let first = asks(&deps, "bread", None, i64::MAX, 2).await;
    assert_eq!((first.found.len(), first.next), (2, Some(rolls)));
    let rest = asks(&deps, "bread", None, rolls, 2).await;
    assert_eq!((rest.found[0].message.id, rest.found.len(), rest.next), (bread, 1, None));
    deps.write(move |w| {
        let before = said("Bread rolls, please, and an oven cloth");
        messages::edit(w.tx, w.seal, rolls, &said("Cake"), w.now)?;
        changed(w, rolls, &before, &said("Cake"))
    })
    .await
    .unwrap();
    assert_eq!(numbers(&deps, "bread", None).await, [long, bread]);
    assert_eq!(numbers(&deps, "cake", None).await, [rolls]);
    deps.write(move |w| {
        remove(w, rolls, &said("Cake"))?;
        messages::remove(w.tx, rolls)?;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(numbers(&deps, "cake", None).await, [0; 0]);
    bring_in(&deps).await;
    assert_eq!(numbers(&deps, "bread", None).await, [long, bread]);
}

#[tokio::test]
async fn a_snippet_shows_the_hit_and_what_is_around_it() {
    let (deps, _) = ana();
    let chat = chat(&deps, 2).await;
    says(&deps, chat, 1, "One two three four five six seven eight nine ten eleven twelve, then the Brötchen came, and nothing else was said about that for the rest of the whole long and quiet afternoon until the evening bells rang in the village below").await;
    let found = asks(&deps, "brot", None, i64::MAX, 1).await.found;
    let pieces: Vec<_> = found[0].snippet.iter().map(|piece| (piece.text.as_str(), piece.hit)).collect();
    assert_eq!(pieces[0], ("…", false));
    assert!(pieces[1].0.ends_with("then the ") && !pieces[1].0.contains("three"), "{pieces:?}");
    assert_eq!(pieces[2], ("Bröt", true));
    assert!(pieces[3].0.starts_with("chen came") && pieces[4].0 == "…");
}

#[tokio::test]
async fn a_few_messages_are_brought_in_after_a_while_and_many_at_once() {
    let (deps, hands) = ana();
    let chat = chat(&deps, 2).await;
    let waiting = async || {
        let rest = deps.read(|w| Ok(messages::count_after(w.tx, super::indexed(w)?, 1_000)?)).await;
        rest.unwrap()
    };
    let mut gathering = Gathering::default();
    assert_eq!(gathering.catch_up(&deps).await.unwrap(), None);
    says(&deps, chat, 1, "Bread of yesterday").await;
    let now = deps.clock.now_ms();
    assert_eq!(gathering.catch_up(&deps).await.unwrap(), Some(now + WAIT_MS));
    assert_eq!(waiting().await, 1);
    hands.advance(WAIT_MS);
    assert_eq!(gathering.catch_up(&deps).await.unwrap(), None);
    assert_eq!(waiting().await, 0);
    deps.write(move |w| (2..=450).try_for_each(|name| written(w, chat, name, "More bread").map(drop)))
        .await
        .unwrap();
    assert_eq!(gathering.catch_up(&deps).await.unwrap(), None);
    assert_eq!(waiting().await, 0);
    assert_eq!(numbers(&deps, "yesterday bread", None).await.len(), 1);
}
