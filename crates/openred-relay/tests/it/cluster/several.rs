//! Three processes at once on the same queues: every piece has one place, no place is empty, what was said twice is there
//! once. And when the server dies in the middle, what was acknowledged is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use openred_relay::cluster::ClusterStore;
use openred_relay::mailbox::{Refusal, Stored};
use openred_relay::store::MailboxStore;
use openred_service::testing::{postgres, postgres_alone};

use super::super::people::{START, generous, mail, queue};
use super::open;

const QUEUES: u8 = 5;
const DEPOSITORS: u32 = 9;
const EACH: u32 = 60;

/// One depositor says each piece until it is taken; and every third once more, at another process.
async fn deposit_all(stores: Vec<Arc<ClusterStore>>, depositor: u32) -> BTreeMap<(u8, u32), u64> {
    let mut taken = BTreeMap::new();
    for n in 0..EACH {
        let client = depositor * EACH + n;
        let pieces: Vec<_> = (1..=QUEUES).map(|to| mail(to, client, depositor as u8)).collect();
        let store = |n: u32| &stores[(depositor + n) as usize % stores.len()];
        let mut stored = until_taken(store(n), &pieces).await;
        if n % 3 == 0 {
            let again = until_taken(store(n + 1), &pieces).await;
            assert!(again.iter().all(|stored| !stored.new), "known at the other process");
            let seqs = |stored: &[Stored]| stored.iter().map(|stored| stored.seq).collect::<Vec<_>>();
            assert_eq!(seqs(&again), seqs(&stored));
            stored = again;
        }
        taken.extend((1..=QUEUES).zip(stored).map(|(to, stored)| ((to, client), stored.seq)));
    }
    taken
}

async fn until_taken(store: &ClusterStore, pieces: &[openred_relay::mailbox::Deposit]) -> Vec<Stored> {
    loop {
        let answers = store.deposit(pieces.to_vec(), START).await;
        match answers.into_iter().collect::<Result<Vec<_>, _>>() {
            Ok(stored) => return stored,
            Err(refusal) => assert_eq!(refusal, Refusal::Busy, "only when the server is away"),
        }
        tokio::task::yield_now().await;
    }
}

/// Fetches until everything has come; acknowledges at whichever process.
async fn fetch_all(stores: Vec<Arc<ClusterStore>>, to: u8) {
    let (id, mut after, mut turn) = (queue(to).queue_id, 0, 0);
    while after < u64::from(DEPOSITORS * EACH) {
        turn += 1;
        let store = &stores[turn % stores.len()];
        let Ok(some) = store.fetch(id, after, 50).await else { continue };
        for mail in some {
            assert_eq!(mail.seq, after + 1, "in order and without gaps");
            after = mail.seq;
        }
        let _asked_again_with_the_next = store.ack(id, after / 2).await;
        tokio::task::yield_now().await;
    }
}

fn assert_every_piece_has_one_place(taken: Vec<BTreeMap<(u8, u32), u64>>) {
    for to in 1..=QUEUES {
        let places: BTreeSet<u64> =
            taken.iter().flatten().filter(|((queue, _), _)| *queue == to).map(|(_, seq)| *seq).collect();
        let all: BTreeSet<u64> = (1..=u64::from(DEPOSITORS * EACH)).collect();
        assert_eq!(places, all, "queue {to}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn depositors_at_three_processes_share_no_place() {
    let Some(server) = postgres() else { return };
    let url = server.fresh_database();
    let stores = join_all((0..3).map(|_| open(&url, generous()))).await;
    for n in 1..=QUEUES {
        stores[0].create(queue(n)).await.unwrap();
    }
    let owners = join_all((1..=QUEUES).map(|to| fetch_all(stores.clone(), to)));
    let depositors = join_all((0..DEPOSITORS).map(|depositor| deposit_all(stores.clone(), depositor)));
    let (_fetched, taken) = tokio::join!(owners, depositors);
    assert_every_piece_has_one_place(taken);
    join_all(stores.iter().map(|store| store.close())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_a_server_that_is_killed() {
    let Some(server) = postgres_alone() else { return };
    let server = Arc::new(server);
    let url = server.fresh_database();
    let stores = join_all((0..3).map(|_| open(&url, generous()))).await;
    for n in 1..=QUEUES {
        stores[0].create(queue(n)).await.unwrap();
    }
    let killed = {
        let (server, store) = (Arc::clone(&server), Arc::clone(&stores[0]));
        async move {
            for part in 1..=3 {
                let enough = u64::from(part * QUEUES as u32 * DEPOSITORS * EACH / 4);
                // Half of it may be acknowledged already.
                while store.counts().await.is_ok_and(|counts| counts.mail < enough / 2) {
                    tokio::task::yield_now().await;
                }
                let server = Arc::clone(&server);
                tokio::task::spawn_blocking(move || server.restart()).await.unwrap();
            }
        }
    };
    let owners = join_all((1..=QUEUES).map(|to| fetch_all(stores.clone(), to)));
    let depositors = join_all((0..DEPOSITORS).map(|depositor| deposit_all(stores.clone(), depositor)));
    let (_killed, _fetched, taken) = tokio::join!(killed, owners, depositors);
    assert_every_piece_has_one_place(taken);
    join_all(stores.iter().map(|store| store.close())).await;
}
