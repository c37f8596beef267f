//! `openred peers`: with whom the node is linked, through what, how trusted, why.

use serde_json::Value;

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, number, rows, share, short, text};

/// Asks.
pub(crate) fn run(shared: Shared) -> Result<Report, Failure> {
    Ok(words(Node::of(shared)?.get("/network")?))
}

fn words(network: Value) -> Report {
    let mut report = Report::new(network.clone());
    if network["off"] == true {
        return report.note("The overlay is off in the configuration of this node.");
    }
    if network["running"] != true {
        return report.note("The overlay has not started yet.");
    }
    for peer in rows(&network, "/peers").iter().filter(|peer| text(peer, "/state") == "active") {
        report = report.ok(line(peer));
    }
    let (active, connecting, known) =
        (number(&network, "/active"), number(&network, "/connecting"), number(&network, "/known"));
    let counted = format!("{active} linked, {connecting} being linked, {known} more known");
    report.line(active > 0, counted)
}

fn line(peer: &Value) -> String {
    let name = text(peer, "/display_name");
    let name = if name.is_empty() { String::new() } else { format!(" {name}") };
    let id = short(text(peer, "/node_id"));
    let trust = share(peer, "/trust/effective");
    let rtt = peer["rtt_ms"].as_u64().map(|ms| format!(", {ms} ms")).unwrap_or_default();
    format!(
        "{id}{name}  {} {} by {}, {}, trust {trust:.2}{rtt}",
        text(peer, "/direction"),
        text(peer, "/why"),
        text(peer, "/via"),
        text(peer, "/group"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_peer_is_one_line() {
        let peer = json!({"node_id": "ab".repeat(32), "display_name": "Ben", "state": "active",
            "direction": "outbound", "why": "contact", "via": "https", "group": "relay example.org",
            "trust": {"effective": 0.512}, "rtt_ms": 7});
        let said = "abababababab Ben  outbound contact by https, relay example.org, trust 0.51, 7 ms";
        assert_eq!(line(&peer), said);
    }
}
