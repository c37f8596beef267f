//! The node's handle on its keeper: one process that can be replaced when it ends. Holds no key.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use openred_keeper::{
    client::{Keeper, KeeperError, SpawnError},
    ops::{Refusal, Request, Response},
};

use crate::{error::NodeError, sign::Desk};

/// How a key process is started.
#[derive(Debug, Clone)]
pub enum Start {
    /// `exe keeper …` with the key file of the data folder.
    Process {
        /// Usually `/proc/self/exe`.
        exe: PathBuf,
        /// The sealed key file; need not exist yet.
        key_file: PathBuf,
    },
    /// A vault in this process: tests of this crate.
    Inline(Keeper),
}

/// The keeper, whichever process is it now. Clones share it.
#[derive(Debug, Clone)]
pub struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Start,
    now: RwLock<Keeper>,
    desk: Desk,
}

impl Keys {
    /// Starts the first keeper. Blocks for some milliseconds.
    ///
    /// # Errors
    /// [`SpawnError`]: the binary cannot be started again, or the sandbox is refused.
    pub fn start(start: Start) -> Result<Self, SpawnError> {
        let keeper = spawn(&start)?;
        Ok(Self(Arc::new(Inner { start, now: RwLock::new(keeper), desk: Desk::default() })))
    }

    /// The present keeper.
    pub fn keeper(&self) -> Keeper {
        self.0.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces a keeper that ended. The new one is locked. Returns whether there was something to replace.
    pub fn restart_if_gone(&self) -> Result<bool, SpawnError> {
        if self.keeper().is_alive() {
            return Ok(false);
        }
        let keeper = spawn(&self.0.start)?;
        *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = keeper;
        Ok(true)
    }

    /// Where the key file lies; none for a keeper in process.
    pub fn key_file(&self) -> Option<&Path> {
        match &self.0.start {
            Start::Process { key_file, .. } => Some(key_file),
            Start::Inline(_) => None,
        }
    }

    /// Where envelopes wait for their signatures.
    pub(crate) fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// One request.
    pub async fn ask(&self, request: Request) -> Result<Response, NodeError> {
        Ok(self.keeper().ask(request).await?)
    }
}

fn spawn(start: &Start) -> Result<Keeper, SpawnError> {
    match start {
        Start::Process { exe, key_file } => Keeper::spawn(exe, File::open(key_file).ok()),
        Start::Inline(keeper) => Ok(keeper.clone()),
    }
}

impl From<KeeperError> for NodeError {
    fn from(error: KeeperError) -> Self {
        match error {
            KeeperError::Refused(Refusal::Locked) => Self::Locked,
            KeeperError::Refused(Refusal::Empty) => Self::NotSetUp,
            KeeperError::Refused(Refusal::WrongSecret) => Self::WrongPassphrase,
            KeeperError::Refused(Refusal::SlowDown { retry_ms } | Refusal::Rate { retry_ms }) => {
                Self::SlowDown(retry_ms.div_ceil(1_000))
            }
            KeeperError::Refused(Refusal::Exists) => Self::Conflict("this node is set up already"),
            KeeperError::Refused(Refusal::WordsGone) => Self::Gone(
                "the recovery words are no longer on this machine: you confirmed having saved them",
            ),
            KeeperError::Refused(Refusal::Time) => {
                Self::Refused("this machine's clock and the time of the message are too far apart")
            }
            KeeperError::Refused(Refusal::Malformed(text)) => Self::invalid("payload", text),
            KeeperError::Busy => Self::SlowDown(1),
            other => Self::Keeper(other.to_string()),
        }
    }
}
