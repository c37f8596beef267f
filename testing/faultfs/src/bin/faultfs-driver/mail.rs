//! The store of a relay, with files so small that a few letters fill them. Must not know: what should come out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use openred_relay::embedded::{EmbeddedStore, Settings};
use openred_relay::mailbox::{Quotas, Refusal, Stored};
use openred_relay::store::MailboxStore as _;
use tokio::sync::RwLock;

use super::Refused;
use super::letters::{cap, letter, queue, queue_id, recognise};

/// The settings of the small store in `folder`.
fn settings(folder: &Path) -> Settings {
    Settings {
        quotas: Quotas { deposits_per_day: 100_000, ..Quotas::default() },
        free_bytes_min: 0,
        segment_bytes: 8 << 10,
        checkpoint_bytes: 24 << 10,
        checkpoint_ids: 12,
        ..Settings::new(folder)
    }
}

/// The open store; `reopen` replaces it.
#[derive(Clone)]
pub(super) struct Mail {
    folder: PathBuf,
    store: Arc<RwLock<EmbeddedStore>>,
}

/// Opens it.
pub(super) async fn open(folder: &Path) -> Result<Mail, Refused> {
    let store = Arc::new(RwLock::new(EmbeddedStore::open(settings(folder)).await?));
    Ok(Mail { folder: folder.to_owned(), store })
}

/// Carries out one call.
pub(super) async fn call(mail: Mail, words: Vec<String>) -> String {
    if words[0] == "reopen" {
        return mail.reopen().await;
    }
    let store = mail.store.read().await;
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
    let n = number(1) as u8;
    match words[0].as_str() {
        "create" => told(store.create(queue(n, number(2))).await),
        "deposit" => {
            let bytes = number(2) as usize;
            let letters = (4..words.len()).map(|at| letter(n, number(at) as u32, bytes)).collect();
            let answers = store.deposit(letters, number(3)).await;
            answers.into_iter().map(stored).collect::<Vec<_>>().join(" ")
        }
        "cap" => match store.by_queue(queue_id(n)).await {
            Ok(Some(queue)) => {
                format!("ok {}", (1..=u8::MAX).find(|n| cap(*n) == queue.cap).unwrap_or_default())
            }
            Ok(None) => "none".to_owned(),
            Err(refusal) => code(refusal),
        },
        "fetch" => fetched(&store, n).await,
        "ack" => told(store.ack(queue_id(n), number(2)).await),
        "revoke" => told(store.revoke(queue_id(n), cap(number(2) as u8)).await),
        "delete" => told(store.delete(queue_id(n)).await),
        "touch" => told(store.touch(queue_id(n), number(2)).await),
        "expire" => told(store.expire(number(1)).await),
        "close" => {
            store.close().await;
            "ok".to_owned()
        }
        other => format!("what is {other}?"),
    }
}

impl Mail {
    /// A start in the middle of a life.
    async fn reopen(&self) -> String {
        let mut store = self.store.write().await;
        store.close().await;
        match EmbeddedStore::open(settings(&self.folder)).await {
            Ok(opened) => {
                *store = opened;
                "ok".to_owned()
            }
            Err(error) => format!("no:{error}").replace(' ', "-"),
        }
    }
}

fn told(answer: Result<(), Refusal>) -> String {
    answer.map_or_else(code, |()| "ok".to_owned())
}

fn code(refusal: Refusal) -> String {
    format!("no:{refusal:?}").replace(' ', "")
}

fn stored(answer: Result<Stored, Refusal>) -> String {
    answer.map_or_else(code, |stored| format!("{}:{}", stored.seq, if stored.new { "new" } else { "known" }))
}

/// `SEQ:QUEUE:LETTER` of every piece, or `SEQ:torn`.
async fn fetched(store: &EmbeddedStore, n: u8) -> String {
    let (mut after, mut found) = (0, vec!["ok".to_owned()]);
    loop {
        let mails = match store.fetch(queue_id(n), after, 100).await {
            Ok(mails) => mails,
            Err(refusal) => return code(refusal),
        };
        let Some(last) = mails.last() else { return found.join(" ") };
        after = last.seq;
        found.extend(mails.iter().map(|mail| match recognise(&mail.content) {
            Some((queue, letter)) => format!("{}:{queue}:{letter}", mail.seq),
            None => format!("{}:torn", mail.seq),
        }));
    }
}
