//! Groups as the owner's app shows them. Reads rows; changes nothing.

use openred_core::ids::{Id16, NodeId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    changes::store::{self as changes, What},
    heard,
    links::store as links,
    own,
    store::{self as groups, Group, Member},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::messages::store::OWN,
        contacts::{person::Person, store as people},
        profile,
    },
};

/// Somebody in a group, or in a line about one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupPerson {
    /// 64 hex digits.
    pub node_id: String,
    /// To show; never empty.
    pub display_name: String,
    /// The owner.
    pub me: bool,
}

/// A member.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberView {
    /// 64 hex digits.
    pub node_id: String,
    /// `[a-z0-9_]{1,32}`, or empty.
    pub username: String,
    /// To show; never empty.
    pub display_name: String,
    /// On this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// `admin` or `member`.
    pub role: &'static str,
    /// The owner.
    pub me: bool,
    /// A friend of the owner.
    pub friend: bool,
    /// Who added them, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_by: Option<GroupPerson>,
    /// When, unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_at: Option<u64>,
    /// `member`, `adding` (not in yet), `removing` (on the way out).
    pub state: &'static str,
}

/// Whose node puts changes in order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SequencerView {
    /// 64 hex digits.
    pub node_id: String,
    /// To show; never empty.
    pub display_name: String,
    /// The owner's own.
    pub me: bool,
    /// It confirmed two changes where there can be one: do not rely on it.
    pub lied: bool,
}

/// A change that is not in the group yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaitingView {
    /// `add`, `remove`, `rename`, `role`.
    pub what: &'static str,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<GroupPerson>,
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Since when, unix ms.
    pub since: u64,
}

/// A group.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GroupView {
    /// 22 characters.
    pub id: String,
    /// One line.
    pub name: String,
    /// The owner's: `admin`, `member`, or `none` (left or removed).
    pub role: &'static str,
    /// Whether the owner may add, remove, rename and set roles.
    pub may_change: bool,
    /// Nobody is administrator: everybody may.
    pub everybody_changes: bool,
    /// Who is in it, and who is about to be.
    pub members: Vec<MemberView>,
    /// Whose nodes put changes in order, the first to be asked first.
    pub sequencers: Vec<SequencerView>,
    /// The owner's changes that are not in the group yet.
    pub waiting: Vec<WaitingView>,
    /// Who asks to come in by a link of the owner's, and waits for an answer.
    pub asking: Vec<GroupPerson>,
    /// When the owner came in, unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<u64>,
}

/// A group of the owner.
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn group(work: &Work<'_, '_>, id: Id16) -> Result<GroupView, NodeError> {
    let group = own::known(work, id)?;
    let facts = &group.facts;
    let held = groups::members(work.tx, group.id)?;
    let wanted = changes::of(work.tx, work.seal, group.id)?;
    let going: Vec<NodeId> = wanted
        .iter()
        .flat_map(|change| match &change.what {
            What::Remove(who) => who.clone(),
            What::Add(_) | What::Rename(_) | What::Role { .. } | What::Update => Vec::new(),
        })
        .collect();
    let mut members = Vec::with_capacity(held.len());
    for one in &held {
        if let Some(face) = face(work, one.person)? {
            let is_going = going.contains(&face.node_id) || heard::is_leaving(&group, &face.node_id);
            members.push(member(work, &group, one, face, if is_going { "removing" } else { "member" })?);
        }
    }
    for id in own::coming(work, &group)? {
        if let Some(person) = people::find(work.tx, work.seal, &id)? {
            let new = Member { person: person.id, added_by: None, added_at: None };
            members.push(member(work, &group, &new, Face::of(&person), "adding")?);
        }
    }
    let me = work.me.node_id;
    let role = if facts.admins.contains(&me) { "admin" } else { "member" };
    let mut sequencers = Vec::new();
    for id in &facts.sequencers {
        let GroupPerson { node_id, display_name, me } = person(work, id)?;
        sequencers.push(SequencerView { node_id, display_name, me, lied: facts.liars.contains(id) });
    }
    let mut waiting = Vec::new();
    for change in wanted {
        if !is_in_force(work, &group, &held, &change.what)? {
            waiting.extend(waiting_view(work, &change)?);
        }
    }
    let mut asking = Vec::new();
    for number in links::waiting(work.tx, group.id)? {
        if let Some(who) = people::get(work.tx, work.seal, number)? {
            asking.push(person(work, &who.node_id)?);
        }
    }
    Ok(GroupView {
        asking,
        id: group.group.to_string(),
        name: facts.name.clone(),
        role: if facts.member { role } else { "none" },
        may_change: facts.member && !facts.leaving && facts.may_change(&me),
        everybody_changes: facts.admins.is_empty(),
        joined_at: held.iter().find(|one| one.person == OWN).and_then(|one| one.added_at),
        members,
        sequencers,
        waiting,
    })
}

