//! Asking to see a post: the reader asks, the author's owner decides. Knows no HTTP.

pub mod store;

use openred_core::{
    envelope::{MessageType, Verified},
    ids::Hash,
    payload::{AccessRequest, Answer, ConnectionResponse, ContentSync, Payload},
};

use self::store::Request;
use super::{
    own,
    posts::{
        self,
        store::{Access, Details},
    },
    sync,
};
use crate::{
    delivery::store::{self as delivery, Audience},
    deps::{Deps, Work},
    error::NodeError,
    modules::{
        contacts::{self, person::Person, store as people},
        notify::{self, What},
    },
};

/// A refused person may ask again after a day.
const AGAIN_MS: u64 = 86_400_000;
/// Open questions of one person.
const OPEN_MAX: i64 = 20;

/// Somebody asks to see a post of the owner. Who may see it anyway gets it at once.
pub(super) fn on_access(
    work: &Work<'_, '_>,
    peer: &Person,
    item: &Verified,
    asked: &AccessRequest,
) -> Result<(), NodeError> {
    let post = posts::store::find(work.tx, work.seal, &asked.target)?
        .filter(|post| post.is_own() && post.audience().is_some() && post.circle.is_none())
        .ok_or(NodeError::Unknown("this post"))?;
    if post.deleted {
        return Err(NodeError::Gone("this post was deleted"));
    }
    if posts::may_read(work, &post, peer)? {
        return sync::give(work, peer, &post);
    }
    let held = store::find(work.tx, work.seal, &asked.target, peer.id)?;
    if held.as_ref().is_some_and(|r| r.decided.is_some() && work.now < r.created_at + AGAIN_MS) {
        return Err(NodeError::Refused("the answer was no"));
    }
    if held.is_none() && store::count_open(work.tx, peer.id)? >= OPEN_MAX {
        return Err(NodeError::Refused("too many questions wait for an answer"));
    }
    let note = asked.note.as_deref().unwrap_or("");
    let is_new = held.is_none_or(|r| r.decided.is_some());
    store::put(work.tx, work.seal, &asked.target, peer.id, (note, &item.message_id()), work.now)?;
    if is_new {
        notify::add(work, What::AccessRequest, Some(peer.id), Some(asked.target), note)?;
    }
    Ok(())
}

/// The owner's decision about a request: grant gives the post and allows its fetch, refuse says so.
pub fn decide(work: &Work<'_, '_>, id: i64, grant: bool) -> Result<(), NodeError> {
    let request = store::get(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this request"))?;
    let person = people::get(work.tx, work.seal, request.person)?.ok_or(NodeError::Unknown("this person"))?;
    let post = posts::store::find(work.tx, work.seal, &request.post_id)?
        .filter(|post| !post.deleted)
        .ok_or(NodeError::Gone("this post was deleted"))?;
    if !store::decide(work.tx, id, if grant { "grant" } else { "refuse" })? {
        return Err(NodeError::Conflict("this request was answered before"));
    }
    if grant {
        return sync::give(work, &person, &post);
    }
    let answer = ConnectionResponse { request: request.message_id, status: Answer::Rejected, routes: None };
    contacts::say(work, &person, answer.into())
}

/// The undecided requests.
pub fn open(work: &Work<'_, '_>) -> Result<Vec<Request>, NodeError> {
    Ok(store::open(work.tx, work.seal)?)
}

/// The owner asks the author of a post for access to it.
pub async fn ask(deps: &Deps, id: Hash, note: String) -> Result<(), NodeError> {
    let author = deps.read(move |w| askable(w, &id).map(|(_, author)| author)).await?;
    let note = Some(note).filter(|note| !note.is_empty());
    let payload = Payload::from(AccessRequest { target: id, note }).to_value()?;
    let item = deps.sign(MessageType::AccessRequest, own::party(&author), payload).await?;
    deps.write(move |w| {
        let (post, author) = askable(w, &id)?;
        let details = Details { asked: Some(item.message_id()), ..post.details.clone() };
        posts::store::set_access(w.tx, w.seal, &post, Access::Asked, &details)?;
        delivery::say(w.tx, w.seal, &item, Audience::Person(author.id), w.now)?;
        w.wake();
        posts::tell(w, &id);
        Ok(())
    })
    .await
}

fn askable(work: &Work<'_, '_>, id: &Hash) -> Result<(posts::store::Post, Person), NodeError> {
    let post = posts::store::find(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this post"))?;
    if post.deleted {
        return Err(NodeError::Gone("this post was deleted"));
    }
    if post.is_own() {
        return Err(NodeError::Refused("that is your own post"));
    }
    if post.circle.is_some() {
        return Err(NodeError::Refused("its author says who is in a circle: nobody asks for that here"));
    }
    if post.access == Access::Asked {
        return Err(NodeError::Conflict("you have asked already"));
    }
    let author = people::get(work.tx, work.seal, post.author)?.ok_or(NodeError::Unknown("its author"))?;
    if author.is_blocked() {
        return Err(NodeError::Refused("you have blocked its author"));
    }
    Ok((post, author))
}

/// A rejection that answers one of the owner's questions for access: noted, and true. Any other: false, and it is
/// about a relation.
pub(super) fn on_refused(
    work: &Work<'_, '_>,
    peer: &Person,
    answer: &ConnectionResponse,
) -> Result<bool, NodeError> {
    if answer.status != Answer::Rejected {
        return Ok(false);
    }
    let asked = posts::store::without_access(work.tx, work.seal, peer.id)?;
    let Some(post) = asked.iter().find(|post| post.details.asked == Some(answer.request)) else {
        return Ok(false);
    };
    posts::store::set_access(work.tx, work.seal, post, Access::Refused, &post.details)?;
    posts::tell(work, &post.message_id);
    Ok(true)
}

/// A post was given by its author: if it was asked for, it is open now.
pub(super) fn given(work: &Work<'_, '_>, peer: &Person, id: &Hash) -> Result<(), NodeError> {
    let Some(post) = posts::store::find(work.tx, work.seal, id)? else { return Ok(()) };
    if post.author != peer.id || post.access == Access::Open {
        return Ok(());
    }
    let details = Details { asked: None, ..post.details.clone() };
    posts::store::set_access(work.tx, work.seal, &post, Access::Open, &details)?;
    posts::tell(work, id);
    Ok(())
}

/// Whether somebody who is no contact may say this: a question for access to the owner's posts, or the answer to
/// the owner's own question.
pub fn is_expected(work: &Work<'_, '_>, peer: &Person, said: &Payload) -> Result<bool, NodeError> {
    match said {
        Payload::AccessRequest(asked) => {
            let post = posts::store::find(work.tx, work.seal, &asked.target)?;
            Ok(post.is_some_and(|post| post.is_own() && post.circle.is_none()))
        }
        Payload::ContentSync(ContentSync::Give { .. }) => is_waiting(work, peer),
        _ => Ok(false),
    }
}

/// Whether the owner asked this person for a post.
pub(super) fn is_waiting(work: &Work<'_, '_>, peer: &Person) -> Result<bool, NodeError> {
    Ok(!posts::store::without_access(work.tx, work.seal, peer.id)?.is_empty())
}
