//! Twelve people who write to their friends and groups, one message after the other; each is tried again until the writer's own node
//! says that it has it, or that nothing can be said there. Must not know: what is done to the nodes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openred_core::ids::Id16;
use serde_json::json;

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
    /// Friends and groups: numbers and ids.
    pub(super) conversations: Vec<(usize, String)>,
}

/// What was said in one direction, or to all friends: 0, 1, 2 …
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The own node has answered 201.
    pub(super) accepted: Vec<u32>,
    /// How many were tried at all: one more when the last was given up.
    pub(super) offered: u32,
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
                let (to, id) = &self.conversations[round as usize % self.conversations.len()];
                let said = sayings.to.entry(*to).or_default();
                let n = said.offered;
                insist(over, said, || self.writes(*to, id, n));
            }
            std::thread::sleep(PAUSE);
        }
        sayings
    }

    /// One message more in each group; groups are numbered from `groups` on.
    pub(super) fn last_words(&self, groups: usize, sayings: &mut Sayings) {
        for (to, id) in self.conversations.iter().filter(|(to, _)| *to >= groups) {
            let said = sayings.to.entry(*to).or_default();
            let n = said.offered;
            insist(&AtomicBool::new(false), said, || self.writes(*to, id, n));
        }
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

/// Tries until it is taken, refused or over.
fn insist(over: &AtomicBool, said: &mut Said, is_taken: impl Fn() -> Option<bool>) {
    let n = said.offered;
    said.offered += 1;
    loop {
        match is_taken() {
            Some(true) => return said.accepted.push(n),
            Some(false) => return,
            None if over.load(Ordering::SeqCst) => return,
            None => std::thread::sleep(AGAIN),
        }
    }
}

/// The name of a message: the same one each time it is tried.
fn named(from: usize, to: usize, n: u32) -> String {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&(from as u32).to_be_bytes());
    id[4..8].copy_from_slice(&(to as u32).to_be_bytes());
    id[8..12].copy_from_slice(&n.to_be_bytes());
    Id16(id).to_string()
}
