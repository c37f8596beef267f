//! The program in `bench/`: built, found, run once per case.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Result, process};

const MANIFEST: &str = "bench/Cargo.toml";
/// What starting, connecting and ending may take on top of the seconds asked for.
const BESIDES: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);
/// Of what a failed run complains about, this much is told.
const COMPLAINT: usize = 120;

/// Builds it. The first time takes minutes: the peers and their libraries.
pub(crate) fn build() -> Result<()> {
    process::shown(process::cargo().args(["build", "--quiet", "--release", "--manifest-path", MANIFEST]))
}

/// Where it lies.
pub(crate) fn program() -> Result<PathBuf> {
    let mut asking = process::cargo();
    asking.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path", MANIFEST]);
    let told: Value = serde_json::from_str(&process::quiet(&mut asking)?)?;
    let folder = told["target_directory"].as_str().ok_or("cargo names no target directory")?;
    let program = Path::new(folder).join("release/openred-bench");
    if program.is_file() { Ok(program) } else { Err("not built yet: run it without --built".into()) }
}

/// Version of a package that it is built with.
pub(crate) fn version(package: &str) -> Option<String> {
    let lock = std::fs::read_to_string(crate::place::at("bench/Cargo.lock")).ok()?;
    let lock: toml::Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let found = packages.iter().find(|one| one.get("name").and_then(toml::Value::as_str) == Some(package))?;
    Some(found.get("version")?.as_str()?.to_owned())
}

/// Runs a case with these words, which takes about `lasts`; what it says in one line of JSON, or a fault in a sentence.
pub(crate) fn run<T: DeserializeOwned>(
    program: &Path,
    words: &[String],
    lasts: Duration,
) -> std::result::Result<T, String> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    let (said, complained) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let ended = wait(&mut child, lasts + BESIDES);
    let (said, complained) = (said.join().unwrap_or_default(), complained.join().unwrap_or_default());
    if !ended {
        return Err(format!("did not end well: {}", start_of(complained.trim())));
    }
    serde_json::from_str(said.trim()).map_err(|e| format!("{e}: {}", start_of(said.trim())))
}

fn start_of(text: &str) -> &str {
    text.char_indices().nth(COMPLAINT).map_or(text, |(end, _)| &text[..end])
}

fn drain(from: Option<impl std::io::Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Whether it ended well within the time; beyond it, it is killed.
fn wait(child: &mut Child, time: Duration) -> bool {
    for _ in 0..time.as_millis() / LOOK.as_millis() {
        if let Ok(Some(status)) = child.try_wait() {
            return status.success();
        }
        thread::sleep(LOOK);
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
