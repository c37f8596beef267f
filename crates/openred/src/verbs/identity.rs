//! `openred identity`: who you are to others; shown, checked, and its key replaced when somebody took it.

use std::os::fd::RawFd;

use clap::{Subcommand, ValueEnum};
use openred_core::descriptor::Descriptor;
use openred_core::ids::NodeId;
use serde_json::{Value, json};

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, moment, number, rows, short, text};
use crate::secret;

/// What to do with the identity.
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityVerb {
    /// Show it: id, key changes, recovery words saved or not
    Show,
    /// Replace the signing key by the recovery words: somebody else may have it
    Rotate {
        /// Read the 24 words from this file descriptor (0 is standard input) instead of asking
        #[arg(long, value_name = "N")]
        words_fd: Option<RawFd>,
    },
    /// Two nodes have your identity: say which one you use
    Use {
        /// `this`: it makes newer keys and speaks again. `other`: it stays silent
        #[arg(value_enum)]
        node: Used,
    },
    /// Check what the node shows of you to others, and its log of what the key did
    Verify,
}

/// Which of two nodes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Used {
    /// This one
    This,
    /// The other one
    Other,
}

/// Does it.
pub(crate) fn run(verb: &IdentityVerb, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    match verb {
        IdentityVerb::Show => Ok(shown(node.get("/identity")?)),
        IdentityVerb::Rotate { words_fd } => rotate(&node, *words_fd),
        IdentityVerb::Use { node: used } => use_node(&node, *used),
        IdentityVerb::Verify => verify(&node),
    }
}

fn shown(identity: Value) -> Report {
    let saved = text(&identity, "/recovery") == "saved";
    let words =
        if saved { "Recovery words: saved" } else { "Recovery words: not saved yet. The app shows them." };
    let mut report = Report::new(identity.clone()).ok(format!("{}  your id", text(&identity, "/node_id")));
    for entry in rows(&identity, "/entries") {
        let (seq, kind) = (number(entry, "/seq"), text(entry, "/kind"));
        report = report.ok(format!(
            "{seq}  {kind}  {}  {}",
            moment(number(entry, "/at")),
            short(text(entry, "/hash"))
        ));
    }
    let address = identity["api_url"].as_str().unwrap_or("none: this node only calls others");
    report = report.ok(format!("Address: {address}")).line(saved, words);
    match elsewhere(&identity["elsewhere"]) {
        Some(told) => report.line(false, told),
        None => report,
    }
}

/// What is known of another node with this identity, and what to do.
fn elsewhere(other: &Value) -> Option<String> {
    let seen = moment(other["issued_at"].as_u64()?);
    Some(if other["can_continue"] != true {
        format!(
            "Your key was replaced on another node ({seen}): use that one. This one stays silent for good."
        )
    } else if text(other, "/state") == "stopped" {
        format!(
            "You use the other node ({seen}); this one is silent. `openred identity use this` changes that."
        )
    } else {
        format!(
            "Your identity is in use on another node ({seen}); this one has stopped sending. Say which one you use: \
             `openred identity use this` or `openred identity use other`."
        )
    })
}

fn use_node(node: &Node, used: Used) -> Result<Report, Failure> {
    let (word, done) = match used {
        Used::This => {
            ("this", "This node speaks for you again, with newer keys; the other one stops and asks.")
        }
        Used::Other => ("other", "This node stays silent."),
    };
    let identity = node.post("/identity/elsewhere", &json!({"use": word}))?;
    Ok(shown(identity).ok(done))
}

fn rotate(node: &Node, words_fd: Option<RawFd>) -> Result<Report, Failure> {
    let words = secret::read(words_fd, "Your 24 recovery words")?;
    let identity = node.post("/identity/rotate", &json!({"words": words.as_str()}))?;
    Ok(shown(identity).ok("The key was replaced; your friends' nodes learn of it by themselves."))
}

/// Reads the descriptor as a stranger would and checks it here, not in the node.
fn verify(node: &Node) -> Result<Report, Failure> {
    let (identity, audit) = (node.get("/identity")?, node.get("/audit")?);
    let bytes = node.bytes("/p2p/descriptor")?;
    let descriptor = Descriptor::parse(&bytes).map_err(|error| {
        Failure::refused(format!("The descriptor that others get is not valid: {error}."))
    })?;
    agrees(&descriptor, &identity)?;
    let (body, audit_ok) = (descriptor.body(), audit["ok"] != false);
    let mut report = Report::new(json!({
        "node_id": descriptor.node_id().to_string(),
        "head": body.log.head().to_string(),
        "log_seq": body.log_seq,
        "descriptor_expires_at": body.expires * 1000,
        "audit_ok": audit_ok,
    }));
    report = report
        .ok(format!(
            "{}  every entry of the log is signed as it must be",
            short(&descriptor.node_id().to_string())
        ))
        .ok(format!("Descriptor: signed by the present key, good until {}", moment(body.expires * 1000)))
        .line(audit_ok, if audit_ok { "Audit log: unbroken" } else { "Audit log: broken" });
    for problem in rows(&audit, "/problems") {
        report = report.note(problem.as_str().unwrap_or_default());
    }
    if audit_ok {
        Ok(report)
    } else {
        Err(Failure::refused("The audit log of the key is broken: see /audit."))
    }
}

/// What others are shown is what the owner is told.
fn agrees(descriptor: &Descriptor, identity: &Value) -> Result<(), Failure> {
    let told: Option<NodeId> = text(identity, "/node_id").parse().ok();
    if told != Some(descriptor.node_id()) {
        return Err(Failure::refused("The descriptor that others get is of another identity."));
    }
    if text(identity, "/head") != descriptor.body().log.head().to_string() {
        return Err(Failure::refused(
            "The descriptor that others get has another log of keys than the node.",
        ));
    }
    Ok(())
}
