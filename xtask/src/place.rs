//! Where things lie in the repository, and walking over them. Knows no verb.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;

/// The top folder of the repository.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// A path inside the repository.
pub(crate) fn at(inside: &str) -> PathBuf {
    root().join(inside)
}

/// All files below `folder` whose name ends with one of `endings`, sorted; build products are left out.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, endings, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "dist" | ".git") {
                collect(&entry.path(), endings, found)?;
            }
        } else if endings.iter().any(|e| name.ends_with(e)) {
            found.push(entry.path());
        }
    }
    Ok(())
}
