//! Which registration replaces which: newest time wins, no older descriptor, one log per id.
//!
//! Must not know: HTTP. The caller has checked the signature of the call and its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use openred_core::codec::{Reader, Writer};
use openred_core::descriptor::Descriptor;
use openred_core::identity::{IdentityLog, LogOrder};
use openred_core::ids::NodeId;
use openred_service::database::{DbError, Tx};

use super::flags::Flags;
use super::store::{self, NodeRow};
use super::{Node, Nodes, hour_of, words};
use crate::bounds::{MAX_NODES, REMOVAL_KEPT_SECS};

/// A registration whose signature was found good.
#[derive(Debug)]
pub(crate) struct Registration {
    /// The descriptor, verified.
    pub(crate) descriptor: Descriptor,
    /// Signed flags.
    pub(crate) flags: Flags,
    /// Signed time, unix seconds.
    pub(crate) time: u64,
}

/// Something newer is held.
#[derive(Debug)]
pub(crate) struct Stale {
    /// The held descriptor, signed bytes; `None` after a removal.
    pub(crate) descriptor: Option<Vec<u8>>,
}

/// Why a registration is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    /// A newer time, descriptor or log is held.
    #[error("something newer is held")]
    Stale(Stale),
    /// The log contradicts the one held; kept as proof.
    #[error("the identity log contradicts the one held")]
    Fork,
    /// No room for another node.
    #[error("the directory is full")]
    Full,
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
}

enum Outcome {
    Done,
    /// The same call again: its answer was lost.
    Again,
    Stale(Option<Vec<u8>>),
    Fork,
    Full,
}

impl Nodes {
    /// Takes a registration (or removal), durably. `now` is unix seconds.
    pub(crate) async fn register(
        &self,
        registration: Registration,
        now: u64,
        mono_ms: u64,
    ) -> Result<Arc<Node>, RegisterError> {
        let id = registration.descriptor.node_id();
        let row = row_of(&registration, now);
        let words = words_of(&registration);
        let log = registration.descriptor.body().log.clone();
        let full = self.rows.load(Ordering::Relaxed) >= MAX_NODES;
        let outcome = self
            .database
            .write(move |tx| {
                let taken = take(tx, &row, &words, &log, full, now)?;
                Ok::<_, DbError>(taken)
            })
            .await?;
        match outcome {
            Outcome::Done | Outcome::Again => {}
            Outcome::Stale(descriptor) => return Err(RegisterError::Stale(Stale { descriptor })),
            Outcome::Fork => return Err(RegisterError::Fork),
            Outcome::Full => return Err(RegisterError::Full),
        }
        let gone = registration.flags.remove();
        let node = Arc::new(Node {
            descriptor: registration.descriptor,
            flags: registration.flags,
            time: registration.time,
            seen_mono_ms: AtomicU64::new(mono_ms.max(1)),
            seen_hour: AtomicU64::new(hour_of(now)),
        });
        let known = if gone { None } else { Some(Arc::clone(&node)) };
        self.memory().put(id, known, self.clock.monotonic_ms().max(1));
        self.say_changed(id);
        Ok(node)
    }
}

/// One step in one transaction: log first, then the row.
fn take(
    tx: &Tx<'_>,
    row: &NodeRow,
    words: &[String],
    log: &IdentityLog,
    full: bool,
    now: u64,
) -> Result<Outcome, DbError> {
    let held = store::held(tx, &row.node_id)?;
    let stale = || Outcome::Stale(held.as_ref().and_then(|held| held.descriptor.clone()));
    match keep_log(tx, &row.node_id, log, full, now)? {
        LogStep::Kept => {}
        LogStep::Older => return Ok(stale()),
        LogStep::Fork => return Ok(Outcome::Fork),
        LogStep::Full => return Ok(Outcome::Full),
    }
    if store::register(tx, row, words)? {
        return Ok(Outcome::Done);
    }
    let again = held.as_ref().is_some_and(|held| {
        held.time == row.time && held.flags == row.flags && held.descriptor == row.descriptor
    });
    Ok(if again { Outcome::Again } else { stale() })
}

enum LogStep {
    Kept,
    Older,
    Fork,
    Full,
}

fn keep_log(tx: &Tx<'_>, id: &NodeId, log: &IdentityLog, full: bool, now: u64) -> Result<LogStep, DbError> {
    let Some(before) = store::log(tx, id)? else {
        if full {
            return Ok(LogStep::Full);
        }
        return written(store::put_log(tx, id, None, &log_bytes(log), now)?);
    };
    let held = log_of(&before)?;
    match held.compare(log) {
        LogOrder::Same => written(store::put_log(tx, id, Some(&before), &before, now)?),
        LogOrder::Grown => written(store::put_log(tx, id, Some(&before), &log_bytes(log), now)?),
        LogOrder::Older => Ok(LogStep::Older),
        LogOrder::Fork { seq, entry } => {
            let held_entry = held.entries().get(seq as usize).cloned().unwrap_or_default();
            store::put_fork(tx, id, seq, &entry, &held_entry, now)?;
            Ok(LogStep::Fork)
        }
        LogOrder::Foreign => Err(DbError::Corrupt("logs.node_id".to_owned())),
    }
}

/// Nobody writes between our read and our write: if somebody did, the caller is to come again.
fn written(done: bool) -> Result<LogStep, DbError> {
    if done { Ok(LogStep::Kept) } else { Err(DbError::Busy) }
}

fn log_bytes(log: &IdentityLog) -> Vec<u8> {
    let mut writer = Writer::new();
    log.write(&mut writer);
    writer.into_vec()
}

/// The log of a row.
pub(super) fn log_of(bytes: &[u8]) -> Result<IdentityLog, DbError> {
    let mut reader = Reader::new(bytes);
    let log = IdentityLog::read(&mut reader).ok().filter(|_| reader.end().is_ok());
    log.ok_or_else(|| DbError::Corrupt("logs.entries".to_owned()))
}

fn row_of(registration: &Registration, now: u64) -> NodeRow {
    let Registration { descriptor, flags, time } = registration;
    let (log_seq, seq) = descriptor.order();
    let body = descriptor.body();
    let gone = flags.remove();
    let names = flags.shows_names() && !gone;
    NodeRow {
        node_id: descriptor.node_id(),
        descriptor: (!gone).then(|| descriptor.bytes().to_vec()),
        desc_hash: descriptor.hash(),
        log_seq,
        seq,
        expires: if gone { 0 } else { body.expires },
        flags: flags.byte(),
        time: *time,
        username: names.then(|| body.username.clone()),
        display_name: names.then(|| body.display_name.clone()),
        by_name: flags.by_name() && !gone,
        api_url: if gone { None } else { body.api_url.clone() },
        last_seen: if gone { 0 } else { hour_of(now) },
        recent: flags.recent() && !gone,
        keep_until: if gone { now + REMOVAL_KEPT_SECS } else { body.expires },
    }
}

fn words_of(registration: &Registration) -> Vec<String> {
    if !registration.flags.by_text() || registration.flags.remove() {
        return Vec::new();
    }
    let body = registration.descriptor.body();
    words::of_names(&body.username, &body.display_name)
}
