//! Who the directory is: its identity log, signing key, descriptor and token seed (PROTOCOL §1, Annex A.1).
//!
//! Nobody is there to unlock a directory, so its key lies in a 0600 file and signs in this process
//! (docs/decisions/0002-directory-keys-in-process.md). Must not know: HTTP, SQL, other nodes.

mod descriptor;
mod file;
mod key_file;
mod words;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use openred_core::descriptor::Descriptor;
use openred_core::identity::IdentityLog;
use openred_core::ids::{Id8, NodeId};
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use zeroize::Zeroizing;

pub(crate) use self::descriptor::Shown;
pub(crate) use self::file::replace as write_private;
pub use self::key_file::KeyFileError;
pub use self::words::{RotateError, rotate};

/// Everything secret and lasting of a directory; its memory is wiped on drop. Never printed.
pub(crate) struct Keys {
    pub(crate) signing: SigningKey,
    pub(crate) log: IdentityLog,
    pub(crate) incarnation: Id8,
    pub(crate) token_seed: [u8; 32],
}

/// The directory's own identity in use.
pub(crate) struct Own {
    keys: Keys,
    descriptor: RwLock<Arc<Descriptor>>,
}

/// An identity that was opened, and its recovery words when it is brand new.
pub(crate) struct Opened {
    pub(crate) own: Own,
    pub(crate) first_words: Option<Zeroizing<String>>,
}

impl Own {
    /// Opens the identity in `data`, or founds one. `now_ms` is unix ms.
    pub(crate) fn open(data: &Path, shown: &Shown, now_ms: u64) -> Result<Opened, KeyFileError> {
        let (keys, first_words) = match key_file::read(data)? {
            Some(keys) => (keys, None),
            None => {
                let (keys, words) = found(now_ms / 1_000);
                key_file::write(data, &keys)?;
                (keys, Some(words))
            }
        };
        let descriptor = descriptor::current(data, &keys, shown, now_ms)?;
        let own = Self { keys, descriptor: RwLock::new(Arc::new(descriptor)) };
        Ok(Opened { own, first_words })
    }

    /// dir_id.
    pub(crate) fn node_id(&self) -> NodeId {
        self.keys.log.node_id()
    }

    /// The key that signs grants.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.keys.signing
    }

    /// The seed of token mode 2, published.
    pub(crate) fn token_seed(&self) -> &[u8; 32] {
        &self.keys.token_seed
    }

    /// The descriptor as it is now.
    pub(crate) fn descriptor(&self) -> Arc<Descriptor> {
        Arc::clone(&self.descriptor.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs a new descriptor when the present one is a week old; writes it before it is shown.
    pub(crate) fn renew(&self, data: &Path, shown: &Shown, now_ms: u64) -> Result<(), KeyFileError> {
        let renewed = descriptor::current(data, &self.keys, shown, now_ms)?;
        *self.descriptor.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
        Ok(())
    }
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Own({}, …)", self.node_id())
    }
}

/// A new identity; the root key and the recovery seed are gone when this returns, but for the words.
fn found(now: u64) -> (Keys, Zeroizing<String>) {
    let seed = RecoverySeed::generate();
    let signing = SigningKey::generate();
    let log = IdentityLog::inception(&SigningKey::generate(), &signing, seed.commitment(1), now);
    (Keys { signing, log, incarnation: Id8(random()), token_seed: random() }, seed.words())
}

/// Random bytes of the operating system.
#[expect(clippy::expect_used, reason = "without the system's randomness nothing here may go on")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
