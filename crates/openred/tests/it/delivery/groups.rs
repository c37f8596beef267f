//! Groups of three to five of the twelve: who is in them, who goes and comes while everybody talks and two administrators change
//! them, and what each member must show then. Must not know: how changes are put in order, nor what fails meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::verdict::Verdict;
use super::writers::{Said, Sayings, message};
use super::{PEOPLE, number, whole};
use crate::caller::Caller;
use crate::program::until;
use crate::world::Person;

/// Between two changes of a group.
const PAUSE: Duration = Duration::from_millis(2_500);
/// When a node does not answer.
const AGAIN: Duration = Duration::from_millis(150);

/// Who is in a group. Its founder is a friend of all of them; few of the others know each other.
struct Cast {
    founder: usize,
    /// Administrator too, who gives it other names while the founder changes who is in it.
    second: usize,
    others: &'static [usize],
    /// Is removed and added again, over and over.
    mover: usize,
}

const CASTS: [Cast; 3] = [
    Cast { founder: 0, second: 1, others: &[11], mover: 4 },
    Cast { founder: 5, second: 6, others: &[4, 1], mover: 9 },
    Cast { founder: 10, second: 11, others: &[], mover: 2 },
];

/// A group that stands.
pub(super) struct Group {
    /// As writers call it: beyond the numbers of people.
    pub(super) no: usize,
    pub(super) id: String,
    cast: &'static Cast,
    /// In the order of [`Cast::people`].
    callers: Vec<Arc<Caller>>,
    /// Node ids, likewise.
    ids: Vec<String>,
}

/// How a group was changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) removed: u64,
    pub(super) added: u64,
    pub(super) renamed: u64,
    /// By author: what its author was told that everybody has, before the mover was removed.
    told: BTreeMap<usize, BTreeSet<u32>>,
}

impl Cast {
    /// Everybody, the founder first.
    fn people(&self) -> Vec<usize> {
        [&[self.founder, self.second], self.others, &[self.mover]].concat()
    }
}

/// Makes the groups, and waits until all are in them.
pub(super) fn made(people: &[Person]) -> Vec<Group> {
    let groups: Vec<Group> =
        CASTS.iter().enumerate().map(|(at, cast)| Group::made(at, cast, people)).collect();
    for group in &groups {
        let all = group.cast.people();
        let ids: BTreeSet<&str> = group.ids.iter().map(String::as_str).collect();
        for &one in &all {
            until("everybody is in the group", || {
                let seen = people[one].caller.call("GET", &format!("/groups/{}", group.id), None).unwrap();
                seen.status == 200 && members(&seen.json) == ids
            });
        }
        let path = format!("/groups/{}/members/{}/role", group.id, group.ids[1]);
        people[all[0]].send("PUT", &path, &json!({"role": "admin"}));
        until("the second may change it", || {
            people[all[1]].get(&format!("/groups/{}", group.id))["may_change"] == true
        });
    }
    groups
}

/// Its author is told that everybody has it.
fn is_there(item: &Value) -> bool {
    item["mine"] == true && (item["state"] == "delivered" || item["state"] == "read")
}

/// Who is in it, as somebody sees it.
fn members(seen: &Value) -> BTreeSet<&str> {
    let all = seen["members"].as_array().into_iter().flatten().filter(|one| one["state"] == "member");
    all.filter_map(|one| one["node_id"].as_str()).collect()
}

impl Group {
    fn made(at: usize, cast: &'static Cast, people: &[Person]) -> Self {
        let all = cast.people();
        let ids: Vec<String> = all.iter().map(|one| people[*one].node_id.clone()).collect();
        let body = json!({"name": "Bakery", "people": &ids[1..]});
        let made = people[cast.founder].send("POST", "/groups", &body);
        let callers = all.iter().map(|one| Arc::clone(&people[*one].caller)).collect();
        Self { no: PEOPLE + at, id: made["id"].as_str().unwrap().to_owned(), cast, callers, ids }
    }

