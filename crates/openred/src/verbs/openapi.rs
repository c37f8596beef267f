//! `openred openapi`: the description of the API.

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::Report;

use super::{directory, relay};

/// Which API.
#[derive(clap::Args, Debug)]
pub(crate) struct OpenapiArgs {
    /// Of a directory instead of a node
    #[arg(long)]
    directory: bool,
    /// Of a relay instead of a node
    #[arg(long, conflicts_with = "directory")]
    relay: bool,
}

/// Prints it, as JSON in any case.
pub(crate) fn run(args: &OpenapiArgs, shared: Shared) -> Result<Report, Failure> {
    let described = if args.directory {
        directory::openapi()?
    } else if args.relay {
        relay::openapi()?
    } else {
        Node::of(shared)?.get("/openapi.json")?
    };
    Ok(Report::document(described))
}
