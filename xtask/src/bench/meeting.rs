//! Meeting: an introduction by the directory from the request to the session that stands, and the same by a pair
//! secret, as the nodes' own debug logs tell (milliseconds, cut); and what a person notices: from the wish to be
//! friends to the request seen at the other node, which holds also the first delivery. Afterwards everybody is the
//! friend of both.

use std::time::Duration;

use serde_json::json;

use super::stage::Stage;
use super::table::{Goal, Table, quantile_ms};
use crate::Result;
use crate::demo::cast::PASSPHRASE;
use crate::demo::person::Person;
use crate::stopwatch::Stopwatch;

/// How often ben locks his node and opens it again, which meets ana by the pair secret.
const AGAIN: usize = 15;

/// Ana meets ben, and ben meets her again and again by the pair secret.
pub(crate) fn one(stage: &mut Stage, table: &mut Table) -> Result<()> {
    let Stage { ana, ben, .. } = stage;
    befriend(ana, ben)?;
    for _ in 0..AGAIN {
        ben.send("POST", "/lock", &json!({}))?;
        ben.log_in(PASSPHRASE)?;
        ben.until("ana is reached", || Ok((ben.get("/status")?["sessions"] == 1).then_some(())))?;
    }
    let mut times = stood(&[ana, ben], "secret")?;
    let name = "by pair secret: to established session, p50";
    table.put(name, quantile_ms(&mut times, 0.5), "ms", Goal::AtMost(5.0));
    Ok(())
}

/// Ben, who has written nothing that a new friend would be sent, meets everybody else.
pub(crate) fn introductions(stage: &mut Stage, table: &mut Table) -> Result<()> {
    let seen = meet_all(&stage.ben, &stage.friends)?;
    let mut times = stood(&[&stage.ben], "directory")?;
    let name = "introduction: request to established session, p50";
    table.put(name, quantile_ms(&mut times, 0.5), "ms", Goal::AtMost(20.0));
    let name = "wish to request seen by polling, p50";
    table.put(name, quantile_ms(&mut seen.clone(), 0.5), "ms", Goal::None);
    Ok(())
}

/// Ana meets everybody else.
pub(crate) fn all(stage: &mut Stage) -> Result<()> {
    meet_all(&stage.ana, &stage.friends).map(drop)
}

fn meet_all(one: &Person, friends: &[Person]) -> Result<Vec<Duration>> {
    let mut seen = Vec::new();
    for friend in friends {
        seen.push(wish(one, friend)?.elapsed());
        accept(one, friend)?;
    }
    Ok(seen)
}

/// The times that these nodes logged for sessions come by in this way; none is a fault.
fn stood(people: &[&Person], by: &str) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for person in people {
        let log = person.log_text()?;
        times.extend(log.lines().filter(|l| l.contains("a session stands")).filter_map(|l| took(l, by)));
    }
    if times.is_empty() { Err(format!("no session by {by} in the logs").into()) } else { Ok(times) }
}

fn took(line: &str, by: &str) -> Option<Duration> {
    let plain = line.replace('"', "");
    if !plain.contains(&format!("by={by}")) {
        return None;
    }
    let rest = plain.split("took_ms=").nth(1)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(Duration::from_millis)
}

/// One asks, the other accepts, and both know it.
pub(crate) fn befriend(ana: &Person, ben: &Person) -> Result<()> {
    wish(ana, ben)?;
    accept(ana, ben)
}

fn wish(ana: &Person, friend: &Person) -> Result<Stopwatch> {
    let search = format!("/people/search?q={}", friend.display_name.replace(' ', "%20"));
    ana.until("the friend in the search", || ana.item(&search, "/node_id", &friend.node_id))?;
    let watch = Stopwatch::start();
    let path = format!("/people/{}/request", friend.node_id);
    ana.send("POST", &path, &json!({"relationship": "friend", "note": ""}))?;
    friend.until("a request", || friend.item("/people?list=requests", "/node_id", &ana.node_id))?;
    Ok(watch)
}

fn accept(ana: &Person, friend: &Person) -> Result<()> {
    friend.send("POST", &format!("/people/{}/accept", ana.node_id), &json!({}))?;
    ana.until("a friend", || ana.item("/people?list=friends", "/node_id", &friend.node_id)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_out_of_a_log() {
        let line = "DEBUG openred_node::net::dial: a session stands person=3 by=\"directory\" took_ms=14";
        assert_eq!(took(line, "directory"), Some(Duration::from_millis(14)));
        assert_eq!(took(line, "secret"), None);
    }
}