    /// Whether this person writes in it, now and then.
    pub(super) fn has(&self, person: usize) -> bool {
        self.cast.people().contains(&person)
    }

    /// Node id of who comes and goes, unless it is this person.
    pub(super) fn mover_beside(&self, person: usize) -> Option<String> {
        (person != self.cast.mover).then(|| self.mover().to_owned())
    }

    fn mover(&self) -> &str {
        &self.ids[self.ids.len() - 1]
    }

    /// Changes it until it is over: the mover goes and comes, and names are given at the same time.
    pub(super) fn changes(&self, over: &AtomicBool) -> Changes {
        let (mut done, path) = (Changes::default(), format!("/groups/{}", self.id));
        let (one, all) = (format!("{path}/members/{}", self.mover()), format!("{path}/members"));
        let new = json!({"people": [self.mover()]});
        while !over.load(Ordering::SeqCst) {
            let told = self.told();
            if self.insists(over, 0, ("DELETE", &one), None) {
                done.removed += 1;
                for (author, numbers) in told {
                    done.told.entry(author).or_default().extend(numbers);
                }
            }
            done.renamed += u64::from(self.rename(over, done.renamed));
            self.waits(over, |seen| !members(seen).contains(self.mover()));
            std::thread::sleep(PAUSE);
            done.added += u64::from(self.insists(over, 0, ("POST", &all), Some(&new)));
            done.renamed += u64::from(self.rename(over, done.renamed));
            self.waits(over, |seen| members(seen).contains(self.mover()));
            std::thread::sleep(PAUSE);
        }
        done
    }

    /// The second administrator gives it another name, whatever the founder does.
    fn rename(&self, over: &AtomicBool, times: u64) -> bool {
        let body = json!({"name": format!("Bakery {times}")});
        self.insists(over, 1, ("PATCH", &format!("/groups/{}", self.id)), Some(&body))
    }

