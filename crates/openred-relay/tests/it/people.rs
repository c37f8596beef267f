//! Folders, clocks and mail for the tests.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use openred_core::ids::{ClientId, DepositId, QueueId};
use openred_core::payload::Secret32;
use openred_relay::embedded::{EmbeddedStore, Settings};
use openred_relay::mailbox::{Deposit, Queue, Quotas, SizeClass};
use openred_relay::store::MailboxStore;
use tempfile::TempDir;

/// When the tests begin, unix seconds: the start of a day.
pub(crate) const START: u64 = 1_800_057_600;

/// A queue whose bytes follow from `n`.
pub(crate) fn queue(n: u8) -> Queue {
    Queue {
        deposit_id: DepositId([n; 16]),
        queue_id: QueueId([n ^ 0xff; 16]),
        fetch_key: [n; 32],
        cap: Secret32::new([n; 32]),
        last_seen: START,
    }
}

/// Mail number `client` for the queue `n`, of one kibibyte that `content` decides.
pub(crate) fn mail(n: u8, client: u32, content: u8) -> Deposit {
    sized(n, client, content, SizeClass::K1.bytes())
}

/// The same of `bytes` bytes.
pub(crate) fn sized(n: u8, client: u32, content: u8, bytes: usize) -> Deposit {
    let mut client_id = [0; 16];
    client_id[..4].copy_from_slice(&client.to_be_bytes());
    Deposit::new(DepositId([n; 16]), ClientId(client_id), Bytes::from(vec![content; bytes]))
}

/// Limits that nobody meets.
pub(crate) fn generous() -> Quotas {
    Quotas {
        mailboxes: 1_000_000,
        mailbox_bytes: 1 << 40,
        mailbox_count: 1_000_000,
        deposits_per_day: 1_000_000_000,
    }
}

/// A folder in memory where there is one: these tests open a store some thousand times.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A store in `folder` whose files are so small that a few deposits fill them.
pub(crate) async fn open(folder: &Path, quotas: Quotas) -> Arc<dyn MailboxStore> {
    let settings = Settings {
        quotas,
        free_bytes_min: 0,
        segment_bytes: 16 << 10,
        checkpoint_bytes: 48 << 10,
        checkpoint_ids: 12,
        ..Settings::new(folder)
    };
    Arc::new(EmbeddedStore::open(settings).await.unwrap())
}
