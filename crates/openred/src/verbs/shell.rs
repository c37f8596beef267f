//! `openred completions` and `openred manual`: what a shell and `man` are told of this command line.
//!
//! Must not know: any verb; it is given the definitions.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};
use serde_json::json;

use crate::failure::Failure;
use crate::report::Report;

/// For whom.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// bash, zsh or fish
    #[arg(value_enum, hide_possible_values = true)]
    shell: Known,
}

/// The shells that are tested.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Known {
    /// Bash
    Bash,
    /// Z shell
    Zsh,
    /// Fish
    Fish,
}

/// Where to.
#[derive(Args, Debug)]
pub(crate) struct ManualArgs {
    /// Folder for the pages, for example ~/.local/share/man/man1
    folder: PathBuf,
}

/// Prints the completions, as the shell reads them.
pub(crate) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<Report, Failure> {
    let shell = match args.shell {
        Known::Bash => Shell::Bash,
        Known::Zsh => Shell::Zsh,
        Known::Fish => Shell::Fish,
    };
    let mut text = Vec::new();
    generate(shell, &mut command, "openred", &mut text);
    // A reader that went away (`| head`) is no reason for words.
    let _ = io::stdout().write_all(&text);
    Ok(Report::silent())
}

/// Writes a page for each verb.
pub(crate) fn manual(args: &ManualArgs, command: Command) -> Result<Report, Failure> {
    let folder = &args.folder;
    let unwritable = |error| Failure::refused(format!("{} cannot be written: {error}.", folder.display()));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(command, folder).map_err(unwritable)?;
    let line = format!("The pages are in {}: begin with `man openred`.", folder.display());
    Ok(Report::one(json!({"folder": folder}), line))
}
