//! What private conversations need of this node: rows of the transaction, the leaf and its signatures from the keeper,
//! the logs of people. Must not know what is said.

pub mod store;

use std::sync::{Arc, PoisonError, RwLock};

use openred_chat::{Cause, Chat, ChatError, Leaf, Lent, LogKey, Logs, Randomness, Row, Rows};
use openred_core::ids::NodeId;
use openred_keeper::blob::Blob;
use openred_service::database::{DbError, Tx};

use crate::{
    deps::{Deps, Work},
    error::NodeError,
    keys::Keys,
    modules::{
        contacts::store::{self as people, StoreError},
        identity,
    },
    seal::{Locked, Sealer},
};

/// How long the leaf is certified, seconds; it is certified anew when a day of that has gone.
const LEAF_S: u64 = 28 * 86_400;
const RENEW_S: u64 = LEAF_S - 86_400;

/// The leaf of this installation, while the node is unlocked. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct LeafSlot(Arc<RwLock<Option<Leaf>>>);

impl LeafSlot {
    fn get(&self) -> Result<Leaf, Locked> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Locked)
    }

    /// Whether the keeper is to certify it, at this time in unix ms.
    pub fn is_due(&self, now: u64) -> bool {
        self.get().map_or(true, |leaf| leaf.not_after < now / 1_000 + RENEW_S)
    }

    /// Forgets it at lock.
    pub fn lock(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Has the keeper certify the leaf.
///
/// # Errors
/// [`NodeError::Locked`], [`NodeError::NotSetUp`].
pub(super) async fn certify(deps: &Deps) -> Result<(), NodeError> {
    let leaf = deps.keys.keeper().mls_leaf(LEAF_S).await?;
    let leaf = Leaf {
        node_id: deps.me.get()?.node_id,
        log_seq: leaf.log_seq,
        device: leaf.device,
        not_after: leaf.not_after,
        key: leaf.key,
        certificate: leaf.certificate,
    };
    *deps.leaf.0.write().unwrap_or_else(PoisonError::into_inner) = Some(leaf);
    Ok(())
}

/// The public key of the own leaf.
///
/// # Errors
/// [`NodeError::Locked`].
pub fn key(work: &Work<'_, '_>) -> Result<[u8; 32], NodeError> {
    Ok(work.leaf.get()?.key)
}

/// Calls private conversations within a transaction. What fails there has changed no row, and is the caller's to judge.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub fn with<T>(
    work: &Work<'_, '_>,
    act: impl FnOnce(&Chat<'_>) -> Result<T, ChatError>,
) -> Result<Result<T, ChatError>, NodeError> {
    let own = work.leaf.get()?;
    let rows = Table { tx: work.tx, seal: work.seal };
    let logs = Known(work);
    let sign = |content: &[u8]| sign(work.keys, content);
    let lent = Lent {
        rows: &rows,
        own: &own,
        sign: &sign,
        logs: &logs,
        random: &Randomness::system(),
        now_s: work.now / 1_000,
    };
    match act(&Chat::new(lent)) {
        Err(ChatError::Rows(cause) | ChatError::Signing(cause) | ChatError::Logs(cause)) => Err(below(cause)),
        answer => Ok(answer),
    }
}

/// The thread of a transaction waits for the keeper, some 100 microseconds: the ratchet, the message and its row are
/// written together (DESIGN §6), and a signature made before would be of another ratchet.
fn sign(keys: &Keys, content: &[u8]) -> Result<[u8; 64], Cause> {
    let signed = keys.keeper().sign_mls(Blob(content.to_vec())).wait();
    signed.map(|signature| signature.0).map_err(|error| NodeError::from(error).into())
}

/// The cause as it was before it went through the library.
fn below(cause: Cause) -> NodeError {
    match cause.downcast::<NodeError>() {
        Ok(error) => *error,
        Err(other) => NodeError::Internal(other.to_string()),
    }
}

struct Table<'w, 't> {
    tx: &'w Tx<'t>,
    seal: &'w Sealer,
}

impl Rows for Table<'_, '_> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Cause> {
        store::read(self.tx, self.seal, key).map_err(stored)
    }

    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), Cause> {
        store::write(self.tx, self.seal, key, value).map_err(written)
    }

    fn delete(&self, key: &[u8]) -> Result<(), Cause> {
        store::delete(self.tx, key).map_err(written)
    }

    fn list(&self, prefix: &[u8]) -> Result<Vec<Row>, Cause> {
        store::list(self.tx, self.seal, prefix).map_err(stored)
    }
}

fn stored(error: StoreError) -> Cause {
    NodeError::from(error).into()
}

fn written(error: DbError) -> Cause {
    NodeError::from(error).into()
}

struct Known<'w, 'a, 't>(&'w Work<'a, 't>);

impl Logs for Known<'_, '_, '_> {
    fn key_at(&self, node_id: &NodeId, log_seq: u32) -> Result<LogKey, Cause> {
        self.key(node_id, log_seq).map_err(Cause::from)
    }
}

impl Known<'_, '_, '_> {
    fn key(&self, node_id: &NodeId, log_seq: u32) -> Result<LogKey, NodeError> {
        let work = self.0;
        let log = if *node_id == work.me.node_id {
            identity::log(work.tx)?
        } else {
            let Some(person) = people::find(work.tx, work.seal, node_id)? else { return Ok(LogKey::Unknown) };
            people::pin_of(work.tx, work.seal, &person)?.log().cloned()
        };
        let Some(log) = log else { return Ok(LogKey::Unknown) };
        let newest = log.head_seq() == log_seq;
        Ok(match log.key_at(log_seq) {
            Some(key) if newest => LogKey::Newest(*key),
            Some(key) => LogKey::Superseded(*key),
            None => LogKey::Unknown,
        })
    }
}
