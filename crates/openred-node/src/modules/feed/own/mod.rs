//! What the owner does: write, edit, delete, comment, react. Each thing is signed by the keeper first, then written
//! together with the word to its audience in one transaction.

pub mod comments;
pub mod fetch;
pub mod keys;
pub mod posts;
pub mod reactions;

use openred_core::{
    envelope::{Party, Verified},
    payload::Payload,
};

use super::{
    audience::Visibility,
    posts::store::{OWN, Post},
};
use crate::{
    delivery::store::{self as delivery, Audience as Recipients},
    deps::{Deps, Work},
    error::NodeError,
    modules::{
        circles,
        contacts::{
            person::{Following, Person},
            store as people,
        },
    },
    sign,
};

/// Attempts at a thing that was already said in the same millisecond.
const TRIES: usize = 50;

/// A person as envelopes name them.
pub(super) fn party(person: &Person) -> Party {
    Party {
        node_id: person.node_id,
        server_url: person.server_url.clone(),
        username: sign::user_name(&person.username),
    }
}

/// Lets the keeper sign what is for the wall of `wall`; for the owner's own when none.
async fn signed(deps: &Deps, wall: Option<Party>, payload: Payload) -> Result<Verified, NodeError> {
    let to = match wall {
        Some(party) => party,
        None => (*deps.me.get()?).clone(),
    };
    deps.sign(payload.kind(), to, payload.to_value()?).await
}

/// The author of a post that the owner may comment on and react to; none for the owner's own post.
fn answerable(work: &Work<'_, '_>, post: &Post) -> Result<Option<Person>, NodeError> {
    if post.deleted {
        return Err(NodeError::Gone("this post was deleted"));
    }
    if post.author == OWN {
        return Ok(None);
    }
    if let Some(circle) = post.circle
        && !circles::may_speak(work, circle)?
    {
        return Err(NodeError::Refused("you are not in this circle any more"));
    }
    let author = people::get(work.tx, work.seal, post.author)?.ok_or(NodeError::Unknown("its author"))?;
    if may_answer(&author, post.visibility) {
        Ok(Some(author))
    } else {
        Err(NodeError::Refused("only friends, and followers of public posts, can answer here"))
    }
}

/// Whether the author's node will take comments and reactions of the owner.
pub(super) fn may_answer(author: &Person, visibility: Visibility) -> bool {
    let follows = author.following == Following::Yes && !author.is_blocked();
    author.is_friend() || (follows && visibility == Visibility::Public)
}

/// Says something about a post: to its audience when it is the owner's, or in a circle; else to its author, who forwards it.
fn say(work: &Work<'_, '_>, item: &Verified, post: &Post) -> Result<(), NodeError> {
    if post.author == OWN || post.circle.is_some() {
        return match post.audience() {
            Some(audience) => audience.seal(item).say(work, None),
            None => Ok(()),
        };
    }
    delivery::say(work.tx, work.seal, item, Recipients::Person(post.author), work.now)?;
    work.wake();
    Ok(())
}

/// A text as people may write it: not empty, at most `max` characters, without U+0000.
fn check_text(text: &str, max: usize) -> Result<(), NodeError> {
    if text.trim().is_empty() {
        return Err(NodeError::invalid("text", "write at least one character"));
    }
    if text.contains('\0') {
        return Err(NodeError::invalid("text", "there is a character in it that no text has (U+0000)"));
    }
    if text.chars().count() > max {
        return Err(NodeError::invalid("text", format!("at most {max} characters")));
    }
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], NodeError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
