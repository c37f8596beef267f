//! The job: who could not be reached is tried again when their time comes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use openred_service::lifecycle::ManualClock;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{BACKOFF_MS, Carrier, LOOK_MS, run, unreachable};
use crate::{
    deps::Deps,
    modules::feed::{
        audience::Visibility,
        own,
        tests::stage::{Node, befriend, clock},
    },
};

/// Finds out a moment later that nobody is there, and tells when it was asked to go.
struct Nobody {
    deps: Deps,
    hands: ManualClock,
    asked: mpsc::UnboundedSender<Instant>,
    is_on_the_way: AtomicBool,
}

impl Carrier for Nobody {
    fn carry(&self, person: i64) {
        self.asked.send(Instant::now()).unwrap();
        if self.is_on_the_way.swap(true, Ordering::SeqCst) {
            return;
        }
        let (deps, hands) = (self.deps.clone(), self.hands.clone());
        tokio::spawn(async move {
            // The job finds nothing that is due, and falls asleep.
            tokio::time::sleep(Duration::from_millis(10)).await;
            unreachable(&deps, person, "peer_away").await.unwrap();
            hands.advance(BACKOFF_MS);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_wait_is_two_seconds_though_nothing_else_rings() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    befriend(&ana, &ben).await;
    own::posts::create(&ana.deps, "Is anybody there?".to_owned(), Visibility::Friends, None).await.unwrap();
    let (asked, mut times) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let (deps, is_on_the_way) = (ana.deps.clone(), AtomicBool::new(false));
    let carrier = Arc::new(Nobody { deps, hands, asked, is_on_the_way });
    let job = tokio::spawn(run(ana.deps.clone(), carrier, stop.clone()));
    let first = times.recv().await.unwrap();
    // The same turn finds the new delivery due once more.
    let mut next = times.recv().await.unwrap();
    while next == first {
        next = times.recv().await.unwrap();
    }
    assert!(next - first < Duration::from_millis(LOOK_MS / 2), "{:?}", next - first);
    stop.cancel();
    job.await.unwrap();
}
