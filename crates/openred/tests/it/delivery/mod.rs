//! Twelve people's nodes, two relays and a directory, while nodes are killed and switched off, servers restarted, one relay
//! swallows what it is given and the other says everything twice. People write messages and posts all the time; what their own
//! nodes accepted is compared with what fresh clients of their friends' nodes show.
//!
//! A minute and a half otherwise (`trial` says how it is made longer). Must not know: how anything is delivered.

mod crooked;
mod verdict;
mod weather;
mod writers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::caller::Caller;
use crate::program::{now_ms, until};
use crate::trial::{alone, minutes_or, tell};
use crate::world::{Person, Server, World, get};
use crooked::{Crooked, Way};
use verdict::Verdict;
use weather::Everything;
use writers::{Said, Sayings, Writer, message, post};

const PEOPLE: usize = 12;
/// Who is whose friend: with the next, and with the fourth after.
const STEPS: [usize; 2] = [1, 4];
/// When the weather is fine again, all must have arrived within so long.
const PATIENCE_MS: u64 = 180_000;
/// Messages are asked for by pages.
const PAGE: usize = 200;

#[test]
fn what_people_wrote_arrives_once_and_in_order_though_everything_fails() {
    let _alone = alone();
    let minutes = minutes_or(1.5);
    let world = World::new();
    let (mut directory, mut first, mut second) =
        (world.directory(""), world.relay(), world.server_named("relay-2", "relay"));
    let doors = [Crooked::new(&first.url, Way::Straight), Crooked::new(&second.url, Way::Straight)];
    let relays = [doors[0].pinned(&first), doors[1].pinned(&second)];
    let mut people = crowd(&world, &directory, &relays);
    doors[1].goes(Way::Twice);

    let over = AtomicBool::new(false);
    let writers: Vec<Writer> = (0..PEOPLE).map(|no| writer(&people, no)).collect();
    let (blows, sayings) = std::thread::scope(|scope| {
        let (over, until_the_end) = (&over, Over(&over));
        let work = |writer| scope.spawn(move || Writer::work(writer, over));
        let writing: Vec<_> = writers.iter().map(work).collect();
        let mut all = Everything {
            people: &mut people,
            relays: [&mut first, &mut second],
            directory: &mut directory,
            hole: &doors[0],
        };
        let blows = weather::bad(&mut all, (minutes * 60_000.0) as u64);
        drop(until_the_end);
        (blows, writing.into_iter().map(|one| one.join().unwrap()).collect::<Vec<Sayings>>())
    });
    // What is marked as arrived must be there, also while much is still on its way.
    let at_once = judged(&people, &sayings);
    let (begun, mut at_last) = (now_ms(), at_once);
    while at_last.waiting > 0 && now_ms() < begun + PATIENCE_MS {
        at_last = judged(&people, &sayings);
    }
    tell(&json!({
        "minutes": minutes, "nodes": PEOPLE, "relays": 2, "accepted": at_last.accepted,
        "nodes_killed": blows.killed, "nodes_switched_off": blows.switched_off, "relays_killed": blows.relays,
        "directories_killed": blows.directories, "black_holes": blows.holes,
        "lost": at_last.lost, "doubled": at_last.doubled, "disordered": at_last.disordered, "phantom": at_last.phantom,
        "waiting_when_it_was_over": at_once.waiting, "settled_after_ms": now_ms() - begun, "waiting": at_last.waiting,
    }));
    assert!(blows.killed > 3 && blows.switched_off > 3 && blows.relays > 1 && blows.holes > 0, "{blows:?}");
    assert_eq!(at_once.faults(), [0; 4], "lost, doubled, out of order, never written: {at_once:?}");
    assert_eq!((at_last.faults(), at_last.waiting), ([0; 4], 0), "{at_last:?}");
    assert!(at_last.accepted > 100, "{at_last:?}");
}

/// Ends the writers' work, however the weather ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Crooked {
    /// Its address with the id of the relay behind it.
    fn pinned(&self, relay: &Server) -> String {
        let pinned = relay.pinned();
        format!("{}#{}", self.url, pinned.split('#').nth(1).unwrap())
    }
}

