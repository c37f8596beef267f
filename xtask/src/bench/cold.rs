//! Start of a node that has been set up before: to the first answer, unlocked, and what it weighs then.

use std::fs;
use std::thread;
use std::time::Duration;

use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use crate::demo::cast::PASSPHRASE;
use crate::demo::running::Build;
use crate::stopwatch::Stopwatch;
use crate::{Result, web};

/// Times of five starts, weight of the last one after ten quiet seconds.
pub(crate) fn measure(stage: &mut Stage, table: &mut Table) -> Result<()> {
    let (mut starts, mut unlocks) = (Vec::new(), Vec::new());
    let ben = &mut stage.ben;
    for _ in 0..5 {
        ben.stop();
        let watch = Stopwatch::start();
        ben.start()?;
        starts.push(watch.elapsed());
        let watch = Stopwatch::start();
        ben.log_in(PASSPHRASE)?;
        unlocks.push(watch.elapsed());
    }
    table.put(
        "cold start to first answer, locked, p50",
        quantile_ms(&mut starts, 0.5),
        "ms",
        Goal::AtMost(300.0),
    );
    table.put("unlock, p50", quantile_ms(&mut unlocks, 0.5), "ms", Goal::AtMost(1500.0));
    thread::sleep(Duration::from_secs(10));
    if let Some(bytes) = ben.resident_bytes() {
        table.put("node and keeper, resident, idle", megabytes(bytes), "MB", Goal::AtMost(40.0));
    }
    let binary = fs::metadata(Build::Release.binary())?.len();
    table.put("binary", megabytes(binary), "MB", Goal::AtMost(25.0));
    if web::present() {
        let kilobytes = megabytes(web::first_load_bytes()? as u64) * 1000.0;
        table.put("app, first load, gzipped", kilobytes, "kB", Goal::AtMost(120.0));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "megabytes for a person")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
