//! Notifications: what happened that the owner would like to know. Rules only; SQL is in `store`, HTTP in `http`.
//! Knows nothing of who causes them.

pub mod http;
pub mod store;
#[cfg(test)]
mod tests;
mod words;

use openred_core::ids::Hash;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{deps::Work, error::NodeError, events::Kind};

/// Notifications kept at most.
const ROWS_MAX: i64 = 1_000;
/// Characters of text kept with a notification.
const TEXT_CHARS_MAX: usize = 140;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
    /// Somebody else tried an invitation of the owner after it was redeemed.
    InvitationTried,
    /// A person's keys were replaced by their recovery words.
    IdentityChanged,
    /// Two different histories of one identity were shown.
    IdentityFork,
    /// The owner's own identity is in use on another node: this one has stopped sending.
    IdentityElsewhere,
    /// A person came back without the shared secret.
    MetAgain,
    /// Something could not be delivered for good.
    DeliveryFailed,
    /// A contact asked the owner to confirm something.
    Challenge,
    /// Somebody wrote in a conversation: one for all that the owner has not read there.
    Message,
    /// Somebody named the owner in a conversation, in place of `message` until that is read.
    Mention,
    /// Somebody offers a file, outside conversations.
    FileOffer,
    /// Somebody asks to come into a group by a link of the owner's.
    GroupAsking,
}

impl What {
    const ALL: [Self; 18] = [
        Self::FriendRequest,
        Self::FriendAccepted,
        Self::Comment,
        Self::Reaction,
        Self::Introduction,
        Self::AccessRequest,
        Self::InvitationUsed,
        Self::InvitationTried,
        Self::IdentityChanged,
        Self::IdentityFork,
        Self::IdentityElsewhere,
        Self::MetAgain,
        Self::DeliveryFailed,
        Self::Challenge,
        Self::Message,
        Self::Mention,
        Self::FileOffer,
        Self::GroupAsking,
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
            Self::InvitationTried => "invitation_tried",
            Self::IdentityChanged => "identity_changed",
            Self::IdentityFork => "identity_fork",
            Self::IdentityElsewhere => "identity_elsewhere",
            Self::MetAgain => "met_again",
            Self::DeliveryFailed => "delivery_failed",
            Self::Challenge => "challenge",
            Self::Message => "message",
            Self::Mention => "mention",
            Self::FileOffer => "file_offer",
            Self::GroupAsking => "group_asking",
        }
    }

    /// Reads the table's text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == text)
    }
}

/// What there is to say beside who and where: the app puts it into words of the owner's language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Params {
    /// What somebody wrote: the beginning of a comment, a reaction, a note.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// Name of the friend who introduces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Number of the entry that two signed differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u32>,
    /// Of a conversation: its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// Messages that it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Of a mention: number of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Number of the offer of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<i64>,
    /// Name of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Params {
    /// Words of somebody, cut at 140 characters.
    pub fn words(words: &str) -> Self {
        Self { words: words.chars().take(TEXT_CHARS_MAX).collect(), ..Self::default() }
    }
}

/// Notes that something happened. `actor` is a `connections.id`, `post` the post it is about, `words` what they wrote
/// (cut at 140 characters). The oldest rows beyond 1,000 go.
pub fn add(
    work: &Work<'_, '_>,
    what: What,
    actor: Option<i64>,
    post: Option<Hash>,
    words: &str,
) -> Result<(), NodeError> {
    add_with(work, what, actor, post, &Params::words(words))
}

/// The same with more to say.
pub fn add_with(
    work: &Work<'_, '_>,
    what: What,
    actor: Option<i64>,
    post: Option<Hash>,
    params: &Params,
) -> Result<(), NodeError> {
    let id = store::insert(work.tx, work.seal, (what, actor, post, params), work.now)?;
    store::keep_newest(work.tx, id - ROWS_MAX)?;
    work.tell(Kind::Notification, json!({"id": id.to_string()}));
    Ok(())
}

/// Notes something of which only the newest counts: what was said before about the same subject (a number of the caller's)
/// goes.
pub fn renew(
    work: &Work<'_, '_>,
    about: (What, i64),
    actor: Option<i64>,
    params: &Params,
) -> Result<(), NodeError> {
    let id = store::renew(work.tx, work.seal, about, (actor, params), work.now)?;
    store::keep_newest(work.tx, id - ROWS_MAX)?;
    work.tell(Kind::Notification, json!({"id": id.to_string()}));
    Ok(())
}

/// Says otherwise what was noted about a subject, if it still stands.
pub fn amend(
    work: &Work<'_, '_>,
    about: (What, i64),
    actor: Option<i64>,
    params: &Params,
) -> Result<(), NodeError> {
    if let Some(id) = store::amend(work.tx, work.seal, about, (actor, params))? {
        work.tell(Kind::Notification, json!({"id": id.to_string()}));
    }
    Ok(())
}

/// What the notification about a subject says, if it stands.
pub fn params(work: &Work<'_, '_>, (what, subject): (What, i64)) -> Result<Option<Params>, NodeError> {
    Ok(store::params_about(work.tx, work.seal, what, subject)?)
}

/// What was noted about a subject is over.
pub fn gone(work: &Work<'_, '_>, (what, subject): (What, i64)) -> Result<(), NodeError> {
    if let Some(id) = store::drop_about(work.tx, what, subject)? {
        work.tell(Kind::Notification, json!({"gone": id.to_string()}));
    }
    Ok(())
}

/// Marks everything up to and with `upto` as read.
pub fn read_upto(work: &Work<'_, '_>, upto: i64) -> Result<(), NodeError> {
    if store::mark_read(work.tx, upto)? > 0 {
        work.tell(Kind::Notification, json!({"read": upto.to_string()}));
    }
    Ok(())
}
