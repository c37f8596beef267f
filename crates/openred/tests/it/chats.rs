//! Conversations of two people with real processes: killed on the way, by the command line, and what lies on their disks.

use serde_json::{Value, json};

use crate::program::{Program, until};
use crate::scan::stands_in;
use crate::world::{Person, World};

const SECRET: &str = "the key to the bakery lies under the third flower pot";
const ROUNDS: usize = 12;

fn id_of(person: &Person) -> String {
    person.session()["node_id"].as_str().unwrap().to_owned()
}

fn writes(person: &Person, to: &str, text: &str) -> Value {
    person.send("POST", &format!("/chats/{to}/messages"), &json!({"text": text}))
}

/// What somebody's app shows of a conversation: who and what, the oldest first.
fn shown(person: &Person, with: &str) -> Vec<(bool, String)> {
    let mut page = person.items(&format!("/chats/{with}/messages?limit=200"));
    page.reverse();
    page.iter().map(|one| (one["mine"] == true, one["text"].as_str().unwrap().to_owned())).collect()
}

fn of_the_other(person: &Person, with: &str) -> Vec<String> {
    shown(person, with).into_iter().filter(|(mine, _)| !mine).map(|(_, text)| text).collect()
}

#[test]
fn what_was_written_arrives_once_and_in_order_though_nodes_are_killed_and_lies_open_nowhere() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, mut ben) = world.friends(&directory);
    let (ana_id, ben_id) = (id_of(&ana), id_of(&ben));
    for person in [&ana, &ben] {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
    }
    writes(&ana, &ben_id, SECRET);
    until("ben has it", || of_the_other(&ben, &ana_id) == [SECRET]);

    let (mut by_ana, mut by_ben) = (vec![SECRET.to_owned()], Vec::new());
    for round in 0..ROUNDS {
        let (from_ana, from_ben) = (format!("Ana says {round}"), format!("Ben says {round}"));
        writes(&ana, &ben_id, &from_ana);
        by_ana.push(from_ana);
        // What was answered with 201 is kept, whenever the power fails.
        match round % 4 {
            1 => ana.crash(),
            3 => ben.crash(),
            _ => {}
        }
        writes(&ben, &ana_id, &from_ben);
        by_ben.push(from_ben);
    }
    until("ben has all of it, once and in order", || of_the_other(&ben, &ana_id) == by_ana);
    until("ana has all of it, once and in order", || of_the_other(&ana, &ben_id) == by_ben);
    until("ana knows that all of it was delivered", || {
        let page = ana.items(&format!("/chats/{ben_id}/messages?limit=200"));
        page.iter().filter(|one| one["mine"] == true).all(|one| one["state"] == "delivered")
    });

    for person in [&ana, &ben] {
        assert!(!stands_in(&person.folder, SECRET.as_bytes()), "it lies open at {}", person.name);
        let page = person.get(&format!(
            "/chats/{}/messages?limit=200",
            if person.name == "ana" { &ben_id } else { &ana_id }
        ));
        assert!(page.to_string().contains(SECRET), "the same search finds it where it is shown");
    }
}

#[test]
fn the_command_line_writes_reads_and_says_how_far_it_is() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben) = world.friends(&directory);
    ana.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
    let (code, said) = ben.openred(&["chat", "list"]);
    assert!(code == 0 && said.contains("No conversations yet"), "{said}");
    let (code, said) = ana.openred(&["chat", "send", "ben", SECRET]);
    assert!(code == 0 && said.starts_with("✓ Written"), "{said}");
    until("ben's list shows it as new", || ben.openred(&["chat", "list"]).1.contains("(1 new)"));
    let (code, said) = ben.openred(&["chat", "read", "ana"]);
    assert!(code == 0 && said.contains(&format!(": {SECRET}")), "{said}");
    assert!(!ben.openred(&["chat", "list"]).1.contains("new"), "what was shown is read");
    until("ana is told", || {
        let said = ana.openred(&["chat", "read", "ben", "--peek", "--json"]).1;
        let page: Value = serde_json::from_str(&said).unwrap();
        page["items"][0]["state"] == "read"
    });
    let (code, said) = ana.openred(&["chat", "send", "nobody", "Hello"]);
    assert!(code == 1 && said.contains("nobody"), "{said}");
    // Ten seconds to think, unless the owner wants none.
    let (code, said) = ben.openred(&["chat", "send", "ana", "Under the second, I hope."]);
    assert!(code == 0 && said.contains("take it back"), "{said}");
}

