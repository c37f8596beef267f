//! `openred group`: conversations of many.

use clap::Subcommand;
use serde_json::{Value, json};

use super::people::find_person;
use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, moment, number, rows, short, text};
use crate::secret;

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
    /// Make a link by which people can come into a group
    Invite {
        /// Which group
        group: String,
        /// Days it holds
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=7))]
        days: Option<u8>,
        /// How many people may come in by it; 1 unless said otherwise
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=499))]
        uses: Option<u16>,
        /// You are asked about each
        #[arg(long)]
        approval: bool,
    },
    /// List the links into a group
    Links {
        /// Which group
        group: String,
    },
    /// Make a link into a group useless; who came in by it stays
    Revoke {
        /// Which group
        group: String,
        /// Its id, or the beginning of it
        #[arg(allow_hyphen_values = true)]
        link: String,
    },
    /// Let somebody in who came by a link of yours; with --no refuse
    Admit {
        /// Which group
        group: String,
        /// Whom
        person: String,
        /// They do not come in
        #[arg(long)]
        no: bool,
    },
    /// Ask to come into a group by a link that somebody gave you; it is read from standard input
    Join,
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
        GroupVerb::Invite { group, days, uses, approval } => {
            let mut body = json!({"approval": approval});
            if let Some(days) = days {
                body["days"] = json!(days);
            }
            if let Some(uses) = uses {
                body["uses"] = json!(uses);
            }
            let made = node.post(&format!("/groups/{}/links", find_group(&node, &group)?), &body)?;
            let link = made["web_link"].as_str().unwrap_or_else(|| text(&made, "/link")).to_owned();
            let terms = terms(&made);
            Ok(Report::one(made, link).ok(terms))
        }
        GroupVerb::Links { group } => {
            let found = node.get(&format!("/groups/{}/links", find_group(&node, &group)?))?;
            let mut report = Report::new(found.clone());
            for link in items(&found) {
                let line = format!("{}  {}: {}", short(text(link, "/id")), text(link, "/state"), terms(link));
                report = report.line(text(link, "/state") == "open", line);
            }
            Ok(if items(&found).is_empty() {
                report.note("No links: openred group invite GROUP")
            } else {
                report
            })
        }
        GroupVerb::Revoke { group, link } => revoke(&node, &find_group(&node, &group)?, &link),
        GroupVerb::Admit { group, person, no } => {
            let group = find_group(&node, &group)?;
            let shown_group = node.get(&format!("/groups/{group}"))?;
            let id = named(rows(&shown_group, "/asking"), &person)?;
            Ok(shown(node.post(&format!("/groups/{group}/asking/{id}"), &json!({"accept": !no}))?))
        }
        GroupVerb::Join => {
            let link = secret::read_line("Link into a group (openred:g#… or https://…)")?;
            let asked = node.post("/groups/join", &json!({"link": link.trim()}))?;
            let (name, by) = (text(&asked, "/name"), text(&asked, "/by/display_name"));
            let line =
                format!("You asked to come into {name}. {by} is told; the group appears when you are in.");
            Ok(Report::one(asked, line))
        }
        GroupVerb::Leave { group } => {
            let id = find_group(&node, &group)?;
            node.post(&format!("/groups/{id}/leave"), &Value::Null)?;
            Ok(Report::one(json!({"left": id}), format!("You leave {group}.")))
        }
    }
}

/// For whom a link is, and until when.
fn terms(link: &Value) -> String {
    let (uses, used) = (number(link, "/uses"), number(link, "/used"));
    let asked = if link["approval"] == true { ", you are asked about each" } else { "" };
    format!("{used} of {uses} came, until {}{asked}", moment(number(link, "/expires_at")))
}

fn revoke(node: &Node, group: &str, said: &str) -> Result<Report, Failure> {
    let found = node.get(&format!("/groups/{group}/links"))?;
    let ids: Vec<&str> = items(&found).iter().map(|one| text(one, "/id")).collect();
    let fitting: Vec<&&str> = ids.iter().filter(|id| !said.is_empty() && id.starts_with(said)).collect();
    let [id] = fitting.as_slice() else {
        return Err(Failure::refused(format!("{} links begin with {said}.", fitting.len())));
    };
    node.delete(&format!("/groups/{group}/links/{id}"))?;
    Ok(Report::one(json!({"id": id}), format!("{} is of no use to anybody now.", short(id))))
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
    for one in rows(&group, "/asking") {
        let (id, name) = (short(text(one, "/node_id")), text(one, "/display_name"));
        report = report.note(format!("{id}  {name} asks to come in: openred group admit GROUP PERSON"));
    }
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
    named(rows(&shown, "/members"), said)
}

/// The id of the one of these people that `said` means.
fn named(people: &[Value], said: &str) -> Result<String, Failure> {
    let wanted = said.to_lowercase();
    let fits = |one: &&Value| {
        let by_id = wanted.len() >= 6 && text(one, "/node_id").starts_with(&wanted);
        by_id || ["/display_name", "/username"].iter().any(|at| text(one, at).to_lowercase() == wanted)
    };
    let ids: Vec<&str> = people.iter().filter(fits).map(|one| text(one, "/node_id")).collect();
    match ids.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => Err(Failure::refused(format!("Nobody was found by {said}."))),
        _ => Err(Failure::usage(format!("Several people are meant by {said}: use an id."))),
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
