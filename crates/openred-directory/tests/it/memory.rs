//! A directory keeps nothing of an introduction: secrets and tokens that the nodes hold are not in the memory,
//! files or output of a directory process. A planted needle shows that the scan would find them.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use openred_core::grant::OpenedGrant;
use openred_directory::{Config, Directory, Limits};
use openred_service::http_client::AllowPrivate;

use crate::people::Person;
use crate::routes;
use crate::stage::Stage;

const FOLDER: &str = "OPENRED_TEST_DIRECTORY_FOLDER";
const PLANTED: &str = "needle that stays in the descriptor";
const ROUNDS: usize = 500;

/// The directory process: this very binary, started by the test below with a folder in its environment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directory_process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    config.server.name = PLANTED.to_owned();
    config.storage.data = Path::new(&folder).join("data");
    config.network.allow_private = AllowPrivate::Loopback;
    config.limits = Limits {
        calls_per_prefix: 1_000_000,
        requests_per_node: 100_000,
        polls_per_node: 100_000,
        routes_per_node: 100_000,
        ..Limits::default()
    };
    let running = Directory::start(config).await.unwrap();
    let address = Path::new(&folder).join("address");
    std::fs::write(address.with_extension("new"), running.addr.to_string()).unwrap();
    std::fs::rename(address.with_extension("new"), address).unwrap();
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    assert!(running.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_thousand_grants_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path());
    let address = address(folder.path()).await;
    let stage = Stage::at(&format!("http://{address}")).await;
    let mut needles = Needles::default();
    let (ana, ben) = (Person::new("ana", "Ana"), Person::new("ben", "Ben"));
    let (chloe, dora) = (Person::new("chloe", "Chloé"), Person::new("dora", "Dora"));
    for person in [&ana, &ben, &chloe, &dora] {
        person.register(&stage, 0).await;
    }
    for _ in 0..ROUNDS {
        let (one, other) = tokio::join!(meet(&stage, &ana, &ben), meet(&stage, &chloe, &dora));
        one.iter().chain(&other).for_each(|grant| needles.add(grant));
    }
    assert_eq!(needles.grants, 4 * ROUNDS, "both halves of each");
    let pid = child.id();
    let planted = Pieces::of([PLANTED.as_bytes()]);
    assert!(scan_memory(pid, &planted) > 0, "the scan finds what is there");
    assert_eq!(scan_memory(pid, &needles.pieces), 0, "secrets or tokens are in the memory of the directory");
    drop(child.stdin.take());
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(needles.pieces.count_in(&output), 0, "in its output");
    assert!(scan_files(folder.path(), &planted) > 0, "the scan of files finds what is there");
    assert_eq!(scan_files(folder.path(), &needles.pieces), 0, "in its files");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_hundred_envelopes_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path());
    let stage = Stage::at(&format!("http://{}", address(folder.path()).await)).await;
    let intake = routes::Intake::open(http::StatusCode::OK).await;
    let (ana, ben) = routes::ana_and_ben(&stage, &intake.url).await;
    let token = ana.token(&stage).await;
    let mut needles = Pieces::default();
    for n in 0..100 {
        let note = format!("words {n:04} for ben alone, never written down");
        let written = routes::envelope(&ana, &ben, &note, stage.now() * 1_000);
        routes::send(&stage, &token, &written).await.success().unwrap();
        needles.add(note.as_bytes());
        needles.add(&written.message_id().0);
    }
    assert_eq!(intake.taken().len(), 100);
    drop(child.stdin.take());
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(needles.count_in(&output), 0, "in its output");
    let planted = Pieces::of([PLANTED.as_bytes()]);
    assert!(scan_files(folder.path(), &planted) > 0, "the scan of files finds what is there");
    assert_eq!(scan_files(folder.path(), &needles), 0, "in its files and its log");
}

async fn meet(stage: &Stage, a: &Person, b: &Person) -> [OpenedGrant; 2] {
    let target = b.id();
    let (grant_id, for_a, for_b) = tokio::join!(a.ask(stage, &target), a.poll(stage, 20), b.poll(stage, 20));
    let [for_a] = <[_; 1]>::try_from(for_a).unwrap();
    let [for_b] = <[_; 1]>::try_from(for_b).unwrap();
    [a.open(stage, for_a, Some((grant_id, target))), b.open(stage, for_b, None)]
}

fn start(folder: &Path) -> Child {
    let output = File::create(folder.join("log")).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["memory::directory_process", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(output)
        .spawn()
        .unwrap()
}

async fn address(folder: &Path) -> String {
    for _ in 0..3_000 {
        if let Ok(address) = std::fs::read_to_string(folder.join("address")) {
            return address;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the directory process did not start: {:?}", std::fs::read_to_string(folder.join("log")));
}

#[derive(Default)]
pub(crate) struct Needles {
    pub(crate) pieces: Pieces,
    grants: usize,
}

impl Needles {
    /// S and the token of one half.
    pub(crate) fn add(&mut self, grant: &OpenedGrant) {
        self.pieces.add(&*grant.secret);
        self.pieces.add(&*grant.half.token);
        self.grants += 1;
    }
}

/// 16-byte pieces to look for: half of a secret would be a finding too.
#[derive(Default)]
pub(crate) struct Pieces {
    pieces: HashSet<[u8; 16]>,
    beginnings: Vec<bool>,
}

impl Pieces {
    pub(crate) fn of<'a>(needles: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut pieces = Self::default();
        needles.into_iter().for_each(|needle| pieces.add(needle));
        pieces
    }

    pub(crate) fn add(&mut self, needle: &[u8]) {
        self.beginnings.resize(1 << 16, false);
        for piece in needle.chunks_exact(16) {
            self.beginnings[usize::from(u16::from_be_bytes([piece[0], piece[1]]))] = true;
            self.pieces.insert(piece.try_into().unwrap());
        }
    }

    fn count_in(&self, bytes: &[u8]) -> usize {
        let begins =
            |window: &&[u8]| self.beginnings[usize::from(u16::from_be_bytes([window[0], window[1]]))];
        bytes.windows(16).filter(begins).filter(|window| self.pieces.contains(*window)).count()
    }
}

/// Every writable page of the process.
pub(crate) fn scan_memory(pid: u32, pieces: &Pieces) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut found = 0;
    for line in
        maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw")))
    {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; (to - from) as usize];
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            found += pieces.count_in(&bytes);
        }
    }
    found
}

fn scan_files(folder: &Path, pieces: &Pieces) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                scan_files(&path, pieces)
            } else {
                pieces.count_in(&std::fs::read(path).unwrap())
            }
        })
        .sum()
}
