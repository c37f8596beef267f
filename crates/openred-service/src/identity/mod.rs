//! Who a directory or relay is: its identity log, signing key and descriptor (PROTOCOL §1, Annex A.1).
//!
//! Nobody is there to unlock a service, so its key lies in a 0600 file and signs in this process
//! (docs/decisions/0002-directory-keys-in-process.md). Must not know: routes, SQL, what the service does.

mod descriptor;
mod file;
mod first_words;
mod key_file;
mod words;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use hkdf::Hkdf;
use openred_core::call::{ServerRole, WellKnown};
use openred_core::descriptor::Descriptor;
use openred_core::identity::IdentityLog;
use openred_core::ids::{B64, Id8, NodeId};
use openred_core::payload::Secret32;
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use sha2::Sha256;
use zeroize::Zeroizing;

pub use self::descriptor::Shown;
pub use self::file::replace as write_private;
pub use self::first_words::{FirstWords, ShowError};
pub use self::key_file::KeyFileError;
pub use self::words::{RotateError, rotate};

/// Everything secret and lasting of a service; its memory is wiped on drop. Never printed.
struct Keys {
    signing: SigningKey,
    log: IdentityLog,
    incarnation: Id8,
    token_seed: [u8; 32],
}

/// A service's own identity in use.
pub struct Own {
    role: ServerRole,
    keys: Keys,
    descriptor: RwLock<Arc<Descriptor>>,
}

/// An identity that was opened, and its recovery words when it is brand new.
#[derive(Debug)]
pub struct Opened {
    /// Who the service is.
    pub own: Own,
    /// 24 words, once.
    pub first_words: Option<FirstWords>,
}

impl Own {
    /// Opens the identity in `data`, or founds one. `now_ms` is unix ms.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn open(data: &Path, shown: &Shown, now_ms: u64) -> Result<Opened, KeyFileError> {
        let (keys, first_words) = match key_file::read(data, shown.role)? {
            Some(keys) => (keys, None),
            None => {
                let (keys, words) = found(now_ms / 1_000);
                key_file::write(data, shown.role, &keys)?;
                (keys, Some(FirstWords::new(words)))
            }
        };
        let descriptor = descriptor::current(data, &keys, shown, now_ms)?;
        let own = Self { role: shown.role, keys, descriptor: RwLock::new(Arc::new(descriptor)) };
        Ok(Opened { own, first_words })
    }

    /// Its id: dir_id or relay_id.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        self.keys.log.node_id()
    }

    /// The key that signs for it.
    #[must_use]
    pub fn signing(&self) -> &SigningKey {
        &self.keys.signing
    }

    /// 32 bytes drawn with the identity: a directory publishes them in token mode 2, a relay has no use for them.
    #[must_use]
    pub fn token_seed(&self) -> &[u8; 32] {
        &self.keys.token_seed
    }

    /// 32 bytes for one use, which `label` names: the same wherever a copy of the key file lies, and known to nobody else.
    /// HKDF-SHA256(seed of the signing key, no salt, info = `label`).
    #[must_use]
    pub fn secret_for(&self, label: &'static str) -> Secret32 {
        let mut secret = Zeroizing::new([0; 32]);
        let expanded =
            Hkdf::<Sha256>::new(None, &*self.keys.signing.seed()).expand(label.as_bytes(), &mut *secret);
        debug_assert!(expanded.is_ok(), "32 bytes are less than HKDF can give");
        Secret32::new(*secret)
    }

    /// The descriptor as it is now.
    #[must_use]
    pub fn descriptor(&self) -> Arc<Descriptor> {
        Arc::clone(&self.descriptor.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs a new descriptor when the present one is a week old or says something else than `shown`; writes it before it
    /// is shown.
    ///
    /// # Errors
    /// [`KeyFileError`]; the present one stays.
    pub fn renew(&self, data: &Path, shown: &Shown, now_ms: u64) -> Result<(), KeyFileError> {
        let renewed = descriptor::current(data, &self.keys, shown, now_ms)?;
        *self.descriptor.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
        Ok(())
    }

    /// What `/.well-known/openred` says of every service; a directory adds how it picks tokens.
    #[must_use]
    pub fn well_known(&self) -> WellKnown {
        WellKnown {
            node_id: self.node_id(),
            role: self.role,
            versions: vec![3],
            descriptor: B64(self.descriptor().bytes().to_vec()),
            token_mode: None,
            token_seed: None,
        }
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
#[must_use]
#[expect(clippy::expect_used, reason = "without the system's randomness nothing here may go on")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
