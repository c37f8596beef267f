//! The owner's posts. Private ones never leave the node and are not signed; they get a random id.

use openred_core::{
    envelope::Verified,
    ids::Hash,
    payload::{Content, Payload, PostShare, TEXT_CHARS_MAX},
};

use super::{
    super::{
        audience::{Visibility, Whom},
        contents::{self, store::Stored},
        home::{self, view::PostView},
        posts::{
            self,
            store::{Details, New, OWN, Post},
        },
        stamp::Stamp,
    },
    TRIES, check_text, keys, random, say, signed,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::search,
};

/// Longest text of a post, characters.
pub const POST_CHARS_MAX: usize = 20_000;

/// A text as it goes out: whole, or as preview of encrypted content.
#[derive(Debug, Clone)]
struct Body {
    text: String,
    content: Option<(Content, Vec<u8>)>,
}

impl Body {
    fn of(text: &str) -> Result<Self, NodeError> {
        if text.chars().count() <= TEXT_CHARS_MAX {
            return Ok(Self { text: text.to_owned(), content: None });
        }
        let closed = contents::close(text.as_bytes(), random()?, "text/plain");
        let closed = closed.map_err(|e| NodeError::Internal(e.to_string()))?;
        Ok(Self { text: preview(text), content: Some(closed) })
    }

    fn content(&self) -> Option<Content> {
        self.content.as_ref().map(|(content, _)| content.clone())
    }

    fn details(&self) -> Details {
        Details { content: self.content(), asked: None }
    }

    fn share(&self, visibility: openred_core::payload::Visibility, edits: Option<Hash>) -> PostShare {
        let (text, content) = (self.text.clone(), self.content());
        PostShare {
            visibility,
            text,
            content,
            media: vec![],
            parents: vec![],
            edits,
            deletes: None,
            expires: None,
        }
    }

    fn keep(&self, work: &Work<'_, '_>, post: &Hash, visibility: Visibility) -> Result<(), NodeError> {
        let Some((content, bytes)) = &self.content else { return Ok(()) };
        let public = visibility == Visibility::Public;
        let stored = Stored { bytes: bytes.clone(), own: true, public, post_id: Some(*post) };
        Ok(contents::store::put(work.tx, &content.content_id, &stored, work.now)?)
    }
}

/// The beginning, cut between words where there is one near the end.
fn preview(text: &str) -> String {
    let cut: String = text.chars().take(TEXT_CHARS_MAX - 1).collect();
    let end = cut.rfind(char::is_whitespace).filter(|end| *end > cut.len() * 3 / 4).unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end())
}

