//! What is found after the power went: everything that was acknowledged, and nothing that was not sent.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use openred_relay::embedded::{EmbeddedStore, OpenError, Settings};
use openred_relay::mailbox::{Deposit, Mail, Refusal};
use openred_relay::store::MailboxStore;

use super::people::{START, folder, generous, mail, open, queue};

const LOG: &str = "0000000000.log";
/// Bytes of the record of a queue, and of mail of one kibibyte.
const CREATED: usize = 117;
const MAIL: usize = 1_085;

/// A store that writes no snapshot meanwhile, so that a copy of its files is what a power cut leaves.
async fn quiet(folder: &Path) -> EmbeddedStore {
    let settings = Settings { quotas: generous(), free_bytes_min: 0, ..Settings::new(folder) };
    EmbeddedStore::open(settings).await.unwrap()
}

/// The files of a store with three pieces of mail from ana, and then two more that came together.
async fn files_of_five() -> Vec<u8> {
    let place = folder();
    let store = quiet(place.path()).await;
    store.create(queue(1)).await.unwrap();
    for n in 1..=3 {
        store.deposit(vec![mail(1, n, n as u8)], START).await[0].unwrap();
    }
    let last = store.deposit(vec![mail(1, 4, 4), mail(1, 5, 5)], START).await;
    assert!(last.iter().all(Result::is_ok));
    let log = fs::read(place.path().join(LOG)).unwrap();
    assert_eq!(log[CREATED + 5 * MAIL - 1], 5, "the records end here");
    assert!(
        log[CREATED + 5 * MAIL..].iter().all(|byte| *byte == 0),
        "and what follows was written in advance"
    );
    log
}

/// What a store finds in a folder with this log.
async fn found(log: &[u8]) -> (tempfile::TempDir, EmbeddedStore, Vec<Mail>) {
    let place = folder();
    fs::write(place.path().join(LOG), log).unwrap();
    fs::write(place.path().join("format"), "openred mail 1\n").unwrap();
    let store = quiet(place.path()).await;
    let held = store.fetch(queue(1).queue_id, 0, 100).await.unwrap();
    (place, store, held)
}

