//! The two tasks between this process and the others: one says, one does what was heard.
//!
//! Must not know: how it travels.

use std::sync::Arc;

use futures_util::future::join_all;
use openred_service::lifecycle::Lifecycle;
use tokio::sync::mpsc;

use super::{Event, Instances, Mark, Saying, Wish};
use crate::bounds::{MAX_ERRANDS, MAX_SAYINGS};
use crate::grants::Grants;
use crate::nodes::Nodes;

/// Says what is to be said, all that came while the last was on its way at once; until the soft stop.
pub(crate) async fn deliver(instances: Arc<Instances>, grants: Arc<Grants>, lifecycle: Lifecycle) {
    loop {
        tokio::select! {
            () = lifecycle.soft().cancelled() => return,
            () = instances.bell.notified() => {}
        }
        let outbox = instances.unsaid();
        for some in outbox.to_all.chunks(MAX_SAYINGS) {
            let Some(sealed) = instances.sealed(some) else { continue };
            let _away_then_all_is_said_again = instances.link.say_to_all(&sealed).await;
        }
        for (mark, mut sayings) in outbox.to_one {
            while !sayings.is_empty() {
                let rest = sayings.split_off(sayings.len().min(MAX_ERRANDS));
                let some = std::mem::replace(&mut sayings, rest);
                if !said(&instances, &mark, &some).await {
                    grants.take_back(&mark, some);
                }
            }
        }
    }
}

/// Whether somebody was there to hear it.
async fn said(instances: &Instances, to: &Mark, sayings: &[Saying]) -> bool {
    let Some(sealed) = instances.sealed(sayings) else { return false };
    instances.link.say_to(to, &sealed).await == Some(true)
}

/// Does what was heard, until the soft stop.
pub(crate) async fn receive(
    mut heard: mpsc::Receiver<Event>,
    instances: Arc<Instances>,
    (grants, nodes): (Arc<Grants>, Arc<Nodes>),
    lifecycle: Lifecycle,
) {
    loop {
        let event = tokio::select! {
            () = lifecycle.soft().cancelled() => return,
            event = heard.recv() => event,
        };
        match event {
            None => return,
            Some(Event::Away) => grants.others_are_away(),
            Some(Event::Connected) => {
                nodes.forget_all();
                instances.tell(Saying::Hello);
                grants.say_who_polls();
            }
            Some(Event::Said(from, sayings)) => take(from, sayings, &grants, &nodes).await,
        }
    }
}

async fn take(from: Mark, sayings: Vec<Saying>, grants: &Arc<Grants>, nodes: &Arc<Nodes>) {
    let mut wishes = Vec::new();
    for saying in sayings {
        match saying {
            Saying::Hello => grants.say_who_polls(),
            Saying::Here(id) => {
                nodes.called_elsewhere(&id);
                grants.polls_elsewhere(id, from);
            }
            Saying::Gone(id) => grants.left_elsewhere(&id, &from),
            Saying::Changed(id) => nodes.forget(&id),
            Saying::Half(half) => grants.take_half(half),
            Saying::Wish(wish) => wishes.push(wish),
        }
    }
    join_all(wishes.into_iter().map(|wish| take_wish(wish, grants, nodes))).await;
}

/// An asker that is not registered any more, or a database that does not answer, ends the wish.
async fn take_wish(wish: Wish, grants: &Grants, nodes: &Nodes) {
    if let Ok(Some(asker)) = nodes.get(&wish.asker, nodes.now()).await {
        grants.take_wish(asker, &wish);
    }
}
