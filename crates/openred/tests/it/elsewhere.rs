//! Ana's folder is copied to another machine: of two nodes with one identity, one speaks.

use serde_json::json;

use crate::program::until;
use crate::world::{World, get};

/// The note of a node that has fallen silent.
const NOTE: &str = "identity_elsewhere";

#[test]
fn an_older_copy_of_a_node_falls_silent_asks_and_speaks_when_its_owner_says_so() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, ben) = world.friends(&directory);
    ben.sees("/feed", "id", &ana.posts("before the copy"));

    // Her folder is copied; then the original goes on.
    ana.off();
    let mut copy = ana.copied(&world, "laptop");
    copy.program.kill();
    ana.on();
    ana.send("PATCH", "/profile", &json!({"display_name": "Ana Ríos"}));
    ben.sees("/people?list=friends", "display_name", "Ana Ríos");
    ben.sees("/feed", "id", &ana.posts("from the original"));
    let listed = format!("{}/api/v3/nodes/discover?id={}", directory.url, ana.node_id);
    until("the directory holds her newer descriptor", || {
        get(&listed).is_some_and(|found| found["nodes"][0]["display_name"] == "Ana Ríos")
    });

    // The older copy looks before it speaks.
    copy.on();
    until("the copy knows", || copy.is_told(NOTE));
    assert_eq!(copy.get("/identity")["elsewhere"]["state"], "asking");
    copy.sees("/notifications", "kind", NOTE);
    let waiting = copy.posts("from the copy");
    ben.sees("/feed", "id", &ana.posts("the original again"));
    assert!(!ana.is_told(NOTE), "the original is the newer one");

    // The answer is kept over a restart.
    let (code, said) = copy.openred(&["identity", "use", "other"]);
    assert_eq!(code, 0, "{said}");
    copy.crash();
    assert_eq!(copy.get("/identity")["elsewhere"]["state"], "stopped");
    assert!(copy.is_told(NOTE));
    let (_, said) = copy.openred(&["identity", "show"]);
    assert!(said.contains("You use the other node"), "{said}");
    assert!(ben.items("/feed").iter().all(|post| post["id"] != waiting.as_str()), "it says nothing");

    // "This is the node I use": it speaks, and what waited arrives.
    let before = copy.get("/identity")["incarnation"].clone();
    let (code, said) = copy.openred(&["identity", "use", "this"]);
    assert_eq!(code, 0, "{said}");
    ben.sees("/feed", "id", &waiting);
    let now = copy.get("/identity");
    assert!(now["elsewhere"].is_null() && now["incarnation"] != before, "{now}");
    assert!(!copy.is_told(NOTE));
    ben.sees("/feed", "id", &copy.posts("and more"));
    copy.sees("/feed", "id", &ben.posts("heard you"));

    // The other one sees it, stops, and asks in its turn.
    ana.off();
    ana.on();
    until("the original knows", || ana.is_told(NOTE));
    let (code, said) = copy.openred(&["identity", "use", "this"]);
    assert_ne!(code, 0, "nothing is asked there any more: {said}");
}
