//! A started `openred`: its output in a file, its end certain.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use openred_service::lifecycle::Clock;

use crate::disk::Disk;

/// How long a test waits for anything.
pub(crate) const PATIENCE_MS: u64 = 60_000;
const GLANCE: Duration = Duration::from_millis(10);

/// One running program.
pub(crate) struct Program {
    child: Child,
    pub(crate) log: PathBuf,
}

impl Program {
    /// Starts `openred` with these arguments; both outputs go to `log`.
    pub(crate) fn start(arguments: &[&str], log: &Path) -> Self {
        let mut command = openred();
        command.args(arguments);
        Self::of(command, log)
    }

    /// Starts a command; both outputs go to `log`.
    pub(crate) fn of(mut command: Command, log: &Path) -> Self {
        let out = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stderr(out.try_clone().unwrap()).stdout(out);
        Self { child: command.spawn().unwrap(), log: log.to_owned() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ctrl-C, and waits.
    pub(crate) fn interrupt(&mut self) -> ExitStatus {
        signal(self.id(), "-INT");
        let mut ended = None;
        until("the program ends", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap()
    }

    /// The key process of a node: its only child.
    pub(crate) fn keeper(&self) -> Option<u32> {
        children(self.id()).into_iter().find(|child| {
            std::fs::read(format!("/proc/{child}/cmdline"))
                .is_ok_and(|line| line.split(|byte| *byte == 0).nth(1) == Some(b"keeper"))
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let said = self.said();
            let tail = said.len().saturating_sub(4_000);
            let tail = (tail..said.len()).find(|at| said.is_char_boundary(*at)).unwrap_or(said.len());
            let text = format!("--- {}\n{}\n", self.log.display(), &said[tail..]);
            // Beside the panic's own message.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
        }
    }
}

/// All threads' children: the keeper belongs to the thread that started it.
fn children(id: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Sends a signal by the tool that people use.
pub(crate) fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args([name, &id.to_string()]).status().unwrap();
    assert!(sent.success(), "kill {name} {id}");
}

/// Where the binary lies.
pub(crate) const OPENRED: &str = env!("CARGO_BIN_EXE_openred");

/// The binary, with nothing of this machine's settings.
pub(crate) fn openred() -> Command {
    plain(Command::new(OPENRED))
}

/// The same on a disk of its own.
pub(crate) fn openred_on(disk: Option<&Disk>) -> Command {
    disk.map_or_else(openred, |disk| plain(disk.enter(OPENRED)))
}

/// With nothing of this machine's settings.
pub(crate) fn plain(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OPENRED_") {
            command.env_remove(name);
        }
    }
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Runs `openred` to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    openred().args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Exit code and both outputs.
pub(crate) fn told(output: &Output) -> (i32, String) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

/// Looks again and again until it is so.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl FnMut() -> bool) {
    until_within(PATIENCE_MS, what, is_so);
}

/// The same for what takes its time.
#[track_caller]
pub(crate) fn until_within(ms: u64, what: &str, mut is_so: impl FnMut() -> bool) {
    let end = now_ms() + ms;
    while !is_so() {
        assert!(now_ms() < end, "waited in vain for: {what}");
        std::thread::sleep(GLANCE);
    }
}

/// Milliseconds that only go forward.
pub(crate) fn now_ms() -> u64 {
    Clock::System.monotonic_ms()
}

/// A loopback port that is free now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
