//! Posting: how soon a friend's app hears of a post, and how many posts a second are signed and durable while
//! friends are away.

use std::thread;
use std::time::Duration;

use serde_json::json;

use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use crate::Result;
use crate::demo::caller::Caller;
use crate::demo::person::text;
use crate::stopwatch::Stopwatch;

/// Posts one after another that ben's events are watched for.
const HEARD: usize = 300;
/// Connections that post at once, and for how long.
const WRITERS: usize = 16;
const WRITING: Duration = Duration::from_secs(10);

/// Both measurements.
pub(crate) fn measure(stage: &mut Stage, table: &mut Table) -> Result<()> {
    heard(stage, table)?;
    for friend in &mut stage.friends {
        friend.stop();
    }
    many(stage, table)
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

#[expect(clippy::cast_precision_loss, reason = "rates for a person")]
fn many(stage: &Stage, table: &mut Table) -> Result<()> {
    let before = stage.ana.disk_bytes()?;
    let watch = Stopwatch::start();
    let posted = at_once(&stage.ana.caller, WRITERS, |caller| {
        let body = json!({"text": "x".repeat(280), "visibility": "friends"});
        caller.call("POST", "/posts", Some(&body)).map(drop)
    })?;
    let seconds = watch.elapsed().as_secs_f64();
    table.put("posts, 16 connections, friends away", posted as f64 / seconds, "1/s", Goal::AtLeast(2000.0));
    let grown = stage.ana.disk_bytes()?.saturating_sub(before) as f64;
    table.put("disk per post of 280 characters", grown / posted.max(1) as f64, "bytes", Goal::AtMost(2000.0));
    Ok(())
}

/// Runs `work` on so many threads, each a client of its own, for [`WRITING`]; answers how often it was done.
pub(crate) fn at_once(
    caller: &Caller,
    threads: usize,
    work: impl Fn(&Caller) -> std::result::Result<(), String> + Sync,
) -> Result<usize> {
    let work = &work;
    let counts: Vec<std::result::Result<usize, String>> = thread::scope(|scope| {
        let hands = (0..threads).map(|_| {
            let caller = caller.another();
            scope.spawn(move || {
                let watch = Stopwatch::start();
                let mut done = 0;
                while watch.elapsed() < WRITING {
                    work(&caller)?;
                    done += 1;
                }
                Ok(done)
            })
        });
        let hands: Vec<_> = hands.collect();
        hands.into_iter().map(|h| h.join().unwrap_or_else(|_| Err("a thread fell over".into()))).collect()
    });
    let counts: std::result::Result<Vec<usize>, String> = counts.into_iter().collect();
    Ok(counts?.into_iter().sum())
}
