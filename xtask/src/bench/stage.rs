//! Release builds on loopback: a directory, ana whose node is measured, ben, and friends who will be away.

use std::path::PathBuf;

use serde_json::json;

use crate::Result;
use crate::demo::cast::{Directory, PASSPHRASE, empty_stage};
use crate::demo::person::{Person, text};
use crate::demo::running::Build;

/// Everybody who is measured.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) ana: Person,
    pub(crate) ben: Person,
    pub(crate) friends: Vec<Person>,
    pub(crate) folder: PathBuf,
    /// Kept running as long as the stage.
    _directory: Directory,
}

impl Stage {
    /// Starts and sets up ana, ben and so many friends more; nobody knows anybody yet.
    pub(crate) fn open(friends: usize) -> Result<Self> {
        let folder = empty_stage("target/bench")?;
        let directory = Directory::open(&folder, Build::Release)?;
        let pinned = directory.pinned_url()?;
        let settle = |display_name: &str, name: &str| -> Result<Person> {
            let mut person = Person::new(display_name, name, &folder, Build::Release)?;
            person.tells("warn,openred_node::net::dial=debug");
            // Ana's node is as everybody's. The others do not become neighbours, who would have met before they are
            // introduced.
            if name != "ana" {
                person.configure("[overlay]\noff = true\n")?;
            }
            person.start()?;
            person.set_up(PASSPHRASE)?;
            let choice = json!({"directories": [pinned], "discoverable": {"name": true, "text": true, "recent": true}});
            person.send("PATCH", "/settings", &choice)?;
            Ok(person)
        };
        let (ana, ben) = (settle("Ana", "ana")?, settle("Ben", "ben")?);
        let friends = (1..=friends).map(|n| settle(&format!("Friend {n}"), &format!("friend{n}")));
        let friends = friends.collect::<Result<_>>()?;
        Ok(Self { ana, ben, friends, folder, _directory: directory })
    }

    /// Figures of a database that does not wait for the disk would be figures of something else.
    pub(crate) fn refuse_unless_durable(&self) -> Result<()> {
        let status = self.ana.get("/status")?;
        let synchronous = text(&status, "/storage/synchronous")?;
        if synchronous.eq_ignore_ascii_case("full") {
            return Ok(());
        }
        Err(format!("synchronous is {synchronous}, not FULL: no figures").into())
    }
}
