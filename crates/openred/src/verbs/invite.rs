//! `openred invite`: one link, one new friend.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::api::Node;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::report::{Report, items, moment, number, short, text};
use crate::secret;

/// What to do with invitations.
#[derive(Debug, Subcommand)]
pub(crate) enum InviteVerb {
    /// Make an invitation: a link for one person
    Create {
        /// Days it holds
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=7))]
        days: Option<u8>,
        /// Whoever uses it is your friend at once
        #[arg(long)]
        auto_accept: bool,
    },
    /// List your invitations
    List,
    /// Make an invitation useless
    Revoke {
        /// Its id, or the beginning of it
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Use an invitation that somebody gave you; its link is read from standard input
    Redeem,
}

/// Does it.
pub(crate) fn run(verb: &InviteVerb, shared: Shared) -> Result<Report, Failure> {
    let node = Node::of(shared)?;
    match verb {
        InviteVerb::Create { days, auto_accept } => create(&node, *days, *auto_accept),
        InviteVerb::List => list(&node),
        InviteVerb::Revoke { id } => revoke(&node, id),
        InviteVerb::Redeem => redeem(&node),
    }
}

fn create(node: &Node, days: Option<u8>, auto_accept: bool) -> Result<Report, Failure> {
    let mut body = json!({"auto_accept": auto_accept});
    if let Some(days) = days {
        body["days"] = json!(days);
    }
    let made = node.post("/invitations", &body)?;
    let link = made["web_link"].as_str().unwrap_or_else(|| text(&made, "/link")).to_owned();
    let until = moment(number(&made, "/expires_at"));
    let id = short(text(&made, "/id")).to_owned();
    Ok(Report::one(made, link)
        .ok(format!("For one person, until {until}. Take it back: openred invite revoke {id}")))
}

fn list(node: &Node) -> Result<Report, Failure> {
    let found = node.get("/invitations")?;
    let mut report = Report::new(found.clone());
    for invitation in items(&found) {
        let state = text(invitation, "/state");
        report = report.line(state == "open" || state == "used", line(invitation, state));
    }
    let none = items(&found).is_empty();
    Ok(if none { report.note("No invitations: make one with `openred invite create`.") } else { report })
}

fn line(invitation: &Value, state: &str) -> String {
    let id = short(text(invitation, "/id"));
    match invitation.pointer("/used_by/display_name").and_then(Value::as_str) {
        Some(name) => format!("{id}  used by {name}"),
        None => format!("{id}  {state}, until {}", moment(number(invitation, "/expires_at"))),
    }
}

fn revoke(node: &Node, said: &str) -> Result<Report, Failure> {
    let found = node.get("/invitations")?;
    let ids: Vec<&str> = items(&found).iter().map(|one| text(one, "/id")).collect();
    let fitting: Vec<&&str> = ids.iter().filter(|id| !said.is_empty() && id.starts_with(said)).collect();
    let [id] = fitting.as_slice() else {
        return Err(Failure::refused(format!("{} invitations begin with {said}.", fitting.len())));
    };
    node.delete(&format!("/invitations/{id}"))?;
    Ok(Report::one(json!({"id": id}), format!("{} is of no use to anybody now.", short(id))))
}

fn redeem(node: &Node) -> Result<Report, Failure> {
    let link = secret::read_line("Invitation (openred:i#… or https://…)")?;
    let answer = node.post("/invitations/redeem", &json!({"link": link.trim()}))?;
    let (name, id) = (text(&answer, "/display_name"), short(text(&answer, "/node_id")));
    let sent = text(&answer, "/state") == "sent";
    let line = if sent {
        format!("{id}  {name} was told.")
    } else {
        format!("{id}  {name} will be told as soon as both of you are online.")
    };
    Ok(Report::new(answer.clone()).line(sent, line))
}
