//! Builds again when the app was built again: its files are part of the binary.

use std::path::Path;

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn main() {
    let dist = Path::new("../../web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    watch(dist);
}

/// Cargo looks at a folder's own date only, so each folder inside is named too.
#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn watch(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        println!("cargo::rerun-if-changed={}", entry.path().display());
        watch(&entry.path());
    }
}
