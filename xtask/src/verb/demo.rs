//! `cargo xtask demo`: a directory and three people's nodes on this machine, a short story told through the
//! public API, and three links to go on living it. Uses nothing that a user's node lacks.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crate::demo::{cast, story};
use crate::report::Tally;
use crate::{Result, process, web};

/// A directory and three people on this machine, and links to be each of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Tell the story once and stop.
    #[arg(long)]
    once: bool,
    /// One JSON object instead of sentences.
    #[arg(long)]
    json: bool,
}

/// Builds, starts, tells; without `--once` keeps everything running until it is interrupted.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if !args.json {
        println!("building the app and the binary");
    }
    if web::present() && process::find(&["npm"]).is_some() {
        web::build_if_stale()?;
    }
    process::shown(process::cargo().args(["build", "--quiet", "-p", "openred"]))?;
    let mut cast = cast::start()?;
    let told = story::tell(&mut cast, !args.json);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&told.as_json())?);
    } else {
        println!("\n{}", told.summary());
    }
    if !args.once && told.well() {
        stay(&mut cast)?;
    }
    Ok(if told.well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The story as a stage of `test`: each step counts.
pub(crate) fn stage() -> Result<Tally> {
    process::shown(process::cargo().args(["build", "--quiet", "-p", "openred"]))?;
    let told = story::tell(&mut cast::start()?, true);
    println!("{}", told.summary());
    Ok(told.tally())
}

fn stay(cast: &mut cast::Cast) -> Result<()> {
    println!("\nBe one of them. Each link opens logged in, once, within ten minutes:\n");
    for person in cast.people() {
        println!("  {:<8}{}", person.display_name, person.login_link()?);
    }
    println!("\nThe passphrase of all three is \"{}\". Ctrl-C ends it.", cast::PASSPHRASE);
    while cast.all_running() {
        thread::sleep(Duration::from_millis(500));
    }
    Err("one of the programs ended; its log is in target/demo".into())
}
