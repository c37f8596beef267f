//! `openred circle`: lists of friends, to whom alone some posts are.

use clap::Subcommand;
use serde_json::{Value, json};

use super::people::find_person;
use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, number, rows, short, text};

/// What to do with circles. CIRCLE is a name, an id or the beginning of one; PERSON likewise.
#[derive(Debug, Subcommand)]
pub(crate) enum CircleVerb {
    /// Make a circle of friends
    Create {
        /// Its name, which nobody else learns
        name: String,
        /// Who is in it
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<String>,
    },
    /// List your circles
    List,
    /// Who is in a circle
    Show {
        /// Which circle
        circle: String,
    },
    /// Add friends: they see what you post from now on
    Add {
        /// Which circle
        circle: String,
        /// Whom
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<String>,
    },
    /// Remove somebody: they get nothing newer
    Remove {
        /// Which circle
        circle: String,
        /// Whom
        person: String,
    },
    /// Give a circle another name
    Rename {
        /// Which circle
        circle: String,
        /// Its new name
        name: String,
    },
    /// Delete a circle; who has posts to it keeps them
    Delete {
        /// Which circle
        circle: String,
    },
}

/// Does it.
pub(crate) fn run(verb: CircleVerb, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    let path = |said: &str| Ok::<_, Failure>(format!("/circles/{}", find_circle(&node, said)?));
    match verb {
        CircleVerb::Create { name, people } => {
            let made = node.post("/circles", &json!({"name": name, "people": found(&node, &people)?}))?;
            let line = format!("Post to it: openred post --circle {:?} TEXT", text(&made, "/name"));
            Ok(shown(made).note(line))
        }
        CircleVerb::List => list(&node),
        CircleVerb::Show { circle } => Ok(shown(node.get(&path(&circle)?)?)),
        CircleVerb::Add { circle, people } => {
            let people = json!({"people": found(&node, &people)?});
            Ok(shown(node.post(&format!("{}/members", path(&circle)?), &people)?))
        }
        CircleVerb::Remove { circle, person } => {
            let person = find_person(&node, &person)?;
            Ok(shown(node.delete(&format!("{}/members/{person}", path(&circle)?))?))
        }
        CircleVerb::Rename { circle, name } => {
            Ok(shown(node.patch(&path(&circle)?, &json!({"name": name}))?))
        }
        CircleVerb::Delete { circle } => {
            let id = find_circle(&node, &circle)?;
            node.delete(&format!("/circles/{id}"))?;
            let line = format!("{circle} is deleted. Who has posts to it keeps them.");
            Ok(Report::one(json!({"deleted": id}), line))
        }
    }
}

fn found(node: &Node, people: &[String]) -> Result<Vec<String>, Failure> {
    people.iter().map(|person| find_person(node, person)).collect()
}

fn list(node: &Node) -> Result<Report, Failure> {
    let page = node.get("/circles")?;
    let mut report = Report::new(page.clone());
    for circle in items(&page) {
        let (name, count) = (text(circle, "/name"), number(circle, "/count"));
        report = report.ok(format!("{}  {name}: {count} people", short(text(circle, "/id"))));
    }
    Ok(if items(&page).is_empty() {
        report.ok("No circles yet: openred circle create NAME PERSON…")
    } else {
        report
    })
}

/// A circle in words.
fn shown(circle: Value) -> Report {
    let (name, count) = (text(&circle, "/name").to_owned(), number(&circle, "/count"));
    let mut report = Report::new(circle.clone()).ok(format!("{name}, {count} people"));
    for one in rows(&circle, "/people") {
        let state = match text(one, "/state") {
            "adding" => ", comes in when their node has given a key",
            "removing" => ", is about to go",
            _ => "",
        };
        let line = format!("{}  {}{state}", short(text(one, "/node_id")), text(one, "/display_name"));
        report = report.note(line);
    }
    report
}

/// The id of the one circle that `said` means.
pub(super) fn find_circle(node: &Node, said: &str) -> Result<String, Failure> {
    let none = || Failure::refused(format!("No circle was found by {said}: try `openred circle list`."));
    meant(items(&node.get("/circles")?), said)?.ok_or_else(none)
}

fn meant(circles: &[Value], said: &str) -> Result<Option<String>, Failure> {
    let named = |circle: &&Value| text(circle, "/name").to_lowercase() == said.to_lowercase();
    let begins = |circle: &&Value| said.len() >= 6 && text(circle, "/id").starts_with(said);
    if let Some(circle) = circles.iter().find(named) {
        return Ok(Some(text(circle, "/id").to_owned()));
    }
    match circles.iter().filter(begins).collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        [circle] => Ok(Some(text(circle, "/id").to_owned())),
        _ => Err(Failure::usage(format!("Several circles are meant by {said}: use a name."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_meant_by_its_name_or_the_beginning_of_its_id() {
        let circles = [
            json!({"id": "AAAAAAAAAAAAAAAAAAAAAA", "name": "Family"}),
            json!({"id": "BBBBBBBBBBBBBBBBBBBBBA", "name": "Choir"}),
            json!({"id": "BBBBBBBBBBCCCCCCCCCCCA", "name": "BBBBBBBBBBBBBBBBBBBBBA"}),
        ];
        assert_eq!(meant(&circles, "family").unwrap().as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA"));
        assert_eq!(meant(&circles, "AAAAAA").unwrap().as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA"));
        let by_name = meant(&circles, "BBBBBBBBBBBBBBBBBBBBBA").unwrap();
        assert_eq!(by_name.as_deref(), Some("BBBBBBBBBBCCCCCCCCCCCA"), "a name counts before ids");
        assert_eq!(meant(&circles, "work").unwrap(), None);
        assert!(meant(&circles, "BBBBBB").is_err(), "two begin so");
    }
}
