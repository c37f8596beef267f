//! Long texts: AES-256-GCM (NIST SP 800-38D) with a key for each content and nonce 0; content_id is the SHA-256 of
//! the ciphertext (PROTOCOL Annex A.2). Ciphertext lies in `contents`, the key in what names it.

pub mod store;

use openred_core::{
    aead::{Gcm, NONCE_BYTES},
    ids::Hash,
    payload::{Content, Secret32},
};
use thiserror::Error;

use super::posts;
use crate::{deps::Work, error::NodeError, modules::contacts::person::Person};

/// A key seals one content.
const NONCE: [u8; NONCE_BYTES] = [0; NONCE_BYTES];

/// What a fetched content is not.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum ContentError {
    /// Not the bytes that were promised.
    #[error("the fetched bytes are not the ones that were promised")]
    OtherBytes,
    /// The key does not open it, or it is not as long as was said.
    #[error("the content does not open with its key")]
    Closed,
}

/// Encrypts `plain` with `key`, which must be fresh. Returns what names it, and the ciphertext.
pub fn close(plain: &[u8], key: [u8; 32], media_type: &str) -> Result<(Content, Vec<u8>), ContentError> {
    let bytes = Gcm::new(&key).seal(&NONCE, &[], plain).ok_or(ContentError::Closed)?;
    let content = Content {
        content_id: Hash::of(&[&bytes]),
        key: Secret32::new(key),
        size: plain.len() as u64,
        media_type: media_type.to_owned(),
    };
    Ok((content, bytes))
}

/// Decrypts what `content` names, after comparing the hash.
pub fn open(content: &Content, bytes: &[u8]) -> Result<Vec<u8>, ContentError> {
    if Hash::of(&[bytes]) != content.content_id {
        return Err(ContentError::OtherBytes);
    }
    let plain = Gcm::new(content.key.as_bytes()).open(&NONCE, &[], bytes).ok_or(ContentError::Closed)?;
    if plain.len() as u64 == content.size { Ok(plain) } else { Err(ContentError::Closed) }
}

/// The ciphertext of a content of the owner, for a peer who may have it.
///
/// # Errors
/// `Unknown` (also for blocked people), `Gone` when its post was deleted, `Refused` when it is not for this peer.
pub fn serve(work: &Work<'_, '_>, peer: &Person, id: &Hash) -> Result<Vec<u8>, NodeError> {
    const WHAT: &str = "this content";
    if peer.is_blocked() {
        return Err(NodeError::Unknown(WHAT));
    }
    let content = store::get(work.tx, id)?.filter(|content| content.own).ok_or(NodeError::Unknown(WHAT))?;
    let allowed = match content.post_id {
        Some(post) => {
            let post = posts::store::find(work.tx, work.seal, &post)?.ok_or(NodeError::Unknown(WHAT))?;
            if post.deleted {
                return Err(NodeError::Gone("this post was deleted"));
            }
            posts::may_read(work, &post, peer)?
        }
        None => content.public || peer.is_friend(),
    };
    if allowed { Ok(content.bytes) } else { Err(NodeError::Refused("this is not for you any more")) }
}

/// The long text of a post that is held here: own, or fetched before.
pub(super) fn held_text(work: &Work<'_, '_>, content: &Content) -> Result<Option<String>, NodeError> {
    let Some(held) = store::get(work.tx, &content.content_id)? else { return Ok(None) };
    Ok(text_of(content, &held.bytes).ok())
}

/// A fetched long text; what is no UTF-8 is refused.
pub(super) fn text_of(content: &Content, bytes: &[u8]) -> Result<String, ContentError> {
    String::from_utf8(open(content, bytes)?).map_err(|_| ContentError::Closed)
}

/// Drops what a post named.
pub(super) fn forget_post(work: &Work<'_, '_>, post: &Hash) -> Result<(), NodeError> {
    Ok(store::drop_of(work.tx, post)?)
}
