//! A directory and people with nodes, each a process with a folder of its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::caller::{Answer, Caller, RUNTIME, client};
use crate::disk::Disk;
use crate::program::{Program, free_port, now_ms, openred_on, told, until};
use openred_service::http_client::HttpRequest;

/// Passphrase of everybody in these stories.
pub(crate) const PASSPHRASE: &str = "a red lamp in the window";

/// Nodes reach each other on this machine.
const AT_HOME: &str = "allow_private = \"loopback\"\n";

/// Where everything of a test lies.
pub(crate) struct World(TempDir);

/// A directory or a relay.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
    pub(crate) program: Program,
    arguments: Vec<String>,
    disk: Option<Disk>,
}

/// Somebody with a node.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) node_id: String,
    pub(crate) folder: PathBuf,
    pub(crate) caller: Arc<Caller>,
    pub(crate) program: Program,
    arguments: Vec<String>,
    disk: Option<Disk>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Starts a directory; `configuration` is TOML.
    pub(crate) fn directory(&self, configuration: &str) -> Server {
        self.directory_on(configuration, None)
    }

    /// The same on a disk that stands at `directory`.
    pub(crate) fn directory_on(&self, configuration: &str, disk: Option<Disk>) -> Server {
        self.server("directory", configuration, disk)
    }

    /// Starts a relay.
    pub(crate) fn relay(&self) -> Server {
        self.server("relay", "", None)
    }

    /// Starts a relay that carries QUIC too.
    pub(crate) fn relay_of_quic(&self) -> Server {
        self.server_with(("relay", "relay"), "", &["--quic"], None)
    }

    /// Starts one more of a kind, in a folder of this name.
    pub(crate) fn server_named(&self, name: &str, verb: &str) -> Server {
        self.server_with((name, verb), "", &[], None)
    }

    fn server(&self, verb: &str, configuration: &str, disk: Option<Disk>) -> Server {
        self.server_with((verb, verb), configuration, &[], disk)
    }

    fn server_with(
        &self,
        (name, verb): (&str, &str),
        configuration: &str,
        flags: &[&str],
        disk: Option<Disk>,
    ) -> Server {
        let (port, folder, file) = (free_port(), self.path(name), self.path(&format!("{name}.toml")));
        std::fs::write(&file, configuration).unwrap();
        let mut arguments = arguments(verb, &folder, &file, port);
        arguments.extend(flags.iter().map(|&flag| flag.to_owned()));
        let program = start(&arguments, &folder, disk.as_ref());
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Server { url, folder, program, arguments, disk };
        server.answers();
        server
    }

    /// Starts a node and sets it up by its printed link.
    pub(crate) fn person(&self, name: &str) -> Person {
        let mut person = self.stranger(name);
        person.set_up();
        person
    }

    /// Ana and ben, whom this directory lists, and who are friends.
    pub(crate) fn friends(&self, directory: &Server) -> (Person, Person) {
        let (ana, ben) = (self.person("ana"), self.person("ben"));
        ana.is_listed(directory);
        ben.is_listed(directory);
        ana.befriends(&ben);
        (ana, ben)
    }

    /// Starts a node on a disk that stands at its owner's name, and sets it up.
    pub(crate) fn person_on(&self, name: &str, disk: Disk) -> Person {
        let mut person = self.begin(name, Some(disk));
        person.set_up();
        person
    }

    /// Starts a node that nobody has set up.
    pub(crate) fn stranger(&self, name: &str) -> Person {
        self.begin(name, None)
    }

    /// Starts a node with more in its `[network]`, and sets it up.
    pub(crate) fn person_by(&self, name: &str, network: &str) -> Person {
        let mut person = self.begin_by(name, &format!("{AT_HOME}{network}"), None);
        person.set_up();
        person
    }

    /// Starts a node that no other can reach but through a relay of QUIC, and sets it up.
    pub(crate) fn person_behind(&self, name: &str, relay: &Server) -> Person {
        let mut person = self.begin_by(name, &format!("quic_relay = \"{}\"\n", relay.url), None);
        person.set_up();
        person
    }

    /// Starts a node on what the folder of this name holds.
    fn begin(&self, name: &str, disk: Option<Disk>) -> Person {
        self.begin_by(name, AT_HOME, disk)
    }

    fn begin_by(&self, name: &str, network: &str, disk: Option<Disk>) -> Person {
        let (port, folder, file) = (free_port(), self.path(name), self.path(&format!("{name}.toml")));
        std::fs::write(&file, format!("[network]\n{network}")).unwrap();
        let mut arguments = arguments("node", &folder, &file, port);
        arguments.push("--print-link".to_owned());
        let program = start(&arguments, &folder, disk.as_ref());
        let (caller, name) = (Arc::new(Caller::new(port)), name.to_owned());
        let mut person = Person { name, node_id: String::new(), folder, caller, program, arguments, disk };
        person.answers();
        person
    }
}

