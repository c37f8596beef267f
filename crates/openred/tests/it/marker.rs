//! What is private lies open nowhere: not with relays and directories, not on the wire, not on the disk of a node that is off.

use serde_json::{Value, json};

use crate::capture::{Capture, Traffic};
use crate::forms::Marker;
use crate::program::until;
use crate::world::{Person, World};

const MARKER: &str = "Quittenbrot-im-Turmzimmer-1897";

fn port(url: &str) -> u16 {
    url.split('#').next().unwrap().rsplit(':').next().unwrap().parse().unwrap()
}

/// Ways between an owner's browser, or command line, and the owner's own node: there it stands open, on this machine alone.
fn is_owners(traffic: &Traffic, nodes: &[u16], (from, to): (u16, u16)) -> bool {
    let (node, browser) = if nodes.contains(&to) { (to, from) } else { (from, to) };
    let asked = traffic.streams.get(&(browser, node)).map(Vec::as_slice).unwrap_or_default();
    let target = asked.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    nodes.contains(&node) && target.starts_with(b"/api/v1/")
}

fn writes(person: &Person, to: &Person, text: &str) {
    person.send("POST", &format!("/chats/{}/messages", to.node_id), &json!({"text": text}));
}

fn shows(person: &Person, with: &Person, text: &str) -> bool {
    let page = person.items(&format!("/chats/{}/messages", with.node_id));
    page.iter().any(|one| one["text"] == text)
}

/// A file of this name with this in it, from one to the other, until it is whole there.
fn sends_file(from: &Person, to: &Person, name: &str, body: &[u8]) {
    let id = from.send("POST", "/files", &json!({"name": name, "size": body.len()}))["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(from.caller.put(&format!("/files/{id}/data?offset=0"), body).status, 200);
    from.send("POST", &format!("/files/{id}/share"), &json!({"node_id": to.node_id}));
    let offer = to.sees("/files/offers", "name", name)["id"].as_i64().unwrap();
    let copy = to.send("POST", &format!("/files/offers/{offer}/accept"), &json!({}));
    let copy = format!("/files/{}", copy["id"].as_str().unwrap());
    until("the file is whole", || to.get(&copy)["state"] == "here");
}

#[test]
fn what_is_private_stands_open_nowhere_on_the_way_nor_on_a_disk() {
    let world = World::new();
    let (mut directory, mut relay) = (world.directory(""), world.relay());
    let (mut ana, mut ben) = world.friends(&directory);
    for person in [&ana, &ben] {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
        person.takes_mail(&[relay.pinned()], &directory);
    }
    let capture = Capture::begin();
    let said = |what: &str| format!("{MARKER} {what}");
    writes(&ana, &ben, &said("in a conversation"));
    until("ben reads it", || shows(&ben, &ana, &said("in a conversation")));
    let post = ana.posts(&said("for friends"));
    ben.sees("/feed", "id", &post);
    let people = [ben.node_id.as_str()];
    let circle = ana.send("POST", "/circles", &json!({"name": said("as a list"), "people": people}));
    let in_circle = json!({"text": said("in a circle"), "visibility": "circle", "circle": circle["id"]});
    let post = ana.send("POST", "/posts", &in_circle)["id"].as_str().unwrap().to_owned();
    ben.sees("/feed", "id", &post);
    ben.send("POST", &format!("/posts/{post}/comments"), &json!({"text": said("under it")}));
    until("ana reads the comment", || ana.get(&format!("/posts/{post}"))["comments"]["known"] == 1);
    let film = [vec![b'.'; 100_000], said("in a file").into_bytes(), vec![b'.'; 50_000]].concat();
    sends_file(&ana, &ben, &said("as a name"), &film);
    ben.off();
    writes(&ana, &ben, &said("at a relay"));
    let at_relay =
        json!({"text": said("in a circle, at a relay"), "visibility": "circle", "circle": circle["id"]});
    ana.send("POST", "/posts", &at_relay);
    ana.posts(&said("for friends, at a relay"));
    until("it lies at the relay", || {
        let items = ana.items("/outbox");
        !items.is_empty() && items.iter().all(|item| item["state"] == "at_relay")
    });
    let exported: Value = ana.get(&format!("/chats/{}/messages", ben.node_id));
    let nodes = [port(&ana.pinned()), port(&ben.pinned())];
    ana.off();
    relay.off();
    directory.off();

    let marker = Marker::of(MARKER);
    assert_eq!(marker.in_bytes(exported.to_string().as_bytes()), Some("as it is"), "its owner sees it");
    let found = marker.in_files(&world.path(""));
    assert!(found.is_empty(), "on a disk: {found:?}");
    let Some(traffic) = capture.map(Capture::end) else { return };
    let (owners, others): (Vec<_>, Vec<_>) =
        traffic.streams.iter().partition(|(way, _)| is_owners(&traffic, &nodes, **way));
    assert!(
        owners.iter().any(|(_, bytes)| marker.in_bytes(bytes).is_some()),
        "the capture sees what an owner's browser says"
    );
    assert!(!others.is_empty(), "relay and directory are spoken to by TCP");
    for (way, bytes) in others {
        assert_eq!(marker.in_bytes(bytes), None, "on the wire between ports {way:?}");
    }
    assert!(!traffic.datagrams.is_empty(), "nodes speak QUIC");
    assert!(traffic.datagrams.iter().all(|bytes| marker.in_bytes(bytes).is_none()), "in a datagram");
}
