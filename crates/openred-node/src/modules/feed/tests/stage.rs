//! People with a node each: a vault and a database in memory, one clock that the test moves.

use futures_util::future::BoxFuture;
use openred_core::{
    descriptor::{Descriptor, Pin},
    envelope::{MessageType, Party, Verified},
    frame::{Item, ItemKind},
    ids::{Hash, NodeId},
    json,
    payload::Payload,
};
use openred_keeper::{keyfile::KdfCost, ops::DescriptorDraft, secret::Secret};
use openred_service::lifecycle::Clock;

use super::super::{Fetch, audience::Visibility, content, own};
pub(crate) use crate::desk::clock;
use crate::{
    delivery::{inbox, store as delivery},
    deps::Deps,
    desk,
    error::NodeError,
    keys::Keys,
    modules::{
        contacts::{
            person::{Following, Person, Relationship, Status},
            store as people,
        },
        feed, profile,
    },
};

/// Somebody with a node.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) deps: Deps,
    pub(crate) id: NodeId,
    descriptor: Descriptor,
}

impl Node {
    pub(crate) async fn new(name: &str, clock: &Clock) -> Self {
        let keys = desk::keys(clock);
        let keeper = keys.keeper();
        let created = keeper.create(Secret::text("correct horse"), KdfCost::light()).await.unwrap();
        let draft = DescriptorDraft {
            username: profile::username_from(name),
            display_name: name.to_owned(),
            lifetime_s: 7 * 86_400,
            ..DescriptorDraft::default()
        };
        let signed = keeper.sign_descriptor(draft).await.unwrap();
        let descriptor = Descriptor::parse(&signed.descriptor.0).unwrap();
        let id = created.identity.node_id;
        let node = Self { deps: deps(keys, clock, id, name), id, descriptor };
        node.set_up(name).await;
        node
    }

    /// The same person with the same keys and empty tables.
    pub(crate) async fn fresh(&self, name: &str) -> Self {
        let deps = deps(self.deps.keys.clone(), &self.deps.clock, self.id, name);
        let node = Self { deps, id: self.id, descriptor: self.descriptor.clone() };
        node.set_up(name).await;
        node
    }

    async fn set_up(&self, name: &str) {
        let (id, name, username) = (self.id.to_string(), name.to_owned(), profile::username_from(name));
        let made = self.deps.write(move |w| Ok(profile::store::create(w.tx, &id, &username, &name, w.now)?));
        made.await.unwrap();
    }

    /// Meets somebody: their descriptor is pinned, nothing is agreed.
    pub(crate) async fn meets(&self, other: &Self) -> Person {
        self.relates(other, |_| {}).await
    }

    /// Writes how the owner stands to somebody.
    pub(crate) async fn relates(&self, other: &Self, how: fn(&mut Person)) -> Person {
        let descriptor = other.descriptor.clone();
        let made = self.deps.write(move |w| {
            let mut person = people::ensure(w.tx, w.seal, &descriptor.node_id(), w.now)?;
            let mut pin = Pin::new(person.node_id);
            pin.accept(&descriptor, w.now);
            people::save_pin(w.tx, w.seal, person.id, &pin)?;
            person.username.clone_from(&descriptor.body().username);
            how(&mut person);
            people::save(w.tx, w.seal, &person, w.now)?;
            Ok(person)
        });
        made.await.unwrap()
    }

    /// Somebody as this node knows them.
    pub(crate) async fn person(&self, other: &Self) -> Person {
        let id = other.id;
        let found = self.deps.read(move |w| Ok(people::find(w.tx, w.seal, &id)?));
        found.await.unwrap().expect("somebody known")
    }

    /// Lets the keeper sign something for a wall.
    pub(crate) async fn says(&self, wall: &Self, payload: impl Into<Payload>) -> Verified {
        let payload = payload.into();
        let to = Party { node_id: wall.id, server_url: String::new(), username: "wall".to_owned() };
        self.deps.sign(payload.kind(), to, payload.to_value().unwrap()).await.unwrap()
    }

    /// Writes a post as the owner.
    pub(crate) async fn writes(&self, text: &str, visibility: Visibility) -> Hash {
        own::posts::create(&self.deps, text.to_owned(), visibility, None).await.unwrap().id
    }

    /// Acts on something that `peer` brought, without the memory of ids.
    pub(crate) async fn hears(&self, peer: &Self, item: &Verified) -> Result<(), NodeError> {
        let (peer, item) = (self.person(peer).await, item.clone());
        self.deps
            .write(move |w| match item.payload()? {
                Payload::PostShare(said) => feed::on_post(w, &peer, &item, said),
                Payload::Comment(said) => feed::on_comment(w, &peer, &item, said),
                Payload::PostReaction(said) => feed::on_reaction(w, &peer, &item, said),
                Payload::ContentSync(said) => feed::on_sync(w, &peer, &item, said),
                Payload::AccessRequest(said) => feed::on_access(w, &peer, &item, said),
                Payload::ConnectionResponse(said) => feed::on_refused_access(w, &peer, &said).map(|_| ()),
                other => panic!("not for the feed: {other:?}"),
            })
            .await
    }