fn assert_is_the_beginning(held: &[Mail], what: &str) {
    for (n, mail) in (1..).zip(held) {
        assert_eq!((mail.seq, mail.received), (n, START), "{what}");
        assert!(
            mail.content.len() == 1_024 && mail.content.iter().all(|byte| u64::from(*byte) == n),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_log_that_was_cut_anywhere_loses_what_was_cut_and_nothing_else() {
    let log = files_of_five().await;
    let end = CREATED + 5 * MAIL;
    for cut in CREATED + 3 * MAIL..=end {
        let (_place, store, held) = found(&log[..cut]).await;
        assert_eq!(held.len(), (cut - CREATED) / MAIL, "cut at {cut}");
        assert_is_the_beginning(&held, &format!("cut at {cut}"));
        store.close().await;
    }
}

#[tokio::test]
async fn no_byte_that_was_torn_is_believed() {
    let log = files_of_five().await;
    for at in CREATED + 3 * MAIL..CREATED + 5 * MAIL {
        let mut torn = log.clone();
        torn[at] ^= 0x55;
        let (_place, store, held) = found(&torn).await;
        assert_eq!(held.len(), (at - CREATED) / MAIL, "torn at {at}");
        assert_is_the_beginning(&held, &format!("torn at {at}"));
        store.close().await;
    }
}

/// The fourth piece is torn, the fifth, which was never acknowledged without it, is whole: when another fourth of the same
/// length comes, the old fifth must not stand behind it.
#[tokio::test]
async fn what_was_cut_off_does_not_come_back_behind_new_mail() {
    let mut log = files_of_five().await;
    log[CREATED + 3 * MAIL + 100] ^= 1;
    let (place, store, held) = found(&log).await;
    assert_eq!(held.len(), 3);
    let stored = store.deposit(vec![mail(1, 9, 4)], START).await[0].unwrap();
    assert_eq!((stored.seq, stored.new), (4, true));
    store.close().await;
    let store = quiet(place.path()).await;
    let held = store.fetch(queue(1).queue_id, 0, 100).await.unwrap();
    assert_eq!(held.len(), 4);
    assert_is_the_beginning(&held, "after the second start");
    let again = store.deposit(vec![mail(1, 5, 5)], START).await[0].unwrap();
    assert!(again.new, "the fifth was never there");
}

#[tokio::test]
async fn a_deposit_is_known_again_after_many_starts() {
    let place = folder();
    let mut seqs = Vec::new();
    for round in 0..20_u32 {
        let store = open(place.path(), generous()).await;
        if round == 0 {
            store.create(queue(1)).await.unwrap();
        }
        let new = store.deposit((0..10).map(|n| mail(1, round * 10 + n, 1)).collect(), START).await;
        seqs.extend(new.into_iter().map(|stored| stored.unwrap().seq));
        store.ack(queue(1).queue_id, u64::MAX).await.unwrap();
        let all = (0..seqs.len() as u32).map(|n| mail(1, n, 1)).collect();
        let again = store.deposit(all, START).await;
        for (stored, seq) in again.iter().zip(&seqs) {
            assert_eq!(stored.map(|stored| (stored.seq, stored.new)), Ok((*seq, false)), "round {round}");
        }
        let other = store.deposit(vec![mail(1, 0, 2)], START).await;
        assert_eq!(other, [Err(Refusal::Conflict)], "round {round}: other bytes under the first name");
        store.close().await;
    }
    assert_eq!(seqs, (1..=200).collect::<Vec<u64>>());
}

#[tokio::test]
async fn one_folder_has_one_store_and_a_closed_one_answers_busy() {
    let place = folder();
    let store = quiet(place.path()).await;
    let settings = || Settings::new(place.path());
    assert!(matches!(EmbeddedStore::open(settings()).await, Err(OpenError::Folder(_))));
    store.close().await;
    assert_eq!(store.create(queue(1)).await, Err(Refusal::Busy));
    assert_eq!(store.deposit(vec![mail(1, 1, 1)], START).await, [Err(Refusal::Busy)]);
    assert_eq!(store.by_queue(queue(1).queue_id).await, Err(Refusal::Busy));
    EmbeddedStore::open(settings()).await.unwrap();
}

#[tokio::test]
async fn what_another_version_wrote_is_left_alone() {
    let place = folder();
    fs::write(place.path().join("format"), "openred mail 2\n").unwrap();
    let refused = EmbeddedStore::open(Settings::new(place.path())).await;
    assert!(matches!(refused, Err(OpenError::Unknown { .. })));
    assert_eq!(fs::read_to_string(place.path().join("format")).unwrap(), "openred mail 2\n");
}

#[tokio::test]
async fn damage_in_what_was_written_long_ago_is_named() {
    let mut log = files_of_five().await;
    let place = folder();
    log.truncate(CREATED + 5 * MAIL);
    log[CREATED + 50] ^= 1;
    fs::write(place.path().join(LOG), log).unwrap();
    fs::write(place.path().join("0000000001.log"), []).unwrap();
    let refused = EmbeddedStore::open(Settings::new(place.path())).await;
    let Err(OpenError::Damaged { file, offset }) = refused else { panic!("{refused:?}") };
    assert!(file.ends_with(LOG) && offset == CREATED as u64);
}

/// While a checkpoint is slower than depositors a store is busy: what it refused for that comes again until it is taken.
async fn deposit_all(store: &dyn MailboxStore, mails: Vec<Deposit>) {
    let mut waiting = mails;
    while !waiting.is_empty() {
        let answers = store.deposit(waiting.clone(), START).await;
        assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(Refusal::Busy))), "{answers:?}");
        let busy = waiting.into_iter().zip(answers).filter(|(_, answer)| answer.is_err());
        waiting = busy.map(|(mail, _)| mail).collect();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn space_comes_back_and_what_waits_stays() {
    let place = folder();
    let store: Arc<dyn MailboxStore> = open(place.path(), generous()).await;
    for n in [1, 2] {
        store.create(queue(n)).await.unwrap();
    }
    // Ben fetches what he gets; one piece in ten is for chloé, who is away.
    for round in 0..100 {
        let mut mails: Vec<_> = (0..9).map(|n| mail(1, round * 9 + n, 1)).collect();
        mails.push(mail(2, round, 2));
        deposit_all(store.as_ref(), mails).await;
        store.ack(queue(1).queue_id, u64::MAX).await.unwrap();
    }
    let bytes = || -> u64 {
        let files = fs::read_dir(place.path()).unwrap();
        files.filter_map(|file| file.ok()?.metadata().ok()).map(|meta| meta.len()).sum()
    };
    // A hundred kibibytes wait, a megabyte was written; each call lets the store do a step.
    let mut client = 1_000;
    while bytes() > 1_500_000 {
        client += 1;
        deposit_all(store.as_ref(), vec![mail(1, client, 1)]).await;
        store.ack(queue(1).queue_id, u64::MAX).await.unwrap();
        store.expire(START).await.unwrap();
    }
    let waiting = store.fetch(queue(2).queue_id, 0, 100).await.unwrap();
    assert_eq!(waiting.iter().map(|mail| mail.seq).collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());
    store.close().await;
    let store = open(place.path(), generous()).await;
    assert_eq!(store.fetch(queue(2).queue_id, 0, 100).await.unwrap(), waiting, "also after a start");
}