#[test]
fn the_command_line_finds_watches_writes_out_and_says_how_long_messages_stay() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben) = world.friends(&directory);
    let (ana_id, ben_id) = (id_of(&ana), id_of(&ben));
    ana.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
    writes(&ana, &ben_id, SECRET);
    until("ben has it", || of_the_other(&ben, &ana_id) == [SECRET]);
    let folder = ben.folder.to_str().unwrap();
    let watching =
        Program::start(&["chat", "watch", "ana", "--json", "--data", folder], &world.path("watch.log"));
    until("he watches", || {
        writes(&ana, &ben_id, "Knock");
        watching.said().contains("Knock")
    });
    let (code, said) = ben.openred(&["chat", "search", "bakery", "FLOWER"]);
    assert!(code == 0 && said.contains("flower pot"), "{said}");
    assert!(ben.openred(&["chat", "search", "brewery"]).1.contains("Nothing was found"));

    let (code, said) = ana.openred(&["chat", "timer", "ben", "1h"]);
    assert!(code == 0 && said.contains("1h"), "{said}");
    until("ben sees the line", || ben.openred(&["chat", "read", "ana"]).1.contains("go after 1h"));
    writes(&ana, &ben_id, "This goes in an hour");
    until("it came", || ben.openred(&["chat", "read", "ana"]).1.contains("in an hour"));
    until("it is printed", || watching.said().contains("This goes in an hour"));
    let said = watching.said();
    assert!(said.contains("\"seconds\": 3600") && !said.contains(SECRET), "what came since: {said}");

    let to = world.path("with-ana.jsonl");
    let (code, said) = ben.openred(&["chat", "export", "ana", "--to", to.to_str().unwrap()]);
    assert!(code == 0 && said.contains("messages written to"), "{said}");
    let lines = std::fs::read_to_string(&to).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["text"], SECRET);
    let [.., note, last] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&note["note"]["what"], &last["expires_s"]), (&json!("timer"), &json!(3_600)));
}

#[test]
fn a_friend_is_verified_by_the_code_that_their_node_shows() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben) = world.friends(&directory);
    let code_of = |shown: &str| {
        shown.split_whitespace().find(|word| word.starts_with("openred:v#")).unwrap().to_owned()
    };
    let shown = ben.openred(&["people", "show", "ana"]).1;
    let (code, said) = ana.openred(&["people", "verify", "ben", "--code", &code_of(&shown)]);
    assert!(code == 0 && said.contains("The keys are the same"), "{said}");
    assert!(ana.openred(&["people", "list"]).1.contains("verified"));
    let (code, said) = ana.openred(&["people", "verify", "ben", "--undo"]);
    assert!(code == 0 && !said.contains("verified"), "{said}");
    let own = ana.openred(&["people", "show", "ben"]).1;
    assert!(own.contains("Safety number:") && own.contains("In short:"), "{own}");
    let said = ana.openred(&["people", "verify", "ben", "--code", &code_of(&own)]).1;
    assert!(said.contains("not the code"), "her own: {said}");
    let (code, said) = ana.openred(&["people", "verify", "ben", "--code", "nonsense"]);
    assert!(code == 1 && said.contains("no code"), "{said}");
    let (code, said) = ana.openred(&["people", "verify", "ben"]);
    assert!(code == 0 && said.starts_with("✓ Verified"), "compared by eye: {said}");
}

