//! A directory that is down, lies or talks nonsense, and a clock that is wrong: the owner is told, by the API and by
//! `openred status`.

use serde_json::{Value, json};

use crate::mirror::{Mirror, Show};
use crate::program::until;
use crate::world::{Person, Server, World, get};

/// Waits until the one directory of this node is in a state, and says it in the words of the command line too.
#[track_caller]
fn is_told(person: &Person, state: &str, detail: &str) {
    let mut seen = Value::Null;
    until(&format!("{state}: {detail:?}"), || {
        seen = person.get("/status")["directories"][0].take();
        seen["state"] == state && seen["detail"].as_str().is_some_and(|text| text.contains(detail))
    });
    let (code, said) = person.openred(&["status"]);
    let sign = if state == "ok" { '✓' } else { '!' };
    let line = format!("{sign} Directory {}: {state}", seen["url"].as_str().unwrap());
    assert!(code == 0 && said.lines().any(|said| said.starts_with(&line) && said.contains(detail)), "{said}");
}

/// The node is told to use what stands at the mirror's address.
fn uses(person: &Person, mirror: &Mirror, directory: &Server) {
    let id = directory.pinned().split_once('#').unwrap().1.to_owned();
    let found = json!({"name": true, "text": true, "recent": true});
    let place = format!("{}#{id}", mirror.url);
    person.send("PATCH", "/settings", &json!({"directories": [place], "discoverable": found}));
}

#[test]
fn a_directory_that_is_down_lies_or_talks_nonsense_is_named() {
    let (world, elsewhere) = (World::new(), World::new());
    let (directory, other) = (world.directory(""), elsewhere.directory(""));
    let ana = world.person("ana");
    let mirror = Mirror::new(Show::Directory(directory.url.clone()));
    uses(&ana, &mirror, &directory);
    let listed = format!("{}/api/v3/nodes/discover?id={}", directory.url, ana.node_id);
    until("ana is listed", || get(&listed).is_some_and(|found| !found["nodes"][0].is_null()));
    is_told(&ana, "ok", "");

    mirror.shows(Show::Directory(other.url.clone()));
    is_told(&ana, "lying", "another directory answers");
    let notes = ana.get("/status")["notes"].to_string();
    assert!(notes.contains("directory_lying"), "{notes}");
    mirror.shows(Show::Nonsense);
    is_told(&ana, "lying", "no directory");
    drop(mirror);
    is_told(&ana, "down", "");
    let (_, said) = ana.openred(&["status"]);
    assert!(said.contains("! No directory answers. Friends are still reached directly."), "{said}");
}

#[test]
fn a_wrong_clock_is_told_with_how_much() {
    let world = World::new();
    let directory = world.directory("");
    let ana = world.person("ana");
    let mirror = Mirror::new(Show::Ahead(directory.url.clone(), 7_200));
    uses(&ana, &mirror, &directory);
    until("the clocks are compared", || ana.get("/status")["clock"]["ok"] == false);
    let (code, said) = ana.openred(&["status"]);
    assert!(code == 0 && said.contains("! Clock: this machine's clock is 2 hours behind"), "{said}");
    let status = ana.get("/status");
    assert!(status["clock"]["skew_s"].as_i64().is_some_and(|s| (-7_205..=-7_195).contains(&s)), "{status}");
    assert!(status["notes"].to_string().contains("clock_wrong"), "{status}");
}
