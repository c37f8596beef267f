//! `openred keeper FD [KEY-FILE-FD]`: the key process, started by the node and by nobody else.
//!
//! Comes before everything: no argument parser, no thread, no log has run in a process that will hold keys.

use std::os::fd::RawFd;
use std::process::ExitCode;

/// Exit code when started otherwise than by a node, as the key process itself has it.
const MISUSED: u8 = 64;

/// Runs the key process when the command line asks for it; `None` for every other verb.
pub(crate) fn is_asked_for() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != "keeper" {
        return None;
    }
    let numbers: Option<Vec<RawFd>> = arguments.map(|number| number.to_str()?.parse().ok()).collect();
    Some(match numbers.as_deref() {
        Some([socket]) => openred_keeper::process::main(*socket, None),
        Some([socket, key_file]) => openred_keeper::process::main(*socket, Some(*key_file)),
        _ => ExitCode::from(MISUSED),
    })
}
