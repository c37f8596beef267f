//! `openred outbox`: what waits to be delivered, and why.

use clap::Subcommand;
use serde_json::json;

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, moment, number, short, text};

/// What to do with the outbox.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxVerb {
    /// List what is not delivered yet
    List,
    /// Try one again now
    Retry {
        /// Its id
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Give one up
    Drop {
        /// Its id
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

/// Does it.
pub(crate) fn run(verb: &OutboxVerb, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    match verb {
        OutboxVerb::List => list(&node),
        OutboxVerb::Retry { id } => {
            let id = find(&node, id)?;
            node.post(&format!("/outbox/{id}/retry"), &json!({}))?;
            Ok(Report::one(json!({"id": id}), format!("{} is tried again.", short(&id))))
        }
        OutboxVerb::Drop { id } => {
            let id = find(&node, id)?;
            node.delete(&format!("/outbox/{id}"))?;
            Ok(Report::one(json!({"id": id}), format!("{} is given up.", short(&id))))
        }
    }
}

fn list(node: &Node) -> Result<Report, Failure> {
    let found = node.get("/outbox")?;
    let mut report = Report::new(found.clone());
    for item in items(&found) {
        let (what, name) = (text(item, "/what"), text(item, "/to/display_name"));
        let state = text(item, "/state");
        // Why nobody answers says nothing about what lies at a relay.
        let (state, reason) =
            if state == "at_relay" { ("at a relay", "") } else { (state, text(item, "/reason")) };
        let since = moment(number(item, "/since_at"));
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let line = format!("{}  {what} for {name}, {state} since {since}{why}", short(&id_of(item)));
        report = report.line(state != "failed", line);
    }
    Ok(if items(&found).is_empty() { report.ok("Everything is delivered.") } else { report })
}

fn find(node: &Node, said: &str) -> Result<String, Failure> {
    let found = node.get("/outbox")?;
    let ids: Vec<String> = items(&found).iter().map(id_of).collect();
    let exact = ids.iter().find(|id| *id == said);
    let beginning: Vec<&String> = ids.iter().filter(|id| !said.is_empty() && id.starts_with(said)).collect();
    match (exact, beginning.as_slice()) {
        (Some(id), _) => Ok(id.clone()),
        (None, [id]) => Ok((*id).clone()),
        (None, []) => Err(Failure::refused(format!("Nothing in the outbox begins with {said}."))),
        (None, _) => Err(Failure::usage(format!("Several items begin with {said}: give more of the id."))),
    }
}

/// Ids of the outbox are texts or numbers.
fn id_of(item: &serde_json::Value) -> String {
    item["id"].as_str().map_or_else(|| item["id"].to_string(), str::to_owned)
}
