//! How much mail a relay takes over the network: deposits a second by `POST /api/v1/message/relay`, by batch and by stream,
//! each on disk before it counts. The relay is a process of its own, which shares the processor with its depositors.
//!
//! `cargo run --release -p openred-relay --example traffic [SECONDS]`; five seconds for each otherwise.
//! `traffic serve FOLDER` is a relay with limits that nobody meets, until its standard input ends.

#![expect(clippy::print_stdout, reason = "this program prints a table")]

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures_util::future::try_join_all;
use openred_core::ids::{ClientId, Hash, b64_encode};
use openred_core::sign::SigningKey;
use openred_relay::client::{Lane, Mailbox, RelayAddress, RelayClient};
use openred_relay::mailbox::CapMac;
use openred_relay::{Config, Relay};
use openred_service::http_client::{AllowPrivate, HttpClient, HttpClientConfig};
use openred_service::lifecycle::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Connections of the plain calls.
const CALLERS: usize = 256;
const STREAMS: usize = 4;
const BATCHES: usize = 4;
/// Deposits that one stream has without an answer.
const UNDER_WAY: u64 = 4_000;
const MAILBOXES: usize = 64;
const PER_BATCH: usize = 1_000;

#[tokio::main(worker_threads = 2)]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [verb, folder] if verb == "serve" => serve(Path::new(folder)).await,
        [] => measure(5_000).await,
        [seconds] => measure(seconds.parse::<u64>()? * 1_000).await,
        _ => Err("usage: traffic [SECONDS] | traffic serve FOLDER".into()),
    }
}

async fn serve(folder: &Path) -> Outcome<()> {
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:0".parse()?;
    config.storage.data = folder.to_owned();
    config.limits.deposits_per_mailbox = u32::MAX;
    config.limits.calls_per_owner = u32::MAX;
    config.limits.registers_per_prefix = u32::MAX;
    config.limits.calls_per_prefix = u32::MAX;
    config.limits.calls = u32::MAX;
    config.quotas.mailbox_bytes = u64::MAX;
    config.quotas.mailbox_count = u32::MAX;
    config.quotas.deposits_per_day = u32::MAX;
    let running = Relay::start(config).await?;
    println!("http://{}#{}", running.addr, running.node_id);
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await?;
    running.stop().await;
    Ok(())
}

/// A relay in a process of its own; ended with this value.
struct Served {
    process: Child,
    address: RelayAddress,
    _folder: tempfile::TempDir,
}

impl Served {
    fn start() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(folder.path().join("relay"));
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { process, address: line.trim().parse()?, _folder: folder })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _it_ends_by_itself = self.process.wait();
    }
}

async fn measure(for_ms: u64) -> Outcome<()> {
    let config = HttpClientConfig { allow_private: AllowPrivate::Loopback, ..HttpClientConfig::default() };
    let http = HttpClient::new(config)?;
    for (name, kind) in [("POST /message/relay", 0), ("POST /message/batch", 1), ("stream", 2)] {
        let served = Served::start()?;
        let client = Arc::new(RelayClient::new(http.clone(), served.address.clone(), Clock::System));
        let mut lanes = Vec::new();
        for _ in 0..MAILBOXES {
            lanes.push(client.register(&SigningKey::generate()).await.map(|made: Mailbox| made.lane())?);
        }
        let load = Load { client, address: served.address.clone(), lanes, names: AtomicU32::new(0), for_ms };
        let began = Clock::System.monotonic_ms();
        let deposits: u64 = match kind {
            0 => try_join_all((0..CALLERS).map(|_| load.call())).await?.iter().sum(),
            1 => try_join_all((0..BATCHES).map(|_| load.batches())).await?.iter().sum(),
            _ => try_join_all((0..STREAMS).map(|_| load.stream())).await?.iter().sum(),
        };
        let ms = (Clock::System.monotonic_ms() - began).max(1);
        println!("{name:<22} {:>9} deposits of 1 KiB a second", deposits * 1_000 / ms);
    }
    Ok(())
}

struct Load {
    client: Arc<RelayClient>,
    address: RelayAddress,
    lanes: Vec<Lane>,
    names: AtomicU32,
    for_ms: u64,
}

impl Load {
    /// The next deposit: its mailbox, a name of its own, sealed bytes.
    fn deposit(&self) -> (Lane, ClientId, Bytes) {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        let mut name = [0; 16];
        name[..4].copy_from_slice(&number.to_be_bytes());
        let lane = self.lanes[number as usize % self.lanes.len()].clone();
        (lane, ClientId(name), Bytes::from(vec![number as u8; 1_024]))
    }

    fn end(&self) -> u64 {
        Clock::System.monotonic_ms() + self.for_ms
    }

    /// One connection with one call after another, as lean as a call can be: the relay is measured, not its caller.
    async fn call(&self) -> Outcome<u64> {
        let (host, port) =
            (self.address.url.host_str().ok_or("no host")?, self.address.url.port().unwrap_or(80));
        let mut connection = TcpStream::connect((host, port)).await?;
        connection.set_nodelay(true)?;
        let (end, mut done, mut answer) = (self.end(), 0, vec![0; 4_096]);
        while Clock::System.monotonic_ms() < end {
            connection.write_all(&self.request(host)).await?;
            let mut length = 0;
            // The answer ends with its body, `}`.
            while length == 0 || answer[length - 1] != b'}' {
                let read = connection.read(&mut answer[length..]).await?;
                length += read;
                if read == 0 {
                    return Err("the relay closed the connection".into());
                }
            }
            if !answer.starts_with(b"HTTP/1.1 202") {
                return Err(String::from_utf8_lossy(&answer[..length]).into());
            }
            done += 1;
        }
        Ok(done)
    }

    fn request(&self, host: &str) -> Vec<u8> {
        let (lane, name, content) = self.deposit();
        let mac = CapMac::of(&lane.cap, &lane.deposit_id, &name, &Hash::of(&[&content])).to_header();
        let body = format!(
            r#"{{"from_address":"","to_address":"{}","encrypted_content":"{}","message_type":"sealed","client_id":"{name}"}}"#,
            lane.deposit_id,
            b64_encode(content),
        );
        format!(
            "POST /api/v1/message/relay HTTP/1.1\r\nHost: {host}\r\nAuthorization: {mac}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len(),
        )
        .into_bytes()
    }

    async fn batches(&self) -> Outcome<u64> {
        let (end, mut done) = (self.end(), 0);
        while Clock::System.monotonic_ms() < end {
            let deposits: Vec<_> = (0..PER_BATCH).map(|_| self.deposit()).collect();
            let answers = self.client.deposit_batch(&deposits).await;
            done += answers.into_iter().map(|answer| answer.map(|()| 1)).sum::<Result<u64, _>>()?;
        }
        Ok(done)
    }

    async fn stream(&self) -> Outcome<u64> {
        let mut stream = self.client.deposit_stream().await?;
        let (end, mut sent, mut done) = (self.end(), 0, 0);
        while Clock::System.monotonic_ms() < end || done < sent {
            while sent < done + UNDER_WAY && Clock::System.monotonic_ms() < end {
                let (lane, name, content) = self.deposit();
                stream.push(&lane, name, content).await?;
                sent += 1;
            }
            let (_number, answer) = stream.answer().await?;
            answer?;
            done += 1;
        }
        Ok(done)
    }
}
