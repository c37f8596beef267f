//! Two worlds that differ only in who sends leave the same behind: in files, in the log, in what the relay tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use openred_relay::{Config, Relay};
use openred_service::lifecycle::{Clock, Lifecycle};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::stage::{Owner, Stage, cap_mac, name, relay_body, sealed};

const NOW_MS: u64 = 1_800_057_600_000;

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What is left of a world.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    files: BTreeMap<String, Vec<u8>>,
    /// Its different lines, without numbers: ports and how often somebody connected are chance.
    log: BTreeSet<String>,
    answers: Vec<Vec<u8>>,
    metrics: String,
}

/// A copy of the relay on which ana has her mailbox. Somebody deposits three pieces of mail, says who it is where the call
/// has room for that, and comes from an address.
async fn world(relay: &Path, ana: &Owner, sender: &str, address: &str) -> Left {
    let place = tempfile::tempdir().unwrap();
    copy(relay, place.path());
    let kept = Kept::default();
    let log = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(kept.clone());
    let log = log
        .with_env_filter("trace,hyper=off,hyper_util=off,reqwest=off,mio=off")
        .with_span_events(FmtSpan::NEW);
    let log = tracing::subscriber::set_default(log.finish());
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    config.server.behind_proxy = true;
    config.storage.data = place.path().to_owned();
    let stage = Stage::of(Relay::start_with(config, Lifecycle::new(Clock::manual(NOW_MS).0)).await.unwrap());
    let mut answers = Vec::new();
    for n in 1..=3 {
        let content = sealed(n as u8);
        let mut body = relay_body(ana.lane().deposit_id, name(n), &content);
        body["from_address"] = sender.into();
        let mac = cap_mac(&ana.lane(), name(n), &content);
        let headers = [("authorization", mac.as_str()), ("x-forwarded-for", address)];
        let told = stage.call("POST", "/api/v1/message/relay", &headers, body.to_string()).await;
        assert_eq!(told.status.as_u16(), 202);
        answers.push(told.body.to_vec());
    }
    let metrics = String::from_utf8(stage.call("GET", "/metrics", &[], "").await.body.to_vec()).unwrap();
    assert!(stage.stop().await);
    drop(log);
    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let log = log.lines().map(|line| line.replace(|c: char| c.is_ascii_digit(), "")).collect();
    Left { files: files(place.path()), log, answers, metrics }
}

fn copy(from: &Path, to: &Path) {
    for (file, bytes) in files(from) {
        let path = to.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// All files below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[tokio::test]
async fn who_sends_leaves_nothing_behind() {
    // Other tests of this process hear nothing of the log: without anybody who hears all, some of its places would be
    // remembered as unheard.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let mut stage = Stage::start(|_| {}, Clock::manual(NOW_MS).0).await;
    let ana = stage.owner().await;
    assert!(stage.running.take().unwrap().stop().await);
    let relay = &stage.config.storage.data;
    let empty = files(relay);
    let one = world(relay, &ana, "ben", "192.0.2.7").await;
    let other = world(relay, &ana, "somebody-with-a-long-name", "2001:db8:7:7::7").await;
    assert_ne!(one.files, empty, "the mail is there");
    assert!(!one.log.is_empty(), "the log was heard");
    for (file, bytes) in &one.files {
        assert_eq!(Some(bytes), other.files.get(file), "{file} differs");
    }
    assert_eq!(one, other);
}
