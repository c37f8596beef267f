//! A Redis server of a test's own: a temporary folder, a Unix socket in it, nothing on the network, nothing on disk.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::watched::{Watched, new_folder, skipped};

const START_POLLS_MAX: u32 = 1_000;
const START_POLL: Duration = Duration::from_millis(10);
const SOCKET: &str = "redis.sock";

/// A server that no other test uses; it ends with this value.
#[derive(Debug)]
pub struct PrivateRedis(Watched);

/// A private server, running. `None`, and a visible line `SKIPPED (Redis missing): …`, when there is no Redis on this
/// machine.
///
/// # Panics
/// When Redis is there and does not start.
#[expect(clippy::expect_used, reason = "a test cannot go on without its server")]
pub fn redis() -> Option<PrivateRedis> {
    let Some(program) = program() else {
        skipped("Redis");
        return None;
    };
    let folder = new_folder("redis").expect("the temporary folder can be made");
    let (socket, place) = (folder.join(SOCKET).display().to_string(), folder.display().to_string());
    let program = program.display().to_string();
    let command = [
        &program,
        "--port",
        "0",
        "--unixsocket",
        &socket,
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        &place,
    ];
    let server = PrivateRedis(Watched::start(folder.clone(), &command, None));
    server.wait_until_it_answers();
    Some(server)
}

impl PrivateRedis {
    /// Its address, `redis+unix://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Ends it at once; everything in it is lost.
    ///
    /// # Panics
    /// When it goes on answering.
    pub fn stop(&self) {
        self.0.say("crash");
        wait_until(|| !self.answers(), "Redis does not stop");
    }

    /// Runs it again after [`stop`](Self::stop), empty.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&self) {
        self.0.say("start");
        self.wait_until_it_answers();
    }

    /// Ends it at once and runs it again, empty.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.stop();
        self.start();
    }

    /// How it answers one command in the inline form (words with spaces between), as raw lines; for tests that look at what
    /// is in it.
    ///
    /// # Panics
    /// When it has gone.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot go on without its server")]
    pub fn ask(&self, command: &str) -> String {
        self.say_and_hear(command).expect("the server answers")
    }

    /// QUIT lets the server close, so that reading to the end reads the whole answer.
    fn say_and_hear(&self, command: &str) -> std::io::Result<String> {
        let mut connection = UnixStream::connect(self.socket())?;
        connection.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn answers(&self) -> bool {
        self.say_and_hear("PING").is_ok_and(|answer| answer.starts_with("+PONG"))
    }

    fn socket(&self) -> PathBuf {
        self.0.folder().join(SOCKET)
    }

    fn wait_until_it_answers(&self) {
        wait_until(|| self.answers(), &format!("Redis does not start: {}", self.0.log()));
    }
}

#[expect(clippy::panic, reason = "a test cannot go on without its server")]
fn wait_until(done: impl Fn() -> bool, otherwise: &str) {
    for _ in 0..START_POLLS_MAX {
        if done() {
            return;
        }
        thread::sleep(START_POLL);
    }
    panic!("{otherwise}");
}

fn program() -> Option<PathBuf> {
    let folders = std::env::split_paths(&std::env::var_os("PATH")?).collect::<Vec<_>>();
    folders.into_iter().map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}