/// Somebody by name.
///
/// # Errors
/// What the tables say.
pub fn person(work: &Work<'_, '_>, id: &NodeId) -> Result<GroupPerson, NodeError> {
    let me = *id == work.me.node_id;
    let display_name = if me {
        own_name(work)?
    } else {
        let person = people::find(work.tx, work.seal, id)?;
        person.map_or_else(|| id.to_string()[..8].to_owned(), |person| person.shown_name())
    };
    Ok(GroupPerson { node_id: id.to_string(), display_name, me })
}

fn own_name(work: &Work<'_, '_>) -> Result<String, NodeError> {
    let profile = profile::store::get(work.tx, work.seal)?;
    Ok(profile.map_or_else(|| work.me.username.clone(), |profile| profile.display_name))
}

/// What is shown of a person.
struct Face {
    node_id: NodeId,
    username: String,
    display_name: String,
    avatar_url: Option<String>,
    me: bool,
    friend: bool,
}

impl Face {
    fn of(person: &Person) -> Self {
        let avatar = person.details.avatar.as_ref();
        Self {
            node_id: person.node_id,
            username: person.username.clone(),
            display_name: person.shown_name(),
            avatar_url: avatar.map(|content| format!("/api/v1/avatars/{}", content.content_id)),
            me: false,
            friend: person.is_friend(),
        }
    }
}

fn face(work: &Work<'_, '_>, number: i64) -> Result<Option<Face>, NodeError> {
    if number != OWN {
        return Ok(people::get(work.tx, work.seal, number)?.map(|person| Face::of(&person)));
    }
    let (node_id, username) = (work.me.node_id, work.me.username.clone());
    let display_name = own_name(work)?;
    Ok(Some(Face { node_id, username, display_name, avatar_url: None, me: true, friend: false }))
}

fn member(
    work: &Work<'_, '_>,
    group: &Group,
    held: &Member,
    face: Face,
    state: &'static str,
) -> Result<MemberView, NodeError> {
    let by = match held.added_by {
        Some(OWN) => Some(work.me.node_id),
        Some(number) => people::get(work.tx, work.seal, number)?.map(|person| person.node_id),
        None => None,
    };
    Ok(MemberView {
        node_id: face.node_id.to_string(),
        username: face.username,
        display_name: face.display_name,
        avatar_url: face.avatar_url,
        role: if group.facts.admins.contains(&face.node_id) { "admin" } else { "member" },
        me: face.me,
        friend: face.friend,
        added_by: by.map(|by| person(work, &by)).transpose()?,
        added_at: held.added_at,
        state,
    })
}

/// Whether a change shows already: it may still lose its place, and is made again then.
fn is_in_force(work: &Work<'_, '_>, group: &Group, held: &[Member], what: &What) -> Result<bool, NodeError> {
    let is_in = |id: &NodeId| -> Result<bool, NodeError> {
        let person = people::find(work.tx, work.seal, id)?;
        Ok(person.is_some_and(|person| held.iter().any(|one| one.person == person.id)))
    };
    Ok(match what {
        What::Add(new) => {
            let mut all = true;
            for one in new {
                all = all && is_in(&one.person)?;
            }
            all
        }
        What::Remove(who) => {
            let mut none = true;
            for id in who {
                none = none && !is_in(id)?;
            }
            none
        }
        What::Rename(name) => group.facts.name == *name,
        What::Role { person, admin } => group.facts.admins.contains(person) == *admin,
        What::Update => true,
    })
}

fn waiting_view(work: &Work<'_, '_>, change: &changes::Change) -> Result<Option<WaitingView>, NodeError> {
    let since = change.since_at;
    let (what, people, name) = match &change.what {
        What::Add(new) => ("add", new.iter().map(|one| one.person).collect(), None),
        What::Remove(who) => ("remove", who.clone(), None),
        What::Rename(name) => ("rename", Vec::new(), Some(name.clone())),
        What::Role { person, .. } => ("role", vec![*person], None),
        What::Update => return Ok(None),
    };
    let people = people.iter().map(|id| person(work, id)).collect::<Result<_, _>>()?;
    Ok(Some(WaitingView { what, people, name, since }))
}
