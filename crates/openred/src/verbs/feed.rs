//! `openred feed`: what people said, newest first.

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::api::{Node, escaped};
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, moment, number, short, text};

/// Pages that are looked through for the beginning of an id.
const PAGES: usize = 10;

/// Which posts, how many.
#[derive(Args, Debug)]
pub(crate) struct FeedArgs {
    /// Whose posts
    #[arg(long, value_enum, default_value_t)]
    of: Filter,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    /// Only posts that say these words; the newest to come first
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// Go on after this place (`next` of an earlier --json answer)
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

/// Whose posts.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Filter {
    /// Everybody you read
    #[default]
    Everyone,
    /// Your friends
    Friends,
    /// You
    Mine,
}

/// Reads.
pub(crate) fn run(args: &FeedArgs, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    let filter = match args.of {
        Filter::Everyone => "everyone",
        Filter::Friends => "friends",
        Filter::Mine => "mine",
    };
    let after = args.after.as_deref().map(|cursor| format!("&after={}", escaped(cursor)));
    let words = args.search.as_deref().map(|words| format!("&q={}", escaped(words)));
    let (after, words) = (after.unwrap_or_default(), words.unwrap_or_default());
    let path = format!("/feed?filter={filter}&limit={}{words}{after}", args.limit);
    let feed = node.get(&path)?;
    let mut report = Report::new(feed.clone());
    for post in items(&feed) {
        report = report.ok(line(post));
    }
    if items(&feed).is_empty() && args.search.is_some() {
        report = report.note("No post on this node says all of that.");
    } else if items(&feed).is_empty() {
        report =
            report.note("Nothing yet: find somebody with `openred people search NAME`, or say something.");
    }
    Ok(report)
}

fn line(post: &Value) -> String {
    let body = if post["deleted"] == true { "(deleted)" } else { text(post, "/text") };
    let edited = if post["edited_at"].is_null() { "" } else { ", edited" };
    let comments = number(post, "/comments/known") + number(post, "/comments/missing");
    let answers = if comments == 0 { String::new() } else { format!(" [{comments} answers]") };
    format!(
        "{}  {}  {} ({}{edited}): {body}{answers}",
        short(text(post, "/id")),
        moment(number(post, "/created_at")),
        text(post, "/author/display_name"),
        text(post, "/visibility"),
    )
}

/// The whole id of a post of which `said` is the beginning.
pub(crate) fn find_post(node: &Node, said: &str) -> Result<String, Failure> {
    if said.len() == 64 {
        return Ok(said.to_owned());
    }
    let mut after = String::new();
    for _ in 0..PAGES {
        let page = node.get(&format!("/feed?filter=everyone&limit=100{after}"))?;
        let ids = items(&page).iter().map(|post| text(post, "/id"));
        let found: Vec<&str> = ids.filter(|id| !said.is_empty() && id.starts_with(said)).collect();
        match found.as_slice() {
            [id] => return Ok((*id).to_owned()),
            [] => {}
            _ => {
                return Err(Failure::usage(format!("Several posts begin with {said}: give more of the id.")));
            }
        }
        match page.get("next").and_then(Value::as_str) {
            Some(cursor) => after = format!("&after={}", escaped(cursor)),
            None => break,
        }
    }
    Err(Failure::refused(format!("No post begins with {said}.")))
}
