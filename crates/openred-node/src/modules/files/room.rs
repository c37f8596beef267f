//! Room on the disk: what there is, what may be used for others' media, what goes first. The owner's own files are never
//! removed; copies of others' are, those first that were not used for longest, and can be fetched again.

use serde::{Deserialize, Serialize};

use super::{erase, store, told};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::feed::contents::store as contents,
    net::store as state,
};
use openred_service::database::{DbError, Tx};

/// Copies for others' media unless the owner says otherwise: 2 GiB.
const BUDGET: u64 = 2 << 30;
/// The database and the system need some room too.
const RESERVE: u64 = 1 << 20;
/// Copies looked at in one go.
const BATCH: i64 = 256;
const KEY: &str = "files";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Wish {
    budget: u64,
}

/// Bytes that copies of others' files may take.
pub fn budget(tx: &Tx<'_>) -> Result<u64, DbError> {
    let Some(bytes) = state::state(tx, KEY)? else { return Ok(BUDGET) };
    let wish: Result<Wish, _> = serde_json::from_slice(&bytes);
    wish.map(|wish| wish.budget).map_err(|_| DbError::Corrupt("network_state: files".to_owned()))
}

/// Sets them; copies beyond are removed.
pub async fn set_budget(deps: &Deps, budget: u64) -> Result<(), NodeError> {
    let now = deps.clock.now_ms();
    let wish = serde_json::to_vec(&Wish { budget }).unwrap_or_default();
    deps.write_plain(move |tx| state::set_state(tx, KEY, &wish, now)).await?;
    let over = used(deps).await?.copies.saturating_sub(budget);
    evict(deps, over).await.map(drop)
}

/// Bytes by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// The owner's files.
    pub own: u64,
    /// Copies of others' files.
    pub copies: u64,
    /// Others' pictures and long texts, in the database.
    pub fetched: u64,
    /// Bytes that copies may take.
    pub budget: u64,
}

/// What is used for what.
pub async fn used(deps: &Deps) -> Result<Use, NodeError> {
    let read = deps.db.read(|tx| {
        let (own, copies) = store::sums(tx)?;
        Ok::<_, DbError>(Use { own, copies, fetched: contents::fetched_bytes(tx)?, budget: budget(tx)? })
    });
    Ok(read.await?)
}

/// Removes copies, least used first, until `bytes` are free of them; all of them when none are named. Long texts and
/// pictures of others go with the last. How much that was.
pub async fn free(deps: &Deps, bytes: Option<u64>) -> Result<u64, NodeError> {
    let mut freed = evict(deps, bytes.unwrap_or(u64::MAX)).await?;
    if bytes.is_none_or(|wanted| freed < wanted) {
        freed += deps.write_plain(contents::drop_fetched).await?;
    }
    Ok(freed)
}

/// Makes room for a file of the owner.
///
/// # Errors
/// 507 where even without copies it does not fit.
pub(super) async fn for_own(deps: &Deps, bytes: u64) -> Result<(), NodeError> {
    let Some(free) = deps.files.folder().free_bytes() else { return Ok(()) };
    let missing = bytes.saturating_add(RESERVE).saturating_sub(free);
    if missing == 0 || evict(deps, missing).await? >= missing { Ok(()) } else { Err(DbError::Full.into()) }
}

/// Makes room for a copy, within the budget.
///
/// # Errors
/// 507 where the disk or the budget has no room for it.
pub(super) async fn for_copy(deps: &Deps, bytes: u64) -> Result<(), NodeError> {
    let used = used(deps).await?;
    if bytes > used.budget {
        return Err(NodeError::TooLarge(
            "this file is larger than what you set aside for others' media: see the storage settings",
        ));
    }
    let over = used.copies.saturating_add(bytes).saturating_sub(used.budget);
    if over > 0 && evict(deps, over).await? < over {
        return Err(DbError::Full.into());
    }
    let free = deps.files.folder().free_bytes().unwrap_or(u64::MAX);
    let missing = bytes.saturating_add(RESERVE).saturating_sub(free);
    if missing == 0 || evict(deps, missing).await? >= missing { Ok(()) } else { Err(DbError::Full.into()) }
}

async fn evict(deps: &Deps, wanted: u64) -> Result<u64, NodeError> {
    let mut freed = 0;
    while freed < wanted {
        let missing = wanted - freed;
        let gone = deps.write(move |w| evicted(w, missing)).await?;
        let bytes: u64 = gone.iter().map(|one| one.bytes).sum();
        if gone.is_empty() {
            break;
        }
        erase(deps, gone).await?;
        freed = freed.saturating_add(bytes);
    }
    Ok(freed)
}

fn evicted(work: &Work<'_, '_>, wanted: u64) -> Result<Vec<store::Bytes>, NodeError> {
    let (mut gone, mut bytes) = (Vec::new(), 0_u64);
    for copy in store::copies(work.tx, BATCH)? {
        if bytes >= wanted {
            break;
        }
        bytes = bytes.saturating_add(copy.bytes);
        told(work, &copy.file_id);
        gone.extend(store::remove(work.tx, copy.id)?);
    }
    Ok(gone)
}
