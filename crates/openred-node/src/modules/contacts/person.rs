//! What this node knows of a person, and the relations two nodes can have.

use openred_core::{
    ids::{Hash, NodeId},
    payload::Content,
};
use serde::{Deserialize, Serialize};

/// How a person stands to the owner (S1 `connections.relationship_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relationship {
    /// Met, but nothing agreed.
    None,
    /// Friends, or a request to become friends (see [`Status`]).
    Friend,
    /// They follow the owner.
    Follower,
    /// Refused silently in everything.
    Blocked,
}

impl Relationship {
    /// The text in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Friend => "friend",
            Self::Follower => "follower",
            Self::Blocked => "blocked",
        }
    }

    /// Reads the table's text; anything unknown is `None`.
    pub fn from_text(text: &str) -> Self {
        match text {
            "friend" => Self::Friend,
            "follower" => Self::Follower,
            "blocked" => Self::Blocked,
            _ => Self::None,
        }
    }
}

/// Where a relation stands (S1 `connections.status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing asked.
    None,
    /// The owner asked and waits.
    PendingOut,
    /// They asked; the owner decides.
    PendingIn,
    /// Agreed.
    Accepted,
    /// Refused by one of both.
    Rejected,
}

impl Status {
    /// The text in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PendingOut => "pending_out",
            Self::PendingIn => "pending_in",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Reads the table's text; anything unknown is `None`.
    pub fn from_text(text: &str) -> Self {
        match text {
            "pending_out" => Self::PendingOut,
            "pending_in" => Self::PendingIn,
            "accepted" => Self::Accepted,
            "rejected" => Self::Rejected,
            _ => Self::None,
        }
    }
}

/// Whether the owner follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// Not.
    No,
    /// Asked.
    Pending,
    /// Agreed: their public posts come.
    Yes,
}

impl Following {
    /// The text in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "none",
            Self::Pending => "pending",
            Self::Yes => "accepted",
        }
    }

    /// Reads the table's text.
    pub fn from_text(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "accepted" => Self::Yes,
            _ => Self::No,
        }
    }
}

/// The sealed part of a person's row. Missing members read as their defaults, so that older rows stay good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Name they show, at most 64 characters.
    pub display_name: String,
    /// About them.
    pub bio: String,
    /// `https://` links of their profile.
    pub links: Vec<String>,
    /// Picture, as content to fetch (Annex A.2).
    pub avatar: Option<Content>,
    /// Note of a waiting request.
    pub note: String,
    /// Who introduced them.
    pub introduced_by: Option<NodeId>,
    /// The owner compared the safety number.
    pub verified: bool,
    /// A directory answered another id for the same name.
    pub name_conflict: bool,
    /// They confirmed the name themselves, by a session.
    pub name_confirmed: bool,
    /// Their log grew at this time (unix ms).
    pub identity_changed_at: Option<u64>,
    /// Message that asked, to answer it.
    pub request: Option<Hash>,
    /// Directories that know them (URLs).
    pub directories: Vec<String>,
    /// `profile` timestamp of the newest activity_update taken (unix ms).
    pub profile_at: u64,
}

/// A person's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `connections.id`.
    pub id: i64,
    /// Their node.
    pub node_id: NodeId,
    /// User name as last told.
    pub username: String,
    /// API address as last told, may be empty.
    pub server_url: String,
    /// See [`Relationship`].
    pub relationship: Relationship,
    /// See [`Status`].
    pub status: Status,
    /// See [`Following`].
    pub following: Following,
    /// Row made at (unix ms).
    pub created_at: u64,
    /// Row changed at (unix ms).
    pub updated_at: u64,
    /// The sealed rest.
    pub details: Details,
    /// Last sign of life (unix ms).
    pub last_seen_at: Option<u64>,
}

impl Person {
    /// Friends, agreed by both.
    pub fn is_friend(&self) -> bool {
        self.relationship == Relationship::Friend && self.status == Status::Accepted
    }

    /// They follow the owner (friends do not count here).
    pub fn is_follower(&self) -> bool {
        self.relationship == Relationship::Follower && self.status == Status::Accepted
    }

    /// Refused in everything.
    pub fn is_blocked(&self) -> bool {
        self.relationship == Relationship::Blocked
    }

    /// A contact: friend, follower, or followed; sessions with contacts leave the request lane.
    pub fn is_contact(&self) -> bool {
        self.is_friend() || self.is_follower() || (self.following == Following::Yes && !self.is_blocked())
    }

    /// Whether something was agreed, asked, introduced or compared; neighbours of the overlay are merely met.
    pub fn is_more_than_met(&self) -> bool {
        self.relationship != Relationship::None
            || self.status != Status::None
            || self.following != Following::No
            || self.details.verified
            || self.details.introduced_by.is_some()
    }

    /// The name to show: display name, else user name, else the first eight digits of the id.
    pub fn shown_name(&self) -> String {
        if !self.details.display_name.is_empty() {
            self.details.display_name.clone()
        } else if !self.username.is_empty() {
            self.username.clone()
        } else {
            self.node_id.to_string()[..8].to_owned()
        }
    }
}
