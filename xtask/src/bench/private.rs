//! Conversations and files of two friends: how soon a message is shown, how many go a second, how fast a long conversation
//! opens and is searched, and how fast a file goes over.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::crowd::{self, CROWD, NUMBER, Until};
use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use super::wire::Wire;
use crate::Result;
use crate::demo::cast::PASSPHRASE;
use crate::demo::person::{Person, text};
use crate::demo::running::Build;
use crate::process;
use crate::stopwatch::Stopwatch;

/// Messages one after another that are watched for.
const SHOWN: usize = 300;
/// Messages of each connection that are counted until the last is shown.
const COUNTED: usize = 320;
/// Pages and searches that are timed.
const READ: usize = 300;
/// Pause between two looks whether all is there: the look costs the node something too.
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(300);

/// How large what is measured is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Messages in the long conversation.
    pub(crate) messages: usize,
    /// Millions of bytes in the file.
    pub(crate) file_mb: usize,
}

/// Ana and ben are friends who are there.
pub(crate) fn measure(stage: &mut Stage, size: Size, table: &mut Table) -> Result<()> {
    for person in [&stage.ana, &stage.ben] {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}))?;
    }
    shown(stage, table)?;
    counted(stage, table)?;
    file(stage, size.file_mb, table)?;
    long(stage, size.messages, table)
}

fn page(with: &Person, limit: usize) -> String {
    format!("/chats/{}/messages?limit={limit}", with.node_id)
}

/// From the call that sends to the page that shows it, asked for when ben's app is told to look.
fn shown(stage: &Stage, table: &mut Table) -> Result<()> {
    let Stage { ana, ben, .. } = stage;
    let watch = Stopwatch::start();
    let events = ben.caller.events(watch)?;
    let mut times = Vec::new();
    for number in 0..SHOWN {
        let words = format!("Number {number}: the kettle is on.");
        let begun = watch.elapsed();
        ana.send("POST", &page_of(ben), &json!({"text": words}))?;
        loop {
            events.recv_timeout(Duration::from_secs(10)).map_err(|error| format!("no event: {error}"))?;
            if ben.items(&page(ana, 1))?.first().is_some_and(|one| one["text"] == words.as_str()) {
                times.push(watch.elapsed().saturating_sub(begun));
                break;
            }
        }
    }
    table.put("message sent on A to shown on B, p50", quantile_ms(&mut times, 0.5), "ms", Goal::AtMost(10.0));
    table.put("the same, p99", quantile_ms(&mut times, 0.99), "ms", Goal::None);
    Ok(())
}

fn page_of(with: &Person) -> String {
    format!("/chats/{}/messages", with.node_id)
}

fn message(by: &Person, to: &Person) -> Vec<u8> {
    let words = "Bread is in the oven and there is a chair for whoever comes by, number ";
    let body = json!({"text": words.to_owned() + NUMBER}).to_string();
    by.caller.spelled("POST", &page_of(to), Some(&body))
}

/// The newest number on a page: numbers rise by one for each message of a node.
fn newest(at: &Person, with: &Person) -> Result<u64> {
    let items = at.items(&page(with, 1))?;
    Ok(items.first().and_then(|one| one["number"].as_u64()).unwrap_or(0))
}

#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
fn counted(stage: &Stage, table: &mut Table) -> Result<()> {
    let Stage { ana, ben, .. } = stage;
    let before = newest(ben, ana)?;
    let watch = Stopwatch::start();
    let until = Until { time: PATIENCE, calls: COUNTED };
    let sent = crowd::repeat(ana.port, &message(ana, ben), until)?;
    table.put("messages accepted, 16 connections", sent.rate(), "1/s", Goal::None);
    let all = before + sent.times.len() as u64;
    wait_for(|| Ok(newest(ben, ana)? >= all), "the last message at ben's")?;
    let rate = sent.times.len() as f64 / watch.elapsed().as_secs_f64();
    table.put("encrypted, stored, delivered, decrypted and stored", rate, "1/s", Goal::AtLeast(1000.0));
    Ok(())
}

