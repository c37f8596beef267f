//! PostgreSQL, Redis, three processes that are one relay, and HAProxy before them with the file of `deploy/` as it is. The
//! certificate is nobody's, which the client of a node would refuse: a second listener of HAProxy takes calls on loopback
//! and carries them into the first over TLS 1.3. Must not know: mail.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use openred_relay::client::RelayAddress;
use openred_service::testing::{PrivatePostgres, PrivateRedis, postgres_alone, redis};
use tempfile::TempDir;

use crate::disk::skipped;
use crate::program::{OPENRED, Program, free_port, plain, signal, until};
use crate::world::get;

/// Processes of the relay.
pub(super) const RELAYS: usize = 3;
/// As in `deploy/`; limits and quotas that these clients do not meet.
const CONFIGURATION: &str = "[server]\nbehind_proxy = true\ndrain_secs = 5\n\
     [limits]\ncalls_per_prefix = 1000000\nregisters_per_prefix = 1000\ndeposits_per_mailbox = 100000\n\
     calls_per_owner = 100000\n[quotas]\nmailbox_count = 1000000\nmailbox_bytes = 1073741824\n\
     deposits_per_day = 1000000\n";
const HAPROXY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/haproxy/haproxy.cfg");

/// All of them. They end with this value.
pub(super) struct Servers {
    _balancer: Program,
    relays: Vec<Relay>,
    pub(super) redis: PrivateRedis,
    pub(super) postgres: PrivatePostgres,
    address: RelayAddress,
    _place: TempDir,
}

/// One process of the relay.
struct Relay {
    program: Option<Program>,
    port: u16,
    folder: PathBuf,
    database: String,
    redis: String,
}

impl Servers {
    /// `None`, and a line that says so, when one of the programs is missing.
    pub(super) fn start() -> Option<Self> {
        let Some(haproxy) = found("haproxy") else { return skipped("HAProxy missing") };
        let Some(openssl) = found("openssl") else { return skipped("openssl missing") };
        let (postgres, redis) = (postgres_alone()?, redis()?);
        let place = tempfile::Builder::new().prefix("openred-nemesis-").tempdir().unwrap();
        let database = postgres.fresh_database().server().unwrap().to_owned();
        let mut relays: Vec<Relay> = Vec::new();
        for number in 1..=RELAYS {
            let folder = place.path().join(format!("relay-{number}"));
            fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
            fs::write(folder.with_extension("toml"), CONFIGURATION).unwrap();
            // The first founds the identity, the others are given a copy, as the manual says.
            if let Some(first) = relays.first() {
                fs::copy(first.folder.join("relay.key"), folder.join("relay.key")).unwrap();
            }
            let (database, redis) = (database.clone(), redis.url());
            let mut relay = Relay { program: None, port: free_port(), folder, database, redis };
            relay.start();
            relay.wait_until_it_answers();
            relays.push(relay);
        }
        let about = get(&format!("http://127.0.0.1:{}/.well-known/openred", relays[0].port)).unwrap();
        let node_id = about["node_id"].as_str().unwrap().parse().unwrap();
        certify(&openssl, place.path());
        let (balancer, [port, _]) = balance(&haproxy, place.path(), &relays);
        let url = format!("http://127.0.0.1:{port}");
        until("HAProxy sees the relays", || get(&format!("{url}/health")).is_some());
        let address = RelayAddress { url: url.parse().unwrap(), node_id };
        Some(Self { _balancer: balancer, relays, redis, postgres, address, _place: place })
    }

    /// Where clients call.
    pub(super) fn address(&self) -> &RelayAddress {
        &self.address
    }

    /// `kill -9`; it may have ended by itself.
    pub(super) fn kill(&mut self, relay: usize) {
        if let Some(mut program) = self.relays[relay].program.take() {
            program.kill();
        }
    }

    /// Starts every relay that does not run, as the system's service manager would.
    pub(super) fn start_who_lies(&mut self) {
        for relay in &mut self.relays {
            if !relay.program.as_mut().is_some_and(Program::runs) {
                relay.start();
            }
        }
    }

    /// SIGTERM, waits for its end, starts it, waits until it answers.
    pub(super) fn restart_with_care(&mut self, relay: usize) {
        let relay = &mut self.relays[relay];
        let mut program = relay.program.take().unwrap();
        signal(program.id(), "-TERM");
        until("a relay that was told to stop has stopped", || !program.runs());
        relay.start();
        relay.wait_until_it_answers();
    }

