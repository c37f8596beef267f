//! One case of the comparison of our relay with stores of messages that people would use instead, as one line of JSON:
//! `cargo run --release -- relay run --row openred-stream`.
//!
//! Every server is a process of its own with its data in a temporary folder on a disk; the load comes from this process and
//! is the same for all (`load.rs`). Each file of a system says what was changed from its defaults, and why.

mod calls;
mod cluster;
mod disk;
mod group;
mod load;
mod measure;
mod memory;
mod message;
mod mosquitto;
mod nats;
mod openred;
mod plain;
mod post;
mod postgres;
mod redis;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use tokio::net::TcpListener;

use load::Plan;
use measure::{Run, Shown};
use server::Server;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One case
    Run(Case),
    /// One of our own servers, until its input ends
    #[command(hide = true)]
    Serve(Serving),
}

/// Who is measured, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Row {
    /// A file behind a socket: append, shared fdatasync, answer
    Disk,
    /// Our relay, by stream
    OpenredStream,
    /// Our relay, one message per HTTP call
    OpenredPost,
    /// Our relay, 1,000 messages per HTTP call
    OpenredBatch,
    /// Our relay on PostgreSQL, by stream
    OpenredCluster,
    /// A million messages in our relay: memory and start
    OpenredMemory,
    /// axum that checks the same call and stores nothing
    Axum,
    /// The same with the file of `disk`
    AxumDisk,
    /// Redis Streams, appendfsync always
    RedisAlways,
    /// Redis Streams, appendfsync everysec
    RedisEverysec,
    /// NATS JetStream as it comes
    Nats,
    /// NATS JetStream, sync_interval always
    NatsAlways,
    /// Mosquitto, QoS 1
    Mosquitto,
    /// PostgreSQL, one row per statement
    PostgresRow,
    /// PostgreSQL, many rows per statement
    PostgresBatch,
}

/// How our relay is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Stream,
    Post,
    Batch,
}

impl How {
    /// Messages under way on one connection.
    const fn window(self) -> u64 {
        match self {
            Self::Stream => 4_000,
            Self::Post => 1,
            Self::Batch => 2_000,
        }
    }
}

/// One case.
#[derive(Clone, Debug, Args)]
pub struct Case {
    /// Who is measured
    #[arg(long, value_enum)]
    pub row: Row,
    /// Others take the messages and acknowledge them; these are what counts
    #[arg(long)]
    pub deliver: bool,
    /// Messages a second, whether they are answered or not; otherwise as many as are answered
    #[arg(long)]
    pub rate: Option<u64>,
    /// Bytes of a message: 1024 or 4096
    #[arg(long, default_value_t = 1_024)]
    pub size: usize,
    /// PostgreSQL: rows per statement
    #[arg(long, default_value_t = 100)]
    pub rows: usize,
    /// Milliseconds before measuring
    #[arg(long, default_value_t = 1_000)]
    pub warm_ms: u64,
    /// Milliseconds of measuring
    #[arg(long, default_value_t = 4_000)]
    pub measured_ms: u64,
}

impl Case {
    fn plan(&self, window: u64) -> Plan {
        let (warm, time) = (Duration::from_millis(self.warm_ms), Duration::from_millis(self.measured_ms));
        Plan { warm, time, window, rate: self.rate, most: u64::MAX }
    }
}

/// One of our own servers.
#[derive(Debug, Args)]
pub struct Serving {
    /// Which one
    #[arg(value_enum)]
    what: Served,
    /// Where its data lies
    #[arg(long)]
    folder: PathBuf,
    /// openred: the mail lies here
    #[arg(long)]
    database: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Served {
    Disk,
    Openred,
    Axum,
    AxumDisk,
}

/// Does it; what a case showed, nothing of a server that ended, or why there is nothing to show.
pub fn start(command: Command) -> Result<Option<String>, String> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // As many as the machine has cores, for servers and load alike.
    let runtime = runtime.enable_all().build().map_err(|e| e.to_string())?;
    let shown = runtime.block_on(async {
        match command {
            Command::Run(case) => {
                serde_json::to_string(&run(&case).await?).map(Some).map_err(|e| e.to_string())
            }
            Command::Serve(serving) => serve(&serving).await.map(|()| None),
        }
    });
    runtime.shutdown_background();
    shown
}

async fn run(case: &Case) -> Result<Shown, String> {
    let delivers = [
        Row::OpenredStream,
        Row::RedisAlways,
        Row::RedisEverysec,
        Row::Nats,
        Row::NatsAlways,
        Row::Mosquitto,
    ];
    if case.deliver && !delivers.contains(&case.row) {
        return Err("nobody takes messages there: without --deliver".to_owned());
    }
    match case.row {
        Row::Disk => disk_alone(case).await,
        Row::OpenredStream => openred::run(case, How::Stream).await,
        Row::OpenredPost => openred::run(case, How::Post).await,
        Row::OpenredBatch => openred::run(case, How::Batch).await,
        Row::OpenredCluster => cluster::run(case).await,
        Row::OpenredMemory => memory::run(case).await,
        Row::Axum => plain::run(case, false).await,
        Row::AxumDisk => plain::run(case, true).await,
        Row::RedisAlways => redis::run(case, "always").await,
        Row::RedisEverysec => redis::run(case, "everysec").await,
        Row::Nats => nats::run(case, false).await,
        Row::NatsAlways => nats::run(case, true).await,
        Row::Mosquitto => mosquitto::run(case).await,
        Row::PostgresRow => postgres::run(case, 1).await,
        Row::PostgresBatch => postgres::run(case, case.rows).await,
    }
}

async fn disk_alone(case: &Case) -> Result<Shown, String> {
    let folder = server::folder()?;
    let server = Server::own(&["disk"], folder.path())?;
    let mut lines = Vec::new();
    for _ in 0..disk::LINES {
        lines.push(disk::DiskLine::open(server.port, case.size).await?);
    }
    let ran = Run::of(server.id(), case.plan(How::Stream.window())).deposits(lines).await?;
    let stored = disk::read_all(folder.path())?;
    let of = |mailbox| disk::of_mailbox(&stored, mailbox);
    let how = "answered after a shared fdatasync of one file; no names, no order, no proof";
    openred::finish(ran, case, how, async |mailbox| of(mailbox)).await
}

/// Nothing that is installed here: the table says so.
fn missing(name: &str) -> Shown {
    Shown { skipped: Some(format!("{name} is not installed")), ..Shown::default() }
}

async fn serve(serving: &Serving) -> Result<(), String> {
    match serving.what {
        Served::Disk => {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| e.to_string())?;
            println!("{}\n", listener.local_addr().map_err(|e| e.to_string())?.port());
            tokio::select! {
                served = disk::serve(listener, &serving.folder) => served,
                () = until_input_ends() => Ok(()),
            }
        }
        Served::Openred => {
            let mut config = openred::config(&serving.folder);
            let database = serving.database.as_ref().map(|url| url.parse());
            config.storage.database = database.transpose().map_err(|_| "not the address of a database")?;
            openred::serve(config).await
        }
        Served::Axum => plain::serve(None).await,
        Served::AxumDisk => plain::serve(Some(&serving.folder)).await,
    }
}

async fn until_input_ends() {
    let reading = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
    let _lines = reading.await;
}
