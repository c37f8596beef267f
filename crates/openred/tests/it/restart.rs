//! `kill -9` of node, keeper and directory at moments that nobody chose: everything acknowledged is there, on both
//! sides, and nothing is there twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::caller::Caller;
use crate::program::{PATIENCE_MS, now_ms, signal, until};
use crate::world::{Person, World};

/// How many moments; `OPENRED_CRASHES` asks for more.
const CRASHES: u64 = 50;

/// Who is hit.
#[derive(Debug, Clone, Copy)]
enum Hit {
    AnasNode,
    BensNode,
    AnasKeeper,
    BensKeeper,
    Directory,
}

const HITS: [Hit; 5] = [Hit::AnasNode, Hit::BensNode, Hit::AnasKeeper, Hit::BensKeeper, Hit::Directory];

/// A small generator, so that a run can be repeated: SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn what_was_acknowledged_survives_and_nothing_happens_twice() {
    let clock = openred_service::lifecycle::Clock::System.now_ms();
    let (crashes, seed) =
        (from_environment("OPENRED_CRASHES", CRASHES), from_environment("OPENRED_SEED", clock));
    let told = format!("{crashes} crashes, OPENRED_SEED={seed}\n");
    std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes()).unwrap();
    let mut dice = Dice(seed);
    let world = World::new();
    let mut directory = world.directory("");
    let (mut ana, mut ben) = world.friends(&directory);
    let first = ana.posts("before everything");
    ben.sees("/feed", "id", &first);

    let (mut said, mut repeated) = (Said::default(), 0);
    for moment in 0..crashes {
        let hit = HITS[(moment % 5) as usize];
        let wait = Duration::from_micros(dice.roll(80_000));
        let strike = || match hit {
            Hit::AnasNode => signal(ana.program.id(), "-9"),
            Hit::BensNode => signal(ben.program.id(), "-9"),
            Hit::AnasKeeper => signal(ana.program.keeper().expect("a keeper"), "-9"),
            Hit::BensKeeper => signal(ben.program.keeper().expect("a keeper"), "-9"),
            Hit::Directory => signal(directory.program.id(), "-9"),
        };
        said.meanwhile(moment, [&ana.caller, &ben.caller], &first, || {
            thread::sleep(wait);
            strike();
        });
        match hit {
            Hit::AnasNode => ana.crash(),
            Hit::BensNode => ben.crash(),
            Hit::AnasKeeper => came_back(&ana),
            Hit::BensKeeper => came_back(&ben),
            Hit::Directory => directory.crash(),
        }
        repeated += said.again([&ana.caller, &ben.caller], &first);
    }
    let posts = said.posts[0].len() + said.posts[1].len();
    let told = format!("{posts} posts, {} comments; {repeated} had to be said again\n", said.comments.len());
    std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes()).unwrap();
    assert!(repeated > 0, "no crash hit anything: the test proves nothing");
    said.is_everywhere_once(&ana, &ben, &first);
}

/// The node started another key process; its owner logs in again.
fn came_back(person: &Person) {
    until("the node is locked", || person.session()["phase"] == "locked");
    person.log_in();
}

/// Everything that somebody said, by its text, with the id that was acknowledged.
#[derive(Default)]
struct Said {
    posts: [BTreeMap<String, Option<String>>; 2],
    comments: BTreeMap<String, Option<String>>,
}

impl Said {
    /// Ana and ben post, ben comments, while `strike` does its work; then they fall silent.
    fn meanwhile(&mut self, moment: u64, callers: [&Caller; 2], first: &str, strike: impl FnOnce()) {
        let quiet = AtomicBool::new(false);
        thread::scope(|scope| {
            let post = |who: usize| {
                let quiet = &quiet;
                move || {
                    let mut acknowledged = Vec::new();
                    for n in 0..200 {
                        if quiet.load(Ordering::SeqCst) {
                            break;
                        }
                        let text = format!("post {who} {moment} {n}");
                        let id = try_post(callers[who], &text);
                        acknowledged.push((text, id));
                    }
                    acknowledged
                }
            };
            let (ana, ben) = (scope.spawn(post(0)), scope.spawn(post(1)));
            let quiet = &quiet;
            let commenting = scope.spawn(move || {
                let text = format!("comment {moment}");
                let id = try_comment(callers[1], first, &text);
                (text, id)
            });
            strike();
            quiet.store(true, Ordering::SeqCst);
            self.posts[0].extend(ana.join().unwrap());
            self.posts[1].extend(ben.join().unwrap());
            self.comments.extend([commenting.join().unwrap()]);
        });
    }

