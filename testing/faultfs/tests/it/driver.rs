//! The driver as a process: begun with or without faults, spoken to line by line, ended.
//!
//! Must not know: what calls mean.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::Pid;
use tempfile::TempDir;

use super::disk::{Disk, Loss};
use super::journal::{self, Entry, Event};

/// What the disk does at one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The process dies, and what was not brought to disk is gone.
    Kill,
    /// The process dies, and of what was not brought to disk some sectors are there.
    Tear,
    /// It fails, once.
    Eio,
    /// The disk is full from here on.
    Enospc,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::Kill, Self::Tear, Self::Eio, Self::Enospc];

    pub(crate) fn name(self) -> &'static str {
        ["kill", "tear", "eio", "enospc"][self as usize]
    }

    /// Whether the process dies of it.
    pub(crate) fn kills(self) -> bool {
        matches!(self, Self::Kill | Self::Tear)
    }
}

/// A folder for a store, and beside it the journal.
pub(crate) struct Place {
    top: TempDir,
    pub(crate) folder: PathBuf,
    base: Disk,
}

impl Place {
    /// In memory where that can be: bringing things to disk is what the library follows, not what is waited for.
    pub(crate) fn new() -> Self {
        let top = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let folder = top.path().canonicalize().unwrap().join("store");
        fs::create_dir(&folder).unwrap();
        let base = Disk::of(&folder);
        Self { top, folder, base }
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.with_file_name("journal")
    }

    fn space(&self) -> PathBuf {
        self.folder.with_file_name("space")
    }

    /// There is space on the disk again.
    pub(crate) fn give_space(&self) {
        fs::write(self.space(), "").unwrap();
    }

    /// What was done since the last power cut.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        journal::read(&self.journal())
    }

    /// Whether the fault came.
    pub(crate) fn was_hit(&self) -> bool {
        self.entries().iter().any(|entry| matches!(entry.event, Event::Fault))
    }

    /// The disk after what was done, compared with the folder when the process was not killed from outside.
    pub(crate) fn power_cut(&mut self, loss: Loss, compare: bool) {
        let mut disk = std::mem::take(&mut self.base);
        disk.replay(&self.entries());
        if compare {
            disk.must_be_as_seen();
        }
        disk.settle(loss);
        self.begin_anew();
    }

    /// The files are as they lie there, all durable, and nothing was done yet.
    fn begin_anew(&mut self) {
        for file in [self.journal(), self.space()] {
            let _may_not_be_there = fs::remove_file(file);
        }
        self.base = Disk::of(&self.folder);
    }

    /// Keeps the files for whoever looks into a failure.
    pub(crate) fn keep(self) -> PathBuf {
        self.top.keep()
    }
}

/// The driver with a fault.
pub(crate) fn command(place: &Place, kind: &str, path: &Path, at: u64, fault: Fault) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_faultfs-driver"));
    let mut command = Command::new(program);
    command.args([Path::new(kind), path]).env("LD_PRELOAD", library(program));
    command.env("FAULTFS_FOLDER", &place.folder).env("FAULTFS_JOURNAL", place.journal());
    command.env("FAULTFS_SPACE", place.space()).env("FAULTFS_AT", at.to_string());
    command.env("FAULTFS_FAULT", if fault.kills() { "kill" } else { fault.name() });
    command
}

/// Cargo builds it with the tests and puts it there.
fn library(program: &Path) -> PathBuf {
    let library = program.with_file_name("deps").join("libfaultfs.so");
    assert!(library.is_file(), "{} was not built", library.display());
    library
}

/// A running driver.
pub(crate) struct Driver {
    child: Child,
    lines: BufReader<ChildStdout>,
    input: Option<ChildStdin>,
    next: usize,
}

impl Driver {
    /// Begins it and waits until it is ready; otherwise how it ended.
    pub(crate) fn begin(mut command: Command) -> Result<Self, Ended> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let input = child.stdin.take();
        let mut driver = Self { child, lines, input, next: 0 };
        match driver.line() {
            Some(line) if line == "ready" => Ok(driver),
            Some(reason) => {
                driver.child.wait().unwrap();
                Err(Ended::Refused(reason))
            }
            None => Err(driver.dead()),
        }
    }

    /// Its process. The number is not given to another one before [`dead`](Self::dead) or [`kill`](Self::kill).
    pub(crate) fn process(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Makes calls, all at once; their answers, `None` for those that died with the process.
    pub(crate) fn call(&mut self, calls: &[String]) -> Vec<Option<String>> {
        let first = self.next;
        self.next += calls.len();
        let lines: String =
            calls.iter().enumerate().map(|(n, call)| format!("{} {call}\n", first + n)).collect();
        let mut answers = vec![None; calls.len()];
        let sent = self.input.as_mut().is_some_and(|input| input.write_all(lines.as_bytes()).is_ok());
        while sent && answers.contains(&None) {
            let Some(line) = self.line() else { break };
            let (number, answer) = line.split_once(' ').unwrap();
            answers[number.parse::<usize>().unwrap() - first] = Some(answer.to_owned());
        }
        answers
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let whole = self.lines.read_line(&mut line).is_ok() && line.ends_with('\n');
        whole.then(|| line.trim_end().to_owned())
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end of a process that has closed its output.
    pub(crate) fn dead(&mut self) -> Ended {
        self.input = None;
        let status = self.child.wait().unwrap();
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(signal, Some(9), "it died of the fault and of nothing else: {status}");
        Ended::Died
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _may_be_gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// How a driver ended before it was ready.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It said why.
    Refused(String),
    /// The fault killed it.
    Died,
}
