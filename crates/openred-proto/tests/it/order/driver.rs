//! One turn of one node: the machine decides, the toy and the disk follow. What a turn may not do is noted at once.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::ids::{Hash, NodeId};
use openred_proto::{
    now::Now,
    order::{Change, Effect, Effects, Input},
};

use super::disk::{Disk, Packet, Said};
use super::net::Item;
use super::toy::{Cipher, Commit, Epoch, Toy};

/// What all runs together have seen, and what went wrong.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) broken: Vec<String>,
    /// Members by secret.
    pub(super) epochs: BTreeMap<Hash, BTreeSet<NodeId>>,
    /// Messages by key, sender and generation: a key seals once.
    pub(super) sealed: BTreeMap<(Hash, NodeId, u64), u64>,
    pub(super) liars: BTreeSet<NodeId>,
    pub(super) seen: BTreeMap<&'static str, u64>,
    /// Who was shown which message after a newer one of the same author.
    pub(super) overtaken: Vec<(NodeId, u64)>,
    /// Who refused which message.
    pub(super) refusals: BTreeSet<(NodeId, u64)>,
    /// By message: for whom it is.
    pub(super) meant: BTreeMap<u64, BTreeSet<NodeId>>,
}

impl Facts {
    pub(super) fn broke(&mut self, what: String) {
        if self.broken.len() < 20 {
            self.broken.push(what);
        }
    }

    fn saw(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }
}

/// The process died in the middle of a turn.
pub(super) struct Crash;

pub(super) struct Turn<'a> {
    pub(super) me: NodeId,
    pub(super) now: Now,
    pub(super) disk: &'a mut Disk,
    pub(super) facts: &'a mut Facts,
    /// So many effects are done before the process dies.
    pub(super) dies_after: Option<u64>,
    /// A fault of the driver.
    pub(super) bug: Option<&'static str>,
    pub(super) commit: Option<Commit>,
    pub(super) cipher: Option<Cipher>,
}

