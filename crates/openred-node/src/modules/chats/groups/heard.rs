//! What comes for groups: messages and commits, invitations, words about the order, key packages. Must not know how commits
//! are ordered.

use openred_chat::{Head, Joined, Kind, Offered};
use openred_core::{
    ids::{Hash, Id16, NodeId},
    payload::Order as Said,
};
use openred_proto::order::{Commit, Input};
use sha2::{Digest as _, Sha256};

use super::{
    applying::{begin, look_if_there},
    changes::store::{self as changes, New, What},
    commits::store::{self as commits, Countersigned, Kept},
    links::{self, store::Joining},
    said::store as said,
    sequencing,
    store::{self as groups, Group, Member},
    turn::{self, Fresh},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::{
            changed, keys,
            messages::store::{Note, OWN},
            store as chats,
        },
        circles,
        contacts::person::Person,
    },
};

/// A message or a commit of a group.
pub(in super::super) fn on_message(
    work: &Work<'_, '_>,
    from: &Person,
    group: Group,
    bytes: Vec<u8>,
    at: u64,
) -> Result<(), NodeError> {
    let malformed = || NodeError::invalid("mls", "no message of this group");
    let Some(Head::Group(head)) = Head::read(&bytes) else { return Err(malformed()) };
    let tag = head.tag().filter(|_| head.group == group.group).ok_or_else(malformed)?;
    let (hash, epoch) = (hash_of(&bytes), head.epoch);
    let from_id = from.node_id;
    let input = match head.kind {
        Kind::Commit => {
            let signed = commits::signatures(work.tx, work.seal, group.id, &hash)?;
            let by = signed.into_iter().map(|one| one.by).collect();
            Input::Commit { from: from_id, commit: Commit { epoch, tag, hash, by } }
        }
        Kind::Application | Kind::Proposal => Input::Message { from: from_id, message: hash, epoch, tag },
    };
    let kept = Kept { person: from.id, bytes, sent_at: at };
    turn::run(work, group, input, Some(Fresh { hash, kept }))
}

