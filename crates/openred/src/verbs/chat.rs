//! `openred chat`: private conversations with friends.

use std::io::Read as _;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::people::find_person;
use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, moment, number, short, text};

/// Most bytes of a text from standard input.
const INPUT_MAX: u64 = 64 << 10;
/// How often the node is asked for what is new.
const LOOK: Duration = Duration::from_secs(1);

/// What to do in conversations. PERSON is an id, the beginning of one, or a name that only one person has.
#[derive(Debug, Subcommand)]
pub(crate) enum ChatVerb {
    /// List your conversations
    List {
        /// Those that you put away
        #[arg(long)]
        archived: bool,
    },
    /// Write to a friend
    Send {
        /// To whom
        person: String,
        /// What you say; - reads it from standard input
        text: String,
    },
    /// Read a conversation; what it shows counts as read
    Read {
        /// With whom
        person: String,
        /// How many messages, at most 200
        #[arg(long, value_name = "N", default_value_t = 20)]
        last: u16,
        /// Leave it unread
        #[arg(long)]
        peek: bool,
    },
    /// Print what is said in a conversation as it comes, until you stop it; with --json one value for each message
    Watch {
        /// With whom
        person: String,
    },
}

/// Does it.
pub(crate) fn run(verb: ChatVerb, shared: Shared) -> Result<Report, Failure> {
    let as_json = shared.json;
    let node = Node::of(shared)?;
    match verb {
        ChatVerb::List { archived } => list(&node, archived),
        ChatVerb::Send { person, text } => send(&node, &person, text),
        ChatVerb::Read { person, last, peek } => read(&node, &person, last, peek),
        ChatVerb::Watch { person } => watch(&node, &person, as_json),
    }
}

fn list(node: &Node, archived: bool) -> Result<Report, Failure> {
    let page = node.get(&format!("/chats?limit=200&archived={archived}"))?;
    let chats = items(&page).to_vec();
    let mut report = Report::new(page);
    for chat in &chats {
        let (name, id) = (text(chat, "/person/display_name"), short(text(chat, "/person/node_id")));
        let said = chat.pointer("/last/text").and_then(Value::as_str).unwrap_or("(deleted)");
        let said = if chat["last"].is_null() { "" } else { said };
        let unread = number(chat, "/unread");
        let line = match unread {
            0 => format!("{id}  {name}: {said}"),
            _ => format!("{id}  {name} ({unread} new): {said}"),
        };
        report = report.line(unread == 0, line);
    }
    Ok(if chats.is_empty() {
        report.ok("No conversations yet: openred chat send PERSON TEXT")
    } else {
        report
    })
}

fn send(node: &Node, person: &str, said: String) -> Result<Report, Failure> {
    let person = find_person(node, person)?;
    let said = if said == "-" { from_input()? } else { said };
    let sent = node.post(&format!("/chats/{person}/messages"), &json!({"text": said}))?;
    let line = match text(&sent, "/state") {
        "held" => "Written. It leaves in some seconds; until then the app can take it back.",
        "no_key" => "Written. It leaves as soon as their node has given a key.",
        _ => "Written, and on its way.",
    };
    Ok(Report::one(sent, line))
}

fn from_input() -> Result<String, Failure> {
    let mut said = String::new();
    let input = std::io::stdin().lock().take(INPUT_MAX).read_to_string(&mut said);
    input.map_err(|error| Failure::refused(format!("standard input cannot be read: {error}")))?;
    Ok(said.trim_end().to_owned())
}

fn read(node: &Node, person: &str, last: u16, peek: bool) -> Result<Report, Failure> {
    let person = find_person(node, person)?;
    let page = node.get(&format!("/chats/{person}/messages?limit={}", last.clamp(1, 200)))?;
    let chat = node.get(&format!("/chats/{person}"))?;
    let mut messages = items(&page).to_vec();
    if let Some(newest) = messages.first().filter(|_| !peek) {
        node.post(&format!("/chats/{person}/read"), &json!({"id": newest["id"]}))?;
    }
    messages.reverse();
    let mut report = Report::new(json!({"items": messages}));
    for message in &messages {
        report = report
            .line(text(message, "/state") != "failed", line(message, text(&chat, "/person/display_name")));
    }
    Ok(if messages.is_empty() { report.ok("Nothing was said yet.") } else { report })
}

fn watch(node: &Node, person: &str, as_json: bool) -> Result<Report, Failure> {
    let person = find_person(node, person)?;
    let chat = node.get(&format!("/chats/{person}"))?;
    let name = text(&chat, "/person/display_name");
    let page = node.get(&format!("/chats/{person}/messages?limit=1"))?;
    let mut upto = items(&page).first().map_or(0, |newest| number(newest, "/number"));
    loop {
        let page = node.get(&format!("/chats/{person}/messages?limit=200"))?;
        let new = items(&page).iter().rev().filter(|message| number(message, "/number") > upto);
        for message in new {
            let report = Report::one(message.clone(), line(message, name));
            if report.print(as_json).is_err() {
                return Ok(Report::silent());
            }
        }
        upto = items(&page).first().map_or(upto, |newest| number(newest, "/number").max(upto));
        std::thread::sleep(LOOK);
    }
}

/// One message: when, who, what, and how far it is.
fn line(message: &Value, name: &str) -> String {
    let who = if message["mine"] == true { "you" } else { name };
    let said = message["text"].as_str().unwrap_or("(deleted)");
    let state = match text(message, "/state") {
        "" | "read" | "delivered" => String::new(),
        "no_key" => " [waits for their key]".to_owned(),
        "at_relay" => " [at a relay]".to_owned(),
        "held" => " [not sent yet]".to_owned(),
        "failed" => " [refused there]".to_owned(),
        _ => " [on its way]".to_owned(),
    };
    format!("{}  {who}: {said}{state}", moment(number(message, "/at")))
}
