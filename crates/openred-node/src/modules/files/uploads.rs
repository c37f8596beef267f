//! Bytes that the owner brings, in as many calls as it takes: each says where it goes on, and is told how far the file is
//! on the disk.

use axum::body::{Body, BodyDataStream};
use futures_util::{StreamExt as _, stream::Fuse};
use openred_core::ids::Id16;

use super::{
    WHAT,
    disk::{Reading, WriteError, Writing},
    finish, fresh_id, fresh_key, known, of_writing, on_disk, pictures, rekeying,
    store::{self, OWN, Stored},
    writers::Lease,
};
use crate::{deps::Deps, error::NodeError};

/// Bytes handed to the disk at once.
const GATHER: usize = 1 << 20;
/// Bytes that are read and not taken, at most, after a refusal: two pieces of the command line.
const DRAIN_MAX: usize = 8 << 20;

/// How far a file came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Plain bytes on disk; the next call goes on here.
    pub offset: u64,
    /// Nothing is missing.
    pub whole: bool,
}

/// How far a file of the owner is on the disk.
pub async fn progress(deps: &Deps, file_id: Id16) -> Result<Progress, NodeError> {
    let file = coming(deps, file_id).await?;
    if file.whole {
        return Ok(Progress { offset: file.about.size, whole: true });
    }
    let (_, lease, writing) = writer(deps, file).await?;
    let offset = writing.offset();
    lease.give_back(writing);
    Ok(Progress { offset, whole: false })
}

/// The writer of a file of the owner. One whose last call broke off goes on under another key.
async fn writer(deps: &Deps, file: Stored) -> Result<(Stored, Lease, Writing), NodeError> {
    let (lease, idle) = Lease::hold(&deps.files, file.id)?;
    if let Some(writing) = idle {
        return Ok((file, lease, writing));
    }
    // Who had it before may have changed it.
    let mut file = coming(deps, file.file_id).await?;
    if file.about.open && !file.whole {
        file = rekeying::again(deps, file).await?;
    }
    let writing = lease.open(&file).await?;
    Ok((file, lease, writing))
}

/// What came of bytes that were brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// They are on disk, as far as they fill chunks.
    On(Progress),
    /// The file goes on elsewhere than was said: nothing was taken.
    Elsewhere(u64),
}

/// Takes bytes from `offset` on, and finishes the file with its last. What came before a connection broke stays.
///
/// # Errors
/// `Conflict` while another call brings bytes; 507 on a full disk: what was answered before is still there.
pub async fn append(deps: &Deps, file_id: Id16, offset: u64, body: Body) -> Result<Brought, NodeError> {
    let mut body = body.into_data_stream().fuse();
    let done = take(deps, file_id, offset, &mut body).await;
    if !matches!(done, Ok(Brought::On(_))) {
        drain(&mut body).await;
    }
    done
}

/// Reads on for a while what is not taken: who still sends would miss the answer.
async fn drain(body: &mut Fuse<BodyDataStream>) {
    let mut left = DRAIN_MAX;
    while let Some(Ok(bytes)) = body.next().await {
        left = left.saturating_sub(bytes.len());
        if left == 0 {
            return;
        }
    }
}

async fn take(
    deps: &Deps,
    file_id: Id16,
    offset: u64,
    body: &mut Fuse<BodyDataStream>,
) -> Result<Brought, NodeError> {
    let file = coming(deps, file_id).await?;
    if file.whole {
        return Ok(Brought::Elsewhere(file.about.size));
    }
    let (file, lease, writing) = writer(deps, file).await?;
    if writing.offset() != offset {
        let there = writing.offset();
        lease.give_back(writing);
        return Ok(Brought::Elsewhere(there));
    }
    set_open(deps, file.id, true).await?;
    let (mut writing, went) = pour(writing, body).await?;
    writing = on_disk(move || writing.settle().map(|()| writing)).await?;
    let file = set_open(deps, file.id, false).await?;
    went.map_err(of_writing)?;
    if writing.is_whole() {
        complete(deps, &file, writing).await?;
        drop(lease);
        return Ok(Brought::On(Progress { offset: file.about.size, whole: true }));
    }
    let offset = writing.offset();
    lease.give_back(writing);
    Ok(Brought::On(Progress { offset, whole: false }))
}

