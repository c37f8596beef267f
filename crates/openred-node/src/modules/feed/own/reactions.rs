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
    TRIES, answerable, party, say, signed,
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
    for _ in 0..TRIES {
        let (wall, now) = deps.read(move |w| Ok((open(w, &target)?.1, mine(w, &target)?))).await?;
        if now == reaction {
            return Ok(());
        }
        let said = PostReaction { target, reaction: reaction.clone() };
        let item = signed(deps, wall.as_ref().map(party), said.clone().into()).await?;
        let taken = deps.write(move |w| {
            let (post, wall) = open(w, &target)?;
            let wall = wall.map_or(OWN, |wall| wall.id);
            let taken = reactions::take(w, (OWN, wall), &item, (&target, &said.reaction))?;
            if taken {
                say(w, &item, &post)?;
            }
            Ok(taken)
        });
        if taken.await? {
            return Ok(());
        }
        // Another of the same millisecond counts more: this one gets another time.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    Err(NodeError::Conflict("this machine's clock is behind your last reaction: set it right"))
}

/// The owner's reaction so far; empty for none.
fn mine(work: &Work<'_, '_>, target: &Hash) -> Result<String, NodeError> {
    let held = reactions::store::get(work.tx, work.seal, target, OWN)?;
    Ok(held.map_or_else(String::new, |held| held.reaction))
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
