//! `openred unlock`: opens a locked node by its passphrase.

use std::os::fd::RawFd;

use serde_json::json;

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::Report;
use crate::secret;

/// Where the passphrase comes from.
#[derive(clap::Args, Debug)]
pub(crate) struct UnlockArgs {
    /// Read the passphrase from this file descriptor (0 is standard input) instead of asking
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<RawFd>,
}

/// Unlocks.
pub(crate) fn run(args: &UnlockArgs, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    let passphrase = secret::read(args.passphrase_fd, "Passphrase")?;
    node.post("/login", &json!({"passphrase": passphrase.as_str()}))?;
    Ok(Report::one(json!({"unlocked": true}), "The node is unlocked."))
}
