//! Opening the key file and changing how it opens. It must not know what the identity does.

use super::create::seed_of;
use super::keys::KeyState;
use super::opened::Opened;
use super::{File, Vault, check_passphrase, malformed};
use crate::keyfile::{Body, KdfCost, KeyFile, KeyFileError, Slot, SlotKind};
use crate::ops::{AuditKind, Refusal, Unlock, UnlockWith, Unlocked};
use crate::seal::MasterKey;
use crate::secret::Secret;

/// Bounds of a credential in bytes.
const CREDENTIAL_BYTES: std::ops::RangeInclusive<usize> = 16..=1024;

impl Vault {
    /// Opens the file; what is open already stays as it is, and only the secret is checked.
    pub(super) fn unlock(&mut self, now_ms: u64, unlock: Unlock) -> Result<Unlocked, Refusal> {
        let (master, body) = self.open_with(now_ms, &unlock.with)?;
        if let Some(opened) = &self.opened {
            let identity = opened.identity();
            let wrong_attempts = self.attempts.clear();
            return Ok(Unlocked { identity, new_state: None, audit_rewound: false, wrong_attempts });
        }
        let node = Opened::new(now_ms, master, body, KeyState::fresh(now_ms)?)?;
        let wrong_attempts = self.attempts.clear();
        let unlocked = resume(now_ms, node, &unlock, wrong_attempts)?;
        self.opened = Some(Box::new(unlocked.0));
        Ok(unlocked.1)
    }

    pub(super) fn change_passphrase(
        &mut self,
        now_ms: u64,
        old: &Secret,
        new: &Secret,
    ) -> Result<Vec<u8>, Refusal> {
        check_passphrase(new)?;
        self.opened()?;
        let (master, _) = self.open_with(now_ms, &UnlockWith::Passphrase(old.clone()))?;
        self.attempts.clear();
        let opened = self.opened()?;
        opened.note(now_ms, AuditKind::Identity, None, "passphrase changed")?;
        let mut body = opened.body.clone();
        body.audit = opened.audit.fetched();
        self.replace_slot(SlotKind::Passphrase, new.expose(), &master, body)
    }

    pub(super) fn reset_passphrase(
        &mut self,
        now_ms: u64,
        words: &Secret,
        new: &Secret,
    ) -> Result<Vec<u8>, Refusal> {
        check_passphrase(new)?;
        let (master, mut body) = self.open_with(now_ms, &UnlockWith::Words(words.clone()))?;
        self.attempts.clear();
        if let Some(opened) = &mut self.opened {
            opened.note(now_ms, AuditKind::Identity, None, "passphrase reset by the words")?;
            body.audit = opened.audit.fetched();
        }
        self.replace_slot(SlotKind::Passphrase, new.expose(), &master, body)
    }

    pub(super) fn add_credential(&mut self, now_ms: u64, credential: &Secret) -> Result<Vec<u8>, Refusal> {
        if !CREDENTIAL_BYTES.contains(&credential.expose().len()) {
            return Err(malformed("a credential has 16 to 1024 bytes"));
        }
        let opened = self.opened()?;
        opened.note(now_ms, AuditKind::Identity, None, "credential added")?;
        opened.body.audit = opened.audit.fetched();
        let (master, body) = (opened.master.clone(), opened.body.clone());
        self.replace_slot(SlotKind::Credential, credential.expose(), &master, body)
    }

    /// The owner has the words: the seed leaves the file for good; the slot that they open stays.
    pub(super) fn confirm_recovery(&mut self, now_ms: u64) -> Result<Vec<u8>, Refusal> {
        let opened = self.opened()?;
        opened.note(now_ms, AuditKind::Identity, None, "recovery words confirmed")?;
        if let Some(mut seed) = opened.body.recovery_seed.take() {
            zeroize::Zeroize::zeroize(&mut seed);
        }
        self.checkpoint_audit()
    }

    /// The same file with the present body.
    pub(super) fn checkpoint_audit(&mut self) -> Result<Vec<u8>, Refusal> {
        let slots = self.file()?.slots().to_vec();
        let opened = self.opened()?;
        opened.body.audit = opened.audit.fetched();
        let (file, bytes) = KeyFile::seal(slots, &opened.master, &opened.body)?;
        self.file = File::Present(file);
        Ok(bytes)
    }

    fn open_with(&mut self, now_ms: u64, with: &UnlockWith) -> Result<(MasterKey, Body), Refusal> {
        let file = self.file()?;
        match with {
            UnlockWith::Credential(secret) => Ok(file.open(SlotKind::Credential, secret.expose())?),
            UnlockWith::Words(words) => Ok(file.open(SlotKind::Words, seed_of(words)?.bytes())?),
            UnlockWith::Passphrase(secret) => {
                check_passphrase(secret).map_err(|_| Refusal::WrongSecret)?;
                self.attempts.admit(now_ms)?;
                let opened = self.file()?.open(SlotKind::Passphrase, secret.expose());
                if matches!(opened, Err(KeyFileError::WrongSecret)) {
                    self.attempts.wrong(now_ms);
                }
                Ok(opened?)
            }
        }
    }

    /// One slot of `kind` in place of the ones before; a passphrase keeps the cost that it had.
    fn replace_slot(
        &mut self,
        kind: SlotKind,
        secret: &[u8],
        master: &MasterKey,
        body: Body,
    ) -> Result<Vec<u8>, Refusal> {
        let old = self.file()?.slots();
        let cost = old.iter().find_map(Slot::cost).unwrap_or(KdfCost::standard());
        let mut slots: Vec<Slot> = old.iter().filter(|slot| slot.kind() != kind).cloned().collect();
        slots.push(Slot::new(kind, cost, secret, master)?);
        let (file, bytes) = KeyFile::seal(slots, master, &body)?;
        self.file = File::Present(file);
        if let Some(opened) = &mut self.opened {
            opened.body = body;
        }
        Ok(bytes)
    }
}

/// Takes back what the node kept: key state and the end of the audit log.
fn resume(
    now_ms: u64,
    mut opened: Opened,
    unlock: &Unlock,
    wrong_attempts: u32,
) -> Result<(Opened, Unlocked), Refusal> {
    let node_id = opened.node_id();
    let kept = unlock.state.as_ref().and_then(|blob| KeyState::open(&opened.master, &node_id, blob));
    let made_new = kept.is_none();
    if let Some(keys) = kept {
        opened.keys = keys;
    }
    let audit_rewound = opened.resume_audit(unlock.audit_tail.as_deref());
    if wrong_attempts > 0 {
        let text = format!("{wrong_attempts} wrong passphrases before");
        opened.note(now_ms, AuditKind::Unlock, None, &text)?;
    }
    if audit_rewound {
        opened.note(now_ms, AuditKind::Unlock, None, "the audit log ends before its signed head")?;
    }
    opened.note(now_ms, AuditKind::Unlock, None, "unlocked")?;
    let new_state = if made_new { Some(opened.sealed_keys()?.into()) } else { None };
    let identity = opened.identity();
    Ok((opened, Unlocked { identity, new_state, audit_rewound, wrong_attempts }))
}