fn hash_of(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// An invitation into a group that is here already: the order decides whether it is used.
pub(in super::super) fn on_welcome_again(
    work: &Work<'_, '_>,
    from: &Person,
    group: Group,
    (bytes, epoch): (&[u8], u64),
    at: u64,
) -> Result<(), NodeError> {
    let welcome = hash_of(bytes);
    let kept = Kept { person: from.id, bytes: bytes.to_vec(), sent_at: at };
    commits::hold(work.tx, work.seal, group.id, &welcome, &kept, work.now)?;
    turn::run(work, group, Input::Welcome { welcome, epoch }, None)
}

/// A friend has added the owner to a group.
pub(in super::super) fn on_joined(
    work: &Work<'_, '_>,
    from: &Person,
    joined: &Joined,
) -> Result<(), NodeError> {
    let note = Note { what: "added".to_owned(), people: vec![work.me.node_id], ..Note::default() };
    let is_circle = joined.group.settings.circle;
    let line = (!is_circle).then_some((1, from.node_id, note));
    let group = begin(work, &joined.group, None, line)?;
    let own = Member { person: OWN, added_by: Some(from.id), added_at: Some(work.now) };
    groups::put_member(work.tx, group.id, &own)?;
    // The package that it used is used up.
    keys::give(work, from)?;
    if group.facts.circle {
        return circles::on_joined(work, from, &group, joined.group.settings.continues);
    }
    links::is_in(work, joined.group.id)?;
    changed(work, group.partner())
}

/// A damaged group is refused what comes for it: other things of the same person must not wait behind it.
pub(in super::super) fn contained(done: Result<(), NodeError>) -> Result<(), NodeError> {
    match done {
        Err(NodeError::Internal(error)) => {
            tracing::warn!(error, "a group cannot take what came");
            Err(NodeError::Refused("this group is damaged here"))
        }
        done => done,
    }
}

/// Words about the order of a group.
pub(in super::super) fn on_order(
    work: &Work<'_, '_>,
    from: &Person,
    id: Id16,
    order: Said,
) -> Result<(), NodeError> {
    match order {
        Said::Ask { epoch, commit } => return sequencing::on_ask(work, from, id, epoch, commit),
        Said::Join { link, proof } => return links::on_join(work, from, id, (link, proof)),
        Said::Wait {} => return links::on_answer(work, from, id, Joining::Waits),
        Said::No { gone: false } => return links::on_answer(work, from, id, Joining::Refused),
        Said::No { gone: true } => return links::on_answer(work, from, id, Joining::Gone),
        _ => {}
    }
    let group = groups::find(work.tx, work.seal, id)?.ok_or(NodeError::Unknown("this group"))?;
    let is_in = groups::is_in(work.tx, group.id, from.id)?;
    match order {
        Said::Ask { .. } | Said::Join { .. } | Said::Wait {} | Said::No { .. } => Ok(()),
        Said::Signed { epoch, commit, by, sig } => {
            on_signed(work, group, (epoch, commit), Countersigned { by, sig })
        }
        Said::Gone { .. } => turn::run(work, group, Input::Unanswered { by: from.node_id }, None),
        Said::At { epoch, tag, since } => {
            turn::run(work, group, Input::Position { from: from.node_id, epoch, tag, since }, None)
        }
        Said::Refused { epoch } if is_in => on_refused(work, from, group, epoch),
        Said::Refused { epoch } => out_already(work, from, &group, epoch),
        Said::Key { .. } if is_in => keys::give_again(work, from),
        Said::Key { .. } => Err(NodeError::Refused("only members say this")),
    }
}

/// What was said to somebody from this epoch on did not arrive.
fn not_arrived(work: &Work<'_, '_>, from: &Person, group: &Group, epoch: u64) -> Result<i64, NodeError> {
    let chat = chats::ensure(work.tx, work.seal, group.partner(), work.now)?;
    said::unsettle(work.tx, chat.id, epoch, Some(from.id))?;
    changed(work, group.partner())?;
    Ok(chat.id)
}

/// It came when they were out of the group: it is not owed unless they come back.
fn out_already(work: &Work<'_, '_>, from: &Person, group: &Group, epoch: u64) -> Result<(), NodeError> {
    let chat = not_arrived(work, from, group, epoch)?;
    Ok(said::gone(work.tx, chat, from.id)?)
}

/// A member cannot open messages of this node from this epoch on.
fn on_refused(work: &Work<'_, '_>, from: &Person, group: Group, epoch: u64) -> Result<(), NodeError> {
    not_arrived(work, from, &group, epoch)?;
    turn::run(work, group, Input::Refused { by: from.node_id, epoch }, None)
}

/// A member who was sent something at `at` has nothing of this group: they are put into it again by who may, and told again
/// what they lack.
pub(in super::super) fn unreadable_there(
    work: &Work<'_, '_>,
    from: &Person,
    group: Group,
    (epoch, at): (u64, u64),
) -> Result<(), NodeError> {
    let members = groups::members(work.tx, group.id)?;
    let is_since =
        members.iter().find(|one| one.person == from.id).map(|one| one.added_at.unwrap_or_default());
    // Who is no member any more, or came back meanwhile.
    if is_since.is_none_or(|since| since >= at) {
        return Ok(());
    }
    let id = group.id;
    on_refused(work, from, group, epoch)?;
    match groups::get(work.tx, work.seal, id)? {
        Some(group) => bring_back(work, from, &group, Some(epoch)),
        None => Ok(()),
    }
}

fn on_signed(
    work: &Work<'_, '_>,
    group: Group,
    (epoch, commit): (u64, Hash),
    signed: Countersigned,
) -> Result<(), NodeError> {
    let by = signed.by;
    let order = groups::order(work.tx, work.seal, group.id)?;
    let listed = group.facts.sequencers.contains(&by) || order.view().members.contains(&by);
    if !listed || !sequencing::verify(work, (group.group, epoch, &commit), &by, &signed.sig)? {
        return Err(NodeError::Refused("no signature of a sequencer of this group"));
    }
    commits::sign(work.tx, work.seal, (group.id, epoch), &commit, signed)?;
    turn::run(work, group, Input::Ordered { by, epoch, winner: commit }, None)
}

/// Key packages of somebody came: whoever waited for them is added, and a member whose installation is new comes back.
pub(in super::super) fn on_keys(
    work: &Work<'_, '_>,
    from: &Person,
    offered: &Offered,
) -> Result<(), NodeError> {
    for change in changes::waiting(work.tx, work.seal)? {
        let What::Add(new) = &change.what else { continue };
        let Some(group) = groups::get(work.tx, work.seal, change.group)? else { continue };
        let is_theirs = new.iter().any(|one| one.person == from.node_id);
        if !is_theirs || !group.facts.member {
            continue;
        }
        if look_if_there(work, group.group)?.is_some_and(|mls| mls.suite == offered.suite) {
            changes::set(work.tx, work.seal, change.id, &change.what, false)?;
            want(work, group, change.id, false)?;
        }
    }
    for id in groups::shared_with(work.tx, from.id)? {
        if let Some(group) = groups::get(work.tx, work.seal, id)? {
            come_back(work, from, &group, offered)?;
        }
    }
    Ok(())
}

/// A member has another leaf key than in the group: the installation is new, or its key was rotated.
fn come_back(work: &Work<'_, '_>, from: &Person, group: &Group, offered: &Offered) -> Result<(), NodeError> {
    let Some(mls) = look_if_there(work, group.group)? else { return Ok(()) };
    let known = |leaf: &openred_chat::Leaf| leaf.node_id == from.node_id && leaf.key == offered.leaf.key;
    if mls.suite != offered.suite || mls.members.iter().any(known) {
        return Ok(());
    }
    bring_back(work, from, group, None)
}

/// Who may puts a member into a group again, by a new key of theirs; `lost` is the epoch from which on they are told again, where the
/// key that the group knows is no use to them.
fn bring_back(work: &Work<'_, '_>, from: &Person, group: &Group, lost: Option<u64>) -> Result<(), NodeError> {
    let me = work.me.node_id;
    if !group.facts.member || !group.facts.may_restore(&me, &from.node_id) {
        return Ok(());
    }
    let Some(mls) = look_if_there(work, group.group)? else { return Ok(()) };
    let is_it = |change: &changes::Change| matches!(&change.what, What::Add(new) if new.iter().any(|one| one.person == from.node_id));
    if !mls.people().contains_key(&from.node_id)
        || changes::of(work.tx, work.seal, group.id)?.iter().any(is_it)
    {
        return Ok(());
    }
    let what = What::Add(vec![New { lost, ..New::by_any_key(from.node_id) }]);
    let (change, is_first) =
        super::changes::in_turn(work, group, mls.people().keys(), (&what, &from.node_id))?;
    if is_first { want(work, group.clone(), change, false) } else { Ok(()) }
}

/// The order is told of a change.
pub(super) fn want(work: &Work<'_, '_>, group: Group, change: i64, urgent: bool) -> Result<(), NodeError> {
    changes::told(work.tx, change)?;
    turn::run(work, group, Input::Want { change: change as u64, urgent }, None)
}

/// Whether somebody stands in the list of those who asked to leave: for the view.
pub(super) fn is_leaving(group: &Group, id: &NodeId) -> bool {
    group.facts.leavers.contains(id)
}
