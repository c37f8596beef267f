//! What anybody may read of this node, also while it is locked: the owner's public posts, as they were signed. Reads
//! columns that are not sealed and nothing else; knows no keys.

pub mod store;

use openred_core::ids::{B64, NodeId};
use openred_service::database::{Database, DbError};
use serde::{Deserialize, Serialize};

/// Posts of a page.
const PAGE: i64 = 50;
/// Bytes of envelopes after which a page ends.
const PAGE_BYTES: usize = 512 << 10;

/// A page of public posts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Whose.
    pub node_id: NodeId,
    /// Canonical envelopes: each post, followed by its newest edit where there is one.
    pub items: Vec<B64>,
    /// Where the next page begins, for `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A place between two pages: what is older than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// `created_at` of the last post, unix ms.
    pub at: u64,
    /// Its number.
    pub id: i64,
}

impl After {
    /// Before everything.
    pub const BEGIN: Self = Self { at: i64::MAX as u64, id: i64::MAX };

    /// Reads `next` of a page.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let at = at.parse().ok().filter(|at| i64::try_from(*at).is_ok())?;
        Some(Self { at, id: id.parse().ok()? })
    }

    fn text(self) -> String {
        format!("{}.{}", self.at, self.id)
    }
}

/// The owner's public posts that are older than `after`, as they stand at `now` (unix ms).
pub async fn page(db: &Database, node_id: NodeId, after: After, now: u64) -> Result<Page, DbError> {
    let posts = db.read(move |tx| store::public(tx, after, PAGE, now)).await?;
    let is_full = posts.len() as i64 == PAGE;
    let (mut items, mut bytes, mut last, mut is_cut) = (Vec::new(), 0, None, false);
    for post in posts {
        let size = post.envelope.len() + post.change.as_ref().map_or(0, Vec::len);
        if bytes > 0 && bytes + size > PAGE_BYTES {
            is_cut = true;
            break;
        }
        bytes += size;
        last = Some(post.at);
        items.push(B64(post.envelope));
        items.extend(post.change.map(B64));
    }
    let next = last.filter(|_| is_full || is_cut).map(After::text);
    Ok(Page { node_id, items, next })
}
