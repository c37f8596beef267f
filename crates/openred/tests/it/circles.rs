//! Circles with real processes: by the command line, killed on the way, and what lies on the disks of others.

use serde_json::{Value, json};

use crate::program::until;
use crate::scan::stands_in;
use crate::world::{Person, World};

const NAME: &str = "Those who may know where the key lies";
const ROUNDS: usize = 6;

fn id_of(person: &Person) -> String {
    person.session()["node_id"].as_str().unwrap().to_owned()
}

fn texts(page: &[Value]) -> Vec<String> {
    page.iter().rev().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

/// Comments under a post, in reading order.
fn comments(person: &Person, post: &str) -> Vec<String> {
    let thread = person.get(&format!("/posts/{post}/thread"));
    let comments = thread["comments"].as_array().unwrap();
    comments.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_circle_is_made_posted_to_and_deleted_by_the_command_line() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben) = world.friends(&directory);
    let (code, said) = ana.openred(&["circle", "list"]);
    assert!(code == 0 && said.contains("No circles yet"), "{said}");
    let (code, said) = ana.openred(&["post", "--circle", NAME, "Hello"]);
    assert!(code == 1 && said.contains("No circle was found"), "{said}");
    let (code, said) = ana.openred(&["circle", "create", NAME, "ben"]);
    assert!(code == 0 && said.contains("1 people"), "{said}");
    let (code, said) = ana.openred(&["circle", "create", &NAME.to_uppercase(), "ben"]);
    assert!(code == 1 && said.contains("has this name"), "{said}");
    until("ben is in it", || !ana.openred(&["circle", "show", NAME]).1.contains("comes in when"));
    let (code, said) = ana.openred(&["post", "--circle", NAME, "Under the third flower pot."]);
    assert!(code == 0 && said.contains(NAME), "{said}");
    until("ben reads it", || ben.openred(&["feed"]).1.contains("Under the third flower pot."));
    let post = ben.items("/feed")[0].clone();
    assert_eq!((&post["visibility"], post.get("circle")), (&json!("circle"), None), "the name is hers");
    assert!(!stands_in(&ben.folder, NAME.as_bytes()) && !stands_in(&ana.folder, NAME.as_bytes()));

    let (code, said) = ana.openred(&["circle", "rename", NAME, "Few"]);
    assert!(code == 0 && said.contains("Few, 1 people"), "{said}");
    let (code, said) = ana.openred(&["circle", "remove", "few", "ben"]);
    assert!(code == 0 && said.contains("0 people"), "{said}");
    let (code, said) = ana.openred(&["post", "--circle", "few", "Anybody?"]);
    assert!(code == 1 && said.contains("Nobody is in this circle"), "{said}");
    assert_eq!(ana.openred(&["circle", "add", "few", "ben"]).0, 0);
    let (code, said) = ana.openred(&["circle", "delete", "few"]);
    assert!(code == 0, "{said}");
    assert!(ana.openred(&["circle", "list"]).1.contains("No circles yet"));
    assert_eq!(ana.items("/feed")[0]["circle"]["deleted"], true, "what was said in it says so");
}

#[test]
fn nothing_said_in_a_circle_is_lost_though_nodes_are_killed() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, mut ben) = world.friends(&directory);
    let ben_id = id_of(&ben);
    let made = ana.send("POST", "/circles", &json!({"name": NAME, "people": [&ben_id]}));
    let circle = made["id"].as_str().unwrap().to_owned();
    let posts = |ana: &Person, text: &str| {
        let made =
            ana.send("POST", "/posts", &json!({"text": text, "visibility": "circle", "circle": circle}));
        made["id"].as_str().unwrap().to_owned()
    };
    let first = posts(&ana, "The first.");
    until("ben has it", || texts(&ben.items("/feed")) == ["The first."]);
    let (mut said, mut answered) = (vec!["The first.".to_owned()], Vec::new());
    for round in 0..ROUNDS {
        let (post, comment) = (format!("Post {round}"), format!("Comment {round}"));
        posts(&ana, &post);
        said.push(post);
        // What was answered with 201 is kept, whenever the power fails.
        match round % 3 {
            1 => ana.crash(),
            2 => ben.crash(),
            _ => {}
        }
        ben.send("POST", &format!("/posts/{first}/comments"), &json!({"text": comment}));
        answered.push(comment);
    }
    until("ben has every post, once and in order", || texts(&ben.items("/feed?limit=100")) == said);
    until("ana has every comment, once and in order", || comments(&ana, &first) == answered);
    until("ana knows that all of it was delivered", || {
        ana.items("/feed?limit=100").iter().all(|post| {
            (&post["delivery"]["total"], &post["delivery"]["delivered"]) == (&json!(1), &json!(1))
        })
    });
    assert!(!stands_in(&ben.folder, b"Post 3") && !stands_in(&ana.folder, b"Post 3"), "sealed on both disks");
}
