//! Our relay with a million messages in 100,000 mailboxes: what it weighs when it has taken them, how long a start with them
//! takes, and what it weighs then. The mailboxes are put into its store beforehand: that anybody may make them is not what is
//! measured.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use openred_core::sign::SigningKey;
use openred_relay::client::{Lane, who};
use openred_relay::embedded::{EmbeddedStore, Settings};
use openred_relay::mailbox::{Queue, Quotas};
use openred_relay::store::MailboxStore as _;

use super::Case;
use super::load::{Plan, fill};
use super::measure::Shown;
use super::message::now_us;
use super::openred::{DURABILITY, client, http, streams};
use super::server::{self, Server};

const MAILBOXES: u32 = 100_000;
const MESSAGES: u64 = 1_000_000;
/// Then it ends with fewer.
const LONGEST: Duration = Duration::from_secs(60);
const AT_ONCE: usize = 4_000;

/// Runs it.
pub async fn run(case: &Case) -> Result<Shown, String> {
    let folder = server::folder()?;
    let lanes = Arc::new(create(&folder.path().join("mail")).await?);
    let running = Server::own(&["openred"], folder.path())?;
    let lines = streams(&client(&running)?, &lanes, case.size).await?;
    let plan = Plan { most: MESSAGES, time: LONGEST, ..case.plan(4_000) };
    let began_us = now_us();
    let taken = fill(lines, plan).await?;
    let per_s = taken as f64 * 1e6 / (now_us() - began_us) as f64;
    let taken_mb = server::resident(running.id()) as f64 / 1e6;
    drop(running);

    let began_us = now_us();
    let running = Server::own(&["openred"], folder.path())?;
    let url = client(&running)?.address().url.clone();
    who(&http()?, &url).await.map_err(|e| e.to_string())?;
    let start_ms = Some((now_us() - began_us) as f64 / 1e3);
    let started_mb = server::resident(running.id()) as f64 / 1e6;
    let held = format!(
        "{taken} messages in {MAILBOXES} mailboxes: {taken_mb:.0} MB when it had taken them, {started_mb:.0} MB after a start"
    );
    Ok(Shown {
        durability: DURABILITY.to_owned(),
        per_s,
        resident_mb: taken_mb.max(started_mb),
        start_ms,
        held: Some(held),
        ..Shown::default()
    })
}

async fn create(folder: &Path) -> Result<Vec<Lane>, String> {
    let quotas = Quotas { mailboxes: MAILBOXES, ..Quotas::default() };
    let settings = Settings { quotas, ..Settings::new(folder) };
    let store = EmbeddedStore::open(settings).await.map_err(|e| e.to_string())?;
    let key = SigningKey::generate().public();
    let queues: Vec<Queue> = (0..MAILBOXES).map(|_| Queue::generate(&key, 0)).collect();
    for some in queues.chunks(AT_ONCE) {
        let created = try_join_all(some.iter().map(|queue| store.create(queue.clone())));
        created.await.map_err(|e| e.to_string())?;
    }
    store.close().await;
    Ok(queues.into_iter().map(|queue| Lane { deposit_id: queue.deposit_id, cap: queue.cap }).collect())
}
