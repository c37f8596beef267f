//! The files in `deploy/`, each read by the tool that it is for. A tool that is not installed is named as skipped.
//!
//! Must not know: what the files say, beyond what differs between a machine that serves and this one (ports, certificates).

mod scratch;
mod traefik;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::Tally;
use crate::{Result, place, process};
use scratch::Scratch;

/// One tool and what it reads.
struct Lint {
    /// What is read, for people.
    what: &'static str,
    tool: &'static str,
    run: fn(Command, &Scratch) -> Result<()>,
}

const LINTS: [Lint; 9] = [
    Lint { what: "nginx", tool: "nginx", run: nginx },
    Lint { what: "HAProxy", tool: "haproxy", run: haproxy },
    Lint { what: "gateway", tool: "haproxy", run: gateway },
    Lint { what: "HAProxy of the cloud's tasks", tool: "haproxy", run: task_proxy },
    Lint { what: "systemd units", tool: "systemd-analyze", run: units },
    Lint { what: "Dockerfile", tool: "hadolint", run: dockerfile },
    Lint { what: "compose file", tool: "docker-compose", run: compose },
    Lint { what: "Terraform's form", tool: "terraform", run: terraform_form },
    Lint { what: "Prometheus and its alerts", tool: "promtool", run: prometheus },
];

/// Reads all of them. Each file that its tool refuses is one failure, with what the tool said.
pub(crate) fn check() -> Result<Tally> {
    let scratch = Scratch::new()?;
    let mut tally = Tally::default();
    for lint in &LINTS {
        match find(lint.tool) {
            None => tally.add(Tally::skip(format!("deploy: {} ({} is not installed)", lint.what, lint.tool))),
            Some(program) => tally.add(told(lint.what, (lint.run)(command(&program), &scratch))),
        }
    }
    tally.add(terraform_meaning());
    tally.add(told("Traefik", traefik::check()));
    Ok(tally)
}

fn told(what: &str, read: Result<()>) -> Tally {
    match read {
        Ok(()) => Tally::one(),
        Err(fault) => {
            println!("deploy: {what}: {fault}");
            Tally { failed: 1, ..Tally::default() }
        }
    }
}

/// Servers are in a folder that Debian shows to root only.
fn find(tool: &str) -> Option<PathBuf> {
    process::find(&[tool]).or_else(|| Some(Path::new("/usr/sbin").join(tool)).filter(|path| path.is_file()))
}

fn command(program: &Path) -> Command {
    process::command(&program.to_string_lossy())
}

/// Listens on sockets in the scratch folder, so that ports and the right to have them do not matter.
fn nginx(mut nginx: Command, scratch: &Scratch) -> Result<()> {
    let sites = fs::read_to_string(place::at("deploy/nginx/openred.conf"))?;
    let front = fs::read_to_string(place::at("deploy/nginx/front.conf"))?;
    let log = scratch.path("access.log");
    let front = front.replace("/var/log/nginx/openred.log", &log);
    scratch.write("nginx/openred/front.conf", &front)?;
    scratch.write("nginx/openred.conf", &on_sockets(&sites, &scratch.path("door")))?;
    for name in ["relay", "directory"] {
        scratch.write(&format!("nginx/openred/{name}.pem"), &scratch.chain)?;
        scratch.write(&format!("nginx/openred/{name}.key"), &scratch.key)?;
    }
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};\n", scratch.path(kind)))
        .concat();
    let pid = scratch.path("nginx.pid");
    let main = format!("pid {pid};\nevents {{}}\nhttp {{\n{folders}include openred.conf;\n}}\n");
    scratch.write("nginx/nginx.conf", &main)?;
    nginx.args(["-t", "-q", "-e", "stderr", "-c", &scratch.path("nginx/nginx.conf")]);
    process::quiet(&mut nginx).map(drop)
}

