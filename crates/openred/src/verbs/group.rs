//! `openred group`: conversations of many.

use clap::Subcommand;
use serde_json::{Value, json};

use super::people::find_person;
use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, number, rows, short, text};

/// What to do with groups. GROUP is an id, the beginning of one, or a name that only one group has; PERSON likewise.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupVerb {
    /// Make a group with friends
    Create {
        /// Its name
        name: String,
        /// Who is in it with you
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<String>,
    },
    /// List your groups
    List,
    /// Who is in a group, who may change it, what waits
    Show {
        /// Which group
        group: String,
    },
    /// Add friends
    Add {
        /// Which group
        group: String,
        /// Whom
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<String>,
    },
    /// Remove somebody
    Remove {
        /// Which group
        group: String,
        /// Whom
        person: String,
    },
    /// Let somebody change the group as you may; with --off no more
    Admin {
        /// Which group
        group: String,
        /// Whom
        person: String,
        /// Take it away
        #[arg(long)]
        off: bool,
    },
    /// Give a group another name
    Rename {
        /// Which group
        group: String,
        /// Its new name
        name: String,
    },
    /// Leave a group; what was said stays readable
    Leave {
        /// Which group
        group: String,
    },
}

/// Does it.
pub(crate) fn run(verb: GroupVerb, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    match verb {
        GroupVerb::Create { name, people } => {
            let people = found(&node, &people)?;
            let made = node.post("/groups", &json!({"name": name, "people": people}))?;
            let line = format!("{} is there. Write to it: openred chat send {0} TEXT", text(&made, "/name"));
            Ok(Report::one(made, line))
        }
        GroupVerb::List => list(&node),
        GroupVerb::Show { group } => Ok(shown(node.get(&format!("/groups/{}", find_group(&node, &group)?))?)),
        GroupVerb::Add { group, people } => {
            let people = found(&node, &people)?;
            let path = format!("/groups/{}/members", find_group(&node, &group)?);
            Ok(shown(node.post(&path, &json!({"people": people}))?))
        }
        GroupVerb::Remove { group, person } => {
            let (group, id) = (find_group(&node, &group)?, find_member(&node, &group, &person)?);
            Ok(shown(node.delete(&format!("/groups/{group}/members/{id}"))?))
        }
        GroupVerb::Admin { group, person, off } => {
            let (group, id) = (find_group(&node, &group)?, find_member(&node, &group, &person)?);
            let role = if off { "member" } else { "admin" };
            Ok(shown(node.set(&format!("/groups/{group}/members/{id}/role"), &json!({"role": role}))?))
        }
        GroupVerb::Rename { group, name } => {
            let path = format!("/groups/{}", find_group(&node, &group)?);
            Ok(shown(node.patch(&path, &json!({"name": name}))?))
        }
        GroupVerb::Leave { group } => {
            let id = find_group(&node, &group)?;
            node.post(&format!("/groups/{id}/leave"), &Value::Null)?;
            Ok(Report::one(json!({"left": id}), format!("You leave {group}.")))
        }
    }
}

fn found(node: &Node, people: &[String]) -> Result<Vec<String>, Failure> {
    people.iter().map(|person| find_person(node, person)).collect()
}

fn list(node: &Node) -> Result<Report, Failure> {
    let groups = groups(node)?;
    let mut report = Report::new(json!({"items": groups}));
    for group in &groups {
        let (name, members) = (text(group, "/title"), number(group, "/members"));
        let state = if group["open"] == true { "" } else { ", left" };
        report = report.ok(format!("{}  {name}: {members} people{state}", short(text(group, "/id"))));
    }
    Ok(if groups.is_empty() {
        report.ok("No groups yet: openred group create NAME PERSON…")
    } else {
        report
    })
}

