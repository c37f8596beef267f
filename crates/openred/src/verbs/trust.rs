//! `openred trust NODE`: what the node thinks of another, with the numbers behind it.

use clap::Args;
use serde_json::Value;

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, moment, number, rows, share, short, text};

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
    let of = |at: &str| share(&found, at);
    let id = short(text(&found, "/node_id"));
    let name = text(&found, "/display_name");
    let first = format!(
        "{id} {name}  effective {:.3}: direct {:.3} and {:.3} by recommendation ({})",
        of("/trust/effective"),
        of("/trust/direct"),
        of("/trust/boost"),
        text(&found, "/metric"),
    );
    let second = format!(
        "Reputation {:.3}: trend {:.3}, {} messages first, {} faults",
        of("/trust/reputation"),
        of("/trust/trend"),
        number(&found, "/valid"),
        number(&found, "/invalid"),
    );
    let mut report = Report::new(found.clone()).ok(first).line(number(&found, "/invalid") == 0, second);
    for reason in rows(&found, "/reasons") {
        let by = short(text(reason, "/node_id"));
        report = report.ok(format!("Recommended by {by}: {:.3}", share(reason, "/adds")));
    }
    for event in rows(&found, "/events").iter().take(10) {
        let (what, detail) = (text(event, "/event"), text(event, "/detail"));
        let line =
            format!("{}  {what} {detail} {:+.3}", moment(number(event, "/at")), share(event, "/delta"));
        report = report.line(share(event, "/delta") >= 0.0, line);
    }
    report
}

/// A whole id, or the beginning of one peer's.
fn find(node: &Node, said: &str) -> Result<String, Failure> {
    if said.len() == 64 {
        return Ok(said.to_owned());
    }
    let network = node.get("/network")?;
    let ids = rows(&network, "/peers").iter().map(|peer| text(peer, "/node_id"));
    let found: Vec<&str> = ids.filter(|id| !said.is_empty() && id.starts_with(said)).collect();
    match found.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => Err(Failure::refused(format!("No peer's id begins with {said}: give the whole id."))),
        _ => Err(Failure::usage(format!("Several ids begin with {said}: give more of it."))),
    }
}
