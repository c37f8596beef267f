//! The job: who could not be reached is tried again when their time comes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use openred_service::lifecycle::ManualClock;
use tokio::sync::mpsc;
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

/// Goes when it is asked, tells so, and finds out a moment later that nobody is there.
struct Nobody {
    deps: Deps,
    hands: ManualClock,
    goes: mpsc::Sender<()>,
    is_on_the_way: Arc<AtomicBool>,
}

impl Carrier for Nobody {
    fn carry(&self, person: i64) {
        // The same turn finds the new delivery due once more.
        if self.is_on_the_way.swap(true, Ordering::SeqCst) {
            return;
        }
        self.goes.try_send(()).unwrap();
        let (deps, hands, way) = (self.deps.clone(), self.hands.clone(), Arc::clone(&self.is_on_the_way));
        self.deps.tasks.spawn("on the way", async move {
            // The job finds nothing that is due, and falls asleep.
            tokio::time::sleep(Duration::from_millis(10)).await;
            way.store(false, Ordering::SeqCst);
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
    let (goes, mut went) = mpsc::channel(16);
    let (stop, deps) = (CancellationToken::new(), ana.deps.clone());
    let carrier = Arc::new(Nobody { deps, hands, goes, is_on_the_way: Arc::default() });
    ana.deps.tasks.spawn("delivery", run(ana.deps.clone(), carrier, stop.clone()));
    went.recv().await.unwrap();
    let again = tokio::time::timeout(Duration::from_millis(LOOK_MS / 2), went.recv()).await;
    assert_eq!(again, Ok(Some(())), "long before the job would look without any sign");
    stop.cancel();
    assert!(ana.deps.tasks.shut_down().await);
}
