//! Many depositors and owners at once: every piece has one place, no place is empty, nothing is fetched twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use openred_relay::mailbox::{Deposit, Refusal, Stored};
use openred_relay::store::MailboxStore;

use super::people::{START, folder, generous, mail, open, queue};

const DEPOSITORS: u32 = 8;
const EACH: u32 = 120;

/// Offers it until the store has room: one whose checkpoints lag behind says that it is busy, and has kept nothing.
async fn deposit(store: &dyn MailboxStore, offered: Deposit) -> Stored {
    loop {
        match store.deposit(vec![offered.clone()], START).await[0] {
            Err(Refusal::Busy) => tokio::task::yield_now().await,
            answer => return answer.unwrap(),
        }
    }
}

async fn deposit_all(store: Arc<dyn MailboxStore>, depositor: u32) -> Vec<u64> {
    let mut seqs = Vec::new();
    for n in 0..EACH {
        let client = depositor * EACH + n;
        let stored = deposit(&*store, mail(1, client, depositor as u8)).await;
        assert!(stored.new);
        seqs.push(stored.seq);
    }
    seqs
}

/// Fetches and acknowledges until everything has come.
async fn fetch_all(store: Arc<dyn MailboxStore>) -> u64 {
    let (id, mut after) = (queue(1).queue_id, 0);
    while after < u64::from(DEPOSITORS * EACH) {
        for mail in store.fetch(id, after, 50).await.unwrap() {
            assert_eq!(mail.seq, after + 1, "in order and without gaps");
            after = mail.seq;
        }
        store.ack(id, after).await.unwrap();
        tokio::task::yield_now().await;
    }
    after
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn depositors_share_flushes_and_no_place() {
    let place = folder();
    let store = open(place.path(), generous()).await;
    store.create(queue(1)).await.unwrap();
    let owner = fetch_all(Arc::clone(&store));
    let depositors = (0..DEPOSITORS).map(|depositor| deposit_all(Arc::clone(&store), depositor));
    let (fetched, seqs) = tokio::join!(owner, futures_util::future::join_all(depositors));
    assert!(seqs.iter().all(|own| own.is_sorted()), "one depositor's mail keeps its order");
    let places: BTreeSet<u64> = seqs.into_iter().flatten().collect();
    assert_eq!(places.len() as u64, fetched);
    store.close().await;

    let store = open(place.path(), generous()).await;
    assert_eq!(store.counts().await.unwrap().mail, 0, "all was acknowledged");
    let next = store.deposit(vec![mail(1, u32::MAX, 1)], START).await[0].unwrap();
    assert_eq!(next.seq, fetched + 1, "numbers go on");
}
