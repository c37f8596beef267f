//! Friends who are never on at once: a relay keeps what they say to each other.

use serde_json::json;

use crate::program::until;
use crate::world::{Person, World, timed};

/// Waits until nothing is left to do for a node but for the other to come: all that it says lies at the relay.
fn all_lies_at_the_relay(person: &Person) {
    until("all lies at the relay", || {
        let items = person.items("/outbox");
        !items.is_empty() && items.iter().all(|item| item["state"] == "at_relay")
    });
}

/// One goes, the other comes. No two nodes are ever on at once.
fn change(goes: &mut Person, comes: &mut Person) {
    assert_eq!(goes.get("/status")["sessions"], 0);
    timed("one goes", || goes.off());
    timed("the other comes", || comes.on());
}

#[test]
fn friends_who_are_never_on_at_once_share_requests_posts_and_comments() {
    let world = World::new();
    let (directory, mut relay) = (world.directory(""), world.relay());
    let mut ana = world.person("ana");
    ana.is_listed(&directory);
    ana.takes_mail(&[relay.pinned()], &directory);
    ana.off();
    let mut ben = world.person("ben");
    ben.is_listed(&directory);
    ben.takes_mail(&[relay.pinned()], &directory);
    change(&mut ben, &mut ana);

    let ask = json!({"relationship": "friend", "note": "Hi ben, it is me"});
    ana.send("POST", &format!("/people/{}/request", ben.node_id), &ask);
    timed("a request at the relay of somebody who is away", || all_lies_at_the_relay(&ana));
    let (code, said) = ana.openred(&["outbox", "list"]);
    assert!(code == 0 && said.contains("at a relay"), "{said}");
    change(&mut ana, &mut ben);
    let request =
        timed("a request from the relay", || ben.sees("/people?list=requests", "node_id", &ana.node_id));
    assert_eq!((&request["note"], &request["display_name"]), (&"Hi ben, it is me".into(), &"ana".into()));
    ben.send("POST", &format!("/people/{}/accept", ana.node_id), &json!({}));
    timed("the answer at the relay", || all_lies_at_the_relay(&ben));
    change(&mut ben, &mut ana);
    ana.sees("/people?list=friends", "node_id", &ben.node_id);

    let post = ana.posts("The lamp is lit.");
    timed("a post at the relay", || all_lies_at_the_relay(&ana));
    relay.crash();
    change(&mut ana, &mut ben);
    assert_eq!(ben.sees("/feed", "id", &post)["text"], "The lamp is lit.");
    let comment = ben.send("POST", &format!("/posts/{post}/comments"), &json!({"text": "On my way."}));
    all_lies_at_the_relay(&ben);
    change(&mut ben, &mut ana);
    until("ben's comment on ana's node", || {
        let thread = ana.get(&format!("/posts/{post}/thread"));
        thread["comments"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == comment["id"]))
    });
    until("ana knows that her post was delivered", || {
        let delivery = &ana.get(&format!("/posts/{post}"))["delivery"];
        (&delivery["total"], &delivery["delivered"]) == (&1.into(), &1.into())
    });
    change(&mut ana, &mut ben);
    assert_eq!(ben.whole_feed().iter().filter(|one| one["id"] == post.as_str()).count(), 1, "once");
    assert!(ben.items("/people?list=friends").iter().any(|friend| friend["node_id"] == ana.node_id.as_str()));
    ben.off();
    relay.off();
}
