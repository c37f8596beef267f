//! `openred chat`: private conversations with friends, in groups, and with people who are no friends yet.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use super::group::find_chat;
use crate::api::{Node, escaped};
use crate::cli::Shared;
use crate::failure::Failure;
use crate::listening::Event;
use crate::report::{Report, items, moment, number, rows, short, text};

/// Most bytes of a text from standard input.
const INPUT_MAX: u64 = 64 << 10;

/// What to do in conversations. PERSON is a person or a group: an id, the beginning of one, or a name that only one has.
#[derive(Debug, Subcommand)]
pub(crate) enum ChatVerb {
    /// List your conversations
    List {
        /// Those that you put away
        #[arg(long)]
        archived: bool,
    },
    /// List people who wrote to you and are no friends, the best known first
    Requests,
    /// Take the messages of somebody who is no friend from now on
    Accept {
        /// Whose
        person: String,
    },
    /// Forget what somebody wrote who is no friend; they are not told
    Decline {
        /// Whose
        person: String,
    },
    /// Write to somebody, or to a group. Who is no friend has to answer first
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
    /// Find messages that say all of these words
    Search {
        /// Words, or their beginnings
        #[arg(required = true)]
        words: Vec<String>,
        /// In the conversation with this person only
        #[arg(long, value_name = "PERSON")]
        with: Option<String>,
        /// How many messages, at most 100
        #[arg(long, value_name = "N", default_value_t = 20)]
        last: u16,
    },
    /// Say how long new messages stay in a conversation, for both
    Timer {
        /// With whom
        person: String,
        /// off, or a time such as 30s, 10m, 1h, 1d, 1w
        time: String,
    },
    /// Write a conversation to a file, one JSON value a line
    Export {
        /// With whom
        person: String,
        /// Where to write it; - for standard output
        #[arg(long, value_name = "PATH", default_value = "-")]
        to: PathBuf,
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
        ChatVerb::Requests => requests(&node),
        ChatVerb::Accept { person } => accept(&node, &person),
        ChatVerb::Decline { person } => decline(&node, &person),
        ChatVerb::Send { person, text } => send(&node, &person, text),
        ChatVerb::Read { person, last, peek } => read(&node, &person, last, peek),
        ChatVerb::Search { words, with, last } => search(&node, &words.join(" "), with.as_deref(), last),
        ChatVerb::Timer { person, time } => timer(&node, &person, &time),
        ChatVerb::Export { person, to } => export(&node, &person, &to),
        ChatVerb::Watch { person } => watch(&node, &person, as_json),
    }
}

