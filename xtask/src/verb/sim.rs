//! `cargo xtask sim`: the overlay in virtual time. Knows nothing of scenarios: everything after `sim` is theirs.

use std::process::ExitCode;

use crate::{Result, process};

/// What is handed on, see `cargo xtask sim --help`.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// `--scenario NAME [--seed N] [--seeds K] [--nodes N] [--hours H] [--json] [--real-crypto] [--out DIR]`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds it for speed and hands its exit code on.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "openred-sim", "--"]).args(&args.rest);
    let code = cargo.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
