//! The systemd unit of a person's own session. It must not know what the node does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::failure::Failure;

const NAME: &str = "openred.service";

/// Whether the service is there and runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It runs.
    Running,
    /// It is installed and does not run.
    Installed,
    /// It is not installed.
    Absent,
}

impl State {
    /// Stable word for `--json`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Installed => "installed",
            Self::Absent => "absent",
        }
    }

    /// A sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Running => "The service runs.",
            Self::Installed => "The service is installed and does not run: journalctl --user -u openred",
            Self::Absent => "The service is not installed: openred service install",
        }
    }
}

/// Writes the unit and starts it. Returns where it lies. What cannot be started is not left behind.
pub(crate) fn install(data: &Path) -> Result<PathBuf, Failure> {
    let file = place()?;
    let program = std::env::current_exe().map_err(Failure::refused)?;
    let text = text(&program, data)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| unwritable(&file, &error))?;
    }
    let before = fs::read(&file).ok();
    let written = fs::write(&file, text).map_err(|error| unwritable(&file, &error));
    let started = written
        .and_then(|()| systemctl(&["daemon-reload"]))
        .and_then(|()| systemctl(&["enable", "--now", NAME]));
    if started.is_err() {
        put_back(&file, before);
    }
    started.map(|()| file)
}

/// As it was before an attempt that failed, as far as that goes: the first failure is the one that is told.
fn put_back(file: &Path, before: Option<Vec<u8>>) {
    let _ = match before {
        Some(before) => fs::write(file, before),
        None => {
            let _ = systemctl(&["disable", "--now", NAME]);
            fs::remove_file(file)
        }
    };
    let _ = systemctl(&["daemon-reload"]);
}

/// Stops and removes it; nothing is said when it was not there.
pub(crate) fn remove() -> Result<(), Failure> {
    let file = place()?;
    if !file.exists() {
        return Ok(());
    }
    systemctl(&["disable", "--now", NAME])?;
    fs::remove_file(&file).map_err(|error| unwritable(&file, &error))?;
    systemctl(&["daemon-reload"])
}

/// Looks.
pub(crate) fn state() -> Result<State, Failure> {
    if !place()?.exists() {
        return Ok(State::Absent);
    }
    let active = call(&["is-active", "--quiet", NAME])?.status.success();
    Ok(if active { State::Running } else { State::Installed })
}

fn place() -> Result<PathBuf, Failure> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    let config =
        config.ok_or_else(|| Failure::refused("There is no home folder to install a service in."))?;
    Ok(config.join("systemd/user").join(NAME))
}

fn systemctl(arguments: &[&str]) -> Result<(), Failure> {
    let output = call(arguments)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::refused(format!("systemctl --user {}: {}", arguments.join(" "), said.trim())))
}

fn call(arguments: &[&str]) -> Result<Output, Failure> {
    let output = Command::new("systemctl").arg("--user").args(arguments).output();
    output.map_err(|_| Failure::refused("This system has no systemd: start `openred node` in your own way."))
}

fn unwritable(file: &Path, error: &io::Error) -> Failure {
    Failure::refused(format!("{} cannot be written: {error}.", file.display()))
}

/// The unit. Type notify: it counts as started when the node answers.
fn text(program: &Path, data: &Path) -> Result<String, Failure> {
    let (program, data) = (quoted(program)?, quoted(data)?);
    Ok(format!(
        "[Unit]\nDescription=OpenRed, your own node in the network\nAfter=network-online.target\n\n\
         [Service]\nType=notify\nNotifyAccess=main\nExecStart={program} node --no-open --data {data}\n\
         Restart=on-failure\nRestartSec=5\nNoNewPrivileges=yes\nUMask=0077\n\n\
         [Install]\nWantedBy=default.target\n"
    ))
}

/// A path as systemd reads it: quoted, with its specifiers and variables escaped.
fn quoted(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    let text =
        text.ok_or_else(|| Failure::refused("systemd cannot be told such a path: choose another folder."))?;
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    Ok(format!("\"{escaped}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_reach_systemd_as_they_are() {
        let unit = text(Path::new("/opt/open red/openred"), Path::new("/home/chloé/50%\"$x")).unwrap();
        assert!(unit.contains(
            "ExecStart=\"/opt/open red/openred\" node --no-open --data \"/home/chloé/50%%\\\"$$x\"\n"
        ));
        assert!(text(Path::new("/x\ny"), Path::new("/")).is_err());
    }

    #[test]
    fn systemd_understands_the_unit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        fs::write(&file, text(Path::new("/bin/sh"), Path::new("/home/chloé/50%\"$x")).unwrap()).unwrap();
        // Where nobody is logged in there is no such folder, and systemd wants one.
        let mut verify = Command::new("systemd-analyze");
        verify.args(["--user", "verify", "--man=no"]).arg(&file).env("XDG_RUNTIME_DIR", folder.path());
        let verify = verify.output();
        let Ok(verify) = verify else {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            let line = format!("SKIPPED (systemd missing): {test}\n");
            return io::Write::write_all(&mut io::stderr(), line.as_bytes()).unwrap();
        };
        let said = String::from_utf8_lossy(&verify.stderr).into_owned();
        assert!(verify.status.success() && !said.contains("openred.service"), "{said}");
    }
}
