//! Rows of mail: what is to be laid at relays, what lies there, and receipts.

use openred_core::{
    ids::{DepositId, Id8, NodeId},
    payload::{RelayRoute, Secret32},
};

use super::store::{self, Routes};
use crate::{
    delivery::store as delivery,
    modules::feed::{
        audience::Visibility,
        tests::stage::{Node, befriend, clock},
    },
};

const AWAY: &str = "peer_away";

fn queue(number: u8) -> RelayRoute {
    RelayRoute {
        url: format!("https://r{number}.example"),
        relay_id: NodeId([number; 32]),
        deposit_id: DepositId([number; 16]),
        cap: Secret32::new([number; 32]),
    }
}

/// Ana, whose friend ben is away and takes mail, and his number.
async fn ana_and_ben() -> (Node, Node, i64) {
    let (clock, _hands) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    befriend(&ana, &ben).await;
    let person = ana.person(&ben).await.id;
    (ana, ben, person)
}

async fn writes(ana: &Node, text: &str) {
    ana.writes(text, Visibility::Friends).await;
    ana.deps.write(|w| Ok(delivery::expand(w.tx, w.now)?)).await.unwrap();
}

async fn takes_mail_at(ana: &Node, person: i64, lane: bool, queues: Vec<RelayRoute>) {
    ana.deps.write(move |w| Ok(store::set_routes(w.tx, w.seal, person, lane, &queues)?)).await.unwrap();
}

async fn is_away(ana: &Node, person: i64) {
    ana.deps.write(move |w| Ok(delivery::postpone(w.tx, person, AWAY, w.now + 1)?)).await.unwrap();
}

async fn to_mail(ana: &Node) -> Vec<i64> {
    ana.deps.read(|w| Ok(store::to_mail(w.tx, 0, 10)?)).await.unwrap()
}

async fn mailed(ana: &Node, person: i64, from: u64, upto: u64) -> u64 {
    ana.deps
        .write(move |w| {
            store::mailed(w.tx, person, from, upto, w.now)?;
            Ok(store::mailed_to(w.tx, person)?)
        })
        .await
        .unwrap()
}

async fn routes(ana: &Node, person: i64) -> Option<Routes> {
    ana.deps.read(move |w| Ok(store::routes(w.tx, w.seal, person)?)).await.unwrap()
}

#[tokio::test]
async fn mail_is_for_those_who_are_away_and_take_it_once() {
    let (ana, _ben, person) = ana_and_ben().await;
    writes(&ana, "First.").await;
    assert!(to_mail(&ana).await.is_empty(), "nobody knows yet that he is away, and he takes none");
    is_away(&ana, person).await;
    assert!(to_mail(&ana).await.is_empty(), "he takes none");
    takes_mail_at(&ana, person, false, vec![queue(1)]).await;
    assert_eq!(to_mail(&ana).await, [person]);

    let last = ana.deps.read(move |w| Ok(delivery::waiting(w.tx, w.seal, person, 1, 99)?)).await.unwrap();
    let upto = last.last().unwrap().n;
    assert_eq!(mailed(&ana, person, 0, upto).await, upto);
    assert!(to_mail(&ana).await.is_empty(), "it lies there");
    writes(&ana, "Second.").await;
    assert_eq!(to_mail(&ana).await, [person], "and this does not");
    ana.deps.write(move |w| Ok(delivery::hasten(w.tx, person, w.now)?)).await.unwrap();
    assert!(to_mail(&ana).await.is_empty(), "he is back");
}

#[tokio::test]
async fn what_lies_at_a_relay_is_shown_so() {
    let (ana, _ben, person) = ana_and_ben().await;
    writes(&ana, "First.").await;
    is_away(&ana, person).await;
    takes_mail_at(&ana, person, false, vec![queue(1)]).await;
    let open = |node: &Node| {
        let deps = node.deps.clone();
        async move {
            let open = deps.read(|w| Ok(delivery::open(w.tx, (i64::MAX, i64::MAX), 50)?)).await.unwrap();
            open.into_iter().map(|one| one.mailed).collect::<Vec<_>>()
        }
    };
    assert!(open(&ana).await.iter().all(|mailed| !mailed));
    mailed(&ana, person, 0, 1_000).await;
    assert!(open(&ana).await.iter().all(|mailed| *mailed));
}

