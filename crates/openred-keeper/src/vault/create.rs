//! Making and rotating an identity (PROTOCOL §1). It must not know what is done with the identity.

use openred_core::identity::IdentityLog;
use openred_core::seed::RecoverySeed;
use openred_core::sign::SigningKey;
use zeroize::Zeroizing;

use super::keys::KeyState;
use super::opened::Opened;
use super::{File, Vault, check_passphrase};
use crate::keyfile::{AuditHead, Body, KdfCost, KeyFile, Slot, SlotKind};
use crate::ops::{AuditKind, Created, Refusal};
use crate::seal::MasterKey;
use crate::secret::Secret;

impl Vault {
    /// A new identity: the root key signs the inception and is wiped; the vault is unlocked afterwards.
    pub(super) fn create(
        &mut self,
        now_ms: u64,
        passphrase: &Secret,
        cost: KdfCost,
    ) -> Result<Created, Refusal> {
        if !matches!(self.file, File::Absent) {
            return Err(Refusal::Exists);
        }
        check_passphrase(passphrase)?;
        let master = MasterKey::generate().ok_or(Refusal::Resources)?;
        let seed = RecoverySeed::generate();
        let body = inception(&seed, now_ms);
        let slots = vec![
            Slot::new(SlotKind::Passphrase, cost, passphrase.expose(), &master)?,
            Slot::new(SlotKind::Words, cost, seed.bytes(), &master)?,
        ];
        let mut opened = Opened::new(now_ms, master, body, KeyState::fresh(now_ms)?)?;
        opened.note(now_ms, AuditKind::Identity, None, "identity created")?;
        opened.body.audit = opened.audit.fetched();
        let (file, bytes) = KeyFile::seal(slots, &opened.master, &opened.body)?;
        let state = opened.sealed_keys()?.into();
        let created = Created { identity: opened.identity(), key_file: bytes.into(), state };
        self.file = File::Present(file);
        self.opened = Some(Box::new(opened));
        Ok(created)
    }

    /// Replaces the signing key with the words' next rotation key; everything the old key certified is
    /// void: Noise and grant keys, handshakes under way, pair tickets.
    pub(super) fn rotate(&mut self, now_ms: u64, words: &Secret) -> Result<Created, Refusal> {
        let seed = seed_of(words)?;
        let slots = self.file()?.slots().to_vec();
        let opened = self.opened()?;
        let seq = opened.log.head_seq() + 1;
        let signing = SigningKey::generate();
        let log = opened
            .log
            .rotate(&seed.rotation_key(seq), &signing, seed.commitment(seq + 1), now_ms / 1000)
            .map_err(|_| Refusal::WrongSecret)?;
        let mut body = opened.body.clone();
        body.log = log.entries().to_vec();
        body.signing_seed = *signing.seed();
        let mut rotated = Opened::new(now_ms, opened.master.clone(), body, opened.keys.renewed(now_ms)?)?;
        rotated.audit = opened.audit.clone();
        rotated.note(now_ms, AuditKind::Identity, None, "signing key replaced")?;
        rotated.body.audit = rotated.audit.fetched();
        let (file, bytes) = KeyFile::seal(slots, &rotated.master, &rotated.body)?;
        let state = rotated.sealed_keys()?.into();
        let created = Created { identity: rotated.identity(), key_file: bytes.into(), state };
        self.file = File::Present(file);
        self.opened = Some(Box::new(rotated));
        Ok(created)
    }
}

impl Opened {
    /// A restored installation is a new incarnation with new keys (PROTOCOL §1).
    pub(super) fn renew(&mut self, now_ms: u64) -> Result<Vec<u8>, Refusal> {
        self.keys = self.keys.renewed(now_ms)?;
        self.handshakes = Default::default();
        self.note(now_ms, AuditKind::Identity, None, "new incarnation")?;
        self.sealed_keys()
    }

    /// The words, until their owner confirmed having them.
    pub(super) fn recovery_words(&self) -> Result<Secret, Refusal> {
        let seed = self.body.recovery_seed.ok_or(Refusal::WordsGone)?;
        let seed = Zeroizing::new(seed);
        Ok(Secret::text(&RecoverySeed::from_bytes(*seed).words()))
    }
}

/// The seed behind words that somebody typed.
pub(super) fn seed_of(words: &Secret) -> Result<RecoverySeed, Refusal> {
    let text = words.expose_text().ok_or(Refusal::WrongSecret)?;
    RecoverySeed::from_words(text).map_err(|_| Refusal::WrongSecret)
}

/// Root and signing key are drawn here; the root key does not outlive this function.
fn inception(seed: &RecoverySeed, now_ms: u64) -> Body {
    let root = SigningKey::generate();
    let signing = SigningKey::generate();
    let log = IdentityLog::inception(&root, &signing, seed.commitment(1), now_ms / 1000);
    Body {
        log: log.entries().to_vec(),
        signing_seed: *signing.seed(),
        recovery_seed: Some(*seed.bytes()),
        audit: AuditHead::default(),
    }
}