/// `listen PORT options;` becomes `listen unix:DOOR-PORT options;`, the same for equal ports.
fn on_sockets(text: &str, door: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("listen ") {
        Some(rest) => {
            let (address, options) = rest.split_at(rest.find([' ', ';']).unwrap_or(rest.len()));
            let address = address.replace(['[', ']', ':'], "_");
            format!("    listen unix:{door}-{address}{options}\n")
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn haproxy(mut haproxy: Command, scratch: &Scratch) -> Result<()> {
    haproxy.args(["-c", "-f", "deploy/haproxy/haproxy.cfg"]).env("OPENRED_CERTS", scratch.path("certs"));
    // What is there only when it is asked for is read too.
    haproxy.env("OPENRED_RELAY_3", "127.0.0.1:7503").env("OPENRED_RELAY_4", "127.0.0.1:7504");
    process::quiet(&mut haproxy).map(drop)
}

fn gateway(mut haproxy: Command, scratch: &Scratch) -> Result<()> {
    haproxy.args(["-c", "-f", "deploy/gateway/haproxy.cfg"]).env("OPENRED_CERTS", scratch.path("certs"));
    haproxy.env("OPENRED_GATEWAY_KEYS", "deploy/gateway/keys.map.sample");
    haproxy.env("OPENRED_GATEWAY_RATES", "deploy/gateway/rates.map.sample");
    process::quiet(&mut haproxy).map(drop)
}

fn task_proxy(mut haproxy: Command, _: &Scratch) -> Result<()> {
    process::quiet(haproxy.args(["-c", "-f", "deploy/cloud/files/haproxy.cfg"])).map(drop)
}

/// The program need not be installed where its units are read.
fn units(mut analyze: Command, scratch: &Scratch) -> Result<()> {
    analyze.args(["verify", "--man=no"]);
    for (from, to) in [
        ("openred-relay.service", "openred-relay.service"),
        ("openred-relay.service", "openred-relay@1.service"),
        ("openred-directory.service", "openred-directory.service"),
    ] {
        let unit = fs::read_to_string(place::at("deploy/systemd").join(from))?;
        let name = format!("units/{to}");
        scratch.write(&name, &unit.replace("/usr/local/bin/openred", "/bin/true"))?;
        analyze.arg(scratch.path(&name));
    }
    let output = analyze.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // An unknown setting is only a warning to systemd.
    if output.status.success() && !said.contains("openred-") { Ok(()) } else { Err(said.into()) }
}

fn dockerfile(mut hadolint: Command, _: &Scratch) -> Result<()> {
    process::quiet(hadolint.arg("deploy/docker/Dockerfile")).map(drop)
}

fn compose(mut compose: Command, scratch: &Scratch) -> Result<()> {
    let sample = fs::read_to_string(place::at("deploy/docker/env.sample"))?;
    scratch.write("env", &sample.replace("POSTGRES_PASSWORD=", "POSTGRES_PASSWORD=filled-in"))?;
    compose.args(["--env-file", &scratch.path("env"), "-f", "deploy/docker/compose.yml", "config", "-q"]);
    process::quiet(&mut compose).map(drop)
}

fn terraform_form(mut terraform: Command, _: &Scratch) -> Result<()> {
    process::quiet(terraform.args(["fmt", "-check", "-diff", "-recursive", "deploy/cloud"])).map(drop)
}

/// Terraform knows what its resources are called after `terraform init`, which fetches a gigabyte: not done here.
fn terraform_meaning() -> Tally {
    let initialised = place::at("deploy/cloud/.terraform").is_dir();
    match find("terraform").filter(|_| initialised) {
        Some(program) => {
            let mut validate = command(&program);
            validate.args(["-chdir=deploy/cloud", "validate"]);
            told("Terraform's meaning", process::quiet(&mut validate).map(drop))
        }
        None => Tally::skip("deploy: Terraform's meaning (terraform init was not run in deploy/cloud)"),
    }
}

fn prometheus(mut promtool: Command, _: &Scratch) -> Result<()> {
    let program = PathBuf::from(promtool.get_program());
    process::quiet(promtool.args(["check", "config", "deploy/prometheus/prometheus.yml"]))?;
    let mut test = command(&program);
    process::quiet(test.args(["test", "rules", "deploy/prometheus/alerts.test.yml"])).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_become_sockets_and_options_stay() {
        let text = "server {\n    listen [::]:443 ssl http2;\n    listen 80;\n    server_name listen;\n}\n";
        assert_eq!(
            on_sockets(text, "/x/d"),
            "server {\n    listen unix:/x/d-_____443 ssl http2;\n    listen unix:/x/d-80;\n    server_name listen;\n}\n"
        );
    }

    #[test]
    fn a_file_that_its_tool_refuses_is_a_failure() {
        let tool = |script: &str| process::quiet(process::command("sh").args(["-c", script])).map(drop);
        let refused = told("broken", tool("echo line 3 >&2; exit 1"));
        assert_eq!((refused.passed, refused.failed), (0, 1));
        let read = told("whole", tool("exit 0"));
        assert_eq!((read.passed, read.failed), (1, 0));
    }
}
