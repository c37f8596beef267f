//! The server of a case: a process of its own with its data in a folder of its own, ended with the value; and what processes
//! spent. Must not know: what it serves.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const START: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);
/// Hundredths of a second, as proc(5) counts on Linux.
const TICK_US: u64 = 10_000;

/// A running server on a port of this machine.
#[derive(Debug)]
pub struct Server {
    process: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// What it said when it began, for those of our own.
    pub said: Vec<String>,
    _folder: Option<tempfile::TempDir>,
}

impl Server {
    /// Starts an installed program with `arguments` made of its port and folder. `None` when it is not installed.
    pub async fn installed(
        name: &str,
        arguments: impl FnOnce(u16, &Path) -> Result<Vec<String>, String>,
    ) -> Result<Option<Self>, String> {
        let Some(program) = find(name) else { return Ok(None) };
        let (folder, port) = (folder()?, free_port()?);
        let mut command = Command::new(program);
        command.args(arguments(port, folder.path())?).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().map_err(|e| format!("{name}: {e}"))?;
        let server = Self { process, port, said: Vec::new(), _folder: Some(folder) };
        server.listens().await.map_err(|e| format!("{name}: {e}"))?;
        Ok(Some(server))
    }

    /// Starts this program as one of our own servers, `serve WORDS`, which says lines up to an empty one: first its port.
    /// It ends when its input does.
    pub fn own(words: &[&str], folder: &Path) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut command = Command::new(program);
        command.args(["relay", "serve"]).args(words).arg("--folder").arg(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|e| e.to_string())?;
        let lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let lines: Result<Vec<String>, _> =
            lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).collect();
        let mut said = lines.map_err(|e| e.to_string())?;
        if said.is_empty() {
            return Err(format!("the server {} did not start", words.join(" ")));
        }
        let port = said.remove(0).parse().map_err(|_| "a server said no port")?;
        Ok(Self { process, port, said, _folder: None })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    async fn listens(&self) -> Result<(), String> {
        let connected = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                sleep(LOOK).await;
            }
        };
        timeout(START, connected).await.map_err(|_| "it does not listen".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match self.process.stdin.take() {
            // Ours end with their input, and what they wrote is whole.
            Some(input) => drop(input),
            None => drop(self.process.kill()),
        }
        let _ended = self.process.wait();
    }
}

/// A new folder on a disk; an error where temporary files lie in memory.
pub fn folder() -> Result<tempfile::TempDir, String> {
    let folder = tempfile::Builder::new().prefix("openred-bench-").tempdir().map_err(|e| e.to_string())?;
    // SAFETY: statfs fills the struct it is given; all-zero is a valid value of it; the path ends with a zero byte.
    let kind = unsafe {
        let path = std::ffi::CString::new(folder.path().as_os_str().as_encoded_bytes())
            .map_err(|e| e.to_string())?;
        let mut told: libc::statfs = std::mem::zeroed();
        libc::statfs(path.as_ptr(), &mut told);
        told.f_type
    };
    if kind == libc::TMPFS_MAGIC {
        return Err("temporary files lie in memory here: set TMPDIR to a folder on a disk".to_owned());
    }
    Ok(folder)
}

/// Processor time of a process and all it has begun, microseconds.
pub fn cpu_us(process: u32) -> u64 {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|id| id.parse().ok()).map(cpu_us);
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(4);
    let own: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    own * TICK_US + children.sum::<u64>()
}

/// Resident memory of a process, bytes.
pub fn resident(process: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// A program in the search path, or where Debian keeps servers.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|e| e.to_string())
}
