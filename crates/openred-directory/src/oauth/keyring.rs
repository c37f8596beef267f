//! The keys that sign access tokens (Ed25519): a new one each day, the one before is known for as long again.
//!
//! Must not know: what is signed.

use std::sync::{Arc, Mutex, PoisonError};

use hkdf::Hkdf;
use jsonwebtoken::{DecodingKey, EncodingKey};
use openred_core::ids::{Hash, b64_encode};
use openred_core::sign::SigningKey;
use openred_service::database::{Database, DbError};
use openred_service::identity::{Own, random};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::store;
use crate::bounds::TOKEN_KEY_SECS;

/// RFC 8410: what comes before the 32 bytes of the seed in PKCS #8.
const PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// One key.
pub(crate) struct TokenKey {
    /// Its name in the head of a token: 16 hex digits of the hash of its public half.
    pub(crate) kid: String,
    /// The public half, base64url.
    pub(crate) x: String,
    pub(super) signs: EncodingKey,
    pub(super) checks: DecodingKey,
}

/// The keys of one day: first the one that signs, then the one before it.
#[derive(Debug)]
pub(crate) struct Ring {
    period: u64,
    signs: TokenKey,
    before: Option<TokenKey>,
}

/// Where the keys come from.
#[derive(Debug)]
pub(crate) struct Keyring {
    own: Arc<Own>,
    database: Database,
    ring: Mutex<Option<Arc<Ring>>>,
}

impl Keyring {
    /// Nothing is read yet.
    pub(crate) fn new(own: Arc<Own>, database: Database) -> Self {
        Self { own, database, ring: Mutex::default() }
    }

    /// The keys at `now`, unix seconds; the database is asked once a day.
    pub(crate) async fn at(&self, now: u64) -> Result<Arc<Ring>, DbError> {
        let period = now / TOKEN_KEY_SECS;
        let known = self.ring.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(ring) = known.filter(|ring| ring.period == period) {
            return Ok(ring);
        }
        let fresh = random();
        let salts = self.database.write(move |tx| store::salts(tx, period, &fresh)).await?;
        let mut keys = salts.iter().map(|salt| TokenKey::of(self.own.signing(), salt));
        let signs = keys.next().ok_or_else(|| DbError::Corrupt("token_keys".to_owned()))?;
        let ring = Arc::new(Ring { period, signs, before: keys.next() });
        *self.ring.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ring));
        Ok(ring)
    }
}

impl Ring {
    /// The key that signs.
    pub(crate) fn signs(&self) -> &TokenKey {
        &self.signs
    }

    /// Every key whose tokens may still be good.
    pub(crate) fn all(&self) -> impl Iterator<Item = &TokenKey> {
        std::iter::once(&self.signs).chain(&self.before)
    }
}

impl TokenKey {
    fn of(own: &SigningKey, salt: &[u8; 32]) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(Some(salt.as_slice()), &*own.seed())
            .expand(b"openred/access-token", &mut *seed);
        debug_assert!(expanded.is_ok(), "32 bytes are less than HKDF can give");
        let public = *SigningKey::from_seed(*seed).public().as_bytes();
        let pkcs8 = Zeroizing::new([PKCS8_HEAD.as_slice(), seed.as_slice()].concat());
        let mut kid = Hash::of(&[&public]).to_string();
        kid.truncate(16);
        Self {
            kid,
            x: b64_encode(public),
            signs: EncodingKey::from_ed_der(&pkcs8),
            checks: DecodingKey::from_ed_der(&public),
        }
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey({})", self.kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_follows_from_the_salt_and_the_directory() {
        let (own, other) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
        let kid = |own, salt| TokenKey::of(own, &salt).kid;
        assert_eq!(kid(&own, [3; 32]), kid(&own, [3; 32]), "every process of a directory has the same");
        assert_ne!(kid(&own, [3; 32]), kid(&own, [4; 32]), "another day");
        assert_ne!(kid(&own, [3; 32]), kid(&other, [3; 32]), "another directory, or its key was replaced");
    }
}
