//! Running other programs: quietly (output only when it fails) or watched line by line.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, place};

/// A program to be run at the top of the repository.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(place::root()).stdin(Stdio::null());
    command
}

/// Cargo, the one that runs us, so that the toolchain stays the same.
pub(crate) fn cargo() -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
}

/// The first of `names` found in the search path.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
    })
}

/// Runs without showing anything; what it said is the answer, or part of the fault.
pub(crate) fn quiet(command: &mut Command) -> Result<String> {
    let said = command.stderr(Stdio::piped()).stdout(Stdio::piped()).output();
    let said = said.map_err(|e| format!("{}: {e}", spelled(command)))?;
    let out = String::from_utf8_lossy(&said.stdout).into_owned();
    if said.status.success() {
        return Ok(out);
    }
    let err = String::from_utf8_lossy(&said.stderr);
    Err(format!("{} failed:\n{out}{err}", spelled(command)).into())
}

/// Runs with its output going straight to the terminal.
pub(crate) fn shown(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|e| format!("{}: {e}", spelled(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", spelled(command)).into()) }
}

/// Runs and hands over each line that it writes, to whichever output; a line is printed when `line` says so. The
/// answer is whether the program ended well.
pub(crate) fn watched(command: &mut Command, mut line: impl FnMut(&str) -> bool) -> Result<bool> {
    let (pipe, end) = std::io::pipe()?;
    let spawned = command.stdout(end.try_clone()?).stderr(end).spawn();
    let mut child = spawned.map_err(|e| format!("{}: {e}", spelled(command)))?;
    // The command still holds the writing ends: without this the pipe would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut pipe = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while pipe.read_until(b'\n', &mut bytes)? > 0 {
        let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if line(&text) {
            println!("{text}");
        }
        bytes.clear();
    }
    Ok(child.wait()?.success())
}

/// A command as a person would type it.
pub(crate) fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(OsStr::new("?"));
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_outputs_are_watched_and_the_end_is_told() {
        let mut lines = Vec::new();
        let mut talk = command("sh");
        talk.args(["-c", "echo one; echo two >&2; printf three; exit 3"]);
        let well = watched(&mut talk, |line| {
            lines.push(line.to_owned());
            false
        });
        assert!(!well.unwrap(), "it ended badly");
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn what_was_said_quietly_is_in_the_fault() {
        let fault = quiet(command("sh").args(["-c", "echo why >&2; exit 1"])).unwrap_err();
        assert!(fault.to_string().contains("why"));
        assert!(shown(&mut command("no-such-program-anywhere")).is_err());
    }
}
