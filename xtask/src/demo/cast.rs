//! Who plays: a directory and three people, each a started program with a folder of its own.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::person::{self, Person};
use super::running::{Running, free_port};
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
    folder: PathBuf,
    program: Option<Running>,
}

/// Starts the directory and three nodes on an empty stage (`target/demo`).
pub(crate) fn start() -> Result<Cast> {
    let stage = place::at("target/demo");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    fs::create_dir_all(&stage)?;
    let port = free_port()?;
    let folder = stage.join("directory");
    let mut directory = Directory { url: format!("http://127.0.0.1:{port}"), port, folder, program: None };
    directory.start()?;
    let mut cast = Cast {
        ana: Person::new("Ana", "ana", &stage)?,
        ben: Person::new("Ben", "ben", &stage)?,
        chloe: Person::new("Chloé", "chloe", &stage)?,
        directory,
    };
    cast.ana.start()?;
    cast.ben.start()?;
    cast.chloe.start()?;
    Ok(cast)
}

impl Cast {
    pub(crate) fn people(&self) -> [&Person; 3] {
        [&self.ana, &self.ben, &self.chloe]
    }

    pub(crate) fn all_running(&mut self) -> bool {
        self.ana.runs() && self.ben.runs() && self.chloe.runs() && self.directory.runs()
    }
}

impl Directory {
    /// Starts it and waits until it answers.
    pub(crate) fn start(&mut self) -> Result<()> {
        let (data, listen) = (self.folder.to_string_lossy(), format!("127.0.0.1:{}", self.port));
        let args = ["directory", "--data", &data, "--listen", &listen];
        self.program = Some(Running::openred(&args, &self.folder.with_extension("log"))?);
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
        let mut answer = person::agent().get(format!("{}{path}", self.url)).call()?;
        let said = answer.body_mut().read_to_string()?;
        if !answer.status().is_success() {
            return Err(format!("directory: GET {path}: {} {said}", answer.status()).into());
        }
        Ok(serde_json::from_str(&said)?)
    }

    /// Address with the id that nodes pin.
    pub(crate) fn pinned_url(&self) -> Result<String> {
        let about = self.get("/.well-known/openred")?;
        Ok(format!("{}#{}", self.url, person::text(&about, "/node_id")?))
    }
}
