//! A PostgreSQL server of a test's own: a temporary folder, a Unix socket in it, nothing on the network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::watched::{Watched, in_folder, new_folder, skipped};
use crate::database::DatabaseUrl;

const START_POLLS_MAX: u32 = 600;
const START_POLL: Duration = Duration::from_millis(100);

/// A running server; it stops and its folder goes when the last clone of the `Arc` is dropped.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: Watched,
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
    let server = Arc::new(postgres_alone()?);
    *running = Arc::downgrade(&server);
    Some(server)
}

/// A private server for one test that ends it and starts it again; otherwise as [`postgres`].
///
/// # Panics
/// When PostgreSQL is there and does not start.
pub fn postgres_alone() -> Option<PrivatePostgres> {
    let Some(programs) = programs() else {
        skipped("PostgreSQL");
        return None;
    };
    Some(start(&programs))
}

impl PrivatePostgres {
    /// Address of a new, empty database on this server.
    ///
    /// # Panics
    /// When the server has gone.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    pub fn fresh_database(&self) -> DatabaseUrl {
        let name = format!("test_{}", self.names.fetch_add(1, Ordering::Relaxed));
        let admin = address(self.server.folder(), "postgres");
        // The blocking client must not run inside an async test's runtime.
        let sql = format!("CREATE DATABASE {name}");
        let made = thread::spawn(move || {
            postgres::Client::connect(&admin, postgres::NoTls)
                .and_then(|mut client| client.batch_execute(&sql))
        });
        made.join().expect("the helper thread ends").expect("the server makes a database");
        address(self.server.folder(), &name).parse().expect("the address is well-formed")
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

    /// The process that all others of the server come from; for measuring.
    ///
    /// # Errors
    /// When it does not run.
    pub fn process(&self) -> std::io::Result<u32> {
        let text = fs::read_to_string(self.server.folder().join("data/postmaster.pid"))?;
        let first = text.lines().next().unwrap_or_default();
        first.parse().map_err(std::io::Error::other)
    }

    /// Ends all its processes at once (`kill -9`): what was not committed is lost.
    ///
    /// # Panics
    /// When it goes on answering.
    pub fn crash(&self) {
        self.server.say("crash");
        self.wait_until_it_is_gone();
    }

    #[expect(clippy::panic, reason = "a test cannot go on beside a server that does not end")]
    fn wait_until_it_is_gone(&self) {
        for _ in 0..START_POLLS_MAX {
            if !answers(self.server.folder()) {
                return;
            }
            thread::sleep(START_POLL);
        }
        panic!("PostgreSQL does not end");
    }

    /// Ends it with care ("fast shutdown"): transactions under way are undone, everything else is written.
    ///
    /// # Panics
    /// When it goes on answering.
    pub fn stop(&self) {
        self.server.say("stop");
        self.wait_until_it_is_gone();
    }

    /// Runs it again after [`crash`](Self::crash) or [`stop`](Self::stop), and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&self) {
        self.server.say("start");
        self.wait_until_it_answers();
    }

    /// [`crash`](Self::crash) and [`start`](Self::start).
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.crash();
        self.start();
    }

    #[expect(clippy::panic, reason = "a test cannot go on without its server")]
    fn wait_until_it_answers(&self) {
        for _ in 0..START_POLLS_MAX {
            if answers(self.server.folder()) {
                return;
            }
            thread::sleep(START_POLL);
        }
        panic!("PostgreSQL does not start: {}", self.server.log());
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without its server")]
fn start(programs: &Path) -> PrivatePostgres {
    let folder = new_folder("pg").expect("the temporary folder can be made");
    let account = account_for_root();
    if let Some((user, group)) = account {
        std::os::unix::fs::chown(&folder, Some(user), Some(group)).expect("root may give a folder away");
    }
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
    in_folder(&mut init, &folder, account);
    let made = init.stderr(Stdio::piped()).output().expect("initdb can be started");
    assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
    let program = programs.join("postgres").display().to_string();
    let (data, place) = (folder.join("data").display().to_string(), folder.display().to_string());
    let command =
        [&program, "-D", &data, "-k", &place, "-c", "listen_addresses=", "-c", "max_connections=200"];
    let server =
        PrivatePostgres { server: Watched::start(folder, &command, account), names: AtomicU32::new(0) };
    server.wait_until_it_answers();
    server
}

fn answers(folder: &Path) -> bool {
    let admin = address(folder, "postgres");
    thread::spawn(move || postgres::Client::connect(&admin, postgres::NoTls).is_ok()).join().unwrap_or(false)
}

fn address(folder: &Path, name: &str) -> String {
    format!("postgres://openred@/{name}?host={}", folder.display())
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
