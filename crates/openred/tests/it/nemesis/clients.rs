//! Thirty people's nodes: depositors that write one letter after the other, owners that read. Each tries again until it is
//! served. Must not know: what is done to the relay.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openred_core::sign::SigningKey;
use openred_relay::client::{ClientError, Lane, Mailbox, RelayAddress, RelayClient};
use openred_relay::mailbox::Mail;
use openred_service::http_client::{AllowPrivate, HttpClient, HttpClientConfig, HttpError};
use openred_service::lifecycle::Clock;
use tokio::runtime::Runtime;

use super::figures::Figures;
use super::letters::Letter;
use super::servers::Servers;
use super::verdict::{Read, Seen, Sent};

/// How long one attempt may take, and how long to wait before the next.
const ATTEMPT: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(150);
/// Who is not served for so long gives up, ms: longer than everything that is done to the relay.
const PATIENCE_MS: u64 = 120_000;
/// Each depositor writes about ten letters a second, each owner looks about five times.
const WRITES: Duration = Duration::from_millis(100);
const READS: Duration = Duration::from_millis(200);
/// Most of one fetch, and how long it waits for mail, seconds.
const FETCHED: usize = 100;
const WAIT_SECS: u64 = 1;

/// Who writes to one mailbox.
pub(super) struct Depositor {
    no: u32,
    lane: Lane,
    address: RelayAddress,
}

/// Who reads one.
pub(super) struct Owner {
    pub(super) no: u32,
    key: SigningKey,
    mailbox: Mailbox,
    address: RelayAddress,
}

impl Depositor {
    pub(super) fn new(servers: &Servers, no: u32, lane: Lane) -> Self {
        Self { no, lane, address: servers.address().clone() }
    }

    /// Writes until it is over. The letter that is under way then is still brought to its end.
    pub(super) fn work(&self, figures: &Figures, over: &AtomicBool) -> Sent {
        let client = client(&self.address);
        let mut sent = Sent { depositor: self.no, ..Sent::default() };
        runtime().block_on(async {
            while !over.load(Ordering::SeqCst) {
                let letter = Letter { from: self.no, n: sent.offered };
                sent.offered += 1;
                let told = insist(figures, true, async || {
                    client.deposit(&self.lane, letter.name(), letter.content()).await
                });
                told.await.unwrap_or_else(|error| panic!("depositor {}: {error}", self.no));
                sent.acknowledged.push(letter.n);
                tokio::time::sleep(WRITES).await;
            }
        });
        sent
    }
}

impl Owner {
    /// Makes a mailbox.
    pub(super) fn register(servers: &Servers, no: u32) -> Self {
        let (key, address) = (SigningKey::generate(), servers.address().clone());
        let client = client(&address);
        let figures = Figures::default();
        let registered = insist(&figures, false, async || client.register(&key).await);
        let mailbox = runtime().block_on(registered).unwrap();
        Self { no, key, mailbox, address }
    }

    pub(super) fn lane(&self) -> Lane {
        self.mailbox.lane()
    }

    /// Reads until it is over. Every second owner acknowledges what it has read, and looks from the beginning each time.
    pub(super) fn work(&self, figures: &Figures, over: &AtomicBool) -> Read {
        let client = client(&self.address);
        let mut read = Read { acks: self.no.is_multiple_of(2), ..Read::default() };
        runtime().block_on(async {
            let mut last = 0;
            while !over.load(Ordering::SeqCst) {
                let after = if read.acks { 0 } else { last };
                let mail = self.fetch(&client, figures, after, WAIT_SECS).await;
                let (again, new): (Vec<_>, Vec<_>) = mail.iter().map(seen).partition(|seen| seen.seq <= last);
                read.shown_again += again.len() as u64;
                last = new.last().map_or(last, |seen| seen.seq);
                if read.acks && !new.is_empty() {
                    let queue = self.mailbox.queue_id;
                    let told = insist(figures, false, async || client.ack(&self.key, queue, last).await);
                    told.await.unwrap_or_else(|error| panic!("owner {}: {error}", self.no));
                }
                read.seen.extend(new);
                tokio::time::sleep(READS).await;
            }
        });
        read
    }

    /// What is in the mailbox for somebody who has not looked before.
    pub(super) fn left(&self, servers: &Servers) -> Vec<Seen> {
        let (client, figures) = (client(servers.address()), Figures::default());
        runtime().block_on(async {
            let mut all: Vec<Seen> = Vec::new();
            loop {
                let after = all.last().map_or(0, |seen| seen.seq);
                let mail = self.fetch(&client, &figures, after, 0).await;
                if mail.is_empty() {
                    return all;
                }
                all.extend(mail.iter().map(seen));
            }
        })
    }

    async fn fetch(&self, client: &RelayClient, figures: &Figures, after: u64, wait: u64) -> Vec<Mail> {
        let queue = self.mailbox.queue_id;
        let told =
            insist(figures, false, async || client.fetch(&self.key, queue, after, FETCHED, wait).await);
        told.await.unwrap_or_else(|error| panic!("owner {}: {error}", self.no))
    }
}

fn seen(mail: &Mail) -> Seen {
    Seen { seq: mail.seq, letter: Letter::of(&mail.content) }
}

/// Tries again until it is served. An error that trying again cannot mend is one at once.
async fn insist<T>(
    figures: &Figures,
    is_deposit: bool,
    call: impl AsyncFn() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let (begun, mut retries) = (Clock::System.monotonic_us(), 0);
    loop {
        let answer = tokio::time::timeout(ATTEMPT, call()).await;
        let took = Clock::System.monotonic_us() - begun;
        let error = match answer {
            Ok(Ok(value)) => {
                figures.done(took, retries, is_deposit);
                return Ok(value);
            }
            Ok(Err(error)) => error,
            Err(_) => ClientError::Unreachable(HttpError::Timeout),
        };
        let may_pass = matches!(
            error,
            ClientError::Busy { .. } | ClientError::SlowDown { .. } | ClientError::Unreachable(_)
        );
        if !may_pass || took > PATIENCE_MS * 1_000 {
            return Err(error);
        }
        retries += 1;
        tokio::time::sleep(AGAIN).await;
    }
}

fn client(address: &RelayAddress) -> RelayClient {
    let config = HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
    RelayClient::new(HttpClient::new(config).unwrap(), address.clone(), Clock::System)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