fn arguments(verb: &str, folder: &std::path::Path, file: &std::path::Path, port: u16) -> Vec<String> {
    let (folder, file) = (folder.display().to_string(), file.display().to_string());
    let listen = format!("127.0.0.1:{port}");
    let filter = std::env::var("OPENRED_LOG").unwrap_or_else(|_| "info".to_owned());
    let arguments =
        [verb, "--data", &folder, "--config", &file, "--listen", &listen, "--log-filter", &filter];
    arguments.map(str::to_owned).into()
}

fn start(arguments: &[String], folder: &std::path::Path, disk: Option<&Disk>) -> Program {
    let mut command = openred_on(disk);
    command.args(arguments);
    Program::of(command, &folder.with_extension("log"))
}

/// Starts again what must refuse to run; the one sentence that it says.
fn refused(arguments: &[String], disk: Option<&Disk>) -> String {
    let mut command = openred_on(disk);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    until("it ends by itself", || child.try_wait().unwrap().is_some());
    let (code, said) = told(&child.wait_with_output().unwrap());
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("! ")).collect();
    assert_eq!((code, lines.len()), (1, 1), "refused in one sentence: {said}");
    lines[0].to_owned()
}

impl Server {
    /// `kill -9` and again from the start, on the same folder.
    pub(crate) fn crash(&mut self) {
        self.program.kill();
        self.on();
    }

    /// Stops softly.
    pub(crate) fn off(&mut self) {
        assert!(self.program.interrupt().success(), "{}", self.program.said());
    }

    /// Starts again.
    pub(crate) fn on(&mut self) {
        self.program = start(&self.arguments, &self.folder, self.disk.as_ref());
        self.answers();
    }

    /// What it says when it cannot start.
    pub(crate) fn refuses_to_start(&self) -> String {
        refused(&self.arguments, self.disk.as_ref())
    }

    /// The disk that it was given.
    pub(crate) fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("a disk of its own")
    }

    fn answers(&mut self) {
        until("the server answers", || {
            assert!(self.program.runs(), "it ended: {}", self.program.said());
            // Once it says so it hears signals.
            self.program.said().contains("answers at")
                && get(&format!("{}/.well-known/openred", self.url)).is_some()
        });
    }

    /// Address with the id that nodes pin.
    pub(crate) fn pinned(&self) -> String {
        let about = get(&format!("{}/.well-known/openred", self.url)).unwrap();
        format!("{}#{}", self.url, about["node_id"].as_str().unwrap())
    }
}

/// JSON from anywhere on loopback.
pub(crate) fn get(url: &str) -> Option<Value> {
    let answer = RUNTIME.block_on(client().send(HttpRequest::get(url.parse().unwrap()))).ok()?;
    answer.success().ok()?.json().ok()
}

impl Person {
    fn set_up(&mut self) {
        let mut key = None;
        until("a set-up link", || {
            key = key_in(&self.program.said());
            key.is_some()
        });
        let body = json!({"key": key, "display_name": self.name, "passphrase": PASSPHRASE});
        let made = self.send("POST", "/setup", &body);
        self.node_id = made["node_id"].as_str().expect("a node id").to_owned();
    }

    /// Copies the folder of a node that is off, and starts the copy at an address of its own.
    pub(crate) fn copied(&self, world: &World, name: &str) -> Self {
        let folder = world.path(name);
        std::fs::create_dir(&folder).unwrap();
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        let copy = world.begin(name, None);
        Self { node_id: self.node_id.clone(), ..copy }
    }

    /// Waits until the node answers.
    pub(crate) fn answers(&mut self) {
        until("the node answers", || {
            assert!(self.program.runs(), "the node of {} ended: {}", self.name, self.program.said());
            // Once it says so it hears signals.
            self.program.said().contains("answers at")
                && self.caller.call("GET", "/session", None).is_ok_and(|answer| answer.status == 200)
        });
    }

    /// Another browser of the same owner, which has seen nothing yet.
    pub(crate) fn fresh_eyes(&self) -> Caller {
        let caller = self.caller.another();
        let body = json!({"passphrase": PASSPHRASE});
        let answer = caller.call("POST", "/login", Some(&body)).unwrap();
        self.well("POST", "/login", answer);
        caller
    }

    /// Where the node answers, with its id, as `network.bootstrap` takes it.
    pub(crate) fn pinned(&self) -> String {
        let listen = self.arguments.iter().skip_while(|argument| *argument != "--listen").nth(1);
        format!("http://{}#{}", listen.unwrap(), self.node_id)
    }

    /// Switches the node off, softly.
    pub(crate) fn off(&mut self) {
        assert!(self.program.interrupt().success(), "{}", self.program.said());
    }

    /// Switches it on again, and logs in.
    pub(crate) fn on(&mut self) {
        self.start_locked();
        self.log_in();
    }

    /// Switches it on and does not log in.
    pub(crate) fn start_locked(&mut self) {
        self.program = start(&self.arguments, &self.folder, self.disk.as_ref());
        self.answers();
    }

