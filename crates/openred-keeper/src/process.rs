//! The key process itself: one socket, one vault, one thread (DESIGN §4). Answers in the order of the
//! requests. It must not know what the requests do.

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::SystemTime;

use crate::keyfile::MAX_KEY_FILE;
use crate::memory;
use crate::ops::{Refusal, Request, Response};
use crate::sandbox;
use crate::vault::Vault;
use crate::wire::{self, IPC_VERSION, WireError};

/// Exit code when started otherwise than by a node.
const MISUSED: u8 = 64;
/// Exit code when the connection broke inside a frame or carried something else.
const BROKEN: u8 = 65;

/// Runs the keeper on the inherited socket `fd` until the other side closes it. `key_file` is the
/// inherited descriptor of the key file, none before there is an identity: it is read and closed.
///
/// The binary calls this from `openred keeper FD [KEY-FILE-FD]` before it starts any other thread.
pub fn main(fd: RawFd, key_file: Option<RawFd>) -> ExitCode {
    let guard = memory::guard();
    let (Some(socket), Ok(key_file)) = (inherited(fd), key_file.map(read_key_file).transpose()) else {
        return ExitCode::from(MISUSED);
    };
    sandbox::prepare(fd);
    let requests = UnixStream::from(socket);
    let Ok(answers) = requests.try_clone() else {
        return ExitCode::from(MISUSED);
    };
    let mut vault = Vault::new(key_file.as_deref());
    let process = std::process::id();
    vault.confine(sandbox::enter(), guard, process);
    match serve(requests, answers, &mut vault) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(BROKEN),
    }
}

/// Answers in order until the socket ends. Nothing is buffered here: frames are wiped one by one.
fn serve(mut requests: UnixStream, mut answers: UnixStream, vault: &mut Vault) -> Result<(), WireError> {
    let mut greeted = false;
    while let Some(frame) = wire::read(&mut requests)? {
        let (id, request) = wire::decode::<(u64, Request)>(&frame)?;
        let answer = answer(vault, &mut greeted, request);
        memory::scrub_stack();
        let encoded = wire::encode(&(id, answer)).or_else(|_| wire::encode(&(id, too_long())))?;
        wire::write(&mut answers, &encoded)?;
    }
    Ok(())
}

/// The version query comes first; before it nothing is done.
fn answer(vault: &mut Vault, greeted: &mut bool, request: Request) -> Result<Response, Refusal> {
    if let Request::Version(version) = request {
        *greeted = version == IPC_VERSION;
    }
    if !*greeted {
        return Err(Refusal::Version(IPC_VERSION));
    }
    vault.handle(now_ms(), request)
}

fn too_long() -> Result<Response, Refusal> {
    Err(Refusal::Malformed("the answer would be too long: ask for less at once".to_owned()))
}

/// The keeper's own clock, unix milliseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "the key process trusts its own clock only: this is the one place"
)]
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Takes over an inherited descriptor; none for numbers that are not open or belong to standard streams.
#[expect(unsafe_code, reason = "an inherited descriptor is a number until it is owned")]
fn inherited(fd: RawFd) -> Option<OwnedFd> {
    // SAFETY: F_GETFD only asks whether the number is open.
    if fd < 3 || unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
        return None;
    }
    // SAFETY: it is open, and the node handed it down for this process alone.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Reads the key file, one byte beyond the limit at most, and closes it.
fn read_key_file(fd: RawFd) -> std::io::Result<Vec<u8>> {
    let file = File::from(inherited(fd).ok_or(std::io::ErrorKind::InvalidInput)?);
    let mut bytes = Vec::new();
    file.take(MAX_KEY_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
