//! `openred`: the one program. It reads the command line, calls a verb, prints what the verb reports.
//!
//! Must not know: what a verb does. As the key process (`openred keeper`) it does nothing before entering it.

mod api;
mod browser;
mod cli;
mod failure;
mod folder;
mod listening;
mod log;
mod report;
mod secret;
mod settings;
mod unit;
mod verbs;

use std::process::ExitCode;

/// Wipes what the key process frees; costs nothing elsewhere.
#[global_allocator]
static ALLOC: openred_keeper::memory::ZeroingAlloc = openred_keeper::memory::ZeroingAlloc;

fn main() -> ExitCode {
    verbs::keeper::is_asked_for().unwrap_or_else(cli::run)
}
