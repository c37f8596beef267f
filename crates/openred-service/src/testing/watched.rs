//! A server program of a test's own, held by a shell that watches its own standard input: when the test process ends, in
//! whatever way, the pipe closes, the shell stops the server and removes the folder. Must not know which program it is.

use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, thread};

/// `crash` ends the server and all its children at once, as `kill -9` does; `stop` lets it finish; `start` runs it again.
const WATCH: &str = r#"folder=$1; shift
launch() { "$@" >>"$folder/log" 2>&1 & server=$!; }
launch "$@"
while read -r word; do
    case $word in
    crash)
        children=$(cat "/proc/$server/task/$server/children")
        kill -KILL $server $children
        wait $server
        for tries in 1 2 3 4 5 6 7 8 9 10; do
            kill -0 $children || break
            sleep 0.05
        done ;;
    stop)
        kill -INT $server
        wait $server ;;
    start) launch "$@" ;;
    esac
done
kill -INT $server
wait $server
rm -rf "$folder""#;

/// A running program; it ends and its folder goes with this value.
#[derive(Debug)]
pub(super) struct Watched {
    folder: PathBuf,
    shell: Mutex<Child>,
}

impl Watched {
    /// Runs `command` (program and arguments) in `folder`, as `account` (user and group) where one is given.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its server")]
    pub(super) fn start(folder: PathBuf, command: &[&str], account: Option<(u32, u32)>) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", WATCH, "sh"]).arg(&folder).args(command);
        shell.stdin(Stdio::piped()).stderr(Stdio::null());
        in_folder(&mut shell, &folder, account);
        let shell = Mutex::new(shell.spawn().expect("the shell can be started"));
        Self { folder, shell }
    }

    /// Where the program runs.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the program said.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Says `crash`, `stop` or `start` to the shell.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its server")]
    pub(super) fn say(&self, word: &str) {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        let stdin = shell.stdin.as_mut().expect("the shell listens until the value is dropped");
        writeln!(stdin, "{word}").expect("the shell listens");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let shell = self.shell.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(shell.stdin.take());
        let _stopped = shell.wait();
    }
}

/// Lets a command run in `folder`, in a process group of its own, with nothing on the terminal.
pub(super) fn in_folder(command: &mut Command, folder: &Path, account: Option<(u32, u32)>) {
    command.current_dir(folder).env("LC_ALL", "C").stdout(Stdio::null()).process_group(0);
    if let Some((user, group)) = account {
        command.gid(group).uid(user);
    }
}

/// A new folder for nobody else, in the temporary folder.
pub(super) fn new_folder(kind: &str) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("openred-{kind}-{}-{number}", std::process::id()));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// A line that says which test did not run, and why.
pub(super) fn skipped(missing: &str) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    // Not a print macro: the test harness would swallow it.
    let _terminal_may_be_closed = writeln!(io::stderr(), "SKIPPED ({missing} missing): {test}");
}