/// Twelve who are listed, take mail at one relay or both, and know each other.
fn crowd(world: &World, directory: &Server, relays: &[String; 2]) -> Vec<Person> {
    let people: Vec<Person> = (0..PEOPLE).map(|no| world.person(&format!("person-{no}"))).collect();
    for (no, person) in people.iter().enumerate() {
        person.is_listed(directory);
        let own = match no % 3 {
            0 => &relays[..1],
            1 => &relays[1..],
            _ => &relays[..],
        };
        person.send("PATCH", "/settings", &json!({"relays": own, "undo_send_s": 0}));
        let url = format!("{}/api/v3/nodes/discover?id={}", directory.url, person.node_id);
        let has_relay = || get(&url).is_some_and(|found| !found["nodes"][0].is_null());
        until("its relays take mail", || {
            let status = person.get("/status");
            let all = status["relays"].as_array().unwrap();
            all.len() == own.len() && all.iter().all(|one| one["state"] == "ok") && has_relay()
        });
    }
    for no in 0..PEOPLE {
        for step in STEPS {
            people[no].befriends(&people[(no + step) % PEOPLE]);
        }
    }
    people
}

fn writer(people: &[Person], no: usize) -> Writer {
    let near = STEPS.iter().flat_map(|step| [(no + step) % PEOPLE, (no + PEOPLE - step) % PEOPLE]);
    let friends = near.map(|friend| (friend, people[friend].node_id.clone())).collect();
    Writer { no, caller: Arc::clone(&people[no].caller), friends }
}

/// Looks at all of it with fresh eyes. The writers' side is read first: what they are told has arrived must be there after that.
fn judged(people: &[Person], sayings: &[Sayings]) -> Verdict {
    let eyes: Vec<Caller> = people.iter().map(Person::fresh_eyes).collect();
    let mut verdict = Verdict::default();
    for (from, of_them) in sayings.iter().enumerate() {
        for (&to, said) in &of_them.to {
            let arrived = conversation(&eyes[from], &people[to].node_id, |one| {
                one["mine"] == true && (one["state"] == "delivered" || one["state"] == "read")
            });
            let arrived: Vec<u32> =
                arrived.iter().filter_map(|text| number(text, |n| message(from, to, n))).collect();
            let shown = conversation(&eyes[to], &people[from].node_id, |one| one["mine"] == false);
            let shown: Vec<_> = shown.iter().map(|text| number(text, |n| message(from, to, n))).collect();
            verdict.look(said, &shown, &arrived, true);
        }
        feeds(&mut verdict, &eyes, people, (from, &of_them.posts));
    }
    verdict
}

/// The posts of one person in the feeds of their friends. A feed is in the order of time.
fn feeds(verdict: &mut Verdict, eyes: &[Caller], people: &[Person], (from, said): (usize, &Said)) {
    for (to, _) in writer(people, from).friends {
        let all = feed(&eyes[to]).into_iter().filter(|text| text.starts_with(&format!("{from} to all,")));
        let shown: Vec<_> = all.map(|text| number(&text, |n| post(from, n))).collect();
        verdict.look(said, &shown, &[], false);
    }
}

/// Texts of a conversation, the oldest first.
fn conversation(eyes: &Caller, with: &str, is_asked: impl Fn(&serde_json::Value) -> bool) -> Vec<String> {
    let (mut all, mut before) = (Vec::new(), i64::MAX);
    loop {
        let path = format!("/chats/{with}/messages?limit={PAGE}&before={before}");
        let page = eyes.call("GET", &path, None).unwrap().json;
        let items = page["items"].as_array().unwrap_or_else(|| panic!("no page of messages: {page}")).clone();
        let Some(last) = items.last() else { break };
        before = last["number"].as_i64().unwrap();
        all.extend(
            items.iter().filter(|one| is_asked(one)).map(|one| one["text"].as_str().unwrap().to_owned()),
        );
    }
    all.reverse();
    all
}

fn feed(eyes: &Caller) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = eyes.call("GET", &format!("/feed?filter=everyone&limit=50{after}"), None).unwrap().json;
        let items = page["items"].as_array().unwrap_or_else(|| panic!("no page of the feed: {page}")).clone();
        all.extend(items.iter().filter_map(|one| Some(one["text"].as_str()?.to_owned())));
        let Some(next) = page["next"].as_str() else { return all };
        after = format!("&after={next}");
    }
}

/// Which one this is.
fn number(text: &str, nth: impl Fn(u32) -> String) -> Option<u32> {
    let n = text.rsplit(' ').next()?.parse().ok()?;
    (nth(n) == text).then_some(n)
}
