//! One person's node seen from outside: a cookie, a URL, and the owner API that the app uses too.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::Request;

use super::running::{self, Running};
use crate::stopwatch::Stopwatch;
use crate::{Result, process};

/// How long the story waits for a thing to be seen.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks.
const GLANCE: Duration = Duration::from_millis(10);

/// A person with a node of their own.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) display_name: &'static str,
    pub(crate) node_id: String,
    pub(crate) url: String,
    folder: PathBuf,
    port: u16,
    config: PathBuf,
    cookie: RefCell<String>,
    agent: ureq::Agent,
    node: Option<Running>,
}

impl Person {
    /// A person whose node is not started yet. `name` becomes the folder below `stage`.
    pub(crate) fn new(display_name: &'static str, name: &str, stage: &Path) -> Result<Self> {
        let folder = stage.join(name);
        fs::create_dir_all(&folder)?;
        let config = stage.join(format!("{name}.toml"));
        // Loopback addresses are refused by default, as they are for every node.
        fs::write(&config, "[network]\nallow_private = true\n")?;
        let port = running::free_port()?;
        Ok(Self {
            display_name,
            node_id: String::new(),
            url: format!("http://localhost:{port}"),
            folder,
            port,
            config,
            cookie: RefCell::default(),
            agent: agent(),
            node: None,
        })
    }

    /// Starts the node and waits until it answers.
    pub(crate) fn start(&mut self) -> Result<()> {
        let listen = format!("127.0.0.1:{}", self.port);
        let (data, config) = (self.folder.to_string_lossy(), self.config.to_string_lossy());
        let args = ["node", "--data", &data, "--config", &config, "--listen", &listen];
        self.node = Some(Running::openred(&args, &self.folder.with_extension("log"))?);
        self.until("the node answers", || Ok(self.get("/session").ok()))?;
        Ok(())
    }

    /// Ends the node, as a person does who switches the machine off.
    pub(crate) fn stop(&mut self) {
        self.node = None;
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.node.as_mut().is_some_and(Running::runs)
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
        let mut openred = process::command(&running::binary().to_string_lossy());
        let said = process::quiet(openred.args(["link", "--data"]).arg(&self.folder))?;
        let link = said.split_whitespace().find(|w| w.starts_with("http"));
        Ok(link.ok_or("openred link printed no link")?.to_owned())
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        self.call("GET", path, None)
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.call(method, path, Some(body))
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

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.url))
            .header("Origin", &self.url)
            .header("Cookie", self.cookie.borrow().as_str());
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let mut answer = self.agent.run(request.body(body.map(Value::to_string).unwrap_or_default())?)?;
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            *self.cookie.borrow_mut() = pair.to_owned();
        }
        let said = answer.body_mut().read_to_string()?;
        if !answer.status().is_success() {
            return Err(format!("{}: {method} {path}: {} {said}", self.display_name, answer.status()).into());
        }
        if said.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&said)?) }
    }

    /// From the terminal's output, or from the private file that replaces it where there is no terminal.
    fn setup_key(&self) -> Option<String> {
        let mut places: Vec<PathBuf> = self.node.iter().map(|n| n.log.clone()).collect();
        places.extend(fs::read_dir(&self.folder).ok()?.flatten().map(|e| e.path()));
        places.into_iter().find_map(|place| {
            let small = fs::metadata(&place).is_ok_and(|m| m.is_file() && m.len() < 65_536);
            let text = if small { fs::read_to_string(place).ok()? } else { return None };
            let key = text
                .rsplit_once("#k=")?
                .1
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
            key.into_iter().next().map(str::to_owned)
        })
    }
}

/// A client for loopback; a refusal is an answer, not a fault of the transport.
pub(crate) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    config.build().into()
}

/// A string at a JSON pointer.
pub(crate) fn text(value: &Value, at: &str) -> Result<String> {
    let found = value.pointer(at).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no text at {at} in {value}"))?.to_owned())
}
