//! The vault: holds the secrets and performs every operation, on the caller's thread, without a process.
//! The key process runs one; tests and in-process keepers use it directly. It must not know sockets,
//! files or clocks: time is an argument.

mod attempts;
mod audit;
mod call;
mod create;
mod descriptor;
mod envelope;
mod grant;
mod handshake;
mod keys;
mod known;
mod mail;
mod mls;
mod opened;
mod overlay;
mod rate;
mod ticket;
mod unlock;

use crate::blob::Blob;
use crate::keyfile::{KeyFile, KeyFileError};
use crate::memory::Guard;
use crate::ops::{AuditKind, Refusal, Request, Response, Status, VaultState};
use crate::sandbox::Sandbox;
use crate::seal;
use crate::secret::Secret;
use crate::wire::IPC_VERSION;
use attempts::Attempts;
use opened::Opened;

/// One identity's secrets, or the place for them.
#[derive(Debug)]
pub struct Vault {
    file: File,
    opened: Option<Box<Opened>>,
    attempts: Attempts,
    sandbox: Sandbox,
    guard: Guard,
    process: u32,
}

/// The key file as the vault knows it.
#[derive(Debug)]
enum File {
    Absent,
    Damaged,
    Present(KeyFile),
}

impl Vault {
    /// A locked vault over the bytes of a key file, or an empty one.
    ///
    /// Bytes that are no key file make a vault that refuses with [`Refusal::KeyFileDamaged`] and never
    /// creates a new identity over them.
    pub fn new(key_file: Option<&[u8]>) -> Self {
        let file = match key_file.map(KeyFile::parse) {
            None => File::Absent,
            Some(Ok(file)) => File::Present(file),
            Some(Err(_)) => File::Damaged,
        };
        let guard = Guard { installed: false, locked_bytes: 0 };
        let sandbox = Sandbox::None("keys are held in this process".to_owned());
        Self { file, opened: None, attempts: Attempts::default(), sandbox, guard, process: 0 }
    }

    /// Tells the vault how its process is shut in, for `Status`.
    pub(crate) fn confine(&mut self, sandbox: Sandbox, guard: Guard, process: u32) {
        self.sandbox = sandbox;
        self.guard = guard;
        self.process = process;
    }

    /// Performs one request at `now_ms` (unix milliseconds by a clock that the caller trusts).
    pub fn handle(&mut self, now_ms: u64, request: Request) -> Result<Response, Refusal> {
        match request {
            Request::Version(IPC_VERSION) => Ok(Response::Version(IPC_VERSION)),
            Request::Version(_) => Err(Refusal::Version(IPC_VERSION)),
            Request::Status => Ok(Response::Status(self.status())),
            Request::Create { passphrase, cost } => {
                self.create(now_ms, &passphrase, cost).map(Response::Created)
            }
            Request::Unlock(unlock) => self.unlock(now_ms, unlock).map(Response::Unlocked),
            Request::Lock => self.lock(now_ms).map(Response::Entries),
            Request::ChangePassphrase { old, new } => {
                self.change_passphrase(now_ms, &old, &new).map(key_file)
            }
            Request::ResetPassphrase { words, new } => {
                self.reset_passphrase(now_ms, &words, &new).map(key_file)
            }
            Request::AddCredential(credential) => self.add_credential(now_ms, &credential).map(key_file),
            Request::ConfirmRecovery => self.confirm_recovery(now_ms).map(key_file),
            Request::CheckpointAudit => self.checkpoint_audit().map(key_file),
            Request::Rotate { words } => self.rotate(now_ms, &words).map(Response::Created),
            #[cfg(all(debug_assertions, target_os = "linux"))]
            Request::Probe => Ok(Response::Probed(crate::sandbox::probe())),
            #[cfg(all(debug_assertions, not(target_os = "linux")))]
            Request::Probe => Ok(Response::Probed(Vec::new())),
            other => self.opened()?.handle(now_ms, other),
        }
    }

    /// What is opened, for operations that need no key file.
    pub(crate) fn opened(&mut self) -> Result<&mut Opened, Refusal> {
        match (&self.file, self.opened.as_deref_mut()) {
            (_, Some(opened)) => Ok(opened),
            (File::Absent, None) => Err(Refusal::Empty),
            (File::Damaged, None) => Err(Refusal::KeyFileDamaged),
            (File::Present(_), None) => Err(Refusal::Locked),
        }
    }

    fn file(&self) -> Result<&KeyFile, Refusal> {
        match &self.file {
            File::Absent => Err(Refusal::Empty),
            File::Damaged => Err(Refusal::KeyFileDamaged),
            File::Present(file) => Ok(file),
        }
    }

    fn status(&self) -> Status {
        let state = match (&self.file, &self.opened) {
            (_, Some(opened)) => opened.state(),
            (File::Absent, None) => VaultState::Empty,
            (File::Damaged, None) => VaultState::Damaged,
            (File::Present(_), None) => VaultState::Locked,
        };
        let handshakes = self.opened.as_ref().map_or(0, |opened| opened.handshakes.len());
        let process = self.process;
        let sandbox = self.sandbox.clone();
        let mut status = Status { state, sandbox, locked_bytes: 0, wipes: false, handshakes, process };
        status.set_guard(self.guard);
        status
    }

    /// Everything opened is wiped on drop; the audit log's last entries leave before.
    fn lock(&mut self, now_ms: u64) -> Result<Vec<Blob>, Refusal> {
        let Some(mut opened) = self.opened.take() else {
            return Ok(Vec::new());
        };
        opened.note(now_ms, AuditKind::Unlock, None, "locked")?;
        Ok(opened.audit.take())
    }
}

fn key_file(bytes: Vec<u8>) -> Response {
    Response::KeyFile(bytes.into())
}

impl From<KeyFileError> for Refusal {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::WrongSecret => Self::WrongSecret,
            KeyFileError::Malformed => Self::KeyFileDamaged,
            KeyFileError::Full => Self::Full,
            KeyFileError::Resources => Self::Resources,
        }
    }
}

/// A malformed request, in words.
fn malformed(what: impl ToString) -> Refusal {
    Refusal::Malformed(what.to_string())
}

/// Random bytes, or the refusal that says that there are none.
fn random<const N: usize>() -> Result<zeroize::Zeroizing<[u8; N]>, Refusal> {
    seal::random::<N>().ok_or(Refusal::Resources)
}

/// Bounds of a passphrase: some text, not a novel.
fn check_passphrase(passphrase: &Secret) -> Result<(), Refusal> {
    let text = passphrase.expose_text().ok_or_else(|| malformed("a passphrase is UTF-8 text"))?;
    match text.len() {
        0 => Err(malformed("the passphrase is empty")),
        length if length > crate::ops::MAX_PASSPHRASE => Err(malformed("the passphrase is too long")),
        _ => Ok(()),
    }
}
