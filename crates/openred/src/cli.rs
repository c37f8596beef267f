//! The command line: verbs, what all of them share, exit codes.
//!
//! Must not know: what a verb does.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::failure::Failure;
use crate::report::{Report, print_failure};
use crate::verbs;

const ABOUT: &str = "OpenRed is your own node in the network: your posts, your friends, on your machine.";

const MORE: &str = "\
Getting started:
  openred node                      start a node; the first start shows a link to set it up
  openred status                    how it is doing
  openred people search ben         find somebody
  openred people ask ben            ask to be friends
  openred post \"The lamp is lit.\"   say something to your friends

Where things are:
  Everything of a node lies in one folder: --data DIR, else $OPENRED_DATA, else
  $XDG_DATA_HOME/openred (~/.local/share/openred). Verbs talk to the node that runs on that folder.

Output:
  Each line begins with ✓ or !. Ids are shown by their beginning and taken that way. --json prints
  the whole.

Secrets:
  Passphrases, recovery words and invitations are asked for, or read from a file descriptor; they
  are never arguments.

Exit codes:
  0  done
  1  refused: the sentence says by whom and why
  2  wrong usage or configuration
  3  no node runs on the folder
  4  the node is locked: log in in the app, or run `openred unlock`";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "openred", version, about = ABOUT, after_help = MORE, max_term_width = 100)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Shared {
    /// Folder with everything of the node (or of the directory or relay)
    #[arg(long, global = true, value_name = "DIR", env = "OPENRED_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Print one JSON value instead of lines
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run your node
    Node(verbs::node::NodeArgs),
    /// Run a directory, where nodes find each other
    Directory(verbs::directory::DirectoryArgs),
    /// Run a relay, which keeps sealed mail for nodes that are away
    Relay(verbs::relay::RelayArgs),
    /// How the node is doing, in words
    Status,
    /// Unlock a node that was restarted, by its passphrase
    Unlock(verbs::unlock::UnlockArgs),
    /// Print a link that opens the app logged in, once
    Link,
    /// Say something, or answer a post
    Post(verbs::post::PostArgs),
    /// Read what your people said
    Feed(verbs::feed::FeedArgs),
    /// Find people, ask, accept, block, introduce
    #[command(subcommand)]
    People(verbs::people::PeopleVerb),
    /// Write to friends and groups, read what they write
    #[command(subcommand)]
    Chat(verbs::chat::ChatVerb),
    /// Conversations of many: make one, add, remove, leave
    #[command(subcommand)]
    Group(verbs::group::GroupVerb),
    /// Circles: lists of friends to post to
    #[command(subcommand)]
    Circle(verbs::circle::CircleVerb),
    /// Send files to friends, fetch theirs, make links for others
    #[command(subcommand)]
    File(verbs::file::FileVerb),
    /// Invitations: one link that makes a friend
    #[command(subcommand)]
    Invite(verbs::invite::InviteVerb),
    /// What waits to be delivered
    #[command(subcommand)]
    Outbox(verbs::outbox::OutboxVerb),
    /// With whom your node is linked, through what, how trusted
    Peers,
    /// What your node thinks of another, and why
    Trust(verbs::trust::TrustArgs),
    /// Your identity: show it, check it, replace its key
    #[command(subcommand)]
    Identity(verbs::identity::IdentityVerb),
    /// Keep the node running: start it when you log in
    #[command(subcommand)]
    Service(verbs::service::ServiceVerb),
    /// Print the description of the API (OpenAPI 3.1)
    Openapi(verbs::openapi::OpenapiArgs),
    /// Print completions for your shell
    Completions(verbs::shell::CompletionsArgs),
    /// Write manual pages
    Manual(verbs::shell::ManualArgs),
}

/// Reads the command line, runs the verb, prints its report.
pub(crate) fn run() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let as_json = cli.shared.json;
    let printed = match call(cli) {
        Ok(report) => report.print(as_json).map(|()| ExitCode::SUCCESS),
        Err(failure) => print_failure(&failure, as_json).map(|()| ExitCode::from(failure.exit_code())),
    };
    // A reader that went away (`| head`) is no reason for words.
    printed.unwrap_or(ExitCode::SUCCESS)
}

/// The definitions, with help that names environment variables and not what they hold.
fn command() -> clap::Command {
    fn quiet(command: clap::Command) -> clap::Command {
        command.mut_args(|argument| argument.hide_env_values(true)).mut_subcommands(quiet)
    }
    quiet(Cli::command())
}

fn call(cli: Cli) -> Result<Report, Failure> {
    let shared = cli.shared;
    match cli.verb {
        Verb::Node(args) => verbs::node::run(args, shared),
        Verb::Directory(args) => verbs::directory::run(args, shared),
        Verb::Relay(args) => verbs::relay::run(args, shared),
        Verb::Status => verbs::status::run(shared),
        Verb::Unlock(args) => verbs::unlock::run(&args, shared),
        Verb::Link => verbs::link::run(shared),
        Verb::Post(args) => verbs::post::run(args, shared),
        Verb::Feed(args) => verbs::feed::run(&args, shared),
        Verb::People(verb) => verbs::people::run(verb, shared),
        Verb::Chat(verb) => verbs::chat::run(verb, shared),
        Verb::Group(verb) => verbs::group::run(verb, shared),
        Verb::Circle(verb) => verbs::circle::run(verb, shared),
        Verb::File(verb) => verbs::file::run(verb, shared),
        Verb::Invite(verb) => verbs::invite::run(&verb, shared),
        Verb::Outbox(verb) => verbs::outbox::run(&verb, shared),
        Verb::Peers => verbs::peers::run(shared),
        Verb::Trust(args) => verbs::trust::run(&args, shared),
        Verb::Identity(verb) => verbs::identity::run(&verb, shared),
        Verb::Service(verb) => verbs::service::run(&verb, shared),
        Verb::Openapi(args) => verbs::openapi::run(&args, shared),
        Verb::Completions(args) => verbs::shell::completions(&args, command()),
        Verb::Manual(args) => verbs::shell::manual(&args, command()),
    }
}

/// Help and version go to standard output with 0, mistakes to standard error with 2.
fn refuse(error: &clap::Error) -> ExitCode {
    // A closed terminal takes no words.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_agree_with_each_other() {
        command().debug_assert();
    }

    #[test]
    fn every_verb_and_argument_says_what_it_is() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "{} {name} says nothing", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&command());
    }
}