fn wait_for(is_so: impl Fn() -> Result<bool>, what: &str) -> Result<()> {
    let watch = Stopwatch::start();
    while !is_so()? {
        if watch.elapsed() > PATIENCE {
            return Err(format!("waited in vain for: {what}").into());
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// A file of ana's that ben fetches; his memory meanwhile.
#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
fn file(stage: &Stage, mb: usize, table: &mut Table) -> Result<()> {
    let Stage { ana, ben, folder, .. } = stage;
    let path = folder.join("film.bin");
    let mut film = fs::File::create(&path)?;
    for block in 0..mb as u64 {
        let bytes = (0..125_000_u64).map(|at| (block * 125_000 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        film.write_all(&bytes.flat_map(u64::to_be_bytes).collect::<Vec<u8>>())?;
    }
    drop(film);
    let mut verb = process::command(&Build::Release.binary().to_string_lossy());
    verb.args(["file", "send"])
        .arg(&path)
        .arg(&ben.node_id)
        .args(["--json", "--data"])
        .arg(folder.join("ana"));
    let watch = Stopwatch::start();
    process::quiet(&mut verb)?;
    let name = "file taken in: encrypted, on the own disk";
    table.put(name, mb as f64 / watch.elapsed().as_secs_f64(), "MB/s", Goal::None);
    let offer = ben.until("the offer", || ben.item("/files/offers", "/name", "film.bin"))?;
    let number = offer["id"].as_i64().ok_or("an offer has a number")?;
    let idle = [ana, ben].map(Person::resident_bytes);
    let mut most = idle;
    let watch = Stopwatch::start();
    let copy = ben.send("POST", &format!("/files/offers/{number}/accept"), &json!({}))?;
    let copy = format!("/files/{}", text(&copy, "/id")?);
    while state(ben, &copy)? != "here" {
        for (most, person) in most.iter_mut().zip([ana, ben]) {
            *most = (*most).max(person.resident_bytes());
        }
        std::thread::sleep(LOOK);
    }
    let name = "the same, fetched by a friend and verified";
    table.put(name, mb as f64 / watch.elapsed().as_secs_f64(), "MB/s", Goal::None);
    for ((idle, most), who) in idle.into_iter().zip(most).zip(["who gives", "who fetches"]) {
        if let (Some(idle), Some(most)) = (idle, most) {
            let grown = most.saturating_sub(idle) as f64 / 1e6;
            table.put(format!("memory that came with it, {who}"), grown, "MB", Goal::AtMost(64.0));
        }
    }
    Ok(())
}

fn state(at: &Person, file: &str) -> Result<String> {
    let file: Value = at.get(file)?;
    let state = text(&file, "/state")?;
    if state == "failed" { Err(format!("the file failed: {file}").into()) } else { Ok(state) }
}

/// A long conversation: ben is away while it grows, so that it is there when ana is asked for it.
#[expect(clippy::cast_precision_loss, reason = "counts for a person")]
fn long(stage: &mut Stage, messages: usize, table: &mut Table) -> Result<()> {
    let Stage { ana, ben, .. } = stage;
    ben.stop();
    let until = Until { time: PATIENCE, calls: messages.div_ceil(CROWD) };
    let written = crowd::repeat(ana.port, &message(ana, ben), until)?;
    table.put("messages in the long conversation", written.times.len() as f64, "", Goal::None);
    table.put("written while the other is away, 16 connections", written.rate(), "1/s", Goal::None);
    let mut opened = read(ana, &page(ben, 50))?;
    table.put(
        "opening it: its newest page of 50, p99",
        quantile_ms(&mut opened, 0.99),
        "ms",
        Goal::AtMost(100.0),
    );
    let mut searched = read(ana, "/search?q=oven%20number&limit=30")?;
    table.put(
        "search that all of them match, p99",
        quantile_ms(&mut searched, 0.99),
        "ms",
        Goal::AtMost(50.0),
    );
    let mut one = read(ana, "/search?q=00000042&limit=30")?;
    table.put("search that one matches, p99", quantile_ms(&mut one, 0.99), "ms", Goal::AtMost(50.0));
    ana.stop();
    let watch = Stopwatch::start();
    ana.start()?;
    let started = watch.elapsed().as_secs_f64() * 1000.0;
    table.put("cold start of the node with it", started, "ms", Goal::AtMost(500.0));
    ana.log_in(PASSPHRASE)?;
    ana.items(&page(ben, 50))?;
    if let Some(bytes) = ana.resident_bytes() {
        table.put("its node and keeper, resident", bytes as f64 / 1e6, "MB", Goal::AtMost(120.0));
    }
    Ok(())
}

fn read(at: &Person, path: &str) -> Result<Vec<Duration>> {
    let request = at.caller.spelled("GET", path, None);
    let mut wire = Wire::open(at.port)?;
    let watch = Stopwatch::start();
    let mut times = Vec::new();
    for _ in 0..READ {
        let begun = watch.elapsed();
        wire.call(&request)?;
        times.push(watch.elapsed().saturating_sub(begun));
    }
    Ok(times)
}
