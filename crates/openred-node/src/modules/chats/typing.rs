//! Signs that somebody is writing: over a session that is open, to who shows such signs too, and never stored.

use openred_core::ids::{Id16, NodeId};
use serde_json::json;

use super::{
    own, path_of, store as chats,
    whom::{ChatId, With},
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
    modules::{contacts::store as people, settings::store as settings},
};

/// The REQUEST that carries such a sign: `{group}`.
pub const PATH: &str = "typing";

/// Whom to tell that the owner writes in a conversation, and in which group of theirs; none where the owner does not want
/// that, or there is nobody to tell.
pub fn whom(work: &Work<'_, '_>, id: ChatId) -> Result<Option<(Id16, Vec<NodeId>)>, NodeError> {
    // In a group it would be told to many, who are seldom all there.
    let (With::Person(person), chat) = own::held(work, id)? else { return Ok(None) };
    if !(settings::get(work.tx)?.typing_signs && person.is_friend()) {
        return Ok(None);
    }
    Ok(chat.group.map(|group| (group, vec![person.node_id])))
}

/// Somebody (`connections.id`) writes in a group. The owner's apps are told, if the owner tells others the same.
///
/// # Errors
/// `Unknown` for a group that they are not in, `Refused` where such signs are not wanted.
pub async fn heard(deps: &Deps, person: i64, group: Id16) -> Result<(), NodeError> {
    let (chat, who) = deps.read(move |w| known(w, person, group)).await?;
    deps.events.pass(Kind::Chat, json!({"id": chat, "node_id": who, "typing": true}));
    Ok(())
}

fn known(work: &Work<'_, '_>, person: i64, group: Id16) -> Result<(String, NodeId), NodeError> {
    let unknown = || NodeError::Unknown("this conversation");
    if !settings::get(work.tx)?.typing_signs {
        return Err(NodeError::Refused("such signs are not wanted here"));
    }
    let chat = chats::of_group(work.tx, group)?.ok_or_else(unknown)?;
    let chat = chats::get(work.tx, work.seal, chat)?.filter(|chat| chat.person == person);
    let chat = chat.ok_or_else(unknown)?;
    let person = people::get(work.tx, work.seal, person)?.filter(|person| person.is_friend());
    Ok((path_of(work, &chat)?, person.ok_or_else(unknown)?.node_id))
}
