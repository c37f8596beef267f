//! The job that fetches what the owner wants: piece by piece from the node that offered it, each verified and written
//! while those that follow are on their way, again after every interruption, until the whole is the one that was promised.

mod pieces;
mod source;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use openred_core::ids::Id16;
use openred_service::database::DbError;
use serde_json::json;
use tokio::task::JoinSet;
use tracing::{debug, warn};

use self::pieces::{Pieces, Wanted};
use super::{
    disk::{WriteError, Writing},
    erase, finish, of_writing, on_disk,
    store::{self, Download, Stored, offers::Offered},
    talk, uploads,
    writers::Lease,
};
use crate::{delivery, deps::Deps, error::NodeError, events::Kind};

/// Downloads at once.
const AT_ONCE: usize = 4;
/// The rows are looked at this often even when nothing rings.
const LOOK: Duration = Duration::from_secs(2);
/// The app is told how far a file is at most this often.
const TELL_MS: u64 = 500;
/// Wholes that were not what was promised, before the owner is told that it failed.
const WRONG_MAX: u64 = 3;

/// A piece of ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of ciphertext of the whole.
    pub size: u64,
    /// Those from the offset on that was asked for.
    pub bytes: Vec<u8>,
}

/// Asks a person's node for a piece of what it offered; implemented by the network.
pub trait Source: Send + Sync + 'static {
    /// The piece from `offset` on, from the node of the person (`connections.id`).
    ///
    /// # Errors
    /// `Refused`, `Unknown`, `Gone` as that node said; anything else for what may go better later.
    fn piece<'a>(
        &'a self,
        person: i64,
        offer: &'a Id16,
        offset: u64,
    ) -> BoxFuture<'a, Result<Piece, NodeError>>;
}

