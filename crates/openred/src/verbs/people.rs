//! `openred people`: whom you know, whom you could know, and what you want with them.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::api::{Node, escaped};
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, moment, number, rows, short, text};

/// What to do with people. PERSON is an id, the beginning of one, or a name that only one person has.
#[derive(Debug, Subcommand)]
pub(crate) enum PeopleVerb {
    /// List people
    List {
        /// Which
        #[arg(value_enum, default_value_t)]
        of: List,
    },
    /// Show one person: who they are to you, and the number to compare
    Show {
        /// Whom
        person: String,
    },
    /// Look in your directories
    Search {
        /// Name, text or id
        query: String,
    },
    /// Ask to be friends
    Ask {
        /// Whom
        person: String,
        /// A few words with the request
        #[arg(long)]
        note: Option<String>,
        /// Only follow: read their public posts
        #[arg(long)]
        follow: bool,
    },
    /// Accept a request
    Accept {
        /// Whose
        person: String,
    },
    /// Decline a request
    Reject {
        /// Whose
        person: String,
    },
    /// End a friendship, or stop following
    Remove {
        /// Whom
        person: String,
    },
    /// Hear nothing from somebody any more
    Block {
        /// Whom
        person: String,
    },
    /// Take a block back
    Unblock {
        /// Whom
        person: String,
    },
    /// Mark somebody as verified: you compared the safety number with them, or give the code that they show you
    Verify {
        /// Whom
        person: String,
        /// What their node shows: the code beginning with openred:v#
        #[arg(long, conflicts_with = "undo")]
        code: Option<String>,
        /// Take it back
        #[arg(long)]
        undo: bool,
    },
    /// Ask somebody to confirm that it is really them; waits for their answer, up to a minute
    Challenge {
        /// Whom
        person: String,
        /// Why; they are shown it
        reason: String,
    },
    /// List what friends ask you to confirm
    Challenges,
    /// Confirm what a friend asks: it is you, and you agree
    Confirm {
        /// Number in `openred people challenges`
        id: u64,
    },
    /// Do not confirm it
    Refuse {
        /// Number in `openred people challenges`
        id: u64,
    },
    /// Introduce two friends to each other
    Introduce {
        /// One
        person: String,
        /// The other
        to: String,
        /// A few words to both
        #[arg(long)]
        note: Option<String>,
    },
}

/// Which people.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum List {
    /// Friends
    #[default]
    Friends,
    /// People who asked you, or whom you asked
    Requests,
    /// People you follow
    Following,
    /// People who follow you
    Followers,
    /// People you blocked
    Blocked,
    /// People you might know
    Suggestions,
}

impl List {
    const ALL: [Self; 6] =
        [Self::Friends, Self::Requests, Self::Following, Self::Followers, Self::Blocked, Self::Suggestions];

    fn name(self) -> &'static str {
        match self {
            Self::Friends => "friends",
            Self::Requests => "requests",
            Self::Following => "following",
            Self::Followers => "followers",
            Self::Blocked => "blocked",
            Self::Suggestions => "suggestions",
        }
    }
}

/// Does it.
pub(crate) fn run(verb: PeopleVerb, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    match verb {
        PeopleVerb::List { of } => list(&node, of),
        PeopleVerb::Show { person } => show(&node, &person),
        PeopleVerb::Search { query } => search(&node, &query),
        PeopleVerb::Ask { person, note, follow } => {
            let relationship = if follow { "follower" } else { "friend" };
            let mut body = json!({"relationship": relationship});
            if let Some(note) = note {
                body["note"] = json!(note);
            }
            act(&node, &person, "request", &body, "Asked")
        }
        PeopleVerb::Accept { person } => act(&node, &person, "accept", &json!({}), "Accepted"),
        PeopleVerb::Reject { person } => act(&node, &person, "reject", &json!({}), "Declined"),
        PeopleVerb::Remove { person } => act(&node, &person, "remove", &json!({}), "Removed"),
        PeopleVerb::Block { person } => act(&node, &person, "block", &json!({}), "Blocked"),
        PeopleVerb::Unblock { person } => act(&node, &person, "unblock", &json!({}), "Unblocked"),
        PeopleVerb::Verify { person, code: Some(code), .. } => compare(&node, &person, &code),
        PeopleVerb::Verify { person, undo, .. } => {
            let done = if undo { "To be compared again" } else { "Verified" };
            act(&node, &person, "verify", &json!({"verified": !undo}), done)
        }
        PeopleVerb::Challenge { person, reason } => challenge(&node, &person, &reason),
        PeopleVerb::Challenges => challenges(&node),
        PeopleVerb::Confirm { id } => decide(&node, id, "confirm", "Confirmed."),
        PeopleVerb::Refuse { id } => decide(&node, id, "refuse", "Refused."),
        PeopleVerb::Introduce { person, to, note } => introduce(&node, &person, &to, note),
    }
}

