//! Two machines with a cable between them and nothing else: network namespaces, which need no root. Their nodes know each
//! other from before; no directory, no relay and no address that they know is in reach.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::disk::skipped;
use crate::program::{OPENRED, Program, plain, until, until_within};
use crate::world::{PASSPHRASE, Person, World};

/// Says that it is there, and holds its namespaces until its standard input ends.
const HOLD: &str = "ip link set lo up && echo ready && exec cat";
/// The cable ends in it under this name.
const PORT: &str = "lan0";
/// A connection whose addresses are gone is known to be dead after half a minute.
const FOUND_MS: u64 = 180_000;

/// A machine; it goes when this is dropped.
struct Machine(Child);

impl Machine {
    /// One that nothing leads to. `None`, and a visible line, where that cannot be made.
    fn alone() -> Option<Self> {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "sh", "-c", HOLD]);
        Self::held(command)
    }

    /// Another one, and a cable to it.
    fn beside(&self) -> Option<Self> {
        let mut command = self.enter("unshare");
        command.args(["--net", "sh", "-c", HOLD]);
        let other = Self::held(command)?;
        let there = other.0.id().to_string();
        self.ip(&["link", "add", PORT, "type", "veth", "peer", "name", PORT, "netns", &there]);
        Some(other)
    }

    fn held(mut command: Command) -> Option<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut holder) = command.spawn() else { return skipped("unshare or nsenter missing") };
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if said.trim() == "ready" {
            return Some(Self(holder));
        }
        holder.wait().unwrap();
        skipped("no network namespaces for users here, or no ip")
    }

    /// A program on it.
    fn enter(&self, program: &str) -> Command {
        let (mut command, holder) = (Command::new("nsenter"), self.0.id().to_string());
        command.args(["--target", &holder, "--user", "--net", "--preserve-credentials", "--", program]);
        command
    }

    fn ip(&self, arguments: &[&str]) {
        let told = self.enter("ip").args(arguments).output().unwrap();
        assert!(told.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&told.stderr));
    }

    /// Gets an address, as from a router, and loses those it had.
    fn comes_into(&self, network: &str, host: u8) {
        self.ip(&["addr", "flush", "dev", PORT]);
        self.ip(&["addr", "add", &format!("{network}.{host}/24"), "dev", PORT]);
        self.ip(&["link", "set", PORT, "up"]);
        self.ip(&["route", "replace", "default", "via", &format!("{network}.254"), "dev", PORT]);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Nobody is left who could be told.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A node that was at home with others, on a machine of its own.
struct Moved<'a> {
    machine: &'a Machine,
    folder: PathBuf,
    _program: Program,
}

impl<'a> Moved<'a> {
    fn to(machine: &'a Machine, mut person: Person) -> Self {
        assert!(person.program.interrupt().success());
        let folder = person.folder.clone();
        let mut command = plain(machine.enter(OPENRED));
        command.arg("node").arg("--data").arg(&folder).args(["--listen", "127.0.0.1:7717"]);
        command.args(["--quic", "0.0.0.0:7717", "--allow-private", "lan"]);
        let program = Program::of(command, &folder.with_extension("moved.log"));
        until("the node answers", || program.said().contains("answers at"));
        let moved = Self { machine, folder, _program: program };
        moved.says(&["unlock", "--passphrase-fd", "0"], PASSPHRASE);
        moved
    }

    /// What a verb prints; `input` is what it reads.
    fn says(&self, verb: &[&str], input: &str) -> String {
        let mut command = plain(self.machine.enter(OPENRED));
        command.arg("--data").arg(&self.folder).args(verb);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{verb:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn friends_on_two_machines_find_each_other_by_a_cable_alone() {
    let Some(one) = Machine::alone() else { return };
    let Some(other) = one.beside() else { return };
    let world = World::new();
    let mut directory = world.directory("");
    let (ana, ben) = world.friends(&directory);
    ana.sees("/people?list=friends", "node_id", &ben.node_id);
    directory.off();
    one.comes_into("192.168.77", 5);
    other.comes_into("192.168.77", 6);
    let ben_id = ben.node_id.clone();
    let (ana, ben) = (Moved::to(&one, ana), Moved::to(&other, ben));
    let arrives = |text: &str| {
        ana.says(&["chat", "send", &ben_id, text], "");
        until_within(FOUND_MS, "ben reads it", || ben.says(&["chat", "list"], "").contains(text));
    };
    arrives("Are you in this house too?");
    one.comes_into("10.3.0", 61);
    other.comes_into("10.3.0", 72);
    arrives("And in this one?");
}
