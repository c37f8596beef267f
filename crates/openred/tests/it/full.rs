//! A disk that is full, and one that may only be read: what is refused, what is said about it, and that nothing that was
//! accepted is lost.

use serde_json::json;

use crate::caller::{Answer, RUNTIME};
use crate::disk::Disk;
use crate::meeting::{Called, Stranger};
use crate::program::until;
use crate::world::{Person, World};

/// So many refusals in a row, each on a disk filled to the last byte, and nothing small fits either.
const REFUSALS: usize = 3;
/// Posts after which even a lavish database must have met the end of its disk.
const POSTS_MAX: usize = 3_000;

/// Left on the disk when the flood begins, bytes.
const ROOM: u64 = 512 << 10;

/// Posts until nothing is taken any more. What was accepted, and the last refusal.
fn floods(ana: &Person) -> (Vec<String>, Answer) {
    let (mut accepted, mut refused) = (Vec::new(), 0);
    ana.disk().fill_but(ROOM);
    loop {
        let body = json!({"text": format!("drop {}", accepted.len()), "visibility": "friends"});
        let answer = ana.caller.call("POST", "/posts", Some(&body)).unwrap();
        if answer.status == 201 {
            refused = 0;
            accepted.push(answer.json["id"].as_str().unwrap().to_owned());
        } else {
            ana.disk().fill();
            refused += 1;
        }
        assert!(accepted.len() < POSTS_MAX, "the disk is never full");
        if refused == REFUSALS {
            return (accepted, answer);
        }
    }
}

#[test]
fn a_node_on_a_full_disk_refuses_in_words_and_loses_nothing() {
    let world = World::new();
    let Some(disk) = Disk::at(&world.path("ana")) else { return };
    let directory = world.directory("");
    let (mut ana, ben) = (world.person_on("ana", disk), world.person("ben"));
    ana.is_listed(&directory);
    ben.is_listed(&directory);
    ana.befriends(&ben);
    let first = ana.posts("before the flood");
    ben.sees("/feed", "id", &first);

    let (mut accepted, refusal) = floods(&ana);
    assert!(accepted.len() > 1, "some were accepted before");
    accepted.push(first);
    assert_eq!((refusal.status, &refusal.json["code"]), (507, &json!("full")), "{}", refusal.json);
    assert!(refusal.json["detail"].as_str().is_some_and(|words| words.contains("disk")), "{}", refusal.json);
    assert!(ana.is_told("disk_full"), "{}", ana.get("/status"));
    let (code, said) = ana.openred(&["status"]);
    assert!(code == 0 && said.contains("! The disk is full"), "{said}");
    let (code, said) = ana.openred(&["post", "one more"]);
    assert!(code == 1 && said.contains("disk"), "{said}");
    assert_eq!(ana.whole_feed().len(), accepted.len(), "what is there is read as always");

    let late = ben.posts("said while ana's disk was full");
    until("ana's node cannot write what comes", || ana.program.said().contains("a session cannot go on"));
    until("it waits at ben's", || ben.get("/outbox")["waiting"] == 1);
    assert!(ana.whole_feed().iter().all(|post| post["id"] != late.as_str()), "nothing was taken");
    assert_eq!(ben.get("/outbox")["waiting"], 1, "nor acknowledged");

    ana.disk().free();
    accepted.push(ana.posts("after the flood"));
    ana.sees("/feed", "id", &late);
    assert!(!ana.is_told("disk_full"), "{}", ana.get("/status"));
    accepted.push(late);
    everything_is_there(&[&ana, &ben], &accepted);

    ana.off();
    ana.disk().fill();
    let said = ana.refuses_to_start();
    let folder = ana.folder.display().to_string();
    assert!(is_no_space(&said) && said.contains(&folder), "what is wrong, and where: {said}");
    ana.disk().free();
    ana.on();
    ana.disk().fill();
    ana.program.kill();
    let said = ana.refuses_to_start();
    assert!(is_no_space(&said) && said.contains(&folder), "after a crash too: {said}");
    ana.disk().free();
    ana.on();
    everything_is_there(&[&ana, &ben], &accepted);
}

/// In the words of the database or of the system, whichever meets the end first.
fn is_no_space(said: &str) -> bool {
    said.contains("the disk of the database is full") || said.contains("No space left")
}

/// Every accepted post is on each node, once, and nothing else is.
fn everything_is_there(people: &[&Person], accepted: &[String]) {
    let mut expected = accepted.to_vec();
    expected.sort();
    for person in people {
        let shown = || {
            let feed = person.whole_feed();
            let mut ids: Vec<String> = feed.iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        until("as many posts as were accepted", || shown().len() >= expected.len());
        assert_eq!(shown(), expected, "on the node of {}", person.name);
    }
}

#[test]
fn a_folder_that_may_only_be_read_is_refused_in_words() {
    let world = World::new();
    let Some(disk) = Disk::at(&world.path("ana")) else { return };
    let mut ana = world.person_on("ana", disk);
    let kept = ana.posts("kept");
    ana.off();
    ana.disk().remount("ro");
    let said = ana.refuses_to_start();
    let folder = ana.folder.display().to_string();
    assert!(said.contains("Read-only") && said.contains(&folder), "{said}");
    ana.disk().remount("rw");
    ana.on();
    assert_eq!(ana.whole_feed()[0]["id"], kept.as_str());

    let Some(disk) = Disk::at(&world.path("directory")) else { return };
    let mut directory = world.directory_on("", Some(disk));
    directory.off();
    directory.disk().remount("ro");
    let said = directory.refuses_to_start();
    assert!(said.contains("Read-only") && said.contains(&directory.folder.display().to_string()), "{said}");
    directory.disk().remount("rw");
    directory.on();
}

#[test]
fn a_directory_on_a_full_disk_takes_nobody_new_and_goes_on_serving() {
    let world = World::new();
    let Some(disk) = Disk::at(&world.path("directory")) else { return };
    let mut directory = world.directory_on("[limits]\ncalls_per_prefix = 1000000\n", Some(disk));
    RUNTIME.block_on(async {
        let called = Called::at(&directory.url).await;
        let (ana, ben) = (Stranger::new("ana"), Stranger::new("ben"));
        ana.register(&called).await;
        ben.register(&called).await;
        let (mut taken, mut refused) = (0, 0);
        directory.disk().fill_but(ROOM);
        while refused < REFUSALS {
            let answer = Stranger::new("chloe").tries_to_register(&called).await;
            if answer.status.is_success() {
                (taken, refused) = (taken + 1, 0);
                assert!(taken < POSTS_MAX, "the disk is never full");
                continue;
            }
            let problem: serde_json::Value = answer.json().unwrap();
            assert_eq!((answer.status.as_u16(), &problem["code"]), (507, &json!("full")), "{problem}");
            assert!(problem["detail"].as_str().is_some_and(|words| words.contains("disk")), "{problem}");
            directory.disk().fill();
            refused += 1;
        }
        assert!(taken > 0, "some were taken before");
        ana.meets(&called, &ben).await;
    });
    // It needs no space to start again, and serves.
    directory.crash();
    directory.disk().free();
    RUNTIME.block_on(async {
        let called = Called::at(&directory.url).await;
        Stranger::new("chloe").register(&called).await;
    });
}
