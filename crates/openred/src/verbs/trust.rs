//! `openred trust NODE`: what the node thinks of another, with the numbers behind it.

use clap::Args;
use serde_json::Value;

use super::peers::number_of;
use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, moment, number, short, text};

/// Of whom.
#[derive(Args, Debug)]
pub(crate) struct TrustArgs {
    /// Id of the node, or its beginning as `openred peers` shows it
    node: String,
}

/// Asks.
pub(crate) fn run(args: &TrustArgs, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    let id = find(&node, &args.node)?;
    Ok(words(node.get(&format!("/network/trust/{id}"))?))
}

fn words(found: Value) -> Report {
    let share = |at: &str| number_of(&found, at);
    let id = short(text(&found, "/node_id"));
    let name = text(&found, "/display_name");
    let first = format!(
        "{id} {name}  effective {:.3}: direct {:.3} and {:.3} by recommendation ({})",
        share("/trust/effective"),
        share("/trust/direct"),
        share("/trust/boost"),
        text(&found, "/metric"),
    );
    let second = format!(
        "Reputation {:.3}: trend {:.3}, {} messages first, {} faults",
        share("/trust/reputation"),
        share("/trust/trend"),
        number(&found, "/valid"),
        number(&found, "/invalid"),
    );
    let mut report = Report::new(found.clone()).ok(first).line(number(&found, "/invalid") == 0, second);
    for reason in found["reasons"].as_array().map_or(&[][..], Vec::as_slice) {
        let by = short(text(reason, "/node_id"));
        report = report.ok(format!("Recommended by {by}: {:.3}", number_of(reason, "/adds")));
    }
    for event in found["events"].as_array().map_or(&[][..], Vec::as_slice).iter().take(10) {
        let (what, detail) = (text(event, "/event"), text(event, "/detail"));
        let line =
            format!("{}  {what} {detail} {:+.3}", moment(number(event, "/at")), number_of(event, "/delta"));
        report = report.line(number_of(event, "/delta") >= 0.0, line);
    }
    report
}

/// A whole id, or the beginning of one peer's.
fn find(node: &Node, said: &str) -> Result<String, Failure> {
    if said.len() == 64 {
        return Ok(said.to_owned());
    }
    let network = node.get("/network")?;
    let peers = network["peers"].as_array().map_or(&[][..], Vec::as_slice);
    let ids = peers.iter().map(|peer| text(peer, "/node_id"));
    let found: Vec<&str> = ids.filter(|id| !said.is_empty() && id.starts_with(said)).collect();
    match found.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => Err(Failure::refused(format!("No peer's id begins with {said}: give the whole id."))),
        _ => Err(Failure::usage(format!("Several ids begin with {said}: give more of it."))),
    }
}
