//! Our relay with the store that everybody has, as a process of its own: by stream, by `POST /api/v1/message/relay`, by batch.
//!
//! Changed from its defaults: the limits on calls and the quotas of a mailbox, which are there to be met by one depositor
//! who sends as much as this.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use openred_core::ids::{ClientId, QueueId};
use openred_core::sign::SigningKey;
use openred_relay::client::{DepositStream, Lane, MailStream, Mailbox, RelayAddress, RelayClient};
use openred_relay::{Config, Relay};
use openred_service::http_client::{AllowPrivate, HttpClient, HttpClientConfig};
use openred_service::lifecycle::Clock;

use super::calls::Calls;
use super::load::{Line, Owner};
use super::measure::{Ran, Run, Shown};
use super::message::{self, MAILBOXES, mailbox};
use super::post::PostLine;
use super::server::{self, Server};
use super::{Case, How};

/// Connections of depositors by stream and by batch: enough that one waits while the other is read.
const STREAMS: usize = 4;
/// Messages of one call of a batch.
const PER_BATCH: usize = 1_000;
/// Queues that one stream may have open, by the protocol.
const PER_OWNER: usize = 64;
/// When a deposit is answered.
pub const DURABILITY: &str = "answered after the covering fdatasync";

/// A relay that nobody is kept from by limits, with its data in `folder`.
pub fn config(folder: &Path) -> Config {
    let mut config = Config::default();
    config.server.listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    config.storage.data = folder.to_owned();
    config.limits.deposits_per_mailbox = u32::MAX;
    config.limits.calls_per_owner = u32::MAX;
    config.limits.registers_per_prefix = u32::MAX;
    config.limits.calls_per_prefix = u32::MAX;
    config.limits.calls = u32::MAX;
    config.quotas.mailbox_bytes = u64::MAX;
    config.quotas.mailbox_count = u32::MAX;
    config.quotas.deposits_per_day = u32::MAX;
    config
}

/// Serves until its input ends; says its port and its id.
pub async fn serve(config: Config) -> Result<(), String> {
    let running = Relay::start(config).await.map_err(|e| e.to_string())?;
    println!("{}\n{}\n", running.addr.port(), running.node_id);
    super::until_input_ends().await;
    running.stop().await;
    Ok(())
}

/// A relay with its mailboxes, as its clients see it.
#[derive(Debug)]
pub struct World {
    pub server: Server,
    pub client: Arc<RelayClient>,
    pub mailboxes: Arc<Vec<(SigningKey, Mailbox)>>,
}

impl World {
    /// Of a relay that runs: makes the mailboxes.
    pub async fn new(server: Server) -> Result<Self, String> {
        let client = Arc::new(client(&server)?);
        let mut mailboxes = Vec::new();
        for _ in 0..MAILBOXES {
            let key = SigningKey::generate();
            let made = client.register(&key).await.map_err(|e| e.to_string())?;
            mailboxes.push((key, made));
        }
        Ok(Self { server, client, mailboxes: Arc::new(mailboxes) })
    }

    /// What depositors know.
    pub fn lanes(&self) -> Arc<Vec<Lane>> {
        Arc::new(self.mailboxes.iter().map(|(_, mailbox)| mailbox.lane()).collect())
    }

    /// Depositors by stream.
    pub async fn streams(&self, size: usize) -> Result<Vec<StreamLine>, String> {
        streams(&self.client, &self.lanes(), size).await
    }

    async fn owners(&self, size: usize) -> Result<Vec<StreamOwner>, String> {
        let mut owners = Vec::new();
        for some in self.mailboxes.chunks(PER_OWNER) {
            let queues: Vec<(QueueId, &SigningKey)> =
                some.iter().map(|(key, made)| (made.queue_id, key)).collect();
            let stream = self.client.mail_stream(&queues).await.map_err(|e| e.to_string())?;
            owners.push(StreamOwner { stream, size, last: Vec::new() });
        }
        Ok(owners)
    }

    /// All mail of a mailbox.
    pub async fn fetch(&self, mailbox: usize) -> Result<Vec<Bytes>, String> {
        let (key, made) = &self.mailboxes[mailbox];
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let some =
                self.client.fetch(key, made.queue_id, after, 100, 0).await.map_err(|e| e.to_string())?;
            let Some(last) = some.last() else { return Ok(all) };
            after = last.seq;
            all.extend(some.into_iter().map(|mail| mail.content));
        }
    }
}