fn list(node: &Node, archived: bool) -> Result<Report, Failure> {
    let page = node.get(&format!("/chats?limit=200&archived={archived}"))?;
    let chats = items(&page).to_vec();
    let mut report = Report::new(page);
    for chat in &chats {
        let (name, id) = (text(chat, "/title"), short(text(chat, "/id")));
        let said = if chat["last"].is_null() { String::new() } else { said(&chat["last"]) };
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

fn requests(node: &Node) -> Result<Report, Failure> {
    let page = node.get("/chats?requests=true")?;
    let chats = items(&page).to_vec();
    let mut report = Report::new(page);
    for chat in &chats {
        let (name, id) = (text(chat, "/title"), short(text(chat, "/id")));
        report = report.ok(format!("{id}  {name} ({}): {}", known(chat), said(&chat["last"])));
    }
    Ok(if chats.is_empty() {
        report.ok("Nobody who is no friend wrote to you.")
    } else {
        report.note("They learn nothing until you answer: openred chat accept PERSON, or decline")
    })
}

/// Why somebody who writes is not quite unknown.
fn known(chat: &Value) -> String {
    if let Some(name) = chat.pointer("/request/introduced_by/display_name").and_then(Value::as_str) {
        return format!("introduced by {name}");
    }
    let groups: Vec<&str> = rows(chat, "/request/groups").iter().filter_map(Value::as_str).collect();
    if !groups.is_empty() {
        return format!("with you in {}", groups.join(", "));
    }
    if chat.pointer("/request/follows") == Some(&Value::Bool(true)) {
        "follows you"
    } else {
        "unknown to you"
    }
    .to_owned()
}

/// Who wrote, by a name in the list of requests or as people are named elsewhere.
fn find_request(node: &Node, said: &str) -> Result<String, Failure> {
    let page = node.get("/chats?requests=true")?;
    let wanted = said.to_lowercase();
    let fits = |chat: &&Value| {
        let by_id = wanted.len() >= 6 && text(chat, "/id").starts_with(&wanted);
        by_id || text(chat, "/title").to_lowercase() == wanted
    };
    let ids: Vec<&str> = items(&page).iter().filter(fits).map(|chat| text(chat, "/id")).collect();
    match ids.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => Err(Failure::refused(format!("No request was found by {said}: try `openred chat requests`."))),
        _ => Err(Failure::usage(format!("Several people are meant by {said}: use an id."))),
    }
}

fn accept(node: &Node, person: &str) -> Result<Report, Failure> {
    let id = find_request(node, person)?;
    let chat = node.post(&format!("/chats/{id}/accept"), &Value::Null)?;
    let line = format!("You take messages of {} now, and they know it.", text(&chat, "/title"));
    Ok(Report::one(chat, line))
}

fn decline(node: &Node, person: &str) -> Result<Report, Failure> {
    let id = find_request(node, person)?;
    node.delete(&format!("/chats/{id}"))?;
    Ok(Report::one(json!({"declined": id}), "Forgotten. They are not told."))
}

fn send(node: &Node, person: &str, said: String) -> Result<Report, Failure> {
    let person = find_chat(node, person)?;
    let said = if said == "-" { from_input()? } else { said };
    let sent = node.post(&format!("/chats/{person}/messages"), &json!({"text": said}))?;
    let line = match text(&sent, "/state") {
        "held" => "Written. It leaves in some seconds; until then the app can take it back.",
        "requested" => "Written. They are no friend: they have to answer before you hear more.",
        "no_key" => "Written. It leaves as soon as it can be encrypted for them.",
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
    let person = find_chat(node, person)?;
    let page = node.get(&format!("/chats/{person}/messages?limit={}", last.clamp(1, 200)))?;
    let chat = node.get(&format!("/chats/{person}"))?;
    let mut messages = items(&page).to_vec();
    if let Some(newest) = messages.first().filter(|_| !peek) {
        node.post(&format!("/chats/{person}/read"), &json!({"id": newest["id"]}))?;
    }
    messages.reverse();
    let mut report = Report::new(json!({"items": messages}));
    for message in &messages {
        report = report.line(text(message, "/state") != "failed", line(message, text(&chat, "/title")));
    }
    Ok(if messages.is_empty() { report.ok("Nothing was said yet.") } else { report })
}

fn search(node: &Node, words: &str, with: Option<&str>, last: u16) -> Result<Report, Failure> {
    let chat = with.map(|person| find_chat(node, person)).transpose()?;
    let chat = chat.map(|id| format!("&chat={id}")).unwrap_or_default();
    let page = node.get(&format!("/search?q={}&limit={}{chat}", escaped(words), last.clamp(1, 100)))?;
    let hits = items(&page).to_vec();
    let mut report = Report::new(page);
    for hit in &hits {
        let who = if hit["mine"] == true { "you" } else { text(hit, "/by/display_name") };
        let said: String = rows(hit, "/snippet").iter().map(|piece| text(piece, "/text")).collect();
        let title = text(hit, "/title");
        let line = format!("{}  {title}, {who}: {}", moment(number(hit, "/at")), said.replace('\n', " "));
        report = report.ok(line);
    }
    Ok(if hits.is_empty() { report.note("Nothing was found.") } else { report })
}

fn timer(node: &Node, person: &str, time: &str) -> Result<Report, Failure> {
    let person = find_chat(node, person)?;
    let seconds = seconds(time)
        .ok_or_else(|| Failure::usage(format!("{time} is no time: write off, or such as 1h, 1d, 1w.")))?;
    let chat = node.patch(&format!("/chats/{person}"), &json!({"timer_s": seconds}))?;
    let line = match seconds {
        0 => "New messages stay.".to_owned(),
        _ => format!("New messages go {time} after they were sent, or read."),
    };
    Ok(Report::one(chat, line))
}

/// `off`, or a number with its unit.
fn seconds(time: &str) -> Option<u64> {
    if time == "off" {
        return Some(0);
    }
    let unit = match time.chars().next_back()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    time[..time.len() - 1].parse::<u64>().ok()?.checked_mul(unit)
}

fn export(node: &Node, person: &str, to: &Path) -> Result<Report, Failure> {
    let person = find_chat(node, person)?;
    let unwritable =
        |error: std::io::Error| Failure::refused(format!("{} cannot be written: {error}.", to.display()));
    let path = format!("/chats/{person}/export");
    if to.as_os_str() == "-" {
        node.pour(&path, |bytes| std::io::stdout().write_all(bytes).map_err(unwritable))?;
        return Ok(Report::silent());
    }
    let mut out = File::create_new(to).map_err(unwritable)?;
    let mut messages = 0;
    node.pour(&path, |bytes| {
        messages += bytes.iter().filter(|byte| **byte == b'\n').count();
        out.write_all(bytes).map_err(unwritable)
    })?;
    out.sync_all().map_err(unwritable)?;
    let line = format!("{messages} messages written to {}", to.display());
    Ok(Report::one(json!({"messages": messages, "path": to}), line))
}

fn watch(node: &Node, person: &str, as_json: bool) -> Result<Report, Failure> {
    let person = find_chat(node, person)?;
    let chat = node.get(&format!("/chats/{person}"))?;
    let name = text(&chat, "/title");
    let newest = format!("/chats/{person}/messages?limit=200");
    let page = node.get(&newest)?;
    // What came late stands among what was printed before.
    let known: BTreeSet<u64> = items(&page).iter().map(|message| number(message, "/number")).collect();
    let oldest = known.first().copied().unwrap_or(0);
    let known = RefCell::new(known);
    // False when nobody reads any more what is printed.
    let look = |node: &Node| -> Result<bool, Failure> {
        loop {
            let upto = known.borrow().last().copied().unwrap_or(0);
            let mut page = node.get(&format!("{newest}&after={upto}"))?;
            let is_last = items(&page).is_empty();
            if is_last {
                page = node.get(&newest)?;
            }
            for message in items(&page).iter().rev() {
                let number = number(message, "/number");
                if number < oldest || !known.borrow_mut().insert(number) {
                    continue;
                }
                if Report::one(message.clone(), line(message, name)).print(as_json).is_err() {
                    return Ok(false);
                }
            }
            if is_last {
                return Ok(true);
            }
        }
    };
    let is_here = |event: &Event| {
        let is_it = text(&event.data, "/id") == person;
        event.kind == "chat" && is_it && event.data.get("typing").is_none()
    };
    node.listen(look, |node, event| if is_here(event) { look(node) } else { Ok(true) })?;
    Ok(Report::silent())
}

/// One message: when, who, what, and how far it is.
fn line(message: &Value, name: &str) -> String {
    let author = message.pointer("/author/display_name").and_then(Value::as_str).unwrap_or(name);
    let who = if message["mine"] == true { "you" } else { author };
    if message["kind"] == "note" {
        return format!("{}  — {who} {}", moment(number(message, "/at")), said(message));
    }
    let said = said(message);
    let state = match text(message, "/state") {
        "" | "read" | "delivered" => String::new(),
        "no_key" => " [waits]".to_owned(),
        "requested" => " [waits for their answer]".to_owned(),
        "at_relay" => " [at a relay]".to_owned(),
        "held" => " [not sent yet]".to_owned(),
        "failed" => " [refused there]".to_owned(),
        _ => " [on its way]".to_owned(),
    };
    format!("{}  {who}: {said}{state}", moment(number(message, "/at")))
}

/// What a message says in one line, or what happened.
fn said(message: &Value) -> String {
    if message["kind"] == "note" {
        return happened(message);
    }
    let words = message["text"].as_str().unwrap_or("(deleted)");
    match message.get("file") {
        Some(file) if file.get("voice").is_some() => {
            let seconds = (number(file, "/voice/ms") + 500) / 1_000;
            format!("[voice message, {}:{:02}] {words}", seconds / 60, seconds % 60).trim_end().to_owned()
        }
        Some(file) => format!("[{}] {words}", text(file, "/name")).trim_end().to_owned(),
        None => words.to_owned(),
    }
}

/// What a line about the conversation says; who did it stands before it.
fn happened(message: &Value) -> String {
    let people: Vec<&str> =
        rows(message, "/note/people").iter().map(|one| text(one, "/display_name")).collect();
    let (people, name) = (people.join(", "), text(message, "/note/name"));
    match (text(message, "/note/what"), number(message, "/note/seconds")) {
        ("timer", 0) => "set that new messages stay".to_owned(),
        ("timer", seconds) => format!("set that new messages go after {}", in_words(seconds)),
        ("created", _) => format!("made the group {name}"),
        ("added", _) => format!("added {people}"),
        ("removed", _) => format!("removed {people}"),
        ("left", _) => "left".to_owned(),
        ("renamed", _) => format!("named the group {name}"),
        ("made_admin", _) => format!("made {people} administrator"),
        ("unmade_admin", _) => format!("took administration from {people}"),
        _ => "changed something".to_owned(),
    }
}

fn in_words(seconds: u64) -> String {
    let units = [(7 * 86_400, "w"), (86_400, "d"), (3_600, "h"), (60, "m")];
    let unit = units.into_iter().find(|(length, _)| seconds.is_multiple_of(*length));
    unit.map_or(format!("{seconds}s"), |(length, name)| format!("{}{name}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_told_by_its_length() {
        let message =
            |ms: u64, text: &str| json!({"text": text, "file": {"name": "v.webm", "voice": {"ms": ms}}});
        assert_eq!(said(&message(5_200, "")), "[voice message, 0:05]");
        assert_eq!(said(&message(61_000, "Listen")), "[voice message, 1:01] Listen");
        assert_eq!(said(&json!({"text": "", "file": {"name": "a.txt"}})), "[a.txt]");
    }

    #[test]
    fn times_are_read_as_they_are_said() {
        for (time, read) in
            [("off", 0), ("30s", 30), ("90m", 5_400), ("1h", 3_600), ("1d", 86_400), ("2w", 1_209_600)]
        {
            assert_eq!(seconds(time), Some(read), "{time}");
            assert!(read == 0 || seconds(&in_words(read)) == Some(read), "{time}");
        }
        for no in ["", "1", "h", "1y", "-1h", "é", "99999999999999999999w"] {
            assert_eq!(seconds(no), None, "{no}");
        }
    }
}
