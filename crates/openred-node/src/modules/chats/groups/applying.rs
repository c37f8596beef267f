//! Commits become epochs, and epochs are left again: what MLS says then is what the machine, the owner and the rows of
//! members are told. Must not know who orders commits.

use std::collections::BTreeSet;

use openred_chat::{Applied, Changed, ChatError, Group as Mls, Settings};
use openred_core::ids::{Hash, Id8, Id16, NodeId};
use openred_proto::order::{Input, Order, View};
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::{
    changes::store::{self as changes, What},
    commits::store as commits,
    links::{self, store as link_rows},
    said::store::{self as said, Note as Row},
    store::{self as groups, Facts, Group, Member},
    turn::Turn,
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::{
            keys,
            messages::store::{self as messages, Body, Note, OWN},
            mls, store as chats,
        },
        circles::store as circles,
        contacts::store as people,
    },
};

/// How a group stands, as the machine sees it.
pub(super) fn view(mls: &Mls) -> View {
    View {
        epoch: mls.epoch,
        tag: Id8(mls.mark),
        members: mls.people().into_keys().collect(),
        sequencers: mls.settings.sequencers.clone(),
    }
}

/// How a group stands in MLS.
pub(super) fn look(work: &Work<'_, '_>, group: Id16) -> Result<Mls, NodeError> {
    mls::with(work, |chat| chat.group(group))?.map_err(internal)
}

/// The same for work that other groups must not wait for: none when its rows are damaged.
pub(super) fn look_if_there(work: &Work<'_, '_>, group: Id16) -> Result<Option<Mls>, NodeError> {
    let found = mls::with(work, |chat| chat.group(group))?;
    Ok(found.inspect_err(|error| warn!(%error, "a group cannot be read")).ok())
}

/// Writes down a group that the owner is in from now on, and its conversation, whose first line says so: none for a circle,
/// which is no conversation. Who is in it already was added by `by`.
pub(super) fn begin(
    work: &Work<'_, '_>,
    mls: &Mls,
    by: Option<NodeId>,
    line: Option<(u8, NodeId, Note)>,
) -> Result<Group, NodeError> {
    let now = view(mls);
    let Settings { name, admins, sequencers, circle, .. } = mls.settings.clone();
    let facts =
        Facts { name, admins, sequencers, circle, epoch: mls.epoch, member: true, ..Facts::default() };
    let order = Order::new(mls.id, work.me.node_id, now.clone());
    let group = groups::insert(work.tx, work.seal, mls.id, &order, &facts)?;
    let chat = chats::ensure(work.tx, work.seal, group.partner(), work.now)?;
    chats::add_group(work.tx, mls.id, chat.id)?;
    chats::speak_in(work.tx, chat.id, Some(mls.id))?;
    sync_members(work, group.id, None, &now.members, by)?;
    if let Some((at, author, note)) = line {
        write_note(work, chat.id, (beginning(mls.id), at), author, mls.epoch, note)?;
    }
    Ok(group)
}

/// What lines about the beginning of a group are named after.
fn beginning(group: Id16) -> Hash {
    Hash(Sha256::digest(group.0).into())
}

pub(in super::super) fn internal(error: ChatError) -> NodeError {
    NodeError::Internal(error.to_string())
}

