//! What the tests need besides Rust and Node: a Chromium, a PostgreSQL, the servers that stand in front. Installs what is missing where
//! that is possible without asking (root on Debian or Ubuntu), otherwise names what will be skipped.

use std::fs;
use std::path::{Path, PathBuf};

use crate::report::Tally;
use crate::{Result, process};

/// One tool, the Debian package that brings it, and what is left out without it.
struct Tool {
    name: &'static str,
    package: &'static str,
    without: &'static str,
    present: fn() -> bool,
}

const TOOLS: [Tool; 5] = [
    Tool {
        name: "Chromium",
        package: "chromium",
        without: "the browser story",
        present: || chromium().is_some(),
    },
    Tool {
        name: "PostgreSQL",
        package: "postgresql",
        without: "the stores on PostgreSQL",
        present: || postgres().is_some(),
    },
    Tool {
        name: "Redis",
        package: "redis-server",
        without: "relays of several processes",
        present: || server("redis-server"),
    },
    Tool {
        name: "HAProxy",
        package: "haproxy",
        without: "relays behind a balancer, and its configurations",
        present: || server("haproxy"),
    },
    Tool { name: "nginx", package: "nginx-light", without: "its configuration", present: || server("nginx") },
];

/// What `bench relay` holds our relay against.
const PEERS: [Tool; 4] = [
    Tool {
        name: "PostgreSQL",
        package: "postgresql",
        without: "its rows, and our relay on it",
        present: || postgres().is_some(),
    },
    Tool { name: "Redis", package: "redis-server", without: "its rows", present: || server("redis-server") },
    Tool { name: "NATS", package: "nats-server", without: "its rows", present: || server("nats-server") },
    Tool { name: "Mosquitto", package: "mosquitto", without: "its row", present: || server("mosquitto") },
];

/// Where the browser is.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(chosen));
    }
    process::find(&["chromium", "chromium-browser", "google-chrome"])
}

/// The folder with `initdb` and `postgres`; Debian keeps it out of the search path.
pub(crate) fn postgres() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|e| e.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    versions.retain(|bin| bin.join("initdb").is_file());
    versions.pop().or_else(|| process::find(&["initdb"]).and_then(|p| p.parent().map(Path::to_path_buf)))
}

/// Whether a server is installed: Debian shows their folder to root only.
fn server(name: &str) -> bool {
    process::find(&[name]).is_some() || Path::new("/usr/sbin").join(name).is_file()
}

/// Installs what is missing; the count has one entry per tool.
pub(crate) fn prepare() -> Result<Tally> {
    for said in complete(&TOOLS) {
        println!("{said}");
    }
    let mut tally = Tally::default();
    for tool in &TOOLS {
        if (tool.present)() {
            println!("{}: present", tool.name);
            tally.add(Tally::one());
        } else {
            tally.add(Tally::skip(format!("{} is not installed: without it, {}", tool.name, tool.without)));
        }
    }
    Ok(tally)
}

/// Installs what is missing of what `bench relay` needs; what is to be told of it.
pub(crate) fn prepare_peers() -> Vec<String> {
    complete(&PEERS)
}

/// Installs what is missing, where that is possible.
fn complete(tools: &[Tool]) -> Vec<String> {
    let missing: Vec<&str> = tools.iter().filter(|t| !(t.present)()).map(|t| t.package).collect();
    if missing.is_empty() || !can_install() {
        return Vec::new();
    }
    let fault = install(&missing).err().map(|fault| fault.to_string());
    std::iter::once(format!("installed what was missing: {}", missing.join(", "))).chain(fault).collect()
}

fn can_install() -> bool {
    let root = process::quiet(process::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    root && Path::new("/etc/debian_version").exists()
}

fn install(packages: &[&str]) -> Result<()> {
    process::quiet(process::command("apt-get").args(["update", "-q"]))?;
    let mut apt = process::command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-q", "-y", "--no-install-recommends"]);
    process::quiet(apt.args(packages))?;
    Ok(())
}
