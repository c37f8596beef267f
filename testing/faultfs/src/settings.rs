//! What the environment asks for, read once.
//!
//! | Variable | Meaning |
//! |---|---|
//! | `FAULTFS_FOLDER` | Absolute path of the folder, without symbolic links; nothing else is touched. Not set: nothing at all. |
//! | `FAULTFS_JOURNAL` | File to which operations are appended. It lies elsewhere. |
//! | `FAULTFS_AT` | Which operation meets the fault, from 1; 0 none. |
//! | `FAULTFS_FAULT` | `kill`, `eio` or `enospc`. |
//! | `FAULTFS_SPACE` | File whose existence says that the disk has space again. |
//!
//! Must not know: what is done with it.

use std::ffi::CStr;
use std::sync::OnceLock;

use crate::fault::Fault;
use crate::journal::Journal;
use crate::path::PathText;

/// What the environment asks for.
pub(crate) struct Settings {
    pub(crate) folder: PathText,
    pub(crate) journal: Journal,
    pub(crate) at: u64,
    pub(crate) fault: Fault,
    pub(crate) space: PathText,
}

/// The settings; `None`: this process is left alone.
pub(crate) fn settings() -> Option<&'static Settings> {
    static SETTINGS: OnceLock<Option<Settings>> = OnceLock::new();
    SETTINGS.get_or_init(read).as_ref()
}

fn read() -> Option<Settings> {
    let folder = PathText::from_bytes(variable(c"FAULTFS_FOLDER")?)?;
    let journal = Journal::open(&PathText::from_bytes(variable(c"FAULTFS_JOURNAL")?)?)?;
    let at = std::str::from_utf8(variable(c"FAULTFS_AT").unwrap_or_default()).ok()?.parse().unwrap_or(0);
    let fault = Fault::named(variable(c"FAULTFS_FAULT").unwrap_or_default());
    let space = PathText::from_bytes(variable(c"FAULTFS_SPACE").unwrap_or_default())?;
    Some(Settings { folder, journal, at, fault, space })
}

fn variable(name: &CStr) -> Option<&'static [u8]> {
    // SAFETY: `name` ends with a zero. What comes back is null or a text that ends with a zero; it is copied before the
    // caller's own code can change its environment, since this runs once, inside one call.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    // SAFETY: as above.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }.to_bytes())
}
