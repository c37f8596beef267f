//! The node's half: [`Keeper`], a handle to clone and send, over the key process or over a vault in this
//! process. It must not know what the node does with the answers.

mod answer;
mod asks;
mod link;
mod reply;
mod spawn;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub use answer::Answer;
pub use reply::Reply;
pub use spawn::SpawnError;

use crate::ops::{Refusal, Request};
use crate::vault::Vault;
use link::Link;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeeperError {
    /// The keeper refused; the [`Refusal`] says what to do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The key process ended: start another one ([`Keeper::spawn`]), it begins locked.
    #[error("the key process is gone")]
    Gone,
    /// Too much is waiting already: answer 503 `busy`.
    #[error("the key process has too much waiting")]
    Busy,
    /// The request is longer than a frame: ask for less at once.
    #[error("the request is too long")]
    TooLong,
}

/// A handle on the keeper. Clones share one process; the last one dropped ends it.
#[derive(Debug, Clone)]
pub struct Keeper(Arc<Place>);

enum Place {
    Process(Link),
    Inline(Mutex<Vault>, Clock),
}

type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Process(_) => "Process",
            Self::Inline(..) => "Inline",
        })
    }
}

impl Keeper {
    /// Starts `exe keeper FD [KEY-FILE-FD]` (use `/proc/self/exe` on Linux) and asks for its version.
    ///
    /// `key_file` is the opened key file, none before there is an identity. Blocks for some milliseconds.
    pub fn spawn(exe: &Path, key_file: Option<File>) -> Result<Self, SpawnError> {
        let keeper = Self(Arc::new(Place::Process(spawn::start(exe, key_file)?)));
        keeper.version().wait().map_err(SpawnError::Version)?;
        Ok(keeper)
    }

    /// A vault on the caller's threads: for tests, and for daemons without a key process. `clock` gives
    /// unix milliseconds.
    pub fn inline(vault: Vault, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(Place::Inline(Mutex::new(vault), Box::new(clock))))
    }

    /// Whether the key process still answers. A vault in this process always does.
    pub fn is_alive(&self) -> bool {
        match &*self.0 {
            Place::Process(link) => link.is_alive(),
            Place::Inline(..) => true,
        }
    }

    /// Process id of the key process, none in process.
    pub fn process_id(&self) -> Option<u32> {
        match &*self.0 {
            Place::Process(link) => Some(link.process_id()),
            Place::Inline(..) => None,
        }
    }

    /// Sends a request. The typed methods are shorter; many requests may be under way at once.
    pub fn ask(&self, request: Request) -> Reply {
        let (promise, reply) = reply::pair();
        match &*self.0 {
            Place::Process(link) => link.send(&request, promise),
            Place::Inline(vault, clock) => {
                let mut vault = vault.lock().unwrap_or_else(PoisonError::into_inner);
                promise.keep(vault.handle(clock(), request));
            }
        }
        reply
    }
}