impl Turn<'_, '_, '_> {
    /// Applies a kept commit, or merges the own staged one.
    pub(super) fn apply(&mut self, hash: &Hash) -> Result<(), NodeError> {
        let (work, group, left) = (self.work, self.id(), self.order.view().clone());
        let keep = std::mem::take(&mut self.snapshot);
        let Some(commit) = commits::get(work.tx, work.seal, self.group.id, hash)? else {
            return self.handle(Input::NotApplied);
        };
        let applied = mls::with(work, |chat| {
            if commit.own.is_some() {
                let staged = chat.group(group)?.pending == Some(*hash);
                return if staged { chat.confirm(group) } else { Err(ChatError::NothingPending) };
            }
            match chat.process(group, &commit.bytes, commit.sent_at / 1_000)? {
                Applied::Commit(changed) => Ok(changed),
                Applied::Message(_) | Applied::Leaves(_) => Err(ChatError::Malformed("no commit")),
            }
        })?;
        let changed = match applied {
            Ok(changed) => changed,
            Err(error) => {
                info!(%error, "a commit cannot be applied");
                return self.handle(Input::NotApplied);
            }
        };
        if keep {
            commits::add_snapshot(work.tx, work.seal, self.group.id, left.epoch, &changed.before)?;
        }
        let added: BTreeSet<NodeId> = changed.added.iter().copied().collect();
        let now = if changed.out {
            let me = work.me.node_id;
            let mut members = left.members.clone();
            members.retain(|member| *member != me && !changed.removed.contains(member));
            members.extend(added.iter().filter(|member| **member != me));
            View { epoch: changed.epoch, tag: Id8([0; 8]), members, sequencers: left.sequencers.clone() }
        } else {
            self.enter()?
        };
        if self.group.facts.circle {
            self.note_newcomers(&now)?;
        } else {
            self.tell_notes(&changed, &left, &now)?;
        }
        self.sync(&now, Some(changed.by))?;
        self.note_restored(&added)?;
        self.handle(Input::Applied { view: now, added: added.into_iter().collect() })
    }

    /// The state of the present epoch, with the own ratchet beyond what was used in it before.
    fn enter(&self) -> Result<View, NodeError> {
        let now = view(&look(self.work, self.id())?);
        let used = commits::used(self.work.tx, self.group.id, now.tag)?;
        if used > 0 {
            mls::with(self.work, |chat| chat.skip(self.id(), used))?.map_err(internal)?;
        }
        Ok(now)
    }

    /// Goes back to an epoch whose commit lost.
    pub(super) fn restore(&mut self, epoch: u64) -> Result<(), NodeError> {
        let work = self.work;
        let snapshot = commits::take_snapshot(work.tx, work.seal, self.group.id, epoch)?;
        let snapshot =
            snapshot.ok_or_else(|| NodeError::Internal("no way back to an epoch of a group".to_owned()))?;
        let mls = mls::with(work, |chat| chat.restore(self.id(), &snapshot))?.map_err(internal)?;
        let now = view(&mls);
        said::drop_notes(work.tx, self.chat.id, epoch)?;
        said::unsettle(work.tx, self.chat.id, epoch + 1, None)?;
        self.sync(&now, None)?;
        self.handle(Input::Restored { view: now })
    }

    /// Comes in again by an invitation that was kept.
    pub(super) fn join(&mut self, welcome: &Hash) -> Result<(), NodeError> {
        let work = self.work;
        let Some(kept) = commits::take(work.tx, work.seal, self.group.id, welcome)? else {
            return self.handle(Input::NotJoined);
        };
        let joined = mls::with(work, |chat| chat.rejoin(&kept.bytes, kept.sent_at / 1_000))?;
        let joined = match joined {
            Ok(joined) if joined.group.id == self.id() && self.fits(&joined.group.settings) => joined,
            Ok(_) => return Err(NodeError::Refused("an invitation into another group")),
            Err(error) => {
                info!(%error, "an invitation cannot be used");
                return self.handle(Input::NotJoined);
            }
        };
        if let Some(by) = people::get(work.tx, work.seal, kept.person)? {
            keys::give(work, &by)?;
        }
        let was_out = !self.group.facts.member;
        let now = view(&joined.group);
        said::unsettle(work.tx, self.chat.id, 0, None)?;
        self.group.facts.leaving = false;
        self.sync(&now, Some(joined.by.node_id))?;
        if was_out && !self.group.facts.circle {
            let (what, me) = ("added".to_owned(), work.me.node_id);
            let note = Note { what, people: vec![me], ..Note::default() };
            self.note((*welcome, 0), joined.by.node_id, now.epoch, note)?;
        }
        links::is_in(work, self.id())?;
        self.handle(Input::Joined { view: now })
    }

    /// A conversation stays one, and a circle its owner's, whoever invites.
    fn fits(&self, settings: &Settings) -> bool {
        let facts = &self.group.facts;
        settings.circle == facts.circle && (!facts.circle || settings.admins == facts.admins)
    }

    /// A change of the owner's is in the group for good.
    pub(super) fn done(&self, change: u64) -> Result<(), NodeError> {
        Ok(changes::forget(self.work.tx, change as i64)?)
    }

    /// Writes down what the epoch is: for the owner, and who the members are.
    fn sync(&mut self, now: &View, by: Option<NodeId>) -> Result<(), NodeError> {
        let (work, me) = (self.work, self.work.me.node_id);
        let facts = &mut self.group.facts;
        (facts.epoch, facts.member) = (now.epoch, now.members.contains(&me));
        if facts.member {
            let settings = look(work, self.group.group)?.settings;
            let facts = &mut self.group.facts;
            (facts.name, facts.admins) = (settings.name, settings.admins);
            facts.sequencers = settings.sequencers;
        } else {
            self.group.facts.leaving = false;
            changes::forget_all(work.tx, self.group.id)?;
        }
        let facts = &mut self.group.facts;
        facts.owed.retain(|owed| now.members.contains(owed));
        facts.leavers.retain(|leaver| now.members.contains(leaver));
        commits::forget_used(work.tx, self.group.id, now.epoch.saturating_sub(64))?;
        sync_members(work, self.group.id, Some(self.chat.id), &now.members, by)
    }

    /// Members who had lost the group and are added again by the owner are told again what they lack.
    fn note_restored(&mut self, added: &BTreeSet<NodeId>) -> Result<(), NodeError> {
        let work = self.work;
        for change in changes::of(work.tx, work.seal, self.group.id)? {
            let What::Add(new) = change.what else { continue };
            for one in new.iter().filter(|one| added.contains(&one.person)) {
                let Some(since) = one.lost else { continue };
                let person = number(work, &one.person)?;
                let member = Member { person, added_by: Some(OWN), added_at: Some(work.now) };
                groups::put_member(work.tx, self.group.id, &member)?;
                self.again = Some(self.again.map_or(since, |again| again.min(since)));
            }
        }
        Ok(())
    }

    /// Who comes into a circle is given what was said since the owner put them on the list.
    fn note_newcomers(&mut self, now: &View) -> Result<(), NodeError> {
        let work = self.work;
        for change in changes::of(work.tx, work.seal, self.group.id)? {
            let What::Add(new) = change.what else { continue };
            for one in new.iter().filter(|one| now.members.contains(&one.person)) {
                let person = people::find(work.tx, work.seal, &one.person)?;
                let held =
                    person.map(|person| groups::is_in(work.tx, self.group.id, person.id)).transpose()?;
                if held == Some(false) {
                    self.came.push((one.person, change.since_at));
                }
            }
        }
        Ok(())
    }

    /// Lines in the conversation, the same for all who apply this commit.
    fn tell_notes(&mut self, changed: &Changed, left: &View, now: &View) -> Result<(), NodeError> {
        let before = self.group.facts.clone();
        let gone: Vec<NodeId> = left.members.difference(&now.members).copied().collect();
        let new: Vec<NodeId> = now.members.difference(&left.members).copied().collect();
        let (left_by_wish, removed): (Vec<NodeId>, Vec<NodeId>) = gone
            .into_iter()
            .partition(|id| before.leavers.contains(id) || (before.leaving && *id == self.work.me.node_id));
        let mut notes: Vec<(NodeId, Note)> = Vec::new();
        let note =
            |what: &str, people: Vec<NodeId>| Note { what: what.to_owned(), people, ..Note::default() };
        if !new.is_empty() {
            notes.push((changed.by, note("added", new)));
        }
        if !removed.is_empty() {
            notes.push((changed.by, note("removed", removed.clone())));
        }
        notes.extend(left_by_wish.iter().map(|id| (*id, note("left", vec![*id]))));
        if let Some(settings) = &changed.settings {
            if settings.name != before.name {
                let name = Some(settings.name.clone());
                notes.push((changed.by, Note { name, ..note("renamed", Vec::new()) }));
            }
            let here = |id: &&NodeId| now.members.contains(*id);
            let made = settings.admins.iter().filter(|id| !before.admins.contains(id));
            let unmade = before.admins.iter().filter(|id| !settings.admins.contains(id));
            for (what, people) in [
                ("made_admin", made.filter(here).copied().collect::<Vec<_>>()),
                ("unmade_admin", unmade.filter(here).copied().collect()),
            ] {
                if !people.is_empty() {
                    notes.push((changed.by, note(what, people)));
                }
            }
        }
        for (at, (by, note)) in notes.into_iter().enumerate() {
            self.note((changed.hash, at as u8), by, now.epoch, note)?;
        }
        Ok(())
    }

    fn note(&self, of: (Hash, u8), by: NodeId, epoch: u64, note: Note) -> Result<(), NodeError> {
        write_note(self.work, self.chat.id, of, by, epoch, note)
    }
}

