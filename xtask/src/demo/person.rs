//! One person's node seen from outside: a cookie, a URL, and the owner API that the app uses too.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Caller;
use super::running::{Build, Running, free_port};
use crate::stopwatch::Stopwatch;
use crate::{Result, place, process};

/// How long the story waits for a thing to be seen.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks.
const GLANCE: Duration = Duration::from_millis(5);

/// A person with a node of their own.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) display_name: String,
    pub(crate) node_id: String,
    folder: PathBuf,
    pub(crate) port: u16,
    build: Build,
    config: PathBuf,
    log_filter: &'static str,
    pub(crate) caller: Caller,
    node: Option<Running>,
}

impl Person {
    /// A person whose node is not started yet. `name` becomes the folder below `stage`.
    pub(crate) fn new(display_name: &str, name: &str, stage: &Path, build: Build) -> Result<Self> {
        let folder = stage.join(name);
        fs::create_dir_all(&folder)?;
        let config = stage.join(format!("{name}.toml"));
        // Loopback addresses are refused by default, as they are for every node.
        fs::write(&config, "[network]\nallow_private = \"loopback\"\n")?;
        let port = free_port()?;
        Ok(Self {
            display_name: display_name.to_owned(),
            node_id: String::new(),
            folder,
            port,
            build,
            config,
            log_filter: "info",
            caller: Caller::new(format!("http://localhost:{port}")),
            node: None,
        })
    }

    /// Starts the node and waits until it answers.
    pub(crate) fn start(&mut self) -> Result<()> {
        let listen = format!("127.0.0.1:{}", self.port);
        let (data, config) = (self.folder.to_string_lossy(), self.config.to_string_lossy());
        let start = ["node", "--data", &data, "--config", &config, "--listen", &listen];
        let args = [&start[..], &["--log-filter", self.log_filter]].concat();
        self.node = Some(Running::openred(self.build, &args, &self.folder.with_extension("log"))?);
        self.until("the node answers", || Ok(self.get("/session").ok()))?;
        Ok(())
    }

    /// How much its log says from the next start on.
    pub(crate) fn tells(&mut self, filter: &'static str) {
        self.log_filter = filter;
    }

    /// Adds to its configuration; call before the start.
    pub(crate) fn configure(&self, toml: &str) -> Result<()> {
        let so_far = fs::read_to_string(&self.config)?;
        Ok(fs::write(&self.config, so_far + toml)?)
    }

    /// What its log says so far.
    pub(crate) fn log_text(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.with_extension("log"))?)
    }

    /// Ends the node, as a person does who switches the machine off.
    pub(crate) fn stop(&mut self) {
        self.node = None;
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.node.as_mut().map_or(Ok(()), Running::kill)
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.node.as_mut().is_some_and(Running::runs)
    }

    /// Bytes that the node's files take.
    pub(crate) fn disk_bytes(&self) -> Result<u64> {
        let mut bytes = 0;
        for file in place::files(&self.folder, &[""])? {
            bytes += fs::metadata(file)?.len();
        }
        Ok(bytes)
    }

    /// Memory of node and keeper together.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        self.node.as_ref()?.resident_bytes()
    }

    /// First run: the key of the printed link, a name, a passphrase.
    pub(crate) fn set_up(&mut self, passphrase: &str) -> Result<()> {
        let key = self.until("a set-up link", || Ok(self.setup_key()))?;
        let body = json!({"key": key, "display_name": self.display_name, "passphrase": passphrase});
        let made = self.send("POST", "/setup", &body)?;
        self.node_id = text(&made, "/node_id")?;
        Ok(())
    }

    /// Logs in, which also unlocks the node.
    pub(crate) fn log_in(&self, passphrase: &str) -> Result<()> {
        self.send("POST", "/login", &json!({"passphrase": passphrase})).map(drop)
    }

    /// A link that opens the app logged in, once.
    pub(crate) fn login_link(&self) -> Result<String> {
        let mut openred = process::command(&self.build.binary().to_string_lossy());
        let said = process::quiet(openred.args(["link", "--data"]).arg(&self.folder))?;
        let link = said.split_whitespace().find(|w| w.starts_with("http"));
        Ok(link.ok_or("openred link printed no link")?.to_owned())
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        self.caller.call("GET", path, None).map_err(|fault| self.says(&fault))
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.caller.call(method, path, Some(body)).map_err(|fault| self.says(&fault))
    }

    fn says(&self, fault: &str) -> Box<dyn std::error::Error> {
        format!("{}: {fault}", self.display_name).into()
    }

    /// The items of a list.
    pub(crate) fn items(&self, path: &str) -> Result<Vec<Value>> {
        let list = self.get(path)?;
        Ok(list.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// The first item of a list with this value at a pointer.
    pub(crate) fn item(&self, path: &str, at: &str, value: &str) -> Result<Option<Value>> {
        Ok(self.items(path)?.into_iter().find(|i| i.pointer(at).and_then(Value::as_str) == Some(value)))
    }

    /// Looks again and again until there is something to see.
    pub(crate) fn until<T>(&self, what: &str, look: impl Fn() -> Result<Option<T>>) -> Result<T> {
        let watch = Stopwatch::start();
        loop {
            if let Some(seen) = look()? {
                return Ok(seen);
            }
            if watch.elapsed() > PATIENCE {
                return Err(format!("{} waited in vain for: {what}", self.display_name).into());
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// From the terminal's output, or from the private file that replaces it where there is no terminal.
    fn setup_key(&self) -> Option<String> {
        let mut places: Vec<PathBuf> = self.node.iter().map(|n| n.log.clone()).collect();
        places.extend(fs::read_dir(&self.folder).ok()?.flatten().map(|e| e.path()));
        places.into_iter().find_map(|place| {
            let small = fs::metadata(&place).is_ok_and(|m| m.is_file() && m.len() < 65_536);
            small.then(|| fs::read_to_string(place).ok()).flatten().and_then(|text| key_in(&text))
        })
    }
}

/// The key of the newest set-up link in a text.
fn key_in(text: &str) -> Option<String> {
    let (_, rest) = text.rsplit_once("#k=")?;
    let key = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next()?;
    (!key.is_empty()).then(|| key.to_owned())
}

/// A string at a JSON pointer.
pub(crate) fn text(value: &Value, at: &str) -> Result<String> {
    let found = value.pointer(at).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no text at {at} in {value}"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_set_up_link_counts() {
        let log = "old http://localhost:1/#k=AAA_-1\nopen http://localhost:1/#k=BBB_-2 in a browser";
        assert_eq!(key_in(log).as_deref(), Some("BBB_-2"));
        assert_eq!(key_in("no link, or an empty one: #k= "), None);
    }
}
