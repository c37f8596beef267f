//! Ana and ben find each other through a directory, become friends and speak: three processes, real HTTP.

use serde_json::json;

use crate::program::until;
use crate::world::{World, get, timed};

#[test]
fn two_people_meet_and_see_each_others_posts() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, ben) = (timed("set-up", || world.person("ana")), world.person("ben"));
    ana.is_listed(&directory);
    ben.is_listed(&directory);
    let listed = get(&format!("{}/api/v3/nodes/discover?name=ben", directory.url)).unwrap();
    assert_eq!(listed["nodes"][0]["node_id"], ben.node_id.as_str());

    ana.sees("/people/search?q=ben", "node_id", &ben.node_id);
    let note = "Hi ben, it is me";
    let ask = json!({"relationship": "friend", "note": note});
    timed("introduction and request", || {
        ana.send("POST", &format!("/people/{}/request", ben.node_id), &ask);
        ben.sees("/people?list=requests", "node_id", &ana.node_id)
    });
    let request = ben.sees("/people?list=requests", "node_id", &ana.node_id);
    assert_eq!((&request["note"], &request["status"]), (&note.into(), &"pending_in".into()));
    ben.send("POST", &format!("/people/{}/accept", ana.node_id), &json!({}));
    ana.sees("/people?list=friends", "node_id", &ben.node_id);
    let number = |of: &crate::world::Person, with: &str| {
        of.get(&format!("/people/{with}"))["safety_number"]["digits"].clone()
    };
    assert!(number(&ana, &ben.node_id).is_array(), "ana sees a safety number");
    assert_eq!(number(&ana, &ben.node_id), number(&ben, &ana.node_id), "both see the same");

    let events = ben.caller.events();
    let post = timed("post on A to event on B", || {
        let post = ana.posts("The lamp is lit.");
        until("an event of the post", || {
            events.try_iter().any(|(kind, data)| kind == "post" && data.contains(&post))
        });
        post
    });
    assert_eq!(ben.sees("/feed", "id", &post)["text"], "The lamp is lit.");

    let comment = ben.send("POST", &format!("/posts/{post}/comments"), &json!({"text": "On my way."}));
    until("ben's comment on ana's node", || {
        let thread = ana.get(&format!("/posts/{post}/thread"));
        thread["comments"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == comment["id"]))
    });
    ben.send("PUT", &format!("/reactions/{post}"), &json!({"reaction": "❤"}));
    until("ben's reaction on ana's node", || {
        ana.get(&format!("/posts/{post}"))["reactions"][0]["reaction"] == "❤"
    });

    ana.off();
    let missed = ben.posts("Where are you?");
    ana.on();
    assert_eq!(ana.sees("/feed", "id", &missed)["text"], "Where are you?", "what she missed arrives");
    until("ben knows that it was delivered", || {
        let delivery = &ben.get(&format!("/posts/{missed}"))["delivery"];
        delivery["total"] == 1 && delivery["delivered"] == 1
    });
    assert_eq!(ana.whole_feed().iter().filter(|one| one["id"] == missed.as_str()).count(), 1, "once");
}