    /// `kill -9` and again from the start.
    pub(crate) fn crash(&mut self) {
        self.program.kill();
        self.on();
    }

    /// What the node says when it cannot start.
    pub(crate) fn refuses_to_start(&self) -> String {
        refused(&self.arguments, self.disk.as_ref())
    }

    /// Whether the status of the node holds a note of this code.
    pub(crate) fn is_told(&self, code: &str) -> bool {
        let status = self.get("/status");
        status["notes"].as_array().unwrap().iter().any(|note| note["code"] == code)
    }

    /// The disk that this person was given.
    pub(crate) fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("a disk of one's own")
    }

    pub(crate) fn session(&self) -> Value {
        self.caller.call("GET", "/session", None).map(|answer| answer.json).unwrap_or_default()
    }

    pub(crate) fn log_in(&self) {
        self.send("POST", "/login", &json!({"passphrase": PASSPHRASE}));
    }

    /// A call that must succeed.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.caller.call(method, path, Some(body)).unwrap();
        self.well(method, path, answer)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.caller.call("GET", path, None).unwrap();
        self.well("GET", path, answer)
    }

    #[track_caller]
    fn well(&self, method: &str, path: &str, answer: Answer) -> Value {
        let Answer { status, json } = answer;
        assert!((200..300).contains(&status), "{}: {method} {path}: {status} {json}", self.name);
        json
    }

    pub(crate) fn items(&self, path: &str) -> Vec<Value> {
        self.get(path)["items"].as_array().cloned().unwrap_or_default()
    }

    /// The first item of a list whose `name` is `value`, as soon as there is one.
    #[track_caller]
    pub(crate) fn sees(&self, path: &str, name: &str, value: &str) -> Value {
        let mut found = None;
        until(&format!("{} sees {name} = {value} in {path}", self.name), || {
            found = self.items(path).into_iter().find(|item| item[name] == value);
            found.is_some()
        });
        found.unwrap()
    }

    /// Lets a directory list this node, by every way to be found.
    pub(crate) fn is_listed(&self, directory: &Server) {
        let found = json!({"name": true, "text": true, "recent": true});
        let body = json!({"directories": [directory.pinned()], "discoverable": found});
        self.send("PATCH", "/settings", &body);
        let url = format!("{}/api/v3/nodes/discover?id={}", directory.url, self.node_id);
        until("an entry in the directory", || get(&url).is_some_and(|found| !found["nodes"][0].is_null()));
    }

    /// Takes mail at these relays, and waits until a directory can tell everybody where.
    pub(crate) fn takes_mail(&self, relays: &[String], directory: &Server) {
        let url = format!("{}/api/v3/nodes/discover?id={}", directory.url, self.node_id);
        let named = || get(&url).map(|found| found["nodes"][0]["desc_hash"].clone());
        let before = named();
        self.send("PATCH", "/settings", &json!({"relays": relays}));
        until("the relays are used", || {
            let status = self.get("/status");
            let all = status["relays"].as_array().unwrap();
            all.len() == relays.len() && all.iter().all(|one| one["state"] == "ok")
        });
        until("the directory knows the new descriptor", || named() != before);
    }

    /// Asks, is accepted, and both know it.
    pub(crate) fn befriends(&self, other: &Self) {
        self.send("POST", &format!("/people/{}/request", other.node_id), &json!({"relationship": "friend"}));
        other.sees("/people?list=requests", "node_id", &self.node_id);
        other.send("POST", &format!("/people/{}/accept", self.node_id), &json!({}));
        self.sees("/people?list=friends", "node_id", &other.node_id);
    }

    /// Posts for friends; the id.
    pub(crate) fn posts(&self, text: &str) -> String {
        let made = self.send("POST", "/posts", &json!({"text": text, "visibility": "friends"}));
        made["id"].as_str().expect("an id").to_owned()
    }

    /// All posts that this node shows, every page.
    pub(crate) fn whole_feed(&self) -> Vec<Value> {
        self.caller.whole_feed()
    }

    /// A verb of the command line on this person's folder: exit code and output.
    pub(crate) fn openred(&self, verb: &[&str]) -> (i32, String) {
        let folder = self.folder.display().to_string();
        let mut command = openred_on(self.disk.as_ref());
        told(&command.args(verb).args(["--data", &folder]).stdin(Stdio::null()).output().unwrap())
    }

    /// The same with a line on its standard input.
    pub(crate) fn openred_told(&self, verb: &[&str], line: &str) -> (i32, String) {
        let mut command = openred_on(self.disk.as_ref());
        command.args(verb).arg("--data").arg(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
        told(&child.wait_with_output().unwrap())
    }
}

fn key_in(text: &str) -> Option<String> {
    let (_, rest) = text.rsplit_once("#k=")?;
    let key = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next()?;
    (key.len() == 43).then(|| key.to_owned())
}

/// How long something took, for those who read the output of the tests.
pub(crate) fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = now_ms();
    let done = work();
    let line = format!("{what}: {} ms\n", now_ms() - begin);
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).unwrap();
    done
}
