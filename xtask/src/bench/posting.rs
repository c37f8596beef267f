//! Posting: how soon a friend's app hears of a post, how many posts a second are signed and durable while friends are
//! away, and what a post takes on the disk.

use std::time::Duration;

use serde_json::json;

use super::crowd::{self, NUMBER, Until};
use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use crate::Result;
use crate::demo::cast::PASSPHRASE;
use crate::demo::person::{Person, text};
use crate::stopwatch::Stopwatch;

/// Posts one after another that ben's events are watched for.
const HEARD: usize = 300;
/// How long is posted at once.
const WRITING: Duration = Duration::from_secs(10);
/// Posts of each connection whose weight is taken.
const WEIGHED: usize = 125;

/// Ana and ben, who are there and have no other friend.
pub(crate) fn to_one(stage: &mut Stage, table: &mut Table) -> Result<()> {
    heard(stage, table)?;
    weigh(stage, table)
}

/// Ana writes to all, and nobody is there.
pub(crate) fn to_all_away(stage: &mut Stage, table: &mut Table) -> Result<()> {
    for friend in stage.friends.iter_mut().chain([&mut stage.ben]) {
        friend.stop();
    }
    many(stage, table)?;
    stage.ana.stop();
    Ok(())
}

fn heard(stage: &Stage, table: &mut Table) -> Result<()> {
    let watch = Stopwatch::start();
    let events = stage.ben.caller.events(watch)?;
    let mut times = Vec::new();
    for number in 0..HEARD {
        let begun = watch.elapsed();
        let body = json!({"text": format!("Number {number}"), "visibility": "friends"});
        let id = text(&stage.ana.send("POST", "/posts", &body)?, "/id")?;
        loop {
            let (at, data) =
                events.recv_timeout(Duration::from_secs(10)).map_err(|e| format!("no event: {e}"))?;
            if data.contains(&id) {
                times.push(at.saturating_sub(begun));
                break;
            }
        }
    }
    table.put("post on A to event on B, p50", quantile_ms(&mut times, 0.5), "ms", Goal::AtMost(10.0));
    table.put("post on A to event on B, p99", quantile_ms(&mut times, 0.99), "ms", Goal::AtMost(50.0));
    Ok(())
}

/// 280 characters for friends.
fn long_post(by: &Person) -> Vec<u8> {
    let words = "Bread is in the oven, the lamp is lit, and there is a chair for whoever comes by. ";
    let words: String = words.chars().cycle().take(280 - NUMBER.len()).collect();
    let body = json!({"text": words + NUMBER, "visibility": "friends"}).to_string();
    by.caller.spelled("POST", "/posts", Some(&body))
}

/// Ana has one friend, who is there: her posts, delivered, and the same posts at his. Both nodes are ended before
/// they are weighed, so that the log of the database is in its file.
#[expect(clippy::cast_precision_loss, reason = "weights for a person")]
fn weigh(stage: &mut Stage, table: &mut Table) -> Result<()> {
    let Stage { ana, ben, .. } = stage;
    let before = (weight(ana)?, weight(ben)?);
    let until = Until { time: Duration::from_secs(60), calls: WEIGHED };
    let posted = crowd::repeat(ana.port, &long_post(ana), until)?.times.len() as f64;
    ana.until("all is delivered", || Ok((ana.get("/status")?["outbox"]["waiting"] == 0).then_some(())))?;
    let after = (weight(ana)?, weight(ben)?);
    let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / posted;
    let goal = Goal::AtMost(2000.0);
    table.put("disk per post of 280 characters, sent", each(before.0, after.0), "bytes", goal);
    table.put("disk per post of 280 characters, received", each(before.1, after.1), "bytes", goal);
    Ok(())
}

fn weight(person: &mut Person) -> Result<u64> {
    person.stop();
    let bytes = person.disk_bytes()?;
    person.start()?;
    person.log_in(PASSPHRASE)?;
    Ok(bytes)
}

#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
fn many(stage: &mut Stage, table: &mut Table) -> Result<()> {
    let ana = &mut stage.ana;
    let before = weight(ana)?;
    let mut done = crowd::repeat(ana.port, &long_post(ana), Until { time: WRITING, calls: usize::MAX })?;
    table.put("posts, 16 connections, all friends away", done.rate(), "1/s", Goal::AtLeast(2000.0));
    table.put("one of them, p99", quantile_ms(&mut done.times, 0.99), "ms", Goal::None);
    ana.until("all have their recipients", || expanded(ana, done.times.len() * (stage.friends.len() + 1)))?;
    let grown = weight(ana)?.saturating_sub(before) as f64;
    let name = "disk per post of 280 characters, all friends waited for";
    table.put(name, grown / done.times.len().max(1) as f64, "bytes", Goal::None);
    Ok(())
}

fn expanded(ana: &Person, deliveries: usize) -> Result<Option<()>> {
    let waiting = ana.get("/status")?["outbox"]["waiting"].as_u64().unwrap_or(0);
    Ok((usize::try_from(waiting)? >= deliveries).then_some(()))
}
