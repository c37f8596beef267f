//! A disk that is stolen while the node is off: nothing in the folder says what friends said, who they are and where they
//! live. What stands open on purpose is found by the same search, so the search does find things.

use std::path::Path;

use serde_json::json;

use crate::program::until;
use crate::scan::{Needles, stands_in};
use crate::world::{PASSPHRASE, Person, World};

/// Names long enough to be found by more than chance.
const BEN: &str = "benedikt-wintermorgen-of-the-harbour";
const CHLOE: &str = "chloe-sommerregen-by-the-long-river";
/// Open on purpose: see docs/decisions/0003.
const PUBLIC: &str = "Everybody may read that the lamp is lit.";
/// Everything else that is said in this story.
const SAID: [&str; 8] = [
    "The spare key lies under the third flowerpot.",
    "Grandmother is ill again, and nobody at work may know.",
    "A long letter begins with the train that never came.",
    "Note to myself: the doctor on Thursday at nine.",
    "I would never tell this to anybody but you two.",
    "Then let us meet where the old ferry used to land.",
    "This waits until you are back from the mountains.",
    "We met at the choir; will you be my friend here too?",
];

#[test]
fn a_stolen_disk_reveals_no_content_name_or_contact() {
    let world = World::new();
    let directory = world.directory("");
    let (mut ana, mut ben, chloe) = (world.person("ana"), world.person(BEN), world.person(CHLOE));
    for person in [&ana, &ben, &chloe] {
        person.is_listed(&directory);
    }
    ana.befriends(&ben);
    speak(&ana, &ben, &chloe);
    ben.off();
    ana.posts(SAID[6]);
    until("it waits for ben", || ana.get("/outbox")["waiting"] != 0);
    let words = ana.send("POST", "/identity/words", &json!({"passphrase": PASSPHRASE}))["words"].clone();
    let words: Vec<&str> = words.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let secrets = Secrets::of(&[&ben, &chloe], &words.join(" "));

    // Pulled out of the socket, with a write-ahead log; then switched off in peace.
    ana.program.kill();
    secrets.are_nowhere(&ana);
    ana.on();
    ana.off();
    secrets.are_nowhere(&ana);
}

/// Ana, ben and chloé say something in every way there is.
fn speak(ana: &Person, ben: &Person, chloe: &Person) {
    ana.send("POST", "/posts", &json!({"text": PUBLIC, "visibility": "public"}));
    ana.send("POST", "/posts", &json!({"text": SAID[3], "visibility": "private"}));
    let long = ana.posts(&format!("{} {}", SAID[2], "And so on and on it went. ".repeat(40)));
    let (anas, bens) = (ana.posts(SAID[0]), ben.posts(SAID[1]));
    ana.sees("/feed", "id", &bens);
    ben.sees("/feed", "id", &anas);
    ben.sees("/feed", "id", &long);
    comment(ben, &anas, SAID[4]);
    comment(ana, &bens, SAID[5]);
    let ask = json!({"relationship": "friend", "note": SAID[7]});
    chloe.send("POST", &format!("/people/{}/request", ana.node_id), &ask);
    ana.sees("/people?list=requests", "node_id", &chloe.node_id);
    for (person, post, text) in [(ana, &anas, SAID[4]), (ben, &bens, SAID[5])] {
        until("the comment arrives", || {
            let thread = person.get(&format!("/posts/{post}/thread"));
            thread["comments"].as_array().is_some_and(|all| all.iter().any(|one| one["text"] == text))
        });
    }
}

fn comment(person: &Person, post: &str, text: &str) {
    person.send("POST", &format!("/posts/{post}/comments"), &json!({"text": text}));
}

/// What must not be found, each by a name for the reader of the test.
struct Secrets {
    pieces: Vec<(String, Needles)>,
    addresses: Vec<String>,
}

impl Secrets {
    fn of(contacts: &[&Person], words: &str) -> Self {
        let mut pieces: Vec<(String, Needles)> = Vec::new();
        for text in SAID {
            pieces.push((text.to_owned(), Needles::of(text.as_bytes())));
        }
        for text in ["And so on and on it went. ", words, PASSPHRASE] {
            pieces.push(("words, passphrase or a long text".to_owned(), Needles::of(text.as_bytes())));
        }
        for contact in contacts {
            let id: openred_core::ids::NodeId = contact.node_id.parse().unwrap();
            let base64 = openred_core::ids::B64(id.0.to_vec()).to_string();
            for form in [contact.node_id.as_bytes(), &id.0, base64.as_bytes(), contact.name.as_bytes()] {
                pieces.push((format!("name or id of {}", contact.name), Needles::of(form)));
            }
        }
        let url = |person: &&Person| person.get("/identity")["api_url"].as_str().map(str::to_owned);
        let running = contacts.iter().filter(|person| person.caller.call("GET", "/session", None).is_ok());
        let addresses: Vec<String> = running.filter_map(url).collect();
        assert!(!addresses.is_empty(), "chloé's node runs and has an address");
        Self { pieces, addresses }
    }

    fn are_nowhere(&self, stolen: &Person) {
        for (place, what) in [(&stolen.folder, "folder"), (&stolen.program.log, "log")] {
            for (name, needles) in &self.pieces {
                let found = files(place).into_iter().filter(|file| needles.in_files(file) > 0);
                let found: Vec<String> = found.map(|file| file.display().to_string()).collect();
                assert!(found.is_empty(), "{what}: {name:?} stands open in {found:?}");
            }
            for address in &self.addresses {
                let address = address.trim_start_matches("http://");
                assert!(!stands_in(place, address.as_bytes()), "{what}: the address {address} stands open");
            }
        }
        let open = Needles::of(PUBLIC.as_bytes());
        assert!(open.in_files(&stolen.folder) > 0, "the search finds what lies open on purpose");
        assert!(stands_in(&stolen.folder, stolen.node_id.as_bytes()), "and whose node it is");
    }
}

/// All files of a folder, or the file.
fn files(place: &Path) -> Vec<std::path::PathBuf> {
    if !place.is_dir() {
        return vec![place.to_owned()];
    }
    std::fs::read_dir(place).unwrap().flat_map(|entry| files(&entry.unwrap().path())).collect()
}
