//! Long texts of others: fetched from the author's node when the owner opens the post, verified by their hash, kept.

use futures_util::future::BoxFuture;
use openred_core::ids::Hash;

use super::super::{
    contents::{self, store::Stored},
    posts::{
        self,
        store::{Access, Post},
    },
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
};

/// Largest ciphertext of a text: 20,000 characters of four bytes, and the tag.
const BYTES_MAX: u64 = 80_016;

/// Asks a person's node for a content; implemented by the network.
pub trait Fetch: Send + Sync + 'static {
    /// The ciphertext, from the node of the person (`connections.id`).
    ///
    /// # Errors
    /// `Refused` and `Gone` as the author's node said; `Peer` when it cannot be reached.
    fn fetch<'a>(&'a self, person: i64, content_id: &'a Hash) -> BoxFuture<'a, Result<Vec<u8>, NodeError>>;
}

/// Brings the whole text of a post here if it is elsewhere. What the author's node refuses is noted on the post;
/// a node that cannot be reached changes nothing.
pub async fn whole_text(deps: &Deps, fetch: &dyn Fetch, id: Hash) -> Result<(), NodeError> {
    let Some(post) = deps.read(move |w| elsewhere(w, &id)).await? else { return Ok(()) };
    let Some(content) = post.details.content.clone().filter(|content| content.size + 16 <= BYTES_MAX) else {
        return Ok(());
    };
    match fetch.fetch(post.author, &content.content_id).await {
        Ok(bytes) if contents::text_of(&content, &bytes).is_ok() => {
            deps.write(move |w| {
                let stored = Stored { bytes: bytes.clone(), own: false, public: false, post_id: Some(id) };
                Ok(contents::store::put(w.tx, &content.content_id, &stored, w.now)?)
            })
            .await
        }
        // Other bytes than promised are no answer.
        Ok(_) => Ok(()),
        Err(NodeError::Refused(_)) => note(deps, id, Access::Refused).await,
        Err(NodeError::Gone(_) | NodeError::Unknown(_)) => note(deps, id, Access::Gone).await,
        Err(NodeError::Locked) => Err(NodeError::Locked),
        Err(_) => Ok(()),
    }
}

/// The post, if its whole text is to be had elsewhere.
fn elsewhere(work: &Work<'_, '_>, id: &Hash) -> Result<Option<Post>, NodeError> {
    let Some(post) = posts::store::find(work.tx, work.seal, id)? else { return Ok(None) };
    let Some(content) = &post.details.content else { return Ok(None) };
    let here = post.is_own() || post.access != Access::Open || contents::held_text(work, content)?.is_some();
    Ok((!here).then_some(post))
}

async fn note(deps: &Deps, id: Hash, access: Access) -> Result<(), NodeError> {
    deps.write(move |w| {
        let Some(post) = posts::store::find(w.tx, w.seal, &id)? else { return Ok(()) };
        posts::store::set_access(w.tx, w.seal, &post, access, &post.details)?;
        posts::tell(w, &id);
        Ok(())
    })
    .await
}