fn list(node: &Node, of: List) -> Result<Report, Failure> {
    let found = node.get(&format!("/people?list={}", of.name()))?;
    let empty = format!("Nobody among your {}.", of.name());
    let mut report = Report::new(found.clone());
    for person in items(&found) {
        report = report.ok(line(person));
    }
    if items(&found).is_empty() {
        report = report.note(empty);
    }
    if matches!(of, List::Friends) {
        let requests = node.get("/people?list=requests")?;
        let asking = items(&requests).iter().filter(|one| text(one, "/status") == "pending_in").count();
        if asking > 0 {
            report = report.note(format!("{asking} waiting for your answer: openred people list requests"));
        }
    }
    Ok(report)
}

fn show(node: &Node, said: &str) -> Result<Report, Failure> {
    let id = find_person(node, said)?;
    let person = node.get(&format!("/people/{id}"))?;
    let mut report = Report::new(person.clone()).ok(line(&person)).ok(format!("{id}  their id"));
    if let Some(by) = person["introduced_by"]["display_name"].as_str() {
        report = report.ok(format!("Introduced by {by}"));
    }
    if let Some(digits) = person["safety_number"]["digits"].as_array() {
        let digits: Vec<&str> = digits.iter().filter_map(Value::as_str).collect();
        report = report.ok(format!("Safety number: {}", digits.join(" ")));
        let emoji: Vec<&str> =
            rows(&person, "/safety_number/emoji").iter().filter_map(Value::as_str).collect();
        report = report.ok(format!("In short: {}", emoji.join(" ")));
        report = report.ok(format!("Code for them to scan: {}", text(&person, "/safety_number/code")));
    }
    for fork in rows(&person, "/forks") {
        report = report.line(
            false,
            format!(
                "{}: a second history of their keys, different from entry {} on ({} here, {} there). This node keeps \
                 the one it saw first; ask them which is right.",
                moment(number(fork, "/seen_at")),
                number(fork, "/seq"),
                short(text(fork, "/held")),
                short(text(fork, "/other")),
            ),
        );
    }
    Ok(report)
}

fn search(node: &Node, query: &str) -> Result<Report, Failure> {
    let found = node.get(&format!("/people/search?q={}", escaped(query)))?;
    let mut report = Report::new(found.clone());
    for person in items(&found) {
        report = report.ok(line(person));
    }
    let asked = rows(&found, "/directories");
    for directory in asked.iter().filter(|directory| text(directory, "/state") != "ok") {
        report = report.note(format!("{} is {}", text(directory, "/url"), text(directory, "/state")));
    }
    if items(&found).is_empty() {
        report = report.note(match asked.len() {
            0 => {
                "Nobody was found: this node knows no directory yet. Add one in the app's settings, or start \
                  the node with --directory URL."
                    .to_owned()
            }
            places => format!("Nobody was found (directories asked: {places})."),
        });
    }
    Ok(report)
}

fn act(node: &Node, person: &str, what: &str, body: &Value, done: &str) -> Result<Report, Failure> {
    let id = find_person(node, person)?;
    let now = node.post(&format!("/people/{id}/{what}"), body)?;
    let line = format!("{done}: {}", line(&now));
    Ok(Report::one(now, line))
}

fn compare(node: &Node, person: &str, code: &str) -> Result<Report, Failure> {
    let id = find_person(node, person)?;
    let answer = node.post(&format!("/people/{id}/compare"), &json!({"code": code}))?;
    let who = text(&answer, "/person/display_name");
    let (good, line) = match text(&answer, "/result") {
        "same" => (true, format!("The keys are the same: {who} is verified.")),
        "others" => (false, format!("This is not the code that {who} shows to you.")),
        _ => (
            false,
            format!(
                "The keys differ. Somebody may stand between you and {who}, or one of you has not heard yet of a new \
                 key: meet once while both are online, and compare again."
            ),
        ),
    };
    Ok(Report::new(answer.clone()).line(good, line))
}

fn challenge(node: &Node, person: &str, reason: &str) -> Result<Report, Failure> {
    let id = find_person(node, person)?;
    let said = node.post(&format!("/people/{id}/challenge"), &json!({"reason": reason}))?;
    let (good, line) = match text(&said, "/answer") {
        "confirmed" => (true, "Confirmed by hand, and signed by their key."),
        "refused" => (false, "Refused."),
        _ => (false, "Nobody answered within a minute."),
    };
    Ok(Report::new(said.clone()).line(good, line))
}

