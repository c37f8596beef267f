//! Edits and deletions that came before what they change. One per target and author: the one that counts most.

pub mod store;

use openred_core::{
    envelope::Verified,
    ids::Hash,
    payload::{Payload, PayloadError},
};

use super::stamp::Stamp;
use crate::{deps::Work, error::NodeError};

/// Keeps a change until its target comes.
pub(super) fn keep(
    work: &Work<'_, '_>,
    target: &Hash,
    author: i64,
    item: &Verified,
) -> Result<(), NodeError> {
    if let Some(held) = store::get(work.tx, work.seal, target, author)? {
        let held = read(&held)?;
        if stamp(&held)? >= stamp(item)? {
            return Ok(());
        }
    }
    let at = item.envelope().timestamp_ms;
    Ok(store::put(work.tx, work.seal, (target, author), at, item.canonical())?)
}

/// Takes out what waits for a target by this author.
pub(super) fn take(work: &Work<'_, '_>, target: &Hash, author: i64) -> Result<Option<Verified>, NodeError> {
    let Some(held) = store::get(work.tx, work.seal, target, author)? else { return Ok(None) };
    store::drop_one(work.tx, target, author)?;
    Ok(Some(read(&held)?))
}

fn read(canonical: &[u8]) -> Result<Verified, NodeError> {
    Verified::from_trusted_store(canonical).map_err(|e| NodeError::Internal(format!("a waiting change: {e}")))
}

fn stamp(item: &Verified) -> Result<Stamp, PayloadError> {
    let deletes = match item.payload()? {
        Payload::PostShare(p) => p.deletes.is_some(),
        Payload::Comment(c) => c.deletes.is_some(),
        _ => false,
    };
    Ok(Stamp::of(item, deletes))
}