    async fn sign_drafts(&self) {
        let drafts = self.deps.read(|w| Ok(delivery::drafts(w.tx, w.seal, 1_000)?)).await.unwrap();
        for draft in drafts {
            let to =
                self.deps.read(move |w| Ok(people::get(w.tx, w.seal, draft.person)?)).await.unwrap().unwrap();
            let kind: MessageType = draft.what.parse().unwrap();
            let payload = json::parse(&draft.payload, json::Limits::bytes(65_536)).unwrap();
            let to = Party { node_id: to.node_id, server_url: String::new(), username: to.username };
            let signed = self.deps.sign(kind, to, payload).await.unwrap();
            let (id, person) = (draft.id, draft.person);
            let moved = self.deps.write(move |w| {
                let draft = delivery::Draft {
                    id,
                    person,
                    what: String::new(),
                    payload: Vec::new(),
                    created_at: w.now,
                    chat_message: None,
                };
                Ok(delivery::signed(w.tx, w.seal, &draft, &signed)?)
            });
            assert!(moved.await.unwrap());
        }
        while self.deps.write(|w| Ok(delivery::expand(w.tx, w.now)?)).await.unwrap().more {}
    }

    /// Carries all that waits for `to` into its inbox; returns how many items.
    pub(crate) async fn carry(&self, to: &Self) -> usize {
        self.sign_drafts().await;
        let there = to.id;
        let waiting = self.deps.read(move |w| {
            let Some(person) = people::find(w.tx, w.seal, &there)? else { return Ok(None) };
            let Some(stream) = delivery::stream_of(w.tx, person.id)? else { return Ok(None) };
            let low = delivery::low(w.tx, person.id)?;
            Ok(Some((person.id, stream, low, delivery::waiting(w.tx, w.seal, person.id, 1, 1_000)?)))
        });
        let Some((person, stream, low, waiting)) = waiting.await.unwrap() else { return 0 };
        let count = waiting.len();
        let mut items = Vec::new();
        for w in waiting {
            let kind = if w.kind == 1 { ItemKind::Envelope } else { ItemKind::Tombstone };
            let item = Item { stream, n: w.n, low, kind, body: w.body };
            items.push((to.checked(&item).await, item));
        }
        let from = to.person(self).await.id;
        let items = items.into_iter().map(|(checked, item)| (item, checked)).collect();
        let acks = inbox::apply(&to.deps, from, false, items).await.unwrap();
        let upto = acks.iter().map(|ack| ack.upto).max().unwrap_or(0);
        let noted = self.deps.write(move |w| Ok(delivery::delivered(w.tx, person, upto, &[], w.now)?));
        noted.await.unwrap();
        count
    }

    pub(crate) async fn checked(&self, item: &Item) -> inbox::Checked {
        let item = item.clone();
        let key = self.deps.read(move |w| {
            let mut failure = None;
            let checked = inbox::check(&item, |id| match inbox::key_of(w, id) {
                Ok(key) => key,
                Err(error) => {
                    failure = Some(error);
                    None
                }
            });
            failure.map_or(Ok(checked), Err)
        });
        key.await.unwrap()
    }
}

fn deps(keys: Keys, clock: &Clock, id: NodeId, name: &str) -> Deps {
    desk::unlocked(keys, clock, id, &profile::username_from(name))
}

pub(crate) fn friend(person: &mut Person) {
    person.relationship = Relationship::Friend;
    person.status = Status::Accepted;
}

pub(crate) fn stranger(person: &mut Person) {
    person.relationship = Relationship::None;
    person.status = Status::None;
    person.following = Following::No;
}

pub(crate) fn follower(person: &mut Person) {
    person.relationship = Relationship::Follower;
    person.status = Status::Accepted;
}

pub(crate) fn followed(person: &mut Person) {
    person.following = Following::Yes;
}

pub(crate) fn blocked(person: &mut Person) {
    stranger(person);
    person.relationship = Relationship::Blocked;
}

pub(crate) async fn befriend(a: &Node, b: &Node) {
    a.relates(b, friend).await;
    b.relates(a, friend).await;
}

/// Carries until nothing waits among these people.
pub(crate) async fn settle(nodes: &[&Node]) {
    for _ in 0..50 {
        let mut moved = 0;
        for from in nodes {
            for to in nodes.iter().filter(|to| to.id != from.id) {
                moved += from.carry(to).await;
            }
        }
        if moved == 0 {
            return;
        }
    }
    panic!("it never comes to rest");
}

/// A wire to other people's nodes, for contents only.
pub(crate) struct Wire {
    asker: Node,
    others: Vec<Node>,
}

impl Wire {
    pub(crate) fn of(asker: &Node, others: &[&Node]) -> Self {
        Self { asker: asker.clone(), others: others.iter().map(|n| (*n).clone()).collect() }
    }
}

impl Fetch for Wire {
    fn fetch<'a>(&'a self, person: i64, content_id: &'a Hash) -> BoxFuture<'a, Result<Vec<u8>, NodeError>> {
        Box::pin(async move {
            let person =
                self.asker.deps.read(move |w| Ok(people::get(w.tx, w.seal, person)?)).await?.unwrap();
            let there = self.others.iter().find(|node| node.id == person.node_id);
            let Some(there) = there else { return Err(NodeError::Peer("away".to_owned())) };
            let (peer, id) = (there.person(&self.asker).await, *content_id);
            there.deps.read(move |w| content(w, &peer, &id)).await
        })
    }
}
