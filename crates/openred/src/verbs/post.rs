//! `openred post`: says something, or answers a post.

use std::io::{IsTerminal as _, Read as _};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{circle::find_circle, feed::find_post};
use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, short, text};

/// Longest text that is read from standard input, in bytes: 20,000 characters of four bytes.
const TEXT_BYTES_MAX: u64 = 80_000;

/// What is said, to whom.
#[derive(Args, Debug)]
pub(crate) struct PostArgs {
    /// The text; read from standard input when it is absent
    text: Option<String>,
    /// Who may read it; your settings decide when it is absent
    #[arg(long, value_enum)]
    to: Option<Audience>,
    /// Post to this circle of yours alone: its name, or the beginning of its id
    #[arg(long, value_name = "CIRCLE", conflicts_with = "to")]
    circle: Option<String>,
    /// Answer this post (its id or the beginning of it) instead of opening a new one
    #[arg(long, value_name = "POST", conflicts_with_all = ["to", "circle"])]
    on: Option<String>,
}

/// Who may read a post.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Audience {
    /// Everybody
    Public,
    /// Your friends
    Friends,
    /// You
    Private,
}

/// Posts.
pub(crate) fn run(args: PostArgs, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    let said = args.text.map_or_else(from_input, Ok)?;
    if let Some(on) = args.on {
        let post = find_post(&node, &on)?;
        let made = node.post(&format!("/posts/{post}/comments"), &json!({"text": said}))?;
        let line = format!("Answered {}: {}", short(&post), short(text(&made, "/id")));
        return Ok(Report::one(made, line));
    }
    if let Some(name) = args.circle {
        let circle = find_circle(&node, &name)?;
        let post = json!({"text": said, "visibility": "circle", "circle": circle});
        let made = node.post("/posts", &post)?;
        let line = format!("Posted {} (circle {})", short(text(&made, "/id")), text(&made, "/circle/name"));
        return Ok(Report::one(made, line));
    }
    let visibility = match args.to {
        Some(audience) => audience.name().to_owned(),
        None => text(&node.get("/settings")?, "/default_visibility").to_owned(),
    };
    let made = node.post("/posts", &json!({"text": said, "visibility": visibility}))?;
    let line = format!("Posted {} ({visibility})", short(text(&made, "/id")));
    Ok(Report::one(made, line))
}

impl Audience {
    fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Friends => "friends",
            Self::Private => "private",
        }
    }
}

fn from_input() -> Result<String, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(Failure::usage("Say something: openred post \"The lamp is lit.\""));
    }
    let mut said = String::new();
    input.lock().take(TEXT_BYTES_MAX).read_to_string(&mut said).map_err(Failure::usage)?;
    Ok(said.trim_end().to_owned())
}
