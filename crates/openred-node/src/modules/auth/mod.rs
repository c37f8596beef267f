//! Who may use the owner's API: set-up, log-in by passphrase or one-time link, devices, tokens of API clients, the
//! lock. Rules; SQL is in `store`, HTTP in `http`. Keys and passphrases are the keeper's business.

pub mod caller;
pub mod cli_token;
pub mod cookie;
pub mod guard;
pub mod http;
pub mod key_file;
pub mod setup;
pub mod store;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod unlock;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use openred_core::ids::b64_encode;
use openred_service::{
    lifecycle::Clock,
    limits::{Limiter, Prefix, Rate},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use self::{cli_token::CliToken, setup::SetupKey};
use crate::{deps::Deps, error::NodeError};

/// A browser that comes back within this time stays logged in.
pub const DEVICE_MS: u64 = 90 * 86_400_000;
/// One-time links are good for this long.
const LINK_MS: u64 = 10 * 60_000;
/// One-time links at once.
const LINKS_MAX: usize = 16;

/// State of log-in that is not in tables. Clones share it.
#[derive(Debug, Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    clock: Clock,
    setup: Mutex<Option<SetupKey>>,
    /// One at a time sets up or tries a passphrase: each try takes 64 MiB and a core.
    door: tokio::sync::Mutex<()>,
    tries: Limiter<Option<Prefix>>,
    cli: RwLock<Option<CliToken>>,
    links: Mutex<Vec<Link>>,
    signing: RwLock<Option<Arc<Zeroizing<[u8; 32]>>>>,
}

struct Link {
    hash: [u8; 32],
    until_ms: u64,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth(…)")
    }
}

impl Auth {
    /// Nobody is logged in, and there is no set-up key.
    pub fn new(deps: &Deps) -> Self {
        Self(Arc::new(Inner {
            clock: deps.clock.clone(),
            setup: Mutex::default(),
            door: tokio::sync::Mutex::default(),
            tries: Limiter::new(Rate::per_minute(30), 4096),
            cli: RwLock::default(),
            links: Mutex::default(),
            signing: RwLock::default(),
        }))
    }

    /// Makes the one-time link that sets this node up; an older one ends. Show it once, never log it.
    pub fn setup_link(&self, addr: SocketAddr) -> String {
        let (key, text) = setup::fresh(&self.0.clock);
        *self.0.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
        format!("http://localhost:{}/#k={}", addr.port(), *text)
    }

    /// Lets this machine's command line in by `token`.
    pub fn set_cli(&self, token: CliToken) {
        *self.0.cli.write().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }

    fn is_cli(&self, text: &str) -> bool {
        self.0.cli.read().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|cli| cli.is(text))
    }

    /// A link's key that logs one browser in, once, within ten minutes.
    pub fn new_link(&self, now_ms: u64) -> Result<Zeroizing<String>, NodeError> {
        let key = secret_text()?;
        let mut links = self.0.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| now_ms < link.until_ms);
        if links.len() >= LINKS_MAX {
            links.remove(0);
        }
        links.push(Link { hash: hash_of(&key), until_ms: now_ms + LINK_MS });
        Ok(key)
    }

    /// Uses a link's key up.
    fn take_link(&self, key: &str, now_ms: u64) -> bool {
        let hash = hash_of(key);
        let mut links = self.0.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| now_ms < link.until_ms);
        let found = links.iter().position(|link| bool::from(link.hash.ct_eq(&hash)));
        found.map(|at| links.remove(at)).is_some()
    }

    /// Key of access tokens while unlocked.
    fn signing(&self) -> Result<Arc<Zeroizing<[u8; 32]>>, NodeError> {
        self.0.signing.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(NodeError::Locked)
    }

    fn set_signing(&self, key: Option<Zeroizing<[u8; 32]>>) {
        *self.0.signing.write().unwrap_or_else(PoisonError::into_inner) = key.map(Arc::new);
    }
}

/// 256 random bits as base64url, 43 characters.
pub fn secret_text() -> Result<Zeroizing<String>, NodeError> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(Zeroizing::new(b64_encode(bytes.as_slice())))
}

/// SHA-256 of a secret text: what is kept of it. 256 random bits need no slow hash.
pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
