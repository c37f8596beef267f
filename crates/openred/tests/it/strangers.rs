//! The command line towards people who are no friends: their messages, and links into groups.

use serde_json::json;

use crate::program::until;
use crate::world::{Person, World};

fn at_once(people: &[&Person]) {
    for person in people {
        person.send("PATCH", "/settings", &json!({"undo_send_s": 0}));
    }
}

#[test]
fn the_messages_of_strangers_are_taken_or_forgotten_by_the_command_line() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben, dora) = (world.person("ana"), world.person("ben"), world.person("dora"));
    for person in [&ana, &ben, &dora] {
        person.is_listed(&directory);
    }
    at_once(&[&ana, &ben, &dora]);
    let (code, said) = ben.openred(&["chat", "requests"]);
    assert!(code == 0 && said.contains("Nobody who is no friend"), "{said}");
    for (person, text) in [(&ana, "We met at the market"), (&dora, "Buy my soap")] {
        let (code, said) = person.openred(&["chat", "send", &ben.node_id, text]);
        assert!(code == 0 && said.starts_with("✓ Written"), "{said}");
        until("it waits with ben", || ben.openred(&["chat", "requests"]).1.contains(text));
    }
    assert!(ben.openred(&["chat", "list"]).1.contains("No conversations yet"), "they are in no other list");
    let (code, said) = ben.openred(&["chat", "accept", "nobody"]);
    assert!(code == 1 && said.contains("No request was found"), "{said}");
    let (code, said) = ben.openred(&["chat", "accept", "ana"]);
    assert!(code == 0 && said.contains("You take messages of ana"), "{said}");
    assert_eq!(ben.openred(&["chat", "send", "ana", "Every morning."]).0, 0);
    until("ana reads it", || ana.openred(&["chat", "read", &ben.node_id]).1.contains("Every morning."));
    let (code, said) = ben.openred(&["chat", "decline", "dora"]);
    assert!(code == 0 && said.contains("They are not told"), "{said}");
    assert!(ben.openred(&["chat", "requests"]).1.contains("Nobody who is no friend"));
    assert!(dora.openred(&["chat", "read", &ben.node_id]).1.contains("Buy my soap"), "hers is still hers");
}

#[test]
fn a_group_is_come_into_by_a_link_of_the_command_line() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben) = world.friends(&directory);
    let (chloe, dora) = (world.person("chloe"), world.person("dora"));
    for person in [&chloe, &dora] {
        person.is_listed(&directory);
    }
    at_once(&[&ana, &ben, &chloe, &dora]);
    assert_eq!(ana.openred(&["group", "create", "Bakery", "ben"]).0, 0);
    assert!(ana.openred(&["group", "links", "Bakery"]).1.contains("No links"));
    let (code, said) =
        ana.openred(&["group", "invite", "Bakery", "--days", "2", "--uses", "3", "--approval"]);
    assert!(code == 0 && said.contains("you are asked about each"), "{said}");
    let link = said.split_whitespace().find(|word| word.contains("g#")).unwrap().to_owned();
    assert!(ana.openred(&["group", "links", "Bakery"]).1.contains("0 of 3 came"));

    let (code, said) = chloe.openred_told(&["group", "join"], "openred:g#nonsense");
    assert!(code == 1, "{said}");
    for person in [&chloe, &dora] {
        let (code, said) = person.openred_told(&["group", "join"], &link);
        assert!(code == 0 && said.contains("You asked to come into Bakery"), "{said}");
        let asks = format!("{} asks to come in", person.name);
        until("ana is asked", || ana.openred(&["group", "show", "Bakery"]).1.contains(&asks));
    }
    let (code, said) = ana.openred(&["group", "admit", "Bakery", "dora", "--no"]);
    assert!(code == 0 && !said.contains("dora"), "{said}");
    assert_eq!(ana.openred(&["group", "admit", "Bakery", "chloe"]).0, 0);
    until("chloe is in", || chloe.openred(&["group", "list"]).1.contains("Bakery: 3 people"));
    assert_eq!(chloe.openred(&["chat", "send", "Bakery", "Who bakes?"]).0, 0);
    until("ben reads it", || ben.openred(&["chat", "read", "Bakery"]).1.contains("Who bakes?"));
    assert!(dora.openred(&["group", "list"]).1.contains("No groups yet"));

    let links = ana.openred(&["group", "links", "Bakery"]).1;
    assert!(links.contains("1 of 3 came"), "{links}");
    let id = links.split_whitespace().nth(1).unwrap().to_owned();
    let (code, said) = ana.openred(&["group", "revoke", "Bakery", &id]);
    assert!(code == 0 && said.contains("of no use"), "{said}");
    assert!(!ana.openred(&["group", "links", "Bakery"]).1.contains("open:"), "it is taken back");
}