/// Why an attempt ended.
#[derive(Debug)]
enum Ended {
    /// The file is here, or nobody wants it any more.
    Done,
    /// Tried again; the code says why. `moved`: something came before.
    Later { code: &'static str, moved: bool },
    /// Not to be had.
    Never(&'static str),
}

/// The job, until the node stops.
pub async fn run(deps: Deps, source: Arc<dyn Source>) {
    let stop = deps.tasks.soft().clone();
    let (mut running, mut busy) = (JoinSet::new(), BTreeMap::new());
    loop {
        if let Err(error) = talk::work_off(&deps).await {
            debug!(%error, "files of conversations wait");
        }
        let now = deps.clock.now_ms();
        let due = deps.db.read(move |tx| store::due(tx, now, 64)).await.unwrap_or_default();
        // A locked node has no keys: what is due waits.
        let due = if deps.seal.get().is_ok() { due } else { Vec::new() };
        for download in due {
            if busy.len() < AT_ONCE && busy.values().all(|file| *file != download.file) {
                let (deps, source, file) = (deps.clone(), source.clone(), download.file);
                let task = running.spawn(async move { attempt(&deps, &source, &download).await });
                busy.insert(task.id(), file);
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = deps.files.rung() => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(done) = running.join_next_with_id() => {
                let task = done.as_ref().map_or_else(tokio::task::JoinError::id, |(task, ())| *task);
                busy.remove(&task);
                if let Err(error) = done {
                    warn!(%error, "a download ended badly");
                }
            }
        }
    }
}

async fn attempt<S: Source + ?Sized>(deps: &Deps, source: &Arc<S>, download: &Download) {
    let ended = match fetch(deps, source, download).await {
        Ok(ended) => ended,
        Err(NodeError::Locked) => return,
        Err(error) => {
            debug!(%error, "a download waits");
            Ended::Later { code: code_of(&error), moved: false }
        }
    };
    let (file, now) = (download.file, deps.clock.now_ms());
    let (tries, next_at, code) = match ended {
        Ended::Done => return,
        Ended::Later { code: "altered", .. } if download.tries + 1 >= WRONG_MAX => (0, None, "altered"),
        Ended::Later { code, moved } => {
            let tries = if moved && code != "altered" { 0 } else { download.tries + 1 };
            (tries, Some(delivery::next_try(now, tries)), code)
        }
        Ended::Never(code) => (0, None, code),
    };
    let noted = deps.write(move |w| {
        store::note(w.tx, file, tries, next_at, code)?;
        if let Some(file) = store::get(w.tx, w.seal, file)? {
            super::told(w, &file.file_id);
        }
        Ok(())
    });
    if let Err(error) = noted.await {
        debug!(%error, "an attempt could not be noted");
    }
}

/// What the owner is told, and what decides when the next attempt is.
fn code_of(error: &NodeError) -> &'static str {
    match error {
        NodeError::Database(DbError::Full | DbError::ReadOnly) => "full",
        NodeError::Peer(reason) if reason == "altered" => "altered",
        NodeError::SlowDown(_) => "slow_down",
        NodeError::Peer(_) => "peer_away",
        _ => "internal",
    }
}

async fn fetch<S: Source + ?Sized>(
    deps: &Deps,
    source: &Arc<S>,
    download: &Download,
) -> Result<Ended, NodeError> {
    let Some((file, offer)) = both(deps, download).await? else { return Ok(Ended::Done) };
    let (lease, mut writing) = Lease::take(&deps.files, &file).await?;
    let wanted = Wanted { person: file.person, offer: offer.offer.file_id, size: file.about.size };
    let mut pieces = Pieces::new(deps, source, wanted);
    let (mut moved, mut told_at) = (false, None);
    while !writing.is_whole() {
        let came = match pieces.next(&writing).await {
            Ok(piece) => keep(writing, piece).await,
            Err(error) => Err(error),
        };
        writing = match came {
            Ok(writing) => writing,
            Err(NodeError::Refused(_)) => return Ok(Ended::Never("refused")),
            Err(NodeError::Unknown(_)) => return Ok(Ended::Never("unknown")),
            Err(NodeError::Gone(_)) => return Ok(Ended::Never("gone")),
            Err(NodeError::Locked) => return Err(NodeError::Locked),
            Err(error) => return Ok(Ended::Later { code: code_of(&error), moved }),
        };
        moved = true;
        let now = deps.clock.monotonic_ms();
        if told_at.is_none_or(|at| now.saturating_sub(at) >= TELL_MS) {
            told_at = Some(now);
            let told = json!({"id": file.file_id, "have": writing.offset(), "size": file.about.size});
            deps.events.send(Kind::File, told);
        }
        if both(deps, download).await?.is_none() {
            drop(lease);
            return erase(deps, vec![gone(&file)]).await.map(|()| Ended::Done);
        }
    }
    if writing.hash() != offer.offer.hash {
        // Each chunk opens and the whole is another: who offered it did not mean this.
        drop(writing);
        deps.files.folder().drop_part(&file.file_id);
        return Ok(Ended::Later { code: "altered", moved: false });
    }
    let hash = writing.hash();
    drop(writing);
    let thumbnail = uploads::thumbnail_of(deps, &file).await;
    finish(deps, &file, file.file_id, file.about.clone(), hash, thumbnail).await?;
    Ok(Ended::Done)
}

fn gone(file: &Stored) -> store::Bytes {
    store::Bytes { id: file.id, file_id: file.file_id, hash: None, bytes: 0 }
}

/// The copy and its offer, as long as the owner wants them.
async fn both(deps: &Deps, download: &Download) -> Result<Option<(Stored, Offered)>, NodeError> {
    let (file, offer) = (download.file, download.offer);
    deps.read(move |w| {
        if store::download_of(w.tx, file)?.is_none() {
            return Ok(None);
        }
        let file = store::get(w.tx, w.seal, file)?.filter(|file| !file.whole);
        Ok(file.zip(store::offers::get(w.tx, w.seal, offer)?))
    })
    .await
}

/// Brings a piece to the disk. What opens of it stays, whatever follows.
async fn keep(mut writing: Writing, piece: Piece) -> Result<Writing, NodeError> {
    let from = writing.sealed_offset();
    let (writing, went) = on_disk(move || {
        let went = writing.append_sealed(&piece.bytes);
        writing.settle_many()?;
        Ok((writing, went))
    })
    .await?;
    went.map_err(|error| match error {
        WriteError::TooLong | WriteError::Altered => NodeError::Peer("altered".to_owned()),
        disk @ WriteError::Disk(_) => of_writing(disk),
    })?;
    if writing.sealed_offset() > from { Ok(writing) } else { Err(NodeError::Peer("nothing came".to_owned())) }
}