/// Runs a case.
pub async fn run(case: &Case, how: How) -> Result<Shown, String> {
    let folder = server::folder()?;
    let world = World::new(Server::own(&["openred"], folder.path())?).await?;
    let run = Run::of(world.server.id(), case.plan(how.window()));
    let ran = match how {
        How::Stream if case.deliver => {
            run.deliveries(world.streams(case.size).await?, world.owners(case.size).await?).await?
        }
        How::Stream => run.deposits(world.streams(case.size).await?).await?,
        How::Post => {
            let lines = PostLine::open_all(world.server.port, &world.lanes(), case.size).await?;
            run.deposits(lines).await?
        }
        How::Batch => run.deposits(batches(&world, case.size)).await?,
    };
    finish(ran, case, DURABILITY, async |mailbox| world.fetch(mailbox).await).await
}

/// Says how durable it was, and looks at some of what is there, unless all of it was delivered.
pub async fn finish(
    mut ran: Ran,
    case: &Case,
    durability: &str,
    fetch: impl AsyncFnMut(usize) -> Result<Vec<Bytes>, String>,
) -> Result<Shown, String> {
    ran.shown.durability = durability.to_owned();
    if case.deliver { Ok(ran.shown) } else { ran.checked(case.size, fetch).await }
}

/// A client that may call this machine.
pub fn http() -> Result<HttpClient, String> {
    let config = HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
    HttpClient::new(config).map_err(|e| e.to_string())
}

/// A client of a relay of ours.
pub fn client(server: &Server) -> Result<RelayClient, String> {
    let address = format!("http://127.0.0.1:{}#{}", server.port, server.said[0]);
    let address: RelayAddress = address.parse().map_err(|_| "a relay said no id")?;
    Ok(RelayClient::new(http()?, address, Clock::System))
}

/// Depositors by stream.
pub async fn streams(
    client: &RelayClient,
    lanes: &Arc<Vec<Lane>>,
    size: usize,
) -> Result<Vec<StreamLine>, String> {
    let mut lines = Vec::new();
    for _ in 0..STREAMS {
        let stream = client.deposit_stream().await.map_err(|e| e.to_string())?;
        lines.push(StreamLine { stream, lanes: Arc::clone(lanes), size, numbers: Vec::new() });
    }
    Ok(lines)
}

/// The depositor's name of message `n`.
pub fn name(n: u64) -> ClientId {
    ClientId(u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
}

/// A depositor by stream.
#[derive(Debug)]
pub struct StreamLine {
    stream: DepositStream,
    lanes: Arc<Vec<Lane>>,
    size: usize,
    /// The message under each number of the stream.
    numbers: Vec<u64>,
}

impl Line for StreamLine {
    async fn push(&mut self, n: u64, at_us: u64) -> Result<(), String> {
        let lane = &self.lanes[n as usize % self.lanes.len()];
        let content = message::write(n, at_us, self.size);
        self.numbers.push(n);
        self.stream.push(lane, name(n), content).await.map(drop).map_err(|e| e.to_string())
    }

    async fn flush(&mut self) -> Result<(), String> {
        self.stream.flush().await.map_err(|e| e.to_string())
    }

    async fn answers(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        let mut next = Some(self.stream.answer().await);
        while let Some(answered) = next {
            let (number, stored) = answered.map_err(|e| e.to_string())?;
            stored.map_err(|e| e.to_string())?;
            into.push(self.numbers[number as usize]);
            next = self.stream.answer().now_or_never();
        }
        Ok(())
    }
}

/// An owner by stream.
struct StreamOwner {
    stream: MailStream,
    size: usize,
    /// The last piece of each queue that was taken and not acknowledged.
    last: Vec<(QueueId, u64)>,
}

impl Owner for StreamOwner {
    async fn take(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        let mut next = Some(self.stream.next().await);
        while let Some(received) = next {
            let received = received.map_err(|e| e.to_string())?;
            into.push(message::read(&received.mail.content, self.size)?.1);
            match self.last.iter_mut().find(|(queue, _)| *queue == received.queue) {
                Some((_, last)) => *last = received.mail.seq,
                None => self.last.push((received.queue, received.mail.seq)),
            }
            next = self.stream.next().now_or_never();
        }
        Ok(())
    }

    async fn acknowledge(&mut self) -> Result<(), String> {
        for (queue, last) in self.last.drain(..) {
            self.stream.ack(queue, last).await.map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

fn batches(world: &World, size: usize) -> Vec<impl Line> {
    let line = |_| {
        let (client, lanes) = (Arc::clone(&world.client), world.lanes());
        Calls::new(PER_BATCH, move |messages| {
            let deposit = |(n, at_us): &(u64, u64)| {
                (lanes[mailbox(*n)].clone(), name(*n), message::write(*n, *at_us, size))
            };
            let (client, deposits) = (Arc::clone(&client), messages.iter().map(deposit).collect::<Vec<_>>());
            Box::pin(async move {
                let answers = client.deposit_batch(&deposits).await;
                answers.into_iter().try_for_each(|answer| answer.map_err(|e| e.to_string()))
            })
        })
    };
    (0..STREAMS).map(line).collect()
}
