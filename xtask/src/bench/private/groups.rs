//! How soon all members of a group show what one of them says: five nodes that are processes, and many nodes that are one.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::meeting;
use super::super::stage::Stage;
use super::super::table::{Goal, Table, quantile_ms};
use super::EVENT;
use crate::demo::person::{Person, text};
use crate::stopwatch::Stopwatch;
use crate::{Result, process};

/// Messages that are watched for.
const SHOWN: usize = 100;
/// All members show a message within this time.
const GOAL: Goal = Goal::AtMost(300.0);

/// Ana, ben and three more, each a node of its own.
pub(super) fn of_processes(stage: &Stage, table: &mut Table) -> Result<()> {
    for friend in &stage.friends {
        meeting::befriend(&stage.ana, friend)?;
    }
    let others: Vec<&Person> = std::iter::once(&stage.ben).chain(&stage.friends).collect();
    let people: Vec<&str> = others.iter().map(|one| one.node_id.as_str()).collect();
    let made = stage.ana.send("POST", "/groups", &json!({"name": "Bakery", "people": people}))?;
    let id = text(&made, "/id")?;
    for one in &others {
        one.until("all are in the group", || {
            // Before the invitation there is no such group.
            let Ok(seen) = one.get(&format!("/groups/{id}")) else { return Ok(None) };
            let is_in = |one: &&Value| one["state"] == "member";
            let members = seen["members"].as_array().map_or(0, |all| all.iter().filter(is_in).count());
            Ok((members == others.len() + 1).then_some(()))
        })?;
    }
    let mut times = shown(&stage.ana, &others, &id)?;
    table.put("group of 5 nodes: shown by all, p50", quantile_ms(&mut times, 0.5), "ms", GOAL);
    table.put("the same, p99", quantile_ms(&mut times, 0.99), "ms", GOAL);
    Ok(())
}

fn shown(by: &Person, others: &[&Person], id: &str) -> Result<Vec<Duration>> {
    let watch = Stopwatch::start();
    let path = format!("/chats/{id}/messages");
    let inboxes: std::result::Result<Vec<_>, String> =
        others.iter().map(|one| one.caller.events(watch)).collect();
    let inboxes = inboxes?;
    let mut times = Vec::new();
    for number in 0..SHOWN {
        let words = format!("Number {number}: the bread is out.");
        let begun = watch.elapsed();
        by.send("POST", &path, &json!({"text": words}))?;
        for (one, inbox) in others.iter().zip(&inboxes) {
            let is_there = || -> Result<bool> {
                let page = one.items(&format!("{path}?limit=1"))?;
                Ok(page.first().is_some_and(|newest| newest["text"] == words.as_str()))
            };
            while !is_there()? {
                inbox.recv_timeout(EVENT).map_err(|error| format!("no event: {error}"))?;
            }
        }
        times.push(watch.elapsed().saturating_sub(begun));
    }
    Ok(times)
}

/// So many members in one process, whose keepers are in it too: a test of the node, which says what it measured. 0: not at all.
pub(super) fn in_one_process(stage: &Stage, members: usize, table: &mut Table) -> Result<()> {
    if members == 0 {
        return Ok(());
    }
    let report = stage.folder.join("members.json");
    let mut cargo = process::cargo();
    cargo.args([
        "test",
        "--quiet",
        "--release",
        "--package",
        "openred-node",
        "--test",
        "it",
        "--",
        "--exact",
    ]);
    cargo.arg("groups::all_members_show_what_one_of_them_says").stdout(Stdio::null());
    cargo.env("OPENRED_BENCH_MEMBERS", members.to_string()).env("OPENRED_BENCH_REPORT", &report);
    process::shown(&mut cargo)?;
    let told: Vec<f64> = serde_json::from_str(&std::fs::read_to_string(report)?)?;
    let mut times: Vec<Duration> = told.into_iter().map(|ms| Duration::from_secs_f64(ms / 1000.0)).collect();
    let name = format!("group of {members} in one process: shown by all, p50");
    table.put(name, quantile_ms(&mut times, 0.5), "ms", GOAL);
    table.put("the same, p99", quantile_ms(&mut times, 0.99), "ms", Goal::None);
    Ok(())
}