    /// Tries until somebody's own node has it, also when it had it before; false: it is over.
    fn insists(
        &self,
        over: &AtomicBool,
        by: usize,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> bool {
        while !over.load(Ordering::SeqCst) {
            match self.callers[by].call(method, path, body) {
                Ok(answer) if matches!(answer.status, 200 | 404 | 409) => return true,
                _ => std::thread::sleep(AGAIN),
            }
        }
        false
    }

    /// Until the founder sees it so, or it is over.
    fn waits(&self, over: &AtomicBool, is_so: impl Fn(&Value) -> bool) {
        let seen = || self.callers[0].call("GET", &format!("/groups/{}", self.id), None);
        while !over.load(Ordering::SeqCst)
            && !seen().is_ok_and(|seen| seen.status == 200 && is_so(&seen.json))
        {
            std::thread::sleep(AGAIN);
        }
    }

    /// What those whose nodes answer are told that everybody has.
    fn told(&self) -> BTreeMap<usize, BTreeSet<u32>> {
        let people = self.cast.people();
        let others = people.iter().zip(&self.callers).filter(|(one, _)| **one != self.cast.mover);
        let lists = others.filter_map(|(&author, caller)| {
            let path = format!("/chats/{}/messages?limit=200", self.id);
            let page = caller.call("GET", &path, None).ok()?.json;
            let story: Vec<Value> = page["items"].as_array()?.iter().rev().cloned().collect();
            // What the mover missed before it went the last time is not for it any more.
            let now = self.stay(author, &story).now;
            let delivered = story.iter().filter(|one| is_there(one)).filter_map(|one| self.nth(author, one));
            Some((author, delivered.filter(|n| now.contains(n)).collect()))
        });
        lists.collect()
    }

    /// Which message of this author it is.
    fn nth(&self, author: usize, item: &Value) -> Option<u32> {
        number(item["text"].as_str()?, |n| message(author, self.no, n))
    }

    /// What all of it comes to. A node may hold what it has acknowledged until the change before it comes: only in the end is a
    /// receipt for what is not shown a loss.
    pub(super) fn judged(
        &self,
        eyes: &[Caller],
        sayings: &[Sayings],
        done: &Changes,
        in_the_end: bool,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        let people = self.cast.people();
        let stories: Vec<Vec<Value>> = people.iter().map(|one| whole(&eyes[*one], &self.id)).collect();
        let seen: Vec<Value> = people.iter().map(|one| self.seen(&eyes[*one])).collect();
        let mover_is_in = members(&seen[0]).contains(self.mover());
        for (from, &author) in people.iter().enumerate() {
            let none = Said::default();
            let said = sayings[author].to.get(&self.no).unwrap_or(&none);
            let stay = self.stay(author, &stories[from]);
            for (to, _) in people.iter().enumerate().filter(|(to, _)| *to != from) {
                let is_his = |one: &&Value| one["author"]["node_id"] == self.ids[from].as_str();
                let shown = stories[to].iter().filter(|one| one["kind"] == "message").filter(is_his);
                let shown: Vec<Option<u32>> = shown.map(|one| self.nth(author, one)).collect();
                let before = done.told.get(&author).filter(|_| people[to] == self.cast.mover);
                let mut told: Vec<u32> = before.into_iter().flatten().copied().collect();
                told.retain(|n| !stay.out.contains(n));
                let mut due = said.clone();
                if people[to] == self.cast.mover {
                    due.accepted.retain(|n| told.contains(n) || (mover_is_in && stay.now.contains(n)));
                    for n in shown.iter().flatten() {
                        let leaks = said.without.contains(n);
                        verdict.leaked += u64::from(leaks);
                        verdict.kept_by_branch += u64::from(!leaks && stay.out.contains(n));
                    }
                } else if author == self.cast.mover && !mover_is_in {
                    due.accepted.clear();
                }
                let arrived = stories[from].iter().filter(|one| in_the_end && is_there(one));
                told.extend(arrived.filter_map(|one| self.nth(author, one)));
                verdict.look((author, people[to], self.no), &due, &shown, &told, true);
            }
        }
        (verdict.late, verdict.waiting) = (verdict.waiting, 0);
        verdict.torn = u64::from(!self.is_one(&seen));
        verdict
    }

    fn seen(&self, eyes: &Caller) -> Value {
        eyes.call("GET", &format!("/groups/{}", self.id), None).unwrap().json
    }

    /// All who are in it see the same name and members; who is not knows that.
    fn is_one(&self, seen: &[Value]) -> bool {
        let (first, inside) = (&seen[0], members(&seen[0]));
        self.ids.iter().zip(seen).all(|(id, one)| {
            if !inside.contains(id.as_str()) {
                return one["role"] == "none";
            }
            let waits = one["waiting"].as_array().is_none_or(|all| !all.is_empty());
            one["name"] == first["name"] && members(one) == inside && !waits
        })
    }

    /// What an author said while the mover was out, and since it is in, by the author's own screen.
    fn stay(&self, author: usize, story: &[Value]) -> Stay {
        let (mut stay, mut is_in) = (Stay::default(), true);
        for item in story {
            let note = &item["note"];
            let people = note["people"].as_array().into_iter().flatten();
            if people.into_iter().any(|one| one["node_id"] == self.mover()) {
                match note["what"].as_str() {
                    Some("added") => is_in = true,
                    Some("removed" | "left") => {
                        is_in = false;
                        stay.now.clear();
                    }
                    _ => {}
                }
            }
            if item["kind"] == "message" && item["mine"] == true {
                let into = if is_in { &mut stay.now } else { &mut stay.out };
                into.extend(self.nth(author, item));
            }
        }
        stay
    }
}

#[derive(Default)]
struct Stay {
    now: BTreeSet<u32>,
    out: BTreeSet<u32>,
}
