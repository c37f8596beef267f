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
    let missing: Vec<&str> = TOOLS.iter().filter(|t| !(t.present)()).map(|t| t.package).collect();
    if !missing.is_empty() && can_install() {
        println!("installing {} (a minute or two)", missing.join(", "));
        if let Err(fault) = install(&missing) {
            println!("{fault}");
        }
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
