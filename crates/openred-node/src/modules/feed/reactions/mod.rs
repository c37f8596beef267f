//! Reactions: the latest timestamp per target and person counts, `""` withdraws. What each target got is counted
//! in its own row, so that reading a feed opens no reaction.

pub mod store;

use std::collections::BTreeMap;

use openred_core::{envelope::Verified, ids::Hash};
use openred_service::database::{DbError, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::store::Reaction;
use super::{comments, posts, posts::store::OWN};
use crate::{deps::Work, error::NodeError, events::Kind, seal::Sealer};

/// Reactions of one target, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How often each.
    pub counts: BTreeMap<String, u64>,
    /// The owner's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<String>,
}

impl Summary {
    /// Reads the sealed column; NULL is none.
    pub fn open(seal: &Sealer, column: &'static str, sealed: Option<&[u8]>) -> Result<Self, DbError> {
        let Some(sealed) = sealed else { return Ok(Self::default()) };
        serde_json::from_slice(&seal.open(column, sealed)?)
            .map_err(|e| DbError::Corrupt(format!("{column}: {e}")))
    }

    /// The sealed column.
    pub fn seal(&self, seal: &Sealer, column: &'static str) -> Result<Value, DbError> {
        if self.counts.is_empty() {
            return Ok(Value::Null);
        }
        let json = serde_json::to_vec(self).map_err(|e| DbError::Corrupt(e.to_string()))?;
        Ok(Value::Blob(seal.seal(column, &json)))
    }

    fn replace(&mut self, before: &str, after: &str) {
        if let Some(count) = self.counts.get_mut(before) {
            *count = count.saturating_sub(1);
        }
        if !after.is_empty() {
            *self.counts.entry(after.to_owned()).or_default() += 1;
        }
        self.counts.retain(|_, count| *count > 0);
    }

    fn own(&mut self, author: i64, reaction: &str) {
        if author == OWN {
            self.mine = Some(reaction.to_owned()).filter(|r| !r.is_empty());
        }
    }
}

/// What is reacted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Post(posts::store::Post),
    Comment(comments::store::Comment),
}

impl Target {
    pub(super) fn find(work: &Work<'_, '_>, id: &Hash) -> Result<Option<Self>, NodeError> {
        if let Some(post) = posts::store::find(work.tx, work.seal, id)? {
            return Ok(Some(Self::Post(post)));
        }
        Ok(comments::store::find(work.tx, work.seal, id)?.map(Self::Comment))
    }

    pub(super) fn post_id(&self) -> Hash {
        match self {
            Self::Post(post) => post.message_id,
            Self::Comment(comment) => comment.post_id,
        }
    }

    pub(super) fn wall(&self) -> i64 {
        match self {
            Self::Post(post) => post.author,
            Self::Comment(comment) => comment.wall,
        }
    }

    pub(super) fn author(&self) -> i64 {
        match self {
            Self::Post(post) => post.author,
            Self::Comment(comment) => comment.author,
        }
    }

    pub(super) fn is_deleted(&self) -> bool {
        match self {
            Self::Post(post) => post.deleted,
            Self::Comment(comment) => comment.deleted,
        }
    }

    fn summary(&self) -> Summary {
        match self {
            Self::Post(post) => post.reactions.clone(),
            Self::Comment(comment) => comment.reactions.clone(),
        }
    }

    fn set(&self, work: &Work<'_, '_>, summary: &Summary) -> Result<(), NodeError> {
        match self {
            Self::Post(post) => posts::store::set_reactions(work.tx, work.seal, &post.message_id, summary)?,
            Self::Comment(comment) => {
                comments::store::set_reactions(work.tx, work.seal, &comment.message_id, summary)?
            }
        }
        Ok(())
    }
}

/// Takes a reaction of `author` on the wall of `wall`. True when it is newer than what was held.
pub(super) fn take(
    work: &Work<'_, '_>,
    (author, wall): (i64, i64),
    item: &Verified,
    (target_id, reaction): (&Hash, &str),
) -> Result<bool, NodeError> {
    let target = Target::find(work, target_id)?;
    if target.as_ref().is_some_and(|target| target.wall() != wall) {
        return Err(NodeError::Refused("this is on another wall"));
    }
    if target.as_ref().is_some_and(Target::is_deleted) {
        return Ok(false);
    }
    let (at, id) = (item.envelope().timestamp_ms, item.message_id());
    let held = store::get(work.tx, work.seal, target_id, author)?;
    if held.as_ref().is_some_and(|held| (held.at, held.message_id) >= (at, id)) {
        return Ok(false);
    }
    let post_id = target.as_ref().map(Target::post_id);
    let row = Reaction {
        target: *target_id,
        author,
        wall,
        post_id,
        reaction: reaction.to_owned(),
        at,
        message_id: id,
    };
    store::put(work.tx, work.seal, &row, item.canonical())?;
    if let Some(target) = target {
        let mut summary = target.summary();
        summary.replace(held.as_ref().map_or("", |held| &held.reaction), reaction);
        summary.own(author, reaction);
        target.set(work, &summary)?;
        work.tell(Kind::Reaction, json!({"id": target_id, "post": target.post_id()}));
    }
    Ok(true)
}

/// Counts what came before its target did. `post` names the target's post.
pub(super) fn gather(work: &Work<'_, '_>, target: &Hash, post: Option<&Hash>) -> Result<(), NodeError> {
    let held = store::of(work.tx, work.seal, target)?;
    if held.is_empty() {
        return Ok(());
    }
    if let Some(post) = post {
        store::set_post(work.tx, target, post)?;
    }
    let mut summary = Summary::default();
    for reaction in &held {
        summary.replace("", &reaction.reaction);
        summary.own(reaction.author, &reaction.reaction);
    }
    match Target::find(work, target)? {
        Some(found) => found.set(work, &summary),
        None => Ok(()),
    }
}
