//! People on a page: each is read once.

use std::collections::BTreeMap;

use super::{
    super::{audience::Visibility, own, posts::store::OWN},
    view::Author,
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        contacts::{
            person::{Following, Person},
            store as people,
        },
        profile,
    },
};

/// Somebody on a page.
#[derive(Debug, Clone)]
pub(super) struct Face {
    /// As shown.
    pub(super) author: Author,
    /// The owner blocked them.
    pub(super) blocked: bool,
    answer_public: bool,
    answer_friends: bool,
}

impl Face {
    /// Whether the owner may answer a post of theirs.
    pub(super) fn may_answer(&self, visibility: Visibility) -> bool {
        if visibility == Visibility::Public { self.answer_public } else { self.answer_friends }
    }

    fn of(person: &Person) -> Self {
        let avatar = person.details.avatar.as_ref();
        Self {
            author: Author {
                node_id: person.node_id.to_string(),
                username: person.username.clone(),
                display_name: person.shown_name(),
                avatar_url: avatar.map(|content| format!("/api/v1/avatars/{}", content.content_id)),
                relationship: relationship(person),
            },
            blocked: person.is_blocked(),
            answer_public: own::may_answer(person, Visibility::Public),
            answer_friends: own::may_answer(person, Visibility::Friends),
        }
    }
}

fn relationship(person: &Person) -> &'static str {
    if person.is_blocked() {
        "blocked"
    } else if person.is_friend() {
        "friend"
    } else if person.following == Following::Yes {
        "following"
    } else if person.is_follower() {
        "follower"
    } else {
        "none"
    }
}

/// The people of one page, by `connections.id`.
#[derive(Debug, Default)]
pub(super) struct Faces(BTreeMap<i64, Face>);

impl Faces {
    /// Somebody, read at the first question.
    pub(super) fn get(&mut self, work: &Work<'_, '_>, id: i64) -> Result<&Face, NodeError> {
        let face = match self.0.remove(&id) {
            Some(face) => face,
            None if id == OWN => owner(work)?,
            None => people::get(work.tx, work.seal, id)?.map_or_else(nobody, |person| Face::of(&person)),
        };
        Ok(self.0.entry(id).or_insert(face))
    }
}

fn owner(work: &Work<'_, '_>) -> Result<Face, NodeError> {
    let profile = profile::store::get(work.tx, work.seal)?.ok_or(NodeError::NotSetUp)?;
    let author = Author {
        node_id: profile.node_id,
        username: profile.username,
        display_name: profile.display_name,
        avatar_url: profile.avatar.map(|content| format!("/api/v1/avatars/{}", content.content_id)),
        relationship: "self",
    };
    Ok(Face { author, blocked: false, answer_public: true, answer_friends: true })
}

/// A row that is gone.
fn nobody() -> Face {
    let author = Author {
        node_id: String::new(),
        username: String::new(),
        display_name: "?".to_owned(),
        avatar_url: None,
        relationship: "none",
    };
    Face { author, blocked: false, answer_public: false, answer_friends: false }
}
