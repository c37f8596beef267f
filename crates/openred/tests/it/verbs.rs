//! The owner's verbs against a running node.

use serde_json::Value;

use crate::program::until;
use crate::world::{PASSPHRASE, Person, World, get};

/// A verb that must succeed: each line begins with ✓ or !.
#[track_caller]
fn says(person: &Person, verb: &[&str]) -> String {
    let (code, said) = person.openred(verb);
    assert_eq!(code, 0, "{verb:?}: {said}");
    assert!(said.lines().all(|line| line.starts_with("✓ ") || line.starts_with("! ")), "{said}");
    said
}

#[track_caller]
fn json_of(person: &Person, verb: &[&str]) -> Value {
    let (code, said) = person.openred(&[verb, &["--json"]].concat());
    assert_eq!(code, 0, "{verb:?}: {said}");
    serde_json::from_str(&said).expect(&said)
}

#[test]
fn two_people_meet_on_the_command_line() {
    let world = World::new();
    let directory = world.directory("");
    let (ana, ben) = (world.person("ana"), world.person("ben"));
    ana.is_listed(&directory);
    ben.is_listed(&directory);
    until("ben in ana's search", || says(&ana, &["people", "search", "ben"]).contains(&ben.node_id[..12]));
    says(&ana, &["people", "ask", "ben", "--note", "it is me"]);
    ben.sees("/people?list=requests", "node_id", &ana.node_id);
    assert!(says(&ben, &["people", "list"]).contains("1 waiting for your answer"));
    assert!(says(&ben, &["people", "list", "requests"]).contains("it is me"));
    says(&ben, &["people", "accept", &ana.node_id[..12]]);
    until("ana has a friend", || says(&ana, &["people", "list"]).contains("ben"));
    let post = json_of(&ana, &["post", "The lamp is lit.", "--to", "friends"]);
    let id = post["id"].as_str().unwrap();
    until("ben reads it", || says(&ben, &["feed"]).contains("The lamp is lit."));
    assert_eq!(json_of(&ben, &["feed"])["items"][0]["id"], id);
    assert_eq!(json_of(&ben, &["feed", "--search", "LIT lamp"])["items"][0]["id"], id);
    assert!(says(&ben, &["feed", "--search", "candle"]).contains("No post on this node"));
    assert!(says(&ben, &["post", "On my way.", "--on", &id[..12]]).contains(&id[..12]));
    until("ana counts the answer", || says(&ana, &["feed"]).contains("[1 answers]"));
    until("nothing waits", || says(&ana, &["outbox", "list"]).contains("Everything is delivered"));
    assert!(says(&ana, &["status"]).contains(&directory.url));
    let invitation = json_of(&ana, &["invite", "create", "--days", "2"]);
    assert!(says(&ana, &["invite", "list"]).contains(&invitation["id"].as_str().unwrap()[..12]));
    let (code, said) = ana.openred_told(&["invite", "redeem"], invitation["link"].as_str().unwrap());
    assert_eq!(code, 1, "one's own invitation is refused: {said}");
    says(&ana, &["invite", "revoke", &invitation["id"].as_str().unwrap()[..12]]);
    let (code, said) = ana.openred(&["people", "ask", "nobody-of-this-name"]);
    assert!(code == 1 && said.starts_with("! Nobody was found"), "{said}");
}

#[test]
fn identity_link_and_unlock() {
    let world = World::new();
    let mut ana = world.person("ana");
    assert!(says(&ana, &["identity", "show"]).contains(&ana.node_id));
    assert!(says(&ana, &["identity", "verify"]).contains("every entry of the log"));
    assert_eq!(json_of(&ana, &["identity", "verify"])["node_id"], ana.node_id.as_str());
    let link = says(&ana, &["link"]);
    let (_, key) = link.trim().split_once("/#l=").expect("a log-in link");
    let browser = crate::caller::Caller::new(
        link.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap(),
    );
    let log_in =
        |key: &str| browser.call("POST", "/login", Some(&serde_json::json!({"key": key}))).unwrap().status;
    assert_eq!((log_in(key), log_in(key)), (204, 410), "the link works once");
    let described = json_of(&ana, &["openapi"]);
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    let kept: Value = serde_json::from_str(include_str!("../../../../web/src/api/openapi.json")).unwrap();
    assert!(described == kept, "the app's types are of another API: in web/, OPENRED_BIN=… npm run types");
    assert!(json_of(&ana, &["openapi", "--directory"])["paths"]["/api/v3/nodes/discover"].is_object());

    ana.off();
    assert_eq!(ana.openred(&["status"]).0, 3, "no node runs");
    ana.start_locked();
    let (code, said) = ana.openred(&["post", "hello"]);
    assert!(code == 4 && said.contains("openred unlock"), "{code} {said}");
    let (code, said) = ana.openred_told(&["unlock", "--passphrase-fd", "0"], "not the passphrase");
    assert_eq!(code, 1, "{said}");
    let (code, said) = ana.openred_told(&["unlock", "--passphrase-fd", "0"], PASSPHRASE);
    assert_eq!(code, 0, "{said}");
    says(&ana, &["post", "hello", "--to", "private"]);
}

#[test]
fn the_key_is_replaced_by_the_recovery_words_alone() {
    let world = World::new();
    let ana = world.person("ana");
    let words = ana.send("POST", "/identity/words", &serde_json::json!({"passphrase": PASSPHRASE}));
    let words: Vec<&str> =
        words["words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words.len(), 24);
    let before = ana.get("/identity");
    let wrong = ["abandon"; 23].join(" ") + " art";
    assert_eq!(ana.openred_told(&["identity", "rotate", "--words-fd", "0"], &wrong).0, 1);
    assert_eq!(ana.get("/identity")["head"], before["head"], "other words change nothing");
    let (code, said) = ana.openred_told(&["identity", "rotate", "--words-fd", "0"], &words.join(" "));
    assert_eq!(code, 0, "{said}");
    let after = ana.get("/identity");
    assert_eq!((&after["node_id"], &after["log_seq"]), (&before["node_id"], &1.into()));
    says(&ana, &["identity", "verify"]);
    let url = ana.get("/identity")["api_url"].as_str().map(str::to_owned).expect("a loopback address");
    assert_eq!(get(&format!("{url}/.well-known/openred")).unwrap()["node_id"], ana.node_id.as_str());
}
