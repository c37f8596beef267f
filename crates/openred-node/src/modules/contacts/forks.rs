//! Proof that two histories of one identity exist: a second valid entry for a held number of somebody's log. It is kept
//! and shown; nothing switches, the history first seen stays (PROTOCOL §1).

use openred_core::{
    codec::SignedObject,
    descriptor::Descriptor,
    identity::{IdentityLog, LogOrder},
    ids::{B64, Hash, NodeId},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{person::Person, store};
use crate::{
    deps::Work,
    error::NodeError,
    modules::notify::{self, Params, What},
};

/// A second entry for a held number.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ForkView {
    /// Number of the entry, from 0.
    pub seq: u32,
    /// Hash of the entry that this node holds and goes by.
    #[schema(value_type = String)]
    pub held: Option<Hash>,
    /// Hash of the other.
    #[schema(value_type = String)]
    pub other: Option<Hash>,
    /// When it was shown first, unix ms.
    pub seen_at: u64,
    /// The other entry as it was signed: proof for everybody who knows them.
    #[schema(value_type = String)]
    pub entry: B64,
}

/// Keeps the proof, one per person and number, and tells the owner the first time. The caller has verified that `entry`
/// is validly signed and differs from the held one.
pub fn keep(work: &Work<'_, '_>, person: &Person, seq: u32, entry: &[u8]) -> Result<(), NodeError> {
    if store::add_fork(work.tx, work.seal, person.id, (seq, entry), work.now)? {
        let params = Params { seq: Some(seq), ..Params::default() };
        notify::add_with(work, What::IdentityFork, Some(person.id), None, &params)?;
    }
    Ok(())
}

/// A descriptor of theirs was refused for its log: if that log is a second history, its first differing entry is proof.
pub fn shown_by(work: &Work<'_, '_>, id: &NodeId, signed: &[u8]) -> Result<(), NodeError> {
    let (Some(person), Ok(descriptor)) = (store::find(work.tx, work.seal, id)?, Descriptor::parse(signed))
    else {
        return Ok(());
    };
    compare(work, &person, &descriptor.body().log)
}

/// Keeps the proof if a log differs from the held one.
pub fn compare(work: &Work<'_, '_>, person: &Person, log: &IdentityLog) -> Result<(), NodeError> {
    let pin = store::pin_of(work.tx, work.seal, person)?;
    match pin.log().map(|held| held.compare(log)) {
        Some(LogOrder::Fork { seq, entry }) => keep(work, person, seq, &entry),
        _ => Ok(()),
    }
}

/// The proofs held about somebody, by number.
pub fn shown(work: &Work<'_, '_>, person: &Person) -> Result<Vec<ForkView>, NodeError> {
    let pin = store::pin_of(work.tx, work.seal, person)?;
    let held = |seq: u32| pin.log().and_then(|log| hash_of(log.entries().get(seq as usize)?));
    let forks = store::forks(work.tx, work.seal, person.id)?;
    let view = |fork: store::Fork| ForkView {
        seq: fork.seq,
        held: held(fork.seq),
        other: hash_of(&fork.entry),
        seen_at: fork.seen_at,
        entry: B64(fork.entry),
    };
    Ok(forks.into_iter().map(view).collect())
}

fn hash_of(entry: &[u8]) -> Option<Hash> {
    SignedObject::decode(entry, 2).ok().map(|object| object.hash())
}
