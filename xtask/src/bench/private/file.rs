//! A file of ana's that ben fetches: how fast, and what memory comes with it; once as it should be, and once while his node is
//! killed again and again. Beside it, the same file over iroh-blobs alone.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::harness;
use super::super::stage::Stage;
use super::super::table::{Goal, Table};
use super::LOOK;
use crate::Result;
use crate::demo::cast::PASSPHRASE;
use crate::demo::person::{Person, text};
use crate::demo::running::Build;
use crate::process;
use crate::stopwatch::Stopwatch;

/// How often the node that fetches is killed.
const KILLS: u64 = 5;
/// What the peer may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Both times; the first is set beside the peer. Of ben's node, while it is killed, only what it takes in the end counts: each
/// start is another process.
#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
pub(super) fn measure(stage: &mut Stage, mb: usize, peer: &Path, table: &mut Table) -> Result<()> {
    let watch = Stopwatch::start();
    let film = made(stage, "film.bin", mb)?;
    send(stage, &film)?;
    let name = "file made and taken in: encrypted, on the own disk";
    table.put(name, mb as f64 / watch.elapsed().as_secs_f64(), "MB/s", Goal::None);
    let name = "the same, fetched by a friend and verified";
    let ours = fetched(stage, "film.bin", (mb, 0), name, table)?;
    beside(stage, &film, peer, ours, table)?;
    let film = made(stage, "again.bin", mb)?;
    send(stage, &film)?;
    let name = format!("another, whose node is killed {KILLS} times");
    fetched(stage, "again.bin", (mb, KILLS), &name, table).map(drop)
}

/// What iroh-blobs takes for the same file, as it is and unencrypted on disk.
fn beside(stage: &Stage, film: &Path, peer: &Path, ours: f64, table: &mut Table) -> Result<()> {
    let folder = stage.folder.join("blobs");
    let words = ["files", "--file", &film.to_string_lossy(), "--folder", &folder.to_string_lossy()];
    let told: Value = harness::run(peer, &words.map(str::to_owned), PATIENCE)?;
    let theirs = told["fetched_mb_s"].as_f64().ok_or("iroh-blobs tells a rate")?;
    let imported = told["imported_mb_s"].as_f64().ok_or("iroh-blobs tells a rate")?;
    fs::remove_dir_all(&folder)?;
    table.put("iroh-blobs alone: taken in, not encrypted", imported, "MB/s", Goal::None);
    table.put("the same, fetched and verified", theirs, "MB/s", Goal::None);
    table.put("ours in proportion to that", ours / theirs, "", Goal::AtLeast(0.8));
    Ok(())
}

fn made(stage: &Stage, name: &str, mb: usize) -> Result<PathBuf> {
    let path = stage.folder.join(name);
    let mut film = fs::File::create(&path)?;
    for block in 0..mb as u64 {
        let seed = block * 125_000 + name.len() as u64;
        let bytes = (0..125_000_u64).map(|at| (seed + at).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        film.write_all(&bytes.flat_map(u64::to_be_bytes).collect::<Vec<u8>>())?;
    }
    Ok(path)
}

fn send(stage: &Stage, file: &PathBuf) -> Result<()> {
    let mut verb = process::command(&Build::Release.binary().to_string_lossy());
    verb.args(["file", "send"]).arg(file).arg(&stage.ben.node_id);
    verb.args(["--json", "--data"]).arg(stage.folder.join("ana"));
    process::quiet(&mut verb).map(drop)
}

#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
fn fetched(
    stage: &mut Stage,
    file: &str,
    (mb, kills): (usize, u64),
    name: &str,
    table: &mut Table,
) -> Result<f64> {
    let Stage { ana, ben, .. } = stage;
    let offer = ben.until("the offer", || ben.item("/files/offers", "/name", file))?;
    let number = offer["id"].as_i64().ok_or("an offer has a number")?;
    let idle = [&*ana, &*ben].map(Person::resident_bytes);
    let (mut most, mut killed) = (idle, 0);
    let watch = Stopwatch::start();
    let copy = ben.send("POST", &format!("/files/offers/{number}/accept"), &json!({}))?;
    let copy = format!("/files/{}", text(&copy, "/id")?);
    loop {
        let seen = state(ben, &copy)?;
        if seen["state"] == "here" {
            break;
        }
        let (have, size) = (seen["have"].as_u64().unwrap_or(0), (mb as u64) * 1_000_000);
        if killed < kills && have * (kills + 1) >= size * (killed + 1) {
            ben.kill()?;
            ben.start()?;
            ben.log_in(PASSPHRASE)?;
            killed += 1;
        }
        for (most, person) in most.iter_mut().zip([&*ana, &*ben]) {
            *most = (*most).max(person.resident_bytes());
        }
        std::thread::sleep(LOOK);
    }
    let rate = mb as f64 / watch.elapsed().as_secs_f64();
    table.put(name, rate, "MB/s", Goal::None);
    if kills > 0 {
        table.put("so often it was killed on the way", killed as f64, "", Goal::AtLeast(kills as f64));
    }
    for ((idle, most), who) in idle.into_iter().zip(most).zip(["who gives", "who fetches"]) {
        if let (Some(idle), Some(most)) = (idle, most) {
            let grown = most.saturating_sub(idle) as f64 / 1e6;
            table.put(format!("memory that came with it, {who}"), grown, "MB", Goal::AtMost(64.0));
        }
    }
    Ok(rate)
}

fn state(at: &Person, path: &str) -> Result<Value> {
    let file: Value = at.get(path)?;
    if text(&file, "/state")? == "failed" { Err(format!("the file failed: {file}").into()) } else { Ok(file) }
}
