//! After a rotation everything that the owner has on walls is signed again by the new key, under the same message ids:
//! whoever meets the owner later believes the newest key alone. The delivery job does it in steps, the newest first;
//! each is on disk with the place where the next one begins. Knows no sessions.

use openred_core::{envelope::Verified, ids::Hash, overlay::LIFE_MAX_S};
use openred_service::database::{DbError, Tx};
use serde::{Deserialize, Serialize};
use tracing::{debug, info};

use super::{
    sync,
    things::{Column, Thing, store as things},
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::{contacts::store as people, network::store as network},
    net::store as state,
    sign,
};

const KEY: &str = "wall_signed_again";
/// Envelopes of one step.
const STEP: i64 = 100;
/// Things of one kind that are published again.
const PUBLISHED_MAX: i64 = 10_000;
/// Questions about the wall that wait for the end at most.
const ASKED_MAX: usize = 1_000;

/// How far it is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// The log entry whose key signs, or has signed, the whole wall.
    log_seq: u32,
    /// [`Column::number`] in work; none when all is done.
    column: Option<i64>,
    /// Rows below this one are to do.
    before: i64,
    /// Who asked meanwhile (`connections.id`), and after which second.
    asked: Vec<(i64, u64)>,
}

impl Progress {
    fn read(tx: &Tx<'_>) -> Result<Self, DbError> {
        let held = state::state(tx, KEY)?;
        held.map_or(Ok(Self::default()), |json| {
            serde_json::from_slice(&json).map_err(|e| DbError::Corrupt(format!("{KEY}: {e}")))
        })
    }

    fn write(&self, tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
        let json = serde_json::to_vec(self).map_err(|e| DbError::Corrupt(e.to_string()))?;
        state::set_state(tx, KEY, &json, now)
    }

    fn column(&self) -> Option<Column> {
        Column::from_number(self.column?)
    }

    /// The place after this page; its last row is the lowest.
    fn past(&mut self, last: Option<i64>) {
        match last {
            Some(row) => self.before = row,
            None => {
                self.column = self.column.map(|n| n + 1).filter(|n| Column::from_number(*n).is_some());
                self.before = i64::MAX;
            }
        }
    }
}

/// Begins when the key of log entry `log_seq` has not signed the wall yet: after a rotation, and after a start in case
/// the rotation was cut short.
pub async fn begin(deps: &Deps, log_seq: u32) -> Result<(), NodeError> {
    deps.write(move |w| {
        let held = Progress::read(w.tx)?;
        if held.log_seq >= log_seq {
            return Ok(());
        }
        let column = Some(Column::Post.number());
        let begun = Progress { log_seq, column, before: i64::MAX, asked: held.asked };
        begun.write(w.tx, w.now)?;
        w.wake();
        Ok(())
    })
    .await
}

/// Whether something is left to do.
pub fn is_under_way(tx: &Tx<'_>) -> Result<bool, DbError> {
    Ok(Progress::read(tx)?.column.is_some())
}

/// While it is under way a question about the wall waits for the end: true when it was noted.
pub(super) fn defers(work: &Work<'_, '_>, person: i64, after: u64) -> Result<bool, NodeError> {
    let mut progress = Progress::read(work.tx)?;
    if progress.column.is_none() {
        return Ok(false);
    }
    let earliest =
        progress.asked.iter().find(|(asker, _)| *asker == person).map_or(after, |(_, at)| after.min(*at));
    progress.asked.retain(|(asker, _)| *asker != person);
    if progress.asked.len() < ASKED_MAX {
        progress.asked.push((person, earliest));
    }
    progress.write(work.tx, work.now)?;
    Ok(true)
}

/// One step. True when more is left.
pub async fn step(deps: &Deps) -> Result<bool, NodeError> {
    let me = deps.me.get()?.node_id;
    let found = deps.read(|w| {
        let progress = Progress::read(w.tx)?;
        let Some(column) = progress.column() else { return Ok(None) };
        let page = things::own(w.tx, w.seal, column, (progress.before, STEP))?;
        Ok(Some((progress.log_seq, column, page)))
    });
    let Some((log_seq, column, page)) = found.await? else { return Ok(false) };
    let last = page.last().map(|(row, _)| *row);
    let own = page.into_iter().filter_map(|(row, bytes)| {
        let held = Verified::from_trusted_store(&bytes).ok()?;
        (held.envelope().from.node_id == me).then_some((row, held))
    });
    let (rows, held): (Vec<i64>, Vec<Verified>) = own.unzip();
    let signed = sign::again(&deps.keys, &held).await?;
    debug!(?column, count = rows.len(), "the wall is signed again");
    let again: Vec<(i64, Hash, Vec<u8>)> = rows
        .into_iter()
        .zip(held)
        .zip(signed)
        .filter_map(|((row, held), signed)| Some((row, held.message_id(), signed?)))
        .collect();
    deps.write(move |w| {
        let mut progress = Progress::read(w.tx)?;
        if progress.log_seq != log_seq {
            return Ok(true);
        }
        for (row, id, canonical) in &again {
            things::sign_again(w.tx, w.seal, Thing { column, row: *row }, (id, canonical))?;
        }
        progress.past(last);
        if progress.column.is_none() {
            answer(w, &mut progress)?;
        }
        progress.write(w.tx, w.now)?;
        Ok(progress.column.is_some())
    })
    .await
}

/// Neighbours carry what is public once more: who hears of the new key first believes nothing that the old one signed.
/// What is older than messages of the overlay live is read at the wall.
fn publish(work: &Work<'_, '_>) -> Result<(), NodeError> {
    let from = work.now.saturating_sub(LIFE_MAX_S * 1_000);
    for item in things::on_wall(work.tx, work.seal, from, false, PUBLISHED_MAX)? {
        network::publish(work.tx, work.seal, &item.id, &item.envelope, work.now)?;
    }
    Ok(())
}

/// All is signed: those who asked meanwhile get their answers.
fn answer(work: &Work<'_, '_>, progress: &mut Progress) -> Result<(), NodeError> {
    info!("everything on the walls is signed by the new key");
    publish(work)?;
    for (person, after) in std::mem::take(&mut progress.asked) {
        if let Some(peer) = people::get(work.tx, work.seal, person)? {
            sync::give_wall(work, &peer, (after, &[], sync::LIMIT))?;
        }
    }
    work.wake_all();
    Ok(())
}
