//! Own commits: what the owner or the machine wants changed, as MLS does it in the present epoch. Must not know sequencers.

use openred_chat::{Changes, ChatError, Group as Mls, SEQUENCERS_MAX, Settings};
use openred_core::{
    ids::{Hash, NodeId},
    payload::Order as Said,
};
use openred_proto::order::Change as Wanted;
use tracing::info;

use super::{
    applying::look,
    changes::store::{self as changes, Change, New, What},
    commits::store::{self as commits, Commit, OwnCommit},
    turn::Turn,
};
use crate::{
    error::NodeError,
    modules::chats::{keys, mls},
};

/// A change that MLS does not take at the moment is tried again after this.
const AGAIN_MS: u64 = 3_600_000;

/// What is to be staged.
#[derive(Default)]
struct Draft {
    add: Vec<New>,
    remove: Vec<NodeId>,
    settings: Option<Settings>,
    /// It renews the own keys, and is one even if it does nothing else.
    renews: bool,
}

impl Turn<'_, '_, '_> {
    /// Stages a commit, and keeps it. None: there is nothing to change, or it cannot be changed now.
    pub(super) fn make(&mut self, change: &Wanted) -> Result<Option<Hash>, NodeError> {
        let mls = look(self.work, self.id())?;
        match change {
            Wanted::Own(number) => self.make_own(&mls, *number as i64),
            Wanted::Remove(who) => self.make_again(&mls, who),
            Wanted::Readd(who) => self.make_whole(&mls, who),
        }
    }

    fn make_own(&mut self, mls: &Mls, number: i64) -> Result<Option<Hash>, NodeError> {
        let (work, me) = (self.work, self.work.me.node_id);
        let Some(change) = changes::get(work.tx, work.seal, number)? else { return Ok(None) };
        let people = mls.people();
        let mut draft = Draft::default();
        match &change.what {
            What::Add(new) => {
                draft.add = self.ready(mls, new)?;
                if draft.add.is_empty() {
                    return self.wait_for_keys(mls, number, (new, change.since_at));
                }
                let left: Vec<New> = new
                    .iter()
                    .filter(|one| draft.add.iter().all(|ready| ready.person != one.person))
                    .cloned()
                    .collect();
                if !left.is_empty() {
                    let (what, times) = (What::Add(without_packages(left)), (0, change.since_at));
                    changes::insert(work.tx, work.seal, self.group.id, &what, true, times)?;
                }
                changes::set(work.tx, work.seal, number, &What::Add(draft.add.clone()), false)?;
                let back = draft.add.iter().map(|new| new.person).filter(|id| people.contains_key(id));
                draft.remove = back.collect();
            }
            What::Remove(who) => {
                draft.remove =
                    who.iter().filter(|id| people.contains_key(id) && **id != me).copied().collect();
            }
            What::Rename(name) => {
                draft.settings = Some(Settings { name: name.clone(), ..mls.settings.clone() });
            }
            What::Role { person, admin } => draft.settings = Some(with_role(&mls.settings, person, *admin)),
            What::Update => draft.renews = !mls.own_is_current,
        }
        let hash = self.stage(mls, draft, Some(number))?;
        if hash.is_none()
            && changes::get(work.tx, work.seal, number)?.is_some_and(|kept| kept.not_before == 0)
        {
            changes::forget(work.tx, number)?;
        }
        Ok(hash)
    }

    /// Removes again who was removed on a branch that lost. Who may not waits for those who may.
    fn make_again(&mut self, mls: &Mls, who: &[NodeId]) -> Result<Option<Hash>, NodeError> {
        let people = mls.people();
        let remove: Vec<NodeId> = who.iter().filter(|id| people.contains_key(id)).copied().collect();
        if !mls.settings.may_change(&self.work.me.node_id) {
            (self.group.facts.owed, self.group.facts.owed_at) = (remove, self.work.now);
            return Ok(None);
        }
        self.stage(mls, Draft { remove, ..Draft::default() }, None)
    }

    /// Removes and adds again who cannot come back by themselves.
    fn make_whole(&mut self, mls: &Mls, who: &[NodeId]) -> Result<Option<Hash>, NodeError> {
        let wanted: Vec<New> = who.iter().copied().map(New::by_any_key).collect();
        let mut add = Vec::new();
        for new in wanted {
            match self.package(mls, &new)? {
                Some(package) => add.push(New { package, ..new }),
                None => self.tell(&new.person, Said::Key { suite: mls.suite.code().into() })?,
            }
        }
        let remove = add.iter().map(|new| new.person).collect();
        self.stage(mls, Draft { add, remove, ..Draft::default() }, None)
    }

    /// Who can be added now: each with a key package that is good, who is no member or has a new installation.
    fn ready(&self, mls: &Mls, new: &[New]) -> Result<Vec<New>, NodeError> {
        let mut ready = Vec::new();
        for new in new {
            if let Some(package) = self.package(mls, new)? {
                let offered = mls::with(self.work, |chat| chat.read_key_package(&package))?;
                let here =
                    offered.is_ok_and(|offered| mls.members.iter().any(|leaf| leaf.key == offered.leaf.key));
                if !here || new.lost.is_some() {
                    ready.push(New { package, ..new.clone() });
                }
            }
        }
        Ok(ready)
    }

    /// A key package for somebody, good for this group. What is no good is dropped.
    fn package(&self, mls: &Mls, new: &New) -> Result<Option<Vec<u8>>, NodeError> {
        let (work, suite) = (self.work, mls.suite);
        let Some(person) = self.person(&new.person)? else { return Ok(None) };
        let mut package = Some(new.package.clone()).filter(|package| !package.is_empty());
        loop {
            if package.is_none() {
                package = keys::store::take_of(work.tx, work.seal, person.id, suite.code())?;
            }
            let Some(bytes) = package.take() else { return Ok(None) };
            match mls::with(work, |chat| chat.read_key_package(&bytes))? {
                Ok(offered) if offered.suite == suite && offered.leaf.node_id == new.person => {
                    return Ok(Some(bytes));
                }
                Ok(_) => {}
                Err(error) => info!(%error, "a key package cannot be used"),
            }
        }
    }

    /// Nobody of these can be added now: those who are no members wait until their key packages come.
    fn wait_for_keys(
        &self,
        mls: &Mls,
        number: i64,
        (new, since_at): (&[New], u64),
    ) -> Result<Option<Hash>, NodeError> {
        let people = mls.people();
        let waits = |new: &&New| new.lost.is_some() || !people.contains_key(&new.person);
        let wait: Vec<New> = new.iter().filter(waits).cloned().collect();
        if !wait.is_empty() {
            let (tx, seal) = (self.work.tx, self.work.seal);
            // By another number: the order never gets one twice.
            changes::insert(
                tx,
                seal,
                self.group.id,
                &What::Add(without_packages(wait)),
                true,
                (0, since_at),
            )?;
        }
        changes::forget(self.work.tx, number)?;
        Ok(None)
    }

    /// The key packages of a commit are used up with its invitation: a second one needs others.
    pub(super) fn spend(&self, own: &OwnCommit) -> Result<(), NodeError> {
        let (tx, seal) = (self.work.tx, self.work.seal);
        let Some(number) = own.change else { return Ok(()) };
        match changes::get(tx, seal, number)? {
            Some(Change { what: What::Add(new), .. }) => {
                Ok(changes::set(tx, seal, number, &What::Add(without_packages(new)), false)?)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn stage(&mut self, mls: &Mls, draft: Draft, change: Option<i64>) -> Result<Option<Hash>, NodeError> {
        let work = self.work;
        let (me, group) = (work.me.node_id, self.id());
        let plain = draft.add.is_empty() && draft.remove.is_empty() && draft.settings.is_none();
        let wanted = if plain { mls.settings.clone() } else { settings(mls, &draft) };
        let settings = Some(wanted).filter(|settings| *settings != mls.settings);
        let others = !(draft.add.is_empty() && draft.remove.is_empty()) || settings.is_some();
        if !others && !draft.renews {
            return Ok(None);
        }
        if others && !mls.settings.may_change(&me) && !restores(mls, &draft) {
            info!("a change of a group is not the owner's to make any more");
            return Ok(None);
        }
        let packages: Vec<&[u8]> = draft.add.iter().map(|new| new.package.as_slice()).collect();
        let changed = Changes { add: &packages, remove: &draft.remove, settings: settings.as_ref() };
        let commit = match mls::with(work, |chat| chat.change(group, &changed))? {
            Ok(commit) => commit,
            Err(error) => return self.not_staged(&error, change),
        };
        let added = draft.add.iter().map(|new| new.person).collect();
        let own = Some(OwnCommit { added, welcome: commit.welcome, change });
        let kept = Commit { bytes: commit.bytes, own, sent_at: work.now };
        commits::keep(work.tx, work.seal, self.group.id, &commit.hash, &kept)?;
        Ok(Some(commit.hash))
    }

    /// The own leaf was replaced, say: another member adds this installation again, then it goes on.
    fn not_staged(&self, error: &ChatError, change: Option<i64>) -> Result<Option<Hash>, NodeError> {
        info!(%error, "a change of a group cannot be made");
        let passing = matches!(error, ChatError::LeafReplaced | ChatError::Pending);
        if let Some(number) = change.filter(|_| passing)
            && let Some(kept) = changes::get(self.work.tx, self.work.seal, number)?
        {
            let times = (self.work.now + AGAIN_MS, kept.since_at);
            changes::insert(self.work.tx, self.work.seal, self.group.id, &kept.what, false, times)?;
        }
        Ok(None)
    }
}

/// Whether it lets the only administrator in again, and does nothing else.
fn restores(mls: &Mls, draft: &Draft) -> bool {
    let added: Vec<NodeId> = draft.add.iter().map(|new| new.person).collect();
    mls.settings.admins.len() == 1
        && added == mls.settings.admins
        && draft.remove == added
        && draft.settings.is_none()
}

fn without_packages(new: Vec<New>) -> Vec<New> {
    new.into_iter().map(|new| New { package: Vec::new(), ..new }).collect()
}

fn with_role(settings: &Settings, person: &NodeId, admin: bool) -> Settings {
    let mut admins = settings.admins.clone();
    admins.retain(|id| id != person);
    if admin {
        admins.push(*person);
        admins.sort_unstable();
    }
    Settings { admins, ..settings.clone() }
}

/// The settings behind a change: who goes is neither administrator nor sequencer, and up to three sequencers are named, in
/// the order in which members came.
fn settings(mls: &Mls, draft: &Draft) -> Settings {
    let mut settings = draft.settings.clone().unwrap_or_else(|| mls.settings.clone());
    let back = |id: &NodeId| draft.add.iter().any(|new| new.person == *id);
    let goes = |id: &NodeId| draft.remove.contains(id) && !back(id);
    settings.admins.retain(|id| !goes(id));
    settings.sequencers.retain(|id| !goes(id));
    let here = mls.members.iter().map(|leaf| leaf.node_id).filter(|id| !goes(id));
    for id in here.chain(draft.add.iter().map(|new| new.person)) {
        if settings.sequencers.len() < SEQUENCERS_MAX && !settings.sequencers.contains(&id) {
            settings.sequencers.push(id);
        }
    }
    settings
}
