//! Schemathesis, in an environment of its own below the target folder, and what it found.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Result, place, process};

/// One service under generated calls, as `xtask/contract/run.py` reports it.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) service: String,
    /// Whether every check held, no answer was the server's fault and enough calls got further than its reader.
    pub(crate) well: bool,
    pub(crate) calls: u64,
    pub(crate) server_faults: u64,
    /// Share of the calls answered 2xx or by a code other than those of 400 and 422.
    pub(crate) further: f64,
    /// Status, code and how often.
    pub(crate) answers: Vec<(u16, Option<String>, u64)>,
    /// What Schemathesis said, when a check failed.
    pub(crate) said: String,
}

/// Makes the environment when it is not there or its packages have changed; the answer is its Python. The fault says why
/// there is none.
pub(crate) fn environment(target: &Path) -> Result<PathBuf> {
    let wanted = std::fs::read_to_string(place::at("xtask/contract/requirements.txt"))?;
    let folder = target.join("tools/contract");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    process::quiet(process::command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = process::command(&python.to_string_lossy());
    pip.args(["-m", "pip", "install", "--quiet", "--requirement", "xtask/contract/requirements.txt"]);
    process::quiet(&mut pip)?;
    std::fs::write(&stamp, wanted)?;
    Ok(python)
}

/// Lets it call a directory and a relay of `binary` for so many seconds, both at once.
pub(crate) fn calls(python: &Path, binary: &Path, seconds: u64) -> Result<Vec<Outcome>> {
    let mut run = process::command(&python.to_string_lossy());
    run.arg("xtask/contract/run.py").arg("--binary").arg(binary);
    run.args(["--json", "--seconds", &seconds.to_string()]).env("PYTHONDONTWRITEBYTECODE", "1");
    // The exit code says the same as the outcomes.
    let said = run.output()?;
    let outcomes = serde_json::from_slice(&said.stdout);
    Ok(outcomes.map_err(|_| String::from_utf8_lossy(&said.stderr).into_owned())?)
}
