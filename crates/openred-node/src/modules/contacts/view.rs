//! A person as the owner's app shows them. Reads rows; changes nothing.

use openred_core::{
    call::Listed,
    ids::NodeId,
    payload::Content,
    safety::{SafetyCode, SafetyNumber},
};
use openred_service::database::{DbError, Tx};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    person::{Following, Person, Relationship, Status},
    store,
};
use crate::{delivery::store as delivery, deps::Work, error::NodeError, modules::identity, net::Network};

/// Seen within this time counts as reachable of late.
const RECENTLY_MS: u64 = 86_400_000;

/// A link of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkView {
    /// Shown; the host of the address.
    #[serde(default)]
    pub label: String,
    /// `https://…`.
    pub url: String,
}

/// Somebody, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Face {
    /// 64 hex digits.
    pub node_id: String,
    /// To show.
    pub display_name: String,
}

/// Somebody.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonView {
    /// 64 hex digits.
    pub node_id: String,
    /// `[a-z0-9_]{1,32}`, or empty.
    pub username: String,
    /// To show; never empty.
    pub display_name: String,
    /// About them.
    pub bio: String,
    /// On this node.
    pub avatar_url: Option<String>,
    /// Of their profile.
    pub links: Vec<LinkView>,
    /// `none friend follower following blocked`.
    pub relationship: &'static str,
    /// `none pending_out pending_in accepted rejected`.
    pub status: &'static str,
    /// `confirmed` by themselves, `unconfirmed`, or `conflict` when directories differ.
    pub name_state: &'static str,
    /// The friend who introduced them.
    pub introduced_by: Option<Face>,
    /// The owner compared the safety number.
    pub verified: bool,
    /// Unix ms.
    pub last_seen_at: Option<u64>,
    /// `now recently waiting unknown`.
    pub reachable: &'static str,
    /// Of a request.
    pub note: Option<String>,
    /// Their key was replaced, and the owner has not compared since (unix ms).
    pub identity_changed_at: Option<u64>,
}

/// The number that both compare.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SafetyView {
    /// Twelve groups of five.
    pub digits: Vec<String>,
    /// Sixteen symbols.
    pub emoji: Vec<&'static str>,
    /// Head of their log.
    pub head: String,
    /// What this node shows for the other to scan: `openred:v#…`; as a picture at `/people/{node_id}/code`.
    pub code: String,
}

/// Shows a row.
pub fn person(work: &Work<'_, '_>, net: &Network, person: &Person) -> Result<PersonView, NodeError> {
    let introduced_by = match &person.details.introduced_by {
        Some(id) => store::find(work.tx, work.seal, id)?.map(|by| face(&by)),
        None => None,
    };
    let (relationship, status) = relation(person);
    let details = &person.details;
    Ok(PersonView {
        node_id: person.node_id.to_string(),
        username: person.username.clone(),
        display_name: person.shown_name(),
        bio: details.bio.clone(),
        avatar_url: details.avatar.as_ref().map(avatar_url),
        links: details.links.iter().map(|url| link(url)).collect(),
        relationship,
        status,
        name_state: name_state(person),
        introduced_by,
        verified: details.verified,
        last_seen_at: person.last_seen_at,
        reachable: reachable(work, net, person)?,
        note: Some(details.note.clone()).filter(|note| !note.is_empty()),
        identity_changed_at: details.identity_changed_at,
    })
}

/// Shows somebody whom only a directory knows.
pub fn stranger(listed: &Listed, net: &Network, conflict: bool) -> PersonView {
    let id = listed.node_id.to_string();
    let username = listed.username.clone().unwrap_or_default();
    let name = listed.display_name.clone().filter(|n| !n.is_empty());
    let named = name.or_else(|| Some(username.clone()).filter(|n| !n.is_empty()));
    PersonView {
        display_name: named.unwrap_or_else(|| id[..8].to_owned()),
        username,
        bio: String::new(),
        avatar_url: None,
        links: Vec::new(),
        relationship: "none",
        status: "none",
        name_state: if conflict { "conflict" } else { "unconfirmed" },
        introduced_by: None,
        verified: false,
        last_seen_at: Some(listed.last_seen * 1_000).filter(|at| *at > 0),
        reachable: if net.is_connected(&listed.node_id) { "now" } else { "unknown" },
        note: None,
        identity_changed_at: None,
        node_id: id,
    }
}

/// Name and id.
pub fn face(person: &Person) -> Face {
    Face { node_id: person.node_id.to_string(), display_name: person.shown_name() }
}

/// Where this node serves a picture.
pub fn avatar_url(avatar: &Content) -> String {
    format!("/api/v1/avatars/{}", avatar.content_id)
}

/// A link with its host as label.
pub fn link(url: &str) -> LinkView {
    let host = url::Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned));
    LinkView { label: host.unwrap_or_else(|| url.to_owned()), url: url.to_owned() }
}

/// The number of the owner and this person; none until both logs are known.
pub fn safety(work: &Work<'_, '_>, person: &Person) -> Result<Option<SafetyView>, NodeError> {
    let Some(code) = code(work, person)? else { return Ok(None) };
    let (own, theirs) = (code.own, code.other);
    let number = SafetyNumber::between((&own.0, &own.1), (&theirs.0, &theirs.1));
    Ok(Some(SafetyView {
        digits: number.to_string().split(' ').map(str::to_owned).collect(),
        emoji: number.emoji.to_vec(),
        head: theirs.1.to_string(),
        code: code.to_string(),
    }))
}

/// What this node knows of the keys of both; none until both logs are known.
pub fn code(work: &Work<'_, '_>, person: &Person) -> Result<Option<SafetyCode>, NodeError> {
    let pin = store::pin_of(work.tx, work.seal, person)?;
    let (Some(theirs), Some(own)) = (pin.log(), own_head(work.tx)?) else { return Ok(None) };
    Ok(Some(SafetyCode { own, other: (person.node_id, theirs.head()) }))
}

fn own_head(tx: &Tx<'_>) -> Result<Option<(NodeId, openred_core::ids::Hash)>, DbError> {
    Ok(identity::log(tx)?.map(|log| (log.node_id(), log.head())))
}

fn relation(person: &Person) -> (&'static str, &'static str) {
    match (person.relationship, person.status, person.following) {
        (Relationship::Blocked, ..) => ("blocked", "none"),
        (Relationship::Friend, Status::PendingIn | Status::PendingOut | Status::Accepted, _) => {
            ("friend", person.status.as_str())
        }
        (_, _, Following::Yes) => ("following", "accepted"),
        (_, _, Following::Pending) => ("following", "pending_out"),
        (Relationship::Follower, Status::Accepted, _) => ("follower", "accepted"),
        (_, Status::Rejected, _) => ("none", "rejected"),
        _ => ("none", "none"),
    }
}

fn name_state(person: &Person) -> &'static str {
    if person.details.name_conflict {
        "conflict"
    } else if person.details.name_confirmed || person.details.verified {
        "confirmed"
    } else {
        "unconfirmed"
    }
}

fn reachable(work: &Work<'_, '_>, net: &Network, person: &Person) -> Result<&'static str, NodeError> {
    if net.is_connected(&person.node_id) {
        return Ok("now");
    }
    if delivery::waits_for(work.tx, person.id)? {
        return Ok("waiting");
    }
    let recent = person.last_seen_at.is_some_and(|at| work.now.saturating_sub(at) < RECENTLY_MS);
    Ok(if recent { "recently" } else { "unknown" })
}