/// A group in words.
fn shown(group: Value) -> Report {
    let count = rows(&group, "/members").len();
    let mut report = Report::new(group.clone()).ok(format!("{}, {count} people", text(&group, "/name")));
    for member in rows(&group, "/members") {
        let mut words = vec![text(member, "/display_name").to_owned()];
        if member["me"] == true {
            words.push("(you)".to_owned());
        }
        if member["role"] == "admin" {
            words.push("may change the group".to_owned());
        }
        match text(member, "/state") {
            "adding" => words.push("comes in when their node has given a key".to_owned()),
            "removing" => words.push("is about to go".to_owned()),
            _ => {}
        }
        report = report.note(format!("{}  {}", short(text(member, "/node_id")), words.join(" ")));
    }
    let sequencers: Vec<&str> =
        rows(&group, "/sequencers").iter().map(|one| text(one, "/display_name")).collect();
    report = report.note(format!("Changes are put in order by the nodes of: {}", sequencers.join(", ")));
    let waiting = rows(&group, "/waiting").len();
    if waiting > 0 { report.note(format!("{waiting} of your changes wait")) } else { report }
}

fn groups(node: &Node) -> Result<Vec<Value>, Failure> {
    let mut groups = Vec::new();
    for archived in [false, true] {
        let page = node.get(&format!("/chats?limit=200&archived={archived}"))?;
        groups.extend(items(&page).iter().filter(|chat| chat["kind"] == "group").cloned());
    }
    Ok(groups)
}

/// The id of the one group that `said` means; none when there is no such.
fn meant(groups: &[Value], said: &str) -> Result<Option<String>, Failure> {
    let fits = |group: &&Value| {
        let by_id = said.len() >= 6 && text(group, "/id").starts_with(said);
        by_id || text(group, "/title").to_lowercase() == said.to_lowercase()
    };
    let ids: Vec<&str> = groups.iter().filter(fits).map(|group| text(group, "/id")).collect();
    match ids.as_slice() {
        [] => Ok(None),
        [id] => Ok(Some((*id).to_owned())),
        several => {
            let shown: Vec<&str> = several.iter().map(|id| short(id)).collect();
            Err(Failure::usage(format!("Several groups are meant by {said}: {}.", shown.join(", "))))
        }
    }
}

fn find_group(node: &Node, said: &str) -> Result<String, Failure> {
    let none = || Failure::refused(format!("No group was found by {said}: try `openred group list`."));
    meant(&groups(node)?, said)?.ok_or_else(none)
}

/// Somebody in a group, who need not be a friend.
fn find_member(node: &Node, group: &str, said: &str) -> Result<String, Failure> {
    let shown = node.get(&format!("/groups/{}", find_group(node, group)?))?;
    let wanted = said.to_lowercase();
    let fits = |one: &&Value| {
        let by_id = wanted.len() >= 6 && text(one, "/node_id").starts_with(&wanted);
        by_id || ["/display_name", "/username"].iter().any(|at| text(one, at).to_lowercase() == wanted)
    };
    let ids: Vec<&str> =
        rows(&shown, "/members").iter().filter(fits).map(|one| text(one, "/node_id")).collect();
    match ids.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => Err(Failure::refused(format!("Nobody in the group was found by {said}."))),
        _ => Err(Failure::usage(format!("Several members are meant by {said}: use an id."))),
    }
}

/// What a conversation is called in paths: the id of a group, or of a person.
pub(super) fn find_chat(node: &Node, said: &str) -> Result<String, Failure> {
    match meant(&groups(node)?, said)? {
        Some(group) => Ok(group),
        None => find_person(node, said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_meant_by_its_name_or_the_beginning_of_its_id() {
        let groups = [
            json!({"id": "AAAAAAAAAAAAAAAAAAAAAA", "title": "Bakery"}),
            json!({"id": "BBBBBBBBBBBBBBBBBBBBBA", "title": "Choir"}),
            json!({"id": "CCCCCCCCCCCCCCCCCCCCCA", "title": "Choir"}),
        ];
        assert_eq!(meant(&groups, "bakery").unwrap().as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA"));
        assert_eq!(meant(&groups, "BBBBBB").unwrap().as_deref(), Some("BBBBBBBBBBBBBBBBBBBBBA"));
        assert_eq!(meant(&groups, "orchestra").unwrap(), None);
        assert!(meant(&groups, "choir").is_err(), "two have this name");
    }
}
