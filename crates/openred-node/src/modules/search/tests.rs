//! What is found, and when it is not any more.

use openred_core::ids::{Id16, NodeId};

use super::{Answer, find, put, remove, step};
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

/// A message that came there, without the index.
fn written(w: &Work<'_, '_>, chat: i64, name: u32, text: &str) -> Result<i64, NodeError> {
    let mut id = Id16([0; 16]);
    id.0[..4].copy_from_slice(&name.to_be_bytes());
    let message = Message {
        id: 0,
        chat,
        name: id,
        author: 1,
        body: Some(said(text)),
        at: w.now,
        edited_at: None,
        state: State::Delivered,
        due_at: None,
        lives_s: None,
        expires_at: None,
    };
    Ok(messages::insert(w.tx, w.seal, &message)?.unwrap())
}

async fn says(deps: &Deps, chat: i64, name: u32, text: &'static str) -> i64 {
    deps.write(move |w| {
        let id = written(w, chat, name, text)?;
        put(w, id, &said(text))?;
        Ok(id)
    })
    .await
    .unwrap()
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
    let (deps, _) = ana();
    let (one, other) = (chat(&deps, 2).await, chat(&deps, 3).await);
    let bread = says(&deps, one, 1, "The bread is in the oven").await;
    let rolls = says(&deps, other, 2, "Bread rolls, please, and an oven cloth").await;
    let long = says(&deps, other, 3, "Breadcrumbs").await;
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
        remove(w, rolls, &said("Bread rolls, please, and an oven cloth"))?;
        put(w, rolls, &said("Cake"))
    })
    .await
    .unwrap();
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
async fn messages_of_earlier_versions_are_brought_in() {
    let (deps, _) = ana();
    let chat = chat(&deps, 2).await;
    let old = deps.write(move |w| written(w, chat, 1, "Bread of yesterday")).await.unwrap();
    assert_eq!(numbers(&deps, "bread", None).await, [0; 0]);
    while deps.write(step).await.unwrap() {}
    assert_eq!(numbers(&deps, "bread", None).await, [old]);
}
