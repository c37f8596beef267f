//! A PostgreSQL server of a test's own: a temporary folder, a Unix socket in it, nothing on the network.
//!
//! A shell holds the server and watches its own standard input: when the test process ends, in whatever way, the
//! pipe closes, the shell stops the server and removes the folder.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::database::DatabaseUrl;

const START_POLLS_MAX: u32 = 600;
const START_POLL: Duration = Duration::from_millis(100);

/// Runs until its standard input ends.
const WATCHED: &str = r#""$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=200 \
    >"$2/log" 2>&1 & server=$!
read -r _ || true
kill -INT $server
wait $server
rm -rf "$2""#;

/// A running server; it stops and its folder goes when the last clone of the `Arc` is dropped.
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: PathBuf,
    shell: Child,
    names: AtomicU32,
}

/// The private server of this test process, started at the first call and shared by tests that run at the same time.
///
/// `None`, and a visible line `SKIPPED (PostgreSQL missing): …`, when there is no PostgreSQL on this machine.
///
/// # Panics
/// When PostgreSQL is there and does not start.
pub fn postgres() -> Option<Arc<PrivatePostgres>> {
    static RUNNING: Mutex<Weak<PrivatePostgres>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = running.upgrade() {
        return Some(server);
    }
    let Some(programs) = programs() else {
        let test = thread::current().name().unwrap_or("a test").to_owned();
        // Not a print macro: the test harness would swallow it.
        let _terminal_may_be_closed = writeln!(io::stderr(), "SKIPPED (PostgreSQL missing): {test}");
        return None;
    };
    let server = Arc::new(start(&programs));
    *running = Arc::downgrade(&server);
    Some(server)
}

impl PrivatePostgres {
    /// Address of a new, empty database on this server.
    ///
    /// # Panics
    /// When the server has gone.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    pub fn fresh_database(&self) -> DatabaseUrl {
        let name = format!("test_{}", self.names.fetch_add(1, Ordering::Relaxed));
        let admin = address(&self.folder, "postgres");
        // The blocking client must not run inside an async test's runtime.
        let sql = format!("CREATE DATABASE {name}");
        let made = thread::spawn(move || {
            postgres::Client::connect(&admin, postgres::NoTls)
                .and_then(|mut client| client.batch_execute(&sql))
        });
        made.join().expect("the helper thread ends").expect("the server makes a database");
        address(&self.folder, &name).parse().expect("the address is well-formed")
    }

    /// Gives the places of rows that went free for others, in all tables of a database: what the server does by itself
    /// from time to time, done now.
    ///
    /// # Panics
    /// When the server has gone.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    pub fn vacuum(&self, database: &DatabaseUrl) {
        let Some(url) = database.server().map(str::to_owned) else { return };
        // The blocking client must not run inside an async test's runtime.
        let done = thread::spawn(move || {
            postgres::Client::connect(&url, postgres::NoTls)
                .and_then(|mut client| client.batch_execute("VACUUM"))
        });
        done.join().expect("the helper thread ends").expect("the server tidies up");
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _stopped = self.shell.wait();
    }
}

#[expect(clippy::panic, clippy::expect_used, reason = "a test cannot go on without its server")]
fn start(programs: &Path) -> PrivatePostgres {
    let folder = new_folder().expect("the temporary folder can be made");
    let account = account_for_root();
    if let Some((user, group)) = account {
        std::os::unix::fs::chown(&folder, Some(user), Some(group)).expect("root may give a folder away");
    }
    let as_server = |command: &mut Command| {
        command.current_dir(&folder).env("LC_ALL", "C").stdout(Stdio::null()).process_group(0);
        if let Some((user, group)) = account {
            command.gid(group).uid(user);
        }
    };
    let mut init = Command::new(programs.join("initdb"));
    init.args([
        "--no-sync",
        "--auth=trust",
        "--username=openred",
        "--encoding=UTF8",
        "--locale=C",
        "-D",
        "data",
    ]);
    as_server(&mut init);
    let made = init.stderr(Stdio::piped()).output().expect("initdb can be started");
    assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", WATCHED, "sh"]).arg(programs).arg(&folder).stdin(Stdio::piped()).stderr(Stdio::null());
    as_server(&mut shell);
    let shell = shell.spawn().expect("the shell can be started");
    let server = PrivatePostgres { folder, shell, names: AtomicU32::new(0) };
    for _ in 0..START_POLLS_MAX {
        if answers(&server.folder) {
            return server;
        }
        thread::sleep(START_POLL);
    }
    panic!(
        "PostgreSQL does not start: {}",
        fs::read_to_string(server.folder.join("log")).unwrap_or_default()
    );
}

fn answers(folder: &Path) -> bool {
    let admin = address(folder, "postgres");
    thread::spawn(move || postgres::Client::connect(&admin, postgres::NoTls).is_ok()).join().unwrap_or(false)
}

fn address(folder: &Path, name: &str) -> String {
    format!("postgres://openred@/{name}?host={}", folder.display())
}

fn new_folder() -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("openred-pg-{}-{number}", std::process::id()));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// The newest installed version, else what `PATH` holds.
fn programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let version = |folder: &PathBuf| {
        folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok())
    };
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = installed.map(|entry| entry.path().join("bin")).filter(complete).max_by_key(version);
    installed.or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).find(complete))
}

/// PostgreSQL refuses to run as root: user and group of the account `postgres`, or `nobody`, when we are root.
fn account_for_root() -> Option<(u32, u32)> {
    let own = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own));
    if own.is_ok_and(|user| user != 0) {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let find = |wanted: &str| {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(wanted)).then_some(())?;
            Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
    };
    find("postgres").or_else(|| find("nobody"))
}
