//! `cargo xtask bench private`: conversations, groups and files, from outside, with the release build.

use std::process::ExitCode;

use super::How;
use crate::Result;
use crate::bench::private::{self, FRIENDS, Size};
use crate::bench::table::Table;
use crate::bench::{harness, meeting, stage::Stage};

/// Messages and files of friends: how soon, how many, how fast they are found, how much a node with many of them weighs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    how: How,
    /// Messages in the long conversation.
    #[arg(long, default_value_t = 100_000)]
    messages: usize,
    /// Megabytes of the file.
    #[arg(long, default_value_t = 1_000)]
    file_mb: usize,
    /// Conversations of the node that has many.
    #[arg(long, default_value_t = 1_000)]
    chats: usize,
    /// Messages in all of those together.
    #[arg(long, default_value_t = 1_000_000)]
    many: usize,
    /// Members of the group whose nodes are one process; 0 leaves it out.
    #[arg(long, default_value_t = 50)]
    members: usize,
}

/// Builds, measures, prints. What was measured before a fault is printed too.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    args.how.print(|table| measure(args, table))
}

fn measure(args: &Args, table: &mut Table) -> Result<()> {
    if !args.how.built {
        harness::build()?;
    }
    let peer = harness::program()?;
    let mut stage = Stage::open(FRIENDS)?;
    stage.refuse_unless_durable()?;
    meeting::befriend(&stage.ana, &stage.ben)?;
    let Args { messages, file_mb, chats, many, members, .. } = *args;
    private::measure(&mut stage, Size { messages, file_mb, chats, many, members }, &peer, table)
}
