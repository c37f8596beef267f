//! The rules of `deny.toml` about licences, banned packages and sources, held against `cargo metadata`.
//! Used when `cargo-deny` is not installed; it reads the same file and knows only these three rules.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use crate::{Result, place, process, spdx};

#[derive(Debug, Deserialize)]
struct Rules {
    licenses: LicenceRules,
    bans: BanRules,
}

#[derive(Debug, Deserialize)]
struct LicenceRules {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct BanRules {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    package: String,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

/// The platform whose tree is looked at; the other one of `deny.toml` has the same packages.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Checks every package that is built; the answer is a short account, the fault names each offender.
pub(crate) fn check() -> Result<String> {
    let rules: Rules = toml::from_str(&fs::read_to_string(place::at("deny.toml"))?)?;
    let said = process::quiet(process::cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--filter-platform",
        PLATFORM,
    ]))?;
    let metadata: Metadata = serde_json::from_str(&said)?;
    let wrong: Vec<String> = metadata.packages.iter().filter_map(|p| rules.objection(p)).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    let twice = duplicates(&metadata.packages);
    Ok(format!("{} packages, {} names in more than one version", metadata.packages.len(), twice))
}

impl Rules {
    fn objection(&self, package: &Package) -> Option<String> {
        let Package { name, version, license, source } = package;
        if self.bans.deny.iter().any(|b| &b.package == name) {
            return Some(format!("{name} {version} is banned by deny.toml"));
        }
        if source.as_deref().is_some_and(|s| !s.starts_with("registry+")) {
            return Some(format!("{name} {version} comes from {}", source.as_deref().unwrap_or_default()));
        }
        let Some(expression) = license else {
            return Some(format!("{name} {version} names no licence"));
        };
        let excused = self.licenses.exceptions.iter().filter(|e| &e.package == name);
        let excused: Vec<&String> = excused.flat_map(|e| &e.allow).collect();
        let allowed = |l: &str| self.licenses.allow.iter().any(|a| a == l) || excused.iter().any(|a| *a == l);
        (!spdx::satisfied(expression, &allowed)).then(|| format!("{name} {version} is under {expression}"))
    }
}

fn duplicates(packages: &[Package]) -> usize {
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        *versions.entry(&package.name).or_default() += 1;
    }
    versions.values().filter(|n| **n > 1).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let text = r#"
            [licenses]
            allow = ["MIT"]
            exceptions = [{ crate = "odd", allow = ["MPL-2.0"] }]
            [bans]
            deny = [{ crate = "openssl" }]
        "#;
        toml::from_str(text).unwrap()
    }

    fn package(name: &str, license: Option<&str>, source: Option<&str>) -> Package {
        let owned = |t: Option<&str>| t.map(str::to_owned);
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: owned(license),
            source: owned(source),
        }
    }

    #[test]
    fn only_allowed_licences_from_a_registry_pass() {
        let registry = Some("registry+somewhere");
        let fine = |p: Package| rules().objection(&p).is_none();
        assert!(fine(package("good", Some("MIT OR GPL-3.0"), registry)));
        assert!(fine(package("odd", Some("MPL-2.0"), registry)), "a named exception passes");
        assert!(!fine(package("other", Some("MPL-2.0"), registry)), "the exception is for one package");
        assert!(!fine(package("bad", Some("GPL-3.0"), registry)));
        assert!(!fine(package("mute", None, registry)));
        assert!(!fine(package("openssl", Some("MIT"), registry)), "banned whatever its licence");
        assert!(!fine(package("good", Some("MIT"), Some("git+somewhere"))));
    }
}
