//! One case of the comparison of overlays, as one line of JSON:
//! `cargo run --release -- overlay --system openred --nodes 32`.
//!
//! Every system runs the same way: N nodes that share nothing, in this process or (`--apart`) in one each, one message of 1 KiB after the other,
//! every delivery checked by the harness. Each file of a system says what was changed from its defaults, and why.

mod apart;
mod case;
mod flood;
mod flooder;
mod gossipsub;
mod harness;
mod iroh_gossip;
mod machine;
mod node;
mod ours;

use std::{sync::Arc, time::Duration};

pub use case::Case;

use case::System;
use harness::Harness;
use node::Started;

/// Runs a case; what it showed, or why it showed nothing.
pub fn start_case(case: Case) -> Result<String, String> {
    if case.floods().is_some() {
        machine::stand_back();
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(case.workers).enable_all().build().map_err(|e| e.to_string())?;
    let shown = runtime.block_on(run(case));
    // Frozen nodes cannot be asked to stop.
    runtime.shutdown_background();
    shown
}

async fn run(case: Case) -> Result<String, String> {
    if let Some(how) = case.floods() {
        return serde_json::to_string(&flooder::run(&case, how).await?).map_err(|e| e.to_string());
    }
    if case.apart && case.flood.is_some() {
        return serde_json::to_string(&flood::run(&case).await?).map_err(|e| e.to_string());
    }
    if case.flood.is_some() && case.member.is_none() {
        return Err("whoever floods needs a process of its own: --apart".to_owned());
    }
    if case.apart {
        return serde_json::to_string(&apart::run(&case).await?).map_err(|e| e.to_string());
    }
    let harness = Arc::new(Harness::new(&case));
    let nodes = start(&case, &harness).await?;
    harness.publishers(&nodes, &case);
    if case.flood.is_some() {
        let spans = flood::watched(&case, &harness, &nodes).await;
        return serde_json::to_string(&spans).map_err(|e| e.to_string());
    }
    tokio::time::sleep(Duration::from_secs(case.warm_s)).await;
    if case.lose > 0 {
        harness.lose(&nodes, &case);
    }
    let before = machine::Reading::now();
    let received = nodes.counters();
    harness.measure(true);
    tokio::time::sleep(Duration::from_secs(case.seconds)).await;
    harness.measure(false);
    harness.stop();
    let used = machine::Reading::now() - before;
    let receptions = nodes.counters().map(|now| now - received.unwrap_or(0));
    tokio::time::sleep(Duration::from_secs(2)).await;
    if let Some(told) = nodes.told.as_ref().filter(|_| case.counters) {
        eprint!("{}", told());
    }
    if case.member.is_some() {
        let counted = harness.counted(&used, receptions.unwrap_or(0));
        return serde_json::to_string(&counted).map_err(|e| e.to_string());
    }
    let report = harness.report(&case, &used, receptions);
    serde_json::to_string(&report).map_err(|e| e.to_string())
}

async fn start(case: &Case, harness: &Arc<Harness>) -> Result<Started, String> {
    match case.system {
        System::Openred => ours::start(case, harness).await,
        System::IrohGossip => iroh_gossip::start(case, harness).await,
        System::Gossipsub => gossipsub::start(case, harness).await,
    }
}
