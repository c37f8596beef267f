//! Two friends who are there and cannot reach each other: a relay carries what they say. Their nodes tell an address at which nobody
//! answers, so that no session ever stands.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::super::stage::Stage;
use super::super::table::{Goal, Table, quantile_ms};
use super::shown;
use crate::Result;
use crate::demo::cast::{Directory, PASSPHRASE, relay};
use crate::demo::person::Person;
use crate::demo::running::Build;

/// Messages that are watched for.
const SHOWN: usize = 200;
/// The port is the one of nobody (TCPMUX).
const UNREACHABLE: &str =
    "api_url = \"http://127.0.0.1:1\"\nquic = \"off\"\nlan = false\n[overlay]\noff = true\n";

/// On a stage of their own, below the other.
pub(super) fn measure(stage: &Stage, table: &mut Table) -> Result<()> {
    let folder = stage.folder.join("relayed");
    std::fs::create_dir_all(&folder)?;
    let directory = Directory::open(&folder, Build::Release)?;
    let (_relay, pinned) = relay(&folder, Build::Release)?;
    let chloe = settled("Chloé", "chloe", &folder, &directory, &pinned)?;
    let dora = settled("Dora", "dora", &folder, &directory, &pinned)?;
    let asked = json!({"relationship": "friend"});
    chloe.send("POST", &format!("/people/{}/request", dora.node_id), &asked)?;
    dora.until("the request", || dora.item("/people?list=requests", "/node_id", &chloe.node_id))?;
    dora.send("POST", &format!("/people/{}/accept", chloe.node_id), &json!({}))?;
    chloe.until("a friend", || chloe.item("/people?list=friends", "/node_id", &dora.node_id))?;
    let mut times: Vec<Duration> = shown(&chloe, &dora, SHOWN)?;
    let name = "message through a relay to shown, p50";
    table.put(name, quantile_ms(&mut times, 0.5), "ms", Goal::AtMost(30.0));
    table.put("the same, p99", quantile_ms(&mut times, 0.99), "ms", Goal::None);
    let sessions = dora.get("/status")?["sessions"].as_u64().unwrap_or(0);
    if sessions > 0 { Err("they reached each other: that was not through the relay".into()) } else { Ok(()) }
}

fn settled(
    display_name: &str,
    name: &str,
    folder: &Path,
    directory: &Directory,
    relay: &str,
) -> Result<Person> {
    let mut person = Person::new(display_name, name, folder, Build::Release)?;
    person.tells("warn");
    person.configure(UNREACHABLE)?;
    person.start()?;
    person.set_up(PASSPHRASE)?;
    let found = json!({"name": true, "text": true, "recent": true});
    let choice = json!({"directories": [directory.pinned_url()?], "discoverable": found, "relays": [relay], "undo_send_s": 0});
    person.send("PATCH", "/settings", &choice)?;
    person.until("its relay", || Ok((person.get("/status")?["relays"][0]["state"] == "ok").then_some(())))?;
    let listed = format!("/api/v3/nodes/discover?id={}", person.node_id);
    person
        .until("an entry with it", || Ok((!directory.get(&listed)?["nodes"][0].is_null()).then_some(())))?;
    Ok(person)
}
