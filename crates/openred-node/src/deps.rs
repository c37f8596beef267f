//! The handles that most modules need, and the frame of one write transaction. No rules here.

use std::sync::{Arc, RwLock};

use openred_core::{
    envelope::{Envelope, MessageType, Party, Verified},
    json,
};
use openred_service::{
    database::{Database, DbError, Tx},
    lifecycle::{Clock, Lifecycle},
};

use crate::{
    delivery::Wake,
    error::NodeError,
    events::{Events, Kind},
    keys::Keys,
    modules::{chats::mls::LeafSlot, files::Files},
    seal::{SealSlot, Sealer},
};

/// The owner, as envelopes name them; known from set-up on, also while locked.
#[derive(Debug, Clone, Default)]
pub struct MeSlot(Arc<RwLock<Option<Arc<Party>>>>);

impl MeSlot {
    /// The owner; before set-up [`NodeError::NotSetUp`].
    pub fn get(&self) -> Result<Arc<Party>, NodeError> {
        let slot = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        slot.clone().ok_or(NodeError::NotSetUp)
    }

    /// Sets or changes it.
    pub fn set(&self, me: Party) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Arc::new(me));
    }
}

/// Handles shared by the modules: each a cheap clone.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Tables.
    pub db: Database,
    /// Keys.
    pub keys: Keys,
    /// Sealing of columns, while unlocked.
    pub seal: SealSlot,
    /// The leaf of private conversations, while unlocked.
    pub leaf: LeafSlot,
    /// Time.
    pub clock: Clock,
    /// Parent of all tasks.
    pub tasks: Lifecycle,
    /// To the owner's apps.
    pub events: Events,
    /// The owner.
    pub me: MeSlot,
    /// Wakes the delivery job and the task that publishes.
    pub wake: Wake,
    /// Files on the disk.
    pub files: Files,
}

/// One write (or read) transaction with what rules need inside it.
pub struct Work<'a, 't> {
    /// The transaction.
    pub tx: &'a Tx<'t>,
    /// Columns.
    pub seal: &'a Sealer,
    /// Keys: conversations are signed within the transaction.
    pub keys: &'a Keys,
    /// The leaf of private conversations.
    pub leaf: &'a LeafSlot,
    /// The owner.
    pub me: &'a Party,
    /// Files on the disk.
    pub files: &'a Files,
    /// Unix ms at the start of the call.
    pub now: u64,
    events: &'a Events,
    wake: &'a Wake,
}

impl std::fmt::Debug for Work<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Work<'_, '_> {
    /// Tells the owner's apps, once the transaction is on disk.
    pub fn tell(&self, kind: Kind, data: serde_json::Value) {
        let events = self.events.clone();
        self.tx.after_commit(move || events.send(kind, data));
    }

    /// Wakes the task that fetches files, once the transaction is on disk.
    pub fn wake_files(&self) {
        let files = self.files.clone();
        self.tx.after_commit(move || files.ring());
    }

    /// Wakes the delivery job, once the transaction is on disk.
    pub fn wake(&self) {
        let wake = self.wake.clone();
        self.tx.after_commit(move || wake.deliver());
    }

    /// Wakes the task of conversations, once the transaction is on disk.
    pub fn wake_chats(&self) {
        let wake = self.wake.clone();
        self.tx.after_commit(move || wake.chat());
    }

    /// The same, and the task that publishes: after something public was said.
    pub fn wake_all(&self) {
        let wake = self.wake.clone();
        self.tx.after_commit(move || wake.ring());
    }
}

/// What transactions of an unlocked node are lent.
struct Open {
    deps: Deps,
    seal: Arc<Sealer>,
    me: Arc<Party>,
    now: u64,
}

impl Open {
    fn work<'a, 't>(&'a self, tx: &'a Tx<'t>) -> Work<'a, 't> {
        let Deps { keys, leaf, events, wake, files, .. } = &self.deps;
        Work { tx, seal: &self.seal, keys, leaf, me: &self.me, files, now: self.now, events, wake }
    }
}

impl Deps {
    fn open(&self) -> Result<Open, NodeError> {
        let (seal, me, now) = (self.seal.get()?, self.me.get()?, self.clock.now_ms());
        Ok(Open { deps: self.clone(), seal, me, now })
    }

    /// Runs `f` in a write transaction. Resolves after it is on disk.
    pub async fn write<T: Send + 'static>(
        &self,
        mut f: impl FnMut(&Work<'_, '_>) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        let open = self.open()?;
        self.db.write(move |tx| f(&open.work(tx))).await
    }

    /// Runs `f` on a reader.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Work<'_, '_>) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        let open = self.open()?;
        self.db.read(move |tx| f(&open.work(tx))).await
    }

    /// Runs `f` in a write transaction that needs no sealed column (also while locked).
    pub async fn write_plain<T: Send + 'static>(
        &self,
        f: impl FnMut(&Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, NodeError> {
        Ok(self.db.write(f).await?)
    }

    /// Lets the keeper sign an envelope of the owner to `to`. Nothing is queued.
    pub async fn sign(
        &self,
        kind: MessageType,
        to: Party,
        payload: json::Value,
    ) -> Result<Verified, NodeError> {
        let me = self.me.get()?;
        let envelope = Envelope { kind, from: (*me).clone(), to, timestamp_ms: self.clock.now_ms(), payload };
        crate::sign::envelope(&self.keys, &envelope).await
    }
}
