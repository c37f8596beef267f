//! `cargo xtask dist`: the app, the release binary with the app inside, one archive and its checksum.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::{Result, place, process, web};

/// Builds and packs into `target/dist/`.
pub(crate) fn run() -> Result<ExitCode> {
    if web::present() {
        web::build_if_stale()?;
    }
    process::shown(process::cargo().args(["build", "--release", "-p", "openred"]))?;
    let name = format!("openred-{}-{}", env!("CARGO_PKG_VERSION"), host()?);
    let folder = place::at("target/dist").join(&name);
    fs::create_dir_all(&folder)?;
    fs::copy(place::at("target/release/openred"), folder.join("openred"))?;
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "SECURITY.md", "CHANGELOG.md"] {
        fs::copy(place::at(file), folder.join(file))?;
    }
    shell_and_manual(&folder)?;
    let archive = format!("{name}.tar.gz");
    let mut tar = process::command("tar");
    tar.current_dir(place::at("target/dist")).args(["--owner=0", "--group=0", "-czf", &archive, &name]);
    process::quiet(&mut tar)?;
    let mut sum = process::command("sha256sum");
    let sum = process::quiet(sum.current_dir(place::at("target/dist")).arg(&archive))?;
    fs::write(place::at("target/dist").join(format!("{archive}.sha256")), &sum)?;
    println!("target/dist/{archive}\n{}", sum.trim());
    Ok(ExitCode::SUCCESS)
}

/// What shells and `man` are told, as the program itself says it.
fn shell_and_manual(folder: &Path) -> Result<()> {
    let program = folder.join("openred");
    let program = program.to_str().ok_or("the path of this repository is not UTF-8")?;
    fs::create_dir_all(folder.join("completions"))?;
    for (shell, file) in [("bash", "openred.bash"), ("zsh", "_openred"), ("fish", "openred.fish")] {
        let said = process::quiet(process::command(program).args(["completions", shell]))?;
        fs::write(folder.join("completions").join(file), said)?;
    }
    process::quiet(process::command(program).arg("manual").arg(folder.join("man/man1")))?;
    Ok(())
}

/// The target triple that this toolchain builds for.
fn host() -> Result<String> {
    let said = process::quiet(process::command("rustc").arg("-vV"))?;
    let line = said.lines().find_map(|l| l.strip_prefix("host: "));
    Ok(line.ok_or("rustc names no host")?.to_owned())
}
