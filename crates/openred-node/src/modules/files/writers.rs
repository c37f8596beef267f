//! Files on their way, one writer each. Who goes on with a file takes its writer and gives it back; so what was hashed
//! already is not read again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use super::{Files, disk::Writing, on_disk, store::Stored};
use crate::error::NodeError;

/// Writers kept for files that nobody writes at the moment.
const IDLE_MAX: usize = 32;

/// The writers.
#[derive(Debug, Default)]
pub(super) struct Writers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    idle: BTreeMap<i64, Writing>,
    busy: BTreeSet<i64>,
}

impl Writers {
    /// Forgets a file that is no more.
    pub(super) fn forget(&self, id: i64) {
        self.lock().idle.remove(&id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write a file, for one at a time. Dropped without giving the writer back, the file is opened anew by the
/// next: what it holds says how far it came.
#[derive(Debug)]
pub(super) struct Lease {
    files: Files,
    id: i64,
}

impl Lease {
    /// Takes the writer of a file, or opens it.
    ///
    /// # Errors
    /// `Conflict` while somebody else has it.
    pub(super) async fn take(files: &Files, file: &Stored) -> Result<(Self, Writing), NodeError> {
        let (lease, idle) = Self::hold(files, file.id)?;
        let writing = match idle {
            Some(writing) => writing,
            None => lease.open(file).await?,
        };
        Ok((lease, writing))
    }

    /// Takes the writer of a file, if it is kept; else [`open`](Self::open) it.
    ///
    /// # Errors
    /// `Conflict` while somebody else has it.
    pub(super) fn hold(files: &Files, id: i64) -> Result<(Self, Option<Writing>), NodeError> {
        let mut state = files.0.writers.lock();
        if !state.busy.insert(id) {
            return Err(NodeError::Conflict("this file is being written by another call"));
        }
        let idle = state.idle.remove(&id);
        drop(state);
        Ok((Self { files: files.clone(), id }, idle))
    }

    /// Goes on with what is on the disk.
    pub(super) async fn open(&self, file: &Stored) -> Result<Writing, NodeError> {
        let folder = self.files.0.folder.clone();
        let (file_id, key, size) = (file.file_id, file.about.key.clone(), file.about.size);
        on_disk(move || {
            folder.make()?;
            Writing::open(&folder.part(&file_id), key.as_bytes(), size)
        })
        .await
    }

    /// Gives it back, for who goes on.
    pub(super) fn give_back(self, writing: Writing) {
        let mut state = self.files.0.writers.lock();
        if state.idle.len() < IDLE_MAX {
            state.idle.insert(self.id, writing);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.files.0.writers.lock().busy.remove(&self.id);
    }
}
