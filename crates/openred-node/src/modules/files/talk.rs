//! Files in conversations: offers that one conversation shows, pictures and recordings that come unasked, and what goes when the message
//! goes that carried it. Knows the number of a conversation, and nothing that is said there.

use openred_core::{ids::Id16, payload::FileOffer};
use openred_service::database::DbError;

use super::{
    erase, known, offers, pictures,
    store::{self, About, OWN, Stored, offers as rows},
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::{chats, contacts::person::Person, settings},
};

/// Offers that are begun to be fetched in one go.
const STEP: i64 = 16;

/// A whole file of the owner, for a message to carry.
///
/// # Errors
/// `Unknown`, `Refused` for a copy of somebody's, `Conflict` before it is whole.
pub fn carried(work: &Work<'_, '_>, file_id: &Id16) -> Result<Stored, NodeError> {
    let file = known(work, file_id)?;
    if file.person != OWN {
        return Err(NodeError::Refused("this is a copy of somebody's file: let them send it"));
    }
    if file.whole { Ok(file) } else { Err(NodeError::Conflict("this file is not whole yet")) }
}

/// What is said of a file of the owner to those whom a message offers it under this name.
pub fn said(file: &Stored, name: Id16, alt: &str) -> Result<FileOffer, NodeError> {
    let hash = file.hash.ok_or(NodeError::Conflict("this file is not whole yet"))?;
    let alt = Some(alt.to_owned()).filter(|alt| !alt.is_empty());
    Ok(FileOffer { alt, ..file.about.offer(name, hash, None) })
}

/// Offers a file of the owner (`files.id`) to these, in a conversation, under this name. None when it is no more.
pub fn offer(
    work: &Work<'_, '_>,
    (file, name): (i64, Id16),
    (people, chat): (&[Person], i64),
    alt: &str,
) -> Result<Option<FileOffer>, NodeError> {
    let file = store::get(work.tx, work.seal, file)?.filter(|file| file.whole);
    let Some(file) = file else { return Ok(None) };
    let offer = said(&file, name, alt)?;
    for person in people {
        rows::add(work.tx, work.seal, (person.id, true), Some(file.id), &offer, work.now)?;
        if let Some(made) = rows::find(work.tx, work.seal, (person.id, true), &name)? {
            rows::set_chat(work.tx, made.id, chat)?;
        }
    }
    Ok(Some(offer))
}

/// Somebody (`connections.id`) offers a file in a conversation (`chats.id`); the number of the offer. Pictures and recordings
/// that are small enough for the owner's settings are fetched by themselves.
pub fn on_offer(
    work: &Work<'_, '_>,
    (person, chat): (i64, i64),
    offer: &FileOffer,
    is_voice: bool,
) -> Result<i64, NodeError> {
    if offer.size > super::SIZE_MAX {
        return Err(NodeError::TooLarge("larger than files can be here"));
    }
    rows::add(work.tx, work.seal, (person, false), None, offer, work.now)?;
    let made = rows::find(work.tx, work.seal, (person, false), &offer.file_id)?.ok_or(DbError::Gone)?;
    rows::set_chat(work.tx, made.id, chat)?;
    if made.file.is_none()
        && (is_voice || is_picture(offer))
        && offer.size <= settings::store::get(work.tx)?.fetch_pictures_max
    {
        rows::set_wanted(work.tx, made.id, true)?;
        work.wake_files();
    }
    Ok(made.id)
}

fn is_picture(offer: &FileOffer) -> bool {
    pictures::is_picture(&About {
        key: offer.key.clone(),
        name: String::new(),
        media_type: offer.media_type.clone(),
        size: offer.size,
        clean: false,
        open: false,
        next_key: None,
    })
}

/// A message that offered a file of the owner is no more: nobody fetches it by that. Brought for conversations, it goes when
/// `is_carried` says that no other message carries it.
pub fn let_go(
    work: &Work<'_, '_>,
    chat: i64,
    (file, name): (i64, &Id16),
    is_carried: bool,
) -> Result<(), NodeError> {
    rows::end_named(work.tx, chat, name)?;
    let for_chat = store::get(work.tx, work.seal, file)?.is_some_and(|file| file.for_chat);
    if for_chat && !is_carried { discard(work, file) } else { Ok(()) }
}

/// A message that offered a file to the owner is no more: the offer is forgotten, and the copy removed.
pub fn drop_offer(work: &Work<'_, '_>, offer: i64) -> Result<(), NodeError> {
    let copy = rows::get(work.tx, work.seal, offer)?.and_then(|offer| offer.file);
    rows::remove(work.tx, offer)?;
    copy.map_or(Ok(()), |copy| discard(work, copy))
}

fn discard(work: &Work<'_, '_>, file: i64) -> Result<(), NodeError> {
    if let Some(gone) = store::remove(work.tx, file)? {
        let files = work.files.clone();
        work.tx.after_commit(move || files.discard(gone));
    }
    Ok(())
}

/// Tells the apps that show the conversation of a copy that it is on its way, or here.
pub(super) fn told(work: &Work<'_, '_>, file: i64) -> Result<(), NodeError> {
    rows::chat_of(work.tx, file)?.map_or(Ok(()), |chat| chats::told(work, chat))
}

/// Removes from the disk what messages left, and begins to fetch what comes unasked. For the job that fetches.
pub(super) async fn work_off(deps: &Deps) -> Result<(), NodeError> {
    let gone = deps.files.discarded();
    if !gone.is_empty() {
        erase(deps, gone).await?;
    }
    if deps.seal.get().is_err() {
        return Ok(());
    }
    for offer in deps.db.read(|tx| rows::wanted(tx, STEP)).await? {
        match offers::want(deps, offer).await {
            Err(error @ NodeError::Locked) => return Err(error),
            // It does not fit, or is over: it stays for the owner to decide.
            Err(error) => tracing::debug!(%error, "a picture or recording is not fetched"),
            Ok(_) => {}
        }
        deps.write_plain(move |tx| rows::set_wanted(tx, offer, false)).await?;
    }
    Ok(())
}
