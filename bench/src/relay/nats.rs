//! NATS JetStream, a server of its own with one stream on disk and a subject per mailbox: published with acknowledgement;
//! pulled and acknowledged where messages are delivered.
//!
//! Changed from its defaults: more may wait for acknowledgement, so that a pull consumer is never held back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::{self, Context, stream};
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};

use super::calls::Calls;
use super::load::{Line, Owner};
use super::measure::{Run, Shown};
use super::message::{self, MAILBOXES, mailbox};
use super::server::Server;
use super::{Case, missing, openred};

const LINES: usize = 4;
/// The client lets so many wait for their acknowledgement: its default.
const WINDOW: u64 = 1_000;
const OWNERS: usize = 2;
const PER_PULL: usize = 1_000;
const STREAM: &str = "mail";
/// How long the rest of a mailbox is waited for when it is looked at.
const REST: Duration = Duration::from_secs(2);

/// Runs a case.
pub async fn run(case: &Case, always: bool) -> Result<Shown, String> {
    let words = |port: u16, folder: &Path| {
        let sync = if always { "sync_interval: always\n" } else { "" };
        let store = folder.join("store");
        let text = format!(
            "listen: 127.0.0.1:{port}\njetstream {{\n store_dir: \"{}\"\n {sync}}}\n",
            store.display()
        );
        let path = folder.join("nats.conf");
        std::fs::write(&path, text).map_err(|e| e.to_string())?;
        Ok(vec!["-c".to_owned(), path.display().to_string()])
    };
    let server = match Server::installed("nats-server", words).await {
        Ok(Some(server)) => server,
        Ok(None) => return Ok(missing("nats-server")),
        Err(_) if always => {
            let why = "this nats-server does not know sync_interval: always (2.10 and later do)".to_owned();
            return Ok(Shown { skipped: Some(why), ..Shown::default() });
        }
        Err(why) => return Err(why),
    };
    let context = connect(server.port).await?;
    let settings = stream::Config {
        name: STREAM.to_owned(),
        subjects: vec!["mail.*".to_owned()],
        storage: stream::StorageType::File,
        ..stream::Config::default()
    };
    let stream = context.create_stream(settings).await.map_err(|e| e.to_string())?;
    let subjects: Arc<Vec<async_nats::Subject>> =
        Arc::new((0..MAILBOXES).map(|m| format!("mail.{m}").into()).collect());
    let mut lines = Vec::new();
    for _ in 0..LINES {
        lines.push(line(connect(server.port).await?, Arc::clone(&subjects), case.size));
    }
    let run = Run::of(server.id(), case.plan(WINDOW));
    let ran = if case.deliver {
        run.deliveries(lines, owners(&server, &stream, case.size).await?).await?
    } else {
        run.deposits(lines).await?
    };
    let how = if always {
        "answered after the fsync of each message"
    } else {
        "in the page cache when answered: lost when the machine fails; fsync every two minutes"
    };
    openred::finish(ran, case, how, async |mailbox| of_mailbox(&stream, mailbox).await).await
}

async fn connect(port: u16) -> Result<Context, String> {
    let client = async_nats::connect(format!("127.0.0.1:{port}")).await.map_err(|e| e.to_string())?;
    Ok(ContextBuilder::new().ack_timeout(Duration::from_secs(20)).build(client))
}

fn line(context: Context, subjects: Arc<Vec<async_nats::Subject>>, size: usize) -> impl Line {
    Calls::new(1, move |messages| {
        let (n, at_us) = messages[0];
        let (context, subject) = (context.clone(), subjects[mailbox(n)].clone());
        let content = message::write(n, at_us, size);
        Box::pin(async move {
            let stored = context.publish(subject, content).await.map_err(|e| e.to_string())?;
            stored.await.map(drop).map_err(|e| e.to_string())
        })
    })
}

async fn owners(server: &Server, stream: &stream::Stream, size: usize) -> Result<Vec<Puller>, String> {
    let settings = pull::Config {
        durable_name: Some("owners".to_owned()),
        ack_policy: AckPolicy::Explicit,
        max_ack_pending: 100_000,
        ..pull::Config::default()
    };
    stream.create_consumer(settings).await.map_err(|e| e.to_string())?;
    let mut owners = Vec::new();
    for _ in 0..OWNERS {
        let context = connect(server.port).await?;
        let stream = context.get_stream(STREAM).await.map_err(|e| e.to_string())?;
        let consumer: PullConsumer = stream.get_consumer("owners").await.map_err(|e| e.to_string())?;
        let messages = consumer.stream().max_messages_per_batch(PER_PULL).messages().await;
        owners.push(Puller { messages: messages.map_err(|e| e.to_string())?, size, taken: Vec::new() });
    }
    Ok(owners)
}

/// One of those who pull from the consumer.
struct Puller {
    messages: pull::Stream,
    size: usize,
    taken: Vec<jetstream::Message>,
}

impl Owner for Puller {
    async fn take(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        let mut next = Some(self.messages.next().await);
        while let Some(pulled) = next {
            let pulled = pulled.ok_or("the consumer ended")?.map_err(|e| e.to_string())?;
            into.push(message::read(&pulled.payload, self.size)?.1);
            self.taken.push(pulled);
            next = if self.taken.len() < PER_PULL { self.messages.next().now_or_never() } else { None };
        }
        Ok(())
    }

    /// As our own, the acknowledgement is not answered.
    async fn acknowledge(&mut self) -> Result<(), String> {
        for message in self.taken.drain(..) {
            message.ack().await.map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

async fn of_mailbox(stream: &stream::Stream, mailbox: usize) -> Result<Vec<Bytes>, String> {
    let settings = pull::Config {
        filter_subject: format!("mail.{mailbox}"),
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    let mut consumer = stream.create_consumer(settings).await.map_err(|e| e.to_string())?;
    let pending = consumer.info().await.map_err(|e| e.to_string())?.num_pending as usize;
    let mut all = Vec::new();
    while all.len() < pending {
        let batch = consumer.fetch().max_messages((pending - all.len()).min(1_000)).expires(REST).messages();
        let mut batch = batch.await.map_err(|e| e.to_string())?;
        let before = all.len();
        while let Some(message) = batch.next().await {
            all.push(message.map_err(|e| e.to_string())?.payload.clone());
        }
        if all.len() == before {
            break;
        }
    }
    Ok(all)
}
