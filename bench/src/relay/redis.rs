//! Redis Streams, a server of its own: XADD in pipelines; XREADGROUP and XACK where messages are delivered.
//!
//! Changed from its defaults: the append-only file, which is what makes it durable, without snapshots beside it and without
//! being rewritten within the run, which would only cost it time.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, Pipeline, Value};

use super::calls::Calls;
use super::load::{Line, Owner};
use super::measure::{Run, Shown};
use super::message::{self, MAILBOXES, mailbox};
use super::server::Server;
use super::{Case, missing, openred};

/// Connections of depositors, of which each has several pipelines under way.
const LINES: usize = 4;
const PER_PIPELINE: usize = 100;
const WINDOW: u64 = 2_000;
const OWNERS: usize = 4;
const GROUP: &str = "owners";
/// Messages of one answer, for each stream.
const TAKEN: usize = 50;
const BLOCK_MS: usize = 50;

/// Runs a case.
pub async fn run(case: &Case, fsync: &str) -> Result<Shown, String> {
    let words = |port: u16, folder: &Path| {
        let (port, folder) = (port.to_string(), folder.display().to_string());
        let words =
            ["--port", &port, "--bind", "127.0.0.1", "--dir", &folder, "--save", "", "--appendonly", "yes"];
        let more = ["--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0"];
        Ok(words.into_iter().chain(more).map(str::to_owned).collect())
    };
    let Some(server) = Server::installed("redis-server", words).await? else {
        return Ok(missing("redis-server"));
    };
    let client = Client::open(format!("redis://127.0.0.1:{}", server.port)).map_err(|e| e.to_string())?;
    let names: Arc<Vec<String>> = Arc::new((0..MAILBOXES).map(|m| format!("mail:{m}")).collect());
    let mut lines = Vec::new();
    for _ in 0..LINES {
        lines.push(line(connect(&client).await?, Arc::clone(&names), case.size));
    }
    let run = Run::of(server.id(), case.plan(WINDOW));
    let ran = if case.deliver {
        let owners = owners(&client, &names, case.size).await?;
        run.deliveries(lines, owners).await?
    } else {
        run.deposits(lines).await?
    };
    let how = match fsync {
        "always" => "answered after the covering fsync of the append-only file",
        _ => "in memory when answered; up to a second is lost when the machine fails",
    };
    let mut connection = connect(&client).await?;
    let range = async |mailbox: usize| {
        let mut range = redis::cmd("XRANGE");
        range.arg(&names[mailbox]).arg("-").arg("+");
        let entries: Value = range.query_async(&mut connection).await.map_err(|e| e.to_string())?;
        entries_of(entries).map(|entries| entries.into_iter().map(|(_, content)| content).collect())
    };
    openred::finish(ran, case, how, range).await
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, String> {
    // The machine is full on purpose: an answer may take longer than the half second that the library waits.
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await.map_err(|e| e.to_string())
}

fn line(connection: MultiplexedConnection, names: Arc<Vec<String>>, size: usize) -> impl Line {
    Calls::new(PER_PIPELINE, move |messages| {
        let mut pipeline = Pipeline::with_capacity(messages.len());
        for (n, at_us) in messages {
            let content = message::write(*n, *at_us, size);
            let mut add = Cmd::with_capacity(5, size + 64);
            add.arg("XADD").arg(&names[mailbox(*n)]).arg("*").arg("m").arg(content.as_ref());
            pipeline.add_command(add).ignore();
        }
        let mut connection = connection.clone();
        Box::pin(async move { pipeline.query_async(&mut connection).await.map_err(|e| e.to_string()) })
    })
}

async fn owners(client: &Client, names: &[String], size: usize) -> Result<Vec<StreamsOwner>, String> {
    let mut connection = connect(client).await?;
    let mut create = Pipeline::new();
    for name in names {
        create.cmd("XGROUP").arg("CREATE").arg(name).arg(GROUP).arg("0").arg("MKSTREAM").ignore();
    }
    create.query_async::<()>(&mut connection).await.map_err(|e| e.to_string())?;
    let mut owners = Vec::new();
    for some in names.chunks(names.len().div_ceil(OWNERS)) {
        let connection = connect(client).await?;
        owners.push(StreamsOwner {
            connection,
            names: some.to_vec(),
            size,
            reading: None,
            taken: Vec::new(),
        });
    }
    Ok(owners)
}

/// One consumer of some streams.
struct StreamsOwner {
    connection: MultiplexedConnection,
    names: Vec<String>,
    size: usize,
    /// What was asked for: an answer that nobody waits for would be lost to all.
    reading: Option<BoxFuture<'static, redis::RedisResult<Value>>>,
    taken: Vec<(String, Vec<Bytes>)>,
}

impl Owner for StreamsOwner {
    async fn take(&mut self, into: &mut Vec<u64>) -> Result<(), String> {
        let reading = self.reading.get_or_insert_with(|| {
            let mut read = redis::cmd("XREADGROUP");
            read.arg("GROUP").arg(GROUP).arg("one").arg("COUNT").arg(TAKEN).arg("BLOCK").arg(BLOCK_MS);
            read.arg("STREAMS").arg(&self.names);
            for _ in &self.names {
                read.arg(">");
            }
            let mut connection = self.connection.clone();
            Box::pin(async move { read.query_async(&mut connection).await })
        });
        let answer = reading.await;
        self.reading = None;
        let Value::Array(streams) = answer.map_err(|e| e.to_string())? else { return Ok(()) };
        for stream in streams {
            let (name, entries) = pair(stream)?;
            let (ids, contents): (Vec<Bytes>, Vec<Bytes>) = entries_of(entries)?.into_iter().unzip();
            for content in contents {
                into.push(message::read(&content, self.size)?.1);
            }
            let name = String::from_utf8(bytes_of(name)?.into()).map_err(|e| e.to_string())?;
            self.taken.push((name, ids));
        }
        Ok(())
    }

    async fn acknowledge(&mut self) -> Result<(), String> {
        let mut all = Pipeline::new();
        for (name, ids) in self.taken.drain(..) {
            let ack = all.cmd("XACK").arg(name).arg(GROUP);
            for id in ids {
                ack.arg(id.as_ref());
            }
            ack.ignore();
        }
        all.query_async(&mut self.connection).await.map_err(|e| e.to_string())
    }
}

/// Ids and contents of `[[id, [field, content]]…]`.
fn entries_of(entries: Value) -> Result<Vec<(Bytes, Bytes)>, String> {
    let Value::Array(entries) = entries else { return Err("Redis answered otherwise".to_owned()) };
    let entry = |entry| {
        let (id, fields) = pair(entry)?;
        let (_field, content) = pair(fields)?;
        Ok((bytes_of(id)?, bytes_of(content)?))
    };
    entries.into_iter().map(entry).collect()
}

fn pair(value: Value) -> Result<(Value, Value), String> {
    if let Value::Array(values) = value
        && let Ok([first, second]) = <[Value; 2]>::try_from(values)
    {
        return Ok((first, second));
    }
    Err("Redis answered otherwise".to_owned())
}

fn bytes_of(value: Value) -> Result<Bytes, String> {
    if let Value::BulkString(bytes) = value {
        Ok(bytes.into())
    } else {
        Err("Redis answered otherwise".to_owned())
    }
}
