//! The owner's comments: addressed to the wall's owner, who forwards them.

use openred_core::{
    ids::Hash,
    payload::{Comment as Said, PARENTS_MAX, TEXT_CHARS_MAX},
};

use super::{
    super::{
        comments::{self, store::Comment},
        heard, missing,
        posts::{
            self,
            store::{OWN, Post},
        },
    },
    TRIES, answerable, check_text, keys, party, say, signed,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::contacts::{person::Person, store as people},
};

/// Comments looked at for leaves.
const LOOK: i64 = 200;

/// Comments on a post, in answer to `parent` (a comment of the same thread) or to the post itself. `key` as for
/// [`super::posts::create`].
pub async fn create(
    deps: &Deps,
    post: Hash,
    text: String,
    parent: Option<Hash>,
    key: Option<String>,
) -> Result<Hash, NodeError> {
    check_text(&text, TEXT_CHARS_MAX)?;
    let answers = parent.unwrap_or(post).to_string();
    let key = key.map(|key| keys::Key::of(&key, &["comment", &post.to_string(), &answers, &text]));
    if let Some(key) = key
        && let Some(found) = deps.read(move |w| keys::find(w, &key)).await?
    {
        return Ok(found);
    }
    for _ in 0..TRIES {
        let (wall, parents) = deps
            .read(move |w| {
                let (_, wall) = open(w, &post)?;
                Ok((wall, parents(w, &post, parent)?))
            })
            .await?;
        let said = Said { post, parents, text: text.clone(), content: None, edits: None, deletes: None };
        let item = signed(deps, wall.as_ref().map(party), said.clone().into()).await?;
        let id = item.message_id();
        let written = deps
            .write(move |w| {
                if let Some(key) = &key
                    && let Some(found) = keys::find(w, key)?
                {
                    return Ok(Some(found));
                }
                let (post, wall) = open(w, &said.post)?;
                if comments::store::is_held(w.tx, &id)? {
                    return Ok(None);
                }
                comments::take(w, (OWN, wall.map_or(OWN, |wall| wall.id)), &item, &said)?;
                if let Some(key) = &key {
                    keys::keep(w, key, &id)?;
                }
                say(w, &item, &post)?;
                Ok(Some(id))
            })
            .await?;
        if let Some(id) = written {
            return Ok(id);
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    Err(NodeError::SlowDown(1))
}

/// Replaces the text of a comment of the owner.
pub async fn edit(deps: &Deps, id: Hash, text: String) -> Result<(), NodeError> {
    check_text(&text, TEXT_CHARS_MAX)?;
    let (comment, wall) = deps.read(move |w| changeable(w, &id, false).map(|(c, _, wall)| (c, wall))).await?;
    let parents = comment.parents.clone();
    let said = Said { post: comment.post_id, parents, text, content: None, edits: Some(id), deletes: None };
    change(deps, wall, id, said).await
}

/// Deletes a comment of the owner, or another's on the owner's wall.
pub async fn remove(deps: &Deps, id: Hash) -> Result<(), NodeError> {
    let (comment, wall) = deps.read(move |w| changeable(w, &id, true).map(|(c, _, wall)| (c, wall))).await?;
    let (post, text, deletes) = (comment.post_id, String::new(), Some(id));
    let said = Said { post, parents: Vec::new(), text, content: None, edits: None, deletes };
    change(deps, wall, id, said).await
}

async fn change(deps: &Deps, wall: Option<Person>, id: Hash, said: Said) -> Result<(), NodeError> {
    let item = signed(deps, wall.as_ref().map(party), said.clone().into()).await?;
    deps.write(move |w| {
        let (comment, post, _) = changeable(w, &id, said.deletes.is_some())?;
        if !comments::take(w, (OWN, comment.wall), &item, &said)? {
            return Err(NodeError::Conflict("this machine's clock is behind the last edit: set it right"));
        }
        say(w, &item, &post)
    })
    .await
}

fn open(work: &Work<'_, '_>, post: &Hash) -> Result<(Post, Option<Person>), NodeError> {
    let post = posts::store::find(work.tx, work.seal, post)?.ok_or(NodeError::Unknown("this post"))?;
    let wall = answerable(work, &post)?;
    Ok((post, wall))
}

fn changeable(
    work: &Work<'_, '_>,
    id: &Hash,
    deletes: bool,
) -> Result<(Comment, Post, Option<Person>), NodeError> {
    let comment = comments::store::find(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this comment"))?;
    if comment.deleted {
        return Err(NodeError::Gone("this comment was deleted"));
    }
    if comment.author != OWN && !(deletes && comment.wall == OWN) {
        return Err(NodeError::Refused("only its author changes a comment"));
    }
    let (post, wall) = open(work, &comment.post_id)?;
    Ok((comment, post, wall))
}

/// What a new comment says it has seen: first what it answers, then the newest leaves of the thread.
fn parents(work: &Work<'_, '_>, post: &Hash, answers: Option<Hash>) -> Result<Vec<Hash>, NodeError> {
    let seen = comments::store::seen_in(work.tx, post, LOOK)?;
    if let Some(parent) = answers
        && parent != *post
    {
        let held = comments::store::find(work.tx, work.seal, &parent)?;
        if held.is_none_or(|comment| comment.post_id != *post || comment.deleted) {
            return Err(NodeError::invalid("parent", "this comment is not in the thread"));
        }
    }
    let mut parents = vec![answers.unwrap_or(*post)];
    let is_leaf = |id: &Hash| !seen.iter().any(|(_, parents)| parents.contains(id));
    for (id, _) in seen.iter().filter(|(id, _)| is_leaf(id)) {
        if parents.len() < PARENTS_MAX && !parents.contains(id) {
            parents.push(*id);
        }
    }
    Ok(parents)
}

/// Asks the wall's owner again for replies known to be missing, when the last question is an hour old.
pub async fn ask_missing(deps: &Deps, post: Hash) -> Result<(), NodeError> {
    if !deps.read(move |w| missing::is_due(w, &post)).await? {
        return Ok(());
    }
    deps.write(move |w| {
        // In a circle its members say everything to all of it: nobody is asked in the open.
        let held = posts::store::find(w.tx, w.seal, &post)?.filter(|post| post.circle.is_none());
        let Some(held) = held else { return Ok(()) };
        // What is missing on the owner's own wall never came here: nobody else has it.
        let Some(wall) = people::get(w.tx, w.seal, held.author)? else { return Ok(()) };
        if heard::is_wanted(w, &wall)? {
            missing::ask(w, &post, &wall)?;
        }
        Ok(())
    })
    .await
}
