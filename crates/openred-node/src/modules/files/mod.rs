//! Files: the owner's, offers of files to people and by people, copies of what was offered, links for everybody.
//!
//! Bytes lie beside the database, encrypted (`disk`); rows say what they are (`store`). Ciphertext is what travels, so a
//! file is encrypted once, when it comes. Rules are here and in `uploads offers downloads links room`; SQL is in `store`,
//! endpoints in `http`. What this module must not know: sessions and transports, but for one question to a person's node.

pub mod disk;
pub mod downloads;
pub mod http;
pub mod links;
pub mod offers;
mod pictures;
mod rekeying;
pub mod room;
pub mod store;
pub mod talk;
#[cfg(test)]
mod tests;
pub mod uploads;
mod writers;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use openred_core::{
    ids::{Hash, Id16},
    payload::{FileOffer, Secret32},
};
use openred_service::database::DbError;
use serde_json::json;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use self::{
    disk::{Folder, Reading, SIZE_MAX, WriteError, sealed_len},
    store::{About, OWN, Stored, offers as offered},
    writers::Writers,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
};

/// What is not known is called in refusals.
pub(crate) const WHAT: &str = "this file";
/// Own files on their way at once.
const COMING_MAX: i64 = 64;
/// Pieces for peers read from the disk at once: each may have 1 MiB in memory.
const SERVING_MAX: usize = 8;
/// Downloads by links that run at once.
const LINKED_MAX: usize = 32;

/// The files of a node. Clones share them.
#[derive(Debug, Clone)]
pub struct Files(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: Folder,
    writers: Writers,
    bell: Notify,
    discarded: Mutex<Vec<store::Bytes>>,
    serving: Semaphore,
    linked: Arc<Semaphore>,
}

impl Files {
    /// In a folder that need not exist.
    pub fn at(folder: PathBuf) -> Self {
        Self(Arc::new(Inner {
            folder: Folder::at(folder),
            writers: Writers::default(),
            bell: Notify::new(),
            discarded: Mutex::default(),
            serving: Semaphore::new(SERVING_MAX),
            linked: Arc::new(Semaphore::new(LINKED_MAX)),
        }))
    }

    /// Where they lie.
    pub fn folder(&self) -> &Folder {
        &self.0.folder
    }

    /// There may be something to download.
    pub fn ring(&self) {
        self.0.bell.notify_one();
    }

    /// What has no row any more is removed from the disk before long; after a crash, at the next start.
    pub(crate) fn discard(&self, gone: store::Bytes) {
        self.0.discarded.lock().unwrap_or_else(PoisonError::into_inner).push(gone);
        self.ring();
    }

    fn discarded(&self) -> Vec<store::Bytes> {
        std::mem::take(&mut *self.0.discarded.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A place for one more download by a link, as long as there is one.
    pub(crate) fn link_place(&self) -> Option<OwnedSemaphorePermit> {
        self.0.linked.clone().try_acquire_owned().ok()
    }

    /// Resolves when there may be something to download: for the one task that does.
    pub(crate) async fn rung(&self) {
        self.0.bell.notified().await;
    }

    /// Removes from the disk what no row knows: what a crash left. Before anything else is done with files.
    pub async fn sweep(&self, deps: &Deps) -> Result<(), NodeError> {
        let (whole, parts) = deps.db.read(store::names).await?;
        let folder = self.0.folder.clone();
        let removed = on_disk(move || folder.sweep(&whole, &parts)).await?;
        if removed > 0 {
            tracing::info!(removed, "files that a crash left were removed");
        }
        Ok(())
    }

    /// A whole file, to be read.
    pub(crate) async fn read(&self, file: &Stored) -> Result<Reading, NodeError> {
        let hash =
            file.hash.filter(|_| file.whole).ok_or(NodeError::Conflict("this file is not whole yet"))?;
        let (path, key, size) = (self.0.folder.whole(&hash), file.about.key.clone(), file.about.size);
        on_disk(move || Reading::open(&path, key.as_bytes(), size)).await
    }
}

/// Work with the disk, on a thread that may wait for it.
pub(crate) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, NodeError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| NodeError::Internal(error.to_string()))?.map_err(of_disk)
}

/// A failure of the disk as the database would name it.
#[expect(clippy::needless_pass_by_value, reason = "shape of map_err")]
pub(crate) fn of_disk(error: io::Error) -> NodeError {
    use io::ErrorKind::{FileTooLarge, NotFound, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => DbError::Full.into(),
        ReadOnlyFilesystem => DbError::ReadOnly.into(),
        NotFound => NodeError::Gone("the bytes of this file are not on the disk any more"),
        _ => NodeError::Internal(format!("a file: {error}")),
    }
}

fn of_writing(error: WriteError) -> NodeError {
    match error {
        WriteError::Disk(error) => of_disk(error),
        WriteError::TooLong => NodeError::TooLarge("more bytes than the file was said to have"),
        WriteError::Altered => NodeError::Peer("altered".to_owned()),
    }
}

/// A file of the owner, or a copy.
///
/// # Errors
/// `Unknown`.
pub fn known(work: &Work<'_, '_>, file_id: &Id16) -> Result<Stored, NodeError> {
    store::find(work.tx, work.seal, file_id)?.ok_or(NodeError::Unknown(WHAT))
}

/// What is said of a file that the owner brings.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Without folders, at most 255 bytes.
    pub name: String,
    /// Plain bytes.
    pub size: u64,
    /// `type/subtype`, lower case.
    pub media_type: String,
    /// A picture is kept as it is, with all that a camera wrote into it.
    pub keep_original: bool,
    /// It is for a message, and goes with the last that carries it.
    pub for_chat: bool,
}

