//! Starts that cannot be: each is one clear sentence and exit code 1.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use openred_service::database::{Database, DatabaseUrl, Migration};

use crate::caller::RUNTIME;
use crate::program::{Program, run, signal, told, until};
use crate::world::World;

/// Starts a verb that must refuse; what it said.
fn refused(verb: &str, data: &str, listen: &str) -> String {
    let (code, said) = told(&run(&[verb, "--data", data, "--listen", listen]));
    assert_eq!(code, 1, "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("! ")).collect();
    assert_eq!(lines.len(), 1, "one sentence: {said}");
    lines[0].to_owned()
}

#[test]
fn a_second_start_is_told_the_process_of_the_first() {
    let world = World::new();
    let directory = world.directory("");
    let folder = directory.folder.display().to_string();
    let said = refused("directory", &folder, "127.0.0.1:0");
    assert!(said.contains(&format!("process {}", directory.program.id())), "{said}");
    let ana = world.stranger("ana");
    let said = refused("node", &ana.folder.display().to_string(), "127.0.0.1:0");
    assert!(said.contains(&format!("process {}", ana.program.id())), "{said}");
}

#[test]
fn a_taken_port_is_named() {
    let world = World::new();
    let taken =
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().map(|_| TcpListener::bind("127.0.0.1:0"));
    let taken = taken.unwrap().unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for verb in ["node", "directory"] {
        let said = refused(verb, &world.path(verb).display().to_string(), &address);
        assert!(said.contains(&format!("port {}", taken.local_addr().unwrap().port())), "{said}");
    }
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let world = World::new();
    let file = world.path("file");
    std::fs::write(&file, "no folder").unwrap();
    for verb in ["node", "directory"] {
        let inside = file.join("data").display().to_string();
        let said = refused(verb, &inside, "127.0.0.1:0");
        assert!(said.contains(&inside), "{said}");
    }
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    static STEPS: [Migration; 99] = {
        let mut steps = [Migration { version: 0, name: "later", sql: "" }; 99];
        let mut at = 0;
        while at < steps.len() {
            steps[at].version = at as u32 + 1;
            at += 1;
        }
        steps
    };
    let world = World::new();
    for (verb, file) in [("node", openred_node::node::DATABASE_FILE), ("directory", "directory.db")] {
        let folder = world.path(verb);
        std::fs::create_dir(&folder).unwrap();
        let url = DatabaseUrl::file(folder.join(file));
        RUNTIME.block_on(async { Database::open(&url, &STEPS).await.unwrap().close().await });
        let said = refused(verb, &folder.display().to_string(), "127.0.0.1:0");
        assert!(said.contains("newer version") && said.contains("99"), "{said}");
    }
}

#[test]
fn port_0_is_answered_by_the_real_one() {
    let world = World::new();
    for (verb, path) in [("node", "/api/v1/session"), ("directory", "/api/v3/health")] {
        let data = world.path(verb).display().to_string();
        let arguments = [verb, "--data", &data, "--listen", "127.0.0.1:0"];
        let program = Program::start(&arguments, &world.path("log"));
        let mut url = None;
        until("an address", || {
            let said = program.said();
            let at = said.split("answers at ").nth(1).and_then(|rest| rest.split_whitespace().next());
            url = at.map(|url| url.replace("localhost", "127.0.0.1"));
            url.is_some()
        });
        assert!(crate::world::get(&format!("{}{path}", url.unwrap())).is_some(), "{verb} answers there");
        std::fs::remove_file(world.path("log")).unwrap();
    }
}

#[test]
fn without_a_terminal_the_link_goes_to_a_private_file() {
    let world = World::new();
    let (data, log) = (world.path("ana"), world.path("ana.log"));
    let arguments = ["node", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let mut ana = Program::start(&arguments, &log);
    let file = data.join("setup-link");
    until("the file with the link", || {
        std::fs::read_to_string(&file).is_ok_and(|text| text.contains("/#k="))
    });
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    until("a word about it", || ana.said().contains("setup-link"));
    assert!(!ana.said().contains("#k="), "a log may be handed to somebody who helps: {}", ana.said());
    assert!(ana.interrupt().success(), "{}", ana.said());
    assert!(!file.exists(), "the link is of no use any more");
}

#[test]
fn signals_stop_softly_and_systemd_is_told() {
    let world = World::new();
    let socket = world.path("notify");
    let systemd = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    for verb in ["node", "directory"] {
        let log = std::fs::File::create(world.path("log")).unwrap();
        let mut command = crate::program::openred();
        let data = world.path(verb);
        command.args([verb, "--listen", "127.0.0.1:0", "--log", "json", "--data"]).arg(&data);
        command.env("NOTIFY_SOCKET", &socket).stdin(std::process::Stdio::null());
        let mut child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut heard = [0; 16];
        systemd.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        let length = systemd.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1", "{verb}");
        signal(child.id(), "-TERM");
        let mut ended = None;
        until("it ends", || {
            ended = child.try_wait().unwrap();
            ended.is_some()
        });
        let said = std::fs::read_to_string(world.path("log")).unwrap();
        assert!(ended.unwrap().success(), "{verb}: {said}");
        let log: Vec<&str> = said.lines().filter(|line| line.starts_with('{')).collect();
        assert!(log.iter().any(|line| line.contains("SIGTERM")), "{said}");
        for line in log {
            serde_json::from_str::<serde_json::Value>(line).expect("--log json is JSON");
        }
    }
}
