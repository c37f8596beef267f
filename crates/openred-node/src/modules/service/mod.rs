//! *Keep OpenRed running*: a systemd user unit, so that the node starts with the machine. Used by the owner's API and
//! by `openred service`. Runs `systemctl --user` and nothing else; knows no node.

pub mod http;

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::Serialize;
use tokio::process::Command;
use utoipa::ToSchema;

/// Name of the unit.
pub const UNIT: &str = "openred.service";
/// systemctl answers within this time.
const PATIENCE: Duration = Duration::from_secs(15);

/// Whether the node starts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The unit is there and starts with the next log-in; something else runs the node now.
    Installed,
    /// The unit is there and runs.
    Running,
    /// There is no unit.
    Absent,
    /// This machine has no systemd for its users.
    Unsupported,
}

/// The state, in words too.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Service {
    /// See [`State`].
    pub state: State,
    /// For the owner.
    pub detail: String,
}

/// A change that failed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No systemd for users here.
    #[error("{0}")]
    Unsupported(String),
    /// The unit cannot be written or removed.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// systemctl refused.
    #[error("systemctl --user {verb}: {detail}")]
    Refused {
        /// What was asked.
        verb: &'static str,
        /// Its words.
        detail: String,
    },
}

/// Whether the node starts by itself.
pub async fn status() -> Service {
    if let Err(detail) = supported().await {
        return Service { state: State::Unsupported, detail };
    }
    if !unit_path().is_some_and(|path| path.exists()) {
        return Service {
            state: State::Absent,
            detail: "OpenRed stops when you log out or restart".to_owned(),
        };
    }
    match systemctl("is-active", &[UNIT]).await {
        Ok(_) => Service { state: State::Running, detail: "OpenRed starts with this machine".to_owned() },
        Err(_) => Service { state: State::Installed, detail: "OpenRed starts at the next log-in".to_owned() },
    }
}

/// Writes the unit and enables it; the running node is left alone. What cannot be enabled is not left behind. `exe`: this
/// program, `folder`: the data folder.
pub async fn install(exe: &Path, folder: &Path) -> Result<Service, ServiceError> {
    supported().await.map_err(ServiceError::Unsupported)?;
    let path = unit_path().ok_or_else(|| ServiceError::Unsupported("there is no home folder".to_owned()))?;
    let fail = |source| ServiceError::File { path: path.clone(), source };
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(fail)?;
    let before = std::fs::read(&path).ok();
    let written = std::fs::write(&path, unit(exe, folder)).map_err(fail);
    let enabled = match written {
        Ok(()) => enable().await,
        Err(error) => Err(error),
    };
    if let Err(error) = enabled {
        put_back(&path, before).await;
        return Err(error);
    }
    // Without lingering the unit ends with the last log-in; where it is not allowed, it still starts at log-in.
    let _ = run("loginctl", &["enable-linger"]).await;
    Ok(status().await)
}

async fn enable() -> Result<(), ServiceError> {
    refuse("daemon-reload", systemctl("daemon-reload", &[]).await)?;
    refuse("enable", systemctl("enable", &[UNIT]).await)
}

/// As it was before an attempt that failed, as far as that goes: the first failure is the one that is told.
async fn put_back(path: &Path, before: Option<Vec<u8>>) {
    let _ = match before {
        Some(before) => std::fs::write(path, before),
        None => {
            let _ = systemctl("disable", &[UNIT]).await;
            std::fs::remove_file(path)
        }
    };
    let _ = systemctl("daemon-reload", &[]).await;
}

/// Disables and removes the unit; the running node is left alone.
pub async fn remove() -> Result<Service, ServiceError> {
    supported().await.map_err(ServiceError::Unsupported)?;
    let Some(path) = unit_path().filter(|path| path.exists()) else { return Ok(status().await) };
    refuse("disable", systemctl("disable", &[UNIT]).await)?;
    std::fs::remove_file(&path).map_err(|source| ServiceError::File { path: path.clone(), source })?;
    refuse("daemon-reload", systemctl("daemon-reload", &[]).await)?;
    Ok(status().await)
}

/// The unit's text.
fn unit(exe: &Path, folder: &Path) -> String {
    format!(
        "[Unit]\nDescription=OpenRed, your own node in the network\nAfter=network-online.target\n\n\
         [Service]\nType=notify\nNotifyAccess=main\nExecStart={} node --no-open --data {}\nRestart=on-failure\n\
         RestartSec=5\nNoNewPrivileges=yes\nUMask=0077\n\n[Install]\nWantedBy=default.target\n",
        quoted(exe),
        quoted(folder)
    )
}

/// systemd.syntax(7): double quotes, backslash before quote and backslash, `%` and `$` doubled.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

fn unit_path() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let config = config.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    Some(config.join("systemd/user").join(UNIT))
}

async fn supported() -> Result<(), String> {
    match systemctl("show-environment", &[]).await {
        Ok(_) => Ok(()),
        Err(why) => Err(format!(
            "this machine has no systemd for its users ({why}): start OpenRed yourself after a restart"
        )),
    }
}

fn refuse(verb: &'static str, done: Result<String, String>) -> Result<(), ServiceError> {
    done.map(drop).map_err(|detail| ServiceError::Refused { verb, detail })
}

async fn systemctl(verb: &str, rest: &[&str]) -> Result<String, String> {
    run("systemctl", &[&["--user", "--no-pager", verb][..], rest].concat()).await
}

async fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let done = tokio::time::timeout(PATIENCE, command.output()).await.map_err(|_| "no answer".to_owned())?;
    let done = done.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().chars().take(200).collect::<String>();
    if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_spaces_and_signs_stay_one_word() {
        let unit = unit(Path::new("/opt/open red/openred"), Path::new("/home/ana/50% \"x\" $HOME"));
        assert!(
            unit.contains(
                r#"ExecStart="/opt/open red/openred" node --no-open --data "/home/ana/50%% \"x\" $$HOME""#
            ),
            "{unit}"
        );
    }
}
