//! What may happen to a store, and how it is asked.

use openred_core::payload::Secret32;
use openred_relay::mailbox::{Deposit, Mail, Queue, Refusal, Stored};
use openred_relay::store::MailboxStore;
use proptest::prelude::*;

use crate::people::{queue, sized};

/// Queues that a story speaks of; there may be fewer.
pub(super) const QUEUES: u8 = 6;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Create { queue: u8 },
    Deposit { mail: Vec<Piece> },
    Fetch { queue: u8, after: u64, max: usize },
    Ack { queue: u8, upto: u64 },
    Revoke { queue: u8, cap: u8 },
    Delete { queue: u8 },
    Touch { queue: u8 },
    LookUp { queue: u8 },
    Expire,
    Later { secs: u64 },
    OpenAgain,
}

/// One deposit.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) queue: u8,
    pub(super) client: u32,
    pub(super) content: u8,
    pub(super) bytes: usize,
}

impl Piece {
    pub(super) fn deposit(&self) -> Deposit {
        sized(self.queue, self.client, self.content, self.bytes)
    }
}

/// What a store says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done(Result<(), Refusal>),
    Stored(Vec<Result<Stored, Refusal>>),
    Fetched(Result<Vec<Mail>, Refusal>),
    Found(Option<Queue>),
}

impl Operation {
    /// Asks the store; time and restarts are the caller's.
    pub(super) async fn ask(&self, store: &dyn MailboxStore, now: u64) -> Answer {
        let id = |n: &u8| queue(*n).queue_id;
        match self {
            Self::Create { queue: n } => Answer::Done(store.create(queue(*n)).await),
            Self::Deposit { mail } => {
                Answer::Stored(store.deposit(mail.iter().map(Piece::deposit).collect(), now).await)
            }
            Self::Fetch { queue, after, max } => Answer::Fetched(store.fetch(id(queue), *after, *max).await),
            Self::Ack { queue, upto } => Answer::Done(store.ack(id(queue), *upto).await),
            Self::Revoke { queue, cap } => {
                Answer::Done(store.revoke(id(queue), Secret32::new([*cap; 32])).await)
            }
            Self::Delete { queue } => Answer::Done(store.delete(id(queue)).await),
            Self::Touch { queue } => Answer::Done(store.touch(id(queue), now).await),
            Self::LookUp { queue: n } => {
                let by_queue = store.by_queue(id(n)).await.unwrap();
                let by_deposit = store.by_deposit(&[queue(*n).deposit_id]).await.unwrap();
                assert_eq!(by_deposit, std::slice::from_ref(&by_queue), "both ids lead to the same queue");
                Answer::Found(by_queue)
            }
            Self::Expire => Answer::Done(store.expire(now).await),
            Self::Later { .. } | Self::OpenAgain => Answer::Done(Ok(())),
        }
    }
}

/// Stories of up to a hundred operations.
pub(super) fn story() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), 1..100)
}

fn operation() -> impl Strategy<Value = Operation> {
    let queue = || 0..QUEUES;
    let day = 86_400_u64;
    prop_oneof![
        4 => queue().prop_map(|queue| Operation::Create { queue }),
        12 => prop::collection::vec(piece(), 1..12).prop_map(|mail| Operation::Deposit { mail }),
        4 => (queue(), 0_u64..40, 0_usize..12)
            .prop_map(|(queue, after, max)| Operation::Fetch { queue, after, max }),
        5 => (queue(), prop_oneof![0_u64..40, Just(u64::MAX)])
            .prop_map(|(queue, upto)| Operation::Ack { queue, upto }),
        1 => (queue(), any::<u8>()).prop_map(|(queue, cap)| Operation::Revoke { queue, cap }),
        1 => queue().prop_map(|queue| Operation::Delete { queue }),
        1 => queue().prop_map(|queue| Operation::Touch { queue }),
        2 => queue().prop_map(|queue| Operation::LookUp { queue }),
        1 => Just(Operation::Expire),
        2 => prop_oneof![4 => 0..day, 4 => day..3 * day, 4 => 15 * day..33 * day, 1 => 200 * day..400 * day]
            .prop_map(|secs| Operation::Later { secs }),
        2 => Just(Operation::OpenAgain),
    ]
}

/// Names and contents are few, so that they come again; some sizes are wrong.
fn piece() -> impl Strategy<Value = Piece> {
    let bytes = prop_oneof![20 => Just(1_024), 3 => Just(4_096), 1 => Just(16_384), 1 => Just(1_000), 1 => Just(65_537)];
    (0..QUEUES, 0_u32..40, 0_u8..2, bytes).prop_map(|(queue, client, content, bytes)| Piece {
        queue,
        client,
        content,
        bytes,
    })
}
