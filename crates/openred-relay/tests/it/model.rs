//! Any store, whatever people do and however often it is opened again, answers as a simple list in memory would.

mod operations;
mod reference;

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use openred_relay::mailbox::Quotas;
use openred_relay::store::MailboxStore;
use openred_service::lifecycle::Clock;
use proptest::test_runner::{Config, TestRunner};

use super::people::{self, START};
use operations::{Operation, Piece, story};
use reference::Reference;

/// Limits that a story meets.
pub(crate) fn quotas() -> Quotas {
    Quotas { mailboxes: 4, mailbox_bytes: 24 << 10, mailbox_count: 9, deposits_per_day: 25 }
}

/// A store that can be opened again where it was.
pub(crate) trait Subject {
    fn open(&self) -> BoxFuture<'_, Arc<dyn MailboxStore>>;
}

struct Embedded(tempfile::TempDir);

impl Subject for Embedded {
    fn open(&self) -> BoxFuture<'_, Arc<dyn MailboxStore>> {
        people::open(self.0.path(), quotas()).boxed()
    }
}

/// Runs stories against new subjects. Every kind of store is held to it.
pub(crate) fn holds<S: Subject>(cases: u32, subject: impl Fn() -> S) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tell(&subject(), &abandoned()));
    TestRunner::new(config)
        .run(&story(), |operations| {
            runtime.block_on(tell(&subject(), &operations));
            Ok(())
        })
        .unwrap();
}

/// Two mailboxes with mail; to one of them its owner comes again. Chance seldom waits for a year.
fn abandoned() -> Vec<Operation> {
    let later = |days: u64| Operation::Later { secs: days * 86_400 };
    let letter =
        |queue| Operation::Deposit { mail: vec![Piece { queue, client: 1, content: 1, bytes: 1_024 }] };
    let begun = [Operation::Create { queue: 1 }, Operation::Create { queue: 2 }, letter(1), later(300)];
    let year = [Operation::Touch { queue: 2 }, letter(1), letter(2), later(66), Operation::Expire, later(1)];
    let looks = [Operation::LookUp { queue: 1 }, Operation::LookUp { queue: 2 }, letter(1), letter(2)];
    let end = [Operation::Expire].into_iter().chain(looks.clone()).chain([Operation::OpenAgain]).chain(looks);
    begun.into_iter().chain(year).chain(end).collect()
}

async fn tell<S: Subject>(subject: &S, operations: &[Operation]) {
    let (clock, hand) = Clock::manual(START * 1_000);
    let mut reference = Reference::new(quotas());
    let mut store = subject.open().await;
    for (n, operation) in operations.iter().enumerate() {
        match operation {
            Operation::Later { secs } => hand.advance(secs * 1_000),
            Operation::OpenAgain => {
                store.close().await;
                store = subject.open().await;
            }
            // Ids are random: none comes back after its queue has ended.
            Operation::Create { queue } if reference.has_ended(*queue) => {}
            operation => {
                let expected = reference.answer(operation, clock.now_s());
                let answer = operation.ask(store.as_ref(), clock.now_s()).await;
                assert_eq!(answer, expected, "operation {n} of {operations:#?}");
            }
        }
        assert_eq!(store.counts().await, Ok(reference.counts()), "after operation {n} of {operations:#?}");
    }
    store.close().await;
}

#[test]
fn the_embedded_store_answers_as_the_model() {
    holds(96, || Embedded(people::folder()));
}