/// From the first byte that may be sealed until all that was is on the disk.
async fn set_open(deps: &Deps, id: i64, open: bool) -> Result<Stored, NodeError> {
    let set = deps.write(move |w| Ok(store::set_open(w.tx, w.seal, id, open, w.now)?));
    set.await?.ok_or(NodeError::Unknown(WHAT))
}

async fn coming(deps: &Deps, file_id: Id16) -> Result<Stored, NodeError> {
    let file = deps.read(move |w| known(w, &file_id)).await?;
    if file.person == OWN { Ok(file) } else { Err(NodeError::Refused("copies come from their owner's node")) }
}

/// Writes what comes until it ends, fails, or does not fit. The writer comes back whatever happened to the bytes.
async fn pour(
    mut writing: Writing,
    body: &mut Fuse<BodyDataStream>,
) -> Result<(Writing, Result<(), WriteError>), NodeError> {
    let mut gathered = Vec::new();
    loop {
        let piece = body.next().await;
        let is_over = !matches!(piece, Some(Ok(_)));
        if let Some(Ok(bytes)) = piece {
            gathered.extend_from_slice(&bytes);
        }
        if gathered.len() >= GATHER || is_over {
            let bytes = std::mem::take(&mut gathered);
            let (back, went) = on_disk(move || {
                let went = writing.append(&bytes);
                Ok((writing, went))
            })
            .await?;
            writing = back;
            if went.is_err() || is_over {
                return Ok((writing, went));
            }
        }
    }
}

/// All bytes are on disk: a picture is written anew without what cameras add, and the row says that the file is whole.
async fn complete(deps: &Deps, file: &Stored, writing: Writing) -> Result<(), NodeError> {
    let (mut about, hash) = (file.about.clone(), writing.hash());
    drop(writing);
    if !pictures::is_picture(&about) {
        return finished(finish(deps, file, file.file_id, about, hash, None).await?);
    }
    let (path, key) = (deps.files.folder().part(&file.file_id), about.key.clone());
    let size = about.size;
    let plain = on_disk(move || Reading::open(&path, key.as_bytes(), size)?.whole()).await?;
    let clean = about.clean;
    let kind = about.media_type.clone();
    let made = on_disk(move || Ok(pictures::look(&plain, &kind, clean))).await?;
    let Some(made) = made else {
        // It says to be a picture and is none: nobody shall show it as one.
        "application/octet-stream".clone_into(&mut about.media_type);
        return finished(finish(deps, file, file.file_id, about, hash, None).await?);
    };
    let Some(cleaned) = made.cleaned else {
        return finished(finish(deps, file, file.file_id, about, hash, Some(made.thumbnail)).await?);
    };
    // Other bytes, another key.
    (about.key, about.size) = (fresh_key()?, cleaned.len() as u64);
    let (part, path) = (fresh_id()?, deps.files.folder().clone());
    let key = about.key.clone();
    let written = on_disk(move || {
        let mut writing = Writing::open(&path.part(&part), key.as_bytes(), cleaned.len() as u64)?;
        let went = writing.append(&cleaned);
        writing.settle()?;
        Ok(went.map(|()| writing.hash()))
    });
    let hash = match written.await.and_then(|went| went.map_err(of_writing)) {
        Ok(hash) => hash,
        Err(error) => {
            deps.files.folder().drop_part(&part);
            return Err(error);
        }
    };
    finished(finish(deps, file, part, about, hash, Some(made.thumbnail)).await?)
}

fn finished(is_known: bool) -> Result<(), NodeError> {
    if is_known { Ok(()) } else { Err(NodeError::Unknown(WHAT)) }
}

/// A small picture of a copy that came, if it is one.
pub(super) async fn thumbnail_of(deps: &Deps, file: &Stored) -> Option<Vec<u8>> {
    if !pictures::is_picture(&file.about) {
        return None;
    }
    let (path, about) = (deps.files.folder().part(&file.file_id), file.about.clone());
    let look = on_disk(move || {
        let plain = Reading::open(&path, about.key.as_bytes(), about.size)?.whole()?;
        Ok(pictures::look(&plain, &about.media_type, false).map(|made| made.thumbnail))
    });
    look.await.ok().flatten()
}
