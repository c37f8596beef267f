//! `openred status`: how the node is doing, in words.

use serde_json::Value;

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, number, rows, short, text};

/// Asks.
pub(crate) fn run(shared: Shared) -> Result<Report, Failure> {
    Ok(words(Node::of(shared)?.get("/status")?))
}

fn words(status: Value) -> Report {
    let phase = text(&status, "/phase");
    let id = short(text(&status, "/node_id"));
    let up = duration(number(&status, "/uptime_s"));
    let first = format!("{id}  version {}, {phase}, up {up}", text(&status, "/version"));
    let keeper =
        format!("Keys: {}, sandbox {}", text(&status, "/keeper/state"), text(&status, "/keeper/sandbox"));
    let mut report = Report::new(status.clone())
        .line(phase == "ready", first)
        .line(text(&status, "/keeper/sandbox") != "none", keeper)
        .line(status["clock"]["ok"] != false, format!("Clock: {}", text(&status, "/clock/text")));
    for (what, all) in [("Directory", "/directories"), ("Relay", "/relays")] {
        for server in rows(&status, all) {
            let (url, state, detail) =
                (text(server, "/url"), text(server, "/state"), text(server, "/detail"));
            report = report.line(state == "ok", format!("{what} {url}: {state} {detail}"));
        }
    }
    let (friends, reachable) = (number(&status, "/friends/total"), number(&status, "/friends/reachable"));
    let (waiting, failed) = (number(&status, "/outbox/waiting"), number(&status, "/outbox/failed"));
    let (used, free) = (number(&status, "/storage/bytes"), number(&status, "/storage/free_bytes"));
    report = report
        .ok(format!(
            "Friends: {friends}, {reachable} reachable now; {} sessions, {} of them by QUIC",
            number(&status, "/sessions"),
            number(&status, "/sessions_by/quic") + number(&status, "/sessions_by/quic_relayed")
        ))
        .line(failed == 0, format!("Outbox: {waiting} waiting, {failed} failed"))
        .ok(format!("Storage: {} used, {} free", size(used), size(free)));
    for note in rows(&status, "/notes") {
        report = report.line(text(note, "/level") == "ok", text(note, "/text"));
    }
    report
}

fn duration(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3_600, seconds / 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h"),
        (days, ..) => format!("{days} d"),
    }
}

/// Bytes as a person says them, one digit after the point.
fn size(bytes: u64) -> String {
    let units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        assert_eq!(
            ["59 s", "1 min", "2 h", "3 d"],
            [59, 60, 7_300, 260_000].map(duration).each_ref().map(String::as_str)
        );
        assert_eq!(
            ["999 B", "1.5 kB", "2.0 GB"],
            [999, 1_590, 2_000_000_000].map(size).each_ref().map(String::as_str)
        );
    }
}
