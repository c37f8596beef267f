//! Links: whoever has one fetches a file of the owner for a while, with any browser and without an account.
//!
//! The key stands behind `#` of the address, which browsers keep to themselves: what is served, what a proxy sees and what
//! lies in the rows of links is ciphertext. The page of a link decrypts in the browser (WebCrypto). A use is a download that
//! begins; its token fetches the bytes, in as many pieces as it takes.

use openred_core::ids::{Hash, Id16, b64_encode};
use serde_json::json;

use super::{fresh_id, known, store::OWN, store::links as rows, told};
use crate::{deps::Deps, error::NodeError};

pub use rows::Link;

/// Longest life of a link: 30 days.
pub const EXPIRES_S_MAX: u64 = 30 * 86_400;
/// Life of a link unless said otherwise: 7 days.
pub const EXPIRES_S: u64 = 7 * 86_400;
/// Most uses that can be named.
pub const USES_MAX: u64 = 1_000_000;
/// Open links at once.
const OPEN_MAX: i64 = 1_000;
/// A download that was begun may go on for this long, also when the link is over meanwhile.
const DOWNLOAD_MS: u64 = 24 * 3_600_000;
const THIS: &str = "this link";
const OVER: &str = "this link is over: ask for a new one";

/// Makes a link to a whole file of the owner. `uses`: downloads that it allows; none: as many as come.
///
/// # Errors
/// `Invalid` out of bounds, `Conflict` before the file is whole, `Refused` for copies of others' files.
pub async fn create(
    deps: &Deps,
    file_id: Id16,
    expires_s: u64,
    uses: Option<u64>,
) -> Result<(Link, String), NodeError> {
    if !(1..=EXPIRES_S_MAX).contains(&expires_s) {
        return Err(NodeError::invalid("expires_s", "1 second to 30 days"));
    }
    if uses.is_some_and(|uses| !(1..=USES_MAX).contains(&uses)) {
        return Err(NodeError::invalid("uses", "1 to 1,000,000"));
    }
    let link_id = fresh_id()?;
    deps.write(move |w| {
        let file = known(w, &file_id)?;
        if file.person != OWN {
            return Err(NodeError::Refused("this is a copy of somebody's file"));
        }
        if !file.whole {
            return Err(NodeError::Conflict("this file is not whole yet"));
        }
        if rows::count_open(w.tx, w.now)? >= OPEN_MAX {
            return Err(NodeError::Refused("too many open links: take some back first"));
        }
        let about = &file.about;
        let head = json!({"name": about.name, "media_type": about.media_type, "size": about.size});
        let cipher = super::disk::Cipher::new(about.key.as_bytes());
        let link = Link {
            link_id,
            file: file.id,
            head: cipher.seal_head(&link_id.0, head.to_string().as_bytes())?,
            uses_max: uses,
            used: 0,
            expires_at: w.now + expires_s * 1_000,
            revoked: false,
            created_at: w.now,
        };
        rows::add(w.tx, &link)?;
        told(w, &file_id);
        let path = path_of(&link, about.key.as_bytes());
        Ok((link, path))
    })
    .await
}

/// Path and fragment of a link, for who knows the file's key.
pub fn path_of(link: &Link, key: &[u8; 32]) -> String {
    format!("/f/{}#{}", link.link_id, b64_encode(key))
}

/// What everybody who has a link may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Name, type and size, encrypted with the file's key.
    pub head: Vec<u8>,
    /// Bytes of ciphertext.
    pub bytes: u64,
    /// Unix ms.
    pub expires_at: u64,
    /// Downloads that it still allows; none: no bound.
    pub uses_left: Option<u64>,
}

/// Looks at a link, also while the node is locked.
///
/// # Errors
/// `Unknown`; `Gone` when it is over, used up or taken back, or its file was deleted.
pub async fn look(deps: &Deps, link_id: Id16) -> Result<Shown, NodeError> {
    let now = deps.clock.now_ms();
    deps.db
        .read(move |tx| {
            let link = rows::get(tx, &link_id)?.ok_or(NodeError::Unknown(THIS))?;
            let uses_left = link.uses_max.map(|max| max.saturating_sub(link.used));
            if link.revoked || link.expires_at <= now || uses_left == Some(0) {
                return Err(NodeError::Gone(OVER));
            }
            let (_, bytes) = rows::ciphertext(tx, link.file)?.ok_or(NodeError::Gone(OVER))?;
            Ok(Shown { head: link.head, bytes, expires_at: link.expires_at, uses_left })
        })
        .await
}

/// Begins a download: counts a use and returns the token that fetches the bytes, 16 bytes.
///
/// # Errors
/// As [`look`].
pub async fn begin(deps: &Deps, link_id: Id16) -> Result<Id16, NodeError> {
    let (token, now) = (fresh_id()?, deps.clock.now_ms());
    deps.db
        .write(move |tx| {
            let link = rows::get(tx, &link_id)?.ok_or(NodeError::Unknown(THIS))?;
            if rows::ciphertext(tx, link.file)?.is_none() {
                return Err(NodeError::Gone(OVER));
            }
            match rows::begin(tx, &link_id, &Hash::of(&[&token.0]), now + DOWNLOAD_MS, now)? {
                true => Ok(token),
                false => Err(NodeError::Gone(OVER)),
            }
        })
        .await
}

/// The ciphertext that a download may fetch: its name and its bytes.
///
/// # Errors
/// `Unknown` link; `Refused` without a token of a download that was begun by it; `Gone` when it was taken back or its file
/// deleted.
pub async fn fetch(deps: &Deps, link_id: Id16, token: Option<Id16>) -> Result<(Hash, u64), NodeError> {
    let now = deps.clock.now_ms();
    deps.db
        .read(move |tx| {
            let link = rows::get(tx, &link_id)?.ok_or(NodeError::Unknown(THIS))?;
            let file = rows::ciphertext(tx, link.file)?.filter(|_| !link.revoked);
            let file = file.ok_or(NodeError::Gone(OVER))?;
            let begun = match token {
                Some(token) => rows::has_begun(tx, &link_id, &Hash::of(&[&token.0]), now)?,
                None => false,
            };
            if begun {
                return Ok(file);
            }
            // Who comes without one learns what a download would be told.
            let is_over = link.expires_at <= now || link.uses_max.is_some_and(|max| link.used >= max);
            Err(if is_over { NodeError::Gone(OVER) } else { NodeError::Refused("begin a download first") })
        })
        .await
}

/// Takes a link back; downloads that run end with their next piece.
pub async fn revoke(deps: &Deps, file_id: Id16, link_id: Id16) -> Result<(), NodeError> {
    deps.write(move |w| {
        let file = known(w, &file_id)?;
        if !rows::revoke(w.tx, file.id, &link_id)? {
            return Err(NodeError::Unknown(THIS));
        }
        told(w, &file_id);
        Ok(())
    })
    .await
}

/// Links of a file with their paths, newest first.
pub async fn list(deps: &Deps, file_id: Id16) -> Result<Vec<(Link, String)>, NodeError> {
    deps.read(move |w| {
        let file = known(w, &file_id)?;
        let links = rows::of_file(w.tx, file.id)?.into_iter();
        let with_path = |link: Link| {
            let path = path_of(&link, file.about.key.as_bytes());
            (link, path)
        };
        Ok(links.map(with_path).collect())
    })
    .await
}
