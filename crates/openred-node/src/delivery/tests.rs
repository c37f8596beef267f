//! The job: what was said reaches all whom it is for, and who could not be reached is tried again when their time
//! comes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, ready},
};
use openred_core::{ids::NodeId, payload::Routes};
use openred_service::lifecycle::ManualClock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{BACKOFF_MS, Carrier, LOOK_MS, run, store, unreachable};
use crate::{
    deps::Deps,
    modules::{
        contacts::store as people,
        feed::{
            audience::Visibility,
            tests::stage::{Node, befriend, clock, friend},
        },
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

    fn routes(&self, _: i64) -> BoxFuture<'_, Option<Routes>> {
        ready(None).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_wait_is_two_seconds_though_nothing_else_rings() {
    let (clock, hands) = clock();
    let (ana, ben) = (Node::new("Ana", &clock).await, Node::new("Ben", &clock).await);
    befriend(&ana, &ben).await;
    ana.writes("Is anybody there?", Visibility::Friends).await;
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

#[tokio::test]
async fn each_of_many_friends_gets_all_that_was_said_in_order() {
    let (clock, _hands) = clock();
    let ana = Node::new("Ana", &clock).await;
    let friends = ana.deps.write(|w| {
        let mut ids = Vec::new();
        for n in 1..=11 {
            let mut person = people::ensure(w.tx, w.seal, &NodeId([n; 32]), w.now)?;
            friend(&mut person);
            people::save(w.tx, w.seal, &person, w.now)?;
            ids.push(person.id);
        }
        Ok(ids)
    });
    let friends = friends.await.unwrap();
    for text in ["The lamp is lit.", "There is soup.", "And bread."] {
        ana.writes(text, Visibility::Friends).await;
    }
    let expanded = ana.deps.write(|w| Ok(store::expand(w.tx, w.now)?)).await.unwrap();
    assert_eq!((expanded.deliveries, expanded.more), (33, false));
    assert_eq!(expanded.people, friends);
    for person in friends {
        let waiting = ana.deps.read(move |w| Ok(store::waiting(w.tx, w.seal, person, 1, 10)?)).await.unwrap();
        assert_eq!(waiting.iter().map(|one| one.n).collect::<Vec<_>>(), [1, 2, 3]);
        let texts = waiting.iter().map(|one| String::from_utf8_lossy(&one.body).into_owned());
        for (text, said) in ["lamp", "soup", "bread"].into_iter().zip(texts) {
            assert!(said.contains(text), "{said}");
        }
    }
}
