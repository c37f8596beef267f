//! Starts the key process. It must not know the requests.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;

use super::KeeperError;
use super::link::{Link, Pending};

/// Why there is no key process.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The system did not start it.
    #[error("cannot start the key process: {0}")]
    Start(#[from] io::Error),
    /// It started but did not answer the version query.
    #[error("the key process does not answer: {0}")]
    Version(KeeperError),
}

/// Starts `exe keeper FD [KEY-FILE-FD]`.
///
/// The thread that starts it lives as long as the process does: on Linux the process is bound to the life
/// of that thread, so it must not be one of a pool.
pub(super) fn start(exe: &Path, key_file: Option<File>) -> Result<Link, SpawnError> {
    let (ours, theirs) = UnixStream::pair()?;
    let answers = ours.try_clone()?;
    let pending = Pending::new();
    let (exe, for_reader) = (exe.to_owned(), pending.clone());
    let (started, start) = sync_channel::<io::Result<u32>>(1);
    let life = move || {
        let spawned = command(exe, &theirs, key_file.as_ref()).spawn();
        drop((theirs, key_file));
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return drop(started.send(Err(error))),
        };
        let told = started.send(Ok(child.id()));
        if told.is_ok() {
            for_reader.read_answers(answers);
        }
        end(&mut child);
    };
    std::thread::Builder::new().name("keeper-reader".to_owned()).spawn(life)?;
    let process_id = start.recv().map_err(|_| SpawnError::Version(KeeperError::Gone))??;
    Ok(Link::new(ours, pending, process_id)?)
}

fn command(exe: PathBuf, socket: &UnixStream, key_file: Option<&File>) -> Command {
    let mut inherited: Vec<RawFd> = vec![socket.as_raw_fd()];
    inherited.extend(key_file.map(AsRawFd::as_raw_fd));
    let mut command = Command::new(exe);
    command.arg("keeper").args(inherited.iter().map(ToString::to_string));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    inherit(&mut command, inherited);
    command
}

#[expect(unsafe_code, reason = "descriptors can be handed down only between fork and exec")]
fn inherit(command: &mut Command, inherited: Vec<RawFd>) {
    // SAFETY: the closure makes only async-signal-safe calls and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
            for fd in &inherited {
                if libc::fcntl(*fd, libc::F_SETFD, 0) == -1 {
                    return Err(io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
}

/// Ends the process if it has not ended by itself, and collects it.
fn end(child: &mut Child) {
    // Errors mean that it has ended already.
    let _ = child.kill();
    let _ = child.wait();
}
