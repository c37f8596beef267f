//! One file over iroh-blobs alone, between two endpoints with a store on disk each, on loopback: what our files are set in
//! proportion to. Nothing of OpenRed is in it; its stores keep the file as it is, ours keep it encrypted.
//!
//! iroh-blobs 0.104 with its defaults but for the address: loopback without a relay.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use iroh::{
    Endpoint, EndpointAddr, RelayMode, address_lookup::memory::MemoryLookup, endpoint::presets,
    protocol::Router,
};
use iroh_blobs::{BlobsProtocol, store::fs::FsStore};

/// What is fetched, and where all of it lies.
#[derive(Args, Debug)]
pub struct Case {
    /// The file
    #[arg(long)]
    file: PathBuf,
    /// A folder on a disk for both stores, which is not there yet
    #[arg(long)]
    folder: PathBuf,
}

/// Both rates, as one line of JSON.
pub fn start(case: &Case) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(said)?;
    runtime.block_on(run(case))
}

#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
async fn run(case: &Case) -> Result<String, String> {
    let megabytes = std::fs::metadata(&case.file).map_err(said)?.len() as f64 / 1e6;
    let (giver, _) = bound().await?;
    let gives = store(&case.folder, "gives").await?;
    let begun = Instant::now();
    let file = gives.blobs().add_path(&case.file).await.map_err(said)?;
    let imported = megabytes / begun.elapsed().as_secs_f64();
    let router =
        Router::builder(giver.clone()).accept(iroh_blobs::ALPN, BlobsProtocol::new(&gives, None)).spawn();
    let (fetcher, lookup) = bound().await?;
    let fetches = store(&case.folder, "fetches").await?;
    let sockets = giver.bound_sockets().into_iter();
    lookup.add_endpoint_info(sockets.fold(EndpointAddr::new(giver.id()), |a, one| a.with_ip_addr(one)));
    let begun = Instant::now();
    fetches.downloader(&fetcher).download(file.hash, Some(giver.id())).await.map_err(said)?;
    let fetched = megabytes / begun.elapsed().as_secs_f64();
    if !fetches.blobs().has(file.hash).await.map_err(said)? {
        return Err("the file is not whole".to_owned());
    }
    router.shutdown().await.map_err(said)?;
    Ok(serde_json::json!({"imported_mb_s": imported, "fetched_mb_s": fetched}).to_string())
}

async fn bound() -> Result<(Endpoint, MemoryLookup), String> {
    let lookup = MemoryLookup::new();
    let builder =
        Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled).address_lookup(lookup.clone());
    let builder = builder.clear_ip_transports().bind_addr("127.0.0.1:0").map_err(said)?;
    Ok((builder.bind().await.map_err(said)?, lookup))
}

async fn store(folder: &Path, name: &str) -> Result<FsStore, String> {
    FsStore::load(folder.join(name)).await.map_err(said)
}

fn said(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}
