//! What is said in a group: encrypted once, one row of the outbox for each member. What a branch that lost has swallowed is
//! said again under its old name. Must not know who orders commits.

use openred_chat::{Applied, ChatError};
use openred_core::{
    ids::{B64, NodeId},
    payload::{Order as Said, Talk, TalkKind},
};
use openred_proto::order::{Input, Order, View};
use tracing::info;

use super::{
    carrying,
    changes::store::{self as changes, What},
    commits::store::{self as commits, Kept},
    people,
    said::store::{self as said, UNSAID},
    store::{self as groups, Group},
    turn::Turn,
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        chats::{
            files, heard,
            messages::store as messages,
            mls, own, sending,
            store::{self as chats, Chat},
        },
        circles,
        contacts::{person::Person, store as persons},
    },
};

/// Says something to all members. False when nothing may be said at the moment: it was not sent.
pub(in super::super) fn say(
    work: &Work<'_, '_>,
    chat: &Chat,
    group: &Group,
    talk: &Talk,
    message: Option<i64>,
) -> Result<bool, NodeError> {
    let order = groups::order(work.tx, work.seal, group.id)?;
    let content = talk.to_bytes()?;
    let lasts = message.is_none() && !matches!(talk.kind, TalkKind::Read | TalkKind::Typing);
    let said_in = if may_send(work, &order, group) {
        let to = people::others(work, group.id)?;
        post(work, group, order.view(), &content, &to, message)?
    } else {
        None
    };
    let is_said = said_in.is_some();
    match (message, said_in) {
        (Some(message), Some(to)) => said::sent(work.tx, message, order.view().epoch, &to)?,
        (None, _) if lasts => {
            let epoch = if is_said { order.view().epoch } else { UNSAID };
            said::keep(work.tx, work.seal, chat.id, (&content, None), epoch, work.now)?;
        }
        _ => {}
    }
    Ok(is_said)
}

/// Says a thing on the wall of a circle to all its members, now or when something may be said. `message` is what counts who
/// has it.
pub(in crate::modules) fn say_on_wall(
    work: &Work<'_, '_>,
    group: &Group,
    item: &[u8],
    message: i64,
) -> Result<(), NodeError> {
    let chat = chats::ensure(work.tx, work.seal, group.partner(), work.now)?;
    let order = groups::order(work.tx, work.seal, group.id)?;
    let content = on_wall(item)?;
    let said_in = if may_send(work, &order, group) {
        let to = people::others(work, group.id)?;
        post(work, group, order.view(), &content, &to, Some(message))?
    } else {
        None
    };
    let epoch = if said_in.is_some() { order.view().epoch } else { UNSAID };
    if let Some(to) = &said_in {
        said::sent(work.tx, message, epoch, to)?;
    }
    said::keep(work.tx, work.seal, chat.id, (&content, Some(message)), epoch, work.now)?;
    Ok(())
}

/// Gives one member of a circle what was said before they came in.
pub(in crate::modules) fn give_on_wall(
    work: &Work<'_, '_>,
    group: &Group,
    to: Person,
    item: &[u8],
    message: i64,
) -> Result<(), NodeError> {
    let order = groups::order(work.tx, work.seal, group.id)?;
    if let Some(to) = post(work, group, order.view(), &on_wall(item)?, &[to], Some(message))? {
        said::sent(work.tx, message, order.view().epoch, &to)?;
    }
    Ok(())
}

fn on_wall(item: &[u8]) -> Result<Vec<u8>, NodeError> {
    let talk = Talk { item: Some(B64(item.to_vec())), ..Talk::new(own::drawn()?, TalkKind::Wall) };
    talk.to_bytes().map_err(|_| NodeError::TooLarge("a thing on a wall of at most 29,000 bytes"))
}

/// Whether something may be said now.
fn may_send(work: &Work<'_, '_>, order: &Order, group: &Group) -> bool {
    order.may_send() && group.facts.may_send(work.now)
}

/// Encrypts for the present epoch and queues it for these. None: this installation cannot speak in the group.
fn post(
    work: &Work<'_, '_>,
    group: &Group,
    now: &View,
    content: &[u8],
    to: &[Person],
    message: Option<i64>,
) -> Result<Option<Vec<i64>>, NodeError> {
    let bytes = match mls::with(work, |chat| chat.encrypt(group.group, content))? {
        Ok(bytes) => bytes,
        Err(error @ (ChatError::LeafReplaced | ChatError::NoGroup | ChatError::Damaged)) => {
            info!(%error, "this installation cannot speak in a group until it is added again");
            return Ok(None);
        }
        Err(error) => return Err(NodeError::Internal(error.to_string())),
    };
    commits::use_key(work.tx, group.id, now.epoch, now.tag)?;
    carrying::post(work, to, group.group, bytes, message)?;
    Ok(Some(to.iter().map(|person| person.id).collect()))
}

/// Says again what was said from this epoch on, to whoever may not have it.
pub(super) fn again(turn: &mut Turn<'_, '_, '_>, since: u64) -> Result<(), NodeError> {
    if !turn.group.facts.may_send(turn.work.now) {
        let old = turn.group.facts.again.unwrap_or(since);
        turn.group.facts.again = Some(old.min(since));
        return Ok(());
    }
    let now = turn.order.view().clone();
    say_again(turn.work, &turn.chat, &turn.group, &now, since)
}

