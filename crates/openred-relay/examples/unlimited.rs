//! A relay with limits that nobody meets, for tests that end its process; `cargo xtask bench relay` measures.
//!
//! `unlimited FOLDER` says its address on standard output, `http://HOST:PORT#NODE_ID`, and ends with its standard input.

#![expect(clippy::print_stdout, reason = "this program says where it is")]

use std::error::Error;
use std::path::PathBuf;

use openred_relay::{Config, Relay};

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: unlimited FOLDER")?;
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:0".parse()?;
    config.storage.data = PathBuf::from(folder);
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
