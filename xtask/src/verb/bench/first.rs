//! `cargo xtask bench first`: figures of the release build, taken from outside through the public API.

use std::process::ExitCode;

use super::How;
use crate::Result;
use crate::bench::table::Table;
use crate::bench::{baseline, cold, directory, feed, meeting, posting, stage::Stage};
use crate::demo::cast::PASSPHRASE;

/// Start, meeting, posting, reading: a node and its neighbours, from outside.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    how: How,
    /// Friends whose nodes are off while posts are counted; ben is one of them.
    #[arg(long, default_value_t = 20)]
    friends: usize,
    /// Posts in the feed that is read.
    #[arg(long, default_value_t = 100_000)]
    posts: usize,
}

/// Builds, measures, prints. What was measured before a fault is printed too.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    args.how.print(|table| measure(args, table))
}

#[expect(clippy::print_stderr, reason = "the figures are on stdout; this is for who waits")]
fn measure(args: &Args, table: &mut Table) -> Result<()> {
    let told = |part: &str| eprintln!("bench: {part}");
    told("starting and setting up everybody");
    let mut stage = Stage::open(args.friends.saturating_sub(1))?;
    stage.refuse_unless_durable()?;
    told("start, unlock, weight");
    cold::measure(&mut stage, table)?;
    told("meeting");
    meeting::one(&mut stage, table)?;
    meeting::introductions(&mut stage, table)?;
    told("posting to a friend who is there");
    posting::to_one(&mut stage, table)?;
    told("meeting everybody else");
    meeting::all(&mut stage)?;
    told("posting while everybody is away");
    posting::to_all_away(&mut stage, table)?;
    told("reading");
    stage.ben.start()?;
    stage.ben.log_in(PASSPHRASE)?;
    feed::measure(&stage, args.posts, table)?;
    told("baselines and the directory");
    baseline::measure(&stage, table)?;
    drop(stage);
    directory::measure(table)
}
