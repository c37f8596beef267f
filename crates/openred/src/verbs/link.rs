//! `openred link`: a link that logs one browser in, once, within ten minutes.

use serde_json::json;

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, text};

/// Asks for the link.
pub(crate) fn run(shared: Shared) -> Result<Report, Failure> {
    let made = Node::of(shared)?.post("/login-links", &json!({}))?;
    let line = text(&made, "/url").to_owned();
    Ok(Report::one(made, line))
}
