//! Links of the overlay between real nodes: shown to their owners, found again after a restart without any directory, and
//! entered by a list of nodes to begin with.

use serde_json::Value;

use crate::program::until;
use crate::world::{Person, World};

/// What a node says of its link with another, if there is one.
fn link(of: &Person, with: &Person) -> Option<Value> {
    let network = of.get("/network");
    assert_eq!(network["running"], true, "{network}");
    let peers = network["peers"].as_array().unwrap();
    peers.iter().find(|peer| peer["node_id"] == with.node_id && peer["state"] == "active").cloned()
}

#[track_caller]
fn are_neighbours(one: &Person, other: &Person) {
    for (of, with) in [(one, other), (other, one)] {
        until("they are neighbours", || link(of, with).is_some());
    }
}

#[test]
fn neighbours_are_shown_and_found_again_after_a_restart_without_a_directory() {
    let world = World::new();
    let mut directory = world.directory("");
    let (mut ana, mut ben) = world.friends(&directory);
    are_neighbours(&ana, &ben);
    for (of, with) in [(&ana, &ben), (&ben, &ana)] {
        until("a friend is shown as one", || link(of, with).is_some_and(|link| link["why"] == "contact"));
    }
    let shown = link(&ana, &ben).unwrap();
    assert_eq!((&shown["display_name"], &shown["pinned"]), (&"ben".into(), &true.into()), "{shown}");
    assert_eq!(ana.get("/network")["active"], 1);
    let (code, said) = ana.openred(&["peers"]);
    assert!(code == 0 && said.contains(&ben.node_id[..12]) && said.contains(" contact by "), "{said}");
    let (code, said) = ana.openred(&["peers", "--json"]);
    let told: Value = serde_json::from_str(&said).expect(&said);
    assert_eq!((code, &told["peers"][0]["node_id"]), (0, &ben.node_id.as_str().into()), "{said}");
    // Trust by id, and by its beginning as the list shows it.
    let trust = ana.get(&format!("/network/trust/{}", ben.node_id));
    assert_eq!((&trust["contact"], &trust["pinned"]), (&true.into(), &true.into()), "{trust}");
    assert!(trust["trust"]["effective"].as_f64().is_some_and(|trust| trust > 0.0), "{trust}");
    let (code, said) = ana.openred(&["trust", &ben.node_id[..12], "--json"]);
    let told: Value = serde_json::from_str(&said).expect(&said);
    assert_eq!((code, &told["node_id"]), (0, &ben.node_id.as_str().into()), "{said}");
    let nobody = ana.caller.call("GET", "/network/trust/abc", None).unwrap();
    assert_eq!(nobody.status, 422, "{}", nobody.json);
    directory.off();
    ana.off();
    ben.off();
    ana.on();
    ben.on();
    are_neighbours(&ana, &ben);
}

#[test]
fn a_list_of_nodes_to_begin_with_leads_in() {
    let world = World::new();
    let ben = world.person("ben");
    let chloe = world.person_by("chloe", &format!("bootstrap = [\"{}\"]\n", ben.pinned()));
    are_neighbours(&chloe, &ben);
    assert!(chloe.items("/people?list=friends").is_empty(), "she knows nobody");
    assert_eq!(link(&chloe, &ben).unwrap()["why"], "drawn");
    assert_eq!(link(&ben, &chloe).unwrap()["why"], "probation", "a stranger has yet to earn trust");
    let mut chloe = chloe;
    chloe.crash();
    are_neighbours(&chloe, &ben);
}