fn challenges(node: &Node) -> Result<Report, Failure> {
    let found = node.get("/challenges")?;
    let mut report = Report::new(found.clone());
    for one in items(&found) {
        let (id, who) = (text(one, "/id"), text(one, "/from/display_name"));
        report = report.note(format!("{id}  {who} asks: {}", text(one, "/reason")));
    }
    Ok(if items(&found).is_empty() { report.note("Nobody asks you to confirm anything.") } else { report })
}

fn decide(node: &Node, id: u64, decision: &str, done: &str) -> Result<Report, Failure> {
    node.post(&format!("/challenges/{id}"), &json!({"decision": decision}))?;
    Ok(Report::one(json!({"id": id.to_string(), "decision": decision}), done))
}

fn introduce(node: &Node, person: &str, to: &str, note: Option<String>) -> Result<Report, Failure> {
    let (one, other) = (find_person(node, person)?, find_person(node, to)?);
    let mut body = json!({"to": other});
    if let Some(note) = note {
        body["note"] = json!(note);
    }
    let answer = node.post(&format!("/people/{one}/introduce"), &body)?;
    Ok(Report::one(answer, format!("Introduced {} and {}.", short(&one), short(&other))))
}

fn line(person: &Value) -> String {
    let (relationship, status) = (text(person, "/relationship"), text(person, "/status"));
    let state = match (relationship, status) {
        (_, "pending_in") => "asks you",
        (_, "pending_out") => "asked",
        ("none", _) => "not yet known",
        _ => relationship,
    };
    let verified = if person["verified"] == true { ", verified" } else { "" };
    let note = person["note"].as_str().map(|note| format!(": {note}")).unwrap_or_default();
    let name = text(person, "/display_name");
    format!("{}  {name} ({state}{verified}){note}", short(text(person, "/node_id")))
}

/// The node id of the one person that `said` means.
pub(super) fn find_person(node: &Node, said: &str) -> Result<String, Failure> {
    let is_id = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if said.len() == 64 && is_id(said) {
        return Ok(said.to_owned());
    }
    let mut known = Vec::new();
    for list in List::ALL {
        known.extend(items(&node.get(&format!("/people?list={}", list.name()))?).iter().cloned());
    }
    match meant(&known, said) {
        Ok(None) => {}
        found => return found?.ok_or_else(|| nobody(said)),
    }
    let found = node.get(&format!("/people/search?q={}", escaped(said)))?;
    meant(items(&found), said)?.ok_or_else(|| nobody(said))
}

/// The id among `people` that begins with `said`, or belongs to the name.
fn meant(people: &[Value], said: &str) -> Result<Option<String>, Failure> {
    let wanted = said.to_lowercase();
    let fits = |person: &&Value| {
        let by_id = wanted.len() >= 6 && text(person, "/node_id").starts_with(&wanted);
        by_id || ["/display_name", "/username"].iter().any(|at| text(person, at).to_lowercase() == wanted)
    };
    let mut ids: Vec<&str> = people.iter().filter(fits).map(|person| text(person, "/node_id")).collect();
    ids.sort_unstable();
    ids.dedup();
    match ids.as_slice() {
        [] => Ok(None),
        [id] => Ok(Some((*id).to_owned())),
        several => {
            let shown: Vec<&str> = several.iter().map(|id| short(id)).collect();
            Err(Failure::usage(format!("Several people are meant by {said}: {}.", shown.join(", "))))
        }
    }
}

fn nobody(said: &str) -> Failure {
    Failure::refused(format!("Nobody was found by {said}: try `openred people search`."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(digit: &str, name: &str) -> Value {
        json!({"node_id": digit.repeat(64), "display_name": name, "username": name.to_lowercase()})
    }

    #[test]
    fn people_are_meant_by_name_or_beginning_and_never_guessed() {
        let people = [person("a", "Ana"), person("b", "Ben"), person("c", "Ben"), person("a", "Ana")];
        assert_eq!(meant(&people, "ana"), Ok(Some("a".repeat(64))));
        assert_eq!(meant(&people, "bbbbbb"), Ok(Some("b".repeat(64))));
        assert_eq!(meant(&people, "bbb"), Ok(None), "too short to be meant as an id");
        assert!(meant(&people, "ben").is_err(), "two people have this name");
        assert_eq!(meant(&people, "chloé"), Ok(None));
    }
}
