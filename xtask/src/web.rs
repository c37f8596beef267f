//! Building and testing the app in `web/`: packages, types, unit tests, build, size of the first load.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::report::Tally;
use crate::{Result, counts, place, process};

/// Gzipped JavaScript and CSS that the first page loads, at most, in bytes.
const FIRST_LOAD_MAX: usize = 120_000;

/// True when there is an app in this tree.
pub(crate) fn present() -> bool {
    place::at("web/package.json").is_file()
}

/// Fetches the packages named in the lock file unless they are there already.
pub(crate) fn packages() -> Result<()> {
    let installed = modified(place::at("web/node_modules/.package-lock.json"));
    if installed.is_none() || installed < modified(place::at("web/package-lock.json")) {
        process::quiet(npm().args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    }
    Ok(())
}

/// Builds the app when a source is newer than the last build.
pub(crate) fn build_if_stale() -> Result<()> {
    let built = modified(place::at("web/dist/index.html"));
    let mut newest = modified(place::at("web/package-lock.json"));
    for file in place::files(&place::at("web"), &["ts", "vue", "css", "html", "json", "svg", "mjs"])? {
        newest = newest.max(modified(file));
    }
    if built.is_none() || built < newest {
        packages()?;
        process::quiet(npm().args(["run", "build"]))?;
    }
    Ok(())
}

/// Everything `cargo xtask test` wants to know about the app. One part that fails does not hide the next.
pub(crate) fn test() -> Result<Tally> {
    packages()?;
    let mut tally = Tally::default();
    for script in ["typecheck", "lint"] {
        if has_script(script)? {
            part(&mut tally, script, || process::quiet(npm().args(["run", script])).map(|_| Tally::one()));
        }
    }
    part(&mut tally, "unit tests", unit_tests);
    part(&mut tally, "build", || process::quiet(npm().args(["run", "build"])).map(|_| Tally::one()));
    part(&mut tally, "first load", first_load);
    if has_script("size")? {
        part(&mut tally, "size", || {
            println!("{}", process::quiet(npm().args(["run", "--silent", "size"]))?.trim());
            Ok(Tally::one())
        });
    }
    Ok(tally)
}

fn part(tally: &mut Tally, name: &str, work: impl FnOnce() -> Result<Tally>) {
    match work() {
        Ok(counted) => {
            println!("{name}: {}", if counted.failed == 0 { "well" } else { "FAILED" });
            tally.add(counted);
        }
        Err(fault) => {
            println!("{name}: {fault}");
            tally.failed += 1;
        }
    }
}

fn unit_tests() -> Result<Tally> {
    if !has_script("test")? {
        return Ok(Tally::skip("the app has no unit tests"));
    }
    let mut tally = Tally::default();
    let mut runner = npm();
    runner.args(["test", "--silent", "--", "--reporter=verbose"]).env("CI", "true").env("NO_COLOR", "1");
    let well =
        process::watched(&mut runner, |line| counts::vitest_line(line, &mut tally) && !line.is_empty())?;
    if !well && tally.failed == 0 {
        return Err("the unit tests of the app ended badly".into());
    }
    if well && tally.passed == 0 {
        return Err("the unit tests of the app ran no test".into());
    }
    Ok(tally)
}

/// Adds up what `dist/index.html` names as scripts and styles, gzipped, in bytes.
pub(crate) fn first_load_bytes() -> Result<usize> {
    let dist = place::at("web/dist");
    let page = fs::read_to_string(dist.join("index.html"))?;
    named_assets(&page).iter().map(|name| gzipped(&dist.join(name.trim_start_matches('/')))).sum()
}

fn first_load() -> Result<Tally> {
    let bytes = first_load_bytes()?;
    println!("first load: {bytes} bytes gzipped of at most {FIRST_LOAD_MAX}");
    if bytes == 0 {
        return Err("web/dist/index.html names no script: the size of the first load is unknown".into());
    }
    if bytes > FIRST_LOAD_MAX {
        return Err("the first load is over its budget".into());
    }
    Ok(Tally::one())
}

fn named_assets(page: &str) -> Vec<&str> {
    let values = page.split('"').skip(1).step_by(2);
    values.filter(|v| (v.ends_with(".js") || v.ends_with(".css")) && !v.contains("://")).collect()
}

fn gzipped(file: &PathBuf) -> Result<usize> {
    let said = Command::new("gzip").args(["-9", "-c"]).arg(file).stdin(Stdio::null()).output()?;
    if !said.status.success() {
        return Err(format!("{} cannot be packed", file.display()).into());
    }
    Ok(said.stdout.len())
}

fn has_script(name: &str) -> Result<bool> {
    let text = fs::read_to_string(place::at("web/package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&text)?;
    Ok(package.pointer(&format!("/scripts/{name}")).is_some())
}

fn npm() -> Command {
    let mut npm = process::command("npm");
    npm.current_dir(place::at("web"));
    npm
}

fn modified(file: PathBuf) -> Option<SystemTime> {
    fs::metadata(file).and_then(|m| m.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_of_a_page_are_found() {
        let page = r#"<script type="module" src="/assets/app-1.js"></script><link rel="stylesheet" href="/a.css"><link rel="icon" href="/i.svg">"#;
        assert_eq!(named_assets(page), ["/assets/app-1.js", "/a.css"]);
    }
}
