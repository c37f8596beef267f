//! A friend with an older version: what it does not know arrives after its upgrade.

use openred_core::frame::{Item, ItemKind};

use super::store as later;
use crate::{
    delivery::{
        inbox::{self, Checked, TYPE_UNKNOWN},
        store as outbox,
    },
    modules::{
        contacts::store as people,
        feed::{
            audience::Visibility,
            home::{self, store::Filter, store::Place},
            tests::stage::{Node, befriend, clock, settle},
        },
    },
};

const HOUR_MS: u64 = 3_600_000;

/// Brings what waits to a node whose version knows none of it.
async fn brings_to_an_older_version(ana: &Node, ben: &Node) {
    let there = ben.id;
    let waiting = ana.deps.write(move |w| {
        while outbox::expand(w.tx, w.now)?.more {}
        let person = people::find(w.tx, w.seal, &there)?.unwrap().id;
        let stream = outbox::stream_of(w.tx, person)?.unwrap();
        Ok((person, stream, outbox::waiting(w.tx, w.seal, person, 1, 10)?))
    });
    let (person, stream, waiting) = waiting.await.unwrap();
    let from = ben.person(ana).await.id;
    for one in waiting {
        let item = Item { stream, n: one.n, low: one.n, kind: ItemKind::Envelope, body: one.body };
        let unknown = vec![(item, Checked::Bad(TYPE_UNKNOWN))];
        let acks = inbox::apply(&ben.deps, from, false, unknown).await.unwrap();
        inbox::acknowledged(&ana.deps, person, acks).await.unwrap();
    }
}

async fn reads(node: &Node) -> Vec<String> {
    let page = node.deps.read(|w| home::page(w, Filter::Everyone, Place::TOP, 20)).await.unwrap();
    page.items.into_iter().map(|post| post.text).collect()
}

/// What waits, and what failed.
async fn counts(node: &Node) -> (u64, u64) {
    node.deps.read(|w| Ok(outbox::counts(w.tx)?)).await.unwrap()
}

async fn tries_again(ana: &Node) -> usize {
    let now = ana.deps.clock.now_ms();
    ana.deps.write_plain(move |tx| later::again_daily(tx, now)).await.unwrap()
}

#[tokio::test]
async fn what_an_older_version_does_not_know_arrives_after_its_upgrade() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    befriend(&ana, &ben).await;
    ana.writes("A new kind.", Visibility::Friends).await;
    brings_to_an_older_version(&ana, &ben).await;
    settle(&[&ana, &ben]).await;
    assert_eq!(reads(&ben).await, Vec::<String>::new(), "not applied");
    assert_eq!(counts(&ana).await, (1, 0), "it waits for an upgrade");
    let shown = ana.deps.read(|w| home::page(w, Filter::Everyone, Place::TOP, 1)).await.unwrap();
    let delivery = shown.items[0].delivery.as_ref().unwrap();
    let waits_for = delivery.waiting.iter().map(|one| one.reason.as_str());
    assert_eq!(waits_for.collect::<Vec<_>>(), [TYPE_UNKNOWN]);
    assert!(delivery.failed.is_empty());

    hands.advance(23 * HOUR_MS);
    assert_eq!(tries_again(&ana).await, 0, "once a day");
    hands.advance(2 * HOUR_MS);
    assert_eq!(tries_again(&ana).await, 1);
    brings_to_an_older_version(&ana, &ben).await;
    settle(&[&ana, &ben]).await;
    assert_eq!(reads(&ben).await, Vec::<String>::new(), "still the older version");

    hands.advance(25 * HOUR_MS);
    assert_eq!(tries_again(&ana).await, 1, "kept and tried daily");
    settle(&[&ana, &ben]).await;
    assert_eq!(reads(&ben).await, ["A new kind."]);
    hands.advance(25 * HOUR_MS);
    assert_eq!(tries_again(&ana).await, 0, "it has arrived");
}

#[tokio::test]
async fn what_is_older_than_mail_is_good_for_is_not_tried_again() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    befriend(&ana, &ben).await;
    ana.writes("Too late.", Visibility::Friends).await;
    brings_to_an_older_version(&ana, &ben).await;
    settle(&[&ana, &ben]).await;
    assert_eq!(counts(&ana).await, (1, 0));
    hands.advance(61 * 24 * HOUR_MS);
    assert_eq!(tries_again(&ana).await, 0);
    assert_eq!(counts(&ana).await, (0, 1), "the owner sees that it will not arrive");
}
