//! Conversations and files: how soon a message is shown, between two, through a relay and in groups; how many go a second, how fast
//! a long conversation opens and is searched, how fast a file goes over, also to a node that is killed, and what a node with very many
//! messages weighs.

mod file;
mod groups;
mod many;
mod relayed;

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::crowd::{self, CROWD, NUMBER, Until};
use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use super::wire::Wire;
use crate::Result;
use crate::demo::cast::PASSPHRASE;
use crate::demo::person::Person;
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
/// An app that hears nothing for so long will not.
const EVENT: Duration = Duration::from_secs(30);

/// How large what is measured is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Messages in the long conversation.
    pub(crate) messages: usize,
    /// Millions of bytes in the file.
    pub(crate) file_mb: usize,
    /// Conversations of the node that has many.
    pub(crate) chats: usize,
    /// Messages in all of those together.
    pub(crate) many: usize,
    /// Members of the group whose nodes are one process.
    pub(crate) members: usize,
}

/// Friends besides ben: ana makes a group of five with them.
pub(crate) const FRIENDS: usize = 3;

/// Ana and ben are friends who are there; `peer` is the program that our files are set in proportion to.
pub(crate) fn measure(stage: &mut Stage, size: Size, peer: &Path, table: &mut Table) -> Result<()> {
    for person in [&stage.ana, &stage.ben] {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}))?;
    }
    let mut times = shown(&stage.ana, &stage.ben, SHOWN)?;
    table.put("message sent on A to shown on B, p50", quantile_ms(&mut times, 0.5), "ms", Goal::AtMost(10.0));
    table.put("the same, p99", quantile_ms(&mut times, 0.99), "ms", Goal::None);
    counted(stage, table)?;
    groups::of_processes(stage, table)?;
    groups::in_one_process(stage, size.members, table)?;
    relayed::measure(stage, table)?;
    file::measure(stage, size.file_mb, peer, table)?;
    long(stage, size.messages, table)?;
    many::measure(stage, size, table)
}

fn page(with: &Person, limit: usize) -> String {
    page_at(&with.node_id, limit)
}

fn page_at(chat: &str, limit: usize) -> String {
    format!("/chats/{chat}/messages?limit={limit}")
}

/// From the call that sends to the page that shows it, asked for when the other's app is told to look.
fn shown(by: &Person, to: &Person, messages: usize) -> Result<Vec<Duration>> {
    let watch = Stopwatch::start();
    let events = to.caller.events(watch)?;
    let mut times = Vec::new();
    for number in 0..messages {
        let words = format!("Number {number}: the kettle is on.");
        let begun = watch.elapsed();
        by.send("POST", &page_of(to), &json!({"text": words}))?;
        loop {
            events.recv_timeout(EVENT).map_err(|error| format!("no event: {error}"))?;
            if to.items(&page(by, 1))?.first().is_some_and(|one| one["text"] == words.as_str()) {
                times.push(watch.elapsed().saturating_sub(begun));
                break;
            }
        }
    }
    Ok(times)
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
    weighed(ana, &page(ben, 50), table)
}

/// Starts a node again: how soon it answers, and what it and its keeper take once it is unlocked and has shown a page.
#[expect(clippy::cast_precision_loss, reason = "counts for a person")]
fn weighed(node: &mut Person, page: &str, table: &mut Table) -> Result<()> {
    node.stop();
    let watch = Stopwatch::start();
    node.start()?;
    let started = watch.elapsed().as_secs_f64() * 1000.0;
    table.put("cold start of the node with it", started, "ms", Goal::AtMost(500.0));
    node.log_in(PASSPHRASE)?;
    node.items(page)?;
    if let Some(bytes) = node.resident_bytes() {
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