/// Notes a file of the owner that is to come, after making room for it.
///
/// # Errors
/// `Invalid` for what is out of bounds, 507 where the disk has no room for it.
pub async fn begin(deps: &Deps, new: NewFile) -> Result<Stored, NodeError> {
    let about = About {
        key: fresh_key()?,
        name: new.name,
        media_type: new.media_type,
        size: new.size,
        clean: !new.keep_original,
        open: false,
        next_key: None,
    };
    check(&about)?;
    room::for_own(deps, sealed_len(about.size)).await?;
    let (file_id, for_chat) = (fresh_id()?, new.for_chat);
    deps.write(move |w| {
        if store::count_coming(w.tx)? >= COMING_MAX {
            return Err(NodeError::Refused("too many files are on their way: finish or delete some first"));
        }
        let id = store::add(w.tx, w.seal, (&file_id, OWN), &about, (sealed_len(about.size), None), w.now)?;
        if for_chat {
            store::set_for_chat(w.tx, id)?;
        }
        told(w, &file_id);
        store::get(w.tx, w.seal, id)?.ok_or(NodeError::Unknown(WHAT))
    })
    .await
}

/// Gives a file another name.
pub fn rename(work: &Work<'_, '_>, file_id: &Id16, name: String) -> Result<Stored, NodeError> {
    let mut file = known(work, file_id)?;
    file.about.name = name;
    check(&file.about)?;
    store::set_about(work.tx, work.seal, file.id, &file.about)?;
    told(work, file_id);
    Ok(file)
}

/// Deletes a file. Offers and links of it end.
pub async fn remove(deps: &Deps, file_id: Id16) -> Result<(), NodeError> {
    let gone = deps
        .write(move |w| {
            let file = known(w, &file_id)?;
            told(w, &file_id);
            Ok(store::remove(w.tx, file.id)?)
        })
        .await?;
    erase(deps, gone.into_iter().collect()).await
}

/// Removes from the disk what has no row any more.
pub(crate) async fn erase(deps: &Deps, gone: Vec<store::Bytes>) -> Result<(), NodeError> {
    let files = deps.files.clone();
    on_disk(move || {
        for bytes in gone {
            files.0.writers.forget(bytes.id);
            files.0.folder.drop_part(&bytes.file_id);
            if let Some(hash) = bytes.hash {
                files.0.folder.drop_whole(&hash);
            }
        }
        Ok(())
    })
    .await
}

/// A file has come to its end on the disk, under the name of its part: gives it its name and writes that it is whole.
/// False when its row went meanwhile.
pub(crate) async fn finish(
    deps: &Deps,
    file: &Stored,
    part: Id16,
    about: About,
    hash: Hash,
    thumbnail: Option<Vec<u8>>,
) -> Result<bool, NodeError> {
    let (folder, id, file_id) = (deps.files.0.folder.clone(), file.id, file.file_id);
    let keep = folder.clone();
    on_disk(move || keep.keep(&part, &hash)).await?;
    let bytes = sealed_len(about.size);
    let is_known = deps
        .write(move |w| {
            store::arrived(w.tx, id)?;
            told(w, &file_id);
            talk::told(w, id)?;
            Ok(store::set_whole(w.tx, w.seal, id, &about, (bytes, &hash), thumbnail.as_deref())?)
        })
        .await?;
    let is_named = is_known || deps.db.read(move |tx| store::has_whole(tx, &hash)).await?;
    on_disk(move || {
        folder.drop_part(&part);
        folder.drop_part(&file_id);
        if !is_named {
            folder.drop_whole(&hash);
        }
        Ok(())
    })
    .await?;
    Ok(is_known)
}

/// Hourly: what was given up is removed, what is over is forgotten.
pub async fn trim(deps: &Deps) -> Result<(), NodeError> {
    const DAY_MS: u64 = 86_400_000;
    let now = deps.clock.now_ms();
    let gone = deps
        .write_plain(move |tx| {
            offered::trim(tx, now.saturating_sub(30 * DAY_MS))?;
            store::links::trim(tx, now.saturating_sub(30 * DAY_MS), now)?;
            let mut gone = Vec::new();
            let unused = store::unused(tx, now.saturating_sub(DAY_MS))?;
            for id in store::given_up(tx, now.saturating_sub(7 * DAY_MS))?.into_iter().chain(unused) {
                gone.extend(store::remove(tx, id)?);
            }
            Ok(gone)
        })
        .await?;
    erase(deps, gone).await
}

/// Tells the owner's apps that a file changed.
fn told(work: &Work<'_, '_>, file_id: &Id16) {
    work.tell(Kind::File, json!({"id": file_id}));
}

/// The bounds of what is said of a file: those of an offer of it.
fn check(about: &About) -> Result<(), NodeError> {
    if about.size > SIZE_MAX {
        return Err(NodeError::invalid("size", "at most 128 TiB"));
    }
    let (file_id, hash) = (Id16([0; 16]), Hash([0; 32]));
    offered::checked(about.offer(file_id, hash, None)).map(drop)
}

impl About {
    /// As it is offered to somebody.
    fn offer(&self, file_id: Id16, hash: Hash, expires: Option<u64>) -> FileOffer {
        FileOffer {
            file_id,
            name: self.name.clone(),
            size: self.size,
            media_type: self.media_type.clone(),
            hash,
            key: self.key.clone(),
            expires,
            alt: None,
        }
    }
}

fn fresh_key() -> Result<Secret32, NodeError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    Ok(Secret32::new(key))
}

fn fresh_id() -> Result<Id16, NodeError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id)?;
    Ok(Id16(id))
}
