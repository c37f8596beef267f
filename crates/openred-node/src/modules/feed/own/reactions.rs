//! The owner's reactions.

use openred_core::{ids::Hash, payload::PostReaction};

use super::{
    super::{
        posts::{
            self,
            store::{OWN, Post},
        },
        reactions::{self, Target},
    },
    answerable, party, say, signed,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::contacts::person::Person,
};

/// Longest reaction, bytes.
const BYTES_MAX: usize = 16;

/// Reacts to a post or comment; `""` withdraws.
pub async fn react(deps: &Deps, target: Hash, reaction: String) -> Result<(), NodeError> {
    let bad = reaction.len() > BYTES_MAX || reaction.chars().any(|c| c.is_control() || c.is_whitespace());
    if bad {
        return Err(NodeError::invalid(
            "reaction",
            "one emoji, or a few letters: at most 16 bytes, no spaces",
        ));
    }
    let wall = deps.read(move |w| open(w, &target).map(|(_, wall)| wall)).await?;
    let said = PostReaction { target, reaction };
    let item = signed(deps, wall.as_ref().map(party), said.clone().into()).await?;
    deps.write(move |w| {
        let (post, wall) = open(w, &target)?;
        let wall = wall.map_or(OWN, |wall| wall.id);
        if reactions::take(w, (OWN, wall), &item, (&target, &said.reaction))? {
            say(w, &item, &post)?;
        }
        Ok(())
    })
    .await
}

fn open(work: &Work<'_, '_>, target: &Hash) -> Result<(Post, Option<Person>), NodeError> {
    let found = Target::find(work, target)?.ok_or(NodeError::Unknown("what is reacted to"))?;
    if found.is_deleted() {
        return Err(NodeError::Gone("this was deleted"));
    }
    let post =
        posts::store::find(work.tx, work.seal, &found.post_id())?.ok_or(NodeError::Unknown("this post"))?;
    let wall = answerable(work, &post)?;
    Ok((post, wall))
}
