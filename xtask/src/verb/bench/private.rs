//! `cargo xtask bench private`: conversations and files of two friends, from outside, with the release build.

use std::process::ExitCode;

use super::first;
use crate::Result;
use crate::bench::private::{self, Size};
use crate::bench::table::Table;
use crate::bench::{meeting, stage::Stage};

/// Messages and files of two friends: how soon, how many, how fast they are found.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure what lies in target/release as it is.
    #[arg(long)]
    built: bool,
    /// Messages in the long conversation.
    #[arg(long, default_value_t = 100_000)]
    messages: usize,
    /// Megabytes of the file.
    #[arg(long, default_value_t = 1_000)]
    file_mb: usize,
}

/// Builds, measures, prints. What was measured before a fault is printed too.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if !args.built {
        first::build()?;
    }
    let mut table = Table::default();
    let whole = measure(args, &mut table);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&table.as_json())?);
    } else {
        println!("{}", table.as_text());
    }
    whole.map(|()| ExitCode::SUCCESS)
}

fn measure(args: &Args, table: &mut Table) -> Result<()> {
    let mut stage = Stage::open(0)?;
    stage.refuse_unless_durable()?;
    meeting::befriend(&stage.ana, &stage.ben)?;
    private::measure(&mut stage, Size { messages: args.messages, file_mb: args.file_mb }, table)
}
