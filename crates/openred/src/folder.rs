//! Where data lies when nobody said otherwise: the place that the desktop's rules name (XDG base directories).

use std::env;
use std::path::PathBuf;

use crate::failure::Failure;

/// `$XDG_DATA_HOME/NAME`, else `~/.local/share/NAME`.
pub(crate) fn default(name: &str) -> Result<PathBuf, Failure> {
    let absolute = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|p| p.is_absolute());
    let share = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    let share = share.ok_or_else(|| Failure::usage("There is no home folder here: say --data DIR."))?;
    Ok(share.join(name))
}

/// The folder of a node: what was said, or the default.
pub(crate) fn of_node(said: Option<PathBuf>) -> Result<PathBuf, Failure> {
    said.map_or_else(|| default("openred"), Ok)
}