#[test]
fn a_group_is_made_joined_and_left_by_the_command_line() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben) = world.friends(&directory);
    for person in [&ana, &ben] {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
    }
    let (code, said) = ana.openred(&["group", "list"]);
    assert!(code == 0 && said.contains("No groups yet"), "{said}");
    let (code, said) = ana.openred(&["group", "create", "Bakery", "ben"]);
    assert!(code == 0 && said.contains("Bakery is there"), "{said}");
    until("ben is in it", || ben.openred(&["group", "list"]).1.contains("Bakery: 2 people"));
    let (code, said) = ana.openred(&["chat", "send", "bakery", SECRET]);
    assert!(code == 0 && said.starts_with("✓ Written"), "{said}");
    until("ben reads it", || ben.openred(&["chat", "read", "Bakery"]).1.contains(&format!("ana: {SECRET}")));
    let (code, said) = ana.openred(&["group", "rename", "Bakery", "Bread"]);
    assert!(code == 0, "{said}");
    until("ben sees the new name", || ben.openred(&["group", "show", "Bread"]).0 == 0);
    let (code, said) = ben.openred(&["group", "rename", "Bread", "Mine"]);
    assert!(code == 1 && said.contains("administrators"), "{said}");
    let shown: Value = serde_json::from_str(&ana.openred(&["group", "show", "Bread", "--json"]).1).unwrap();
    assert_eq!((shown["members"].as_array().unwrap().len(), &shown["role"]), (2, &json!("admin")));
    let (code, said) = ben.openred(&["group", "leave", "Bread"]);
    assert!(code == 0, "{said}");
    until("ana is alone", || ana.openred(&["group", "list"]).1.contains("Bread: 1 people"));
    until("ben sees that he has left", || ben.openred(&["group", "list"]).1.contains("left"));
    let (code, said) = ben.openred(&["chat", "send", "Bread", "Hello"]);
    assert!(code == 1 && said.contains("not in this group"), "{said}");
    assert!(ben.openred(&["chat", "read", "Bread"]).1.contains(SECRET), "what was said stays");
    assert!(!stands_in(&ana.folder, SECRET.as_bytes()), "it lies open on ana's disk");
}

#[test]
fn a_group_goes_on_though_the_node_that_orders_it_is_killed() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, mut ben) = world.friends(&directory);
    let ben_id = id_of(&ben);
    for person in [&ana, &ben] {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
    }
    let made = ana.send("POST", "/groups", &json!({"name": "Bakery", "people": [&ben_id]}));
    let id = made["id"].as_str().unwrap().to_owned();
    until("ben is in it", || ben.openred(&["group", "list"]).1.contains("Bakery: 2 people"));
    ana.send("PUT", &format!("/groups/{id}/members/{ben_id}/role"), &json!({"role": "admin"}));
    until("he may change it", || ben.get(&format!("/groups/{id}"))["may_change"] == true);
    let mut said = Vec::new();
    for round in 0..4 {
        // Her node is asked to put this in order, and dies; or his does before it has the answer.
        ben.send("PATCH", &format!("/groups/{id}"), &json!({"name": format!("Bread {round}")}));
        if round % 2 == 0 {
            ana.crash()
        } else {
            ben.crash()
        }
        let text = format!("Ben says {round}");
        writes(&ben, &id, &text);
        said.push(text);
    }
    for person in [&ana, &ben] {
        until("the last name is everybody's", || {
            let group = person.get(&format!("/groups/{id}"));
            group["name"] == "Bread 3" && group["waiting"].as_array().unwrap().is_empty()
        });
    }
    let heard = || {
        let page = ana.items(&format!("/chats/{id}/messages?limit=200"));
        let texts = page.iter().filter_map(|one| one["text"].as_str().map(str::to_owned));
        texts.rev().collect::<Vec<_>>()
    };
    until("ana has all of it, once and in order", || heard() == said);
    until("each name was given once", || {
        let page = ana.items(&format!("/chats/{id}/messages?limit=200"));
        page.iter().filter(|one| one["note"]["what"] == "renamed").count() == 4
    });
}
