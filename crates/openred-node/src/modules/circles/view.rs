//! Circles as the owner's app shows them. Reads rows; changes nothing.

use openred_core::ids::{Id16, NodeId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    group, own,
    store::{self, Circle, OWN},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::groups::{
            changes::store::{self as changes, What},
            own as groups, people_of, store as rows,
        },
        contacts::store as people,
    },
};

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CirclePerson {
    /// 64 hex digits.
    pub node_id: String,
    /// `[a-z0-9_]{1,32}`, or empty.
    pub username: String,
    /// To show; never empty.
    pub display_name: String,
    /// On this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// `in`; `adding`: a key of theirs is awaited, then they are given what was posted meanwhile; `removing`.
    pub state: &'static str,
}

/// A list of friends, to whom alone some posts are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CircleView {
    /// 22 characters of base64url.
    pub id: String,
    /// The owner's alone.
    pub name: String,
    /// How many people are on it; the owner is not counted.
    pub count: usize,
    /// Unix ms.
    pub created_at: u64,
    /// Who they are, by name; in a list of circles left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<CirclePerson>>,
}

/// The owner's circles, the oldest first.
///
/// # Errors
/// What the tables say.
pub fn list(work: &Work<'_, '_>) -> Result<Vec<CircleView>, NodeError> {
    let held = store::of(work.tx, work.seal, OWN, own::CIRCLES_MAX)?;
    held.iter().map(|circle| short(work, circle)).collect()
}

fn short(work: &Work<'_, '_>, circle: &Circle) -> Result<CircleView, NodeError> {
    Ok(CircleView {
        id: circle.circle.to_string(),
        name: circle.name.clone(),
        count: people_of(work, &group(work, circle)?)?.len(),
        created_at: circle.created_at,
        people: None,
    })
}

/// One, with its people.
///
/// # Errors
/// [`NodeError::Unknown`].
pub fn circle(work: &Work<'_, '_>, id: Id16) -> Result<CircleView, NodeError> {
    let circle = own::own(work, id)?;
    let group = group(work, &circle)?;
    let coming = groups::coming(work, &group)?;
    let mut going = Vec::new();
    for change in changes::of(work.tx, work.seal, group.id)? {
        if let What::Remove(who) = change.what {
            going.extend(who);
        }
    }
    let mut shown = Vec::new();
    for member in rows::members(work.tx, group.id)? {
        if let Some(person) = people::get(work.tx, work.seal, member.person)? {
            let state = if going.contains(&person.node_id) { "removing" } else { "in" };
            shown.extend(face(work, &person.node_id, state)?);
        }
    }
    for id in &coming {
        shown.extend(face(work, id, "adding")?);
    }
    shown.sort_by_cached_key(|one| (one.display_name.to_lowercase(), one.node_id.clone()));
    Ok(CircleView { people: Some(shown), ..short(work, &circle)? })
}

fn face(work: &Work<'_, '_>, id: &NodeId, state: &'static str) -> Result<Option<CirclePerson>, NodeError> {
    let Some(person) = people::find(work.tx, work.seal, id)? else { return Ok(None) };
    let avatar = person.details.avatar.as_ref();
    Ok(Some(CirclePerson {
        node_id: id.to_string(),
        username: person.username.clone(),
        display_name: person.shown_name(),
        avatar_url: avatar.map(|content| format!("/api/v1/avatars/{}", content.content_id)),
        state,
    }))
}
