//! Posts and comments as the owner's app shows them. What is absent or false is left out: a page is read often.

use openred_core::ids::Hash;
use serde::Serialize;
use utoipa::ToSchema;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_false(said: &bool) -> bool {
    !said
}

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Author {
    /// 64 hex digits.
    pub node_id: String,
    /// `[a-z0-9_]{1,32}`, or empty.
    pub username: String,
    /// To show; never empty.
    pub display_name: String,
    /// On this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// `self none friend follower following blocked`.
    pub relationship: &'static str,
}

/// How often a reaction was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReactionView {
    /// Usually one emoji.
    pub reaction: String,
    /// By how many.
    pub count: u64,
    /// The owner among them.
    pub mine: bool,
}

/// Comments of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommentCount {
    /// Held here.
    pub known: u64,
    /// Referred to by others, and not held.
    pub missing: u64,
}

/// Somebody for whom something waits, or who refused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecipientView {
    /// 64 hex digits.
    pub node_id: String,
    /// To show.
    pub display_name: String,
    /// Stable code; empty when nothing was tried yet, `at_relay` when it lies at a relay of theirs.
    pub reason: String,
}

/// How far a thing of the owner was delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Recipients.
    pub total: u64,
    /// Durably with their node.
    pub delivered: u64,
    /// At most five of those for whom it waits.
    pub waiting: Vec<RecipientView>,
    /// At most five of those who refused it.
    pub failed: Vec<RecipientView>,
}

/// What the owner can do with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Can {
    /// Change the text.
    pub edit: bool,
    /// Delete it.
    pub delete: bool,
    /// Comment on it, or answer it.
    pub comment: bool,
    /// React to it.
    pub react: bool,
}

/// A circle of the owner's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CircleName {
    /// 22 characters of base64url.
    pub id: String,
    /// The owner's alone.
    pub name: String,
    /// It was deleted since.
    #[serde(skip_serializing_if = "is_false")]
    pub deleted: bool,
}

/// A post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PostView {
    /// 64 hex digits.
    #[schema(value_type = String)]
    pub id: Hash,
    /// Who wrote it.
    pub author: Author,
    /// The text, or the beginning of a longer one.
    pub text: String,
    /// There is more of it than `text`: `GET /posts/{id}` fetches it.
    #[serde(skip_serializing_if = "is_false")]
    pub more: bool,
    /// `public friends circle private`.
    pub visibility: &'static str,
    /// Of the owner's posts: for which circle. Readers do not learn it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circle: Option<CircleName>,
    /// Unix ms.
    pub created_at: u64,
    /// Unix ms; only where it is not `created_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<u64>,
    /// Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<u64>,
    /// Deleted by its author.
    #[serde(skip_serializing_if = "is_false")]
    pub deleted: bool,
    /// Most frequent first.
    pub reactions: Vec<ReactionView>,
    /// Of its thread.
    pub comments: CommentCount,
    /// Of a longer text: `open asked refused gone`.
    pub access: &'static str,
    /// Of the owner's posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryView>,
    /// What the owner can do.
    pub can: Can,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommentView {
    /// 64 hex digits.
    pub id: String,
    /// Its post.
    pub post: String,
    /// What its author had seen; the first is what it answers.
    pub parents: Vec<String>,
    /// 1 for an answer to the post.
    pub depth: u64,
    /// Who wrote it.
    pub author: Author,
    /// Empty when deleted.
    pub text: String,
    /// Unix ms.
    pub created_at: u64,
    /// Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<u64>,
    /// Deleted.
    #[serde(skip_serializing_if = "is_false")]
    pub deleted: bool,
    /// Most frequent first.
    pub reactions: Vec<ReactionView>,
    /// What the owner can do.
    pub can: Can,
    /// Of the owner's comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryView>,
}

/// A reply that somebody referred to and this node lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingView {
    /// 64 hex digits.
    pub id: String,
    /// When its wall's owner was asked, unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<u64>,
}

/// A post with its thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThreadView {
    /// The post.
    pub post: PostView,
    /// In reading order: each below what it answers.
    pub comments: Vec<CommentView>,
    /// Comments held.
    pub known: u64,
    /// Replies known to be missing.
    pub missing: Vec<MissingView>,
}
