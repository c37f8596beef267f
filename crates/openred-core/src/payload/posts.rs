//! Payloads on walls: posts, comments, reactions (PROTOCOL A.2).

use serde::{Deserialize, Serialize};

use super::{Bounded, Content, Media, PayloadError, bound};
use crate::ids::Hash;

/// Longest text of a post or comment in characters; longer ones are content, and this is their preview.
pub const TEXT_CHARS_MAX: usize = 280;

/// Most message_ids in `parents` (PROTOCOL §2).
pub const PARENTS_MAX: usize = 8;

/// Most pictures of a post.
const MEDIA_MAX: usize = 16;

/// Longest reaction in bytes.
const REACTION_BYTES_MAX: usize = 16;

/// Who a post is for. Private posts never leave the node, so that they have no word here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Friends of the author.
    Friends,
    /// Some of them.
    Circle,
}

/// `post_share`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostShare {
    /// Who it is for.
    pub visibility: Visibility,
    /// The whole text, or the preview of `content`; at most 280 characters.
    pub text: String,
    /// The whole text where it is longer.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Pictures and other media, at most 16.
    pub media: Vec<Media>,
    /// What the author had seen of the thread, at most 8.
    pub parents: Vec<Hash>,
    /// The post that this one replaces.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub edits: Option<Hash>,
    /// The post that this one withdraws; then everything else is empty.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub deletes: Option<Hash>,
    /// When readers drop it, unix seconds.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// `comment`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The post whose thread this is in.
    pub post: Hash,
    /// What the author had seen of the thread, the post counts; at most 8.
    pub parents: Vec<Hash>,
    /// The whole text, or the preview of `content`; at most 280 characters.
    pub text: String,
    /// The whole text where it is longer.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// The comment that this one replaces.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub edits: Option<Hash>,
    /// The comment that this one withdraws; then text and content are empty.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub deletes: Option<Hash>,
}

/// `post_reaction`; the latest timestamp per (from, target) counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostReaction {
    /// The post or comment.
    pub target: Hash,
    /// At most 16 bytes, usually one emoji; `""` withdraws.
    pub reaction: String,
}

impl Bounded for PostShare {
    fn check(&self) -> Result<(), PayloadError> {
        bound::text("text", &self.text, TEXT_CHARS_MAX)?;
        bound::list("parents", &self.parents, PARENTS_MAX)?;
        bound::list("media", &self.media, MEDIA_MAX)?;
        Content::check_option(self.content.as_ref())?;
        self.media.iter().try_for_each(Media::check)?;
        self.expires.map_or(Ok(()), |expires| bound::int("expires", expires))?;
        let empty = self.text.is_empty() && self.content.is_none() && self.media.is_empty();
        replaces(self.edits, self.deletes, empty)
    }
}

impl Bounded for Comment {
    fn check(&self) -> Result<(), PayloadError> {
        bound::text("text", &self.text, TEXT_CHARS_MAX)?;
        bound::list("parents", &self.parents, PARENTS_MAX)?;
        Content::check_option(self.content.as_ref())?;
        replaces(self.edits, self.deletes, self.text.is_empty() && self.content.is_none())
    }
}

impl Bounded for PostReaction {
    fn check(&self) -> Result<(), PayloadError> {
        bound::bytes("reaction", self.reaction.as_bytes(), REACTION_BYTES_MAX)?;
        bound::text("reaction", &self.reaction, REACTION_BYTES_MAX)
    }
}

/// A deletion says nothing else; everything else says something.
fn replaces(edits: Option<Hash>, deletes: Option<Hash>, empty: bool) -> Result<(), PayloadError> {
    match (edits, deletes) {
        (Some(_), Some(_)) => Err(PayloadError::Conflict("edits and deletes exclude each other")),
        (None, Some(_)) if !empty => Err(PayloadError::Conflict("a deletion carries nothing else")),
        (_, None) if empty => Err(PayloadError::Conflict("there is nothing in it")),
        _ => Ok(()),
    }
}
