//! Private conversations: what the owner does in them (`own`), what comes (`heard`), what leaves (`sending`). Rules only;
//! MLS is behind `mls`, SQL in `store` files, HTTP in `http`.
//!
//! Everything is one transaction: the ratchet, the message and the row that sends it (DESIGN §6).

pub mod files;
pub mod groups;
mod heard;
pub mod http;
pub mod job;
pub mod keys;
pub mod messages;
pub mod mls;
mod notices;
pub mod own;
pub mod requests;
mod sending;
pub mod store;
mod timer;
pub mod typing;
pub mod view;
pub mod whom;

pub use groups::is_companion;
pub use heard::{on_direct, unreadable_here};
pub use sending::{delivered, unreadable_there};

use openred_core::payload::Payload;
use serde_json::json;

use self::{store::Chat, whom::With};
use crate::{
    delivery::store as delivery,
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
    modules::{
        circles,
        contacts::{person::Person, store as people},
    },
};

/// Has the keeper certify the leaf of this installation, and looks through the key packages that hang on it: at unlock, daily,
/// and after a rotation.
///
/// # Errors
/// [`NodeError::Locked`], [`NodeError::NotSetUp`], and what the tables say.
pub async fn certify(deps: &Deps) -> Result<(), NodeError> {
    mls::certify(deps).await?;
    keys::renew(deps).await?;
    groups::job::look_through(deps).await?;
    circles::own::make_anew(deps).await?;
    deps.wake.chat();
    Ok(())
}

/// This node begins a new incarnation (PROTOCOL §1): what was sealed by the one before and has not left never leaves, for the same
/// keys may have sealed something else meanwhile. It is said again, under its old names, with keys that nobody has seen.
///
/// # Errors
/// As [`certify`].
pub async fn renewed(deps: &Deps) -> Result<(), NodeError> {
    deps.write_plain({
        let now = deps.clock.now_ms();
        move |tx| delivery::drop_private(tx, now)
    })
    .await?;
    certify(deps).await?;
    deps.write(|w| {
        for chat in store::of_people(w.tx, w.seal)? {
            store::speak_in(w.tx, chat.id, None)?;
            messages::store::say_again(w.tx, chat.id)?;
            let Some(to) = With::of(w, &chat)? else { continue };
            let chat = Chat { group: None, ..chat };
            sending::send_held(w, &chat, &to)?;
            // Those that were held may be used up.
            let speaks = store::get(w.tx, w.seal, chat.id)?.is_some_and(|chat| chat.group.is_some());
            if let (With::Person(person), false) = (&to, speaks) {
                requests::ask_key(w, &chat, person, None)?;
            }
        }
        Ok(())
    })
    .await
}

/// Whether this is about a conversation or group of the owner's, so that it is taken from people who are no contacts.
///
/// # Errors
/// What the tables say.
pub fn is_expected(work: &Work<'_, '_>, from: &Person, said: &Payload) -> Result<bool, NodeError> {
    Ok(groups::is_expected(work, from, said)? || requests::is_expected(work, from, said)?)
}

/// The id of a conversation in the owner's API.
fn path_of(work: &Work<'_, '_>, chat: &Chat) -> Result<String, NodeError> {
    Ok(With::of(work, chat)?.ok_or(NodeError::Unknown("this conversation"))?.id().to_string())
}

/// The id of a conversation (`chats.id`) in the owner's API, and how it is called.
pub fn named(work: &Work<'_, '_>, chat: i64) -> Result<(String, String), NodeError> {
    let unknown = || NodeError::Unknown("this conversation");
    let chat = store::get(work.tx, work.seal, chat)?.ok_or_else(unknown)?;
    let with = With::of(work, &chat)?.ok_or_else(unknown)?;
    Ok((with.id().to_string(), with.title()))
}

/// Tells the owner's apps that something in this conversation (`chats.id`) changed.
pub fn told(work: &Work<'_, '_>, chat: i64) -> Result<(), NodeError> {
    match store::get(work.tx, work.seal, chat)? {
        Some(chat) => changed(work, chat.person),
        None => Ok(()),
    }
}

/// Tells the owner's apps that something in a conversation changed (`chats.person`: negative for a group).
fn changed(work: &Work<'_, '_>, person: i64) -> Result<(), NodeError> {
    if person < 0 {
        match groups::store::get(work.tx, work.seal, -person)? {
            Some(group) if group.facts.circle => circles::changed(work, &group)?,
            Some(group) => work.tell(Kind::Chat, json!({"id": group.group})),
            None => {}
        }
    } else if let Some(person) = people::get(work.tx, work.seal, person)? {
        work.tell(Kind::Chat, json!({"id": person.node_id, "node_id": person.node_id}));
    }
    Ok(())
}
