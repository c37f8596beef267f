//! Ben is in a group; his folder is put back to what it was a day ago. He speaks again when his owner says that this is the
//! node they use, with keys that nobody has seen.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::program::until;
use crate::world::{Person, World, get};

/// The note of a node that knows that its identity spoke elsewhere.
const NOTE: &str = "identity_elsewhere";

fn writes(person: &Person, to: &str, text: &str) {
    person.send("POST", &format!("/chats/{to}/messages"), &json!({"text": text}));
}

/// What somebody's app shows of a conversation, in alphabetical order.
fn texts(person: &Person, of: &str) -> Vec<String> {
    let page = person.items(&format!("/chats/{of}/messages?limit=200"));
    let mut texts: Vec<_> = page.iter().filter_map(|one| one["text"].as_str().map(str::to_owned)).collect();
    texts.sort();
    texts
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap(), to.to_owned());
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_member_put_back_to_yesterdays_folder_speaks_again_with_new_keys_only() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, mut ben) = world.friends(&directory);
    let chloe = world.person("chloe");
    chloe.is_listed(&directory);
    ana.befriends(&chloe);
    for person in [&ana, &ben, &chloe] {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
    }
    let made =
        ana.send("POST", "/groups", &json!({"name": "Bakery", "people": [&ben.node_id, &chloe.node_id]}));
    let id = made["id"].as_str().unwrap().to_owned();
    let members = |person: &Person| {
        let group = person.items("/chats").into_iter().find(|chat| chat["id"] == id.as_str());
        group.map_or(0, |group| group["members"].as_u64().unwrap())
    };
    for person in [&ana, &ben, &chloe] {
        until("all three are in it", || members(person) == 3);
    }
    writes(&ben, &id, "1 yesterday");
    writes(&ben, &ana.node_id, "1 to ana");
    for person in [&ana, &chloe] {
        until("heard", || texts(person, &id) == ["1 yesterday"]);
    }
    until("between two, too", || texts(&ana, &ben.node_id) == ["1 to ana"]);

    // The folder of yesterday; then a day goes by, with a descriptor, messages and epochs of its own.
    ben.off();
    let yesterday = world.path("ben-yesterday");
    copy(&ben.folder, &yesterday);
    ben.on();
    ben.send("PATCH", "/profile", &json!({"display_name": "Ben Today"}));
    let listed = format!("{}/api/v3/nodes/discover?id={}", directory.url, ben.node_id);
    until("the directory holds the newer descriptor", || {
        get(&listed).is_some_and(|found| found["nodes"][0]["display_name"] == "Ben Today")
    });
    for n in 2..5 {
        writes(&ben, &id, &format!("{n} today"));
        ana.send("PATCH", &format!("/groups/{id}"), &json!({"name": format!("Bread {n}")}));
        until("the next epoch", || ben.get(&format!("/groups/{id}"))["name"] == format!("Bread {n}"));
    }
    writes(&ben, &ana.node_id, "2 to ana");
    let said = ["1 yesterday", "2 today", "3 today", "4 today"];
    for person in [&ana, &chloe] {
        until("heard", || texts(person, &id) == said);
    }
    until("between two, too", || texts(&ana, &ben.node_id) == ["1 to ana", "2 to ana"]);
    let before: Value = ben.get("/identity")["incarnation"].clone();

    // Put back. It looks before it speaks: what is written waits, and nobody hears it.
    ben.off();
    fs::remove_dir_all(&ben.folder).unwrap();
    copy(&yesterday, &ben.folder);
    ben.on();
    until("the node knows", || ben.is_told(NOTE));
    assert_eq!(texts(&ben, &id), ["1 yesterday"], "it is yesterday's");
    writes(&ben, &id, "5 restored");
    writes(&ben, &ana.node_id, "3 to ana");
    writes(&ana, &id, "6 meanwhile");
    until("chloe hears ana", || texts(&chloe, &id).contains(&"6 meanwhile".to_owned()));
    for person in [&ana, &chloe] {
        assert!(!texts(person, &id).contains(&"5 restored".to_owned()), "it said nothing with old keys");
    }

    let (code, words) = ben.openred(&["identity", "use", "this"]);
    assert_eq!(code, 0, "{words}");
    assert_ne!(ben.get("/identity")["incarnation"], before);
    let now = ["1 yesterday", "2 today", "3 today", "4 today", "5 restored", "6 meanwhile"];
    for person in [&ana, &chloe] {
        until("what he says now is read by all, once", || texts(person, &id) == now);
    }
    until("by ana alone, too", || texts(&ana, &ben.node_id) == ["1 to ana", "2 to ana", "3 to ana"]);

    // And he reads what comes after.
    writes(&ana, &id, "7 welcome back");
    writes(&chloe, &id, "8 from chloe");
    until("ben reads on", || {
        let texts = texts(&ben, &id);
        ["7 welcome back", "8 from chloe"].iter().all(|text| texts.contains(&(*text).to_owned()))
    });
    writes(&ana, &ben.node_id, "4 from ana");
    until("between two, too", || texts(&ben, &ana.node_id).contains(&"4 from ana".to_owned()));
    writes(&ben, &id, "9 done");
    for person in [&ana, &chloe] {
        until("and goes on", || texts(person, &id).contains(&"9 done".to_owned()));
    }
}
