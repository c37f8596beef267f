//! What the key process gives up before it holds a secret (DESIGN §4): core dumps, every descriptor but
//! its socket, files and network (Landlock), and all system calls but a short list (seccomp). It must not
//! know what the process does afterwards.

use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(debug_assertions, target_os = "linux"))]
mod probe;

#[cfg(target_os = "linux")]
pub use linux::{enter, prepare};
#[cfg(all(debug_assertions, target_os = "linux"))]
pub(crate) use probe::probe;

/// How far the key process is shut in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sandbox {
    /// Landlock fully enforced and the system call list in force.
    Full,
    /// The system call list is in force; Landlock is missing or partial, the text says why.
    SyscallsOnly(String),
    /// No sandbox, the text says why: `doctor` shows it.
    None(String),
}

/// Off Linux there is no sandbox; nothing to prepare.
#[cfg(not(target_os = "linux"))]
pub fn prepare(_keep: i32) {}

/// Off Linux there is no sandbox, and the answer says so.
#[cfg(not(target_os = "linux"))]
pub fn enter() -> Sandbox {
    Sandbox::None("the sandbox needs Linux".to_owned())
}
