//! Notifications: what happened that the owner would like to know. Rules only; SQL is in `store`, HTTP in `http`.
//! Knows nothing of who causes them.

pub mod http;
pub mod store;
#[cfg(test)]
mod tests;

use openred_core::ids::Hash;
use serde_json::json;

use crate::{deps::Work, error::NodeError, events::Kind};

/// Notifications kept at most.
const ROWS_MAX: i64 = 1_000;
/// Characters of text kept with a notification.
const TEXT_CHARS_MAX: usize = 140;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Somebody asks to become friends.
    FriendRequest,
    /// A friendship began.
    FriendAccepted,
    /// A comment on a post of the owner, or an answer to a comment of theirs.
    Comment,
    /// A reaction to something of the owner.
    Reaction,
    /// A friend introduces somebody.
    Introduction,
    /// Somebody asks to see a post.
    AccessRequest,
    /// An invitation of the owner was redeemed.
    InvitationUsed,
    /// A person's keys were replaced by their recovery words.
    IdentityChanged,
    /// Two different histories of one identity were shown.
    IdentityFork,
    /// A person came back without the shared secret.
    MetAgain,
    /// Something could not be delivered for good.
    DeliveryFailed,
}

impl What {
    const ALL: [Self; 11] = [
        Self::FriendRequest,
        Self::FriendAccepted,
        Self::Comment,
        Self::Reaction,
        Self::Introduction,
        Self::AccessRequest,
        Self::InvitationUsed,
        Self::IdentityChanged,
        Self::IdentityFork,
        Self::MetAgain,
        Self::DeliveryFailed,
    ];

    /// The stable name, in the table and in the owner's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FriendRequest => "friend_request",
            Self::FriendAccepted => "friend_accepted",
            Self::Comment => "comment",
            Self::Reaction => "reaction",
            Self::Introduction => "introduction",
            Self::AccessRequest => "access_request",
            Self::InvitationUsed => "invitation_used",
            Self::IdentityChanged => "identity_changed",
            Self::IdentityFork => "identity_fork",
            Self::MetAgain => "met_again",
            Self::DeliveryFailed => "delivery_failed",
        }
    }

    /// Reads the table's text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == text)
    }
}

/// Notes that something happened. `actor` is a `connections.id`, `post` the post it is about, `text` a few words of
/// it (cut at 140 characters). The oldest rows beyond 1,000 go.
pub fn add(
    work: &Work<'_, '_>,
    what: What,
    actor: Option<i64>,
    post: Option<Hash>,
    text: &str,
) -> Result<(), NodeError> {
    let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
    let id = store::insert(work.tx, work.seal, (what, actor, post, &text), work.now)?;
    store::keep_newest(work.tx, id - ROWS_MAX)?;
    work.tell(Kind::Notification, json!({"id": id.to_string()}));
    Ok(())
}

/// Marks everything up to and with `upto` as read.
pub fn read_upto(work: &Work<'_, '_>, upto: i64) -> Result<(), NodeError> {
    if store::mark_read(work.tx, upto)? > 0 {
        work.tell(Kind::Notification, json!({"read": upto.to_string()}));
    }
    Ok(())
}
