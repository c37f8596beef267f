//! The task that writes acknowledgements: all that wait become one transaction. Must not know: SQL.

use std::collections::BTreeMap;
use std::sync::Arc;

use openred_core::ids::QueueId;
use openred_service::lifecycle::Lifecycle;
use tokio::sync::{mpsc, oneshot};

use super::next_order;
use super::pool::Database;
use crate::mailbox::Refusal;

/// Most acknowledgements of one transaction.
const MAX_BATCH: usize = 1_024;

/// An acknowledgement that waits to be written.
pub(super) struct Order {
    pub(super) id: QueueId,
    /// Mail up to and including this seq goes.
    pub(super) upto: u64,
    pub(super) reply: oneshot::Sender<Result<(), Refusal>>,
}

/// Runs until the store is closed or dropped.
pub(super) async fn run(database: Arc<Database>, mut orders: mpsc::Receiver<Order>, life: Lifecycle) {
    while let Some(first) = next_order(&mut orders, &life).await {
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH
            && let Ok(order) = orders.try_recv()
        {
            batch.push(order);
        }
        let mut wanted = BTreeMap::<QueueId, u64>::new();
        for order in &batch {
            let upto = wanted.entry(order.id).or_default();
            *upto = order.upto.max(*upto);
        }
        let wanted: Vec<(QueueId, u64)> = wanted.into_iter().collect();
        let written = database.ack(&wanted).await;
        for order in batch {
            let answer = match &written {
                Ok(found) if found.contains(&order.id) => Ok(()),
                Ok(_) => Err(Refusal::Unknown),
                Err(refusal) => Err(*refusal),
            };
            let _caller_may_have_left = order.reply.send(answer);
        }
        database.sweep.notify_one();
    }
}
