//! Traefik has no verb that reads its files without serving: they are read as TOML, and every name that a router uses must
//! be defined.

use std::collections::BTreeSet;
use std::fs;

use toml::{Table, Value};

use crate::{Result, place};

/// Reads both files.
pub(super) fn check() -> Result<()> {
    let started = read("deploy/traefik/traefik.toml")?;
    let routed = read("deploy/traefik/openred.toml")?;
    let missing = missing(&started, &routed);
    if missing.is_empty() { Ok(()) } else { Err(missing.join("\n").into()) }
}

fn read(path: &str) -> Result<Table> {
    let text = fs::read_to_string(place::at(path))?;
    text.parse().map_err(|fault| format!("{path}: {fault}").into())
}

/// What routers and services name and nothing defines.
fn missing(started: &Table, routed: &Table) -> Vec<String> {
    let mut missing = Vec::new();
    for (router, of) in table(routed, &["http", "routers"]) {
        let mut named = |kind: &str, defined: &Table, names: BTreeSet<String>| {
            let unknown = names.into_iter().filter(|name| !defined.contains_key(name));
            missing.extend(unknown.map(|name| format!("router {router}: no {kind} is called {name:?}")));
        };
        named("entry point", &table(started, &["entryPoints"]), names(&of, "entryPoints"));
        named("middleware", &table(routed, &["http", "middlewares"]), names(&of, "middlewares"));
        named("service", &table(routed, &["http", "services"]), names(&of, "service"));
    }
    let transports = table(routed, &["http", "serversTransports"]);
    for (service, of) in table(routed, &["http", "services"]) {
        let used = of.get("loadBalancer").map_or_else(BTreeSet::new, |of| names(of, "serversTransport"));
        let unknown = used.into_iter().filter(|name| !transports.contains_key(name));
        missing.extend(unknown.map(|name| format!("service {service}: no transport is called {name:?}")));
    }
    missing
}

/// The table at `path`, empty when there is none.
fn table(of: &Table, path: &[&str]) -> Table {
    let found = path.iter().try_fold(of, |table, name| table.get(*name)?.as_table());
    found.cloned().unwrap_or_default()
}

/// One name or a list of names.
fn names(of: &Value, key: &str) -> BTreeSet<String> {
    match of.get(key) {
        Some(Value::String(name)) => BTreeSet::from([name.clone()]),
        Some(Value::Array(names)) => {
            names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
        }
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nothing_defines_is_told() {
        let started: Table = "[entryPoints.https]\n".parse().unwrap();
        let routed = "[http.routers.relay]\nentryPoints = [\"https\"]\nmiddlewares = [\"hsts\", \"body\"]\n\
                      service = \"relays\"\n[http.middlewares.hsts]\n[http.services.relays.loadBalancer]\n\
                      serversTransport = \"local\"\n";
        let told = missing(&started, &routed.parse().unwrap());
        assert_eq!(
            told,
            [
                "router relay: no middleware is called \"body\"",
                "service relays: no transport is called \"local\""
            ]
        );
        let whole = format!("{routed}[http.middlewares.body]\n[http.serversTransports.local]\n");
        assert!(missing(&started, &whole.parse().unwrap()).is_empty());
    }
}