/// Writes a post and says it to its audience; returns it as the transaction that wrote it shows it. `key`: with the same
/// Idempotency-Key and the same post within 24 hours nothing is written and the first post comes back; with another post
/// it is a `Conflict`.
pub async fn create(
    deps: &Deps,
    text: String,
    whom: impl Into<Whom>,
    key: Option<String>,
) -> Result<PostView, NodeError> {
    check_text(&text, POST_CHARS_MAX)?;
    let whom = whom.into();
    let visibility = whom.visibility();
    let key = key.map(|key| match whom {
        Whom::All(visibility) => keys::Key::of(&key, &[visibility.as_str(), &text]),
        Whom::Circle(id) => keys::Key::of(&key, &[visibility.as_str(), &id.to_string(), &text]),
    });
    if let Some(key) = key
        && let Some(found) =
            deps.read(move |w| keys::find(w, &key)?.map(|id| home::post(w, &id)).transpose()).await?
    {
        return Ok(found);
    }
    deps.read(move |w| whom.circle(w)).await?;
    let body = Body::of(&text)?;
    for _ in 0..TRIES {
        let item = match visibility.on_the_wire() {
            Some(visibility) => Some(signed(deps, None, body.share(visibility, None).into()).await?),
            None => None,
        };
        let id = item.as_ref().map_or_else(|| random().map(Hash), |item| Ok(item.message_id()))?;
        let body = body.clone();
        let written = deps.write(move |w| {
            let id = write(w, id, &body, whom, (item.as_ref(), key.as_ref()))?;
            id.map(|id| home::post(w, &id)).transpose()
        });
        if let Some(post) = written.await? {
            return Ok(post);
        }
        // The same words in the same millisecond have the same id: this is another post, so it gets another time.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    Err(NodeError::SlowDown(1))
}

fn write(
    work: &Work<'_, '_>,
    id: Hash,
    body: &Body,
    whom: Whom,
    (item, key): (Option<&Verified>, Option<&keys::Key>),
) -> Result<Option<Hash>, NodeError> {
    if let Some(key) = key
        && let Some(found) = keys::find(work, key)?
    {
        return Ok(Some(found));
    }
    let (visibility, circle) = (whom.visibility(), whom.circle(work)?);
    let details = body.details();
    let post = New {
        message_id: id,
        author: OWN,
        visibility,
        circle,
        text: &body.text,
        details: &details,
        envelope: item.map(Verified::canonical),
        created_at: item.map_or(work.now, |item| item.envelope().timestamp_ms),
        expires_at: None,
    };
    if posts::store::insert(work.tx, work.seal, &post, work.now)?.is_none() {
        return Ok(None);
    }
    body.keep(work, &id, visibility)?;
    if let Some(key) = key {
        keys::keep(work, key, &id)?;
    }
    if let (Some(item), Some(audience)) = (item, visibility.audience(circle)) {
        audience.seal(item).say(work, None)?;
    }
    posts::tell(work, &id);
    Ok(Some(id))
}

/// Replaces the text of a post of the owner, here and at all its readers.
pub async fn edit(deps: &Deps, id: Hash, text: String) -> Result<(), NodeError> {
    check_text(&text, POST_CHARS_MAX)?;
    let visibility = deps.read(move |w| own_post(w, &id).map(|post| post.visibility)).await?;
    let body = Body::of(&text)?;
    let item = match visibility.on_the_wire() {
        Some(visibility) => Some(signed(deps, None, body.share(visibility, Some(id)).into()).await?),
        None => None,
    };
    deps.write(move |w| {
        let post = own_post(w, &id)?;
        let stamp = newer(w, &post, item.as_ref(), false)?;
        contents::forget_post(w, &id)?;
        body.keep(w, &id, visibility)?;
        let change = item.as_ref().map(Verified::canonical);
        search::posts::changed(w, &post, &body.text)?;
        posts::store::edit(w.tx, w.seal, &post, (&body.text, &body.details()), (stamp, change), w.now)?;
        if let Some(item) = &item {
            say(w, item, &post)?;
        }
        posts::tell(w, &id);
        Ok(())
    })
    .await
}

/// Deletes a post of the owner, here and at all its readers. Nothing of it stays but a tombstone.
pub async fn remove(deps: &Deps, id: Hash) -> Result<(), NodeError> {
    let visibility = deps.read(move |w| own_post(w, &id).map(|post| post.visibility)).await?;
    let item = match visibility.on_the_wire() {
        Some(visibility) => Some(signed(deps, None, deletion(visibility, id)).await?),
        None => None,
    };
    deps.write(move |w| {
        let post = own_post(w, &id)?;
        let stamp = newer(w, &post, item.as_ref(), true)?;
        posts::bury(w, &post, stamp, item.as_ref().map(Verified::canonical))?;
        if let Some(item) = &item {
            say(w, item, &post)?;
        }
        Ok(())
    })
    .await
}

fn deletion(visibility: openred_core::payload::Visibility, id: Hash) -> Payload {
    let (text, content, deletes) = (String::new(), None, Some(id));
    PostShare {
        visibility,
        text,
        content,
        media: vec![],
        parents: vec![],
        edits: None,
        deletes,
        expires: None,
    }
    .into()
}

fn own_post(work: &Work<'_, '_>, id: &Hash) -> Result<Post, NodeError> {
    let post = posts::store::find(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this post"))?;
    if !post.is_own() {
        return Err(NodeError::Refused("only its author changes a post"));
    }
    if post.deleted { Err(NodeError::Gone("this post was deleted")) } else { Ok(post) }
}

/// The stamp of the owner's change, which must count for readers too.
fn newer(
    work: &Work<'_, '_>,
    post: &Post,
    item: Option<&Verified>,
    deletes: bool,
) -> Result<Stamp, NodeError> {
    let stamp = match item {
        Some(item) => Stamp::of(item, deletes),
        None => Stamp { deletes, at: work.now, id: Hash([0; 32]) },
    };
    if item.is_some() && stamp <= post.stamp() {
        return Err(NodeError::Conflict("this machine's clock is behind the last edit: set it right"));
    }
    Ok(stamp)
}