fn say_again(
    work: &Work<'_, '_>,
    chat: &Chat,
    group: &Group,
    now: &View,
    since: u64,
) -> Result<(), NodeError> {
    let others = people::others(work, group.id)?;
    for number in said::unsettled(work.tx, chat.id, group.id, since)? {
        let Some(message) = messages::get(work.tx, work.seal, number)? else { continue };
        let Some(body) = &message.body else { continue };
        let lacking = said::lacking(work.tx, number)?;
        let to: Vec<Person> = others.iter().filter(|person| lacking.contains(&person.id)).cloned().collect();
        if to.is_empty() {
            continue;
        }
        let file = files::offer(work, &message, body, &to)?;
        let content = sending::talk_of(&message, body, file).to_bytes()?;
        if let Some(to) = post(work, group, now, &content, &to, Some(number))? {
            said::sent(work.tx, number, now.epoch, &to)?;
        }
    }
    for said in said::since(work.tx, work.seal, chat.id, since)? {
        let Some(to) = post(work, group, now, &said.talk, &others, said.message)? else { continue };
        said::again(work.tx, said.id, now.epoch)?;
        if let Some(message) = said.message {
            said::sent(work.tx, message, now.epoch, &to)?;
        }
    }
    Ok(())
}

/// Says what had to wait, now that something may be said.
pub(super) fn say_waiting(work: &Work<'_, '_>, chat: &Chat, group: &Group) -> Result<(), NodeError> {
    let order = groups::order(work.tx, work.seal, group.id)?;
    if !may_send(work, &order, group) {
        return Ok(());
    }
    match group.facts.again {
        Some(since) => {
            let mut facts = group.facts.clone();
            facts.again = None;
            groups::set_facts(work.tx, work.seal, group.id, &facts)?;
            say_again(work, chat, group, order.view(), since)
        }
        None if said::since(work.tx, work.seal, chat.id, UNSAID)?.is_empty() => Ok(()),
        None => say_again(work, chat, group, order.view(), UNSAID),
    }
}

/// Opens a message whose epoch is at hand. What its content breaks is its author's matter: the turn goes on.
pub(super) fn open(turn: &mut Turn<'_, '_, '_>, kept: &Kept) -> Result<(), NodeError> {
    let work = turn.work;
    let Some(from) = persons::get(work.tx, work.seal, kept.person)? else { return Ok(()) };
    let opened = mls::with(work, |chat| chat.process(turn.id(), &kept.bytes, kept.sent_at / 1_000))?;
    let taken = match opened {
        Ok(Applied::Message(opened)) if turn.group.facts.circle => {
            circles::on_wall(work, &turn.group, &from, &opened)
        }
        Ok(Applied::Message(opened)) => heard::on_talk(work, &from, &turn.chat, &opened, kept.sent_at),
        Ok(Applied::Leaves(who)) if who == from.node_id => wants_to_leave(turn, who),
        Ok(Applied::Leaves(_) | Applied::Commit(_)) => Err(NodeError::Refused("not theirs to say")),
        Err(ChatError::Replayed | ChatError::Own) => Ok(()),
        Err(error) => {
            info!(%error, "a message of a group cannot be opened");
            let epoch = openred_chat::Head::read(&kept.bytes).and_then(|head| match head {
                openred_chat::Head::Group(head) => Some(head.epoch),
                openred_chat::Head::Welcome | openred_chat::Head::KeyPackage => None,
            });
            epoch.map_or(Ok(()), |epoch| turn.tell(&from.node_id, Said::Refused { epoch }))
        }
    };
    match taken {
        Err(
            error @ (NodeError::Refused(_)
            | NodeError::Conflict(_)
            | NodeError::Unknown(_)
            | NodeError::Gone(_)
            | NodeError::Invalid { .. }),
        ) => {
            info!(%error, "what a member said is not taken");
            Ok(())
        }
        taken => taken,
    }
}

/// Somebody asks to be removed. Those who may do it take turns, so that mostly one commit is made.
fn wants_to_leave(turn: &mut Turn<'_, '_, '_>, who: NodeId) -> Result<(), NodeError> {
    let (work, me) = (turn.work, turn.work.me.node_id);
    let facts = &mut turn.group.facts;
    if !facts.leavers.contains(&who) {
        facts.leavers.push(who);
    }
    let facts = &turn.group.facts;
    let held = changes::of(work.tx, work.seal, turn.group.id)?;
    let known = held.iter().any(|change| change.what == What::Remove(vec![who]));
    if known || !facts.member || !facts.may_change(&me) {
        return Ok(());
    }
    let members = &turn.order.view().members;
    let what = What::Remove(vec![who]);
    let (change, is_first) = super::changes::in_turn(work, &turn.group, members, (&what, &who))?;
    if is_first {
        turn.then(Input::Want { change: change as u64, urgent: true });
    }
    Ok(())
}

impl Turn<'_, '_, '_> {
    /// The owner leaves: once in each epoch the others are asked to remove this node. Administrators lay that down first.
    pub(super) fn ask_to_leave(&mut self) -> Result<(), NodeError> {
        let (work, me) = (self.work, self.work.me.node_id);
        let (facts, epoch) = (self.group.facts.clone(), self.order.view().epoch);
        if !facts.member || !facts.leaving || facts.asked_in == Some(epoch) {
            return Ok(());
        }
        if self.order.view().members.len() == 1 {
            mls::with(work, |chat| chat.forget(self.id()))?.map_err(super::applying::internal)?;
            (self.group.facts.member, self.group.facts.leaving) = (false, false);
            groups::drop_member(work.tx, self.group.id, messages::OWN)?;
            return Ok(());
        }
        if facts.admins.contains(&me) {
            return Ok(());
        }
        match mls::with(work, |chat| chat.leave(self.id()))? {
            Ok(bytes) => {
                carrying::post(work, &self.others()?, self.id(), bytes, None)?;
                self.group.facts.asked_in = Some(epoch);
                Ok(())
            }
            Err(error) => {
                info!(%error, "leaving a group waits");
                Ok(())
            }
        }
    }
}
