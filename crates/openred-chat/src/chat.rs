//! The one entry: conversations, for the length of a transaction. Each call loads what it needs from the rows, does its
//! work and writes the rows; nothing of a group outlives a call. Must not know SQL, networks, clocks or what messages
//! say.

use std::cell::RefCell;
use std::fmt;

use openmls::prelude::{MlsGroup, OpenMlsProvider};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use openred_core::ids::Id16;

use crate::crypto::Crypto;
use crate::error::ChatError;
use crate::leaf::{Leaf, Logs};
use crate::ledger::Ledger;
use crate::random::Randomness;
use crate::rows::{Cause, Draft, Rows};
use crate::storage::{Storage, mls_id};

/// Signs SignContent of RFC 9420 §5.1.2 with the key of [`Lent::own`], and waits for it: the answer is 64 bytes.
pub type Sign<'t> = dyn Fn(&[u8]) -> Result<[u8; 64], Cause> + 't;

/// What a transaction lends.
#[derive(Clone, Copy)]
pub struct Lent<'t> {
    /// The rows.
    pub rows: &'t dyn Rows,
    /// The leaf of this installation, as the keeper certifies it now.
    pub own: &'t Leaf,
    /// Who signs.
    pub sign: &'t Sign<'t>,
    /// The identity logs that are known.
    pub logs: &'t dyn Logs,
    /// Randomness.
    pub random: &'t Randomness,
    /// Now, unix seconds.
    pub now_s: u64,
}

/// The conversations of this installation, for the length of a transaction. A call that fails has changed no row.
#[derive(Debug)]
pub struct Chat<'t> {
    lent: Lent<'t>,
}

impl<'t> Chat<'t> {
    /// With what a transaction lends.
    #[must_use]
    pub const fn new(lent: Lent<'t>) -> Self {
        Self { lent }
    }

    /// Looks at something; what was changed for that is not saved.
    pub(crate) fn look<T>(&self, act: impl FnOnce(&Mls<'t>) -> Result<T, ChatError>) -> Result<T, ChatError> {
        let mls = Mls::new(self.lent);
        act(&mls).map_err(|error| mls.explain(error))
    }

    /// Does one thing, and saves what it changed when it succeeds.
    pub(crate) fn call<T>(&self, act: impl FnOnce(&Mls<'t>) -> Result<T, ChatError>) -> Result<T, ChatError> {
        let mls = Mls::new(self.lent);
        let done = act(&mls).and_then(|value| {
            mls.storage.0.save()?;
            Ok(value)
        });
        done.map_err(|error| mls.explain(error))
    }
}

/// The provider of OpenMLS for one call.
pub(crate) struct Mls<'t> {
    pub(crate) lent: Lent<'t>,
    pub(crate) storage: Storage<'t>,
    crypto: Crypto,
    unsigned: RefCell<Option<Cause>>,
}

/// A group that is loaded.
pub(crate) struct Open {
    pub(crate) id: Id16,
    pub(crate) group: MlsGroup,
    pub(crate) ledger: Ledger,
}

impl<'t> Mls<'t> {
    fn new(lent: Lent<'t>) -> Self {
        let (storage, crypto) = (Storage(Draft::new(lent.rows)), Crypto::new(lent.random.clone()));
        Self { lent, storage, crypto, unsigned: RefCell::default() }
    }

    /// The cause below, where there is one: OpenMLS does not hand causes through.
    fn explain(&self, error: ChatError) -> ChatError {
        if let Some(cause) = self.storage.0.failure() {
            return ChatError::Rows(cause);
        }
        self.unsigned.borrow_mut().take().map_or(error, ChatError::Signing)
    }

    /// Loads a group and drops the keys of epochs that ended a day ago.
    pub(crate) fn open(&self, id: Id16) -> Result<Open, ChatError> {
        let mut open = self.load(id)?;
        open.trim(self)?;
        Ok(open)
    }

    /// Loads a group as it is.
    pub(crate) fn load(&self, id: Id16) -> Result<Open, ChatError> {
        let group = MlsGroup::load(&self.storage, &mls_id(id))?.ok_or(ChatError::NoGroup)?;
        let ledger = Ledger::load(&self.storage, id)?.ok_or(ChatError::Damaged)?;
        Ok(Open { id, group, ledger })
    }
}

impl<'t> OpenMlsProvider for Mls<'t> {
    type CryptoProvider = Crypto;
    type RandProvider = Crypto;
    type StorageProvider = Storage<'t>;

    fn storage(&self) -> &Self::StorageProvider {
        &self.storage
    }

    fn crypto(&self) -> &Crypto {
        &self.crypto
    }

    fn rand(&self) -> &Crypto {
        &self.crypto
    }
}

impl Signer for Mls<'_> {
    fn sign(&self, content: &[u8]) -> Result<Vec<u8>, SignerError> {
        match (self.lent.sign)(content) {
            Ok(signature) => Ok(signature.to_vec()),
            Err(cause) => {
                self.unsigned.borrow_mut().get_or_insert(cause);
                Err(SignerError::SigningError)
            }
        }
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").field("own", &self.own).field("now_s", &self.now_s).finish_non_exhaustive()
    }
}
