//! A program of ours that runs in the background with its output in a file, and ends when it is dropped.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::{Result, place, process};

/// One started program.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) log: PathBuf,
}

impl Running {
    /// Starts `openred` with these arguments; what it prints is appended to `log`.
    pub(crate) fn openred(build: Build, args: &[&str], log: &Path) -> Result<Self> {
        let out = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(build.binary());
        command.args(args).stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out);
        let child = command.spawn().map_err(|e| format!("{}: {e}", process::spelled(&command)))?;
        Ok(Self { child, log: log.to_path_buf() })
    }

    /// True while it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Memory held by it and its child processes, in bytes (Linux; elsewhere none is known).
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        std::iter::once(id).chain(children).map(resident_bytes).sum()
    }

    /// Ends it at once, as a power cut does.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end and waits; after ten seconds it is killed.
    pub(crate) fn stop(&mut self) {
        if !self.runs() {
            return;
        }
        let id = self.child.id().to_string();
        drop(process::quiet(process::command("kill").args(["-TERM", &id])));
        for _ in 0..200 {
            if !self.runs() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Which build of the binary.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Build {
    /// The one that tests and demo use.
    Debug,
    /// The one that people get; figures are taken from it alone.
    Release,
}

impl Build {
    /// Where it lies once it is built.
    pub(crate) fn binary(self) -> PathBuf {
        place::at(match self {
            Self::Debug => "target/debug/openred",
            Self::Release => "target/release/openred",
        })
    }
}

fn resident_bytes(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}

/// A loopback port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