#[tokio::test]
async fn new_queues_get_what_lies_in_old_ones() {
    let (ana, _ben, person) = ana_and_ben().await;
    writes(&ana, "First.").await;
    is_away(&ana, person).await;
    takes_mail_at(&ana, person, false, vec![queue(1)]).await;
    mailed(&ana, person, 0, 1_000).await;
    takes_mail_at(&ana, person, false, vec![queue(1)]).await;
    assert!(to_mail(&ana).await.is_empty(), "told again, nothing new");
    takes_mail_at(&ana, person, false, vec![queue(2), queue(1)]).await;
    assert_eq!(to_mail(&ana).await, [person]);
    assert_eq!(mailed(&ana, person, 1_000, 1_001).await, 0, "what was laid before does not count");
}

#[tokio::test]
async fn queues_of_ones_own_come_before_the_lane() {
    let (ana, _ben, person) = ana_and_ben().await;
    assert_eq!(routes(&ana, person).await, None);
    takes_mail_at(&ana, person, true, vec![queue(9)]).await;
    assert_eq!(routes(&ana, person).await, Some(Routes { relays: vec![queue(9)], lane: true }));
    takes_mail_at(&ana, person, false, vec![queue(2), queue(1)]).await;
    assert_eq!(routes(&ana, person).await, Some(Routes { relays: vec![queue(2), queue(1)], lane: false }));
    let gone = queue(2);
    ana.deps.write(move |w| Ok(store::drop_route(w.tx, w.seal, person, &gone)?)).await.unwrap();
    assert_eq!(routes(&ana, person).await, Some(Routes { relays: vec![queue(1)], lane: false }));
    takes_mail_at(&ana, person, false, Vec::new()).await;
    assert_eq!(routes(&ana, person).await, Some(Routes { relays: vec![queue(9)], lane: true }));
}

#[tokio::test]
async fn mail_that_nobody_fetches_is_laid_again_before_it_is_dropped() {
    const DAY_MS: u64 = 86_400_000;
    let (ana, _ben, person) = ana_and_ben().await;
    writes(&ana, "First.").await;
    is_away(&ana, person).await;
    takes_mail_at(&ana, person, false, vec![queue(1)]).await;
    mailed(&ana, person, 0, 1_000).await;
    for (days, again) in [(7, Vec::new()), (9, vec![person])] {
        ana.deps.write(move |w| Ok(store::trim(w.tx, w.now + days * DAY_MS)?)).await.unwrap();
        assert_eq!(to_mail(&ana).await, again, "after {days} days");
    }
}

#[tokio::test]
async fn a_receipt_is_owed_until_the_newest_is_given() {
    let (ana, _ben, person) = ana_and_ben().await;
    let stream = Id8([3; 8]);
    let owe = |later: u64| ana.deps.write(move |w| Ok(store::owe(w.tx, person, &stream, w.now + later)?));
    let owed = || ana.deps.read(|w| Ok(store::owed(w.tx, 10)?));
    owe(0).await.unwrap();
    let first = owed().await.unwrap();
    assert_eq!(first.len(), 1);
    owe(5).await.unwrap();
    let (old, tx) = (first[0], &ana.deps);
    tx.write(move |w| Ok(store::given(w.tx, &old)?)).await.unwrap();
    let second = owed().await.unwrap();
    assert_eq!(second.len(), 1, "more came while it was given");
    let newest = second[0];
    tx.write(move |w| Ok(store::given(w.tx, &newest)?)).await.unwrap();
    assert!(owed().await.unwrap().is_empty());
}
