//! Twelve people who write to their friends and groups, one message after the other; each is tried again until the writer's own node
//! says that it has it, or that nothing can be said there. Must not know: what is done to the nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openred_core::ids::Id16;
use serde_json::{Value, json};

use crate::caller::Caller;

/// Somebody writes so often.
const PAUSE: Duration = Duration::from_millis(700);
/// When the own node does not take it.
const AGAIN: Duration = Duration::from_millis(150);
/// Every so manieth thing that somebody says is a post for all friends.
const POST_EVERY: u32 = 6;

/// Who writes.
pub(super) struct Writer {
    pub(super) no: usize,
    pub(super) caller: Arc<Caller>,
    /// Friends and groups.
    pub(super) conversations: Vec<Conversation>,
}

/// With a friend, or in a group.
pub(super) struct Conversation {
    /// Of the friend; of groups beyond the numbers of people.
    pub(super) no: usize,
    pub(super) id: String,
    /// Node id of who is removed from the group and added again, unless it is the writer.
    pub(super) mover: Option<String>,
}

/// What was said in one direction, or to all friends: 0, 1, 2 …
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The own node has answered 201.
    pub(super) accepted: Vec<u32>,
    /// How many were tried at all: one more when the last was given up.
    pub(super) offered: u32,
    /// Of a group: said while, by the writer's own node, who comes and goes was out.
    pub(super) without: BTreeSet<u32>,
}

/// All that somebody said.
#[derive(Debug, Default)]
pub(super) struct Sayings {
    pub(super) to: BTreeMap<usize, Said>,
    pub(super) posts: Said,
}

/// The text of a message.
pub(super) fn message(from: usize, to: usize, n: u32) -> String {
    format!("{from} to {to}, number {n}")
}

/// The text of a post.
pub(super) fn post(from: usize, n: u32) -> String {
    format!("{from} to all, number {n}")
}

impl Writer {
    /// Writes until it is over. What is under way then is given up, unless it was taken.
    pub(super) fn work(&self, over: &AtomicBool) -> Sayings {
        let mut sayings = Sayings::default();
        for round in 0_u32.. {
            if over.load(Ordering::SeqCst) {
                break;
            }
            if (round + 1).is_multiple_of(POST_EVERY) {
                let n = sayings.posts.offered;
                insist(over, &mut sayings.posts, || self.posts(n));
            } else {
                let to = &self.conversations[round as usize % self.conversations.len()];
                self.says(over, to, sayings.to.entry(to.no).or_default());
            }
            std::thread::sleep(PAUSE);
        }
        sayings
    }

    /// One message more in each group; groups are numbered from `groups` on.
    pub(super) fn last_words(&self, groups: usize, sayings: &mut Sayings) {
        for to in self.conversations.iter().filter(|to| to.no >= groups) {
            self.says(&AtomicBool::new(false), to, sayings.to.entry(to.no).or_default());
        }
    }

    /// One message. Who is out before it, and after it was taken at the first try, was out when it was said.
    fn says(&self, over: &AtomicBool, to: &Conversation, said: &mut Said) {
        let (n, is_out) =
            (said.offered, || to.mover.as_ref().is_some_and(|mover| self.is_out(&to.id, mover)));
        let was_out = is_out();
        if insist(over, said, || self.writes(to.no, &to.id, n)) == Some(1) && was_out && is_out() {
            said.without.insert(n);
        }
    }

    /// Whether the writer's own node has somebody in a group no more, nor about to go.
    fn is_out(&self, group: &str, who: &str) -> bool {
        let Ok(seen) = self.caller.call("GET", &format!("/groups/{group}"), None) else { return false };
        let is_in = |one: &Value| one["node_id"] == who && one["state"] != "adding";
        seen.json["members"].as_array().is_some_and(|all| !all.iter().any(is_in))
    }

    fn writes(&self, to: usize, id: &str, n: u32) -> Option<bool> {
        let body = json!({"id": named(self.no, to, n), "text": message(self.no, to, n)});
        let answer = self.caller.call("POST", &format!("/chats/{id}/messages"), Some(&body)).ok()?;
        match (answer.status, answer.json["code"].as_str()) {
            (201, _) => Some(true),
            (_, Some("refused")) => Some(false),
            _ => None,
        }
    }

    fn posts(&self, n: u32) -> Option<bool> {
        let body = json!({"text": post(self.no, n), "visibility": "friends"});
        let key = [("idempotency-key", named(self.no, usize::MAX, n))];
        let headers = key.each_ref().map(|(name, value)| (*name, value.as_str()));
        let told = self.caller.call_with("POST", "/posts", Some(&body), &headers);
        told.is_ok_and(|answer| (200..300).contains(&answer.status)).then_some(true)
    }
}

/// Tries until it is taken, refused or over; how often, when it was taken.
fn insist(over: &AtomicBool, said: &mut Said, is_taken: impl Fn() -> Option<bool>) -> Option<u32> {
    let n = said.offered;
    said.offered += 1;
    for tries in 1.. {
        match is_taken() {
            Some(true) => {
                said.accepted.push(n);
                return Some(tries);
            }
            Some(false) => return None,
            None if over.load(Ordering::SeqCst) => return None,
            None => std::thread::sleep(AGAIN),
        }
    }
    None
}

/// The name of a message: the same one each time it is tried.
fn named(from: usize, to: usize, n: u32) -> String {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&(from as u32).to_be_bytes());
    id[4..8].copy_from_slice(&(to as u32).to_be_bytes());
    id[8..12].copy_from_slice(&n.to_be_bytes());
    Id16(id).to_string()
}
