//! What only the inside can make happen: a disk that fails.

use std::io;
use std::path::Path;
use std::sync::Mutex;

use bytes::Bytes;
use openred_core::ids::ClientId;
use openred_core::sign::SigningKey;

use super::disk::Disk;
use super::{EmbeddedStore, Settings};
use crate::mailbox::{Deposit, Queue, Refusal};
use crate::store::MailboxStore as _;

const NOW: u64 = 1_800_000_000;

/// Makes calls to the disk fail.
#[derive(Debug, Default)]
pub(super) struct Faults {
    next: Mutex<Option<io::ErrorKind>>,
    free: Mutex<Option<u64>>,
}

impl Faults {
    pub(super) fn next(&self) -> io::Result<()> {
        match *self.next.lock().unwrap() {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }

    pub(super) fn free_bytes(&self) -> Option<u64> {
        *self.free.lock().unwrap()
    }
}

/// A store whose segments and checkpoints are small, and its disk.
async fn open(folder: &Path) -> (EmbeddedStore, Disk) {
    let disk = Disk::new(folder);
    let settings = Settings {
        segment_bytes: 16 << 10,
        checkpoint_bytes: 48 << 10,
        checkpoint_ids: 12,
        ..Settings::new(folder)
    };
    (EmbeddedStore::open_on(disk.clone(), settings).await.unwrap(), disk)
}

fn mail(queue: &Queue, n: u8) -> Deposit {
    Deposit::new(queue.deposit_id, ClientId([n; 16]), Bytes::from(vec![n; 1_024]))
}

fn queue() -> Queue {
    Queue::generate(&SigningKey::from_seed([1; 32]).public(), NOW)
}

#[tokio::test]
async fn a_full_disk_refuses_mail_and_lets_it_be_fetched_and_acknowledged() {
    let place = tempfile::tempdir().unwrap();
    let (store, disk) = open(place.path()).await;
    let queue = queue();
    store.create(queue.clone()).await.unwrap();
    store.deposit(vec![mail(&queue, 1)], NOW).await[0].unwrap();

    *disk.faults.free.lock().unwrap() = Some(1 << 20);
    let answers = store.deposit(vec![mail(&queue, 1), mail(&queue, 2)], NOW).await;
    assert!(!answers[0].unwrap().new, "what is here already needs no space");
    assert_eq!(answers[1], Err(Refusal::Full));
    assert_eq!(store.fetch(queue.queue_id, 0, 9).await.unwrap().len(), 1);
    store.ack(queue.queue_id, 1).await.unwrap();

    *disk.faults.free.lock().unwrap() = None;
    assert_eq!(store.deposit(vec![mail(&queue, 2)], NOW).await[0].unwrap().seq, 2);
}

#[tokio::test]
async fn what_a_failing_disk_did_not_take_is_refused_and_gone_and_the_store_goes_on() {
    for (kind, refusal) in
        [(io::ErrorKind::StorageFull, Refusal::Full), (io::ErrorKind::Other, Refusal::Busy)]
    {
        let place = tempfile::tempdir().unwrap();
        let (store, disk) = open(place.path()).await;
        let queue = queue();
        store.create(queue.clone()).await.unwrap();
        let mut seq = 0;
        for round in 0..30 {
            let first = mail(&queue, 2 * round);
            seq += 1;
            assert_eq!(store.deposit(vec![first], NOW).await[0].unwrap().seq, seq, "{kind} {round}");

            *disk.faults.next.lock().unwrap() = Some(kind);
            let lost = mail(&queue, 2 * round + 1);
            for attempt in 0..3 {
                let answers = store.deposit(vec![lost.clone()], NOW).await;
                assert_eq!(answers, [Err(refusal)], "{kind} {round} {attempt}");
            }
            assert_eq!(store.ack(queue.queue_id, seq).await, Err(refusal), "not acknowledged either");
            assert_eq!(store.fetch(queue.queue_id, 0, 100).await.unwrap().len() as u64, seq);
            *disk.faults.next.lock().unwrap() = None;
        }
        store.close().await;

        let (store, _) = open(place.path()).await;
        let held = store.fetch(queue.queue_id, 0, 100).await.unwrap();
        assert_eq!(held.len(), 30, "{kind}: every acknowledged piece");
        assert!(held.iter().all(|mail| mail.content[0] % 2 == 0), "{kind}: and no refused one");
        let again = store.deposit(vec![mail(&queue, 1), mail(&queue, 2)], NOW).await;
        let new: Vec<bool> = again.into_iter().map(|stored| stored.unwrap().new).collect();
        assert_eq!(new, [true, false], "{kind}: a refused name is not remembered");
    }
}
