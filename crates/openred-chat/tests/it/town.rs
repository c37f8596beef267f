//! People with identities, leaves and rows, and the clock and logs that they share.

use std::cell::Cell;
use std::collections::BTreeMap;

use ed25519_dalek::Signer as _;
use openred_chat::{
    Applied, Cause, Changed, Chat, ChatError, Commit, Group, Leaf, Lent, LogKey, Logs, MemoryRows, Message,
    Randomness, Rows, Settings, Suite,
};
use openred_core::ids::{Id16, NodeId};
use openred_core::sign::{Label, PublicKey, SigningKey};

pub(crate) const START_S: u64 = 1_790_000_000;
pub(crate) const DAY_S: u64 = 86_400;

/// The clock, and the newest logs, which everybody knows.
pub(crate) struct Town {
    pub(crate) now_s: Cell<u64>,
    pub(crate) logs: BTreeMap<NodeId, Vec<PublicKey>>,
}

/// Somebody with one installation.
pub(crate) struct Person {
    pub(crate) id: NodeId,
    pub(crate) identity: SigningKey,
    pub(crate) key: ed25519_dalek::SigningKey,
    pub(crate) leaf: Leaf,
    pub(crate) rows: MemoryRows,
    pub(crate) random: Randomness,
}

impl Logs for Town {
    fn key_at(&self, node_id: &NodeId, log_seq: u32) -> Result<LogKey, Cause> {
        let Some(log) = self.logs.get(node_id) else { return Ok(LogKey::Unknown) };
        let at = log_seq as usize;
        Ok(match log.get(at) {
            Some(key) if at + 1 == log.len() => LogKey::Newest(*key),
            Some(key) => LogKey::Superseded(*key),
            None => LogKey::Unknown,
        })
    }
}

impl Town {
    pub(crate) fn new() -> Self {
        Self { now_s: Cell::new(START_S), logs: BTreeMap::new() }
    }

    /// Somebody moves in; all that is random of them follows from the number.
    pub(crate) fn person(&mut self, number: u8) -> Person {
        let identity = SigningKey::from_seed([number; 32]);
        let id = NodeId([number; 32]);
        self.logs.insert(id, vec![identity.public()]);
        let key = ed25519_dalek::SigningKey::from_bytes(&[number + 100; 32]);
        let leaf = certify(id, 0, &identity, &key, START_S + 28 * DAY_S);
        let random = Randomness::seeded([number; 32]);
        Person { id, identity, key, leaf, rows: MemoryRows::default(), random }
    }

    pub(crate) fn people(&mut self, count: u8) -> Vec<Person> {
        (1..=count).map(|number| self.person(number)).collect()
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.now_s.set(self.now_s.get() + seconds);
    }
}

/// A leaf, certified by an identity.
pub(crate) fn certify(
    node_id: NodeId,
    log_seq: u32,
    identity: &SigningKey,
    key: &ed25519_dalek::SigningKey,
    not_after: u64,
) -> Leaf {
    let (key, device) = (key.verifying_key().to_bytes(), Id16([1; 16]));
    let signed = [key.as_slice(), &device.0, &not_after.to_be_bytes()].concat();
    let certificate = identity.sign(Label::MlsLeaf, &signed);
    Leaf { node_id, log_seq, device, not_after, key, certificate }
}

impl Person {
    /// Does something with these rows, as a transaction would.
    pub(crate) fn on<T>(&self, town: &Town, rows: &dyn Rows, act: impl FnOnce(&Chat<'_>) -> T) -> T {
        let sign = |content: &[u8]| Ok(self.key.sign(content).to_bytes());
        let (own, random, now_s) = (&self.leaf, &self.random, town.now_s.get());
        act(&Chat::new(Lent { rows, own, sign: &sign, logs: town, random, now_s }))
    }

    pub(crate) fn chat<T>(&self, town: &Town, act: impl FnOnce(&Chat<'_>) -> T) -> T {
        self.on(town, &self.rows, act)
    }

    pub(crate) fn package(&self, town: &Town, suite: Suite) -> Vec<u8> {
        self.chat(town, |chat| chat.make_key_package(suite, false)).unwrap().bytes
    }

    pub(crate) fn say(&self, town: &Town, group: Id16, text: &str) -> Vec<u8> {
        self.chat(town, |chat| chat.encrypt(group, text.as_bytes())).unwrap()
    }

    pub(crate) fn process(&self, town: &Town, group: Id16, bytes: &[u8]) -> Result<Applied, ChatError> {
        self.chat(town, |chat| chat.process(group, bytes, town.now_s.get()))
    }

    pub(crate) fn hear(&self, town: &Town, group: Id16, bytes: &[u8]) -> Message {
        match self.process(town, group, bytes) {
            Ok(Applied::Message(message)) => message,
            other => panic!("not a message: {other:?}"),
        }
    }

    pub(crate) fn text(&self, town: &Town, group: Id16, bytes: &[u8]) -> String {
        String::from_utf8(self.hear(town, group, bytes).content).unwrap()
    }

    pub(crate) fn follow(&self, town: &Town, group: Id16, bytes: &[u8]) -> Changed {
        match self.process(town, group, bytes) {
            Ok(Applied::Commit(changed)) => changed,
            other => panic!("not a commit: {other:?}"),
        }
    }

    pub(crate) fn group(&self, town: &Town, group: Id16) -> Group {
        self.chat(town, |chat| chat.group(group)).unwrap()
    }

    /// Makes a change and confirms it at once.
    pub(crate) fn change(
        &self,
        town: &Town,
        group: Id16,
        act: impl FnOnce(&Chat<'_>) -> Result<Commit, ChatError>,
    ) -> (Commit, Changed) {
        let commit = self.chat(town, act).unwrap();
        let changed = self.chat(town, |chat| chat.confirm(group)).unwrap();
        (commit, changed)
    }
}

/// The first makes a group with all the others.
pub(crate) fn found(town: &Town, people: &[Person], suite: Suite, settings: &Settings) -> Id16 {
    let (first, others) = people.split_first().unwrap();
    let group = first.chat(town, |chat| chat.create(suite, settings)).unwrap().id;
    let packages: Vec<Vec<u8>> = others.iter().map(|one| one.package(town, suite)).collect();
    let packages: Vec<&[u8]> = packages.iter().map(Vec::as_slice).collect();
    let (commit, _) = first.change(town, group, |chat| chat.add(group, &packages));
    for other in others {
        let welcome = commit.welcome.as_deref().unwrap();
        let joined = other.chat(town, |chat| chat.join(welcome, town.now_s.get())).unwrap();
        assert_eq!((joined.group.id, joined.by.node_id), (group, first.id));
    }
    group
}

/// A pair with the mandatory suite.
pub(crate) fn pair(town: &mut Town) -> (Person, Person, Id16) {
    let mut people = town.people(2);
    let group = found(town, &people, Suite::Classic, &Settings::default());
    let ben = people.pop().unwrap();
    (people.pop().unwrap(), ben, group)
}