/// Writes a line into a conversation, named after the commit (or the group) and its place among the lines of it.
pub(super) fn write_note(
    work: &Work<'_, '_>,
    chat: i64,
    (hash, at): (Hash, u8),
    by: NodeId,
    epoch: u64,
    note: Note,
) -> Result<(), NodeError> {
    let mut name = Id16([0; 16]);
    name.0.copy_from_slice(&hash.0[..16]);
    name.0[15] ^= at;
    let author = number(work, &by)?;
    let body = Body { note: Some(note), ..Body::default() };
    let body = messages::sealed(work.seal, &body);
    if said::add_note(work.tx, Row { chat, name, author, body, at: work.now, epoch })? {
        chats::touch(work.tx, chat, work.now)?;
    }
    Ok(())
}

/// The number of a person, the owner's is 0.
fn number(work: &Work<'_, '_>, id: &NodeId) -> Result<i64, NodeError> {
    if *id == work.me.node_id {
        return Ok(OWN);
    }
    Ok(people::ensure(work.tx, work.seal, id, work.now)?.id)
}

/// Writes down who the members are. Who is new was added by `by`, now.
pub(super) fn sync_members(
    work: &Work<'_, '_>,
    group: i64,
    chat: Option<i64>,
    members: &BTreeSet<NodeId>,
    by: Option<NodeId>,
) -> Result<(), NodeError> {
    let held: BTreeSet<i64> = groups::members(work.tx, group)?.iter().map(|member| member.person).collect();
    let added_by = by.map(|by| number(work, &by)).transpose()?;
    let mut present = BTreeSet::new();
    for id in members {
        let person = number(work, id)?;
        present.insert(person);
        if !held.contains(&person) {
            let added_at = added_by.map(|_| work.now);
            groups::put_member(work.tx, group, &Member { person, added_by, added_at })?;
        }
    }
    for person in held.difference(&present) {
        groups::drop_member(work.tx, group, *person)?;
        link_rows::went(work.tx, group, *person)?;
        if let Some(chat) = chat {
            said::gone(work.tx, chat, *person)?;
            circles::gone(work.tx, group, *person)?;
        }
    }
    Ok(())
}
