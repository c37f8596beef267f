//! Key packages: each friend is given some of this node's, for that friend alone, and keeps them here for the owner. So a
//! conversation begins while the other is away, and nobody between learns that it does. Rules only.

pub mod store;

use openred_chat::{ChatError, Offered, Suite};
use openred_core::{
    ids::{B64, Id16},
    payload::DirectMessage,
};

use super::mls;
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::contacts::{self, person::Person, store as people},
    net::store as state,
};

/// Suites of which each friend is given one package: the strongest that all nodes of this version can do, and the mandatory
/// one of RFC 9420.
const SUITES: [Suite; 2] = [Suite::Hybrid, Suite::Classic];
/// Packages are given again after this long, well before they are over.
const AGE_MS: u64 = 14 * 86_400_000;
/// Who asks for packages is given some at most so often.
const AGAIN_MS: u64 = 60_000;
/// People of one step.
const STEP: i64 = 5;

/// The leaf key of the packages that were given, in `network_state`.
const LEAF_KEY: &str = "mls_leaf_key";

/// The group of a `direct_message` that carries a key package: none.
pub const NO_GROUP: Id16 = Id16([0; 16]);

/// Gives somebody new key packages.
pub fn give(work: &Work<'_, '_>, to: &Person) -> Result<(), NodeError> {
    for suite in SUITES {
        let package = match mls::with(work, |chat| chat.make_key_package(suite, false))? {
            Ok(package) => package,
            // As many as are kept: these are for others, who have not used them yet.
            Err(error @ ChatError::Malformed(_)) => {
                tracing::warn!(%error, "somebody is given no new keys");
                break;
            }
            Err(error) => return Err(internal(error)),
        };
        let message = DirectMessage::Whole { group: NO_GROUP, mls: B64(package.bytes) };
        contacts::say(work, to, message.into())?;
    }
    Ok(store::given(work.tx, to.id, work.now)?)
}

/// The same for somebody who asks for them or seems to need them: again only after a minute.
pub fn give_again(work: &Work<'_, '_>, to: &Person) -> Result<(), NodeError> {
    let again = work.now.saturating_sub(AGAIN_MS);
    match store::given_at(work.tx, to.id)? {
        Some(at) if at >= again => Ok(()),
        _ => give(work, to),
    }
}

/// Drops own packages that are over. With another leaf key than before, after a rotation or on a new installation, none
/// that was given is good any more: everybody is given new ones.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub(super) async fn renew(deps: &Deps) -> Result<(), NodeError> {
    deps.write(|w| {
        mls::with(w, |chat| chat.drop_old_key_packages())?.map_err(internal)?;
        let key = mls::key(w)?;
        if state::state(w.tx, LEAF_KEY)?.as_deref() != Some(key.as_slice()) {
            store::forget_given(w.tx)?;
            state::set_state(w.tx, LEAF_KEY, &key, w.now)?;
        }
        Ok(())
    })
    .await
}

/// Gives key packages to friends who have none, or old ones. For the job.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub async fn give_all(deps: &Deps) -> Result<(), NodeError> {
    loop {
        let without = |w: &Work<'_, '_>| Ok(store::without(w.tx, w.now.saturating_sub(AGE_MS), STEP)?);
        let without: Vec<i64> = deps.read(without).await?;
        if without.is_empty() {
            return Ok(());
        }
        deps.write(move |w| {
            for &person in &without {
                if let Some(person) = people::get(w.tx, w.seal, person)? {
                    give(w, &person)?;
                }
            }
            Ok(())
        })
        .await?;
    }
}

/// Somebody's key package came.
pub fn on_package(work: &Work<'_, '_>, from: &Person, bytes: &[u8]) -> Result<Offered, NodeError> {
    let offered = mls::with(work, |chat| chat.read_key_package(bytes))?.map_err(refused)?;
    if offered.leaf.node_id != from.node_id {
        return Err(NodeError::Refused("a key package of somebody else"));
    }
    store::keep(work.tx, work.seal, (from.id, offered.suite.code()), bytes, work.now)?;
    Ok(offered)
}

fn internal(error: ChatError) -> NodeError {
    NodeError::Internal(error.to_string())
}

fn refused(error: ChatError) -> NodeError {
    NodeError::invalid("mls", error.to_string())
}