impl Turn<'_> {
    pub(super) fn run(&mut self, input: Input) -> Result<(), Crash> {
        let mut fx = Effects::new();
        self.disk.order.handle(self.now, input, &mut fx);
        for effect in fx.take() {
            match &mut self.dies_after {
                Some(0) => return Err(Crash),
                Some(left) => *left -= 1,
                None => {}
            }
            self.act(effect)?;
        }
        Ok(())
    }

    /// Messages that waited until they might be said.
    pub(super) fn say_waiting(&mut self) {
        if self.disk.owes && self.disk.order.may_send() {
            self.facts.broke(format!("{:?} does not send again what it said on a lost branch", self.me));
        }
        if self.disk.order.may_send() {
            let waiting = self.disk.said.iter().filter(|(_, said)| said.epoch.is_none());
            for id in waiting.map(|(id, _)| *id).collect::<Vec<_>>() {
                self.seal(id, id);
            }
        }
    }

    fn act(&mut self, effect: Effect) -> Result<(), Crash> {
        match effect {
            Effect::Ask { of, epoch, hash } => self.send(of, Item::Ask { epoch, hash }),
            Effect::Make { change } => {
                let made = self.make(&change).map_or(Input::NotMade, |hash| Input::Made { hash });
                return self.run(made);
            }
            Effect::Keep { hash } => {
                let commit = self.commit.clone().filter(|commit| commit.hash() == hash);
                self.disk.commits.insert(hash, commit.expect("what is kept has just come"));
            }
            Effect::Forget { hash } => drop(self.disk.commits.remove(&hash)),
            Effect::Snapshot { epoch } => {
                self.disk.snapshots.insert(epoch, (self.disk.toy.clone(), self.now.unix_ms));
            }
            Effect::Restore { epoch } => return self.restore(epoch),
            Effect::Shred { epoch } => drop(self.disk.snapshots.remove(&epoch)),
            Effect::Apply { hash } => return self.apply(&hash),
            Effect::Send { hash, to } => self.send_commit(hash, &to, true),
            Effect::Give { hash, to } => self.send_commit(hash, &[to], false),
            Effect::Done { change } => drop(self.disk.done.insert(change)),
            Effect::Open { message } => self.open(&message),
            Effect::Hold { message } => {
                let cipher = self.cipher.clone().filter(|cipher| cipher.hash() == message);
                self.disk.held.insert(message, cipher.expect("what is held has just come"));
            }
            Effect::Refuse { message, from, epoch } => {
                self.facts.saw("refused");
                let held = self.disk.held.remove(&message).or(self.cipher.clone());
                self.facts.refusals.extend(held.map(|held| (self.me, held.says)));
                self.send(from, Item::Refused { epoch });
            }
            Effect::Drop { message } => drop(self.disk.held.remove(&message)),
            Effect::Resend { since } => self.resend(since),
            Effect::Compare { with, epoch, tag, since } => {
                self.send(with, Item::Position { epoch, tag, since });
            }
            Effect::Join { welcome } => return self.join(&welcome),
            Effect::Reboot => self.facts.saw("reboot"),
            Effect::Move { .. } => self.facts.broke("moved without another group".to_owned()),
            Effect::Liar { sequencer, .. } => drop(self.facts.liars.insert(sequencer)),
        }
        Ok(())
    }

    fn send(&mut self, to: NodeId, item: Item) {
        self.disk.outbox.push((to, item));
    }

    fn make(&mut self, change: &Change) -> Option<Hash> {
        let members = self.disk.order.view().members.clone();
        let present =
            |of: &[NodeId]| of.iter().copied().filter(|id| members.contains(id)).collect::<Vec<_>>();
        let (add, remove) = match change {
            Change::Own(number) => {
                let (add, remove) = self.disk.changes[number].clone();
                let absent: Vec<NodeId> = add.iter().copied().filter(|id| !members.contains(id)).collect();
                if !(add.is_empty() && remove.is_empty()) && absent.is_empty() && present(&remove).is_empty()
                {
                    self.disk.done.insert(*number);
                    return None;
                }
                (absent, present(&remove))
            }
            Change::Remove(who) => (Vec::new(), present(who)),
            Change::Readd(who) => (present(who), present(who)),
        };
        self.facts.saw(match change {
            Change::Own(_) => "made",
            Change::Remove(_) => "removed again",
            Change::Readd(_) => "added again",
        });
        self.disk.nonces += 1;
        let own = matches!(change, Change::Own(_));
        let commit = self.disk.toy.stage(add, remove, own, self.disk.nonces)?;
        let hash = commit.hash();
        self.disk.commits.insert(hash, commit);
        Some(hash)
    }

    fn restore(&mut self, epoch: u64) -> Result<(), Crash> {
        self.facts.saw("went back");
        let Some((toy, _)) = self.disk.snapshots.remove(&epoch) else {
            self.facts.broke(format!("no snapshot of epoch {epoch} to go back to"));
            return Err(Crash);
        };
        self.disk.toy = toy;
        self.disk.owes = true;
        let view = self.disk.toy.now.as_ref().expect("a snapshot of a member").view();
        self.run(Input::Restored { view })
    }

    fn apply(&mut self, hash: &Hash) -> Result<(), Crash> {
        let commit = self.disk.commits.get(hash).expect("what is applied is kept").clone();
        let old = self.disk.order.view().members.clone();
        let signed = self.disk.signed.get(hash);
        let first = self.disk.order.view().sequencers.first();
        let settled = first.is_some_and(|first| signed.is_some_and(|by| by.contains(first)));
        if !settled && !self.disk.snapshots.contains_key(&commit.epoch) {
            self.facts.broke(format!("{:?} applies an open commit without a snapshot", self.me));
        }
        let Some(view) = self.disk.toy.apply(&commit, self.now.unix_ms) else {
            self.facts.saw("not applied");
            return self.run(Input::NotApplied);
        };
        if let Some(now) = &self.disk.toy.now {
            self.disk.toy.generation = self.disk.used.get(&now.secret).copied().unwrap_or(0);
            self.facts.epochs.insert(now.secret, now.members.clone());
        }
        let (me, added) = (self.me, &commit.add);
        let left = old.difference(&view.members).filter(|member| **member != me && !added.contains(member));
        self.disk.gone.extend(left);
        if commit.own {
            self.disk.gone.retain(|member| !commit.add.contains(member));
        }
        self.run(Input::Applied { view, added: commit.add })
    }

    fn join(&mut self, welcome: &Hash) -> Result<(), Crash> {
        self.facts.saw("joined again");
        let epoch = self.disk.welcomes.remove(welcome).expect("a kept welcome");
        if !self.disk.joined.insert(epoch.secret) {
            return self.run(Input::NotJoined);
        }
        let view = epoch.view();
        self.disk.toy = Toy::new(self.me, epoch);
        self.run(Input::Joined { view })
    }

    fn send_commit(&mut self, hash: Hash, to: &[NodeId], welcome: bool) {
        let commit = self.disk.commits.get(&hash).expect("what is sent is kept").clone();
        let by = self.disk.signed.get(&hash).cloned().unwrap_or_default();
        let next = self.disk.toy.now.clone().filter(|now| now.number == commit.epoch + 1);
        for to in to {
            self.send(*to, Item::Commit(Packet { commit: commit.clone(), by: by.clone() }));
        }
        if let (Some(epoch), true) = (next, welcome) {
            let added: Vec<NodeId> = commit.add.iter().copied().filter(|id| *id != self.me).collect();
            added.iter().for_each(|id| self.send(*id, Item::Welcome(epoch.clone())));
        }
    }

    fn open(&mut self, message: &Hash) {
        let fresh = self.cipher.clone().filter(|cipher| cipher.hash() == *message);
        let cipher = self.disk.held.remove(message).or(fresh).expect("what is opened is there");
        if !self.disk.toy.opens(&cipher, self.now.unix_ms) {
            let what = format!("{:?} cannot open what it should: epoch {}", self.me, cipher.epoch);
            self.facts.broke(what);
            return;
        }
        if !self.disk.read.contains_key(&cipher.id)
            && self.disk.read.values().any(|says| *says == cipher.says)
        {
            self.facts.broke(format!("{:?} is shown message {} twice", self.me, cipher.says));
        }
        if !self.facts.meant[&cipher.says].contains(&self.me) {
            self.facts.broke(format!("{:?} is shown message {} of before it came", self.me, cipher.says));
        }
        let first = self.disk.read.insert(cipher.id, cipher.says).is_none();
        let last = self.disk.last.entry(cipher.from).or_default();
        if first && *last > cipher.says {
            self.facts.overtaken.push((self.me, cipher.says));
        }
        *last = cipher.says.max(*last);
        self.send(cipher.from, Item::Read(cipher.says));
    }

    fn resend(&mut self, since: u64) {
        self.disk.owes = false;
        let due = self.disk.said.iter().filter(|(_, said)| said.epoch.is_some_and(|epoch| epoch >= since));
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            let fresh = self.bug == Some("resend-under-new-id");
            self.seal(id, if fresh { id + 1_000_000 } else { id });
        }
    }

    /// Encrypts a message for every member who has not acknowledged it.
    fn seal(&mut self, says: u64, id: u64) {
        let mut said: Said = self.disk.said[&says].clone();
        let members = self.disk.order.view().members.clone();
        if said.epoch.is_none() {
            said.to.extend(&members);
        }
        self.facts.meant.entry(says).or_default().extend(&said.to);
        let owed = |to: &NodeId| *to != self.me && !said.acked.contains(to);
        let newcomers = self.bug == Some("resend-to-newcomers");
        let meant = |to: &NodeId| newcomers || said.to.contains(to);
        let to: Vec<NodeId> = members.into_iter().filter(|to| owed(to) && meant(to)).collect();
        if to.is_empty() && said.epoch.is_some() {
            return;
        }
        let Some(cipher) = self.disk.toy.seal(id, says) else {
            self.facts.broke("a message was to be sealed by somebody who is no member".to_owned());
            return;
        };
        self.disk.used.insert(cipher.key, cipher.generation);
        let readers = &self.facts.epochs[&cipher.key];
        if let Some(gone) = self.disk.gone.iter().find(|gone| readers.contains(gone)) {
            let what = format!("{gone:?} was removed and can read message {says} of {:?}", self.me);
            self.facts.broke(what);
        }
        self.disk.said.insert(says, Said { epoch: Some(cipher.epoch), ..said });
        to.into_iter().for_each(|to| self.send(to, Item::Cipher(cipher.clone())));
    }
}

/// A welcome by its hash.
pub(super) fn welcome_hash(epoch: &Epoch) -> Hash {
    Hash::of(&[b"welcome", epoch.secret.as_ref()])
}
