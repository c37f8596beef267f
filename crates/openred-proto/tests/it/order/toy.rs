//! A toy MLS: the secret of an epoch is a hash chain over applied commits. Who has the chain can read; who was removed
//! has not the next secret. A restored state is the old one bit by bit, counters of sent messages included.

use std::collections::BTreeSet;

use openred_core::ids::{Hash, Id8, NodeId};
use openred_proto::order::View;

/// As `max_past_epochs`.
const PAST: usize = 5;
const DAY_MS: u64 = 86_400_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Epoch {
    pub(super) number: u64,
    pub(super) secret: Hash,
    pub(super) members: BTreeSet<NodeId>,
    pub(super) sequencers: Vec<NodeId>,
}

impl Epoch {
    pub(super) fn tag(&self) -> Id8 {
        let mut tag = [0; 8];
        tag.copy_from_slice(&Hash::of(&[b"tag", self.secret.as_ref()]).0[..8]);
        Id8(tag)
    }

    pub(super) fn view(&self) -> View {
        let Self { number, members, sequencers, .. } = self.clone();
        View { epoch: number, tag: self.tag(), members, sequencers }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) epoch: u64,
    pub(super) tag: Id8,
    maker: NodeId,
    pub(super) add: Vec<NodeId>,
    pub(super) remove: Vec<NodeId>,
    /// Wanted by an owner; not made by the machine itself.
    pub(super) own: bool,
    nonce: u64,
}

impl Commit {
    pub(super) fn hash(&self) -> Hash {
        let ids = |ids: &[NodeId]| ids.iter().flat_map(|id| id.0).collect::<Vec<u8>>();
        let (add, remove, numbers) = (ids(&self.add), ids(&self.remove), [self.epoch, self.nonce]);
        let numbers: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        Hash::of(&[&numbers, &self.tag.0, &self.maker.0, &add, b"/", &remove])
    }
}

/// A sealed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cipher {
    pub(super) from: NodeId,
    pub(super) epoch: u64,
    pub(super) tag: Id8,
    pub(super) key: Hash,
    pub(super) generation: u64,
    /// Inside: the message_id and what it says.
    pub(super) id: u64,
    pub(super) says: u64,
}

impl Cipher {
    pub(super) fn hash(&self) -> Hash {
        let numbers = [self.epoch, self.generation, self.id, self.says];
        let numbers: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        Hash::of(&[&numbers, &self.from.0, self.key.as_ref()])
    }
}

#[derive(Clone, Debug)]
pub(super) struct Toy {
    me: NodeId,
    /// `None`: removed.
    pub(super) now: Option<Epoch>,
    past: Vec<(Epoch, u64)>,
    staged: Option<Commit>,
    /// Messages sealed in this epoch.
    pub(super) generation: u64,
}

impl Toy {
    pub(super) fn new(me: NodeId, epoch: Epoch) -> Self {
        Self { me, now: Some(epoch), past: Vec::new(), staged: None, generation: 0 }
    }

    pub(super) fn stage(
        &mut self,
        add: Vec<NodeId>,
        remove: Vec<NodeId>,
        own: bool,
        nonce: u64,
    ) -> Option<Commit> {
        let now = self.now.as_ref()?;
        let (epoch, tag, maker) = (now.number, now.tag(), self.me);
        let commit = Commit { epoch, tag, maker, add, remove, own, nonce };
        self.staged = Some(commit.clone());
        Some(commit)
    }

    /// As OpenMLS: an own commit can be merged only while it is staged.
    pub(super) fn apply(&mut self, commit: &Commit, now_ms: u64) -> Option<View> {
        let now = self.now.as_ref()?;
        let fits =
            commit.epoch == now.number && commit.tag == now.tag() && now.members.contains(&commit.maker);
        if !fits || (commit.maker == self.me && self.staged.as_ref() != Some(commit)) {
            return None;
        }
        let mut members = now.members.clone();
        members.retain(|member| !commit.remove.contains(member));
        members.extend(&commit.add);
        let secret = Hash::of(&[b"next", now.secret.as_ref(), commit.hash().as_ref()]);
        let next = Epoch { number: now.number + 1, secret, members, sequencers: now.sequencers.clone() };
        let mut view = next.view();
        let out = commit.remove.contains(&self.me);
        if out {
            view.members.remove(&self.me);
            view.tag = Id8([0; 8]);
        }
        let old = std::mem::replace(&mut self.now, (!out).then_some(next))?;
        self.past.push((old, now_ms));
        let too_many = self.past.len().saturating_sub(PAST);
        self.past.drain(..too_many);
        (self.staged, self.generation) = (None, 0);
        Some(view)
    }

    pub(super) fn seal(&mut self, id: u64, says: u64) -> Option<Cipher> {
        let now = self.now.as_ref()?;
        self.generation += 1;
        let (epoch, tag, key, generation) = (now.number, now.tag(), now.secret, self.generation);
        Some(Cipher { from: self.me, epoch, tag, key, generation, id, says })
    }

    pub(super) fn opens(&self, cipher: &Cipher, now_ms: u64) -> bool {
        let past = self.past.iter().filter(|(_, left_ms)| now_ms.saturating_sub(*left_ms) < DAY_MS);
        past.map(|(epoch, _)| epoch).chain(&self.now).any(|epoch| epoch.secret == cipher.key)
    }
}