    /// What was not acknowledged is said again with the same key, as the app does, until it is. How much that was.
    fn again(&mut self, callers: [&Caller; 2], first: &str) -> usize {
        let all = self.posts.iter().flatten().chain(&self.comments);
        let lost = all.filter(|(_, id)| id.is_none()).count();
        let end = now_ms() + 60_000;
        for (caller, posts) in callers.into_iter().zip(&mut self.posts) {
            for (text, id) in posts.iter_mut().filter(|(_, id)| id.is_none()) {
                while id.is_none() {
                    assert!(now_ms() < end, "{text:?} is never taken");
                    *id = try_post(caller, text);
                }
            }
        }
        // A comment has no such key: what was not acknowledged is looked for before it is said again.
        for (text, id) in self.comments.iter_mut().filter(|(_, id)| id.is_none()) {
            let path = format!("/posts/{first}/thread");
            let thread = callers[1].call("GET", &path, None).unwrap().json;
            let comments = thread["comments"].as_array().cloned().unwrap_or_default();
            let found = comments.iter().find(|one| one["text"] == text.as_str());
            *id = found.and_then(|one| one["id"].as_str().map(str::to_owned));
            while id.is_none() {
                assert!(now_ms() < end, "{text:?} is never taken");
                *id = try_comment(callers[1], first, text);
            }
        }
        lost
    }

    /// What is acknowledged by one and missing at the other, and what the sender says about it.
    fn missing(&self, people: [&Person; 2]) -> String {
        let mut told = String::new();
        for (who, person) in people.into_iter().enumerate() {
            let other = people[1 - who];
            let shown: Vec<String> = other.whole_feed().iter().map(|post| post["id"].to_string()).collect();
            for (text, id) in &self.posts[who] {
                let id = id.clone().unwrap();
                if !shown.contains(&format!("\"{id}\"")) {
                    let delivery = &person.get(&format!("/posts/{id}"))["delivery"];
                    told += &format!("{text:?} {id} is not on the node of {}: {delivery}\n", other.name);
                }
            }
            told += &format!("outbox of {}: {}\n", person.name, person.get("/outbox"));
            told += &format!("status of {}: {}\n", person.name, person.get("/status"));
        }
        told
    }

    fn is_everywhere_once(&self, ana: &Person, ben: &Person, first: &str) {
        let count = self.posts[0].len() + self.posts[1].len() + 1;
        let end = now_ms() + PATIENCE_MS;
        while [ana, ben].iter().any(|person| person.whole_feed().len() < count) {
            assert!(now_ms() < end, "not everything is on both nodes:\n{}", self.missing([ana, ben]));
            thread::sleep(Duration::from_millis(20));
        }
        for person in [ana, ben] {
            let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for post in person.whole_feed() {
                let (text, id) = (post["text"].as_str().unwrap(), post["id"].as_str().unwrap());
                shown.entry(text.to_owned()).or_default().push(id.to_owned());
            }
            for (text, id) in self.posts.iter().flatten() {
                let ids = shown.get(text).map_or(&[][..], Vec::as_slice);
                assert_eq!(ids, [id.clone().unwrap()], "{text:?} on the node of {}", person.name);
            }
            assert_eq!(shown.len(), count, "nothing else is on the node of {}", person.name);
        }
        let texts = |person: &Person| {
            let thread = person.get(&format!("/posts/{first}/thread"));
            let comments = thread["comments"].as_array().cloned().unwrap_or_default();
            let mut texts: Vec<_> =
                comments.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect();
            texts.sort();
            texts
        };
        let mut expected: Vec<String> = self.comments.keys().cloned().collect();
        expected.sort();
        until("every comment is on ana's node", || texts(ana).len() >= expected.len());
        assert_eq!((texts(ana), texts(ben)), (expected.clone(), expected), "each comment once");
    }
}

/// The id of a post that was acknowledged.
fn try_post(caller: &Caller, text: &str) -> Option<String> {
    let body = json!({"text": text, "visibility": "friends"});
    let key = [("idempotency-key", text)];
    let answer = caller.call_with("POST", "/posts", Some(&body), &key).ok()?;
    id_of(&answer)
}

fn try_comment(caller: &Caller, post: &str, text: &str) -> Option<String> {
    let answer =
        caller.call("POST", &format!("/posts/{post}/comments"), Some(&json!({"text": text}))).ok()?;
    id_of(&answer)
}

fn id_of(answer: &crate::caller::Answer) -> Option<String> {
    let made = answer.status == 201 || answer.status == 200;
    answer.json["id"].as_str().filter(|_| made).map(str::to_owned)
}
