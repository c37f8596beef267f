//! With whom a conversation is: a person or a group.

use std::{fmt, str::FromStr};

use openred_core::ids::{Id16, IdError, NodeId};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    groups::store::{self as groups, Group},
    store::{self as chats, Chat},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::contacts::{self, person::Person, store as people},
};

/// The name of a conversation in the owner's API: the node id of the person, or the id of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatId {
    /// 64 hex digits.
    Person(NodeId),
    /// 22 characters of base64url.
    Group(Id16),
}

impl From<NodeId> for ChatId {
    fn from(id: NodeId) -> Self {
        Self::Person(id)
    }
}

impl From<&NodeId> for ChatId {
    fn from(id: &NodeId) -> Self {
        Self::Person(*id)
    }
}

impl From<Id16> for ChatId {
    fn from(id: Id16) -> Self {
        Self::Group(id)
    }
}

impl From<&Id16> for ChatId {
    fn from(id: &Id16) -> Self {
        Self::Group(*id)
    }
}

impl From<&Self> for ChatId {
    fn from(id: &Self) -> Self {
        *id
    }
}

impl FromStr for ChatId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self::Group).or_else(|_| text.parse().map(Self::Person))
    }
}

impl fmt::Display for ChatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for ChatId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Who is at the other end.
#[derive(Debug, Clone)]
pub enum With {
    /// One person.
    Person(Person),
    /// The members of a group.
    Group(Group),
}

impl With {
    /// `chats.person` of the conversation.
    pub fn number(&self) -> i64 {
        match self {
            Self::Person(person) => person.id,
            Self::Group(group) => group.partner(),
        }
    }

    /// Its name in the API.
    pub fn id(&self) -> ChatId {
        match self {
            Self::Person(person) => ChatId::Person(person.node_id),
            Self::Group(group) => ChatId::Group(group.group),
        }
    }

    /// Whether this person is in it, the owner included.
    pub fn is_with(&self, work: &Work<'_, '_>, who: &NodeId) -> Result<bool, NodeError> {
        if *who == work.me.node_id {
            return Ok(true);
        }
        match self {
            Self::Person(person) => Ok(person.node_id == *who),
            Self::Group(group) => match people::find(work.tx, work.seal, who)? {
                Some(person) => Ok(groups::is_in(work.tx, group.id, person.id)?),
                None => Ok(false),
            },
        }
    }

    /// How it is called; never empty.
    pub fn title(&self) -> String {
        match self {
            Self::Person(person) => person.shown_name(),
            Self::Group(group) => group.facts.name.clone(),
        }
    }

    /// Whether the owner may write.
    ///
    /// # Errors
    /// [`NodeError::Refused`] says why not.
    pub fn may_write(&self) -> Result<(), NodeError> {
        match self {
            Self::Person(person) if !person.is_friend() => {
                Err(NodeError::Refused("you are not friends any more"))
            }
            Self::Group(group) if !group.facts.member || group.facts.leaving => {
                Err(NodeError::Refused("you are not in this group any more"))
            }
            Self::Person(_) | Self::Group(_) => Ok(()),
        }
    }

    /// The other end of a conversation; none when nothing is known of them any more.
    pub fn of(work: &Work<'_, '_>, chat: &Chat) -> Result<Option<Self>, NodeError> {
        Ok(if chat.is_group() {
            groups::get(work.tx, work.seal, -chat.person)?
                .filter(|group| !group.facts.circle)
                .map(Self::Group)
        } else {
            people::get(work.tx, work.seal, chat.person)?.map(Self::Person)
        })
    }

    /// By the name in the API.
    ///
    /// # Errors
    /// [`NodeError::Unknown`].
    pub fn named(work: &Work<'_, '_>, id: ChatId) -> Result<Self, NodeError> {
        match id {
            ChatId::Person(id) => contacts::known(work, &id).map(Self::Person),
            ChatId::Group(id) => {
                let group = groups::find(work.tx, work.seal, id)?.filter(|group| !group.facts.circle);
                group.map(Self::Group).ok_or(NodeError::Unknown("this group"))
            }
        }
    }
}

/// The conversation with somebody; none when it has not begun, and is not with a friend either.
pub(super) fn begun(work: &Work<'_, '_>, with: &With) -> Result<Option<Chat>, NodeError> {
    Ok(chats::with(work.tx, work.seal, with.number())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_named_by_a_person_or_a_group() {
        for id in [ChatId::Person(NodeId([7; 32])), ChatId::Group(Id16([7; 16]))] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert!("somebody".parse::<ChatId>().is_err());
    }
}
