//! The task that writes deposits: it takes all orders that wait, makes them one transaction, and answers when that is on
//! disk. Must not know: SQL, which deposits are taken.

use std::sync::Arc;

use openred_service::lifecycle::Lifecycle;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::pool::Database;
use super::{Answers, next_order};
use crate::mailbox::{Deposit, Refusal};

/// Most deposits and bytes of one transaction: bounds how long others wait for the rows of their queues.
const MAX_BATCH: usize = 8_192;
const MAX_BATCH_BYTES: usize = 16 << 20;

/// Deposits that wait to be written.
pub(super) struct Order {
    pub(super) deposits: Vec<Deposit>,
    /// Unix seconds.
    pub(super) now: u64,
    pub(super) reply: oneshot::Sender<Answers>,
    /// Held until the answer.
    pub(super) room: OwnedSemaphorePermit,
}

/// Runs until the store is closed or dropped.
pub(super) async fn run(database: Arc<Database>, mut orders: mpsc::Receiver<Order>, life: Lifecycle) {
    let mut next = None;
    loop {
        let first = match next.take() {
            Some(order) => order,
            None => match next_order(&mut orders, &life).await {
                Some(order) => order,
                None => return,
            },
        };
        let mut batch = vec![first];
        let mut size = size_of_order(&batch[0]);
        while let Ok(order) = orders.try_recv() {
            let more = size_of_order(&order);
            if size.0 + more.0 > MAX_BATCH || size.1 + more.1 > MAX_BATCH_BYTES {
                next = Some(order);
                break;
            }
            size = (size.0 + more.0, size.1 + more.1);
            batch.push(order);
        }
        write(&database, batch).await;
    }
}

fn size_of_order(order: &Order) -> (usize, usize) {
    (order.deposits.len(), order.deposits.iter().map(|deposit| deposit.content.len()).sum())
}

async fn write(database: &Database, orders: Vec<Order>) {
    let deposits: Vec<(&Deposit, u64)> =
        orders.iter().flat_map(|order| order.deposits.iter().map(|deposit| (deposit, order.now))).collect();
    let mut answers = database.deposit(&deposits).await.map(Vec::into_iter);
    for order in orders {
        let count = order.deposits.len();
        let own = match &mut answers {
            Ok(answers) => answers.by_ref().take(count).collect(),
            Err(refusal) => vec![Err::<_, Refusal>(*refusal); count],
        };
        let _caller_may_have_left = order.reply.send(own);
        drop(order.room);
    }
}
