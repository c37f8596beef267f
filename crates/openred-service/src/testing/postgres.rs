//! A PostgreSQL server of a test's own: a temporary folder, a Unix socket in it, nothing on the network.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, chown};
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
    port: u16,
}

/// What PostgreSQL takes when nothing else is said; here it only names the socket.
const PORT: u16 = 5432;

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
    Some(start(&programs, PORT, |_| Vec::new()))
}

/// A private server that also answers at 127.0.0.1 and `port`, and speaks TLS there with this certificate and its key (PEM).
/// Otherwise as [`postgres_alone`].
///
/// # Panics
/// When PostgreSQL is there and does not start.
#[expect(clippy::expect_used, reason = "a test cannot go on without its server")]
pub fn postgres_with_tls(port: u16, certificate: &str, key: &str) -> Option<PrivatePostgres> {
    let Some(programs) = programs() else {
        skipped("PostgreSQL");
        return None;
    };
    Some(start(&programs, port, |folder| {
        let mut arguments: Vec<String> = ["ssl=on", "listen_addresses=127.0.0.1"].map(str::to_owned).into();
        let files = [("ssl_cert_file", "server.crt", certificate), ("ssl_key_file", "server.key", key)];
        for (setting, name, text) in files {
            let file = folder.join(name);
            private_file(&file, text).expect("a test may write into its folder");
            arguments.push(format!("{setting}={}", file.display()));
        }
        arguments
    }))
}

impl PrivatePostgres {
    /// Address of a new, empty database on this server.
    ///
    /// # Panics
    /// When the server has gone.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    pub fn fresh_database(&self) -> DatabaseUrl {
        let name = format!("test_{}", self.names.fetch_add(1, Ordering::Relaxed));
        let admin = address(self.server.folder(), self.port, "postgres");
        // The blocking client must not run inside an async test's runtime.
        let sql = format!("CREATE DATABASE {name}");
        let made = thread::spawn(move || {
            postgres::Client::connect(&admin, postgres::NoTls)
                .and_then(|mut client| client.batch_execute(&sql))
        });
        made.join().expect("the helper thread ends").expect("the server makes a database");
        address(self.server.folder(), self.port, &name).parse().expect("the address is well-formed")
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
            if !answers(self.server.folder(), self.port) {
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
            if answers(self.server.folder(), self.port) {
                return;
            }
            thread::sleep(START_POLL);
        }
        panic!("PostgreSQL does not start: {}", self.server.log());
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without its server")]
fn start(programs: &Path, port: u16, more: impl FnOnce(&Path) -> Vec<String>) -> PrivatePostgres {
    let folder = new_folder("pg").expect("the temporary folder can be made");
    let account = account_for_root();
    if let Some((user, group)) = account {
        chown(&folder, Some(user), Some(group)).expect("root may give a folder away");
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
    let (port_text, more) = (port.to_string(), more(&folder));
    let fixed = [&program, "-D", &data, "-k", &place, "-p", &port_text].map(AsRef::<str>::as_ref);
    // The last one that is said counts.
    let settings =
        ["max_connections=200", "listen_addresses="].into_iter().chain(more.iter().map(String::as_str));
    let command: Vec<&str> = fixed.into_iter().chain(settings.flat_map(|setting| ["-c", setting])).collect();
    let server =
        PrivatePostgres { server: Watched::start(folder, &command, account), names: AtomicU32::new(0), port };
    server.wait_until_it_answers();
    server
}

/// Nobody else may read a key, or PostgreSQL does not take it.
fn private_file(file: &Path, text: &str) -> std::io::Result<()> {
    let mut open = fs::File::options().write(true).create_new(true).mode(0o600).open(file)?;
    open.write_all(text.as_bytes())?;
    account_for_root().map_or(Ok(()), |(user, group)| chown(file, Some(user), Some(group)))
}

fn answers(folder: &Path, port: u16) -> bool {
    let admin = address(folder, port, "postgres");
    thread::spawn(move || postgres::Client::connect(&admin, postgres::NoTls).is_ok()).join().unwrap_or(false)
}

fn address(folder: &Path, port: u16, name: &str) -> String {
    format!("postgres://openred@/{name}?host={}&port={port}", folder.display())
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
