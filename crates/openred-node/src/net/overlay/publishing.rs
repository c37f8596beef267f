//! Carries own public things into the overlay: from rows of `publications`, which were written with the things
//! themselves, to signed messages. A row goes in the transaction that stores the message, so a crash between loses
//! nothing; at worst a thing is published twice, and receivers act on an envelope once.

use std::{collections::VecDeque, time::Duration};

use openred_core::overlay::LIFE_MAX_S;
use openred_proto::overlay::Input;
use tracing::debug;

use super::Handle;
use crate::{
    error::NodeError,
    modules::network::{self, store, store::Publication},
    net::Network,
};

/// Without any sign, rows are looked at again after this long.
const LOOK: Duration = Duration::from_secs(30);
/// Rows read at once.
const PAGE: i64 = 64;
/// Bytes of what may wait for one signature: the keeper reads them in one piece of at most 256 KiB.
const BATCH: usize = 96 << 10;
/// A signature that takes longer is waited for by the next look.
const PATIENCE: Duration = Duration::from_secs(30);
/// Published things whose rows may still be there.
const DONE_MAX: usize = 1_024;

/// Runs until the node stops.
pub(super) async fn run(net: Network, handle: Handle) {
    let stop = net.deps.tasks.soft().clone();
    let mut publisher = Publisher { net, handle, done: VecDeque::new(), reference: 0 };
    loop {
        match publisher.turn().await {
            Ok(()) | Err(NodeError::Locked | NodeError::NotSetUp) => {}
            Err(error) => debug!(%error, "public things wait to be published"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = publisher.net.deps.wake.to_publish() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

struct Publisher {
    net: Network,
    handle: Handle,
    /// Ids of rows that are under way.
    done: VecDeque<i64>,
    reference: u64,
}

impl Publisher {
    async fn turn(&mut self) -> Result<(), NodeError> {
        let mut after = 0;
        loop {
            let page = self.net.deps.read(move |w| Ok(store::to_publish(w.tx, w.seal, after, PAGE)?)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            let mut rest: VecDeque<Publication> =
                page.into_iter().filter(|one| !self.done.contains(&one.id)).collect();
            while !rest.is_empty() {
                self.publish(next_batch(&mut rest)).await?;
            }
        }
    }

    async fn publish(&mut self, batch: Vec<Publication>) -> Result<(), NodeError> {
        let mut under_way = Vec::new();
        for one in batch {
            self.reference += 1;
            let (reference, body) = (self.reference, network::body_of(&one.envelope));
            under_way.push((one.id, self.net.overlay.outcome_of(reference)));
            self.handle.input(Input::Publish { reference, body, life_s: LIFE_MAX_S }).await?;
        }
        let mut failed = Ok(());
        for (id, outcome) in under_way {
            // What came out of the others stays unheard when one signature fails: their rows are read again.
            let patience = if failed.is_ok() { PATIENCE } else { Duration::ZERO };
            match tokio::time::timeout(patience, outcome).await {
                Ok(Ok(Ok(_))) => self.is_done(id),
                Ok(Ok(Err("body"))) => {
                    debug!("a public thing is too large for the overlay");
                    self.net.deps.write_plain(move |tx| store::give_up(tx, id)).await?;
                }
                Ok(Ok(Err(why))) => failed = Err(NodeError::Peer(format!("not published: {why}"))),
                Ok(Err(_)) | Err(_) => {
                    failed = Err(NodeError::Peer("not published: no signature".to_owned()));
                }
            }
        }
        failed
    }

    fn is_done(&mut self, id: i64) {
        self.done.push_back(id);
        if self.done.len() > DONE_MAX {
            self.done.pop_front();
        }
    }
}

fn next_batch(rest: &mut VecDeque<Publication>) -> Vec<Publication> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while let Some(next) = rest.pop_front() {
        bytes += next.envelope.len();
        if !batch.is_empty() && bytes > BATCH {
            rest.push_front(next);
            break;
        }
        batch.push(next);
    }
    batch
}
