//! `openred service`: keeps the node running, as a service of the person's own session (systemd).

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use crate::cli::Shared;
use crate::failure::Failure;
use crate::folder;
use crate::report::Report;
use crate::unit;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceVerb {
    /// Start the node now and whenever you log in
    Install,
    /// Stop it and forget it; your data stays
    Remove,
    /// Whether it is installed and runs
    Status,
}

/// Does it.
pub(crate) fn run(verb: &ServiceVerb, shared: Shared) -> Result<Report, Failure> {
    let data = folder::of_node(shared.data)?;
    match verb {
        ServiceVerb::Install => install(&data),
        ServiceVerb::Remove => {
            unit::remove()?;
            Ok(Report::one(json!({"state": "absent"}), "The service is gone; your data is where it was."))
        }
        ServiceVerb::Status => {
            let state = unit::state()?;
            Ok(Report::new(json!({"state": state.name()})).line(state == unit::State::Running, state.words()))
        }
    }
}

fn install(data: &Path) -> Result<Report, Failure> {
    let data = std::path::absolute(data).map_err(Failure::refused)?;
    let file = unit::install(&data)?;
    let line = format!("The node runs now and whenever you log in ({}).", file.display());
    Ok(Report::one(json!({"state": "running", "file": file, "data": data}), line)
        .ok("To keep it running while you are logged out: loginctl enable-linger"))
}
