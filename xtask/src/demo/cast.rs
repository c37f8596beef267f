//! Who plays: a directory and three people, each a started program with a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::caller;
use super::person::{self, Person};
use super::running::{Build, Running, free_port};
use crate::{Result, place};

/// The passphrase of all three. A demo has no secrets.
pub(crate) const PASSPHRASE: &str = "a red lamp in the window";

/// Everybody.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) ana: Person,
    pub(crate) ben: Person,
    pub(crate) chloe: Person,
    pub(crate) directory: Directory,
}

/// The directory, and how to start it again.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) url: String,
    port: u16,
    build: Build,
    folder: PathBuf,
    program: Option<Running>,
}

/// Starts the directory and three nodes on an empty stage (`target/demo`).
pub(crate) fn start() -> Result<Cast> {
    let stage = empty_stage("target/demo")?;
    let directory = Directory::open(&stage, Build::Debug)?;
    let person = |display_name, name| Person::new(display_name, name, &stage, Build::Debug);
    let mut cast = Cast {
        ana: person("Ana", "ana")?,
        ben: person("Ben", "ben")?,
        chloe: person("Chloé", "chloe")?,
        directory,
    };
    cast.ana.start()?;
    cast.ben.start()?;
    cast.chloe.start()?;
    Ok(cast)
}

/// A folder with nothing in it.
pub(crate) fn empty_stage(inside: &str) -> Result<PathBuf> {
    let stage = place::at(inside);
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    fs::create_dir_all(&stage)?;
    Ok(stage)
}

impl Cast {
    pub(crate) fn people(&self) -> [&Person; 3] {
        [&self.ana, &self.ben, &self.chloe]
    }

    pub(crate) fn all_running(&mut self) -> bool {
        self.ana.runs() && self.ben.runs() && self.chloe.runs() && self.directory.runs()
    }
}

/// A relay in a folder of the stage, started; and its address with the id that nodes pin.
pub(crate) fn relay(stage: &Path, build: Build) -> Result<(Running, String)> {
    let (port, folder) = (free_port()?, stage.join("relay"));
    let (data, listen) = (folder.to_string_lossy(), format!("127.0.0.1:{port}"));
    let args = ["relay", "--data", &data, "--listen", &listen];
    let mut program = Running::openred(build, &args, &folder.with_extension("log"))?;
    let url = format!("http://{listen}");
    for _ in 0..1000 {
        if let Ok(about) = get(&url, "/.well-known/openred") {
            return Ok((program, format!("{url}#{}", person::text(&about, "/node_id")?)));
        }
        if !program.runs() {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(format!("the relay does not answer; its log is {}", program.log.display()).into())
}

fn get(url: &str, path: &str) -> Result<Value> {
    let mut answer = caller::agent(Some(Duration::from_secs(10))).get(format!("{url}{path}")).call()?;
    let said = answer.body_mut().read_to_string()?;
    if !answer.status().is_success() {
        return Err(format!("GET {url}{path}: {} {said}", answer.status()).into());
    }
    Ok(serde_json::from_str(&said)?)
}

impl Directory {
    /// A new directory in a folder of the stage, started.
    pub(crate) fn open(stage: &Path, build: Build) -> Result<Self> {
        let port = free_port()?;
        let (url, folder) = (format!("http://127.0.0.1:{port}"), stage.join("directory"));
        let mut directory = Self { url, port, build, folder, program: None };
        directory.start()?;
        Ok(directory)
    }

    /// Starts it and waits until it answers.
    pub(crate) fn start(&mut self) -> Result<()> {
        let (data, listen) = (self.folder.to_string_lossy(), format!("127.0.0.1:{}", self.port));
        let args = ["directory", "--data", &data, "--listen", &listen];
        self.program = Some(Running::openred(self.build, &args, &self.folder.with_extension("log"))?);
        for _ in 0..1000 {
            if self.get("/api/v3/health").is_ok() {
                return Ok(());
            }
            if !self.runs() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("the directory does not answer; its log is in target/demo".into())
    }

    /// Ends it.
    pub(crate) fn stop(&mut self) {
        self.program = None;
    }

    fn runs(&mut self) -> bool {
        self.program.as_mut().is_some_and(Running::runs)
    }

    /// What anybody can ask it.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        get(&self.url, path)
    }

    /// Address with the id that nodes pin.
    pub(crate) fn pinned_url(&self) -> Result<String> {
        let about = self.get("/.well-known/openred")?;
        Ok(format!("{}#{}", self.url, person::text(&about, "/node_id")?))
    }
}