    /// Waits until every relay answers.
    pub(super) fn recover(&mut self) {
        for at in 0..RELAYS {
            until("a relay answers again", || {
                self.start_who_lies();
                self.relays[at].answers()
            });
        }
    }
}

impl Relay {
    fn start(&mut self) {
        let mut command = plain(Command::new(OPENRED));
        command.args(["relay", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.arg("--data").arg(&self.folder).arg("--config").arg(self.folder.with_extension("toml"));
        command.env("OPENRED_DATABASE", &self.database).env("OPENRED_REDIS", &self.redis);
        self.program = Some(Program::of(command, &self.folder.with_extension("log")));
    }

    fn answers(&self) -> bool {
        get(&format!("http://127.0.0.1:{}/health", self.port)).is_some()
    }

    #[track_caller]
    fn wait_until_it_answers(&mut self) {
        until("a relay answers", || {
            let program = self.program.as_mut().unwrap();
            assert!(program.runs(), "the relay ended: {}", program.said());
            self.answers()
        });
    }
}

/// Whether HAProxy, with nothing behind it, shakes hands by these versions of TLS (flags of `openssl s_client`). `None`, and a line
/// that says so, when one of the programs is missing.
pub(super) fn shakes_hands(versions: [&str; 2]) -> Option<[bool; 2]> {
    let Some(haproxy) = found("haproxy") else { return skipped("HAProxy missing") };
    let Some(openssl) = found("openssl") else { return skipped("openssl missing") };
    let place = tempfile::Builder::new().prefix("openred-door-").tempdir().unwrap();
    certify(&openssl, place.path());
    let (_balancer, [_, encrypted]) = balance(&haproxy, place.path(), &[]);
    until("HAProxy is there", || std::net::TcpStream::connect(("127.0.0.1", encrypted)).is_ok());
    Some(versions.map(|version| {
        let mut command = Command::new(&openssl);
        command.args(["s_client", "-connect", &format!("127.0.0.1:{encrypted}"), version]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }))
}

/// A certificate that nobody trusts, for a day: `chain.pem`, and with its key in the folder `certs`.
fn certify(openssl: &Path, place: &Path) {
    let (chain, key) = (place.join("chain.pem"), place.join("key.pem"));
    let mut command = Command::new(openssl);
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    command.args(["-days", "1", "-subj", "/CN=relay.example", "-keyout"]).arg(&key).arg("-out").arg(&chain);
    let made = command.stdin(Stdio::null()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::create_dir(place.join("certs")).unwrap();
    let both = [fs::read(chain).unwrap(), fs::read(key).unwrap()].concat();
    fs::write(place.join("certs/both.pem"), both).unwrap();
}

/// HAProxy, the port at which it takes plain calls, and the one at which it speaks TLS.
fn balance(haproxy: &Path, place: &Path, relays: &[Relay]) -> (Program, [u16; 2]) {
    let [plainly, encrypted, metrics, nobody] = [free_port(), free_port(), free_port(), free_port()];
    let tunnel = format!(
        "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 90s\n    timeout server 90s\n\
         listen tunnel\n    bind 127.0.0.1:{plainly}\n    \
         server https 127.0.0.1:{encrypted} ssl verify required ca-file {}\n",
        place.join("chain.pem").display()
    );
    fs::write(place.join("tunnel.cfg"), tunnel).unwrap();
    let mut command = plain(Command::new(haproxy));
    command.args(["-db", "-f", HAPROXY, "-f"]).arg(place.join("tunnel.cfg"));
    command.env("OPENRED_BIND", format!("127.0.0.1:{encrypted}")).env("OPENRED_CERTS", place.join("certs"));
    command.env("OPENRED_METRICS", format!("127.0.0.1:{metrics}")).env("OPENRED_MAXCONN", "1000");
    command.env("OPENRED_DIRECTORY", format!("127.0.0.1:{nobody}"));
    command.env("OPENRED_DIRECTORY_HOST", "directory.example");
    for (number, relay) in (1..).zip(relays) {
        command.env(format!("OPENRED_RELAY_{number}"), format!("127.0.0.1:{}", relay.port));
    }
    (Program::of(command, &place.join("haproxy.log")), [plainly, encrypted])
}

/// A program: Debian keeps servers out of the search path of users.
fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}
