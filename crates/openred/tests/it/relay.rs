//! `openred relay` as its owner runs it: start, status, keys of services, SIGHUP, stop.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::program::{Program, free_port, run, signal, told, until};
use crate::world::{World, get};

/// A verb on a folder.
fn verb(folder: &Path, arguments: &[&str]) -> Output {
    let folder = folder.display().to_string();
    run(&[arguments, &["--data", &folder]].concat())
}

/// Its JSON when it succeeds.
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = verb(folder, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{}", told(&output).1);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_relay_starts_tells_how_it_does_reads_its_configuration_again_and_stops() {
    let world = World::new();
    let (port, folder, file) = (free_port(), world.path("relay"), world.path("relay.toml"));
    std::fs::write(&file, "[server]\nname = \"Our street\"\n").unwrap();
    let (file_text, address) = (file.display().to_string(), format!("127.0.0.1:{port}"));
    let arguments = ["relay", "--config", &file_text, "--listen", &address];
    let (code, said) = told(&verb(&folder, &["relay", "status", "--listen", &address]));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("No relay answers"), "{said}");

    let folder_text = folder.display().to_string();
    let mut program =
        Program::start(&[&arguments[..], &["--data", &folder_text]].concat(), &world.path("log"));
    until("the relay answers", || {
        assert!(program.runs(), "the relay ended: {}", program.said());
        program.said().contains("answers at")
    });
    let status = json(&folder, &["relay", "status", "--listen", &address]);
    assert_eq!((&status["status"], &status["mailboxes"]), (&"ok".into(), &0.into()));
    assert_eq!(status["store"], "files");
    let (code, said) = told(&verb(&folder, &["directory", "status", "--listen", &address]));
    assert!(code == 3 && said.contains("is no directory"), "{said}");

    let made = json(&folder, &["relay", "key", "create", "shop"]);
    assert_eq!(made["key"].as_str().unwrap().len(), 43);
    assert_eq!(json(&folder, &["relay", "key", "list"])["keys"][0]["name"], "shop");
    let (code, said) = told(&verb(&folder, &["relay", "key", "create", "shop"]));
    assert!(code == 1 && said.contains("there is a key of this name"), "{said}");
    assert_eq!(json(&folder, &["relay", "key", "revoke", "shop"])["revoked"], "shop");

    let about = get(&format!("http://{address}/.well-known/openred")).unwrap();
    std::fs::write(&file, "[server]\nname = \"Our village\"\n").unwrap();
    signal(program.id(), "-HUP");
    until("the new name is signed", || {
        get(&format!("http://{address}/.well-known/openred"))
            .is_some_and(|now| now["descriptor"] != about["descriptor"])
    });
    std::fs::write(&file, "[sevrer]\n").unwrap();
    signal(program.id(), "-HUP");
    until("the mistake is told", || program.said().contains("sevrer"));
    assert!(program.runs(), "and nothing else happens");
    assert!(program.interrupt().success(), "{}", program.said());
}

#[test]
fn two_nodes_that_only_a_relay_reaches_share_a_post() {
    let world = World::new();
    let mut relay = world.relay_of_quic();
    let (ana, ben) = (world.person_behind("ana", &relay), world.person_behind("ben", &relay));
    let metric = |name: &str| {
        let listen = relay.url.strip_prefix("http://").unwrap();
        json(&relay.folder, &["relay", "status", "--listen", listen])[name].as_u64()
    };
    until("both are connected", || metric("quic_clients") == Some(2));
    let invitation = ana.send("POST", "/invitations", &json!({"auto_accept": true}));
    ben.send("POST", "/invitations/redeem", &json!({"link": invitation["link"]}));
    ana.sees("/people?list=friends", "node_id", &ben.node_id);
    ben.sees("/people?list=friends", "node_id", &ana.node_id);
    let id = ana.posts("The lamp is lit.");
    until("ben reads it", || ben.whole_feed().iter().any(|item| item["id"] == id.as_str()));
    let by = ana.get("/status")["sessions_by"].clone();
    assert_eq!(by["https"], 0, "{by}");
    assert!(
        metric("quic_sent_bytes_total") > Some(0),
        "the relay has carried it, or how they found each other"
    );
    relay.off();
}
